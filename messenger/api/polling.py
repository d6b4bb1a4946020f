"""The long-poll twin of the sockets: the same bodies for clients that cannot hold a socket.

A view answers at once, like any other: what is after the cursor, or nothing. `waiting_for_events` asks it, waits on the
hub while there is nothing, and asks it again; it holds neither a thread nor a database connection meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from .. import streams
from ..asking import in_database
from ..frames import evs
from ..hub import Hub
from ..models import Agent, Contact, Stream
from ..streams import Cursor

LONGEST_WAIT_S = 25
# So many events are read at once; `more` tells the client to ask again.
_BATCH = 200


class EventsQuery(serializers.Serializer[Any]):
    """Where the client is in its log, and for how many seconds it is willing to wait for something to happen."""

    after = serializers.CharField(max_length=100, help_text="The cursor, as the snapshot or the last event gave it.")
    wait = serializers.IntegerField(required=False, min_value=0, max_value=LONGEST_WAIT_S, default=0)


class EventsResponse(Response):
    """An answer that says whose log it speaks of, so that one can wait for the log to go on."""

    def __init__(self, stream: Stream, body: Any = None, *, wait_s: int = 0) -> None:
        super().__init__(body, status=status.HTTP_204_NO_CONTENT if body is None else status.HTTP_200_OK)
        self.stream = stream
        # How long the client is willing to wait for there to be something; 0 when there is.
        self.wait_s = wait_s


def events_after(
    stream: Stream,
    query: dict[str, Any],
    *,
    agent: Agent | None = None,
    require_owner: Callable[[Contact | None], None],
) -> EventsResponse:
    """Answer a valid `EventsQuery` with the next frame of the log, with `resync_required`, or with nothing (204).

    `require_owner` is asked, after the reading, whether the session still speaks for whoever the stream belongs to.
    """
    cursor = Cursor.parse(query["after"])
    reason = streams.resync_reason(stream, cursor)
    if reason or cursor is None:
        return _resync(stream, reason or "epoch")
    try:
        items = streams.events_after(stream, cursor.seq, _BATCH, agent=agent)
    except streams.Pruned:
        return _resync(stream, "too_old")
    require_owner(streams.owner_of(stream))
    if not items:
        return EventsResponse(stream, wait_s=query["wait"])
    frames = evs(stream.epoch, cursor.seq + 1, items, items[-1].seq, more=items[-1].seq < stream.head_seq)
    return EventsResponse(stream, frames[0].body)


def waiting_for_events(view: type[APIView]) -> Callable[..., Any]:
    """Return the asynchronous door of a view that answers with an `EventsResponse`."""
    ask = view.as_view()

    async def events(request: HttpRequest) -> HttpResponseBase:
        if not isinstance(request, ASGIRequest):
            # A WSGI worker does not wait: the proxy sends this route to the server that can.
            return cast(HttpResponseBase, await sync_to_async(ask)(request))
        response: HttpResponseBase = await in_database(ask, request)
        if not (isinstance(response, EventsResponse) and response.wait_s):
            return response
        await _something_happens(response.stream, response.wait_s)
        again: HttpResponseBase = await in_database(ask, request)
        return again

    # What the schema and the CSRF middleware look for.
    events.cls, events.initkwargs, events.csrf_exempt = ask.cls, ask.initkwargs, True  # type: ignore[attr-defined]
    return events


async def _something_happens(stream: Stream, within_s: int) -> None:
    """Return when the stream has gone on, when credentials may have ended, or when the time is up."""
    hub = Hub.of_this_loop()
    async with hub.waiting(stream) as happened:
        if hub.is_draining() or await _has_moved(stream):
            return
        try:
            await asyncio.wait_for(happened.wait(), within_s)
        except TimeoutError:
            return  # Handled: the client asks again.


async def _has_moved(stream: Stream) -> bool:
    """Whether the stream went on between the first look and the moment from which nudges are heard."""
    heads: dict[Any, tuple[str, int]] = await in_database(streams.heads_of, [stream.id])
    return heads.get(stream.id) != (stream.epoch, stream.head_seq)


def _resync(stream: Stream, reason: str) -> EventsResponse:
    return EventsResponse(stream, {"t": "resync_required", "reason": reason})
