"""Jobs: run at least once, tried again when they fail, and begun again when their worker was killed."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from curbe.testing.waiting import wait_for
from messenger import jobs

DONE: list[Any] = []


@task()
def note_down(what: str) -> None:
    """Succeeds."""
    DONE.append(what)


@task()
def stumble(what: str) -> None:
    """Fails."""
    DONE.append(what)
    raise ValueError(what)


@pytest.fixture(autouse=True)
def nothing_done(db):
    DONE.clear()


def ready_at_once():
    DBTaskResult.objects.update(run_after=timezone.now() - timedelta(seconds=1))


def work() -> int:
    done = 0
    while job := jobs.claim_next("worker"):
        jobs.run(job)
        done += 1
    return done


def test_a_job_runs_once_and_is_gone():
    note_down.enqueue("a")
    assert (work(), DONE) == (1, ["a"])
    assert not DBTaskResult.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_never_run():
    with transaction.atomic():
        note_down.enqueue("never")
        transaction.set_rollback(True)
    note_down.enqueue("the control")
    assert (work(), DONE) == (1, ["the control"])


def test_one_that_fails_is_tried_again_later_and_kept_after_the_third_time():
    stumble.enqueue("b")
    waits = []
    for _ in range(jobs.MOST_TRIES):
        began = timezone.now()
        assert work() == 1
        job = DBTaskResult.objects.get()
        waits.append((job.run_after - began).total_seconds())
        # However long this machine takes to look again.
        DBTaskResult.objects.update(run_after=timezone.now() + timedelta(hours=1))
        assert work() == 0, "not before its time"
        ready_at_once()
    assert waits[0] >= 1 and waits[1] >= 4
    job = DBTaskResult.objects.get()
    assert (job.status, job.exception_class_path, DONE) == ("FAILED", "builtins.ValueError", ["b"] * 3)


def test_what_a_killed_worker_was_at_is_given_back():
    note_down.enqueue("c")
    job = jobs.claim_next("killed")
    assert job is not None and jobs.claim_next("other") is None
    assert jobs.reap() == 0, "it was heard of just now"
    assert jobs.reap(timezone.now() + timedelta(seconds=16)) == 1
    ready_at_once()
    assert (work(), DONE) == (1, ["c"])


def test_a_job_that_kills_its_workers_is_not_given_to_all_of_them():
    note_down.enqueue("poison")
    DBTaskResult.objects.update(worker_ids=["dead"] * 5)
    assert (work(), DONE) == (1, [])
    assert DBTaskResult.objects.get().status == "FAILED"


def test_what_failed_long_ago_is_forgotten():
    for what, days in (("old", 8), ("new", 6)):
        stumble.enqueue(what)
        DBTaskResult.objects.filter(status="READY").update(
            status="FAILED", finished_at=timezone.now() - timedelta(days=days)
        )
    jobs.reap()
    assert [one.args_kwargs["args"] for one in DBTaskResult.objects.all()] == [["new"]]


@pytest.mark.django_db(transaction=True)
def test_a_worker_runs_jobs_side_by_side_and_says_that_it_is_at_them(monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(jobs, "_HEARTBEAT_S", 0.05)
    GATES.append(gate)
    wait_at_gate.enqueue("slow")
    note_down.enqueue("quick")
    stopped = threading.Event()
    worker = threading.Thread(target=jobs.Worker(lambda: None).work_until, args=(stopped,))
    worker.start()
    try:
        wait_for(lambda: "quick" in DONE, "the quick one to be done beside the slow one")
        slow = DBTaskResult.objects.filter(task_path__endswith="wait_at_gate")
        began = slow.get().started_at
        wait_for(lambda: slow.get().started_at > began, "it to be said that somebody is at it")
        gate.set()
        wait_for(lambda: not DBTaskResult.objects.exists(), "both to be done")
    finally:
        gate.set()
        stopped.set()
        worker.join(10)
    assert DONE == ["quick", "slow"]
    assert connection.is_usable()


@pytest.mark.django_db(transaction=True)
def test_a_job_for_which_there_is_no_thread_is_given_back_and_costs_no_slot(monkeypatch, caplog):
    monkeypatch.setattr(jobs, "_HEARTBEAT_S", 0.05)
    monkeypatch.setattr(jobs, "SLOTS", 1)
    stopped = threading.Event()
    worker = threading.Thread(target=jobs.Worker(lambda: None).work_until, args=(stopped,))
    worker.start()
    usual = threading.stack_size(_MORE_THAN_THERE_IS)
    try:
        job = note_down.enqueue("d")
        wait_for(lambda: "start new thread" in caplog.text, "the log to tell why")
        threading.stack_size(usual)
        note_down.enqueue("e")
        wait_for(lambda: DONE == ["e"], "the slot to be used by another one")
        DBTaskResult.objects.filter(id=job.id).update(started_at=timezone.now() - timedelta(seconds=16))
        wait_for(lambda: DONE == ["e", "d"], "it to be taken for lost, and begun again")
    finally:
        threading.stack_size(usual)
        stopped.set()
        worker.join(10)


_MORE_THAN_THERE_IS = 2**46  # Bytes, for the stack of a thread.
GATES: list[threading.Event] = []


@task()
def wait_at_gate(what: str) -> None:
    """Succeeds once it may."""
    GATES.pop().wait(60)
    DONE.append(what)
