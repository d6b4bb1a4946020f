"""Rows → JSON, the only place. Events, both APIs and the snapshots all say the same thing about the same row.

A visitor's shape is built from what a visitor may know; an agent's adds the team's side. No function here queries:
callers load what is needed (see `loading.facts_of`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.html import linebreaks
from django.utils.translation import gettext as _

from .browsers import browser_of
from .models import (
    Agent,
    Article,
    Attachment,
    Contact,
    Conversation,
    Draft,
    Message,
    Participant,
    Preference,
    Rating,
    ReadState,
    SavedReply,
    SavedView,
    SeenState,
    Tag,
    Team,
    Tenant,
    Visit,
    Widget,
)
from .shapes import (
    AgentPayload,
    ArticleHead,
    ArticlePayload,
    AttachmentPayload,
    Author,
    Availability,
    ContactPayload,
    ConversationPayload,
    DraftPayload,
    Face,
    MessagePayload,
    OfficeHoursPayload,
    ParticipantPayload,
    PreferencesPayload,
    RatingPayload,
    SavedReplyPayload,
    SavedViewPayload,
    TagPayload,
    TeamArticlePayload,
    TeamContactPayload,
    TeamConversationPayload,
    TeamPayload,
    TeamWidgetPayload,
    TenantPayload,
    VisitPayload,
    WidgetPayload,
)

# So much of its last message a conversation carries.
EXCERPT_CHARACTERS = 500
# Of an event, beside its name: when the team answers what the assistant handed over.
_TOLD_VISITORS = ("reply_time", "back_at")


@dataclass(slots=True)
class Facts:
    """A conversation with what its payloads need."""

    conversation: Conversation
    participants: list[Participant] = field(default_factory=list)
    contact_read: ReadState | None = None
    # The reading agent's own state; of no use to a visitor.
    own_read: ReadState | None = None
    # Whether that agent wants to be told of it no more.
    is_muted: bool = False
    possible_duplicates: list[Contact] = field(default_factory=list)


def timestamp(value: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def display_name(contact: Contact) -> str:
    """Return how people call the contact: name, e-mail or "Guest …"."""
    return str(contact.display_name)


def guest_name(event: dict[str, Any]) -> str:
    """Return how the guest of a "merged" part was called; a name made of their id is in the reader's language."""
    name, tail = str(event.get("guest", "")), str(event.get("from", ""))[-6:]
    return _("Guest {tail}").format(tail=tail) if tail and name.endswith(tail) else name


def agent_face(agent: Agent) -> Face:
    """Return what anybody may know of an agent."""
    return {"id": str(agent.id), "name": agent.display_name, "avatar_url": agent.avatar_url or None}


def visitor_message(message: Message) -> MessagePayload:
    """Return a part as its visitor gets it. It must be one that the visitor may see (I9)."""
    if message.visible_seq is None:
        raise ValueError("A part without a visible number never goes to a visitor.")
    author = _author_for_visitor(message)
    part = _message(message, seq=message.visible_seq, event=_visitor_event(message), author=author)
    return {**part, "attachments": _files(message, "/api/messenger/attachments")}


def team_message(message: Message) -> MessagePayload:
    """Return a part as the team gets it."""
    part = _message(message, seq=message.seq, event=message.event, author=_author(message))
    part = {**part, "attachments": _files(message, "/api/inbox/attachments"), "cycle": message.cycle}
    part["answer"] = message.answer
    return {**part, "mentions": list(message.mentions)} if message.kind == Message.Kind.NOTE else part


def file_facts(row: Attachment) -> dict[str, Any]:
    """Return what a message keeps of a file that it carries."""
    size = {"width": row.width, "height": row.height}
    return {"id": str(row.id), "name": row.name, "content_type": row.content_type, "size": row.size, **size}


def attachment(row: Attachment, *, for_team: bool) -> AttachmentPayload:
    """Return a file that was sent up."""
    return _with_url(file_facts(row), "/api/inbox/attachments" if for_team else "/api/messenger/attachments")


def article_head(row: Article) -> ArticleHead:
    """Return what a list tells of a help article."""
    return {
        "slug": row.slug,
        "locale": row.locale,
        "title": row.title,
        "summary": row.summary,
        "updated_at": timestamp(row.updated_at),
    }


def article(row: Article) -> ArticlePayload:
    """Return a help article as everybody may read it."""
    return {**article_head(row), "body_html": row.body_html}


def team_article(row: Article) -> TeamArticlePayload:
    """Return a help article as the team writes it."""
    return {
        **article(row),
        "id": str(row.id),
        "body": row.body,
        "status": row.status,
        "published_at": timestamp(row.published_at) if row.published_at else None,
    }


def visitor_conversation(facts: Facts) -> ConversationPayload:
    """Return a conversation as its contact gets it: own numbering, own revision, no trace of notes or snoozes."""
    row, read, seen = facts.conversation, facts.contact_read, _seen(facts.conversation)
    own_name = visitor_contact(row.contact)["name"] or ""
    return {
        "id": str(row.id),
        "status": "open" if row.status == Conversation.Status.SNOOZED else row.status,
        "is_primary": row.is_primary,
        "cycle": row.cycle,
        "subject": row.subject,
        "created_at": timestamp(row.created_at),
        "last_message_at": timestamp(row.last_message_at) if row.last_message else None,
        "last_seq": row.last_visible_seq,
        "unread_count": row.reply_messages - (read.messages_read if read else 0),
        "last_read_seq": read.last_read_visible_seq if read else 0,
        "seen_seq": seen.seen_visible_seq if seen else 0,
        "assignee": agent_face(row.assignee) if row.assignee else None,
        "participants": [_participant(one, own_name) for one in facts.participants if _is_known(one)],
        "last_message": _excerpt(visitor_message(row.last_message)) if row.last_message else None,
        "rating": rating(row.rating) if row.rating else None,
        "rating_requested": row.asks_rating,
        "assistant_answers": any(map(_listens, facts.participants)),
        "rev": row.visible_rev,
    }


def team_conversation(facts: Facts) -> TeamConversationPayload:
    """Return a conversation as one agent gets it: `unread_count`, `last_read_seq` and `muted` are that agent's own."""
    row, own, read, seen = facts.conversation, facts.own_read, facts.contact_read, _seen(facts.conversation)
    return {
        **visitor_conversation(facts),
        "status": row.status,
        "last_seq": row.last_seq,
        "unread_count": row.contact_messages - (own.messages_read if own else 0),
        "last_read_seq": own.last_read_seq if own else 0,
        "seen_seq": seen.seen_seq if seen else 0,
        "participants": [_participant(one, display_name(row.contact)) for one in facts.participants if _is_there(one)],
        "last_message": _excerpt(team_message(row.last_message)) if row.last_message else None,
        "rev": row.rev,
        "contact": team_contact(row.contact, facts.possible_duplicates),
        "team": {"id": str(row.team.id), "name": row.team.name} if row.team else None,
        "tags": list(row.tags),
        "priority": row.priority,
        "attributes": row.attributes,
        "spam": row.is_spam and row.is_closed,
        "contact_last_read_seq": read.last_read_seq if read else 0,
        "contact_messages": row.contact_messages,
        "waiting_since": timestamp(row.waiting_since) if row.waiting_since else None,
        "snoozed_until": timestamp(row.snoozed_until) if row.snoozed_until else None,
        "widget": {"id": str(row.widget_id), "name": row.widget.name},
        "muted": facts.is_muted,
    }


def visitor_contact(contact: Contact) -> ContactPayload:
    """Return the contact as they see themself; verified traits go first."""
    known = {**_own_traits(contact), **contact.verified}
    return {
        "id": str(contact.id),
        "type": contact.type,
        "name": known.get("name") or None,
        "email": known.get("email") or None,
        "phone": known.get("phone") or None,
        "avatar_url": contact.avatar_url or None,
    }


def team_contact(contact: Contact, possible_duplicates: list[Contact]) -> TeamContactPayload:
    """Return the contact as the team sees them, verified and unverified traits told apart."""
    return {
        **visitor_contact(contact),
        "external_id": contact.external_id,
        "display_name": display_name(contact),
        "attributes": contact.attributes,
        "verified": contact.verified,
        "unverified": _unverified(contact),
        "blocked": contact.blocked,
        "consented_at": timestamp(contact.consented_at) if contact.consented_at else None,
        "erased_at": timestamp(contact.erased_at) if contact.erased_at else None,
        "possible_duplicates": [{"id": str(one.id), "display_name": display_name(one)} for one in possible_duplicates],
        "last_message_at": timestamp(contact.last_message_at) if contact.last_message_at else None,
        "message_count": contact.message_count,
        "created_at": timestamp(contact.created_at),
    }


def own_contact(contact: Contact, asked: Collection[str]) -> dict[str, Any]:
    """Return what is kept of a person as they may have it: what is proven, what they said, and nothing of the team's.

    `asked` names the attributes that visitors are asked for. Any other may be the team's own.
    """
    said = {name: value for name, value in contact.attributes.items() if name in asked}
    return {
        **visitor_contact(contact),
        "external_id": contact.external_id,
        "verified": contact.verified,
        "unverified": {**said, **_own_traits(contact)},
        "consented_at": timestamp(contact.consented_at) if contact.consented_at else None,
        "created_at": timestamp(contact.created_at),
    }


def visit(row: Visit) -> VisitPayload:
    """Return a page view as the team sees it: of the browser its kind, and nothing that tells two of a kind apart."""
    browser, system = browser_of(row.user_agent)
    return {
        "id": str(row.id),
        "url": row.url,
        "title": row.title,
        "referrer": row.referrer,
        "browser": browser,
        "system": system,
        "locale": row.locale,
        "utm": row.utm,
        "widget": {"id": str(row.widget_id), "name": row.widget.name},
        "created_at": timestamp(row.created_at),
    }


def saved_reply(row: SavedReply) -> SavedReplyPayload:
    """Return a text to answer with."""
    return {
        "id": str(row.id),
        "shortcut": row.shortcut,
        "title": row.title,
        "body": row.body,
        "is_shared": row.agent_id is None,
        "updated_at": timestamp(row.updated_at),
    }


def draft(row: Draft) -> DraftPayload:
    """Return what its agent has begun to write."""
    return {
        "conversation_id": str(row.conversation_id),
        "kind": row.kind,
        "text": row.text,
        "version": row.version,
        "updated_at": timestamp(row.updated_at),
    }


def preferences(row: Preference) -> PreferencesPayload:
    """Return how an agent likes to work."""
    return {
        "desktop": row.desktop,
        "sound": row.sound,
        "ring": row.ring,
        "mentions": row.mentions,
        "send_key": row.send_key,
        "theme": row.theme,
    }


def agent(row: Agent) -> AgentPayload:
    """Return an agent as their colleagues know them."""
    return {
        **agent_face(row),
        "email": row.user.email,
        "role": row.role,
        "availability": row.availability,
    }


def tenant(row: Tenant) -> TenantPayload:
    """Return a tenant as its agents know it."""
    return {
        "id": str(row.id),
        "slug": row.slug,
        "name": row.name,
        "locale": row.locale,
        "time_zone": row.time_zone,
        "thread_policy": row.thread_policy,
    }


@dataclass(frozen=True, slots=True)
class Offer:
    """What a visitor finds at a tenant's messenger at the moment."""

    # Name, avatar_url and availability of some agents, of those who are there first.
    team: Sequence[Mapping[str, str]]
    # When the office opens next; None while it is open.
    back_at: datetime | None
    reply_time: str
    # Whether there are articles to read.
    help: bool

    @property
    def is_staffed(self) -> bool:
        """Whether an agent is there."""
        return any(face["availability"] == Agent.Availability.ONLINE for face in self.team)


def availability(offer: Offer) -> Availability:
    """Return whether somebody answers, and what to expect otherwise."""
    return {
        "online": offer.is_staffed and offer.back_at is None,
        "reply_time": offer.reply_time or None,
        "back_at": timestamp(offer.back_at) if offer.back_at else None,
    }


def office_hours(row: Tenant, offer: Offer) -> OfficeHoursPayload:
    """Return when the team is there, as the team sets it."""
    return {
        "office_hours": row.office_hours,
        "time_zone": row.time_zone,
        "reply_time": row.reply_time or None,
        "availability": availability(offer),
    }


def widget(row: Widget, offer: Offer) -> WidgetPayload:
    """Return the public configuration of a widget. Allowed origins and secrets are not part of it."""
    texts = row.texts.get(row.tenant.locale, {})
    return {
        "id": str(row.id),
        "tenant_id": str(row.tenant_id),
        "name": row.name,
        "locale": row.tenant.locale,
        "appearance": row.appearance,
        "greeting": texts.get("greeting", ""),
        "texts": row.texts,
        "features": _features(row, offer),
        "prechat": row.prechat,
        "thread_policy": row.tenant.thread_policy,
        "team": [{"name": one["name"], "avatar_url": one["avatar_url"] or None} for one in offer.team],
        "availability": availability(offer),
    }


def team_widget(row: Widget) -> TeamWidgetPayload:
    """Return a widget as the team keeps it."""
    return {
        "id": str(row.id),
        "name": row.name,
        "is_active": row.is_active,
        "allowed_origins": row.allowed_origins,
        "appearance": row.appearance,
        "texts": row.texts,
        "prechat": row.prechat,
        "features": row.features,
        "team_id": str(row.team_id) if row.team_id else None,
        "loader": f"/widget/{row.id}.js",
        "created_at": timestamp(row.created_at),
    }


def _features(row: Widget, offer: Offer) -> dict[str, Any]:
    """What the widget's settings switch, with what also depends on its tenant."""
    has_help = offer.help and row.features.get("help") is not False
    return {**row.features, "help": has_help, "close": row.tenant.visitors_may_close}


def team(row: Team, members: Sequence[Agent]) -> TeamPayload:
    """Return a team as its company sets it up."""
    return {
        "id": str(row.id),
        "name": row.name,
        "round_robin": row.round_robin,
        "is_default": row.is_default,
        "members": [agent_face(one) for one in members],
    }


def tag(row: Tag) -> TagPayload:
    """Return a tag of the catalogue."""
    return {"id": str(row.id), "name": row.name, "colour": row.colour}


def saved_view(row: SavedView) -> SavedViewPayload:
    """Return a list that somebody has kept."""
    return {
        "id": str(row.id),
        "name": row.name,
        "filters": row.filters,
        "is_shared": row.is_shared,
        "made_by": agent_face(row.agent),
    }


def read_state(facts: Facts, *, for_team: bool) -> dict[str, Any]:
    """Return how far the contact has read, in the numbering of the audience."""
    row, read = facts.conversation, facts.contact_read
    payload: dict[str, Any] = {
        "conversation_id": str(row.id),
        "participant": {"kind": "contact", "id": str(row.contact_id)},
    }
    if for_team:
        return {**payload, "last_read_seq": read.last_read_seq if read else 0}
    mine = visitor_conversation(facts)
    return {**payload, "last_read_seq": mine["last_read_seq"], "unread_count": mine["unread_count"]}


def seen(facts: Facts, *, for_team: bool) -> dict[str, Any] | None:
    """Return what was seen, by whom and when; nothing when nobody has."""
    state = _seen(facts.conversation)
    if state is None:
        return None
    return {
        "conversation_id": str(facts.conversation.id),
        "seen_seq": state.seen_seq if for_team else state.seen_visible_seq,
        "by": {"name": state.agent.display_name, "avatar_url": state.agent.avatar_url or None},
        "at": timestamp(state.at),
    }


def rating(row: Rating) -> RatingPayload:
    """Return what was thought of a cycle."""
    return {"cycle": row.cycle, "score": row.score, "remark": row.remark or None}


def rated(facts: Facts, *, for_team: bool) -> dict[str, Any]:
    """Return the rating of the conversation's present cycle: the same for everybody."""
    row = facts.conversation
    return {"conversation_id": str(row.id), "rating": rating(row.rating) if row.rating else None}


def _message(row: Message, *, seq: int, event: dict[str, Any] | None, author: Author) -> MessagePayload:
    deleted = row.deleted_at is not None
    return {
        "id": str(row.id),
        "conversation_id": str(row.conversation_id),
        "seq": seq,
        "kind": row.kind,
        "author": author,
        "body": "" if deleted else row.body,
        "body_html": "" if deleted else row.body_html,
        "client_message_id": str(row.client_message_id) if row.client_message_id else None,
        "attachments": [],
        "created_at": timestamp(row.created_at),
        "edited_at": timestamp(row.edited_at) if row.edited_at else None,
        "deleted": deleted,
        "event": event,
        "sources": [] if deleted else list(row.sources),
        "rev": row.rev,
    }


def _files(row: Message, door: str) -> list[AttachmentPayload]:
    return [] if row.deleted_at else [_with_url(one, door) for one in row.files]


def _with_url(facts: dict[str, Any], door: str) -> AttachmentPayload:
    return {**facts, "url": f"{door}/{facts['id']}"}  # type: ignore[typeddict-item]  # As `file_facts` made them.


def _excerpt(message: MessagePayload) -> MessagePayload:
    """A message as its conversation carries it: whole, or the beginning of a long one.

    A list of conversations is for looking over, and the event of a message brings it twice.
    """
    if len(message["body"]) <= EXCERPT_CHARACTERS:
        return message
    beginning = message["body"][:EXCERPT_CHARACTERS].rstrip() + "…"
    return {**message, "body": beginning, "body_html": str(linebreaks(beginning, autoescape=True))}


def _author(row: Message) -> Author:
    if row.author_kind == Message.Author.CONTACT:
        person = row.contact
        return {
            "kind": "contact",
            "id": str(person.id),
            "name": display_name(person),
            "avatar_url": person.avatar_url or None,
        }
    if row.agent:
        return {"kind": "agent", **agent_face(row.agent)}
    return {"kind": row.author_kind, "id": None, "name": "", "avatar_url": None}


def _author_for_visitor(row: Message) -> Author:
    """Visitors know themselves by the name they gave, and are no "Guest …" to themselves."""
    author = _author(row)
    if author["kind"] == "contact":
        author["name"] = visitor_contact(row.contact)["name"] or ""
    return author


def _participant(row: Participant, contact_name: str) -> ParticipantPayload:
    if row.agent:
        return {"kind": "agent", **agent_face(row.agent), "is_active": row.is_active}
    name = contact_name if row.kind == Participant.Kind.CONTACT else ""
    subject = str(row.contact_id) if row.contact_id else None
    return {"kind": row.kind, "id": subject, "name": name, "avatar_url": None, "is_active": row.is_active}


def _listens(row: Participant) -> bool:
    return row.kind == Participant.Kind.ASSISTANT and row.is_active and row.can_reply


def _is_there(row: Participant) -> bool:
    """An agent who is not active takes no part: they have but muted the conversation."""
    return row.agent is None or row.is_active


def _is_known(row: Participant) -> bool:
    """An agent who was only assigned has not shown themself to the visitor yet."""
    return row.agent is None or row.joined_at is not None


def _visitor_event(row: Message) -> dict[str, Any] | None:
    """A visitor learns what happened, not the team's details of it."""
    if row.event is None:
        return None
    return {"name": row.event["name"], **{key: row.event[key] for key in _TOLD_VISITORS if key in row.event}}


def _seen(row: Conversation) -> SeenState | None:
    return getattr(row, "seen_state", None)


def _unverified(contact: Contact) -> dict[str, Any]:
    return {**contact.attributes, **_own_traits(contact)}


def _own_traits(contact: Contact) -> dict[str, str]:
    own = {"name": contact.name, "email": contact.email, "phone": contact.phone}
    return {key: value for key, value in own.items() if value}
