"""Every door of the inbox, the agent API and the admin answers everybody as the matrix says (S17, S22)."""

from __future__ import annotations

import pytest

from curbe.testing.routes import routes_below

from .admin_matrix import ADMIN
from .matrix import API, INBOX, ROLES
from .world import answer_of, knock

pytestmark = [pytest.mark.django_db]

AREAS = {"inbox/": INBOX, "api/inbox/": API, "admin/": ADMIN}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
of_each_area = pytest.mark.parametrize("below", AREAS)


@of_each_area
def test_every_address_has_a_row_and_every_row_an_address(below):
    written = {row.partition(" ")[2] for row in AREAS[below]}
    assert set(routes_below(below)) == written


def test_an_address_that_nobody_wrote_down_would_be_found():
    rows = {row.partition(" ")[2] for row in INBOX} - {"inbox/log/"}
    assert set(routes_below("inbox/")) - rows == {"inbox/log/"}


@of_each_area
def test_everybody_is_answered_as_written(below, things, browsers):
    wrong = []
    for row, door in AREAS[below].items():
        found = tuple(answer_of(knock(browsers[role], row, door, things)) for role in ROLES)
        if found != door.answers:
            wrong.append(f"{row}: {found}, written {door.answers}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("below", ["inbox/", "api/inbox/"])
def test_a_method_that_is_not_written_down_is_none(below, things, browsers):
    wrong = []
    for row, door in AREAS[below].items():
        route = row.partition(" ")[2]
        # Whoever is signed in is led on from there, whatever they ask.
        admin = browsers["nobody" if route == "inbox/login/" else "admin"]
        others = METHODS - {one.partition(" ")[0] for one in AREAS[below] if one.endswith(f" {route}")}
        found = {method: answer_of(knock(admin, f"{method} {route}", door, things)) for method in others}
        wrong += [f"{method} {route}: {status}" for method, status in found.items() if status != 405]
    assert sorted(set(wrong)) == []


def test_a_client_is_told_what_it_may_offer(browsers):
    """What the matrix refuses an agent and gives an admin has a permission, and there are no others."""
    told = {role: browsers[role].get("/api/inbox/me").json()["permissions"] for role in ("agent", "admin")}
    assert told["agent"] == []
    given = {one.partition(".")[0] for one in told["admin"]}
    kept = {row.partition("api/inbox/")[2].partition("/")[0] for row, door in API.items() if door.answers[1] == 403}
    # An agent has views of their own, and removes messages of their own.
    assert given - kept == {"messages", "views"}
    assert kept - given == set()
