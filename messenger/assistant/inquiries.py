"""What a provider is told of a conversation: what its contact may read of this cycle, and what the help says to it.

No name, no address, no note, nothing of anybody else (the field list of `Inquiry` is all there is).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from ..actions.turns import Asked
from ..models import Conversation, Message, Tenant
from ..shapes import Source
from ..words import searchable
from .protocol import Inquiry, Said
from .retrieval import look_up

_MOST_PARTS, _MOST_CHARACTERS = 20, 6_000
# Of what is asked, the beginning and the end, where the question mostly is: a provider is paid by the word.
_QUESTION_CHARACTERS, _END_CHARACTERS = 4_000, 1_000


def of(asked: Asked) -> Inquiry:
    """Return what a turn asks."""
    parts = _said(asked.conversation, asked.cycle, up_to=asked.asked_to)
    question = [one for one in parts if one.seq >= asked.asked_from and one.author_kind == Message.Author.CONTACT]
    before = [one for one in parts if one.seq < asked.asked_from]
    return _inquiry(asked.tenant, asked.conversation, question, before)


def for_agent(conversation: Conversation, tenant: Tenant) -> Inquiry:
    """Return what an agent is to answer: what the contact said since somebody last replied."""
    parts = _said(conversation, conversation.cycle, up_to=conversation.last_seq)
    replied = max((one.seq for one in parts if one.author_kind != Message.Author.CONTACT), default=0)
    question = [one for one in parts if one.seq > replied] or [one for one in parts if one.seq < replied][-1:]
    return _inquiry(tenant, conversation, question, [one for one in parts if one not in question])


def breaks_a_rule(asked: Asked) -> bool:
    """Whether something in the question always goes to a person in this company: in all of it, however long it is."""
    phrases = [f"{plain} " for plain in map(searchable, asked.tenant.handoff_phrases) if plain]
    if not phrases:
        return False
    parts = _readable(asked.conversation, asked.cycle).filter(seq__range=(asked.asked_from, asked.asked_to))
    said = "\n".join(parts.filter(author_kind=Message.Author.CONTACT).order_by("seq").values_list("body", flat=True))
    words = f"{searchable(said)} "
    return any(phrase in words for phrase in phrases)


def sources_of(inquiry: Inquiry, slugs: Sequence[str]) -> list[Source]:
    """Return the articles of these slugs as a message keeps them, each once, in the order in which they are cited."""
    passages = {passage.slug: passage for passage in reversed(inquiry.finding.passages)}
    cited = [passages[slug] for slug in dict.fromkeys(slugs) if slug in passages]
    return [{"slug": one.slug, "locale": one.locale, "title": one.title} for one in cited]


def _inquiry(
    tenant: Tenant, conversation: Conversation, question: Sequence[Message], before: Sequence[Message]
) -> Inquiry:
    text = _question_text(question)
    return Inquiry(
        question=text,
        history=_history(before),
        finding=look_up(tenant, text, _locale_of(conversation, tenant)),
        company=tenant.name,
    )


def _said(conversation: Conversation, cycle: int, *, up_to: int) -> list[Message]:
    """The latest messages of a cycle up to a number, oldest first."""
    said = _readable(conversation, cycle).filter(seq__lte=up_to)
    return list(said.order_by("-seq").only("seq", "author_kind", "body")[:_MOST_PARTS])[::-1]


def _readable(conversation: Conversation, cycle: int) -> QuerySet[Message]:
    """What of a cycle the contact may read. A note is none of it (I9)."""
    parts = Message.objects.filter(tenant_id=conversation.tenant_id, conversation=conversation.id, cycle=cycle)
    return parts.filter(kind=Message.Kind.MESSAGE, visible_seq__isnull=False, deleted_at=None)


def _question_text(parts: Iterable[Message]) -> str:
    text = "\n".join(one.body for one in parts)
    if len(text) <= _QUESTION_CHARACTERS:
        return text
    return f"{text[: _QUESTION_CHARACTERS - _END_CHARACTERS]}\n…\n{text[-_END_CHARACTERS:]}"


def _history(parts: Sequence[Message]) -> tuple[Said, ...]:
    """As much of the latest as there is room for, oldest first."""
    said: list[Said] = []
    room = _MOST_CHARACTERS
    for part in reversed(parts):
        room -= len(part.body)
        if room < 0:
            break
        said.append(Said(part.author_kind, part.body))  # type: ignore[arg-type]  # Of messages, the three kinds.
    return tuple(reversed(said))


def _locale_of(conversation: Conversation, tenant: Tenant) -> str:
    """The language of the page that the conversation was begun on, else the company's."""
    return (conversation.visit.locale if conversation.visit else "") or tenant.locale
