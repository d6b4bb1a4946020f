"""The contacts are a chat log: one row per person, newest first; a person's page is their timeline."""

from __future__ import annotations

import re
import uuid
from html import escape
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curbe.testing.cast import Browser, Company, QueryCounter, proof
from messenger import actions
from messenger.actions.messages import Draft
from messenger.models import Contact, Message

LOG = "admin:messenger_contact_changelist"


def rows(client: Client, **query: str) -> list[Contact]:
    return list(client.get(reverse(LOG), query).context["cl"].result_list)


def page_of(client: Client, contact: Contact, **query: str) -> str:
    return client.get(reverse("admin:messenger_contact_change", args=[contact.pk]), query).content.decode()


def draft(text: str) -> Draft:
    return Draft.by_agent(uuid.uuid4(), text)


def test_a_person_is_one_row_whatever_they_start(ada: Client, harbor: Company) -> None:
    browser = harbor.browser()
    first = browser.start("The first thing")["conversation"]["id"]
    actions.close_conversation(by=harbor.ada, conversation_id=uuid.UUID(first))
    browser.start("Something else entirely", new=True)
    assert rows(ada) == [browser.contact]


def test_the_newest_message_is_on_top(ada: Client, harbor: Company) -> None:
    early, late = harbor.browser(), harbor.browser()
    thread = early.start("early")["conversation"]["id"]
    late.start("late")
    assert rows(ada) == [late.contact, early.contact]
    early.say(thread, "early, but once more")
    assert rows(ada) == [early.contact, late.contact]


def test_a_row_says_who_when_what_and_whether_it_is_open(ada: Client, harbor: Company) -> None:
    browser = harbor.browser()
    thread = uuid.UUID(browser.start("Where is\nmy parcel?")["conversation"]["id"])
    tail = str(browser.contact.id)[-6:]
    page = ada.get(reverse(LOG)).content.decode()
    assert f"Guest {tail}" in page and "Where is my parcel?" in page and "icon-yes" in page
    browser.post("profile", {"name": "Nora", "email": "nora@mail.example"})
    actions.send_reply(by=harbor.ada, conversation_id=thread, draft=draft("On its **way**"))
    actions.add_note(by=harbor.ada, conversation_id=thread, draft=draft("They are in a hurry"))
    actions.close_conversation(by=harbor.ada, conversation_id=thread)
    page = ada.get(reverse(LOG)).content.decode()
    assert "Nora" in page and "On its **way**" in page and "icon-no" in page
    assert "in a hurry" not in page, "a preview is what was said, not what was noted"
    assert cell(page, "message_count") == "2"
    assert cell(page, "identity") == "lead"


def cell(page: str, column: str) -> str:
    found = re.search(rf'class="field-{column}[^"]*">([^<]*)<', page)
    assert found, column
    return found[1]


def test_a_removed_message_is_no_preview(ada: Client, guest: Browser) -> None:
    guest.start("regretted words")
    assert "regretted words" in ada.get(reverse(LOG)).content.decode()
    Message.objects.filter(contact=guest.contact).update(deleted_at=timezone.now())
    assert "regretted words" not in ada.get(reverse(LOG)).content.decode()
    assert "regretted words" not in page_of(ada, guest.contact)


def test_who_never_said_anything_is_listed_on_request_and_last(ada: Client, harbor: Company) -> None:
    silent, loud = harbor.browser(), harbor.browser()
    loud.start("hello")
    silent.post("profile", {"name": "Silent"})
    assert rows(ada) == [loud.contact]
    assert rows(ada, people="silent") == [silent.contact]
    assert rows(ada, people="everybody") == [loud.contact, silent.contact]


def test_a_guest_who_became_a_user_is_the_users_row(ada: Client, harbor: Company) -> None:
    guest, user = harbor.browser(), harbor.known("cust-1", "as a user", name="Marta")
    guest.start("as a guest")
    old = guest.contact
    guest.post("identify", {"token": proof(harbor, "cust-1")})
    assert rows(ada) == [user.contact]
    assert rows(ada, people="merged") == [old]
    page = page_of(ada, user.contact)
    assert f"Guest {str(old.id)[-6:]} turned out to be Marta" in page
    assert "as a guest" in page and "as a user" in page


def test_the_timeline_joins_all_conversations_in_order(ada: Client, harbor: Company) -> None:
    browser = harbor.browser()
    first = uuid.UUID(browser.start("1 one")["conversation"]["id"])
    actions.send_reply(by=harbor.ada, conversation_id=first, draft=draft("2 two"))
    second = browser.start("3 three", new=True)["conversation"]["id"]
    browser.say(str(first), "4 four")
    browser.say(second, "5 five")
    page = page_of(ada, browser.contact)
    places = [page.index(text) for text in ("1 one", "2 two", "3 three", "4 four", "5 five")]
    assert places == sorted(places)
    # A divider wherever the other conversation goes on: first, second, first, second.
    assert page.count("thread-conversation") == 4
    assert page.count("thread-day") == 1


def test_notes_and_events_are_told_apart(ada: Client, harbor: Company) -> None:
    browser = harbor.browser()
    thread = uuid.UUID(browser.start("hello")["conversation"]["id"])
    actions.add_note(by=harbor.ada, conversation_id=thread, draft=draft("for us"))
    actions.assign(by=harbor.ada, conversation_id=thread, to={"agent_id": harbor.ben.id})
    actions.assign(by=harbor.ada, conversation_id=thread, to={"agent_id": None})
    actions.close_conversation(by=harbor.ada, conversation_id=thread)
    browser.say(str(thread), "hello again")
    page = page_of(ada, browser.contact)
    assert page.count("Internal note") == 1 and page.count("thread-part thread-note") == 1
    for happened in ("assigned this to Ben", "took the assignment away", "closed the conversation", "reopened"):
        assert happened in page
    assert page.count("thread-cycle") == 1 and "Cycle 2" in page


class Elements(HTMLParser):
    """The elements and attributes of a page, to see what a text has become."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_what_people_write_stays_text(ada: Client, harbor: Company) -> None:
    """S38, S40 for the admin: names, bodies and pages are inert in lists, pages and titles."""
    payload = '<img src=x onerror="alert(1)"><svg/onload=alert(2)>{{ 7|add:7 }}{% debug %}'
    browser = harbor.browser()
    browser.boot(page={"url": f"https://shop.example/{payload}", "title": payload, "referrer": payload})
    told = browser.post("profile", {"name": payload, "email": "a@mail.example", "attributes": {payload[:40]: payload}})
    assert told.status_code == 200, told.content
    thread = uuid.UUID(browser.start(payload)["conversation"]["id"])
    actions.send_reply(by=harbor.ada, conversation_id=thread, draft=draft(payload))
    actions.add_note(by=harbor.ada, conversation_id=thread, draft=draft(payload))
    browser.boot()
    lists = ("contact", "conversation", "message", "visit", "participant", "device", "visitortoken")
    addresses = [reverse(f"admin:messenger_{name}_changelist") for name in lists]
    addresses.append(reverse("admin:messenger_contact_change", args=[browser.contact.pk]))
    addresses.append(reverse("admin:messenger_conversation_change", args=[thread]))
    for address in addresses:
        page = ada.get(address).content.decode()
        elements = Elements(page)
        assert not [name for name, _ in elements.attributes if name.startswith("on")], address
        assert ("src", "x") not in elements.attributes
        assert escape("<img src=x onerror=") in page and "{{ 7|add:7 }}" in page, address
    control = Elements(payload)
    assert "img" in control.tags and ("onerror", "alert(1)") in control.attributes


def test_a_long_timeline_is_paged(ada: Client, harbor: Company) -> None:
    browser = harbor.browser()
    thread = browser.start("part 0")["conversation"]["id"]
    for number in range(1, 105):
        actions.send_message(by=browser.visitor, conversation_id=uuid.UUID(thread), draft=draft(f"part {number}"))
    latest = page_of(ada, browser.contact)
    assert "<p>part 104</p>" in latest and "<p>part 5</p>" in latest and "<p>part 4</p>" not in latest
    older = re.search(r'href="\?before=([^"]+)"', latest)
    assert older
    earlier = page_of(ada, browser.contact, before=older[1])
    assert "<p>part 4</p>" in earlier and "<p>part 0</p>" in earlier and "<p>part 5</p>" not in earlier


def test_a_page_that_was_not_asked_for_by_us_is_refused_politely(ada: Client, guest: Browser) -> None:
    guest.start("hello")
    address = reverse("admin:messenger_contact_change", args=[guest.contact.pk])
    response = ada.get(address, {"before": "nonsense"}, follow=True)
    assert response.redirect_chain == [(address, 302)]
    assert "not valid" in response.content.decode()
    thread = reverse("admin:messenger_conversation_change", args=[Message.objects.get().conversation_id])
    assert ada.get(thread, {"before": "nonsense"}).status_code == 200


def test_a_conversation_page_is_its_thread(ada: Client, harbor: Company) -> None:
    browser = harbor.browser()
    thread = uuid.UUID(browser.start("part one")["conversation"]["id"])
    other = browser.start("another matter", new=True)["conversation"]["id"]
    assert other != str(thread)
    actions.add_note(by=harbor.ada, conversation_id=thread, draft=draft("between us"))
    page = ada.get(reverse("admin:messenger_conversation_change", args=[thread])).content.decode()
    assert "part one" in page and "between us" in page and "another matter" not in page


def test_a_page_costs_the_same_for_any_history(ada: Client, harbor: Company, count_queries: QueryCounter) -> None:
    browser = harbor.browser()
    thread = uuid.UUID(browser.start("hello")["conversation"]["id"])
    address = reverse("admin:messenger_contact_change", args=[browser.contact.pk])
    few = count_queries(lambda: ada.get(address))
    for number in range(30):
        actions.send_reply(by=harbor.ada, conversation_id=thread, draft=draft(f"reply {number}"))
        topic = browser.start(f"topic {number}", new=True)["conversation"]["id"]
        actions.close_conversation(by=harbor.ada, conversation_id=uuid.UUID(topic))
    assert count_queries(lambda: ada.get(address)) == few
