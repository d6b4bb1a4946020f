"""A conversation to take along: what its visitor may see, in three formats."""

from __future__ import annotations

import uuid

import pytest

from messenger import transcripts

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
