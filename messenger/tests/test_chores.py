"""Snoozes end by themselves: in the server's own event loop, and in the worker of a production installation."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from curbe.testing.waiting import wait_for
from messenger import actions, chores
from messenger.models import Conversation


def oversleep(thread: str) -> None:
    """Its snooze ended a second ago."""
    until = timezone.now() - timedelta(seconds=1)
    Conversation.objects.filter(id=thread).update(status="snoozed", snoozed_until=until)


@pytest.mark.django_db
def test_the_command_does_what_is_due(chat, capsys):
    oversleep(chat["conversation"]["id"])
    for woken in (1, 0):
        call_command("work", "--once")
        assert capsys.readouterr().out == f"Woke {woken} conversations.\nClosed 0 conversations.\n"


@pytest.mark.django_db
def test_the_command_fails_when_the_database_is_away(chat, capsys):
    oversleep(chat["conversation"]["id"])

    def refuse(execute, sql, params, many, context):
        raise OperationalError("the connection is closed")

    with connection.execute_wrapper(refuse), pytest.raises(OperationalError):
        call_command("work", "--once")
    assert capsys.readouterr().out == ""
    call_command("work", "--once")
    assert capsys.readouterr().out.startswith("Woke 1 conversations.\n")


@pytest.mark.django_db(transaction=True)
def test_the_worker_goes_on_until_it_is_told_to_stop(harbor, chat):
    thread, stopped = chat["conversation"]["id"], threading.Event()
    worker = threading.Thread(target=chores.work_until, args=(stopped, 0.01), daemon=True)
    worker.start()
    for _ in range(2):
        oversleep(thread)
        wait_for(lambda: harbor.conversation(thread).status == "open", "the worker to wake it", 20)
    stopped.set()
    worker.join(20)
    assert not worker.is_alive()


def failing_once_with(error, then=actions.wake_due):
    """A chore that raises the first time, and is itself from then on."""
    errors = [error]

    def wake_due():
        if errors:
            raise errors.pop()
        return then()

    return wake_due


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "told", "level"),
    [
        (OperationalError("the connection is closed"), "chores_put_off", "warning"),
        (InterfaceError("the connection is closed"), "chores_put_off", "warning"),
        (KeyError("a fault of ours"), "chores_failed", "error"),
    ],
)
def test_what_failed_is_tried_again(chat, monkeypatch, log_lines, error, told, level):
    oversleep(chat["conversation"]["id"])
    monkeypatch.setattr(actions, "wake_due", failing_once_with(error))
    assert chores.do_chores() == 0
    assert (log_lines()[-1]["event"], log_lines()[-1]["level"]) == (told, level)
    assert chores.do_chores() == 1


@pytest.mark.django_db(transaction=True)
def test_neither_loop_ends_when_a_chore_fails(harbor, chat, monkeypatch):
    thread = chat["conversation"]["id"]

    async def in_the_server():
        loop = asyncio.create_task(chores.keep_doing_chores(0.01))
        while not await database_sync_to_async(lambda: harbor.conversation(thread).status == "open")():
            assert not loop.done()
            await asyncio.sleep(0.01)
        loop.cancel()

    def in_the_worker():
        stopped = threading.Event()
        worker = threading.Thread(target=chores.work_until, args=(stopped, 0.01), daemon=True)
        worker.start()
        wait_for(lambda: harbor.conversation(thread).status == "open", "the worker to wake it", 20)
        stopped.set()
        worker.join(20)

    plain = actions.wake_due
    for loop in (in_the_worker, lambda: asyncio.run(asyncio.wait_for(in_the_server(), 20))):
        oversleep(thread)
        monkeypatch.setattr(actions, "wake_due", failing_once_with(KeyError("a fault of ours"), plain))
        loop()
