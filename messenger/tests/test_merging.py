"""A guest who turns out to be a known user: everything that is the guest's becomes the user's."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

from curbe.testing.cast import proof, sign_in
from curbe.testing.ledger import assert_numbers_have_no_holes, assert_streams_have_no_holes, told_to
from messenger import streams
from messenger.models import (
    Contact,
    ContactMerge,
    Conversation,
    Message,
    Participant,
    ReadState,
    Stream,
    Turn,
    Visit,
    VisitorToken,
)

pytestmark = pytest.mark.django_db


def payloads_of(stream, kind, agent=None):
    """What the stream's events of a kind say to its contact or, of the team's stream, to an agent."""
    stream.refresh_from_db()
    items = streams.events_after(stream, 0, 1000, agent=agent)
    return [item.payload for item in items if item.type == kind]


@pytest.fixture
def merged(harbor, grace, guest, chat, desk):
    """(Grace's contact, the guest's former contact) after the guest signed in as Grace, with an answered thread."""
    desk.reply(chat["conversation"]["id"], "Yes, we are")
    desk.note(chat["conversation"]["id"], "Is this Grace?")
    former = guest.contact
    sign_in(guest, harbor)
    assert guest.contact.id == grace.contact.id
    return guest.contact, Contact.objects.get(id=former.id)


# Somebody known: the merge


def test_everything_said_moves_to_the_user(harbor, grace, guest, chat, desk, merged):
    user, former = merged
    assert guest.texts() == ["From my other computer", "Noted", "Hello, is anybody there?", "Yes, we are"]
    assert (former.merged_into_id, former.type, former.external_id) == (user.id, "anonymous", None)
    for model in (Conversation, Message, Participant, ReadState, Visit):
        assert not model.objects.filter(contact=former).exists(), model.__name__
    parts = guest.get(f"conversations/{chat['conversation']['id']}/messages").json()["items"]
    authors = {part["author"]["id"] for part in parts if part["author"]["kind"] == "contact"}
    assert authors == {str(user.id)}
    people = guest.get(f"conversations/{chat['conversation']['id']}").json()["participants"]
    assert [one["id"] for one in people if one["kind"] == "contact"] == [str(user.id)]
    assert grace.texts() == guest.texts(), "her other device has it too"


def test_visits_of_the_guest_are_the_users(harbor, grace, guest, chat):
    former = guest.contact
    trail = set(Visit.objects.filter(contact=former).values_list("id", flat=True))
    sign_in(guest, harbor)
    assert trail
    assert trail <= set(Visit.objects.filter(contact=guest.contact).values_list("id", flat=True))


def test_what_was_read_and_unread_stays_so(harbor, grace, guest, chat, desk):
    thread = chat["conversation"]["id"]
    desk.reply(thread, "One")
    guest.put(f"conversations/{thread}/read", {"up_to": 3})
    desk.reply(thread, "Two")
    before = guest.get(f"conversations/{thread}").json()
    assert (before["last_read_seq"], before["unread_count"]) == (3, 1)
    unread = grace.boot(identity={"token": proof(harbor, "grace")})["unread_count"]
    snapshot = sign_in(guest, harbor)
    after = guest.get(f"conversations/{thread}").json()
    assert (after["last_read_seq"], after["unread_count"]) == (3, 1)
    assert snapshot["unread_count"] == unread + 1
    guest.put(f"conversations/{thread}/read", {"up_to": 4})
    assert guest.get(f"conversations/{thread}").json()["unread_count"] == 0


def test_the_agents_read_states_stay_as_they_were(harbor, grace, guest, chat, desk):
    thread = chat["conversation"]["id"]
    ben = harbor.desk(harbor.ben)
    desk.put(f"conversations/{thread}/read", {"up_to": 1})
    before = [one.get(f"conversations/{thread}").json()["unread_count"] for one in (desk, ben)]
    sign_in(guest, harbor)
    assert [one.get(f"conversations/{thread}").json()["unread_count"] for one in (desk, ben)] == before == [0, 1]


def test_the_users_primary_conversation_stays_it(harbor, grace, guest, chat):
    own = grace.get("conversations").json()["items"][0]["id"]
    sign_in(guest, harbor)
    by_id = {one["id"]: one["is_primary"] for one in guest.get("conversations").json()["items"]}
    assert by_id == {own: True, chat["conversation"]["id"]: False}
    assert guest.start()["conversation"]["id"] == own


def test_without_an_open_one_of_the_users_the_guests_stays_primary(harbor, grace, guest, chat, desk):
    own = grace.get("conversations").json()["items"][0]["id"]
    desk.post(f"conversations/{own}/close")
    sign_in(guest, harbor)
    assert harbor.conversation(chat["conversation"]["id"]).is_primary
    assert guest.start()["conversation"]["id"] == chat["conversation"]["id"]
    # And should the other one come back, it becomes parallel.
    desk.post(f"conversations/{own}/reopen")
    open_ones = Conversation.objects.filter(contact=guest.contact).exclude(status="closed")
    assert [one.is_primary for one in open_ones.order_by("created_at")] == [False, True]


def test_the_chat_log_has_one_row_with_the_sum_of_both(harbor, grace, guest, chat, desk):
    desk.reply(chat["conversation"]["id"], "Yes")
    rows = {row["contact"]["id"]: row for row in desk.get("threads").json()["items"]}
    assert desk.get("threads").json()["people"] == len(rows) == 2
    sign_in(guest, harbor)
    log = desk.get("threads").json()
    (row,) = log["items"]
    assert log["people"] == 1
    assert (row["contact"]["id"], row["identity_type"]) == (str(grace.contact.id), "user")
    assert row["message_count"] == sum(one["message_count"] for one in rows.values()) == 4
    assert row["last_message_at"] == max(one["last_message_at"] for one in rows.values())
    assert row["last_message"]["body"] == "Yes"
    assert row["unread_count"] == sum(one["unread_count"] for one in rows.values())


def test_an_older_guest_does_not_set_the_user_back(harbor, guest, chat, desk):
    grace = harbor.known("grace", "Later than the guest")
    latest = grace.contact.last_message_at
    sign_in(guest, harbor)
    assert guest.contact.last_message_at == latest
    assert desk.get("threads").json()["items"][0]["last_message"]["body"] == "Later than the guest"


def test_a_merge_is_on_record(harbor, guest, merged):
    user, former = merged
    row = ContactMerge.objects.get()
    assert (row.source_id, row.into_id, row.device_id) == (former.id, user.id, guest.visitor.device.id)
    assert (timezone.now() - row.at).total_seconds() < 60


def test_old_ids_keep_resolving_for_the_team_alone(harbor, rival, guest, chat, desk, merged):
    user, former = merged
    timeline = desk.get(f"threads/{former.id}")
    assert timeline.status_code == 200
    assert timeline.json()["contact"]["id"] == str(user.id)
    assert timeline.json()["items"] == desk.get(f"threads/{user.id}").json()["items"]
    assert rival.desk().get(f"threads/{former.id}").status_code == 404


def test_the_snapshot_names_who_was_merged(harbor, grace, guest, merged):
    _, former = merged
    assert guest.snapshot["merged_from"] == [str(former.id)]
    other = harbor.browser()
    other.start("From a third computer")
    third = other.contact
    assert sign_in(other, harbor)["merged_from"] == sorted([str(former.id), str(third.id)])
    assert grace.reload()["merged_from"] == other.snapshot["merged_from"]
    assert harbor.known("heidi").snapshot["merged_from"] == []


def test_the_streams_tell_what_happened(harbor, grace, guest, chat, desk):
    empty = guest.start(new=True)["conversation"]["id"]
    former, user = guest.contact, grace.contact
    theirs, own, teams = (Stream.objects.get(contact=who) for who in (former, user, None))
    sign_in(guest, harbor)
    assert told_to(theirs, after=theirs.head_seq) == ["stream.closed"]
    assert payloads_of(theirs, "stream.closed") == [{"reason": "merged"}]
    told = ["contact.merged", *["conversation.updated"] * 2, "message.updated"]
    assert sorted(told_to(own, after=own.head_seq)) == told
    assert told_to(teams, after=teams.head_seq).count("contact.merged") == 1
    assert_streams_have_no_holes()
    # What they say: who became whom, as each side may know it.
    for stream, agent in ((own, None), (teams, harbor.ada)):
        (payload,) = payloads_of(stream, "contact.merged", agent)
        assert (payload["from"], payload["into"]) == (str(former.id), str(user.id))
        assert payload["contact"]["id"] == str(user.id)
        assert ("external_id" in payload["contact"]) is (agent is not None)
    moved = {one["conversation"]["id"] for one in payloads_of(own, "conversation.updated")}
    assert {chat["conversation"]["id"], empty} <= moved
    latest = payloads_of(teams, "conversation.updated", harbor.ada)[-1]["conversation"]
    assert latest["contact"]["id"] == str(user.id)


def test_i9_the_merge_leaves_no_trace_in_what_the_visitor_reads(harbor, grace, guest, chat, desk):
    thread = chat["conversation"]["id"]
    desk.reply(thread, "Yes, we are")
    former = str(guest.contact.id)

    def seen(browser):
        conversation = browser.get(f"conversations/{thread}").json()
        parts = browser.get(f"conversations/{thread}/messages").json()["items"]
        told = str([parts, {**conversation, "rev": None, "is_primary": None}])
        # Only whose it is has changed: the author's id, and the name by which they are known.
        return told.replace(former, "…").replace(str(grace.contact.id), "…").replace("'Grace'", "''")

    before = seen(guest)
    sign_in(guest, harbor)
    assert seen(guest) == before
    assert "merged" not in str(guest.get("history").json())
    row = harbor.conversation(thread)
    assert row.last_seq == row.last_visible_seq + 1
    assert_numbers_have_no_holes(row)


def test_the_team_reads_the_merge_in_the_thread_in_which_something_was_said(harbor, grace, guest, chat, desk):
    empty = guest.start(new=True)["conversation"]["id"]
    own = grace.get("conversations").json()["items"][0]["id"]
    sign_in(guest, harbor)

    def events(conversation_id):
        parts = desk.get(f"conversations/{conversation_id}/messages").json()["items"]
        return [part["event"]["name"] for part in parts if part["kind"] == "event"]

    assert events(chat["conversation"]["id"]) == ["merged"]
    assert events(empty) == []
    assert "merged" not in events(own)
    assert harbor.conversation(chat["conversation"]["id"]).last_message.body == "Hello, is anybody there?"


def test_a_key_that_both_used_before_does_not_hinder_the_merge(harbor, grace, guest, chat):
    key, conversation_key = str(uuid.uuid4()), str(uuid.uuid4())
    own = grace.start(new=True, client_conversation_id=conversation_key)["conversation"]["id"]
    theirs = guest.start(new=True, client_conversation_id=conversation_key)["conversation"]["id"]
    assert grace.say(own, "said by Grace", key).status_code == 201
    assert guest.say(theirs, "said by the guest", key).status_code == 201
    sign_in(guest, harbor)
    assert {"said by Grace", "said by the guest"} <= set(guest.texts())
    assert Message.objects.filter(contact=guest.contact, body__startswith="said by").count() == 2
    assert guest.say(own, "said by Grace", key).status_code == 200
    again = guest.start(new=True, client_conversation_id=conversation_key)["conversation"]["id"]
    assert again == own


def test_a_message_sent_before_the_merge_is_a_replay_after_it(harbor, grace, guest, chat):
    key, thread = str(uuid.uuid4()), chat["conversation"]["id"]
    sent = guest.say(thread, "Is this heard twice?", key).json()
    sign_in(guest, harbor)
    again = guest.say(thread, "Is this heard twice?", key)
    assert (again.status_code, again.json()["id"]) == (200, sent["id"])
    assert again.headers["Idempotent-Replay"] == "true"
    assert guest.texts().count("Is this heard twice?") == 1


# One thread per contact


@pytest.fixture
def one_thread(rival):
    """(the rival's user on another device, a guest of it, their two threads)"""
    rosa, guest = rival.known("rosa"), rival.browser()
    return rosa, guest, rosa.start("Hola, soy Rosa")["conversation"]["id"], guest.start("Hola")["conversation"]["id"]


@pytest.mark.parametrize("is_closed", [False, True])
def test_with_one_thread_the_users_is_the_one_to_write_in(rival, one_thread, is_closed):
    _rosa, guest, own, theirs = one_thread
    if is_closed:
        rival.desk().post(f"conversations/{own}/close")
    sign_in(guest, rival, "rosa")
    sent = guest.say(theirs, "Escrito en el antiguo")
    assert (sent.status_code, sent.json()["conversation_id"]) == (201, own)
    started = guest.start("Y otra cosa")
    assert started["conversation"]["id"] == own
    assert guest.texts() == ["Hola, soy Rosa", "Hola", "Escrito en el antiguo", "Y otra cosa"]
    assert rival.conversation(own).status == "open"
    assert rival.conversation(theirs).contact_messages == 1
    assert guest.get(f"conversations/{theirs}").status_code == 200, "the old one stays readable"


def test_with_one_thread_a_retry_finds_what_was_sent_before_the_merge(rival, one_thread):
    _rosa, guest, _own, theirs = one_thread
    key = str(uuid.uuid4())
    sent = guest.say(theirs, "Antes", key).json()
    sign_in(guest, rival, "rosa")
    again = guest.say(theirs, "Antes", key)
    assert (again.status_code, again.json()["id"], again.json()["conversation_id"]) == (200, sent["id"], theirs)


def test_with_one_thread_a_user_who_said_nothing_goes_on_in_the_guests(rival):
    rival.known("rosa")
    guest = rival.browser()
    thread = guest.start("Hola")["conversation"]["id"]
    sign_in(guest, rival, "rosa")
    assert guest.say(thread, "Soy Rosa").json()["conversation_id"] == thread
    assert guest.start("Todavía")["conversation"]["id"] == thread


# The walk over every foreign key

MOVES = {
    "Attachment.contact",
    "Conversation.contact",
    "Message.contact",
    "Participant.contact",
    "ReadState.contact",
    "Visit.contact",
}
# What stays with the guest's row, and why.
STAYS = {
    "Contact.merged_into": "a guest is merged once, and nobody was merged into a guest",
    "ContactMerge.source": "says who it was",
    "ContactMerge.into": "names a user",
    "Device.contact": "the slot is emptied",
    "Device.user": "names a user",
    "Stream.contact": "ends with stream.closed",
    "VisitorToken.contact": "is revoked",
}
# A moved conversation keeps its id, so what points at it comes along.
COMES_ALONG = {
    "Cycle.conversation",
    "Draft.conversation",
    "Event.conversation",
    "Mention.conversation",
    "Message.conversation",
    "Participant.conversation",
    "Rating.conversation",
    "ReadState.conversation",
    "SeenState.conversation",
    "Tagging.conversation",
    "Turn.conversation",
}


def references_to(target):
    return {
        f"{model.__name__}.{field.name}": (model, field)
        for model in apps.get_app_config("messenger").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model is target
    }


def test_every_reference_to_a_contact_or_conversation_is_named_here():
    """A new one fails this until the merge, and the tests below, know of it."""
    assert set(references_to(Contact)) == MOVES | set(STAYS)
    assert set(references_to(Conversation)) == COMES_ALONG


def test_the_merge_moves_every_reference(harbor, grace, guest, chat, desk):
    desk.reply(chat["conversation"]["id"], "Yes")
    guest.post("profile", {"name": "Somebody"})
    guest.upload(b"A text", "a.txt")
    former, references = guest.contact, references_to(Contact)

    def pointing(contact: Contact) -> dict[str, Any]:
        rows = {
            name: model._base_manager.filter(**{field.name: contact}) for name, (model, field) in references.items()
        }
        return {name: set(found.values_list("pk", flat=True)) for name, found in rows.items()}

    before = pointing(former)
    assert {name for name in MOVES if not before[name]} == set(), "every kind of row must be there to be moved"
    sign_in(guest, harbor)
    after, users = pointing(former), pointing(guest.contact)
    for name in MOVES:
        assert not after[name], name
        assert before[name] <= users[name], name
    assert not after["Device.contact"]
    assert after["Contact.merged_into"] == after["ContactMerge.into"] == after["Device.user"] == set()
    live = VisitorToken.objects.filter(contact=former, revoked_at=None)
    assert not live.exists()


def test_what_belongs_to_a_conversation_comes_along(harbor, grace, guest, chat, desk):
    thread = chat["conversation"]["id"]
    desk.reply(thread, "Yes")
    desk.post(f"conversations/{thread}/close")
    guest.put(f"conversations/{thread}/rating", {"cycle": 1, "score": 5})
    desk.post(f"conversations/{thread}/tags", {"name": "parcel"})
    desk.note(thread, "@Ben, look")
    desk.put(f"conversations/{thread}/draft", {"text": "Dear", "version": 0})
    row = harbor.conversation(thread)
    asked = {"cycle": 1, "asked_from": 1, "asked_to": 1, "asked_at": row.created_at}
    Turn.objects.create(tenant=harbor.tenant, conversation=row, **asked, state="dropped", ended_at=row.created_at)
    references = references_to(Conversation).values()

    def kept():
        return {
            (model.__name__, pk)
            for model, field in references
            for pk in model._base_manager.filter(**{field.name: row}).values_list("pk", flat=True)
        }

    before = kept()
    assert {name for name, _ in before} == {model.__name__ for model, _ in references}
    sign_in(guest, harbor)
    assert before <= kept()


def test_an_unused_rivals_person_of_the_same_id_is_untouched(harbor, rival, guest, chat):
    stranger = rival.known("grace", "Hola")
    before = Contact.objects.values().get(id=stranger.contact.id)
    harbor.known("grace")
    sign_in(guest, harbor)
    assert Contact.objects.values().get(id=stranger.contact.id) == before
    assert stranger.texts() == ["Hola"]
