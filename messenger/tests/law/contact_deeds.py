"""Deeds of a team to a person: corrected, blocked, written to."""

from __future__ import annotations

import uuid

from .deeds import Play, deed
from .stage import Stage
from .witnesses import AtContact


def write(stage: Stage, **body: object) -> None:
    told = {"client_message_id": str(uuid.uuid4()), "body": "Your order is ready", **body}
    answer = stage.ada.post(f"contacts/{stage.visitor.contact.id}/conversations", told)
    assert answer.status_code == 201, answer.content


def correct(stage: Stage, **traits: object) -> None:
    assert stage.ada.patch(f"contacts/{stage.visitor.contact.id}", traits).status_code == 200


@deed("update_contact")
def a_name_that_an_agent_heard(stage: Stage) -> Play:
    stage.two_threads()
    yield None
    correct(stage, name="Ines", phone="+34 600 000 000")


@deed("update_contact")
def an_attribute_that_only_the_team_reads(stage: Stage) -> Play:
    stage.answered()
    yield None
    correct(stage, attributes={"plan": "gold"})


@deed("update_contact")
def nothing_new(stage: Stage) -> Play:
    stage.answered()
    correct(stage, name="Ines")
    yield None
    correct(stage, name="Ines")


@deed("block_contact")
def somebody_who_talked(stage: Stage) -> Play:
    stage.two_threads()
    yield None
    stage.block(stage.visitor)


@deed("block_contact")
def and_let_in_again(stage: Stage) -> Play:
    stage.answered()
    stage.block(stage.visitor)
    yield None
    stage.block(stage.visitor, blocked=False)


@deed("write_to_contact")
def in_the_open_conversation(stage: Stage) -> Play:
    stage.answered()
    yield None
    write(stage)


@deed("write_to_contact")
def in_a_conversation_of_its_own(stage: Stage) -> Play:
    stage.answered()
    yield None
    write(stage, new=True)


@deed("write_to_contact")
def to_somebody_who_said_nothing(stage: Stage) -> Play:
    stage.visitor.post("profile", {"name": "Ines"})
    yield None
    write(stage)


@deed("write_to_contact", "single_thread")
def in_the_one_thread_that_was_closed(stage: Stage) -> Play:
    stage.close(stage.answered())
    yield None
    write(stage)


@deed("erase_contact")
def with_all_that_was_said(stage: Stage) -> Play:
    other = stage.harbor.browser()
    thread = other.start("My card is blue")["conversation"]["id"]
    other.post("profile", {"name": "Ines", "email": "ines@example.com"})
    stage.ada.reply(thread, "Is it, Ines?")
    stage.ada.note(thread, "Owes us money")
    contact = other.contact
    yield [AtContact(contact, "whoever is erased")]
    assert stage.ada.post(f"contacts/{contact.id}/erase").status_code == 200
