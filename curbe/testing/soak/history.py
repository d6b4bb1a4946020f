"""What the clients of one cell did, and what they were told: the log that the checks read.

Times are seconds of one monotonic clock, since everybody lives in one process.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

now = time.monotonic
_TICK_S = 0.2


@dataclass(slots=True)
class Send:
    """Something that somebody wanted to say, with all its failures: one key, and hopefully one row."""

    person: str
    tenant: str
    conversation_id: str
    key: str
    body: str
    kind: str = "message"
    invoked_at: float = 0
    acked_at: float | None = None
    message_id: str = ""
    # Tries that were in vain.
    failures: int = 0
    replays: int = 0
    # Statuses that told the sender to give up.
    refused: int | None = None


@dataclass(slots=True)
class Call:
    """One request. Status 0: no answer came."""

    person: str
    method: str
    path: str
    invoked_at: float
    answered_at: float
    status: int


@dataclass(slots=True)
class Read:
    """A read cursor as an answer gave it to its reader."""

    person: str
    conversation_id: str
    at: float
    seq: int


@dataclass(slots=True)
class Span:
    """From one moment to another: as long as a client believed that it was up to date, say."""

    began_at: float
    ended_at: float = math.inf

    def overlap(self, began_at: float, ended_at: float) -> float:
        """How long it coincides with the time between those two."""
        return max(0.0, min(self.ended_at, ended_at) - max(self.began_at, began_at))


@dataclass(slots=True)
class Watch:
    """What one client's socket did: when it was live, and how far it knew each conversation."""

    tenant: str
    is_team: bool
    # A client that reads slowly on purpose learns things late through no fault of the server.
    is_slow: bool = False
    spans: list[Span] = field(default_factory=list)
    # Per conversation the moments at which a higher seq became known, and those seqs; both grow.
    moments: dict[str, list[float]] = field(default_factory=dict)
    seqs: dict[str, list[int]] = field(default_factory=dict)

    def knows(self, conversation_id: str, seq: int) -> None:
        known = self.seqs.setdefault(conversation_id, [])
        if not known or seq > known[-1]:
            known.append(seq)
            self.moments.setdefault(conversation_id, []).append(now())

    def noticed_at(self, conversation_id: str, seq: int) -> float:
        """When this client first knew the conversation up to `seq`; infinity when it never did."""
        at = bisect_left(self.seqs.get(conversation_id, []), seq)
        moments = self.moments.get(conversation_id, [])
        return moments[at] if at < len(moments) else math.inf

    def forget(self) -> None:
        """Numbers may be given out again: the server has gone back to a backup."""
        self.moments.clear()
        self.seqs.clear()


class History:
    """Everything of one cell."""

    def __init__(self) -> None:
        self.sends: list[Send] = []
        self.calls: list[Call] = []
        self.reads: list[Read] = []
        self.watches: dict[str, Watch] = {}
        # Whose conversation it is.
        self.owners: dict[str, str] = {}
        self.leaks: list[str] = []
        self.canaries_heard: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        # Without a database nobody can be told anything, so nobody's waiting counts.
        self.outages: list[Span] = []
        # Nor can anybody hear anything while the machine lets this process wait.
        self.stalls: list[Span] = []
        # Only what was acknowledged in between may be missing afterwards.
        self.backup_at = math.inf
        self.restored_at = -math.inf
        self._acked = 0

    @property
    def acked(self) -> int:
        """How many sends have been acknowledged."""
        return self._acked

    async def note_stalls(self) -> None:
        """Until it is cancelled: write down when somebody who only wanted to sleep for a moment woke up late."""
        while True:
            due_at = now() + _TICK_S
            await asyncio.sleep(_TICK_S)
            if now() - due_at > _TICK_S:
                self.stalls.append(Span(due_at, now()))

    def acknowledged(self, send: Send, message: dict[str, Any], *, is_replay: bool) -> None:
        """The server says that it has this message."""
        if send.acked_at is None:
            self._acked += 1
            send.acked_at = now()
        send.replays += is_replay
        if send.message_id not in ("", message["id"]):
            self.counts["second_id"] += 1
        send.message_id = message["id"]

    def heard(self, person: str, text: str, *, own: Sequence[str], foreign: Sequence[str]) -> None:
        """Somebody received this text. `foreign`: canaries that must not be in it."""
        for canary in foreign:
            if canary in text:
                self.leaks.append(f"{person} received {canary}: {text[:300]}")
        for canary in own:
            if canary in text:
                self.canaries_heard[canary] += 1

    def is_exempt(self, send: Send) -> bool:
        """Whether a restored backup may have lost this acknowledged send."""
        return self.backup_at < (send.acked_at or math.inf) < self.restored_at

    def kept(self) -> list[Send]:
        """The acknowledged sends that have to be there."""
        return [send for send in self.sends if send.acked_at is not None and not self.is_exempt(send)]

    def recent(self) -> list[Send]:
        """The acknowledged sends since time last went back: those whose order and arrival can be compared."""
        return [send for send in self.kept() if send.invoked_at > self.restored_at]

    def write(self, path: Path) -> None:
        """One JSON line per record, in the order of their kinds."""
        with path.open("w") as file:
            for send in self.sends:
                file.write(json.dumps({"t": "send", **asdict(send)}) + "\n")
            for call in self.calls:
                file.write(json.dumps({"t": "call", **asdict(call)}) + "\n")
            for person, watch in self.watches.items():
                file.write(json.dumps({"t": "watch", "person": person, **asdict(watch)}) + "\n")
