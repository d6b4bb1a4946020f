"""The panel beside a conversation: what is known of its person, and what an agent does with them."""

from __future__ import annotations

import pytest

from inbox.tests.pages import key, text_of, token
from messenger.models import Contact, Conversation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def press(ada, guest, chat):
    """Send a form of the panel, as htmx does."""

    def send(verb, at=ada, **fields):
        headers = {"X-CSRFToken": token(at), "HX-Request": "true"}
        return at.post(f"/inbox/p/{guest.contact.id}/{verb}/", fields, headers=headers)

    return send


@pytest.fixture
def panel(ada, chat):
    return lambda at=ada: text_of(at.get(f"/inbox/c/{chat['conversation']['id']}/"))


def test_what_was_said_is_corrected_in_place(press, panel, guest):
    assert press("traits", name="Ines", email="ines@example.com", phone="").status_code == 204
    assert (guest.contact.name, guest.contact.type) == ("Ines", "lead")
    assert "ines@example.com" in panel()
    refused = press("traits", email="a@b")
    assert (refused.status_code, refused.content.decode()) == (422, "Enter a valid email address.")
    assert guest.contact.email == "ines@example.com"


def test_a_person_is_blocked_and_let_in_again(press, panel, guest):
    assert press("block", blocked="on").status_code == 204
    assert guest.contact.blocked
    assert "Unblock" in panel()
    assert press("block").status_code == 204
    assert not guest.contact.blocked


def test_a_conversation_is_begun_once_however_often_it_is_pressed(press, guest):
    form = {"key": key(), "body": "Your order is ready", "new": "on"}
    answers = [press("write", **form) for _ in range(2)]
    made = Conversation.objects.filter(contact=guest.contact).order_by("-id").first()
    assert {one["HX-Redirect"] for one in answers} == {f"/inbox/c/{made.id}/"}
    assert Conversation.objects.filter(contact=guest.contact).count() == 2


def test_nothing_is_no_message(press, guest):
    before = Conversation.objects.filter(contact=guest.contact).count()
    assert press("write", key=key(), body=" \n ", new="on").status_code == 422
    assert Conversation.objects.filter(contact=guest.contact).count() == before
    assert press("write", key=key(), body=" x ", new="on").status_code == 204  # The control.


def test_a_person_is_exported(press):
    answer = press("export")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")


def test_nobody_is_erased_before_the_word_is_typed(press, panel, guest):
    contact_id = guest.contact.id
    assert press("erase", word="yes").status_code == 400
    assert Contact.objects.get(id=contact_id).erased_at is None
    assert panel().count("Hello") >= 1
    assert press("erase", word="ERASE")["HX-Redirect"] == "/inbox/"
    assert Contact.objects.get(id=contact_id).erased_at


def test_s22_only_admins_are_offered_to_export_and_erase(press, panel, sign_in, harbor, guest):
    ben = sign_in(harbor.ben)
    assert "Erase this person" not in panel(ben)
    assert "Erase this person" in panel()  # The control.
    assert {press(verb, at=ben, word="ERASE").status_code for verb in ("export", "erase")} == {403}
    assert guest.contact.erased_at is None


@pytest.mark.parametrize("verb", ["traits", "block", "write", "export", "erase"])
def test_s17_s54_nobody_else_and_nothing_without_a_token(press, ada, rival_agent, guest, verb):
    form = {"name": "Mine", "blocked": "on", "key": key(), "body": "Hello", "word": "ERASE"}
    assert press(verb, at=rival_agent, **form).status_code == 404
    assert ada.post(f"/inbox/p/{guest.contact.id}/{verb}/", form).status_code == 403
    assert (guest.contact.name, guest.contact.blocked, guest.contact.erased_at) == ("", False, None)


def test_the_panel_tells_of_notes_ratings_tags_and_browsers(panel, desk, chat):
    thread = chat["conversation"]["id"]
    desk.note(thread, "Prefers the telephone")
    desk.post(f"conversations/{thread}/tags", {"name": "VIP"})
    shown = panel()
    assert shown.count("Prefers the telephone") >= 2  # In the thread, and beside it.
    assert "VIP" in shown
    assert "Browsers 1" in shown


def test_it_costs_the_same_however_much_is_known(ada, desk, guest, chat, django_assert_max_num_queries):
    thread = chat["conversation"]["id"]
    for number in range(8):
        desk.note(thread, f"Note {number}")
        desk.post(f"contacts/{guest.contact.id}/conversations", {"client_message_id": key(), "body": "Hi", "new": True})
    ada.get(f"/inbox/c/{thread}/")
    with django_assert_max_num_queries(32):
        ada.get(f"/inbox/c/{thread}/")


def test_the_conversation_is_sent_by_e_mail_and_the_panel_says_so(ada, chat, mailoutbox, settings):
    address = f"/inbox/c/{chat['conversation']['id']}/transcript/"
    headers = {"X-CSRFToken": token(ada), "HX-Request": "true"}
    told = ada.post(address, {"email": "grace@mail.example"}, headers=headers).content.decode()
    assert "sends no e-mail yet" in told
    settings.IS_MAIL_SET = True
    told = ada.post(address, {"email": "grace@mail.example"}, headers=headers).content.decode()
    assert (told, [one.to for one in mailoutbox]) == ("Sent to grace@mail.example.", [["grace@mail.example"]])
    refused = ada.post(address, {"email": "a@b"}, headers=headers)
    assert (refused.status_code, refused.content.decode()) == (422, "Enter a valid email address.")
