"""How PostgreSQL means to answer a statement: which indexes, and whether it reads or sorts a whole table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

# What is this small is read whole, and sorted, faster than looked up.
SMALL = 1_000


@dataclass(frozen=True)
class Plan:
    """Of one statement: `indexes` walked, `whole` tables read from end to end, whether anything was sorted, and whether
    its own rows were: not only what is looked up for one of them.
    """

    indexes: frozenset[str]
    whole: frozenset[str]
    is_sorted: bool
    is_list_sorted: bool


def statements_of(call: Callable[[], Any]) -> list[str]:
    """The SELECTs that a call makes, their parameters filled in."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return [one["sql"] for one in captured.captured_queries if one["sql"].startswith("SELECT")]


def page_of(statements: list[str], table: str) -> str:
    """The statement that reads one page of the table."""
    pages = [one for one in statements if f'FROM "{table}"' in one and "ORDER BY" in one and " LIMIT " in one]
    assert pages, f"no page of {table} among {len(statements)} statements"
    return pages[0]


def plan_of(statement: str) -> Plan:
    """Asked of PostgreSQL itself."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + statement.replace("%", "%%"), [])
        answer = cursor.fetchone()[0]
    root = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    nodes, own = list(_nodes(root)), list(_nodes(root, looked_up=False))
    return Plan(
        indexes=frozenset(node["Index Name"] for node in nodes if "Index Name" in node),
        whole=frozenset(node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"),
        is_sorted=any("Sort" in node["Node Type"] for node in nodes),
        is_list_sorted=any("Sort" in node["Node Type"] for node in own),
    )


def _nodes(node: dict[str, Any], *, looked_up: bool = True) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        if looked_up or child["Parent Relationship"] != "SubPlan":
            yield from _nodes(child, looked_up=looked_up)


def big_tables() -> set[str]:
    """The tables of which a page must never read everything."""
    names = [name for name in connection.introspection.table_names() if name.startswith("messenger_")]
    with connection.cursor() as cursor:
        return {name for name in names if _rows_of(cursor, name) > SMALL}


def _rows_of(cursor: Any, name: str) -> int:
    cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608 - a name that the database told us
    return int(cursor.fetchone()[0])
