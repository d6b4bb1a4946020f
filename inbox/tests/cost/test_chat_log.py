"""The chat log's first page takes as long with very many people as with a thousand, side by side in one run."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from curbe.testing.scale import repetitions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

FEW, MANY = 1_000, repetitions(small=10_000, full=100_000)
ROUNDS = 15
MOST_TIMES = 1.3


def test_its_first_page_takes_as_long_with_many_people_as_with_a_thousand(harbor, rival, sign_in):
    people = {FEW: sign_in(harbor.ada), MANY: sign_in(rival.ada)}
    for company, number in ((harbor, FEW), (rival, MANY)):
        crowd_in(company, number)
    times: dict[int, list[float]] = {number: [] for number in people}
    for _ in range(ROUNDS):
        for number, browser in people.items():
            times[number].append(time_of(browser))
    # Whatever else the machine does only ever adds to them.
    ratio = min(times[MANY]) / min(times[FEW])
    assert ratio <= MOST_TIMES, f"{ratio:.2f} times as long with {MANY} people"


def crowd_in(company, number):
    """So many who have said something, each in a conversation of their own."""
    from curbe.testing.crowds import HABITS, multiply, pattern_of
    from messenger.models import Contact, Conversation

    company.browser().start("Hello")
    for model in (Contact, Conversation):
        multiply(pattern_of(model, company.tenant), number - 1, HABITS[model])
        # Without figures of the rows before them, each reference is checked in a way that suits few.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def time_of(browser):
    started = time.perf_counter()
    assert browser.get("/inbox/log/").content.count(b'class="person') == 25
    return time.perf_counter() - started
