"""Work that a request left to somebody else: rows of `django-tasks`, run at least once, so what they do is idempotent.

The library keeps the rows. Ours is what it leaves out: another try after a while when a task fails, and the work of a
process that was killed goes to another one, because a worker says every few seconds what it is still at.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, connection, connections, transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

log = structlog.get_logger(__name__)

MOST_TRIES = 3
# A job that kills its process is not given to every process there is.
_MOST_CLAIMS = 5
# Before the second and the third try, with as much again by chance.
_BACKOFF_S = (1, 4)
# So often a worker says what it is at; whoever does not for longer has been killed.
_HEARTBEAT_S, _LOST_AFTER = 4, timedelta(seconds=15)
_LOOK_EVERY_S = 0.3
# Mostly they wait for somebody else's server, so there are more of them than processors.
SLOTS = 16
# What failed for good is kept for whoever looks into it.
_KEEP_FAILED = timedelta(days=7)


class Worker:
    """Runs what is ready, up to `SLOTS` at once, each in a thread that ends with the process."""

    def __init__(self, hand_out: Callable[[], None]) -> None:
        """`hand_out` is called before each look for which there is room: it turns what is due next into work."""
        self._hand_out = hand_out
        self._name = uuid.uuid4().hex
        self._slots = threading.Semaphore(SLOTS)
        self._at_work: set[uuid.UUID] = set()
        self._lock = threading.Lock()
        self._beat_at = 0.0

    def work_until(self, stopped: threading.Event) -> None:
        """Work until told to stop. What is at work then is begun again elsewhere, unless it ends in time."""
        while not stopped.is_set():
            if not self._look():
                stopped.wait(_LOOK_EVERY_S)
        connections.close_all()

    def _look(self) -> bool:
        """Do what is due, once; whether there was anything. Raises nothing, so that the loop never ends."""
        try:
            close_old_connections()
            self._keep_alive()
            return self._begin_one()
        except (DatabaseError, InterfaceError) as error:
            log.warning("jobs_put_off", error=type(error).__name__)  # Handled: the next look does it.
        except Exception:
            log.exception("jobs_failed")  # Handled: the next look tries again.
        return False

    def _begin_one(self) -> bool:
        if not self._slots.acquire(blocking=False):
            return False
        job = None
        try:
            self._hand_out()
            job = claim_next(self._name)
        finally:
            if job is None:
                self._slots.release()
        if job is None:
            return False
        with self._lock:
            self._at_work.add(job.id)
        try:
            threading.Thread(target=self._run, args=(job,), name=f"job-{job.task_name}", daemon=True).start()
        except Exception:  # The machine has no more threads: it is taken for lost, and begun again.
            self._leave(job)
            raise
        return True

    def _run(self, job: DBTaskResult[Any, Any]) -> None:
        try:
            run(job)
        except Exception:
            log.exception("job_not_settled", task=job.task_path)  # Handled: it is taken for lost, and begun again.
        finally:
            self._leave(job)
            connections.close_all()

    def _leave(self, job: DBTaskResult[Any, Any]) -> None:
        with self._lock:
            self._at_work.discard(job.id)
        self._slots.release()

    def _keep_alive(self) -> None:
        """Say what this process is at, and take back what others are at no more."""
        if time.monotonic() - self._beat_at < _HEARTBEAT_S:
            return
        self._beat_at = time.monotonic()
        with self._lock:
            at_work = list(self._at_work)
        if at_work:
            DBTaskResult.objects.running().filter(id__in=at_work).update(started_at=timezone.now())
        reap()


def let_go() -> None:
    """Hold no connection to the database while waiting for somebody else. Within a transaction it has to be held."""
    if not connection.in_atomic_block:
        close_old_connections()


def claim_next(worker: str) -> DBTaskResult[Any, Any] | None:
    """Return the next job that is ready, marked as this worker's; None when there is none."""
    ready = DBTaskResult.objects.ready()
    if not ready.exists():  # A look costs no lock.
        return None
    with transaction.atomic():
        job = ready.get_locked()
        if job is not None:
            job.claim(worker)
    return job


def run(job: DBTaskResult[Any, Any]) -> None:
    """Run a claimed job. One that is done is gone; one that failed is tried again later, three times in all."""
    if len(job.worker_ids) > _MOST_CLAIMS:
        job.set_failed(RuntimeError("Whoever began it did not survive it."))
        return
    try:
        given = job.args_kwargs
        job.task.call(*given["args"], **given["kwargs"])
    except Exception as error:
        let_go()
        log.exception("job_failed", task=job.task_path, attempt=len(job.worker_ids))
        _put_off(job, error)  # Handled: by another try, or kept as failed.
    else:
        DBTaskResult.objects.filter(id=job.id).delete()


def reap(now: datetime | None = None) -> int:
    """Give back what a killed process was at, and forget what failed long ago; return how many were given back."""
    now = now or timezone.now()
    lost = DBTaskResult.objects.running().filter(started_at__lte=now - _LOST_AFTER)
    given_back = lost.update(status=TaskResultStatus.READY, run_after=now)
    if given_back:
        log.warning("jobs_given_back", count=given_back)
    DBTaskResult.objects.failed().filter(finished_at__lte=now - _KEEP_FAILED).delete()
    return given_back


def _put_off(job: DBTaskResult[Any, Any], error: Exception) -> None:
    tries = len(job.worker_ids)
    if tries >= MOST_TRIES:
        job.set_failed(error)
        return
    wait_s = _BACKOFF_S[tries - 1] * random.uniform(1, 2)  # noqa: S311  Jitter is no secret.
    again = DBTaskResult.objects.filter(id=job.id, status=TaskResultStatus.RUNNING)
    again.update(status=TaskResultStatus.READY, run_after=timezone.now() + timedelta(seconds=wait_s))
