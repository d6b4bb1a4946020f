"""Editing and removing: what one's own time allows, what an admin may, and what is left for whom."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from curbe.testing.race import race
from messenger import streams
from messenger.models import Attachment, AuditEntry, Message
from messenger.models.audit import AuditAction
from messenger.tests.test_attachments import say_with
from messenger.tests.test_files import picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def thread(chat):
    return chat["conversation"]["id"]


@pytest.fixture
def ben(harbor):
    return harbor.desk(harbor.ben)


def refusal(response):
    return response.status_code, response.json()["errors"][0]["code"]


def types_after(stream, head, agent=None):
    return [item.type for item in streams.events_after(stream, head, 100, agent=agent)]


def heads(harbor, guest):
    """Where the visitor's log and the team's are now, for `types_after`."""
    contact, team = streams.contact_stream(guest.contact), streams.team_stream(harbor.tenant.id)
    return (contact, contact.head_seq), (team, team.head_seq, harbor.ada)


def test_a_reply_says_something_else_to_everybody(harbor, desk, guest, thread):
    sent = desk.reply(thread, "Helo").json()
    contact, team = heads(harbor, guest)
    edited = desk.patch(f"messages/{sent['id']}", {"body": "Hello **there**"})
    assert edited.status_code == 200
    assert edited.json()["body_html"] == "<p>Hello <strong>there</strong></p>"
    assert edited.json()["edited_at"] and edited.json()["rev"] == sent["rev"] + 1
    assert edited.json()["seq"] == sent["seq"]
    for caller in (guest, desk):
        shown = caller.get(f"conversations/{thread}").json()["last_message"]
        assert (shown["body"], shown["edited_at"]) == ("Hello **there**", edited.json()["edited_at"])
    assert types_after(*contact) == types_after(*team) == ["message.updated"]


def test_an_edited_note_stays_in_the_team(harbor, desk, guest, thread):
    """I9: not a number, not a time, not a revision of it reaches the visitor."""
    note = desk.note(thread, "A dificult one").json()
    contact, team = heads(harbor, guest)
    before = guest.get(f"conversations/{thread}").json()
    assert desk.patch(f"messages/{note['id']}", {"body": "A difficult one"}).status_code == 200
    assert desk.delete(f"messages/{note['id']}").status_code == 200
    assert types_after(*team) == ["note.updated", "note.deleted"]
    assert types_after(*contact) == []
    assert guest.get(f"conversations/{thread}").json() == before


def test_the_same_words_and_a_second_removal_change_nothing(harbor, desk, guest, thread):
    sent = desk.reply(thread, "Hello").json()
    contact, team = heads(harbor, guest)
    assert desk.patch(f"messages/{sent['id']}", {"body": "Hello"}).json() == sent
    assert types_after(*team) == []
    first, second = (desk.delete(f"messages/{sent['id']}").json() for _ in range(2))
    assert first == second
    assert types_after(*team) == types_after(*contact) == ["message.deleted"]


def test_a_tombstone_keeps_its_place_and_its_key(desk, guest, thread):
    key = str(uuid.uuid4())
    sent = desk.reply(thread, "My password is hunter2", client_message_id=key).json()
    desk.delete(f"messages/{sent['id']}")
    row = Message.objects.get(id=sent["id"])
    assert (row.seq, row.body, row.body_html, row.request_hash, row.words) == (sent["seq"], "", "", "", "")
    for caller in (guest, desk):
        left = caller.get(f"conversations/{thread}/messages").json()["items"][-1]
        assert (left["id"], left["deleted"], left["body"], left["body_html"]) == (sent["id"], True, "", "")
    again = desk.reply(thread, "My password is hunter2", client_message_id=key)
    assert (again.status_code, again.json()["id"], again.json()["deleted"]) == (200, sent["id"], True)
    assert refusal(desk.patch(f"messages/{sent['id']}", {"body": "x"})) == (409, "message_deleted")


def test_sending_an_edited_message_again_is_the_same_message(desk, thread):
    key = str(uuid.uuid4())
    sent = desk.reply(thread, "Helo", client_message_id=key).json()
    desk.patch(f"messages/{sent['id']}", {"body": "Hello"})
    again = desk.reply(thread, "Helo", client_message_id=key)
    assert (again.status_code, again.json()["body"]) == (200, "Hello")
    assert refusal(desk.reply(thread, "Other", client_message_id=key)) == (409, "idempotency_key_reused")


def test_its_words_are_found_as_they_are_now(harbor, desk, thread):
    sent = desk.reply(thread, "zebrawood").json()

    def found(word):
        answer = desk.get("search", {"q": word})
        assert answer.status_code == 200
        return [hit["message"]["id"] for hit in answer.json()["items"] if hit["message"]]

    assert found("zebrawood") == [sent["id"]]
    desk.patch(f"messages/{sent['id']}", {"body": "rosewood"})
    assert (found("zebrawood"), found("rosewood")) == ([], [sent["id"]])
    desk.delete(f"messages/{sent['id']}")
    assert found("rosewood") == []


def test_an_unread_count_still_agrees_with_the_thread(desk, guest, thread):
    for text in ("one", "two"):
        last = desk.reply(thread, text).json()
    assert guest.get(f"conversations/{thread}").json()["unread_count"] == 2
    desk.delete(f"messages/{last['id']}")
    assert guest.get(f"conversations/{thread}").json()["unread_count"] == 2
    assert guest.put(f"conversations/{thread}/read", {"up_to": 99}).json()["unread"] == 0


def test_its_files_are_gone_for_everybody(desk, guest, thread, django_capture_on_commit_callbacks):
    kept = guest.upload(picture(), "passport.png").json()
    sent = say_with(guest, thread, kept["id"], body="my passport").json()
    stored = [path for path in Path(default_storage.path("")).rglob("*") if path.is_file()]
    assert len(stored) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.delete(f"messages/{sent['id']}").json()["attachments"] == []
        assert stored[0].exists(), "bytes go when it is certain that the row has gone"
    assert not stored[0].exists()
    assert not Attachment.objects.filter(id=kept["id"]).exists()
    for caller in (guest, desk):
        assert caller.get(f"attachments/{kept['id']}").status_code == 404


def test_a_message_of_files_may_lose_its_words_and_no_other(desk, thread):
    kept = desk.upload(picture(), "plan.png").json()
    with_file = say_with(desk, thread, kept["id"], body="the plan").json()
    assert desk.patch(f"messages/{with_file['id']}", {"body": ""}).json()["body"] == ""
    plain = desk.reply(thread, "Hello").json()
    assert refusal(desk.patch(f"messages/{plain['id']}", {"body": " "})) == (422, "blank")
    assert refusal(desk.patch(f"messages/{plain['id']}", {"body": "x" * 20_001})) == (422, "max_length")


def wrote_long_ago(message_id, minutes):
    Message.objects.filter(id=message_id).update(created_at=timezone.now() - timedelta(minutes=minutes))


def test_the_time_is_the_tenants(harbor, ben, thread):
    sent = ben.reply(thread, "Hello").json()["id"]
    wrote_long_ago(sent, 14)
    assert ben.patch(f"messages/{sent}", {"body": "Hello there"}).status_code == 200
    wrote_long_ago(sent, 16)
    assert refusal(ben.patch(f"messages/{sent}", {"body": "too late"})) == (403, "edit_time_over")
    assert refusal(ben.delete(f"messages/{sent}")) == (403, "edit_time_over")
    harbor.tenant.edit_minutes = None
    harbor.tenant.save()
    assert ben.patch(f"messages/{sent}", {"body": "any time"}).status_code == 200
    assert ben.delete(f"messages/{sent}").status_code == 200


def test_an_admin_removes_anything_at_any_time_and_puts_words_in_nobodys_mouth(desk, ben, guest, thread):
    of_guest = guest.say(thread, "My card is 4111").json()["id"]
    of_ben = ben.reply(thread, "Thank you").json()["id"]
    for one in (of_guest, of_ben):
        wrote_long_ago(one, 10_000)
        assert refusal(desk.patch(f"messages/{one}", {"body": "I never said this"})) == (403, "permission_denied")
        assert desk.delete(f"messages/{one}").status_code == 200


def test_an_agent_touches_nobody_elses(desk, ben, guest, thread):
    for said in (guest.say(thread, "Mine").json()["id"], desk.reply(thread, "Mine, too").json()["id"]):
        assert refusal(ben.patch(f"messages/{said}", {"body": "x"})) == (403, "permission_denied")
        assert refusal(ben.delete(f"messages/{said}")) == (403, "permission_denied")


def test_what_happened_is_no_message(harbor, desk, thread):
    desk.reply(thread, "Hello")
    joined = Message.objects.get(tenant=harbor.tenant, kind="event")
    for refused in (desk.patch(f"messages/{joined.id}", {"body": "x"}), desk.delete(f"messages/{joined.id}")):
        assert refused.status_code == 404


def test_i8_another_tenants_message_does_not_exist(rival, desk, thread):
    sent = desk.reply(thread, "Hello").json()["id"]
    theirs = rival.desk()
    for message_id in (sent, uuid.uuid4()):
        assert theirs.patch(f"messages/{message_id}", {"body": "x"}).status_code == 404
        assert theirs.delete(f"messages/{message_id}").status_code == 404
    assert Message.objects.get(id=sent).body == "Hello"


def test_removing_leaves_one_line_in_the_audit_log_without_what_was_said(harbor, desk, thread):
    sent = desk.reply(thread, "hunter2").json()["id"]
    redactions = AuditEntry.objects.filter(tenant=harbor.tenant, action=AuditAction.MESSAGE_REDACTED)
    desk.patch(f"messages/{sent}", {"body": "hunter3"})
    assert not redactions.exists()
    for _ in range(2):
        assert desk.delete(f"messages/{sent}").status_code == 200
    entry = redactions.get()
    assert (entry.actor_kind, entry.actor_id) == ("agent", harbor.ada.id)
    assert (entry.subject_kind, str(entry.subject_id)) == ("message", sent)
    assert entry.facts == {"conversation_id": thread}


@pytest.mark.django_db(transaction=True)
def test_edits_and_a_removal_at_once_end_in_one_state(harbor, guest, thread):
    """Whoever comes after the removal finds a tombstone, and every change has a revision of its own."""
    sent, desks = harbor.desk().reply(thread, "0").json()["id"], [harbor.desk() for _ in range(9)]

    def change(i):
        edited = {"body": f"text {i}"}
        answer = desks[i].patch(f"messages/{sent}", edited) if i else desks[i].delete(f"messages/{sent}")
        return answer.status_code

    answers = race(9, change)
    row = Message.objects.get(id=sent)
    assert set(answers) <= {200, 409}
    assert (row.body, row.deleted_at is not None) == ("", True)
    assert row.rev == 1 + answers.count(200)
