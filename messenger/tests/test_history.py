"""The history checker in short: people write while something breaks, and afterwards nothing is lost, doubled or leaked.

`make soak` plays the same cells for long; what each check would find is shown in `curbe/testing/tests`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from curbe.testing.scale import IS_FULL
from curbe.testing.soak.cells import CELLS, Cell, play
from curbe.testing.soak.faults import Fault
from curbe.testing.soak.stage import Crowd, Servers

# The seconds are a bound for machines that are busy otherwise; a cell ends when all is said.
SENDS, SECONDS = 150, 240
FEW = Crowd(watching=4, away=2, rivals=2)
ALWAYS = {"sqlite/kill", "postgres/mangled-nudges"}
CHOSEN = [cell for cell in CELLS if IS_FULL or cell.name in ALWAYS]


@pytest.mark.parametrize("cell", CHOSEN, ids=lambda cell: cell.name)
def test_nothing_is_lost_doubled_or_leaked(request, bed, disposable_redis, cell):
    # Only who means to kill it needs a PostgreSQL of their own.
    postgres = request.getfixturevalue("disposable_postgres" if cell.fault.needs_postgres else "postgres_server")
    result, _ = play(cell, Servers(bed, postgres, disposable_redis), SENDS, SECONDS, FEW)
    assert result.violations == {}
    assert result.acked >= SENDS


async def delete_a_message(stage):
    """As a fault of the product would: the row is gone, although it was acknowledged."""
    await stage.reaches(0.5)
    send = next(one for one in stage.history.sends if one.acked_at and one.failures == 0)
    with closing(sqlite3.connect(urlsplit(stage.stack.place.database_url).path, timeout=20)) as database, database:
        database.execute("DELETE FROM messenger_message WHERE id = ?", [send.message_id.replace("-", "")])


def test_it_finds_a_message_that_the_database_loses(bed, postgres_server, redis_server):
    cell = Cell("sqlite", Fault("loss", delete_a_message))
    result, _ = play(cell, Servers(bed, postgres_server, redis_server), 60, SECONDS, FEW)
    assert result.lost == 1
    assert {"lost", "holes", "diverged"} <= result.violations.keys()
