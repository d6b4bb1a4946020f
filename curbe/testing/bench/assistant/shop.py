"""A tenant with the help of a made-up shop, and what its assistant makes of a question."""

from __future__ import annotations

from curbe.testing.bench.assistant.scoring import Outcome, Question, articles
from messenger import actions
from messenger.assistant.articles import Articles
from messenger.assistant.protocol import Answer, Decline, Inquiry
from messenger.assistant.retrieval import look_up
from messenger.models import Article, Tenant


def open_shop(slug: str) -> Tenant:
    """Make the tenant and publish its articles, in English and in Spanish."""
    tenant = actions.create_tenant(Tenant(name=slug.title(), slug=slug))
    for fields in articles():
        actions.save_article(Article(tenant=tenant, status=Article.Status.PUBLISHED, **fields))
    return tenant


def answered(tenant: Tenant, question: Question) -> Outcome:
    """What comes of a question that is asked first thing in a conversation."""
    finding = look_up(tenant, question.text, question.locale)
    came = outcome(Inquiry(question.text, (), finding, tenant.name))
    return Outcome(came.text, came.slugs) if isinstance(came, Answer) else Outcome()


def outcome(inquiry: Inquiry) -> Answer | Decline:
    """What the embedded provider returns in the end."""
    answer = Articles().answer(inquiry)
    while True:
        try:
            next(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
