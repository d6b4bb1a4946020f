"""What is told when the assistant hands over: to the visitor when the team answers, to the team what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from .hours import opens_at
from .models import Conversation, Message, Tenant
from .models.assistant import TurnReason
from .payloads import timestamp

_MOST_PARTS = 40
_MOST_QUOTED, _QUOTED_CHARACTERS = 3, 280


def facts_of(conversation: Conversation, reason: TurnReason, *, now: datetime) -> dict[str, Any]:
    """Return what the event of a hand-over says.

    `reply_time` and `back_at` are for everybody; `reason` and `summary` for the team alone, in the company's language.
    """
    tenant = Tenant.objects.get(id=conversation.tenant_id)
    back_at = opens_at(tenant.office_hours, tenant.time_zone, now)
    said = Message.objects.filter(conversation=conversation, cycle=conversation.cycle)
    return {
        "reason": str(reason),
        "summary": _summary(tenant, said, reason),
        "reply_time": tenant.reply_time or None,
        "back_at": timestamp(back_at) if back_at else None,
    }


def summary_of(part: Message) -> str:
    """Return the summary of a hand-over that has been, without what was removed since."""
    tenant = Tenant.objects.get(id=part.tenant_id)
    said = Message.objects.filter(conversation=part.conversation_id, cycle=part.cycle, seq__lt=part.seq)
    return _summary(tenant, said, TurnReason((part.event or {})["reason"]))


def _summary(tenant: Tenant, parts: QuerySet[Message], reason: TurnReason) -> str:
    """Of the latest messages among the parts, in the company's language."""
    said = parts.filter(tenant_id=tenant.id, kind=Message.Kind.MESSAGE, deleted_at=None)
    latest = said.order_by("-seq").only("author_kind", "body", "sources")[:_MOST_PARTS]
    with override(tenant.locale):
        return _in_words(list(latest)[::-1], reason)


def _in_words(said: Sequence[Message], reason: TurnReason) -> str:
    asked = [one.body.strip() for one in said if one.author_kind == Message.Author.CONTACT and one.body.strip()]
    answers = [one for one in said if one.author_kind == Message.Author.ASSISTANT]
    lines = [_("Handed over: {reason}.").format(reason=reason.label)]
    lines += [_("Asked: “{text}”").format(text=_excerpt(text)) for text in asked[-_MOST_QUOTED:]]
    if answers:
        times = ngettext("The assistant answered once", "The assistant answered {n} times", len(answers))
        titles = dict.fromkeys(source["title"] for one in answers for source in one.sources)
        cited = _(", citing {titles}").format(titles=", ".join(titles)) if titles else ""
        lines.append(f"{times.format(n=len(answers))}{cited}.")
    return "\n".join(lines)


def _excerpt(text: str) -> str:
    return Truncator(" ".join(text.split())).chars(_QUOTED_CHARACTERS)
