"""Search over everybody and everything that was ever said in a tenant: for its agents, notes included.

Hits are put into order a hundred at a time, the newest hundred first, each hundred by how well it fits. So among two
years of "order" the best of the latest lead, and the next page never costs more than the next hundred.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery

from . import excerpts, payloads, wordindex
from .findpeople import latest_with_words
from .loading import possible_duplicates, with_authors
from .models import Agent, Contact, Conversation, Message
from .paging import BadCursor, Page
from .shapes import SearchHit
from .wordindex import Candidate, Place, Wanted
from .words import words_of

# So many hits are put into order at a time.
_WINDOW = 100
_PEOPLE_FIRST = 5
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Hits(Page):
    """A page of hits, and whether more people fit than the first page shows."""

    more_people: bool = False


def search(agent: Agent, q: str, *, only: str | None = None, cursor: str | None = None, limit: int) -> Hits:
    """Return a page of hits; `only` one kind, "contact" or "message", when told so. Raises BadCursor.

    With both, the first page begins with the likeliest people, at most five, and messages fill it and follow page
    by page.
    """
    asked = words_of(q)
    if not asked:
        return Hits([], None)
    if only == "contact":
        return _page(_People(agent, asked), cursor, limit)
    said = _Messages(agent, asked)
    if only == "message" or cursor:
        return _page(said, cursor, limit)
    people = _page(_People(agent, asked), None, min(_PEOPLE_FIRST, limit))
    messages = _page(said, None, limit - len(people.items))
    return Hits([*people.items, *messages.items], messages.next, more_people=people.next is not None)


class _Messages:
    """Messages and notes, by when they were said."""

    def __init__(self, agent: Agent, asked: Sequence[str]) -> None:
        self.agent, self.asked = agent, asked

    def newest(self, wanted: Wanted, older_than: Place | None) -> tuple[list[Candidate], bool]:
        return wordindex.newest_with(self.agent.tenant_id, self.asked, wanted, older_than)

    def fit(self, row: Candidate) -> int:
        """The words one after the other count most, then the last one as a whole word, then one said repeatedly."""
        text = f"{row.words} "
        in_order = len(self.asked) > 1 and f" {' '.join(self.asked)}" in text
        is_whole = f" {self.asked[-1]} " in text
        return 4 * in_order + 2 * is_whole + any(text.count(f" {word}") > 1 for word in self.asked)

    def hits(self, found: Sequence[Candidate]) -> list[SearchHit]:
        ids = [one.id for one in found]
        said = with_authors(Message.objects.filter(tenant_id=self.agent.tenant_id, id__in=ids))
        rows = {row.id: row for row in said.select_related("conversation")}
        similar = possible_duplicates(self.agent.tenant_id, [row.contact for row in rows.values()])
        return [self._hit(rows[one], similar[rows[one].contact_id]) for one in ids if one in rows]

    def _hit(self, row: Message, similar: list[Contact]) -> SearchHit:
        return {
            "type": "message",
            "contact": payloads.team_contact(row.contact, similar),
            "message": payloads.team_message(row),
            "position": {"conversation_id": str(row.conversation_id), "seq": row.seq},
            "status": row.conversation.status,
            "excerpt": excerpts.of_part(row, self.asked),
        }


class _People:
    """Contacts, by when something was last said, or when they came."""

    def __init__(self, agent: Agent, asked: Sequence[str]) -> None:
        self.agent, self.asked = agent, asked

    def newest(self, wanted: Wanted, older_than: Place | None) -> tuple[list[Candidate], bool]:
        return latest_with_words(self.agent.tenant_id, self.asked, wanted, older_than)

    def fit(self, row: Candidate) -> int:
        """A name that begins with the words counts most, then each whole word."""
        text = f"{row.words} "
        return 4 * text.startswith(f" {' '.join(self.asked)}") + sum(f" {word} " in text for word in self.asked)

    def hits(self, found: Sequence[Candidate]) -> list[SearchHit]:
        ids = [one.id for one in found]
        rows = {row.id: row for row in Contact.objects.filter(tenant_id=self.agent.tenant_id, id__in=ids)}
        similar = possible_duplicates(self.agent.tenant_id, list(rows.values()))
        latest = self._latest_conversations(ids)
        return [self._hit(rows[one], similar[one], latest.get(one)) for one in ids if one in rows]

    def _latest_conversations(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Conversation]:
        own = Conversation.objects.filter(tenant_id=self.agent.tenant_id, last_message__isnull=False)
        newest = own.filter(contact=OuterRef("pk")).order_by("-last_message_at", "-id").values("id")[:1]
        people = Contact.objects.filter(tenant_id=self.agent.tenant_id, id__in=ids)
        newest_ids = people.annotate(latest=Subquery(newest)).values("latest")
        return {one.contact_id: one for one in own.filter(id__in=newest_ids)}

    def _hit(self, row: Contact, similar: list[Contact], latest: Conversation | None) -> SearchHit:
        contact = payloads.team_contact(row, similar)
        told = [contact["display_name"], contact["email"], contact["phone"]]
        return {
            "type": "contact",
            "contact": contact,
            "message": None,
            "position": {"conversation_id": str(latest.id), "seq": latest.last_seq} if latest else None,
            "status": latest.status if latest else None,
            "excerpt": excerpts.around(" · ".join(dict.fromkeys(filter(None, told))), self.asked),
        }


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a search goes on: hits older than `below`, down to `last`; of those the ones below `after`."""

    below: Place
    last: Place | None = None
    after: tuple[int, datetime, uuid.UUID] | None = None

    def encoded(self) -> str:
        key = json.dumps([_told(self.below), _told(self.last), _told(self.after)])
        return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")

    @classmethod
    def decoded(cls, text: str) -> _Cursor:
        """Raises BadCursor for one that we did not make."""
        try:
            below, last, after = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            rank = (int(after[0]), *_place(after[1:])) if after else None
            return cls(_place(below), _place(last) if last else None, rank)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            raise BadCursor() from error


def _page(found: _Messages | _People, cursor: str | None, limit: int) -> Hits:
    """A page of hits; of none, when there is no room, with the cursor at which they begin."""
    place = _Cursor.decoded(cursor) if cursor else None
    wanted = Wanted(_WINDOW, limit + 1, place.last if place else None)
    rows, has_older = found.newest(wanted, place.below if place else None)
    if not rows:
        return Hits([], None)
    below = place.below if place else _just_above(rows[0][:2])
    last = place.last if place and place.last else rows[-1][:2]
    ranked = sorted(((found.fit(row), *row) for row in rows if row[:2] >= last), reverse=True)
    left = [row for row in ranked if not (place and place.after) or row[:3] < place.after]
    rest = _Cursor(below, last, left[limit - 1][:3] if limit else None) if len(left) > limit else None
    onward = rest or (_Cursor(last) if has_older or rows[-1][:2] < last else None)
    return Hits(found.hits([Candidate(*row[1:]) for row in left[:limit]]), onward.encoded() if onward else None)


def _just_above(place: Place) -> Place:
    """The place of which this one is the first that is older: what comes in meanwhile does not move the pages."""
    at, row_id = place
    return at, uuid.UUID(int=row_id.int + 1)


def _told(place: tuple[Any, ...] | None) -> list[int | str] | None:
    """Short, because a cursor goes into an address: microseconds since 1970, and hexadecimal ids."""
    if place is None:
        return None
    *rank, at, row_id = place
    return [*rank, (at - _EPOCH) // _MICROSECOND, row_id.hex]


def _place(told: list[Any]) -> Place:
    at, row_id = told
    return _EPOCH + at * _MICROSECOND, uuid.UUID(row_id)
