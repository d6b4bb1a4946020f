"""Cycles: what is kept of each round of a conversation, moved only where a round turns."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection

from messenger import actions
from messenger.actions.messages import Draft
from messenger.models import Cycle, Message, Team

from .law.assistant_deeds import answer, claimed

pytestmark = pytest.mark.django_db


def kept(conversation_id: str) -> list[Cycle]:
    return list(Cycle.objects.filter(conversation_id=conversation_id).order_by("cycle"))


def at(conversation_id: str, **which: Any) -> Any:
    """When the first such part of the thread was made."""
    return Message.objects.filter(conversation_id=conversation_id, **which).order_by("seq")[0].created_at


@pytest.fixture
def thread(chat):
    return chat["conversation"]["id"]


def test_the_first_message_starts_a_cycle_that_waits(thread):
    (cycle,) = kept(thread)
    said = at(thread, kind="message")
    assert (cycle.cycle, cycle.started_at, cycle.first_contact_at) == (1, said, said)
    assert (cycle.first_reply_at, cycle.closed_at) == (None, None)


def test_a_conversation_in_which_nothing_was_said_has_none(harbor, guest, desk):
    thread = guest.post("conversations", {}).json()["conversation"]["id"]
    desk.post(f"conversations/{thread}/close")
    desk.post(f"conversations/{thread}/reopen")
    assert kept(thread) == []
    guest.say(thread, "Here I am")  # The control.
    assert [one.cycle for one in kept(thread)] == [2]


def test_the_first_reply_is_kept_and_a_later_one_is_not(harbor, guest, desk, thread):
    guest.say(thread, "Still there?")
    desk.note(thread, "Not a reply")
    assert kept(thread)[0].first_reply_at is None
    desk.reply(thread, "Hello")
    harbor.desk(harbor.ben).reply(thread, "Hello from me, too")
    (cycle,) = kept(thread)
    assert (cycle.first_reply_agent, cycle.first_reply_at) == (harbor.ada, at(thread, kind="message", agent=harbor.ada))
    assert cycle.first_contact_at == at(thread, kind="message")


def test_what_the_assistant_says_is_no_first_reply(harbor, desk):
    harbor.widget.features = {"assistant": True}
    harbor.widget.save()
    browser = harbor.browser()
    thread = browser.start("How long does it take?")["conversation"]["id"]
    assert answer(claimed(thread))
    browser.say(thread, "And to Hawaii?")
    assert answer(claimed(thread))
    first, second = Message.objects.filter(conversation=thread, author_kind="assistant").order_by("seq")
    (cycle,) = kept(thread)
    assert (cycle.assistant_reply_at, cycle.first_reply_at) == (first.created_at, None)
    assert second.created_at > first.created_at
    desk.reply(thread, "And a person")
    assert kept(thread)[0].first_reply_agent == harbor.ada


def test_closing_ends_it_and_credits_whose_it_was(harbor, desk, thread):
    team = Team.objects.create(tenant=harbor.tenant, name="Returns")
    desk.reply(thread, "Hello")
    desk.post(f"conversations/{thread}/assign", {"agent_id": str(harbor.ben.id), "team_id": str(team.id)})
    desk.post(f"conversations/{thread}/close")
    desk.post(f"conversations/{thread}/close")
    (cycle,) = kept(thread)
    assert (cycle.closed_agent, cycle.agent, cycle.team) == (harbor.ada, harbor.ben, team)
    assert (cycle.closed_at, cycle.is_spam) == (at(thread, event__name="closed"), False)


def test_without_an_assignee_the_closer_is_credited_and_else_who_replied_first(harbor, guest, desk, thread):
    desk.reply(thread, "Hello")
    harbor.desk(harbor.ben).post(f"conversations/{thread}/close")
    harbor.tenant.visitors_may_close = True
    actions.update_tenant(harbor.tenant)
    guest.boot()
    guest.say(thread, "One more")
    desk.reply(thread, "Yes?")
    assert guest.post(f"conversations/{thread}/close").status_code == 200
    first, second = kept(thread)
    assert (first.agent, first.closed_agent) == (harbor.ben, harbor.ben)
    assert (second.agent, second.closed_agent) == (harbor.ada, None)


def test_spam_is_kept_as_such(desk, thread):
    desk.post(f"conversations/{thread}/close", {"spam": True})
    assert kept(thread)[0].is_spam


def test_a_message_to_a_closed_one_starts_the_next_cycle(guest, desk, thread):
    desk.reply(thread, "Hello")
    desk.post(f"conversations/{thread}/close")
    guest.say(thread, "It is not solved")
    first, second = kept(thread)
    assert first.closed_at < second.started_at < second.first_contact_at
    assert (second.cycle, second.first_reply_at, second.closed_at) == (2, None, None)


def test_where_the_team_speaks_first_nobody_waited(guest, desk, thread):
    desk.post(f"conversations/{thread}/close")
    desk.post(f"conversations/{thread}/reopen")
    desk.reply(thread, "I have news")
    guest.say(thread, "Tell me")
    second = kept(thread)[1]
    assert (second.first_contact_at, second.first_reply_at) == (None, at(thread, cycle=2, kind="message"))


def test_a_plain_send_gains_no_statement(harbor, guest, desk, thread, count_queries):
    """Neither the visitor's next message nor the agent's next reply looks at the table."""
    desk.reply(thread, "Hello")
    with connection.execute_wrapper(refusing_the_table):
        assert guest.say(thread, "Again").status_code == 201
        assert desk.reply(thread, "And again").status_code == 201
        with pytest.raises(AssertionError, match="looked at"):  # The control.
            close(harbor, thread)


def refusing_the_table(execute, sql, params, many, context):
    assert "messenger_cycle" not in sql, "the table of cycles was looked at"
    return execute(sql, params, many, context)


def close(harbor, thread):
    actions.close_conversation(by=harbor.ada, conversation_id=uuid.UUID(thread))


def test_a_merge_leaves_the_figures_with_the_conversation(harbor, guest, desk, thread):
    from curbe.testing.cast import sign_in

    before = kept(thread)
    sign_in(guest, harbor, "grace")
    desk.reply(thread, "Hello, Grace")
    (after,) = kept(thread)
    assert [after.started_at] == [one.started_at for one in before]
    assert after.first_reply_agent == harbor.ada


def a_life(harbor, guest, desk, thread):
    """Cycles of every kind: answered, unanswered, begun by the team, spam, open."""
    guest.say(thread, "Anybody?")
    desk.reply(thread, "Hello")
    close(harbor, thread)
    guest.say(thread, "Again")
    close(harbor, thread)
    desk.post(f"conversations/{thread}/reopen")
    desk.reply(thread, "News")
    guest.say(thread, "Thanks")


def figures(conversation_id: str) -> list[dict[str, Any]]:
    names = [field.attname for field in Cycle._meta.concrete_fields if field.attname not in {"id", "is_spam"}]
    return list(Cycle.objects.filter(conversation_id=conversation_id).order_by("cycle").values(*names))


def test_a_cycle_that_a_former_release_began_is_made_up_for(harbor, guest, desk, thread):
    a_life(harbor, guest, desk, thread)
    live = figures(thread)[-1]
    Cycle.objects.all().delete()
    close(harbor, thread)
    (made_up,) = figures(thread)
    same = {"cycle", "started_at", "first_contact_at", "first_reply_at", "first_reply_agent_id"}
    assert {name: made_up[name] for name in same} == {name: live[name] for name in same}
    assert made_up["closed_at"] is not None


def test_a_draft_said_twice_starts_one_cycle(harbor, guest, thread):
    draft = Draft.by_visitor(uuid.uuid4(), "Hello")
    for _ in range(2):
        actions.send_message(by=guest.visitor, conversation_id=uuid.UUID(thread), draft=draft)
    assert len(kept(thread)) == 1
