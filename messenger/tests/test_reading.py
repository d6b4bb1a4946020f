"""Reading: cursors that only go forward, and unread counts of what others said (I6, I11)."""

from __future__ import annotations

import pytest

from messenger import streams
from messenger.actions import reading

pytestmark = pytest.mark.django_db


@pytest.fixture
def answered(guest, chat, desk):
    """The address of the guest's thread, with a note, "agent joined" and two replies that nobody has read."""
    conversation_id = chat["conversation"]["id"]
    desk.note(conversation_id, "for us")
    desk.reply(conversation_id, "Hi")
    desk.reply(conversation_id, "How can I help?")
    return f"conversations/{conversation_id}"


def read_and_unread(guest, thread):
    seen = guest.get(thread).json()
    return seen["last_read_seq"], seen["unread_count"]


def test_unread_counts_what_others_said_and_nothing_else(guest, answered):
    assert read_and_unread(guest, answered) == (1, 2)


def test_reading_moves_the_cursor_and_tells_both_streams(harbor, guest, answered):
    before = heads(harbor, guest)
    assert guest.put(f"{answered}/read", {"up_to": 3}).status_code == 200
    assert read_and_unread(guest, answered) == (3, 1)
    assert heads(harbor, guest) == [head + 1 for head in before]


def test_i6_a_cursor_never_moves_back(harbor, guest, answered):
    guest.put(f"{answered}/read", {"up_to": 4})
    before = heads(harbor, guest)
    for earlier in (3, 4, 0):
        assert guest.put(f"{answered}/read", {"up_to": earlier}).json()["last_read_seq"] == 4
    assert read_and_unread(guest, answered) == (4, 0)
    assert heads(harbor, guest) == before, "a repeat is no news"


def test_reading_beyond_the_end_means_the_end(guest, desk, answered):
    assert guest.put(f"{answered}/read", {"up_to": 1000}).json()["last_read_seq"] == 4
    desk.reply(answered.rpartition("/")[2], "Are you still there?")
    assert read_and_unread(guest, answered) == (4, 1)


def test_i6_an_agents_cursor_never_moves_back_either(guest, desk, answered):
    desk.put(f"{answered}/read", {"up_to": 5})
    desk.put(f"{answered}/read", {"up_to": 1})
    assert desk.get(answered).json()["last_read_seq"] == 5


@pytest.mark.parametrize("method", ["put", "post"])
def test_what_is_said_while_an_agent_reads_is_unread(guest, desk, answered, monkeypatch, method):
    """No event corrects an agent's count, so the answer has to be right by itself."""
    plain = reading._with_later

    def say_something_meanwhile(*args):
        found = plain(*args)
        guest.say(answered.rpartition("/")[2], "One more thing")
        return found

    monkeypatch.setattr(reading, "_with_later", say_something_meanwhile)
    if method == "put":
        read = desk.put(f"{answered}/read", {"up_to": 5}).json()
    else:
        read = desk.post(f"{answered}/unread", {"from": 5}).json()
    monkeypatch.undo()
    seen = desk.get(answered).json()
    assert (read["last_read_seq"], read["unread"]) == (seen["last_read_seq"], seen["unread_count"])
    assert read["unread"] >= 1


def test_i11_an_agents_opening_and_reading_is_nothing_to_the_visitor(harbor, guest, chat):
    thread = f"conversations/{chat['conversation']['id']}"
    seen, before = guest.get(thread).json(), heads(harbor, guest)
    ben = harbor.desk(harbor.ben)
    ben.get(f"{thread}/messages")
    assert ben.put(f"{thread}/read", {"up_to": 1}).status_code == 200
    assert guest.get(thread).json() == seen
    assert heads(harbor, guest) == before
    # The control: an answer does say that it was seen.
    ben.reply(chat["conversation"]["id"], "Hi")
    assert guest.get(thread).json()["seen_seq"] > seen["seen_seq"]


def heads(company, guest):
    """How far the team's log and the contact's go."""
    team, own = streams.team_stream(company.tenant.id), streams.contact_stream(guest.contact)
    return [team.head_seq, own.head_seq]
