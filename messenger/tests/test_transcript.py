"""A conversation to take along: what its visitor may see, in three formats."""

from __future__ import annotations

import socket
import uuid

import pytest

from messenger import transcripts
from messenger.models import AuditEntry, Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(chat, guest, desk):
    """A thread with a note in it, which was answered, closed and rated."""
    conversation_id = chat["conversation"]["id"]
    desk.note(conversation_id, "Between us")
    desk.reply(conversation_id, "**Bold** <b>and</b> plain")
    guest.say(conversation_id, "<script>alert(1)</script>")
    desk.post(f"conversations/{conversation_id}/close")
    guest.put(f"conversations/{conversation_id}/rating", {"cycle": 1, "score": 5})
    return conversation_id


def transcript(browser, conversation_id, **query):
    return browser.get(f"conversations/{conversation_id}/transcript", query)


def test_it_is_a_page_unless_asked_otherwise(harbor, guest, told):
    answer = transcript(guest, told)
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="conversation-')
    page = answer.content.decode()
    assert harbor.tenant.name in page
    assert "<strong>Bold</strong>" in page
    assert "&lt;script&gt;alert(1)" in page and "<script>" not in page
    assert "Ada joined the conversation" in page and "Feedback was given" in page


def test_it_can_be_plain_text(guest, told):
    answer = transcript(guest, told, format="txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.content.decode().splitlines()
    said = [line.partition("] ")[2] for line in lines if line.startswith("[")]
    assert said == [
        "You: Hello, is anybody there?",
        "Ada joined the conversation",
        "Ada: **Bold** <b>and</b> plain",
        "You: <script>alert(1)</script>",
        "The conversation was closed",
        "Feedback was given",
    ]


def test_it_can_be_data(guest, told):
    data = transcript(guest, told, format="json").json()
    assert (data["conversation"]["id"], data["is_complete"]) == (told, True)
    assert [one["seq"] for one in data["messages"]] == list(range(1, data["conversation"]["last_seq"] + 1))


@pytest.mark.parametrize("kind", transcripts.FORMATS)
def test_nothing_of_a_note_is_in_it(guest, told, kind):
    assert "Between us" not in transcript(guest, told, format=kind).content.decode()


def test_other_formats_are_refused(guest, told):
    assert transcript(guest, told, format="pdf").status_code == 400


def test_it_speaks_the_language_of_whoever_asks(guest, told):
    page = guest.get(f"conversations/{told}/transcript", **{"Accept-Language": "es"}).content.decode()
    assert '<html lang="es">' in page
    assert "Se cerró la conversación" in page


def test_of_a_long_thread_it_has_the_latest_parts(monkeypatch, guest, told):
    monkeypatch.setattr(transcripts, "MOST_PARTS", 3)
    monkeypatch.setattr(transcripts, "_AT_ONCE", 2)
    data = transcript(guest, told, format="json").json()
    last = data["conversation"]["last_seq"]
    assert [one["seq"] for one in data["messages"]] == [last - 2, last - 1, last]


def test_of_long_messages_it_has_as_many_as_there_is_room_for_and_says_so(monkeypatch, guest, told):
    guest.say(told, "x" * 400)
    monkeypatch.setattr(transcripts, "MOST_CHARACTERS", 1000)
    data = transcript(guest, told, format="json").json()
    last = data["conversation"]["last_seq"]
    seqs = [one["seq"] for one in data["messages"]]
    assert data["is_complete"] is False
    assert 1 < len(seqs) < last and seqs == list(range(seqs[0], last + 1))
    for kind in ("html", "txt"):
        assert "Earlier messages are left out." in transcript(guest, told, format=kind).content.decode()
    monkeypatch.undo()
    assert "left out" not in transcript(guest, told, format="txt").content.decode()


def test_files_are_named_also_where_nothing_was_written(guest, told):
    ids = [guest.upload(b"Note", name).json()["id"] for name in ("R&D.txt", "b.txt")]
    for file_id, body in zip(ids, ("", "With a word"), strict=True):
        message = {"client_message_id": str(uuid.uuid4()), "body": body, "attachment_ids": [file_id]}
        assert guest.post(f"conversations/{told}/messages", message).status_code == 201
    text = transcript(guest, told, format="txt").content.decode().splitlines()
    assert text.index("  + R&D.txt") < text.index("  + b.txt")
    page = transcript(guest, told).content.decode()
    assert "R&amp;D.txt" in page and "R&D.txt" not in page


def test_s16_another_contacts_transcript_does_not_exist(harbor, guest, outsider, told):
    neighbour = harbor.browser()
    neighbour.start("I am somebody else")
    for stranger in (neighbour, outsider):
        assert transcript(stranger, told).status_code == 404
        assert transcript(stranger, uuid.uuid4()).status_code == 404
    assert transcript(guest, told).status_code == 200


def test_an_agent_takes_it_along_with_the_contact_by_name_and_without_notes(harbor, desk, guest, told):
    guest.post("profile", {"name": "Grace"})
    answer = transcript(desk, told, format="txt")
    assert answer["Content-Disposition"].startswith('attachment; filename="conversation-')
    text = answer.content.decode()
    assert "Grace: Hello, is anybody there?" in text and "Ada: **Bold**" in text
    assert "Between us" not in text and "You:" not in text
    for as_ in ("html", "json"):
        assert "Between us" not in transcript(desk, told, format=as_).content.decode()
    assert transcript(desk, told, format="pdf").status_code == 400


def test_s17_a_neighbours_conversation_is_neither_read_nor_sent(rival, told, mailoutbox, settings):
    settings.IS_MAIL_SET = True
    stranger = rival.desk()
    assert transcript(stranger, told).status_code == 404
    assert stranger.post(f"conversations/{told}/transcript", {"email": "a@mail.example"}).status_code == 404
    assert mailoutbox == []


def test_an_agent_sends_it_by_e_mail(harbor, desk, told, mailoutbox, settings):
    settings.IS_MAIL_SET = True
    address = f"conversations/{told}/transcript"
    assert desk.post(address, {"email": "nobody"}).status_code == 422
    assert desk.post(address, {"email": "grace@mail.example"}).status_code == 204
    (sent,) = mailoutbox
    assert (sent.to, sent.subject.startswith("Conversation with Harbor")) == (["grace@mail.example"], True)
    assert "**Bold**" in sent.body and "Between us" not in sent.body
    ((page, kind),) = sent.alternatives
    assert (kind, "<strong>Bold</strong>" in page, "Between us" in page) == ("text/html", True, False)
    kept = AuditEntry.objects.get(action="transcript_sent")
    assert (kept.actor_id, kept.subject_id, kept.facts) == (harbor.ada.id, uuid.UUID(told), {})


def test_without_a_mail_server_nothing_is_sent_and_the_agent_is_told(desk, told, mailoutbox, settings):
    address, body = f"conversations/{told}/transcript", {"email": "grace@mail.example"}
    refused = desk.post(address, body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "mail_not_configured")
    settings.IS_MAIL_SET = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.socket() as taken:  # Bound, and not listening: nobody answers there.
        taken.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", taken.getsockname()[1]
        failed = desk.post(address, body)
    assert (failed.status_code, failed.json()["errors"][0]["code"]) == (503, "mail_failed")
    assert failed["Retry-After"] == "60"
    assert mailoutbox == []
    assert AuditEntry.objects.filter(action="transcript_sent").count() == 1  # It may have gone out all the same.


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "Europe", "../etc/passwd"])
def test_a_zone_that_was_stored_and_is_none_keeps_nobody_from_it(harbor, guest, desk, told, zone):
    Tenant.objects.filter(id=harbor.tenant.id).update(time_zone=zone, office_hours={"mon": [["09:00", "17:00"]]})
    for as_ in ("html", "txt", "json"):
        assert guest.get(f"conversations/{told}/transcript", {"format": as_}).status_code == 200
    assert desk.get(f"conversations/{told}/transcript").status_code == 200
    harbor.browser()  # It is told when somebody is there again.
    assert desk.get("reports/volume").status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "text/plain", "application/zip", "application/json", "*/*"])
def test_whatever_a_client_says_it_accepts_it_gets_the_file(guest, told, accept):
    address = f"conversations/{told}/transcript"
    assert guest.get(address, {"format": "txt"}, Accept=accept)["Content-Type"].startswith("text/plain")
    unknown = guest.get(f"conversations/{guest.contact.id}/transcript", Accept=accept)
    assert (unknown.status_code, unknown["Content-Type"]) == (404, "application/json")
