"""What a tenant explains to everybody: the articles of its help."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .tenancy import TenantModel, one_of, owned_once


class ArticleStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")


class Article(TenantModel):
    """A help article in one language. The same slug in another language is the same article, translated."""

    Status = ArticleStatus

    slug = models.SlugField(_("slug"), max_length=80, help_text=_("Its address; the same in every language."))
    locale = models.CharField(_("language"), max_length=10)
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=400, blank=True)
    body = models.TextField(_("text"), help_text=_("Markdown."))
    # Made of the others by the write path: what is shown, and what is searched.
    body_html = models.TextField(editable=False)
    words = models.TextField(_("searchable words"), editable=False)
    status = models.CharField(_("status"), max_length=10, choices=ArticleStatus.choices, default=ArticleStatus.DRAFT)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints = [
            owned_once("article"),
            models.UniqueConstraint(fields=["tenant", "slug", "locale"], name="article_once_per_language"),
            one_of("status", ArticleStatus, "article_status"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False), name="article_published_at"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-updated_at", "-id"], name="article_recent"),
            models.Index(
                fields=["tenant", "locale", "-published_at", "-id"],
                condition=Q(status="published"),
                name="article_published",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED
