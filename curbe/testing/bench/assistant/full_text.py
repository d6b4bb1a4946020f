"""What is to be bettered: the widget's search for the question's words, answered with the best hit's beginning."""

from __future__ import annotations

from curbe.testing.bench.assistant.scoring import Outcome, Question
from messenger.articles import published
from messenger.assistant.lexicon import LANGUAGES, lexicon
from messenger.models import Tenant
from messenger.words import MOST_WORDS, searchable, words_of

_SHOWN = 900


def answered(tenant: Tenant, question: Question) -> Outcome:
    """The article with most of the words, of two the one that has them in its title; an answer as soon as it has one.

    The search itself wants every word to be there, which hardly a question in whole sentences finds.
    """
    small = set().union(*(lexicon(language).stop for language in LANGUAGES))
    words = [word for word in words_of(question.text) if word not in small][:MOST_WORDS]
    hits = [
        (
            sum(f" {word}" in row.words for word in words),
            sum(f" {word}" in searchable(row.title) for word in words),
            row,
        )
        for row in published(tenant, question.locale).order_by("-published_at", "-id")
    ]
    many, _, best = max(hits, key=lambda hit: hit[:2])
    return Outcome(best.body[:_SHOWN], (best.slug,)) if many else Outcome()
