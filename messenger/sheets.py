"""Tables as CSV, for programs that take a cell which begins like a formula for one (S45)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

# What makes a formula of a cell, and what such programs leave out before they look for it.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_csv(rows: Iterable[Mapping[str, Any]], columns: list[str]) -> str:
    """Return the rows as CSV (RFC 4180) with a heading; a null is an empty cell.

    It begins with a byte order mark, without which spreadsheets take accents for something else.
    """
    text = io.StringIO()
    sheet = csv.writer(text, quoting=csv.QUOTE_MINIMAL)
    sheet.writerow(columns)
    sheet.writerows([[safe_cell(row.get(name)) for name in columns] for row in rows])
    return f"\ufeff{text.getvalue()}"


def safe_cell(value: Any) -> Any:
    """Return the value such that no program computes it: a text that could be a formula begins with an apostrophe."""
    if not isinstance(value, str):
        return "" if value is None else value
    return f"'{value}" if value.lstrip(" \u00a0").startswith(_DANGEROUS) else value
