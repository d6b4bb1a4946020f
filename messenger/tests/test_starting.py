"""Get-or-open, explicit new, and both thread policies (I12, I14)."""

from __future__ import annotations

import uuid

import pytest

from messenger import actions
from messenger.errors import Invalid
from messenger.models import Contact, Conversation, Message, Participant, ReadState

pytestmark = pytest.mark.django_db


def open_primaries(contact):
    return Conversation.objects.filter(contact=contact, is_primary=True).exclude(status="closed").count()


def test_a_page_view_makes_no_contact(guest):
    assert guest.snapshot["contact"] is None
    assert guest.snapshot["cursor"] is None
    assert Contact.objects.count() == 0


def test_the_first_message_makes_everything_at_once(harbor, guest):
    started = guest.post("conversations", {"message": {"client_message_id": str(uuid.uuid4()), "body": "Hi"}})
    assert started.status_code == 201
    body = started.json()
    row = harbor.conversation(body["conversation"]["id"])
    assert row.contact_id == guest.contact.id
    assert str(row.visit_id) == guest.snapshot["visit_id"]
    assert [one.kind for one in Participant.objects.filter(conversation=row)] == ["contact"]
    assert Message.objects.get(conversation=row).visit_id == row.visit_id
    assert ReadState.objects.get(conversation=row).last_read_visible_seq == 1
    assert row.visit.contact_id == guest.contact.id
    assert body["contact"]["id"] == str(guest.contact.id)
    assert body["cursor"].endswith(":2")


def test_the_assistant_takes_part_from_the_start_when_the_widget_has_it_on(harbor):
    harbor.widget.features = {"assistant": True}
    harbor.widget.save()
    started = harbor.browser().start("Hi")
    assert {one["kind"] for one in started["conversation"]["participants"]} == {"contact", "assistant"}


def test_starting_again_continues_the_open_conversation(guest, chat):
    again = guest.post("conversations")
    assert again.status_code == 200
    assert again.json()["conversation"]["id"] == chat["conversation"]["id"]


def test_without_a_primary_one_the_most_recently_active_is_promoted(harbor, guest, chat, desk):
    first = chat["conversation"]["id"]
    second = guest.start("Second topic", new=True)["conversation"]["id"]
    third = guest.start("Third topic", new=True)["conversation"]["id"]
    desk.post(f"conversations/{third}/close")
    continued = guest.post("conversations").json()["conversation"]
    assert continued["id"] == second
    assert continued["is_primary"] is True
    assert harbor.conversation(first).is_primary is False


def test_an_explicit_new_one_leaves_the_previous_open_and_listed(guest, chat):
    new = guest.start("Another matter", new=True)["conversation"]
    assert new["id"] != chat["conversation"]["id"]
    listed = guest.get("conversations").json()["items"]
    assert [one["status"] for one in listed] == ["open", "open"]
    assert [one["is_primary"] for one in listed] == [True, False]


def test_an_explicit_new_one_retried_is_the_same(guest, chat):
    body = {"new": True, "client_conversation_id": str(uuid.uuid4())}
    first = guest.post("conversations", body)
    guest.say(first.json()["conversation"]["id"], "so that it is not empty")
    again = guest.post("conversations", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["conversation"]["id"] == again.json()["conversation"]["id"]


def test_an_empty_conversation_serves_as_the_new_one(guest):
    empty = guest.start()["conversation"]["id"]
    assert guest.start(new=True)["conversation"]["id"] == empty


def test_the_empty_one_that_serves_as_new_answers_the_retry_too(guest):
    empty = guest.start()["conversation"]["id"]
    body = {"new": True, "client_conversation_id": str(uuid.uuid4())}
    assert guest.post("conversations", body).json()["conversation"]["id"] == empty
    guest.say(empty, "Not empty any more")
    assert guest.post("conversations", body).json()["conversation"]["id"] == empty


def test_at_most_ten_are_open(guest):
    for i in range(10):
        guest.start(f"Topic {i}", new=True)
    refused = guest.post("conversations", {"new": True})
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "too_many_open_conversations"
    assert open_primaries(guest.contact) == 1


def test_a_retried_first_message_is_the_same_message(guest):
    message = {"client_message_id": str(uuid.uuid4()), "body": "Hi"}
    first = guest.post("conversations", {"message": message})
    again = guest.post("conversations", {"message": message})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["message"]["id"] == again.json()["message"]["id"]
    assert Message.objects.count() == 1


def test_one_thread_per_contact_refuses_an_explicit_new_one(rival):
    visitor = rival.browser()
    thread = visitor.start("Hola")["conversation"]["id"]
    refused = visitor.post("conversations", {"new": True})
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "single_thread"
    assert visitor.post("conversations").json()["conversation"]["id"] == thread


def test_one_thread_per_contact_is_reopened_by_a_message(rival):
    visitor, desk = rival.browser(), rival.desk()
    thread = visitor.start("Hola")["conversation"]["id"]
    desk.post(f"conversations/{thread}/close")
    assert visitor.post("conversations").json()["conversation"]["status"] == "closed"
    continued = visitor.start("Otra cosa")
    assert continued["conversation"]["id"] == thread
    assert (continued["conversation"]["status"], continued["conversation"]["cycle"]) == ("open", 2)
    assert Conversation.objects.filter(contact=visitor.contact).count() == 1


def test_a_message_reopens_a_closed_conversation(guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    desk.post(f"conversations/{conversation_id}/close")
    assert guest.say(conversation_id, "One more thing").status_code == 201
    conversation = guest.get(f"conversations/{conversation_id}").json()
    assert (conversation["status"], conversation["cycle"]) == ("open", 2)
    events = [one["event"]["name"] for one in guest.get("history").json()["items"] if one["event"]]
    assert events == ["closed", "reopened"]


def test_a_reopened_conversation_becomes_parallel_to_an_open_primary_one(harbor, guest, chat, desk):
    old = chat["conversation"]["id"]
    desk.post(f"conversations/{old}/close")
    new = guest.start("New matter")["conversation"]["id"]
    desk.post(f"conversations/{old}/reopen")
    assert harbor.conversation(old).is_primary is False
    assert harbor.conversation(new).is_primary is True


def test_past_the_reopening_days_a_message_opens_a_new_conversation(harbor, guest, chat, desk):
    old = chat["conversation"]["id"]
    desk.post(f"conversations/{old}/close")
    harbor.tenant.reopen_days = 0
    harbor.tenant.save()
    sent = guest.say(old, "After a long time")
    assert sent.status_code == 201
    assert sent.json()["conversation_id"] != old
    assert harbor.conversation(old).status == "closed"


@pytest.mark.parametrize(("name", "most"), [("reopen_days", 36_500), ("edit_minutes", 52_560_000)])
def test_a_time_to_reopen_or_correct_is_one_that_a_calendar_has(harbor, name, most):
    for given in (most + 1, 999_999_999, -1):
        setattr(harbor.tenant, name, given)
        with pytest.raises(Invalid) as refusal:
            actions.update_tenant(harbor.tenant)
        assert refusal.value.attr == name
    for given in (0, most, None):  # The control.
        setattr(harbor.tenant, name, given)
        actions.update_tenant(harbor.tenant)


@pytest.mark.parametrize("days", [36_500, 999_999])
def test_days_longer_than_there_are_dates_reopen_for_ever(harbor, guest, chat, desk, days):
    """As a company may have stored them before there was a limit."""
    thread = chat["conversation"]["id"]
    desk.post(f"conversations/{thread}/close")
    harbor.tenant.reopen_days = days
    harbor.tenant.save()
    sent = guest.say(thread, "Are you still there?")
    assert (sent.status_code, sent.json()["conversation_id"]) == (201, thread)


def test_a_message_wakes_a_snoozed_conversation(harbor, guest, chat):
    from django.utils import timezone

    row = harbor.conversation(chat["conversation"]["id"])
    row.status, row.snoozed_until = "snoozed", timezone.now()
    row.save()
    assert guest.get(f"conversations/{row.id}").json()["status"] == "open"
    guest.say(str(row.id), "Still there?")
    row.refresh_from_db()
    assert (row.status, row.snoozed_until, row.cycle) == ("open", None, 1)


def test_both_widgets_share_the_person_and_the_thread(harbor, rival):
    browser = harbor.browser()
    thread = browser.start("From the shop")["conversation"]["id"]
    snapshot = browser.boot(harbor.second_widget)
    assert snapshot["contact"]["id"] == str(browser.contact.id)
    assert [one["id"] for one in snapshot["conversations"]] == [thread]
    # The rival's widget on the same device id knows nothing.
    stranger = rival.browser(device=browser.device)
    assert stranger.snapshot["contact"] is None
    assert stranger.snapshot["conversations"] == []
