"""Files that are to go from storage: taken away once their rows are gone for certain, and looked for by `prune`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial

import structlog
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from ..models import Attachment, Tenant
from ..models.files import folder_of, path_for
from .retention import first_id_at

UNCLAIMED_LASTS = timedelta(hours=24)
_BATCH = 500

log = structlog.get_logger(__name__)


def remove_from_storage(names: Iterable[str]) -> None:
    """Remove files once the transaction is committed, each by itself: one that cannot be removed now keeps no other."""
    transaction.on_commit(partial(_remove_each, list(names)), robust=True)


def prune_files() -> int:
    """Remove the files that no message has claimed within a day, in batches; return how many."""
    removed = 0
    while some := _prune_some():
        removed += some
    return removed


def prune_storage() -> int:
    """Remove what is in storage without a row, or for a row that was emptied; return how many.

    A process that was killed after its commit leaves such files, and so does a storage that was away. What was written
    within a day stays: its row may be about to come. Only this installation's tenants are looked at.
    """
    return sum(_prune_folder(tenant_id) for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True))


def _prune_some() -> int:
    old = Attachment.objects.filter(message=None, created_at__lt=timezone.now() - UNCLAIMED_LASTS)
    removed = 0
    for row in old.order_by("created_at", "id")[:_BATCH]:
        # Only if it is unclaimed still: a message may be claiming it right now.
        if Attachment.objects.filter(tenant_id=row.tenant_id, id=row.id, message=None).delete()[0]:
            _remove(str(row.file.name))
            removed += 1
    return removed


def _prune_folder(tenant_id: uuid.UUID) -> int:
    latest = first_id_at(timezone.now() - UNCLAIMED_LASTS)
    removed = 0
    for ids in _stored(tenant_id):
        old = [one for one in ids if one < latest]
        for start in range(0, len(old), _BATCH):
            some = old[start : start + _BATCH]
            known = Attachment.objects.filter(tenant_id=tenant_id, id__in=some).exclude(sha256="")
            lost = set(some) - set(known.values_list("id", flat=True))
            removed += _remove_each(path_for(tenant_id, one) for one in sorted(lost))
    return removed


def _stored(tenant_id: uuid.UUID) -> Iterator[list[uuid.UUID]]:
    """The ids of the files that a tenant has in storage, folder by folder."""
    for folder in _listed(folder_of(tenant_id))[0]:
        names = _listed(f"{folder_of(tenant_id)}/{folder}")[1]
        yield [uuid.UUID(hex=name) for name in names if _is_id(name)]


def _listed(path: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(path)
    except FileNotFoundError:
        return [], []  # Handled: nothing was ever kept there.


def _is_id(name: str) -> bool:
    return len(name) == 32 and set(name) <= set("0123456789abcdef")


def _remove_each(names: Iterable[str]) -> int:
    return sum(_remove(name) for name in names)


def _remove(name: str) -> bool:
    try:
        default_storage.delete(name)
    except Exception:
        log.exception("file_not_removed", file=name)  # Handled: the next `prune` finds it.
        return False
    return True
