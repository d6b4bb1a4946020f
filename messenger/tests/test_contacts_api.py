"""People through the agent API: listed, made, corrected, blocked, written to, and where they have been."""

from __future__ import annotations

import uuid

import pytest

from curbe.testing.cast import proof
from messenger.models import AuditEntry, Contact, Conversation
from messenger.streams import contact_stream

pytestmark = pytest.mark.django_db


def key():
    return str(uuid.uuid4())


def made(desk, **traits):
    answer = desk.post("contacts", {"name": "Ines", **traits})
    assert answer.status_code == 201, answer.content
    return answer.json()


def write(desk, contact_id, text="Your order is ready", **body):
    return desk.post(f"contacts/{contact_id}/conversations", {"client_message_id": key(), "body": text, **body})


def code(answer):
    return answer.status_code, answer.json()["errors"][0]["code"]


# GET and POST contacts


def test_a_lead_is_made_once_under_its_key(desk):
    body = {"client_contact_id": key(), "name": "Ines", "email": "ines@example.com", "attributes": {"plan": "gold"}}
    first, again = desk.post("contacts", body), desk.post("contacts", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert ("Idempotent-Replay" in first.headers, again.headers["Idempotent-Replay"]) == (False, "true")
    assert first.json() == again.json()
    assert (first.json()["type"], first.json()["unverified"]["plan"]) == ("lead", "gold")
    # The control: without a key it is another person.
    assert desk.post("contacts", {**body, "client_contact_id": None}).status_code == 201
    assert Contact.objects.count() == 2


def test_an_equal_address_is_a_hint_and_never_the_same_person(desk):
    first = made(desk, email="shared@example.com")
    second = made(desk, name="Iñaki", email="shared@example.com")
    assert second["id"] != first["id"]
    assert [one["id"] for one in second["possible_duplicates"]] == [first["id"]]


def test_nobody_is_made_of_nothing(desk):
    assert code(desk.post("contacts", {"attributes": {"plan": "gold"}})) == (422, "blank")
    assert desk.post("contacts", {"email": "no address"}).status_code == 422
    assert Contact.objects.count() == 0


def test_the_list_has_who_talked_first_and_goes_on_page_by_page(harbor, desk):
    silent = [made(desk, name=f"Silent {number}")["id"] for number in range(3)]
    talked = []
    for number in range(3):
        browser = harbor.browser()
        browser.start(f"Hello {number}")
        talked.append(str(browser.contact.id))
    found, cursor = [], None
    while True:
        page = desk.get("contacts", {"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += [one["id"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert found == [*reversed(talked), *reversed(silent)]


def test_it_is_searched_by_words(desk):
    ines = made(desk, email="ines@example.com")
    made(desk, name="Bob")
    assert [one["id"] for one in desk.get("contacts", {"q": "INES exam"}).json()["items"]] == [ines["id"]]
    assert desk.get("contacts", {"q": "?!"}).json()["items"] == []


@pytest.mark.parametrize("people", [3, 9])
def test_a_list_costs_the_same_whoever_is_in_it(harbor, desk, people, django_assert_num_queries):
    for number in range(people):
        made(desk, name=f"Ines {number}", email="shared@example.com")
    desk.get("contacts")
    with django_assert_num_queries(4):
        desk.get("contacts", {"limit": 50})


# GET and PATCH contacts/{id}


def test_what_was_said_is_corrected_and_what_was_signed_is_not(harbor, desk):
    browser = harbor.known("grace", "Hello", name="Grace", email="grace@example.com")
    path = f"contacts/{browser.contact.id}"
    change = {"name": "Gracie", "phone": "+34 600", "attributes": {"plan": "gold"}, "verified": {"name": "X"}}
    told = desk.patch(path, {**change, "type": "lead", "external_id": "root"}).json()
    assert (told["name"], told["verified"]["name"], told["unverified"]["name"]) == ("Grace", "Grace", "Gracie")
    assert (told["type"], told["external_id"], told["attributes"]) == ("user", "grace", {"plan": "gold"})
    assert desk.patch(path, {"attributes": {"plan": None}}).json()["attributes"] == {}
    assert desk.get(path).json()["unverified"] == {"name": "Gracie", "phone": "+34 600"}


def test_a_merged_guests_id_leads_to_the_user(harbor, desk):
    harbor.known("grace", "Hello", name="Grace")
    guest = harbor.browser()
    guest.start("From the train")
    old = guest.contact.id
    guest.identify(proof(harbor, "grace", name="Grace"))
    for answer in (desk.get(f"contacts/{old}"), desk.patch(f"contacts/{old}", {"phone": "+34 1"})):
        assert answer.json()["id"] == str(guest.contact.id)
        assert answer.json()["id"] != str(old)


def test_too_many_attributes_change_nothing(desk):
    ines = made(desk, attributes={f"a{number}": number for number in range(50)})
    assert code(desk.patch(f"contacts/{ines['id']}", {"attributes": {"one more": 1}})) == (422, "too_many")
    assert desk.get(f"contacts/{ines['id']}").json()["attributes"] == ines["attributes"]


def test_s17_a_neighbours_contact_is_not_there(harbor, rival):
    theirs = rival.browser()
    theirs.start("Hello")
    path, desk, own = f"contacts/{theirs.contact.id}", harbor.desk(), rival.desk()
    tried = [
        lambda at: at.get(path),
        lambda at: at.patch(path, {"name": "Mine"}),
        lambda at: at.post(f"{path}/block", {"blocked": True}),
        lambda at: at.get(f"{path}/visits"),
        lambda at: write(at, theirs.contact.id),
    ]
    assert {attempt(desk).status_code for attempt in tried} == {404}
    assert theirs.contact.name == ""
    assert {attempt(own).status_code for attempt in tried} == {200, 201}  # The control.


# block


def test_s60_a_blocked_contact_may_not_send_and_is_not_told_why(harbor, guest, chat, desk):
    thread, path = chat["conversation"]["id"], f"contacts/{guest.contact.id}/block"
    before = contact_stream(guest.contact).cursor
    assert desk.post(path, {"blocked": True}).json()["blocked"] is True
    assert contact_stream(guest.contact).cursor == before
    refused = guest.say(thread, "Can you hear me?")
    assert code(refused) == (403, "not_available")
    assert "block" not in refused.content.decode()
    assert desk.post(path, {"blocked": False}).json()["blocked"] is False
    assert guest.say(thread, "Can you hear me?").status_code == 201  # The control.


def test_a_block_is_read_in_the_thread_by_the_team_and_accounted_for(harbor, guest, chat, desk):
    for _ in range(2):  # The second time changes nothing.
        desk.post(f"contacts/{guest.contact.id}/block", {"blocked": True})
    parts = desk.get(f"conversations/{chat['conversation']['id']}/messages").json()["items"]
    assert [part["event"]["name"] for part in parts if part["event"]] == ["blocked"]
    shown = guest.get(f"conversations/{chat['conversation']['id']}/messages").json()["items"]
    assert [part["event"] for part in shown if part["event"]] == []
    (line,) = AuditEntry.objects.filter(action="contact_blocked")
    assert (line.actor_kind, line.actor_id, line.subject_id) == ("agent", harbor.ada.id, guest.contact.id)


# visits


def test_visits_go_on_page_by_page_without_a_device(harbor, desk):
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36"
    browser = harbor.browser()
    browser.start("Hello")
    for number in range(4):
        browser.reload(page={"url": f"https://shop.example/{number}", "title": f"Page {number}"})
    type(browser.contact.visits.first()).objects.update(user_agent=chrome)
    path = f"contacts/{browser.contact.id}/visits"
    first = desk.get(path, {"limit": 3}).json()
    rest = desk.get(path, {"limit": 3, "cursor": first["next"]}).json()
    assert [one["title"] for one in first["items"] + rest["items"]][:4] == [f"Page {n}" for n in (3, 2, 1, 0)]
    assert rest["next"] is None
    assert (first["items"][0]["browser"], first["items"][0]["system"]) == ("Chrome", "Linux")
    assert not {"device", "device_id", "ip_hash", "user_agent"} & first["items"][0].keys()


# contacts/{id}/conversations


def test_an_agent_begins_a_conversation_and_the_visitor_has_it_at_once(harbor, desk):
    browser = harbor.browser()
    browser.post("profile", {"name": "Ines"})
    answer = write(desk, browser.contact.id)
    assert answer.status_code == 201
    conversation = answer.json()["conversation"]
    assert (conversation["widget"]["id"], conversation["assignee"]["name"]) == (str(harbor.widget.id), "Ada")
    assert "Your order is ready" in [one["body"] for one in browser.reload()["messages"]]
    assert conversation["id"] in {one["id"] for one in desk.get("conversations").json()["items"]}
    assert browser.say(conversation["id"], "Thank you").status_code == 201


def test_sent_again_it_is_the_same_message(harbor, desk, guest, chat):
    body = {"client_message_id": key(), "client_conversation_id": key(), "new": True}
    answers = [write(desk, guest.contact.id, **body) for _ in range(3)]
    assert [one.status_code for one in answers] == [201, 200, 200]
    assert [one.headers.get("Idempotent-Replay") for one in answers] == [None, "true", "true"]
    assert len({one.json()["conversation"]["id"] for one in answers}) == 1
    assert Conversation.objects.filter(contact=guest.contact).count() == 2
    assert code(write(desk, guest.contact.id, "Something else", **body)) == (409, "idempotency_key_reused")


def test_a_key_that_was_used_for_another_person_is_refused(harbor, desk, guest, chat):
    body = {"client_message_id": key()}
    first = write(desk, guest.contact.id, **body)
    assert (first.status_code, write(desk, guest.contact.id, **body).status_code) == (201, 200)
    other = made(desk)
    assert code(write(desk, other["id"], **body)) == (409, "idempotency_key_reused")
    assert not Conversation.objects.filter(contact=other["id"]).exists()


def test_a_key_goes_with_a_guest_who_signs_in(harbor, desk, guest, chat):
    body, was = {"client_message_id": key()}, guest.contact.id
    harbor.known("u-9", name="Nina Known")
    first = write(desk, was, **body).json()["message"]["id"]
    assert guest.identify(proof(harbor, "u-9", name="Nina Known")).status_code == 200
    assert guest.contact.id != was
    for contact_id in (was, guest.contact.id):
        again = write(desk, contact_id, **body)
        assert (again.status_code, again.json()["message"]["id"]) == (200, first)


def test_it_goes_on_in_the_open_conversation_unless_a_new_one_is_asked_for(desk, guest, chat):
    open_one = chat["conversation"]["id"]
    assert write(desk, guest.contact.id).json()["conversation"]["id"] == open_one
    assert write(desk, guest.contact.id, new=True).json()["conversation"]["id"] != open_one


def test_no_more_than_ten_are_open(desk, guest, chat):
    answers = [write(desk, guest.contact.id, f"Number {number}", new=True) for number in range(10)]
    assert [one.status_code for one in answers] == [201] * 9 + [409]
    assert code(answers[-1]) == (409, "too_many_open_conversations")


def test_one_thread_for_ever_is_reopened_and_there_is_no_other(harbor, guest, chat, desk):
    type(harbor.tenant).objects.update(thread_policy="single_thread")
    desk.post(f"conversations/{chat['conversation']['id']}/close")
    assert code(write(desk, guest.contact.id, new=True)) == (409, "single_thread")
    again = write(desk, guest.contact.id).json()["conversation"]
    assert (again["id"], again["status"], again["cycle"]) == (chat["conversation"]["id"], "open", 2)


def test_somebody_who_was_never_here_reads_it_in_the_first_widget(harbor, desk):
    ines = made(desk)
    assert write(desk, ines["id"]).json()["conversation"]["widget"]["id"] == str(harbor.widget.id)
    other = write(desk, made(desk)["id"], widget_id=str(harbor.second_widget.id)).json()["conversation"]
    assert other["widget"]["id"] == str(harbor.second_widget.id)
    type(harbor.widget).objects.update(is_active=False)
    assert code(write(desk, made(desk)["id"])) == (422, "no_widget")
    assert Conversation.objects.count() == 2


def test_whoever_writes_first_has_the_conversation_that_was_opened_empty(harbor, desk):
    browser = harbor.browser()
    thread = browser.post("conversations", {}).json()["conversation"]["id"]
    assert harbor.conversation(thread).assignee is None
    answer = write(desk, browser.contact.id)
    assert answer.json()["conversation"]["id"] == thread
    assert harbor.conversation(thread).assignee == harbor.ada
    assert browser.get(f"conversations/{thread}").json()["assignee"]["name"] == "Ada"


@pytest.mark.parametrize("has_spoken", [True, False], ids=["talked", "opened"])
def test_whoever_has_a_conversation_keeps_it(harbor, desk, has_spoken):
    browser = harbor.browser()
    body = {"message": {"client_message_id": key(), "body": "Hello"}} if has_spoken else {}
    thread = browser.post("conversations", body).json()["conversation"]["id"]
    if not has_spoken:
        Conversation.objects.filter(id=thread).update(assignee=harbor.ben)
    write(desk, browser.contact.id)
    assert harbor.conversation(thread).assignee == (None if has_spoken else harbor.ben)
