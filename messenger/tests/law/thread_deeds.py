"""Deeds in threads: begun, spoken in, answered and noted."""

from __future__ import annotations

import uuid

from .deeds import SINGLE_THREAD, Play, deed
from .stage import Stage

# start_conversation


@deed("start_conversation")
def the_first_words(stage: Stage) -> Play:
    yield None
    stage.thread("Is anybody there?")


@deed("start_conversation")
def the_open_one_is_found(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.thread(None)


@deed("start_conversation")
def said_in_the_open_one(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.thread("And another thing")


@deed("start_conversation")
def a_new_one_takes_the_mark_from_the_old_one(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.thread("Another matter", new=True)


@deed("start_conversation")
def a_new_one_in_which_nothing_is_said_yet(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.thread(None, new=True)


@deed("start_conversation")
def a_second_empty_one_takes_the_mark_from_the_first(stage: Stage) -> Play:
    stage.answered()
    stage.thread(None, new=True, client_conversation_id=str(uuid.uuid4()))
    yield None
    stage.thread(None, new=True, client_conversation_id=str(uuid.uuid4()))


@deed("start_conversation")
def an_empty_one_gets_its_first_words(stage: Stage) -> Play:
    stage.answered()
    stage.thread(None, new=True)
    yield None
    stage.thread("Now I know")


@deed("start_conversation")
def a_parallel_one_is_promoted(stage: Stage) -> Play:
    _, primary = stage.two_threads()
    stage.close(primary)
    yield None
    stage.thread("Go on")


@deed("start_conversation")
def an_empty_one_is_promoted(stage: Stage) -> Play:
    thread = stage.answered()
    stage.thread(None, new=True)
    stage.thread("In the older one", client_conversation_id=None)
    stage.close(thread)
    yield None
    stage.thread(None)


@deed("start_conversation", SINGLE_THREAD)
def the_thread_for_ever_is_reopened(stage: Stage) -> Play:
    stage.close(stage.answered())
    yield None
    stage.thread("Here I am again")


# send_message


@deed("send_message")
def into_an_open_conversation(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.visitor.say(thread, "One more")


@deed("send_message")
def unread_replies_are_read_by_writing(stage: Stage) -> Play:
    thread = stage.answered()
    for text in ("Are you", "still", "there?"):
        stage.ben.reply(thread, text)
    yield None
    stage.visitor.say(thread, "Yes")


@deed("send_message")
def into_a_closed_one_that_reopens(stage: Stage) -> Play:
    thread = stage.answered()
    stage.close(thread)
    yield None
    stage.visitor.say(thread, "It broke again")


@deed("send_message")
def into_a_closed_one_that_comes_back_parallel(stage: Stage) -> Play:
    first, _ = stage.two_threads()
    stage.close(first)
    yield None
    stage.visitor.say(first, "About the first matter")


@deed("send_message")
def into_a_snoozed_one_that_wakes(stage: Stage) -> Play:
    thread = stage.answered()
    stage.snooze(thread)
    yield None
    stage.visitor.say(thread, "Any news?")


@deed("send_message")
def into_one_closed_long_ago_which_begins_another(stage: Stage) -> Play:
    thread = stage.answered()
    stage.close_long_ago(thread)
    yield None
    stage.visitor.say(thread, "After all that time")


@deed("send_message")
def into_one_closed_long_ago_which_promotes_a_parallel_one(stage: Stage) -> Play:
    first, second = stage.two_threads()
    stage.close(second)
    stage.close_long_ago(first)
    stage.ada.post(f"conversations/{second}/reopen")
    yield None
    stage.visitor.say(first, "Which one is it?")


@deed("send_message")
def the_same_key_again(stage: Stage) -> Play:
    thread, key = stage.answered(), str(uuid.uuid4())
    stage.visitor.say(thread, "Once", key)
    yield None
    stage.visitor.say(thread, "Once", key)


@deed("send_message")
def more_than_a_snapshot_holds(stage: Stage) -> Play:
    thread = stage.answered()
    for number in range(52):
        stage.visitor.say(thread, f"Line {number}")
    yield None
    stage.visitor.say(thread, "The last line")


@deed("send_message")
def by_a_blocked_contact(stage: Stage) -> Play:
    thread = stage.answered()
    stage.block(stage.visitor)
    yield None
    assert stage.visitor.say(thread, "Let me in").status_code == 403


# send_reply


@deed("send_reply")
def the_first_one_joins(stage: Stage) -> Play:
    thread = stage.thread()
    yield None
    stage.ada.reply(thread, "Hello")


@deed("send_reply")
def another_one(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.ada.reply(thread, "**Still** here")


@deed("send_reply")
def by_a_second_agent(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.ben.reply(thread, "I take over")


@deed("send_reply")
def by_the_assignee(stage: Stage) -> Play:
    thread = stage.thread()
    stage.assign(thread, agent_id=str(stage.harbor.ada.id))
    yield None
    stage.ada.reply(thread, "It is mine")


@deed("send_reply")
def to_a_closed_conversation(stage: Stage) -> Play:
    thread = stage.answered()
    stage.close(thread)
    yield None
    stage.ada.reply(thread, "One more thing")


@deed("send_reply")
def to_a_snoozed_conversation(stage: Stage) -> Play:
    thread = stage.answered()
    stage.snooze(thread)
    yield None
    stage.ben.reply(thread, "News at last")


@deed("send_reply")
def in_one_of_two_threads(stage: Stage) -> Play:
    first, _ = stage.two_threads()
    yield None
    stage.ada.reply(first, "About the first matter")


# add_note


@deed("add_note")
def beside_the_thread(stage: Stage) -> Play:
    thread = stage.answered()
    yield None
    stage.ada.note(thread, "A difficult one")


@deed("add_note")
def in_a_closed_conversation(stage: Stage) -> Play:
    thread = stage.answered()
    stage.close(thread)
    yield None
    stage.ben.note(thread, "For the record")
