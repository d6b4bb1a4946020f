"""Questions to the database from the event loop: in the threads of the pool, and those of a crowd in one go."""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, TypeVar

from channels.db import database_sync_to_async

Answer = TypeVar("Answer")
_Answers = Callable[[list[str]], Mapping[str, Answer | Exception]]

# So many questions are asked in one go.
_AT_ONCE = 50


async def in_database(function: Any, *args: Any) -> Any:
    """Run a query function in a thread of the pool; not in the one thread that Channels shares between all sockets."""
    return await database_sync_to_async(function, thread_sensitive=False)(*args)


async def ask_together(answers: _Answers[Answer], key: str) -> Answer:
    """Return what `answers` finds for the key, read after this was called, or raise the exception in its place.

    Keys that come while the database is busy with others are asked for next, in one go: most of what a query costs is
    making it, so that a crowd's cost hardly more than one's.
    """
    kinds = _kinds.setdefault(asyncio.get_running_loop(), {})
    found: Answer | Exception = await kinds.setdefault(answers, _Together(answers)).ask(key)
    if isinstance(found, Exception):
        raise found
    return found


class _Together:
    """The questions of one kind in one event loop."""

    def __init__(self, answers: _Answers[Any]) -> None:
        self._answers = answers
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, key: str) -> Any:
        loop = asyncio.get_running_loop()
        answer = self._waiting.setdefault(key, loop.create_future())
        if self._asking is None or self._asking.done():
            # In a context of its own: it asks for others than who happens to come first.
            self._asking = loop.create_task(self._work(), context=contextvars.Context())
        return await asyncio.shield(answer)  # Who gives up waiting takes nothing from those with the same question.

    async def _work(self) -> None:
        while self._waiting:
            asked = {key: self._waiting.pop(key) for key in list(islice(self._waiting, _AT_ONCE))}
            try:
                found = await in_database(self._answers, list(asked))
            except Exception as failure:  # noqa: BLE001  Handled: it is everybody's answer.
                found = dict.fromkeys(asked, failure)
            for key, answer in asked.items():
                answer.set_result(found[key])


_kinds: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Any, _Together]] = weakref.WeakKeyDictionary()
