"""What one client has heard of its stream: everything up to a seq, and whose messages were in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Coverage:
    """The log as it reached a client: it goes on from its cursor, and what would leave a hole is not taken."""

    def __init__(self, cursor: str) -> None:
        self.epoch, _, seq = cursor.partition(":")
        self.seq = int(seq)
        self.keys: set[str] = set()

    @property
    def cursor(self) -> str:
        return f"{self.epoch}:{self.seq}"

    def take(self, frame: dict[str, Any]) -> bool:
        """Take an `evs` frame; False when something is missing before it, and the client has to resume."""
        if frame["epoch"] != self.epoch or frame["from"] > self.seq + 1:
            return False
        for item in frame["items"]:
            if item["seq"] > self.seq and item["type"] == "message.created":
                self.keys.add(item["payload"]["message"]["client_message_id"])
        self.seq = max(self.seq, frame["to"])
        return True

    def lacks(self, keys: Iterable[str], head: int = 0) -> bool:
        """Whether it ends before the head of its stream, or one of these messages never came."""
        return self.seq < head or not self.keys.issuperset(keys)
