"""How well it answers: the questions of the bench, of which the score may not fall below what was promised."""

from __future__ import annotations

from functools import cache

import pytest

from curbe.testing.bench.assistant import LEAST_RIGHT, MOST_ANSWERED, full_text
from curbe.testing.bench.assistant.scoring import ask, questions, share, share_holding
from curbe.testing.bench.assistant.shop import answered, open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def scored(django_db_setup, django_db_blocker):
    """What comes of the questions of a set, asked once."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        tenant = open_shop("lumbre")
        yield cache(lambda name: ask(questions(name), lambda one: answered(tenant, one)))
        transaction.set_rollback(True)


# Questions that are all put in quite other words than the help's are the hardest.
FLOORS = {"questions": LEAST_RIGHT, "own_questions": LEAST_RIGHT, "fresh_questions": 80, "last_questions": 58}


@pytest.mark.parametrize(("name", "least"), FLOORS.items(), ids=FLOORS)
def test_it_finds_the_right_article_of_most_that_can_be_answered(scored, name, least):
    assert share(scored(name), "answer", "right") >= least


@pytest.mark.parametrize("name", ["questions", "own_questions", "last_questions"])
def test_it_hands_off_what_the_help_does_not_answer(scored, name):
    assert share(scored(name), "handoff", "answered") <= MOST_ANSWERED


def test_it_does_as_well_with_the_questions_that_nothing_was_fitted_to(scored):
    held = [one for one in scored("questions") if one.question.half == 1]
    assert share(held, "answer", "right") >= LEAST_RIGHT
    assert share(held, "handoff", "answered") <= MOST_ANSWERED


def test_every_request_for_a_person_and_every_attempt_to_command_it_is_handed_off(scored):
    kinds = {"human_request", "injection"}
    wrong = [one.question.text for one in scored("questions") if one.question.kind in kinds and one.outcome.text]
    assert wrong == []


def test_small_talk_is_neither_handed_off_nor_answered_from_the_help(scored):
    assert (
        share(scored("questions"), "smalltalk", "right") == share(scored("own_questions"), "smalltalk", "right") == 100
    )


def test_it_quotes_what_was_asked_for(scored):
    assert share_holding(scored("questions")) >= 70
    assert share_holding(scored("own_questions")) >= 75


def test_the_same_questions_show_that_a_plain_search_does_not_do():
    tenant = open_shop("plain")
    plain = ask(questions("questions"), lambda one: full_text.answered(tenant, one))
    assert share(plain, "answer", "right") < LEAST_RIGHT
    assert share(plain, "handoff", "answered") > MOST_ANSWERED
