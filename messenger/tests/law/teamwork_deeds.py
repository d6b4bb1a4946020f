"""Deeds of a team that shares its work: put off, woken, tagged, ranked, named, and joined by colleagues."""

from __future__ import annotations

from messenger import actions
from messenger.models import Team, TeamMember

from .deeds import Play, deed
from .stage import Stage

# snooze_conversation, wake_conversation and wake_due


@deed("snooze_conversation")
def until_tomorrow(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.snooze(thread)


@deed("snooze_conversation")
def and_the_visitor_writes(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.snooze(thread)
    stage.visitor.say(thread, "I cannot wait")


@deed("wake_conversation")
def when_its_time_has_come(stage: Stage) -> Play:
    thread = stage.answered()
    stage.snooze(thread)
    stage.oversleeps(thread)
    yield None
    actions.wake_due()


@deed("wake_due")
def and_a_second_time(stage: Stage) -> Play:
    first, second = stage.two_threads()
    for thread in (first, second):
        stage.snooze(thread)
        stage.oversleeps(thread)
    yield None
    actions.wake_due()
    actions.wake_due()


@deed("close_idle_conversation")
def when_nobody_has_written(stage: Stage) -> Play:
    thread = stage.answered()
    stage.falls_silent(thread)
    yield None
    actions.close_idle_conversations()


@deed("close_idle_conversations")
def and_nobody_a_second_time(stage: Stage) -> Play:
    for thread in stage.two_threads():
        stage.falls_silent(thread)
    yield None
    actions.close_idle_conversations()
    actions.close_idle_conversations()


@deed("reopen_conversation")
def one_that_is_put_off(stage: Stage) -> Play:
    thread = stage.answered()
    stage.snooze(thread)
    yield None
    stage.ben.post(f"conversations/{thread}/reopen")


# tag_conversation and untag_conversation


@deed("tag_conversation")
def with_a_new_tag(stage: Stage) -> Play:
    thread = stage.thread()
    yield None
    stage.tag(thread)


@deed("tag_conversation")
def with_what_it_bears_already(stage: Stage) -> Play:
    thread = stage.thread()
    stage.tag(thread)
    yield None
    stage.tag(thread, "vip")


@deed("untag_conversation")
def one_of_two_tags(stage: Stage) -> Play:
    thread = stage.thread()
    stage.tag(thread)
    stage.tag(thread, "refund")
    yield None
    stage.ada.delete(f"conversations/{thread}/tags/VIP")


# describe_conversation and add_participant


@deed("describe_conversation")
def priority_and_attributes(stage: Stage) -> Play:
    thread = stage.thread()
    yield None
    stage.ada.patch(f"conversations/{thread}", {"priority": "urgent", "attributes": {"order": 7}})


@deed("describe_conversation")
def the_subject(stage: Stage) -> Play:
    thread = stage.thread()
    yield None
    stage.ada.patch(f"conversations/{thread}", {"subject": "A cracked foot"})


@deed("add_participant")
def a_colleague(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.ada.post(f"conversations/{thread}/participants", {"agent_id": str(stage.harbor.ben.id)})


# Teams that work in turns


@deed("assign")
def to_a_team_that_works_in_turns(stage: Stage) -> Play:
    thread = stage.thread()
    Team.objects.filter(id=stage.support.id).update(round_robin=True)
    TeamMember.objects.create(tenant=stage.harbor.tenant, team=stage.support, agent=stage.harbor.ben)
    yield None
    stage.assign(thread, team_id=str(stage.support.id))


@deed("start_conversation")
def for_the_team_that_gets_what_is_new(stage: Stage) -> Play:
    Team.objects.filter(id=stage.support.id).update(is_default=True, round_robin=True)
    TeamMember.objects.create(tenant=stage.harbor.tenant, team=stage.support, agent=stage.harbor.ben)
    yield None
    stage.thread()
