"""Writing the articles of a tenant's help."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from ..errors import Forbidden, Invalid, NotFound
from ..models import Agent, Article
from ..rendering import render_markdown
from ..words import searchable


def save_article(article: Article) -> Article:
    """Store an article, with its rendering and what it is searched by.

    Raises Invalid when the tenant has another one of this slug in this language.
    """
    article.body_html = render_markdown(article.body)
    article.words = searchable(f"{article.title}\n{article.summary}\n{article.body}")
    if article.is_published and article.published_at is None:
        article.published_at = timezone.now()
    try:
        with transaction.atomic():
            article.save()
    except IntegrityError as error:
        taken = Article.objects.filter(tenant_id=article.tenant_id, slug=article.slug, locale=article.locale)
        if taken.exclude(id=article.id).exists():
            raise Invalid("There is such an article already.", code="slug_taken", attr="slug") from error
        raise
    return article


def create_article(*, by: Agent, fields: dict[str, Any]) -> Article:
    """Write a new article. Raises Forbidden for whoever is no admin, and Invalid as `save_article` does."""
    _require_admin(by)
    return save_article(Article(tenant_id=by.tenant_id, **fields))


def update_article(*, by: Agent, article_id: uuid.UUID, fields: dict[str, Any]) -> Article:
    """Change some fields of an article. Raises NotFound, Forbidden and Invalid."""
    _require_admin(by)
    with transaction.atomic():
        article = _own(by, article_id)
        for name, value in fields.items():
            setattr(article, name, value)
        return save_article(article)


def delete_article(*, by: Agent, article_id: uuid.UUID) -> None:
    """Remove an article for good. Raises NotFound and Forbidden."""
    _require_admin(by)
    with transaction.atomic():
        _own(by, article_id).delete()


def _own(by: Agent, article_id: uuid.UUID) -> Article:
    rows = Article.objects.select_for_update(no_key=True).filter(tenant_id=by.tenant_id, id=article_id)
    article = rows.first()
    if article is None:
        raise NotFound()
    return article


def _require_admin(by: Agent) -> None:
    if not by.is_admin:
        raise Forbidden("Only an admin may change articles.")
