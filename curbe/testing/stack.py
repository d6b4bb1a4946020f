"""Curbe as it runs: spawned server processes on a fresh, seeded database, with or without Redis.

A template of each kind (migrated, collected, seeded with the demo) is made once and copied for every stack.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import psycopg
import yaml

from curbe.testing.npm import ROOT
from curbe.testing.processes import Process, ServerFailed, free_port
from curbe.testing.waiting import wait_for

SECRET_KEY = "of-no-use-outside-the-tests-" * 2
# `web` and `realtime` are the commands of docker-compose.yml: HTTP alone, and HTTP with sockets.
Server = Literal["serve", "daphne", "web", "realtime"]
_START_SECONDS = 60
_ALLOW = {
    "sqlite": "UPDATE messenger_widget SET allowed_origins = json_insert(allowed_origins, '$[#]', ?)",
    "postgresql": "UPDATE messenger_widget SET allowed_origins = allowed_origins || to_jsonb(%s::text)",
}
_OURS = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORT", "PUBLIC_URL", "WIDGET_ORIGIN", "ALLOWED_HOSTS", "LOCAL_DIR"}


@dataclass(frozen=True)
class Place:
    """Where the state of a stack lives: its LOCAL_DIR and its database."""

    local_dir: Path
    database_url: str

    def environment(self, **more: str) -> dict[str, str]:
        """The whole environment of a process of this project, free of the developer's own settings."""
        inherited = {name: value for name, value in os.environ.items() if name not in _OURS}
        ours = {
            "SECRET_KEY": SECRET_KEY,
            "LOCAL_DIR": str(self.local_dir),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": "",
            "PYTHONUNBUFFERED": "1",
        }
        return {**inherited, **ours, **more}


class Stack:
    """Running processes of one installation. Process 0 is the one PUBLIC_URL names."""

    def __init__(
        self, place: Place, demo: str, servers: Sequence[Server], env: Mapping[str, str], widget_host: str = ""
    ) -> None:
        self.place = place
        self._ports = [free_port() for _ in servers]
        self.base_urls = [f"http://127.0.0.1:{port}" for port in self._ports]
        self.base_url = self.base_urls[0]
        widget_origin = f"http://{widget_host}:{self._ports[0]}" if widget_host else ""
        self._env = place.environment(**{"PUBLIC_URL": self.base_url, "WIDGET_ORIGIN": widget_origin, **env})
        self.demo = self._open_to_its_addresses(demo)
        self._processes = [self._process(i, server) for i, server in enumerate(servers)]

    def _open_to_its_addresses(self, demo: str) -> dict[str, Any]:
        """The demo's ids and logins, after every process's address was added to the sites that may embed it.

        As `demo` does it, but for every test: hence without a process that loads Django for it.
        """
        allow(self.place.database_url, self.base_urls)
        found: dict[str, Any] = {**json.loads(demo), "base_url": self.base_url}
        for tenant in found["tenants"]:
            for widget in tenant["widgets"]:
                widget["allowed_origins"] += self.base_urls
        return found

    def _process(self, i: int, server: Server) -> Process:
        port = str(self._ports[i])
        return Process(
            command_of(server, port),
            self.place.local_dir / f"process-{i}.log",
            env={**self._env, "PORT": port},
            cwd=ROOT,
            death_signal=signal.SIGTERM,  # So that a server with workers of its own ends those too.
        )

    def start(self) -> None:
        """All of them, at the same time; returns when each says that it is ready."""
        for process in self._processes:
            process.start()
        for i in range(len(self._processes)):
            wait_for(lambda i=i: self._is_ready(i), f"process {i} to be ready", _START_SECONDS)  # type: ignore[misc]

    def _is_ready(self, i: int) -> bool:
        if not self._processes[i].is_alive:
            raise ServerFailed(f"Process {i} ended.\n{self._processes[i].tail()}")
        try:
            with urllib.request.urlopen(f"{self.base_urls[i]}/readyz", timeout=5) as answer:  # noqa: S310 - loopback
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False  # Handled: not up yet, or up and not ready.

    def kill(self, i: int = 0) -> None:
        """SIGKILL: what it had acknowledged has to be there afterwards."""
        self._processes[i].kill()

    def terminate(self, i: int = 0, within_s: float = 15) -> None:
        """SIGTERM, and wait for the end of its graceful shutdown; ServerFailed when it takes longer."""
        self._processes[i].stop(within_s)

    def restart(self, i: int = 0) -> None:
        """Start it again on its port (killing it first when it still runs) and wait until it is ready."""
        self._processes[i].kill()
        self._processes[i].start()
        wait_for(lambda: self._is_ready(i), f"process {i} to be ready again", _START_SECONDS)

    def pid(self, i: int = 0) -> int:
        """Of the process as it runs now; another one after a restart."""
        return self._processes[i].pid

    def logs(self, i: int = 0) -> str:
        """All that process wrote, over every start."""
        return self._processes[i].logs

    def manage(self, *arguments: str) -> str:
        """The output of a management command on this installation."""
        return manage(*arguments, env=self._env)

    def close(self) -> None:
        for process in self._processes:
            process.kill()
        shutil.rmtree(self.place.local_dir, ignore_errors=True)

    def __enter__(self) -> Stack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def allow(database_url: str, origins: Sequence[str]) -> None:
    """Add them to the sites that may embed each of the widgets."""
    kind, _, path = database_url.partition("://")
    added = [(origin,) for origin in origins]
    if kind == "sqlite":
        with closing(sqlite3.connect(path.removeprefix("/"))) as file, file:
            file.executemany(_ALLOW["sqlite"], added)
    else:
        with psycopg.connect(database_url) as server, server.cursor() as cursor:
            cursor.executemany(_ALLOW["postgresql"], added)


def command_of(server: Server, port: str) -> list[str]:
    """How that kind of server is started on that port of the loopback interface."""
    if server == "serve":
        return [sys.executable, "manage.py", "serve"]
    if server == "daphne":
        return [program("daphne"), "-b", "127.0.0.1", "-p", port, "curbe.asgi:application"]
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    name, *arguments = services[server]["command"]
    local = {"0.0.0.0": "127.0.0.1", "8000": port}  # noqa: S104 - to keep to the loopback interface instead
    return [program(name), *(local.get(word, word) for word in arguments)]


def program(name: str) -> str:
    """Of this environment."""
    return str(Path(sys.executable).with_name(name))


def manage(*arguments: str, env: Mapping[str, str]) -> str:
    """Run manage.py; its output, or ServerFailed with what it said."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise ServerFailed(f"manage.py {' '.join(arguments)} failed.\n{done.stdout}\n{done.stderr}")
    return done.stdout
