"""A backup taken while Curbe runs, and put back while it does not."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from curbe.testing.postgres import REMEDY, PostgresServer, find_binaries
from curbe.testing.processes import ServerFailed


def back_up(database_url: str, to: Path) -> None:
    """A consistent copy: with pg_dump, or SQLite's own online backup."""
    if database_url.startswith("sqlite"):
        copy(Path(urlsplit(database_url).path), to)
    else:
        run("pg_dump", "--format=custom", "--compress=0", f"--file={to}", database_url)


def restore(database_url: str, backup: Path, server: PostgresServer | None) -> None:
    """Replace the whole database; its `server` when it is PostgreSQL's. Nobody may be connected."""
    if server is None:
        path = Path(urlsplit(database_url).path)
        for old in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            old.unlink(missing_ok=True)
        copy(backup, path)
    else:
        server.create_database(urlsplit(database_url).path.lstrip("/"))
        run("pg_restore", "--exit-on-error", f"--dbname={database_url}", str(backup))


def copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def run(program: str, *arguments: str) -> None:
    """Of the PostgreSQL that the tests use. ServerFailed with what it said."""
    binaries = find_binaries()
    if binaries is None:
        raise ServerFailed(REMEDY)
    command = [str(binaries.folder / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise ServerFailed(f"{program} failed.\n{done.stderr}")
