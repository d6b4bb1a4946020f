"""Rows that are found by their words, which are kept beside what they are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

M = TypeVar("M", bound="models.Model")


class SearchableQuerySet(models.QuerySet[M]):
    """Whoever changes many rows at once forgets the words of what these said; `fill_words` makes new ones."""

    def update(self, **values: Any) -> int:
        """Update the rows. What was erased cannot be found from that moment on."""
        model: Any = self.model
        if model.WORDS_FROM & values.keys() and "words" not in values:
            values["words"] = None
        return super().update(**values)


class Searchable(models.Model):
    """A row whose `words` follow from the columns in `WORDS_FROM`, through every door that writes it.

    Null means that they are still to be made: a row of an older process, or one of many that changed at once.
    """

    WORDS_FROM: ClassVar[frozenset[str]]

    words = models.TextField(_("searchable words"), null=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Save the row, and its words whenever what they are made of is saved."""
        if update_fields is None or self.WORDS_FROM & set(update_fields):
            self.words = self.words_from(self)
            update_fields = None if update_fields is None else {*update_fields, "words"}
        super().save(*args, update_fields=update_fields, **options)

    @staticmethod
    def words_from(row: Any) -> str:
        """Return the words of such a row."""
        raise NotImplementedError


def without_words(table: str) -> models.Index:
    """The rows whose words are still to be made: `fill_words`. As a rule there is none, so it costs nothing."""
    return models.Index(fields=["id"], condition=Q(words=None), name=f"{table}_without_words")
