"""Reading the help: what is published, in the reader's language where there is a translation; and the team's list."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from . import payloads
from .errors import NotFound
from .models import Agent, Article, Tenant
from .paging import Page, newest_first
from .words import searchable, words_of

_LANGUAGES = dict(settings.LANGUAGES)
# So many hits of a search are compared with each other.
_MOST_HITS = 200


def language_for(tenant: Tenant, wanted: str) -> str:
    """Return the language of articles for somebody who speaks `wanted` (BCP 47): that one, else the tenant's own."""
    language = wanted.partition("-")[0].lower()
    return language if language in _LANGUAGES else tenant.locale


def published(tenant: Tenant, language: str) -> QuerySet[Article]:
    """The published articles: in this language or, those without a translation, in the tenant's own."""
    rows = Article.objects.filter(tenant_id=tenant.id, status=Article.Status.PUBLISHED)
    if language == tenant.locale:
        return rows.filter(locale=language)
    translation = Article.objects.filter(tenant_id=tenant.id, slug=OuterRef("slug"), locale=language)
    has_one = Exists(translation.filter(status=Article.Status.PUBLISHED))
    return rows.filter(Q(locale=language) | Q(~has_one, locale=tenant.locale))


def published_page(tenant: Tenant, language: str, *, cursor: str | None, limit: int) -> Page:
    """Return a page of them, the latest first. Raises BadCursor."""
    page = newest_first(published(tenant, language).defer("body", "body_html", "words"), "published_at", cursor, limit)
    return Page([payloads.article_head(row) for row in page.items], page.next)


def search_published(tenant: Tenant, language: str, question: str, *, limit: int) -> Page:
    """Return those in which every word of the question begins a word, the likeliest first; one page is all there is."""
    words = words_of(question)
    rows = published(tenant, language).defer("body", "body_html") if words else Article.objects.none()
    for word in words:
        rows = rows.filter(words__contains=f" {word}")
    hits = sorted(rows.order_by("-published_at", "-id")[:_MOST_HITS], key=lambda row: -_score(row, words))
    return Page([payloads.article_head(row) for row in hits[:limit]], None)


def get_published(tenant: Tenant, language: str, slug: str) -> Article:
    """Return the article of this address in the reader's language, else in the tenant's. Raises NotFound."""
    article = published(tenant, language).filter(slug=slug).first()
    if article is None:
        raise NotFound("There is no such article.", code="article_not_found")
    return article


def page_for_team(agent: Agent, *, cursor: str | None, limit: int) -> Page:
    """Return a page of all the tenant's articles, drafts too, the latest change first. Raises BadCursor."""
    page = newest_first(Article.objects.filter(tenant_id=agent.tenant_id), "updated_at", cursor, limit)
    return Page([payloads.team_article(row) for row in page.items], page.next)


def get_for_team(agent: Agent, article_id: uuid.UUID) -> Article:
    """Return one of the tenant's articles. Raises NotFound."""
    article = Article.objects.filter(tenant_id=agent.tenant_id, id=article_id).first()
    if article is None:
        raise NotFound()
    return article


def get_cited(agent: Agent, locale: str, slug: str) -> Article:
    """Return the tenant's article that an answer cites, a draft by now perhaps. Raises NotFound."""
    article = Article.objects.filter(tenant_id=agent.tenant_id, slug=slug, locale=locale).first()
    if article is None:
        raise NotFound()
    return article


def _score(row: Article, words: Sequence[str]) -> int:
    """A word in the title says more of an article than one in its summary, and that more than one in its text."""
    title, summary = searchable(row.title), searchable(row.summary)
    return sum(9 * (f" {word}" in title) + 3 * (f" {word}" in summary) + 1 for word in words)
