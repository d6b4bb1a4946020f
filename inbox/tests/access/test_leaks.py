"""No answer of any door holds a byte of another company (I8): a canary is in every text of the rival's rows."""

from __future__ import annotations

import pytest

from .matrix import Door
from .test_matrix import AREAS
from .world import CANARY, inhabit, knock, plant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

# By a constraint: it names the secret of a proof without a token, which nobody here has shown.
CONSTRAINED = ["visitortoken.proven_by"]
READS = {row: door for area in AREAS.values() for row, door in area.items() if row.startswith("GET ")}


@pytest.fixture
def foreign(rival, settings, tmp_path):
    """The rival's things, with the canary in them."""
    settings.MEDIA_ROOT = tmp_path
    found = inhabit(rival, "zinc-rival")
    assert plant(rival.tenant) == CONSTRAINED
    return found


def tells(browser, row: str, door: Door, things) -> bool:
    """Whether the answer, its headers with it, has the canary."""
    response = knock(browser, row, door, things)
    return CANARY in f"{response.headers} {response.content.decode(errors='replace')}"


@pytest.mark.parametrize("role", ["agent", "admin"])
def test_i8_no_door_tells_anything_of_another_company(role, things, browsers, foreign):
    told = [row for row, door in READS.items() if tells(browsers[role], row, door, things)]
    asked = [row for row, door in READS.items() if tells(browsers[role], row, door, foreign)]
    assert (told, asked) == ([], [])


def test_those_who_may_are_told_it_at_every_door(things, browsers, foreign):
    """The control: what was planted is what these pages show."""
    silent = [row for row, door in READS.items() if door.names and is_answered(row, door, browsers, foreign)]
    assert silent == []


def is_answered(row, door, browsers, foreign) -> bool:
    """A page that is there for the rival, and does not have the canary."""
    if door.answers[2] != 200:
        return False
    return not tells(browsers["rival"], row, door, foreign)


def test_writes_tell_nothing_either(things, browsers, foreign):
    writes = {row: door for area in AREAS.values() for row, door in area.items() if not row.startswith("GET ")}
    for role in ("agent", "admin"):
        assert [row for row, door in writes.items() if tells(browsers[role], row, door, foreign)] == []
