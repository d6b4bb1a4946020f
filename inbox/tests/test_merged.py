"""A guest turned out to be a user: one person on every screen, what was signed told apart, old ids that still lead."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from curbe.testing.cast import proof
from inbox.tests.pages import elements, ids_of, text_of
from messenger.models import Contact, Device

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

MARTA: dict[str, Any] = {"email": "marta@signed.example", "name": "Marta Soler", "attributes": {"plan": "gold"}}


@pytest.fixture
def marta(harbor):
    """A user of the site who has said something before, on another computer."""
    return harbor.known("cust-1001", "from my own computer", **MARTA)


@pytest.fixture
def merged(harbor, marta, guest, chat):
    """The guest with a conversation turned out to be Marta. Returns the guest's old id."""
    old = guest.contact.id
    answer = guest.post("identify", {"token": proof(harbor, "cust-1001", **MARTA)})
    assert answer.status_code == 200, answer.content
    assert Contact.objects.get(id=old).merged_into == marta.contact
    return old


def panel(response):
    found = re.search(r'<aside id="panel".*?</aside>', response.content.decode(), re.DOTALL)
    assert found
    return found[0]


def section(response, title):
    """The text of a section of the panel, or None when there is no such section."""
    sections = re.findall(r"<section.*?</section>", panel(response), re.DOTALL)
    texts = [" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in sections]
    return next((text for text in texts if text.startswith(title)), None)


# One person


def test_the_chat_log_has_one_row_for_the_person(ada, marta, merged):
    page = ada.get("/inbox/log/")
    assert ids_of(page, "person-") == [str(marta.contact.id)]
    assert "1 person" in text_of(page) and "Marta Soler User" in text_of(page)


def test_the_rows_of_a_list_on_screen_change_hands(ada, marta, merged, chat):
    conversation = chat["conversation"]["id"]
    news = ada.get(f"/inbox/live/?view=all&ids={conversation}&open={conversation}&after=0")
    row = next(attrs for _, attrs in elements(news) if attrs.get("id") == f"row-{conversation}")
    thread = next(attrs for _, attrs in elements(news) if attrs.get("id") == "news")
    assert row["data-contact"] == thread["data-contact"] == str(marta.contact.id)
    assert thread["data-person"] == "Marta Soler"


def test_the_guest_leaves_a_chat_log_on_screen(ada, marta, merged):
    news = ada.get(f"/inbox/log/live/?ids={merged},{marta.contact.id}&open={marta.contact.id}")
    assert ids_of(news, "person-") == [str(marta.contact.id)]
    assert "1 person" in text_of(news) and "turned out to be Marta Soler" in text_of(news)


# Old ids


def test_an_old_id_leads_to_the_person(ada, marta, merged, desk):
    page, by_user = ada.get(f"/inbox/log/{merged}/"), ada.get(f"/inbox/log/{marta.contact.id}/")
    assert page.status_code == 200 and ids_of(page, "part-") == ids_of(by_user, "part-") != []
    assert [attrs["data-contact"] for _, attrs in elements(page) if "data-contact" in attrs] == [str(marta.contact.id)]
    threads = desk.get(f"threads/{merged}")
    assert threads.status_code == 200 and threads.json() == desk.get(f"threads/{marta.contact.id}").json()


def test_an_old_id_leads_nobody_elsewhere(rival_agent, ada, rival, merged, marta):
    assert rival_agent.get(f"/inbox/log/{merged}/").status_code == 404
    assert rival.desk().get(f"threads/{merged}").status_code == 404
    assert ada.get(f"/inbox/log/{merged}/").status_code == 200
    assert ada.get(f"/inbox/log/{uuid.uuid4()}/").status_code == 404


# What the thread says


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Guest {tail} turned out to be Marta Soler"), ("es", "Invitado {tail} resultó ser Marta Soler")],
)
def test_the_thread_says_who_it_was(ada, merged, chat, marta, language, said):
    ada.cookies["curbe_language"] = language
    conversation = chat["conversation"]["id"]
    for path in (f"/inbox/c/{conversation}/", f"/inbox/c/{conversation}/older/?before=99", f"/inbox/log/{merged}/"):
        assert said.format(tail=str(merged)[-6:]) in text_of(ada.get(path)), path


def test_a_guest_of_the_same_name_only_signed_in(ada, harbor, marta, guest, chat):
    guest.post("profile", {"name": "Marta Soler"})
    guest.post("identify", {"token": proof(harbor, "cust-1001", **MARTA)})
    text = text_of(ada.get(f"/inbox/c/{chat['conversation']['id']}/"))
    assert "Marta Soler signed in on the site" in text and "turned out" not in text


# The panel


def test_what_was_signed_and_what_was_said_are_told_apart(ada, harbor, merged, marta, chat):
    marta.post("profile", {"phone": "+34 600 000 000", "attributes": {"shoe": "38"}})
    page = ada.get(f"/inbox/c/{chat['conversation']['id']}/")
    signed, said = section(page, "Verified"), section(page, "Said by the visitor")
    assert all(word in signed for word in ("cust-1001", "Marta Soler", "marta@signed.example", "gold"))
    assert all(word in said and word not in signed for word in ("+34 600 000 000", "38"))
    assert not any(word in said for word in ("marta@signed.example", "gold"))


def test_a_user_names_the_guests_they_were(ada, harbor, merged, marta, chat):
    address = f"/inbox/c/{chat['conversation']['id']}/"
    assert str(merged) in section(ada.get(address), "Earlier, as a guest")
    other = harbor.browser()
    other.start("from the library")
    second = other.contact.id
    other.post("identify", {"token": proof(harbor, "cust-1001")})
    text = section(ada.get(address), "Earlier, as a guest")
    assert text.startswith("Earlier, as a guest 2 ") and text.index(str(second)) < text.index(str(merged))


def test_who_was_never_a_guest_has_no_such_section(ada, harbor, marta, outsider):
    conversation = marta.get("conversations").json()["items"][0]["id"]
    assert section(ada.get(f"/inbox/c/{conversation}/"), "Earlier, as a guest") is None


def test_the_same_address_is_a_hint_and_no_merge(ada, harbor, guest, chat):
    guest.post("profile", {"email": "same@mail.example"})
    other = harbor.browser()
    other.start("somebody else?")
    other.post("profile", {"name": "Nora", "email": "same@mail.example"})
    page = ada.get(f"/inbox/c/{chat['conversation']['id']}/")
    assert "Nora" in section(page, "Possibly the same person")
    assert len(ids_of(ada.get("/inbox/log/"), "person-")) == 2


def test_a_merged_guest_is_no_possible_duplicate(ada, harbor, marta, guest, chat):
    marta.post("profile", {"email": "same@mail.example"})
    guest.post("profile", {"email": "same@mail.example"})
    address = f"/inbox/c/{chat['conversation']['id']}/"
    assert section(ada.get(address), "Possibly the same person")
    guest.post("identify", {"token": proof(harbor, "cust-1001", **MARTA)})
    assert section(ada.get(address), "Possibly the same person") is None


def test_the_panel_costs_the_same_whatever_was_merged(ada, harbor, merged, chat, count_queries):
    address = f"/inbox/c/{chat['conversation']['id']}/"
    few = count_queries(lambda: ada.get(address))
    for n in range(12):
        browser = harbor.browser()
        browser.start(f"guest {n}")
        browser.post("identify", {"token": proof(harbor, "cust-1001")})
    assert count_queries(lambda: ada.get(address)) == few
    guests = section(ada.get(address), "Earlier, as a guest")
    assert guests.startswith("Earlier, as a guest 13 ") and len(re.findall(r"[0-9a-f]{8}-", guests)) == 8


def test_no_screen_shows_a_device(ada, harbor, merged, chat):
    pages = [
        ada.get(path).content.decode() for path in (f"/inbox/c/{chat['conversation']['id']}/", f"/inbox/log/{merged}/")
    ]
    hashes = [device.key_hash for device in Device.objects.filter(tenant=harbor.tenant)]
    assert hashes and not any(key in page for key in hashes for page in pages)
