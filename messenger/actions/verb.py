"""What makes a domain verb: one transaction, its events written last, and another try when the database asks for it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

import structlog
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from ..errors import Busy
from ..events import EventLog
from ..models import Agent
from ..principals import Assistant, System, Visitor, actor_of

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

_MOST_TRIES = 4
# Serialisation failure, deadlock, lock not available: PostgreSQL's "try again".
_TRY_AGAIN = {"40001", "40P01", "55P03"}


def verb(function: Callable[Concatenate[EventLog, P], R]) -> Callable[P, R]:
    """Run the function in one transaction and write its events as the transaction's last statements.

    The keyword `by` is who acts; tenant and actor of every event come from it. Run by `in_one_transaction`.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        by = cast("Visitor | Agent | System | Assistant", kwargs["by"])
        events = EventLog(tenant_id=by.tenant_id, actor=actor_of(by), at=timezone.now())
        result = function(events, *args, **kwargs)
        events.flush()
        return result

    return in_one_transaction(run)


def in_one_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function as one transaction, and again when the database asks for it.

    Deadlocks and lock time-outs are tried again, four times in all, then raise `Busy`. A violated unique key is tried
    again once: whoever took the key has committed by then and the second run finds their row.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, _MOST_TRIES + 1):
            outermost = not connection.in_atomic_block
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except IntegrityError:
                if attempt > 1 or not outermost:
                    raise
            except OperationalError as error:
                if not outermost or not _is_transient(error):
                    raise
                if attempt == _MOST_TRIES:
                    raise Busy() from error
                reason = type(error.__cause__).__name__
                log.info("write_retried", verb=function.__name__, attempt=attempt, reason=reason)
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311  Jitter is no secret.
        raise AssertionError("unreachable: the last attempt returns or raises")

    return run


def _is_transient(error: OperationalError) -> bool:
    if connection.vendor == "sqlite":
        return "locked" in str(error)
    return getattr(error.__cause__, "sqlstate", None) in _TRY_AGAIN
