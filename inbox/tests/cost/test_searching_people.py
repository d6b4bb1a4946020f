"""What is asked with every key that is pressed, or with every look at the inbox, costs the same however many there are.

Counted in the steps of SQLite's own machine, which are the same in every run; of PostgreSQL its plans are asked.
"""

from __future__ import annotations

from functools import partial

import pytest
from django.db import connection

from .plans import big_tables, plan_of, statements_of

pytestmark = pytest.mark.django_db

FEW, MANY = 1_000, 4_000
LOOKED_AT = 300
MOST_TIMES = 1.1


@pytest.fixture
def companies(harbor, rival, monkeypatch):
    """One with four times as many people as the other, each of whom talked once, and all of whom are called alike."""
    from curbe.testing.crowds import HABITS, multiply, pattern_of
    from messenger.models import Contact, Conversation

    for company, number in ((harbor, FEW), (rival, MANY)):
        company.known("anna", "Hello", name="Anna")
        for model in (Contact, Conversation):
            multiply(pattern_of(model, company.tenant), number - 1, HABITS[model])
    monkeypatch.setattr("messenger.findpeople._LOOKED_AT", LOOKED_AT)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return harbor, rival


def asked(agent):
    from messenger import people, queries, search

    calls = {
        "search": partial(search.search, agent, "a", limit=25),
        "chat log": partial(queries.chat_log, agent, q="a"),
        "contacts": partial(people.contacts_page, agent, q="a", limit=25),
    }
    if connection.vendor == "sqlite":  # PostgreSQL joins the two tables however it is asked.
        calls["mentions"] = partial(queries.counts_of, agent, {"mentions": queries.VIEWS["mentions"]})
        calls["mentioned"] = partial(queries.inbox_page, agent, mentions="me")
    return calls


def steps_of(call):
    """How many steps SQLite takes for it, to the hundred."""
    steps = [0]

    def count():
        steps[0] += 100
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, 100)
    try:
        call()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return steps[0]


def faults_of(companies):
    """What costs more in the company that has more, or reads it whole."""
    few, many = (asked(company.ada) for company in companies)
    for name, call in many.items():
        if connection.vendor == "sqlite":
            less, more = steps_of(few[name]), steps_of(call)
            if more > less * MOST_TIMES:
                yield f"{name}: {less} and {more} steps"
        else:
            plans = [plan_of(statement) for statement in statements_of(call)]
            yield from (f"{name}: reads {plan.whole} whole" for plan in plans if plan.whole & big_tables())


def test_it_costs_the_same_however_many_people_there_are(companies):
    assert list(faults_of(companies)) == []


def test_asking_the_index_for_everybody_would_be_found(companies, monkeypatch):
    """The control: as if none of the newest were looked at."""
    if connection.vendor != "sqlite":
        return  # PostgreSQL walks its index of words for that, whatever it finds there.
    monkeypatch.setattr("messenger.findpeople._LOOKED_AT", 0)
    assert [fault.partition(":")[0] for fault in faults_of(companies)] == ["search", "chat log", "contacts"]
