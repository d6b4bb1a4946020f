"""The servers of one test run: found at the start, started when first wanted, stopped at the end."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from curbe.testing import chromium, postgres, redis_server
from curbe.testing.browser import BrowserThread
from curbe.testing.postgres import PostgresServer, start_postgres
from curbe.testing.processes import ServerFailed, make_work_dir, remove_work_dirs
from curbe.testing.redis_server import RedisServer, start_redis
from curbe.testing.stack import Place, Server, Stack, manage

Kind = Literal["sqlite", "postgres"]


class Bed:
    """One per test run."""

    def __init__(self) -> None:
        self._postgres: PostgresServer | None = None
        self._redis: RedisServer | None = None
        self._browser: BrowserThread | None = None
        self._templates: dict[str, tuple[Place, str]] = {}
        self._collected: Path | None = None
        self._databases: list[tuple[PostgresServer, str]] = []

    def header(self) -> list[str]:
        """Which servers the tests use, one line each."""
        return [
            f"PostgreSQL: {describe_postgres()}",
            f"Redis: {describe_redis()}",
            f"Chromium: {chromium.describe()}",
        ]

    @property
    def postgres(self) -> PostgresServer:
        """The run's own; ServerFailed with the remedy when there is none to be had."""
        if self._postgres is None:
            url = os.environ.get("TEST_DATABASE_URL")
            self._postgres = PostgresServer(url) if url else new_postgres()
        return self._postgres

    @property
    def redis(self) -> RedisServer:
        """The run's own; ServerFailed with the remedy when there is none to be had."""
        if self._redis is None:
            url = os.environ.get("TEST_REDIS_URL")
            self._redis = RedisServer(url) if url else new_redis()
        return self._redis

    @property
    def browser(self) -> BrowserThread:
        if self._browser is None or not self._browser.is_usable:
            self._browser = BrowserThread()
        return self._browser

    def spawn_stack(
        self,
        database: Kind | PostgresServer = "sqlite",
        redis: bool | RedisServer = False,
        processes: int = 1,
        server: Server | Sequence[Server] = "serve",
        env: Mapping[str, str] | None = None,
        widget_host: str = "",
    ) -> Stack:
        """Fresh processes on a fresh, seeded database; returns when all are ready. The caller closes it.

        `database` and `redis` take a server of the test's own (one it means to stop) in place of the run's.
        `widget_host` is another name of this machine, under which the first process serves the widget alone.
        `server` names what each of the `processes` is, or, as a list, what the processes are one by one.
        """
        layer = self.redis if redis is True else redis or None
        place, demo = self._fresh_place(self.postgres if database == "postgres" else database)
        settings = {**({"REDIS_URL": layer.url} if layer else {}), **(env or {})}
        servers = [server] * processes if isinstance(server, str) else server
        stack = Stack(place, demo, servers, settings, widget_host)
        try:
            stack.start()
        except BaseException:
            stack.close()
            raise
        return stack

    def _fresh_place(self, database: PostgresServer | Literal["sqlite"]) -> tuple[Place, str]:
        """And what `demo --json` says of it."""
        template, demo = self._template(database)
        folder = make_work_dir("stack")
        copy_local_dir(template.local_dir, folder)
        if isinstance(database, str):
            return Place(folder, sqlite_url(folder)), demo
        name = f"stack_{secrets.token_hex(6)}"
        self._databases.append((database, name))
        return Place(folder, database.create_database(name, template=template_name())), demo

    def _template(self, database: PostgresServer | Literal["sqlite"]) -> tuple[Place, str]:
        key = database if isinstance(database, str) else database.url
        if key not in self._templates:
            folder = make_work_dir("template")
            url = sqlite_url(folder) if isinstance(database, str) else database.create_database(template_name())
            self._collect_static(folder)
            place = Place(folder, url)
            self._templates[key] = place, seeded(place)
            if not isinstance(database, str):
                self._databases.append((database, template_name()))
        return self._templates[key]

    def _collect_static(self, folder: Path) -> None:
        """Hashing and compressing takes seconds, so it is done once a run."""
        if self._collected is None:
            place = Place(make_work_dir("static"), "sqlite://:memory:")
            manage("collectstatic", "--noinput", "--verbosity=0", env=place.environment())
            self._collected = place.local_dir
        copy_local_dir(self._collected, folder)

    def close(self) -> None:
        for server, name in self._databases:
            if not server.is_ours:
                server.drop_database(name)
        for part in (self._browser, self._postgres, self._redis):
            if part is not None:
                part.close()
        remove_work_dirs()


# Most tests count what people say. Those of the assistant switch it on.
_WITHOUT_ASSISTANT = "from messenger.models import Widget; Widget.objects.update(features={})"


def seeded(place: Place) -> str:
    """Migrate it and play the demo, in which from now on nobody but people answers. What `demo --json` said."""
    env = place.environment()
    manage("migrate", "--verbosity=0", env=env)
    demo = manage("demo", "--json", env=env)
    manage("shell", "--no-imports", "-c", _WITHOUT_ASSISTANT, env=env)
    return demo


def copy_local_dir(template: Path, folder: Path) -> None:
    """The database is copied; the collected files, which nobody writes to, are shared."""

    def copy(source: str, target: str) -> str:
        if ".sqlite3" in source:
            return str(shutil.copy2(source, target))
        os.link(source, target)
        return target

    shutil.copytree(template, folder, copy_function=copy, dirs_exist_ok=True)


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'curbe.sqlite3'}"


def template_name() -> str:
    """A run's own, because a server of TEST_DATABASE_URL may serve several runs."""
    return f"template_{os.getpid()}"


def new_postgres() -> PostgresServer:
    if binaries := postgres.find_binaries():
        return start_postgres(binaries)
    raise ServerFailed(postgres.REMEDY)


def new_redis() -> RedisServer:
    if binary := redis_server.find_binary():
        return start_redis(binary)
    raise ServerFailed(redis_server.REMEDY)


def describe_postgres() -> str:
    if os.environ.get("TEST_DATABASE_URL"):
        return "the one of TEST_DATABASE_URL"
    binaries = postgres.find_binaries()
    return f"{binaries.version} ({binaries.source})" if binaries else postgres.REMEDY


def describe_redis() -> str:
    if os.environ.get("TEST_REDIS_URL"):
        return "the one of TEST_REDIS_URL"
    binary = redis_server.find_binary()
    return f"Valkey {binary.version} ({binary.source})" if binary else redis_server.REMEDY
