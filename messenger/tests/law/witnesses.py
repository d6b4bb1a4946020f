"""Who watches a deed, through the doors of the product: what they know before, what the log tells them, and after."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from curbe.testing.clients import Browser
from messenger import queries, streams
from messenger.models import Agent, Contact, Conversation, Stream
from messenger.shapes import MessagePayload

Json = dict[str, Any]

_MOST = 100

# What no event of one contact can keep true of another: who else gave the same address is looked up with whatever is
# read. An agent learns it with the next answer about that contact; what one's own events say of it is tested apart.
EXCLUDED = "possible_duplicates"


class Witness(Protocol):
    """Somebody with a stream of their own."""

    name: str
    audience: str

    def snapshot(self) -> Json:
        """What they are told who ask for everything."""

    def stream(self) -> Stream | None:
        """Their stream, with its present head; none for a visitor who is nobody yet."""

    def replay(self, stream: Stream, after: int) -> Json | None:
        """What a resume tells them, as one batch."""


@dataclass
class AtContact:
    """A contact, by what a bootstrap brings of their state (see `test_a_bootstrap_brings_the_snapshot`)."""

    contact: Contact | None
    name: str
    audience: str = "visitor"

    def snapshot(self) -> Json:
        return queries.visitor_snapshot(self.contact)[1]

    def stream(self) -> Stream | None:
        return streams.contact_stream(self.contact) if self.contact else None

    def replay(self, stream: Stream, after: int) -> Json | None:
        return batch_of(stream, streams.events_after(stream, after, streams.MOST_BEHIND), after)


class Visitor(AtContact):
    """Whoever is in this browser by now."""

    def __init__(self, browser: Browser, name: str = "visitor") -> None:
        self.browser = browser
        super().__init__(None, name)

    def snapshot(self) -> Json:
        self.contact = self.browser.visitor.contact
        return super().snapshot()


@dataclass
class AtDesk:
    """An agent, who is shown every listed conversation of the tenant with all its parts, by the API as by the inbox."""

    agent: Agent
    name: str
    audience: str = "team"

    def snapshot(self) -> Json:
        cursor = streams.team_stream(self.agent.tenant_id).cursor
        page = queries.inbox_page(self.agent, limit=_MOST)
        assert page.next is None, f"a tenant of the tests has no more than {_MOST} conversations"
        messages = [part for one in page.items for part in self._parts(one["id"])]
        unread = sum(one["unread_count"] for one in page.items)
        known: Json = {"contact": None, "merged_from": [], "conversations": page.items, "messages": messages}
        return dict(without_hints({**known, "unread_count": unread, "cursor": cursor}))

    def stream(self) -> Stream | None:
        return streams.team_stream(self.agent.tenant_id)

    def replay(self, stream: Stream, after: int) -> Json | None:
        items = streams.events_after(stream, after, streams.MOST_BEHIND, agent=self.agent)
        batch: Json | None = without_hints(batch_of(stream, items, after))
        return batch

    def _parts(self, conversation_id: str) -> list[MessagePayload]:
        conversation = Conversation.objects.get(tenant_id=self.agent.tenant_id, id=conversation_id)
        parts, has_more = queries.team_messages(conversation, before=None, after=None, limit=_MOST)
        assert not has_more, f"a thread of the tests has no more than {_MOST} parts"
        return parts


def without_hints(value: Any) -> Any:
    """The same JSON without what is excluded."""
    if isinstance(value, list):
        return [without_hints(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: without_hints(one) for key, one in value.items() if key != EXCLUDED}


def batch_of(stream: Stream, items: list[streams.LogItem], after: int) -> Json | None:
    """The events as a frame carries them, or none."""
    if not items:
        return None
    told = [item.as_json(stream.epoch) for item in items]
    return {"epoch": stream.epoch, "from": after + 1, "to": items[-1].seq, "items": told}


@dataclass(frozen=True)
class Vector:
    """What one witness knew, was told and should know then: what each reducer must reproduce.

    `answers` are those of an agent's own requests about reading, of which no event tells (they are nobody else's
    business).
    """

    name: str
    audience: str
    before: Json
    events: Json | None
    after: Json
    answers: list[Json] = field(default_factory=list)


def position(snapshot: Json) -> int:
    """The seq at which a snapshot stands."""
    return int(snapshot["cursor"].rpartition(":")[2])
