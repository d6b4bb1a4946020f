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


class Source(TypedDict):
    """An article that the assistant cites."""

    slug: str
    locale: str
    title: str


class AnswerFacts(TypedDict):
    confidence: float
    model: str
    duration_ms: int
    tokens_in: int
    tokens_out: int


class Suggestion(TypedDict):
    """What the assistant would answer; no body, and why not, when it would hand over."""

    body: str | None
    reason: str | None
    sources: list[Source]
    confidence: float


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
    sources: list[Source]
    rev: int
    cycle: NotRequired[int]
    # How an answer of the assistant was made; the team alone gets it.
    answer: NotRequired[AnswerFacts | None]
    # Ids of the agents whom a note names; the team alone gets them.
    mentions: NotRequired[list[str]]


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
    # Whether what the contact writes is the assistant's to answer first.
    assistant_answers: bool
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
    erased_at: str | None
    possible_duplicates: list[PossibleDuplicate]
    last_message_at: str | None
    message_count: int
    created_at: str


class Named(TypedDict):
    id: str
    name: str


class VisitPayload(TypedDict):
    id: str
    url: str
    title: str
    referrer: str
    browser: str
    system: str
    locale: str
    utm: dict[str, Any]
    widget: Named
    created_at: str


class TeamConversationPayload(ConversationPayload):
    contact: TeamContactPayload
    team: Named | None
    tags: list[str]
    priority: str
    attributes: dict[str, Any]
    spam: bool
    muted: bool
    contact_last_read_seq: int
    contact_messages: int
    waiting_since: str | None
    snoozed_until: str | None
    widget: Named


class TeamPayload(Named):
    # Whether what it is given goes to the next of its members who is online.
    round_robin: bool
    # Whether new conversations go to it.
    is_default: bool
    members: list[Face]


class TagPayload(Named):
    colour: str


class Outcome(TypedDict):
    """What came of a verb for one of many conversations."""

    id: str
    ok: bool
    code: str | None
    detail: str | None


class SavedViewPayload(Named):
    # Those of `GET conversations`.
    filters: dict[str, Any]
    is_shared: bool
    made_by: Face


class SavedReplyPayload(TypedDict):
    id: str
    shortcut: str
    title: str
    body: str
    # Whether the whole team has it, or the agent alone.
    is_shared: bool
    updated_at: str


class DraftPayload(TypedDict):
    conversation_id: str
    kind: str
    text: str
    version: int
    updated_at: str


class PreferencesPayload(TypedDict):
    desktop: bool
    sound: bool
    ring: str
    mentions: bool
    send_key: str
    theme: str


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


class TeamWidgetPayload(TypedDict):
    id: str
    name: str
    is_active: bool
    allowed_origins: list[str]
    appearance: dict[str, Any]
    texts: dict[str, Any]
    prechat: dict[str, Any]
    features: dict[str, Any]
    # The team that gets what is new in it, before the one that gets everything new.
    team_id: str | None
    # Where the script is that a site embeds, below the host that serves the widget.
    loader: str
    created_at: str


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


class Excerpt(TypedDict):
    """A part of a text, and where in it the words stand that were looked for: [start, end) in characters."""

    text: str
    highlights: list[list[int]]


class Position(TypedDict):
    """Where to go: a part of a conversation, by its number in the team's order."""

    conversation_id: str
    seq: int


class SearchHit(TypedDict):
    # contact or message
    type: str
    contact: TeamContactPayload
    message: MessagePayload | None
    # Of a contact the end of the latest conversation; null when there is none.
    position: Position | None
    status: str | None
    excerpt: Excerpt


class NamedPayload(TypedDict):
    id: str
    name: str


ReportPayload = TypedDict(
    "ReportPayload",
    {
        "report": str,
        "from": str,
        "to": str,
        "time_zone": str,
        "by": str,
        "totals": dict[str, Any],
        # Each with `key` (a day, an id, or null for nobody's), `label`, and the names that the totals have.
        "series": list[dict[str, Any]],
    },
)


class ReportCyclePayload(TypedDict):
    """A cycle behind a figure. Durations are seconds."""

    conversation_id: str
    cycle: int
    contact: NamedPayload
    started_at: str
    first_contact_at: str | None
    first_reply_at: str | None
    first_reply_agent: NamedPayload | None
    first_response_s: int | None
    assistant_reply_at: str | None
    handed_off_at: str | None
    closed_at: str | None
    resolution_s: int | None
    spam: bool
    agent: NamedPayload | None
    team: NamedPayload | None
    score: int | None
    remark: str | None
