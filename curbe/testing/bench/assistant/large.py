"""How long a look-up takes in a help of two thousand articles."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from statistics import median

from curbe.testing.bench.assistant.scoring import articles, questions
from curbe.testing.load.figures import Figure, p95
from messenger import actions
from messenger.assistant.retrieval import look_up
from messenger.models import Article, Tenant

_ARTICLES, _MOST_MS = 2_000, 150
_ROUNDS = 3
# A shop of that size writes of other things too: every so many words is one of its own.
_OWN = 4


def times() -> list[Figure]:
    """Fill a tenant's help and ask it the questions in English, the first one before anything is in memory."""
    tenant = actions.create_tenant(Tenant(name="Large", slug="large-help"))
    for fields in _many(random.Random(5)):
        actions.save_article(Article(tenant=tenant, status=Article.Status.PUBLISHED, locale="en", **fields))
    asked = [one.text for one in questions("questions") if one.locale == "en"]
    cold = _took(tenant, asked[0])
    warm = [min(_took(tenant, text) for _ in range(_ROUNDS)) for text in asked]
    return [
        Figure(f"look-up, {_ARTICLES:,} articles: the first one reads them all", cold, "ms"),
        Figure(f"look-up, {_ARTICLES:,} articles: p50", median(warm), "ms"),
        Figure(f"look-up, {_ARTICLES:,} articles: p95", p95(warm), "ms", _MOST_MS),
    ]


def _took(tenant: Tenant, text: str) -> float:
    started = time.perf_counter()
    look_up(tenant, text, "en")
    return (time.perf_counter() - started) * 1000


def _many(chance: random.Random) -> Iterator[dict[str, str]]:
    """Articles like those of the shop, with words of their own among the shop's."""
    plain = [one for one in articles() if one["locale"] == "en"]
    own = [
        f"{chance.choice('bdfgklmnprst')}{chance.choice('aeiou')}{chance.choice('bdlmnrst')}{n:x}" for n in range(9_000)
    ]
    for number in range(_ARTICLES):
        model = plain[number % len(plain)]
        words = model["body"].split(" ")
        for place in range(0, len(words), _OWN):
            words[place] = f"{words[place]} {chance.choice(own)}"
        kept = {name: model[name] for name in ("title", "summary")}
        yield {**kept, "slug": f"article-{number}", "body": " ".join(words)}
