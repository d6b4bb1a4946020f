"""Deeds that take back what was said: messages and notes edited and removed."""

from __future__ import annotations

from messenger.models import Message

from .deeds import Play, deed
from .stage import Stage


def last_of(stage: Stage, kind: str = "message") -> str:
    """The id of what Ada said last."""
    said = Message.objects.filter(agent=stage.harbor.ada, kind=kind).order_by("seq")
    return str(said.last().id)


@deed("edit_message")
def the_last_reply(stage: Stage) -> Play:
    stage.answered()
    yield None
    assert stage.ada.patch(f"messages/{last_of(stage)}", {"body": "Hello, **what** is it?"}).status_code == 200


@deed("edit_message")
def a_reply_that_others_followed(stage: Stage) -> Play:
    thread = stage.answered()
    first = last_of(stage)
    stage.visitor.say(thread, "It broke")
    stage.ada.note(thread, "Again")
    yield None
    stage.ada.patch(f"messages/{first}", {"body": "Good morning"})


@deed("edit_message")
def a_note_of_which_the_visitor_learns_nothing(stage: Stage) -> Play:
    thread = stage.answered()
    stage.ada.note(thread, "A difficult one")
    yield None
    assert stage.ada.patch(f"messages/{last_of(stage, 'note')}", {"body": "An easy one"}).status_code == 200


@deed("edit_message")
def to_the_same_words(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.ada.patch(f"messages/{last_of(stage)}", {"body": "Hello, how can I help?"})


@deed("redact_message")
def the_last_reply_unread(stage: Stage) -> Play:
    thread = stage.answered()
    stage.ben.reply(thread, "And this is from me")
    mine = str(Message.objects.get(body="And this is from me").id)
    yield None
    assert stage.ben.delete(f"messages/{mine}").status_code == 200


@deed("redact_message")
def what_the_visitor_said_by_an_admin(stage: Stage) -> Play:
    thread = stage.thread("My card is 4111 1111 1111 1111")
    stage.ada.reply(thread, "Do not tell me")
    card = str(Message.objects.get(body__startswith="My card").id)
    yield None
    assert stage.ada.delete(f"messages/{card}").status_code == 200


@deed("redact_message")
def the_only_message_of_a_thread(stage: Stage) -> Play:
    stage.thread("Oops")
    only = str(Message.objects.get(body="Oops").id)
    yield None
    stage.ada.delete(f"messages/{only}")


@deed("redact_message")
def a_note(stage: Stage) -> Play:
    thread = stage.answered()
    stage.ada.note(thread, "Do not write this down")
    yield None
    assert stage.ada.delete(f"messages/{last_of(stage, 'note')}").status_code == 200


@deed("redact_message")
def what_is_removed_already(stage: Stage) -> Play:
    stage.answered()
    mine = last_of(stage)
    stage.ada.delete(f"messages/{mine}")
    yield None
    stage.ada.delete(f"messages/{mine}")
