"""The helps that were read last, kept in memory for as long as they are what the database has."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from threading import Lock

from django.db.models.functions import Left

from ..articles import published
from ..models import Tenant
from .index import Index, Text, build

# So much of a help is read, the latest articles first: articles, characters of one, and of all together.
MOST_ARTICLES, MOST_CHARACTERS, MOST_TEXT = 5_000, 40_000, 4_000_000
# So much is kept in a process: helps, and characters of all together. What was asked for last stays, whatever its size.
MOST_HELPS, MOST_KEPT = 64, 12_000_000

Key = tuple[uuid.UUID, str]


@dataclass(frozen=True, slots=True)
class Kept:
    state: Hashable
    index: Index


_shelf: OrderedDict[Key, Kept] = OrderedDict()
_lock = Lock()
# Whoever asks for a help that somebody is reading waits for it, and seldom for another one's.
_readers = [Lock() for _ in range(16)]


def index_of(tenant: Tenant, language: str) -> Index:
    """Return the index of what is published for readers of this language, read anew when any of it has changed."""
    key = (tenant.id, language)
    state = _state(tenant, language)
    kept = _kept(key, state)
    if kept is not None:
        return kept
    with _readers[hash(key) % len(_readers)]:
        return _kept(key, state) or _keep(key, state, build(_texts(tenant, language)))


def _kept(key: Key, state: Hashable) -> Index | None:
    with _lock:
        kept = _shelf.get(key)
        if kept is None or kept.state != state:
            return None
        _shelf.move_to_end(key)
        return kept.index


def _keep(key: Key, state: Hashable, index: Index) -> Index:
    with _lock:
        _shelf[key] = Kept(state, index)
        _shelf.move_to_end(key)
        while len(_shelf) > 1 and (len(_shelf) > MOST_HELPS or _size() > MOST_KEPT):
            _shelf.popitem(last=False)
    return index


def _size() -> int:
    return sum(kept.index.size for kept in _shelf.values())


def _state(tenant: Tenant, language: str) -> Hashable:
    """What proves the articles unchanged: which they are, and when each was changed.

    The number of them and the latest change would not do: one article may go as another one comes, and a clock may
    be put back. It is read before the articles are: a change in between is read twice, never missed.
    """
    rows = published(tenant, language).order_by("-published_at", "-id").values_list("id", "updated_at")
    return hash(tuple(rows[:MOST_ARTICLES]))


def _texts(tenant: Tenant, language: str) -> Iterator[Text]:
    rows = published(tenant, language).order_by("-published_at", "-id").annotate(start=Left("body", MOST_CHARACTERS))
    room = MOST_TEXT
    for row in rows.values_list("slug", "locale", "title", "summary", "start")[:MOST_ARTICLES].iterator():
        text = Text(*row)
        room -= len(text.body)
        if room < 0:
            return
        yield text
