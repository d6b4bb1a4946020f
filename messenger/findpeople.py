"""Finding people by words, the newest first: a common beginning of a name must not cost what a tenant has of people.

The newest are looked at one by one, along the list's own index. Only when too few of them fit is the index of words
asked, whose answers have to be put into order.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from .models import Contact
from .paging import Page, newest_first, older, onward
from .wordindex import Candidate, Place, Wanted, ids_with

# So many of the newest are looked at: of those who talked, and of those who never did.
_LOOKED_AT = 5_000


def with_words(people: QuerySet[Contact], tenant_id: uuid.UUID, asked: Sequence[str]) -> QuerySet[Contact]:
    """Return those of a tenant's people whom all the words, or their beginnings, belong to."""
    return people.filter(id__in=ids_with("contact", tenant_id, asked, all_begin=True))


def newest_with_words(
    tenant_id: uuid.UUID, asked: Sequence[str], people: QuerySet[Contact], field: str, cursor: str | None, limit: int
) -> Page:
    """Return the same page of them as `newest_first`. Raises BadCursor."""
    border = _first_beyond(onward(people, field, cursor), field)
    near = people.filter(_begin_with(asked))
    page = newest_first(near.filter(**{f"{field}__gt": border}) if border else near, field, cursor, limit)
    if page.next or border is None:
        return page
    return newest_first(with_words(people, tenant_id, asked), field, cursor, limit)


def latest_with_words(
    tenant_id: uuid.UUID, asked: Sequence[str], wanted: Wanted, older_than: Place | None
) -> tuple[list[Candidate], bool]:
    """Return people by when something was last said or, for who never talked, when they came: the latest first.

    And whether there may be more.
    """
    found, is_all = _among_the_newest(tenant_id, asked, wanted.most, older_than)
    if len(found) == wanted.most or is_all:
        return found, not is_all
    if len(found) >= wanted.enough and (wanted.down_to is None or found[-1][:2] <= wanted.down_to):
        return found, True
    people = with_words(_people(tenant_id), tenant_id, asked).annotate(at=Coalesce("last_message_at", "created_at"))
    found = _candidates(people, "at", wanted.most, older_than)
    return found, len(found) == wanted.most


def _among_the_newest(
    tenant_id: uuid.UUID, asked: Sequence[str], most: int, older_than: Place | None
) -> tuple[list[Candidate], bool]:
    """Those among the newest of both lists, as far back as both were looked at; and whether that is all of them."""
    people = _people(tenant_id)
    lists = (
        (people.filter(last_message_at__isnull=False), "last_message_at"),
        (people.filter(last_message_at=None), "created_at"),
    )
    borders = [_first_beyond(older(rows, field, older_than), field) for rows, field in lists]
    border = max((one for one in borders if one), default=None)
    found: list[Candidate] = []
    for rows, field in lists:
        near = rows.filter(_begin_with(asked))
        found += _candidates(near.filter(**{f"{field}__gt": border}) if border else near, field, most, older_than)
    return sorted(found, reverse=True)[:most], border is None and len(found) < most


def _people(tenant_id: uuid.UUID) -> QuerySet[Contact]:
    return Contact.objects.filter(tenant_id=tenant_id, merged_into=None)


def _begin_with(asked: Sequence[str]) -> Q:
    """The same as a condition on a row's own words, each of which follows a space."""
    return Q(*(Q(words__contains=f" {word}") for word in asked))


def _first_beyond(rows: QuerySet[Contact], field: str) -> datetime | None:
    """The time of the newest who is not looked at any more; None when everybody is."""
    times: QuerySet[Contact, Any] = rows.order_by(f"-{field}", "-id").values_list(field, flat=True)
    return next(iter(times[_LOOKED_AT : _LOOKED_AT + 1]), None)


def _candidates(rows: QuerySet[Any], field: str, most: int, older_than: Place | None) -> list[Candidate]:
    latest = older(rows, field, older_than).order_by(f"-{field}", "-id").values_list(field, "id", "words")
    return [Candidate(at, row_id, words or "") for at, row_id, words in latest[:most]]
