"""What may be known of a person, wherever it comes from: the named traits, and custom attributes."""

from __future__ import annotations

import math
from typing import Any

MOST_ATTRIBUTES = 50
# Traits with a column of their own, and how many characters they may have.
TRAITS = {"name": 200, "email": 254, "phone": 50}


def is_plain(value: Any) -> bool:
    """Whether both databases can store the value in a JSON column: short text, finite numbers, booleans, null."""
    if isinstance(value, str):
        return len(value) <= 1000 and "\0" not in value and _is_encodable(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**63)


def is_attribute(name: Any, value: Any) -> bool:
    """Whether this is a custom attribute that can be kept: a name of up to 64 characters, a plain and short value."""
    return isinstance(name, str) and 0 < len(name) <= 64 and is_plain(name) and is_plain(value)


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
