"""The snapshot law (I5): for every action and audience, the snapshot before and the events are the snapshot after."""

from __future__ import annotations

import pytest

from messenger import actions

from .deeds import DEEDS
from .vectors import expected, reduced
from .witnesses import Visitor

# The database is made for tests that say so.
pytestmark = pytest.mark.django_db

# Actions of which no log tells anybody, and why.
SILENT = {
    "archive_tag": "the catalogue is no conversation: `settings.updated` has it asked for again",
    "archive_team": "the catalogue is no conversation: `settings.updated` has it asked for again",
    "claim_turn": "who works on an answer is in nobody's state",
    "create_agent": "no conversation is about an agent who has done nothing yet",
    "create_api_token": "credentials are in nobody's state",
    "create_contact": "somebody of whom no conversation is about; the list of people is asked for",
    "create_article": "help is read when somebody asks for it",
    "create_saved_reply": "asked for when somebody writes a slash; `settings.updated` tells the team of its own",
    "delete_saved_reply": "asked for when somebody writes a slash; `settings.updated` tells the team of its own",
    "put_back": "who works on an answer is in nobody's state",
    "save_draft": "what an agent has begun is theirs alone, and asked for with the thread",
    "save_reply": "asked for when somebody writes a slash; `settings.updated` tells the team of its own",
    "set_preferences": "an agent's own, and asked for with the page",
    "update_saved_reply": "asked for when somebody writes a slash; `settings.updated` tells the team of its own",
    "create_identity_secret": "credentials are in nobody's state",
    "create_tag": "the catalogue is no conversation: `settings.updated` has it asked for again",
    "create_team": "the catalogue is no conversation: `settings.updated` has it asked for again",
    "create_tenant": "nobody reads a stream of it yet",
    "create_widget": "a widget is in nobody's state: pages ask for it, and `settings.updated` tells the team",
    "create_view": "a kept view is no conversation: `settings.updated` has the rail asked for again",
    "delete_article": "help is read when somebody asks for it",
    "delete_view": "a kept view is no conversation: `settings.updated` has the rail asked for again",
    "due_turns": "what is read changes nothing",
    "end_agent_sockets": "sockets look at their credentials again; nothing has happened",
    "export_contact": "what is read changes nothing",
    "found_company": "nobody reads a stream of it yet",
    "is_wanted": "what is read changes nothing",
    "mail_transcript": "what is read changes nothing",
    "mark_unread_by_agent": "an agent's own cursor is private to them: it travels beside the log (`agent_read`)",
    "mute_conversation": "an agent's own wish is private to them: it travels beside the log (`agent_muted`)",
    "note_refused_proof": "the admins' log of refused proofs is a page, not a part of any conversation",
    "note_sign_in": "the audit log is a page, not a part of any conversation",
    "open_turn": "who works on an answer is in nobody's state",
    "prune_conversations": "every reader of what is gone takes a snapshot",
    "prune_guests": "every reader of what is gone takes a snapshot",
    "prune_visits": "a page view is in nobody's state",
    "wipe_chat_data": "every client takes a snapshot",
    "note_widget_seen": "that a site has its widget is in nobody's state",
    "prune_files": "what nobody has sent is in nobody's state",
    "prune_storage": "what no row speaks of is in nobody's state",
    "prune_log": "what is forgotten of the log is asked for again as a snapshot",
    "record_visit": "a page view is the context of what is said next, and in nobody's state",
    "reset_device": "the sessions end, and with them their sockets: who starts over has a fresh snapshot",
    "retire_identity_secret": "the sessions that it proved end, and with them their sockets",
    "revoke_api_token": "credentials are in nobody's state",
    "rotate_epochs": "every client takes a snapshot",
    "save_article": "help is read when somebody asks for it",
    "save_widget": "a widget is in nobody's state: pages ask for it, and `settings.updated` tells the team",
    "set_availability": "visitors are told with their next snapshot",
    "set_office_hours": "settings are in nobody's state",
    "shutdown_device": "the sessions end, and with them their sockets",
    "stuck_turns": "what is read changes nothing",
    "update_agent": "a name or role is said with whatever the agent does next",
    "update_article": "help is read when somebody asks for it",
    "update_tag": "the catalogue is no conversation: `settings.updated` has it asked for again",
    "update_team": "the catalogue is no conversation: `settings.updated` has it asked for again",
    "update_tenant": "settings are in nobody's state",
    "update_user": "an account is in nobody's state",
    "update_view": "a kept view is no conversation: `settings.updated` has the rail asked for again",
    "update_widget": "a widget is in nobody's state: pages ask for it, and `settings.updated` tells the team",
    "upload_file": "a file is in nobody's state before a message carries it",
}


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_a_snapshot_and_its_events_are_the_next_snapshot(seen, deed):
    for vector in seen[deed.name].vectors:
        assert reduced(vector) == expected(vector), vector.name


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_outsiders_learn_nothing(seen, deed):
    for name, before, after, told in seen[deed.name].outsiders:
        assert (after, told) == (before, None), name


def test_a_guests_stream_says_that_it_ended(seen):
    """Whoever was merged is somebody else now; of another's stream there is nothing to compare."""
    ended = [told for one in seen.values() for told in one.ended]
    assert len(ended) >= 5
    assert {item["type"] for told in ended for item in told["items"]} == {"stream.closed"}


def test_a_bootstrap_brings_the_snapshot(harbor, grace):
    witness = Visitor(grace)
    assert grace.reload().items() >= witness.snapshot().items()
    assert witness.snapshot()["messages"], "there is something to compare"


def test_every_action_is_covered_or_named_as_silent():
    covered = {deed.action for deed in DEEDS}
    assert covered | set(SILENT) == set(actions.__all__)
    assert not covered & set(SILENT)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_a_deed_is_of_the_action_that_it_names(seen, deed):
    assert deed.action in seen[deed.name].ran
