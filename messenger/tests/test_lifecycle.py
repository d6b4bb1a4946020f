"""Assigning, closing, reopening: each event once, repeats change nothing."""

from __future__ import annotations

import uuid

import pytest

from messenger import streams
from messenger.models import Conversation, Event, Message, Participant, Team

pytestmark = pytest.mark.django_db


def heads(company, contact):
    return streams.team_stream(company.tenant.id).head_seq, streams.contact_stream(contact).head_seq


def test_closing_asks_for_feedback_only_when_somebody_replied(guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    closed = desk.post(f"conversations/{conversation_id}/close").json()
    assert (closed["status"], closed["rating_requested"]) == ("closed", False)
    desk.post(f"conversations/{conversation_id}/reopen")
    desk.reply(conversation_id, "Hello")
    assert desk.post(f"conversations/{conversation_id}/close").json()["rating_requested"] is True


@pytest.mark.parametrize("how", [{"silently": True}, {"spam": True}])
def test_closing_silently_or_as_spam_asks_nothing(chat, desk, how):
    conversation_id = chat["conversation"]["id"]
    desk.reply(conversation_id, "Hello")
    assert desk.post(f"conversations/{conversation_id}/close", how).json()["rating_requested"] is False


def test_repeats_are_accepted_and_emit_nothing(harbor, guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    verbs = [("assign", {"agent_id": str(harbor.ben.id)}), ("close", {}), ("reopen", {})]
    for verb, body in verbs:
        first = desk.post(f"conversations/{conversation_id}/{verb}", body)
        before = heads(harbor, guest.contact), Message.objects.count()
        again = desk.post(f"conversations/{conversation_id}/{verb}", body)
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json() == again.json()
        assert (heads(harbor, guest.contact), Message.objects.count()) == before, verb
    # The control: something that does change moves both heads.
    before = heads(harbor, guest.contact)
    desk.post(f"conversations/{conversation_id}/close")
    assert all(now > then for now, then in zip(heads(harbor, guest.contact), before, strict=True))


def test_assigning_is_the_teams_business_but_the_visitor_learns_the_assignee(harbor, guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    desk.post(f"conversations/{conversation_id}/assign", {"agent_id": str(harbor.ben.id)})
    seen = guest.get(f"conversations/{conversation_id}").json()
    assert seen["assignee"] == {"id": str(harbor.ben.id), "name": "Ben", "avatar_url": None}
    # Ben has not shown himself yet, and the thread says nothing of it.
    assert [one["kind"] for one in seen["participants"]] == ["contact"]
    assert seen["last_seq"] == 1
    assert Participant.objects.filter(conversation=conversation_id, agent=harbor.ben).exists()


def test_assigning_keeps_what_is_not_named_and_null_clears(harbor, chat, desk):
    conversation_id = chat["conversation"]["id"]
    team = Team.objects.create(tenant=harbor.tenant, name="Returns")
    desk.post(f"conversations/{conversation_id}/assign", {"agent_id": str(harbor.ben.id), "team_id": str(team.id)})
    kept = desk.post(f"conversations/{conversation_id}/assign", {"agent_id": None}).json()
    assert kept["assignee"] is None
    assert kept["team"] == {"id": str(team.id), "name": "Returns"}


def test_s23_it_refuses_another_tenants_agent_and_team(harbor, rival, chat, desk):
    conversation_id = chat["conversation"]["id"]
    team = Team.objects.create(tenant=rival.tenant, name="Theirs")
    for body in ({"agent_id": str(rival.ada.id)}, {"team_id": str(team.id)}, {"agent_id": str(uuid.uuid4())}):
        refused = desk.post(f"conversations/{conversation_id}/assign", body)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["attr"] == next(iter(body))
    assert harbor.conversation(conversation_id).assignee is None
    assert desk.post(f"conversations/{conversation_id}/assign", {"agent_id": str(harbor.ben.id)}).status_code == 200


def test_a_cycle_keeps_its_own_figures(harbor, guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    desk.reply(conversation_id, "Hello")
    desk.post(f"conversations/{conversation_id}/close")
    guest.say(conversation_id, "It broke again")
    row = harbor.conversation(conversation_id)
    assert (row.cycle, row.first_reply_at, row.asks_rating) == (2, None, False)
    assert row.waiting_since is not None
    assert set(Message.objects.filter(conversation=row).values_list("cycle", flat=True)) == {1, 2}


def test_an_empty_conversation_stays_out_of_the_inbox_until_something_is_said(harbor, guest, desk):
    conversation_id = guest.start()["conversation"]["id"]
    assert desk.get("conversations").json()["items"] == []
    assert not Event.objects.filter(stream=streams.team_stream(harbor.tenant.id)).exists()
    guest.say(conversation_id, "Hi")
    assert [one["id"] for one in desk.get("conversations").json()["items"]] == [conversation_id]
    types = Event.objects.filter(stream=streams.team_stream(harbor.tenant.id)).order_by("seq")
    assert list(types.values_list("type", flat=True)) == ["conversation.created", "message.created"]


def test_status_filters_and_views_agree(harbor, guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    desk.post(f"conversations/{conversation_id}/assign", {"agent_id": str(harbor.ada.id)})

    def listed(**filters):
        return [one["id"] for one in desk.get("conversations", filters).json()["items"]]

    assert listed(status="open") == listed(assignee="me") == [conversation_id]
    assert listed(assignee="none") == listed(status="closed") == []
    assert listed(assignee=str(harbor.ada.id)) == [conversation_id]
    assert desk.get("snapshot", {"view": "mine"}).json()["counts"] == {
        "mine": 1,
        "unassigned": 0,
        "all": 1,
        "snoozed": 0,
        "closed": 0,
        "mentions": 0,
    }
    assert Conversation.objects.count() == 1


def test_the_inbox_can_be_narrowed(harbor, guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    team = Team.objects.create(tenant=harbor.tenant, name="Returns")
    guest.post("profile", {"name": "Grace Hopper"})
    row = Conversation.objects.filter(id=conversation_id)

    def listed(**filters):
        return [one["id"] for one in desk.get("conversations", filters).json()["items"]]

    for filters, values in (
        ({"team": str(team.id)}, {"team": team}),
        ({"priority": "urgent"}, {"priority": "urgent"}),
    ):
        assert listed(**filters) == []
        row.update(**values)
        assert listed(**filters) == [conversation_id]
    assert listed(tag="niño") == []
    for name in ("vip", "niño"):
        desk.post(f"conversations/{conversation_id}/tags", {"name": name})
    assert listed(tag="niño") == listed(tag="Vip") == [conversation_id]
    assert listed(tag="ni") == listed(team="none") == listed(q="Lovelace") == []
    assert listed(q="hopper") == [conversation_id]
    assert listed(unread="true") == [conversation_id]
    desk.put(f"conversations/{conversation_id}/read", {"up_to": 1})
    assert listed(unread="true") == []
    assert listed(unread="false") == [conversation_id]
