"""What the bench fills a database with is searched rightly; at full size it measures how fast."""

from __future__ import annotations

import pytest
from django.db import connection

from curbe.testing.bench import corpus
from curbe.testing.bench.questions import HARD, OFTEN, PEOPLE, QUESTIONS, SELDOM, SOMETIMES
from messenger import search, wordindex
from messenger.words import searchable, words_of

MESSAGES = 1_500


def those_with(question: str, bodies: list[str]) -> set[str]:
    """The same without any index: every word of the question is there, the last one perhaps as a beginning."""
    *whole, last = words_of(question)
    texts = ((body, f"{searchable(body)} ") for body in bodies)
    return {body for body, text in texts if f" {last}" in text and all(f" {word} " in text for word in whole)}


def all_found(agent, question: str) -> set[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = search.search(agent, question, only="message", cursor=cursor, limit=100)
        found += [hit["message"]["body"] for hit in page.items]
        cursor = page.next
        if cursor is None:
            assert len(found) == len(set(found))
            return set(found)


@pytest.mark.django_db
def test_the_corpus_is_searched_as_if_every_message_were_read(harbor, rival, monkeypatch):
    if connection.vendor != "postgresql":
        return  # It is filled by COPY, and this file also runs there.
    monkeypatch.setattr(wordindex, "_LOOKED_AT", 100)
    corpus.fill(harbor.tenant, harbor.widget, MESSAGES, seed=1)
    corpus.fill(rival.tenant, rival.widget, MESSAGES, seed=2)
    own = [one.body for one in corpus.said(MESSAGES, seed=1)]
    theirs = {one.body for one in corpus.said(MESSAGES, seed=2)}
    assert len(set(own)) == MESSAGES
    for question in (*OFTEN[:6], *SOMETIMES[::8], *SELDOM[15::3], *HARD[::3], own[700].split()[2]):
        found = all_found(harbor.ada, question)
        assert found == those_with(question, own), question
        assert not found & theirs
    assert all_found(rival.ada, OFTEN[0]) == those_with(OFTEN[0], list(theirs))


@pytest.mark.django_db
def test_people_of_the_corpus_are_found_by_every_way_to_write_them(harbor, rival):
    if connection.vendor != "postgresql":
        return
    corpus.fill(harbor.tenant, harbor.widget, 8_000, seed=1)
    corpus.fill(rival.tenant, rival.widget, 1_000, seed=2)
    for question in PEOPLE[:-2]:
        page = search.search(harbor.ada, question, only="contact", limit=50)
        assert page.items, question
        for hit in page.items:
            text = searchable(f"{hit['contact']['name']} {hit['contact']['email']}")
            assert all(f" {word}" in text for word in words_of(question)), (question, text)


def test_there_are_a_hundred_different_questions_as_common_as_they_say():
    assert (len(OFTEN), len(SOMETIMES), len(SELDOM), len(set(QUESTIONS))) == (30, 40, 30, 100)
    texts = [f"{searchable(one.body)} " for one in corpus.said(3_000)]
    for question in OFTEN:
        share = sum(f" {words_of(question)[0]} " in text for text in texts) / len(texts)
        assert share >= 0.1, (question, share)
