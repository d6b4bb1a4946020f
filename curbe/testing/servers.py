"""What PostgreSQL and Redis have in common for a test: an address, and perhaps a process that is ours to stop."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from pathlib import Path

from curbe.testing.processes import Process, ServerFailed
from curbe.testing.waiting import wait_for

_START_SECONDS = 30


class Server(ABC):
    """A running server at `url`. One that somebody else runs (no `process`) cannot be stopped or started."""

    def __init__(self, url: str, process: Process | None = None, folder: Path | None = None) -> None:
        self.url = url
        self._process, self._folder = process, folder

    @abstractmethod
    def answers(self) -> bool:
        """Whether it serves a client right now."""

    def start(self) -> None:
        """Idempotent; returns when it answers. ServerFailed with its log when it ends instead."""
        self._own.start()
        wait_for(self._is_up, f"{self._own.describe()} to answer", _START_SECONDS)

    def _is_up(self) -> bool:
        if not self._own.is_alive:
            raise ServerFailed(f"{self._own.describe()} ended.\n{self._own.tail()}")
        return self.answers()

    def stop(self) -> None:
        """Politely: sessions are cut, what has to be written is written."""
        self._own.stop()

    def kill(self) -> None:
        """SIGKILL for every process of it, as a power cut would."""
        self._own.kill()

    @property
    def pid(self) -> int:
        return self._own.pid

    @property
    def logs(self) -> str:
        return self._own.logs

    @property
    def is_ours(self) -> bool:
        return self._process is not None

    @property
    def _own(self) -> Process:
        if self._process is None:
            raise ServerFailed("This server is not ours to stop or start: use a disposable one.")
        return self._process

    def close(self) -> None:
        """Stop it for good and remove its files, if it is ours."""
        if self._process:
            self._process.stop()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
