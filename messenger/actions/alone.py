"""Doing what is due of all tenants, one after the other: what is wrong with one keeps nobody else waiting."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import structlog
from django.db import connection

from ..errors import DomainError

log = structlog.get_logger(__name__)


def alone(act: Callable[[], bool], deed: str, **subject: uuid.UUID) -> bool:
    """Do something with one row; whether it was done. What was not is tried again with the next pass.

    The log tells it as `<deed>_refused` or `<deed>_failed`. Raises what the database does when it is away: then nothing
    else can be done either.
    """
    ids = {name: str(value) for name, value in subject.items()}
    refused, failed = f"{deed}_refused", f"{deed}_failed"
    try:
        return act()
    except DomainError as refusal:
        log.info(refused, code=refusal.code, **ids)  # Handled: it is gone meanwhile, say.
    except Exception:
        if not connection.is_usable():
            raise
        log.exception(failed, **ids)  # Handled: the others go on.
    return False
