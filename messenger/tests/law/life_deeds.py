"""Deeds in the life of a thread: given to somebody, closed, reopened, read and seen."""

from __future__ import annotations

from typing import Any

from messenger.models import Tenant

from .deeds import Play, deed
from .stage import Stage

# assign


@deed("assign")
def to_an_agent(stage: Stage) -> Play:
    thread = stage.thread()
    yield None
    stage.assign(thread, agent_id=str(stage.harbor.ben.id))


@deed("assign")
def to_a_team(stage: Stage) -> Play:
    thread = stage.thread()
    yield None
    stage.assign(thread, team_id=str(stage.support.id))


@deed("assign")
def to_both(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.assign(thread, agent_id=str(stage.harbor.ben.id), team_id=str(stage.support.id))


@deed("assign")
def to_nobody(stage: Stage) -> Play:
    thread = stage.answered()
    stage.assign(thread, agent_id=str(stage.harbor.ben.id), team_id=str(stage.support.id))
    yield None
    stage.assign(thread, agent_id=None, team_id=None)


@deed("assign")
def to_whom_it_is(stage: Stage) -> Play:
    thread = stage.thread()
    stage.assign(thread, agent_id=str(stage.harbor.ben.id))
    yield None
    stage.assign(thread, agent_id=str(stage.harbor.ben.id))


# close_conversation and reopen_conversation


@deed("close_conversation")
def after_a_reply(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.close(thread)


@deed("close_conversation")
def before_any_reply(stage: Stage) -> Play:
    thread = stage.thread()
    yield None
    stage.close(thread)


@deed("close_conversation")
def silently(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.close(thread, silently=True)


@deed("close_conversation")
def as_spam(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.close(thread, spam=True)


@deed("close_conversation")
def one_that_is_snoozed(stage: Stage) -> Play:
    thread = stage.answered()
    stage.snooze(thread)
    yield None
    stage.close(thread)


@deed("close_conversation")
def one_of_two(stage: Stage) -> Play:
    first, _ = stage.two_threads()
    yield None
    stage.close(first)


@deed("close_conversation")
def a_second_time(stage: Stage) -> Play:
    thread = stage.answered()
    stage.close(thread)
    yield None
    stage.close(thread)


@deed("reopen_conversation")
def by_an_agent(stage: Stage) -> Play:
    thread = stage.answered()
    stage.close(thread)
    yield None
    stage.ben.post(f"conversations/{thread}/reopen")


@deed("reopen_conversation")
def beside_the_primary_one(stage: Stage) -> Play:
    first, _ = stage.two_threads()
    stage.close(first)
    yield None
    stage.ada.post(f"conversations/{first}/reopen")


@deed("reopen_conversation")
def one_that_is_open(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.ada.post(f"conversations/{thread}/reopen")


# end_conversation


@deed("end_conversation")
def by_the_visitor(stage: Stage) -> Play:
    thread = stage.answered()
    Tenant.objects.update(visitors_may_close=True)
    yield None
    stage.visitor.post(f"conversations/{thread}/close")


@deed("end_conversation")
def twice_and_before_anybody_answered(stage: Stage) -> Play:
    thread = stage.thread()
    Tenant.objects.update(visitors_may_close=True)
    yield None
    stage.visitor.post(f"conversations/{thread}/close")
    stage.visitor.post(f"conversations/{thread}/close")


@deed("end_conversation")
def of_a_conversation_in_which_nothing_was_said(stage: Stage) -> Play:
    thread = stage.visitor.post("conversations").json()["conversation"]["id"]
    Tenant.objects.update(visitors_may_close=True)
    yield None
    stage.visitor.post(f"conversations/{thread}/close")


# rate_conversation


def rated_by(stage: Stage, thread: str, score: int, **more: Any) -> None:
    stage.visitor.put(f"conversations/{thread}/rating", {"cycle": 1, "score": score, **more})


@deed("rate_conversation")
def with_a_score(stage: Stage) -> Play:
    thread = stage.answered()
    stage.close(thread)
    yield None
    rated_by(stage, thread, 4)


@deed("rate_conversation")
def with_another_score(stage: Stage) -> Play:
    thread = stage.answered()
    stage.close(thread)
    rated_by(stage, thread, 2)
    yield None
    rated_by(stage, thread, 5)


@deed("rate_conversation")
def with_a_remark(stage: Stage) -> Play:
    thread = stage.answered()
    stage.close(thread)
    rated_by(stage, thread, 5)
    yield None
    rated_by(stage, thread, 5, remark="Thank you")


@deed("rate_conversation")
def and_write_again(stage: Stage) -> Play:
    thread = stage.answered()
    stage.close(thread)
    yield None
    rated_by(stage, thread, 5)
    stage.visitor.say(thread, "One more thing")


# mark_read_by_contact, mark_read_by_agent, mark_seen and type_in


@deed("mark_read_by_contact")
def as_far_as_rendered(stage: Stage) -> Play:
    thread = stage.answered()
    stage.ada.note(thread, "In between")
    stage.ada.reply(thread, "More")
    yield None
    stage.visitor.put(f"conversations/{thread}/read", {"up_to": 3})


@deed("mark_read_by_contact")
def beyond_the_end(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.visitor.put(f"conversations/{thread}/read", {"up_to": 99})


@deed("mark_read_by_contact")
def never_back(stage: Stage) -> Play:
    thread = stage.answered()
    stage.visitor.put(f"conversations/{thread}/read", {"up_to": 3})
    yield None
    stage.visitor.put(f"conversations/{thread}/read", {"up_to": 1})


@deed("mark_read_by_contact")
def of_a_blocked_contact(stage: Stage) -> Play:
    thread = stage.answered()
    stage.block(stage.visitor)
    yield None
    stage.visitor.put(f"conversations/{thread}/read", {"up_to": 3})


@deed("mark_read_by_agent")
def a_part_of_it(stage: Stage) -> Play:
    thread = stage.thread()
    stage.visitor.say(thread, "More")
    yield None
    answer = stage.ada.put(f"conversations/{thread}/read", {"up_to": 1}).json()
    return [{"conversation_id": thread, **answer}]


@deed("mark_read_by_agent")
def all_of_it(stage: Stage) -> Play:
    thread = stage.answered()
    stage.visitor.say(thread, "More")
    yield None
    answer = stage.ada.put(f"conversations/{thread}/read", {"up_to": 99}).json()
    return [{"conversation_id": thread, **answer}]


@deed("mark_seen")
def by_typing(stage: Stage) -> Play:
    thread = stage.thread()
    yield None
    stage.ada.post(f"conversations/{thread}/typing", {"on": True})


@deed("type_in")
def a_note(stage: Stage) -> Play:
    thread = stage.thread()
    yield None
    stage.ada.post(f"conversations/{thread}/typing", {"on": True, "kind": "note"})


@deed("type_in")
def what_was_seen_already(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.ada.post(f"conversations/{thread}/typing", {"on": True})
    stage.ada.post(f"conversations/{thread}/typing", {"on": False})
