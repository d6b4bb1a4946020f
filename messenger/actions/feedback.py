"""Feedback: a contact rates a cycle of a conversation that was closed and asks for it."""

from __future__ import annotations

import uuid

from ..errors import NotFound, RatingNotRequested
from ..events import EventLog, EventType
from ..models import Agent, Conversation, Message, Rating
from ..principals import Visitor
from .locks import lock_conversation_of, lock_speaker
from .parts import append_event, change_event, record
from .verb import verb


@verb
def rate_conversation(
    events: EventLog, *, by: Visitor, conversation_id: uuid.UUID, cycle: int, score: int, remark: str = ""
) -> Rating:
    """Give a closed cycle its score, or another one; a remark is the last word. The same again changes nothing.

    Raises NotFound, Forbidden for a blocked contact (S60), and RatingNotRequested when the cycle is not the present
    one, was closed without asking, or has had its last word.
    """
    if by.contact is None:
        raise NotFound()
    contact = lock_speaker(by, by.contact.id)
    conversation = lock_conversation_of(contact, conversation_id)
    given = Rating.objects.filter(tenant_id=by.tenant_id, conversation=conversation, cycle=cycle).first()
    if given and (given.score, given.remark) == (score, remark):
        return given
    if not conversation.asks_rating or cycle != conversation.cycle:
        raise RatingNotRequested()
    rating = given or Rating(tenant_id=by.tenant_id, conversation=conversation, cycle=cycle, created_at=events.at)
    rating.score, rating.remark, rating.updated_at = score, remark, events.at
    _tell(events, conversation, rating)
    rating.save()
    conversation.rating, conversation.asks_rating = rating, not remark
    conversation.save()
    record(events, EventType.RATING_UPDATED, conversation, rating.id)
    return rating


def _tell(events: EventLog, conversation: Conversation, rating: Rating) -> None:
    """The thread tells of a rating once, and always of the present one."""
    facts = {"score": rating.score, "remark": rating.remark}
    if rating.part_id:
        change_event(events, conversation, rating.part, **facts)
        return
    rating.agent = _credited(conversation)
    rating.part = append_event(events, conversation, "rated", agent=None, **facts)


def _credited(conversation: Conversation) -> Agent | None:
    parts = Message.objects.filter(tenant_id=conversation.tenant_id, conversation=conversation, kind="message")
    replies = parts.filter(cycle=conversation.cycle, author_kind__in=["agent", "assistant"]).select_related("agent")
    last = replies.order_by("-seq").first()
    return last.agent if last else None
