"""The help: articles in Markdown, and how they look."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from .. import actions
from ..models import Article
from .base import OwnedAdmin


class ArticleForm(forms.ModelForm):  # type: ignore[type-arg]
    """An article in a language that there is."""

    locale = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = Article
        fields = ["tenant", "locale", "slug", "status", "title", "summary", "body"]
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 2, "cols": 80}),
            "body": forms.Textarea(attrs={"rows": 24, "cols": 80}),
        }


@admin.register(Article)
class ArticleAdmin(OwnedAdmin):
    """Drafts and what is published. What is no longer true goes back to being a draft."""

    form = ArticleForm
    list_display = ["title", "locale", "status", "updated_at"]
    list_filter = ["status", "locale"]
    search_fields = ["title", "slug"]
    ordering = ["tenant_id", "-updated_at", "-id"]
    autocomplete_fields = ["tenant"]
    readonly_fields = ["rendered"]
    fieldsets = [
        (None, {"fields": ["tenant", "locale", "status"]}),
        (_("Text"), {"fields": ["title", "slug", "summary", "body"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.fieldsets, *([(_("As visitors read it"), {"fields": ["rendered"]})] if obj else [])]

    @admin.display(description=_("text"))
    def rendered(self, article: Article) -> SafeString:
        return mark_safe(article.body_html)  # noqa: S308  Sanitised when it was stored.

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        actions.save_article(obj)
