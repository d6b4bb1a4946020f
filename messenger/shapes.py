"""The shapes of the JSON that clients get. The OpenAPI document is made of these."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class Face(TypedDict):
    """Somebody as the other side sees them."""

    id: str
    name: str
    avatar_url: str | None


class Author(TypedDict):
    kind: str
    id: str | None
    name: str
    avatar_url: str | None


class ParticipantPayload(TypedDict):
    kind: str
    id: str | None
    name: str
    avatar_url: str | None
    is_active: bool


class AttachmentPayload(TypedDict):
    id: str
    name: str
    content_type: str
    size: int
    width: int | None
    height: int | None
    url: str


class ArticleHead(TypedDict):
    slug: str
    locale: str
    title: str
    summary: str
    updated_at: str


class ArticlePayload(ArticleHead):
    body_html: str


class TeamArticlePayload(ArticlePayload):
    id: str
    body: str
    status: str
    published_at: str | None


class MessagePayload(TypedDict):
    id: str
    conversation_id: str
    seq: int
    kind: str
    author: Author
    body: str
    body_html: str
    client_message_id: str | None
    attachments: list[AttachmentPayload]
    created_at: str
    edited_at: str | None
    deleted: bool
    event: dict[str, Any] | None
    sources: list[dict[str, Any]]
    rev: int
    cycle: NotRequired[int]


class RatingPayload(TypedDict):
    cycle: int
    score: int
    remark: str | None


class ConversationPayload(TypedDict):
    id: str
    status: str
    is_primary: bool
    cycle: int
    subject: str
    created_at: str
    last_message_at: str | None
    last_seq: int
    unread_count: int
    last_read_seq: int
    seen_seq: int
    assignee: Face | None
    participants: list[ParticipantPayload]
    last_message: MessagePayload | None
    rating: RatingPayload | None
    rating_requested: bool
    rev: int


class ContactPayload(TypedDict):
    id: str
    type: str
    name: str | None
    email: str | None
    phone: str | None
    avatar_url: str | None


class PossibleDuplicate(TypedDict):
    id: str
    display_name: str


class TeamContactPayload(ContactPayload):
    external_id: str | None
    display_name: str
    attributes: dict[str, Any]
    verified: dict[str, Any]
    unverified: dict[str, Any]
    blocked: bool
    consented_at: str | None
    possible_duplicates: list[PossibleDuplicate]
    last_message_at: str | None
    message_count: int
    created_at: str


class Named(TypedDict):
    id: str
    name: str


class TeamConversationPayload(ConversationPayload):
    contact: TeamContactPayload
    team: Named | None
    tags: list[str]
    priority: str
    contact_last_read_seq: int
    contact_messages: int
    waiting_since: str | None
    snoozed_until: str | None
    widget: Named


class AgentPayload(Face):
    email: str
    role: str
    availability: str


class TenantPayload(TypedDict):
    id: str
    slug: str
    name: str
    locale: str
    time_zone: str
    thread_policy: str


class TeamFace(TypedDict):
    """Somebody of the team, as everybody may see them before they have said anything."""

    name: str
    avatar_url: str | None


class WidgetPayload(TypedDict):
    id: str
    tenant_id: str
    name: str
    locale: str
    appearance: dict[str, Any]
    greeting: str
    texts: dict[str, Any]
    features: dict[str, Any]
    prechat: dict[str, Any]
    thread_policy: str
    team: list[TeamFace]
    availability: Availability


class Availability(TypedDict):
    # Somebody answers at the moment.
    online: bool
    # How soon, usually: minutes, hours or day.
    reply_time: str | None
    # When the office opens next; null while it is open.
    back_at: str | None


class OfficeHoursPayload(TypedDict):
    office_hours: dict[str, list[list[str]]]
    time_zone: str
    reply_time: str | None
    availability: Availability


class LogItemPayload(TypedDict):
    id: str
    seq: int
    type: str
    v: int
    at: str
    payload: dict[str, Any]


# `from` is a word of Python's, so this one is written as a call.
LogFrame = TypedDict(
    "LogFrame",
    {
        "t": str,
        "epoch": NotRequired[str],
        "from": NotRequired[int],
        "to": NotRequired[int],
        "items": NotRequired[list[LogItemPayload]],
        "more": NotRequired[bool],
        "reason": NotRequired[str],
    },
)
