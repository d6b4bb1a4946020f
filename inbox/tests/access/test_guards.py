"""What every door has around it: no write without a CSRF token (S54), no page in a frame (S53), none in a cache."""

from __future__ import annotations

import pytest
from django.test import Client

from .admin_matrix import ADMIN
from .matrix import Door
from .test_matrix import AREAS
from .world import answer_of, knock

pytestmark = [pytest.mark.django_db]

TOKEN = "a" * 32
WRITES = {row: door for area in AREAS.values() for row, door in area.items() if not row.startswith("GET ")}
# Every form of the admin, whoever may send it: the check comes before anything else.
FORMS = {row.replace("GET ", "POST "): Door(door.answers, door.query) for row, door in ADMIN.items() if row[-1] == "/"}
# The panel beside the widget's own form, on pages of the same site.
FRAMED_AT_HOME = {"GET admin/messenger/widget/<pk>/look/", "GET admin/messenger/widget/look/"}


@pytest.fixture
def checked(harbor):
    """Harbor's admin in a browser whose requests are checked as everybody's are."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(harbor.ada.user)
    return client


def test_s54_no_door_is_written_through_without_a_token(checked, things):
    unguarded = [
        row for row, door in {**WRITES, **FORMS}.items() if answer_of(knock(checked, row, door, things)) != 403
    ]
    assert unguarded == []


def test_s54_with_a_token_the_same_requests_go_through(checked, things):
    """The control: nothing but the token was missing."""
    checked.cookies["csrftoken"] = TOKEN
    answers = {
        row: answer_of(knock(checked, row, door, things, **{"X-CSRFToken": TOKEN})) for row, door in WRITES.items()
    }
    assert answers == {row: door.answers[2] for row, door in WRITES.items()}


@pytest.mark.parametrize("role", ["nobody", "agent", "admin", "superuser"])
def test_s53_no_page_lets_itself_be_framed_or_kept(role, things, browsers):
    faults = []
    for row, door in ((row, door) for area in AREAS.values() for row, door in area.items() if row.startswith("GET ")):
        response = knock(browsers[role], row, door, things)
        faults += [f"{row} {response.status_code}: {fault}" for fault in faults_of(row, response)]
    assert faults == []


def faults_of(row, response):
    """What a browser would let others do with the answer."""
    policy = response.headers.get("Content-Security-Policy", "")
    ancestors, option = (
        ("'self'", "SAMEORIGIN") if row in FRAMED_AT_HOME and response.status_code == 200 else ("'none'", "DENY")
    )
    if response.headers.get("X-Frame-Options") != option:
        yield f"X-Frame-Options {response.headers.get('X-Frame-Options')}"
    if f"frame-ancestors {ancestors}" not in policy and "sandbox" not in policy:
        yield f"policy {policy}"
    if response.headers.get("X-Content-Type-Options") != "nosniff":
        yield "sniffed"
    if row.startswith("GET inbox/") and "no-store" not in response.headers.get("Cache-Control", ""):
        yield f"kept: {response.headers.get('Cache-Control')}"


def test_s53_a_page_without_these_headers_would_be_found(things, browsers):
    response = knock(browsers["agent"], "GET inbox/", AREAS["inbox/"]["GET inbox/"], things)
    for header in ("X-Frame-Options", "Content-Security-Policy", "Cache-Control", "X-Content-Type-Options"):
        del response.headers[header]
    assert len(list(faults_of("GET inbox/", response))) == 4
