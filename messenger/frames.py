"""Runs of the log as they are sent: `evs` frames that cover everything from one seq to another, cut to size.

The socket and its long-poll twin say the same, so both take their frames from here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .streams import LogItem

FRAME_BYTES = 64 * 1024
# For what is around the items of a frame.
_ENVELOPE_BYTES = 1024


@dataclass(frozen=True)
class Frame:
    """An `evs` frame and the seq that it covers up to."""

    body: dict[str, Any]
    to: int

    @cached_property
    def text(self) -> str:
        """As it goes over the socket: written once, however many sockets get it."""
        return as_text(self.body)


def evs(epoch: str, start: int, items: Sequence[LogItem], end: int, *, more: bool = False) -> list[Frame]:
    """Return frames that together cover `start..end` without a hole; `more` says that the log goes on after them.

    Each is within 64 KiB, but for a single event that is larger by itself. An item without a payload has nothing to
    tell this audience; its seq is covered all the same.
    """
    frames = []
    for chunk, covered in _chunks(items, end):
        told = [item.as_json(epoch) for item in chunk if item.payload is not None]
        span = {"from": start, "to": covered, "items": told}
        frames.append(Frame({"t": "evs", "epoch": epoch, **span, "more": more or covered < end}, covered))
        start = covered + 1
    return frames


def as_text(frame: dict[str, Any]) -> str:
    """Return a frame as compact JSON."""
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)


def _chunks(items: Sequence[LogItem], end: int) -> Iterator[tuple[list[LogItem], int]]:
    """Split a run of events by size: pairs of events and the seq that they cover up to."""
    current: list[LogItem] = []
    size = 0
    for item in items:
        weight = len(json.dumps(item.payload, ensure_ascii=False).encode())
        if current and size + weight > FRAME_BYTES - _ENVELOPE_BYTES:
            yield current, current[-1].seq
            current, size = [], 0
        current.append(item)
        size += weight
    yield current, end
