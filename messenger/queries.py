"""The read path: snapshots, pages and history. Constant numbers of queries, always starting at the owner."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

from django.db.models import (
    Case,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from . import payloads, shapes
from .errors import IdentityChanged, NotFound
from .findpeople import newest_with_words, with_words
from .loading import by_id, facts_of, parts_of, possible_duplicates, with_authors, with_joins
from .models import (
    Agent,
    Attachment,
    Contact,
    Conversation,
    Cycle,
    Mention,
    Message,
    ReadState,
    Tag,
    Tagging,
    Team,
    Tenant,
    Visit,
)
from .paging import Page, longest_waiting_first, newest_first, walk
from .payloads import Facts
from .streams import contact_stream, team_stream
from .wordindex import ids_with
from .words import words_of

HISTORY = 50
PAGE = 25
# The chat log's header has the number of people up to this, and beyond it says "more than".
MOST_PEOPLE = 10_000
# How a list of conversations can be sorted.
NEWEST, LONGEST_WAITING = "-last_message_at", "waiting_since"
_SNAPSHOT_CONVERSATIONS = 50
# An outbox that waits for a guest merged longer ago than so many others is not to be expected.
_MOST_MERGED = 100
# So many visits are read for each page of a trail: somebody who stays on one makes several.
_VISITS_OF_A_PAGE = 4


def is_active(tenant_id: uuid.UUID) -> bool:
    """Whether the tenant is switched on."""
    return Tenant.objects.filter(id=tenant_id, is_active=True).exists()


def visitor_snapshot(contact: Contact | None) -> tuple[Contact | None, dict[str, Any]]:
    """Return the contact's part of a bootstrap, and the contact as they were after all of it had been read.

    The cursor is read before the state, so replaying after it is safe; the contact last, so that whoever asked can be
    held against who it has become.
    """
    if contact is None:
        nothing: dict[str, Any] = {"merged_from": [], "conversations": [], "messages": []}
        return None, {"contact": None, **nothing, "unread_count": 0, "cursor": None}
    stream = contact_stream(contact)
    conversations = conversations_of(contact).order_by("-last_message_at", "-id")[:_SNAPSHOT_CONVERSATIONS]
    facts = facts_of(contact.tenant_id, list(conversations))
    messages = history(contact, HISTORY)
    unread_count = _unread_count(contact, facts)
    person, merged_from = _person(contact)
    return person, {
        "contact": payloads.visitor_contact(person),
        "merged_from": merged_from,
        "conversations": [payloads.visitor_conversation(one) for one in facts],
        "messages": messages,
        "unread_count": unread_count,
        "cursor": stream.cursor,
    }


def conversations_of(contact: Contact) -> QuerySet[Conversation]:
    """The conversations a contact may read: their own, and no others."""
    return with_joins(Conversation.objects.filter(tenant_id=contact.tenant_id, contact=contact))


def get_conversation_for(contact: Contact | None, conversation_id: uuid.UUID) -> Conversation:
    """Return the contact's conversation; the only way for a visitor to get one. Raises NotFound."""
    conversation = conversations_of(contact).filter(id=conversation_id).first() if contact else None
    if conversation is None:
        raise NotFound()
    return conversation


def visitor_conversation(conversation: Conversation) -> shapes.ConversationPayload:
    """Return one conversation for its contact."""
    return payloads.visitor_conversation(facts_of(conversation.tenant_id, [conversation])[0])


def visitor_conversations(contact: Contact | None, cursor: str | None, limit: int) -> Page:
    """Return a page of the contact's conversations, newest activity first."""
    if contact is None:
        return Page([], None)
    page = newest_first(conversations_of(contact), "last_message_at", cursor, limit)
    return Page([payloads.visitor_conversation(one) for one in facts_of(contact.tenant_id, page.items)], page.next)


def visitor_messages(
    conversation: Conversation, *, before: int | None, after: int | None, limit: int
) -> tuple[list[shapes.MessagePayload], bool]:
    """Return visible parts, oldest first, in the visitor's numbering, and whether there are more."""
    visible = parts_of(conversation).filter(visible_seq__isnull=False)
    rows, has_more = walk(visible, "visible_seq", before, after, limit)
    return [payloads.visitor_message(row) for row in rows], has_more


def get_file_for(contact: Contact | None, attachment_id: uuid.UUID) -> Attachment:
    """Return a file that the contact may have: their own, or one that a message to them carries. Raises NotFound."""
    if contact is None:
        raise NotFound()
    given = Q(message__contact=contact, message__visible_seq__isnull=False, message__deleted_at=None)
    return _file(contact.tenant_id, attachment_id, given | Q(contact=contact, message=None))


def get_file_for_team(agent: Agent, attachment_id: uuid.UUID) -> Attachment:
    """Return a file that a message of the tenant carries, or one that the agent is about to send. Raises NotFound."""
    given = Q(message__isnull=False, message__deleted_at=None)
    return _file(agent.tenant_id, attachment_id, given | Q(agent=agent, message=None))


def _file(tenant_id: uuid.UUID, attachment_id: uuid.UUID, allowed: Q) -> Attachment:
    found = Attachment.objects.filter(allowed, tenant_id=tenant_id, id=attachment_id).first()
    if found is None:
        raise NotFound()
    return found


def history(contact: Contact, limit: int) -> list[shapes.MessagePayload]:
    """Return the contact's latest visible parts over all conversations, oldest first."""
    rows = with_authors(Message.objects.filter(tenant_id=contact.tenant_id, contact=contact))
    latest = rows.filter(visible_seq__isnull=False).order_by("-created_at", "-id")[:limit]
    return [payloads.visitor_message(row) for row in reversed(latest)]


def get_conversation_for_team(agent: Agent, conversation_id: uuid.UUID) -> Conversation:
    """Return a conversation of the agent's tenant; another tenant's does not exist. Raises NotFound."""
    owned = with_joins(Conversation.objects.filter(tenant_id=agent.tenant_id, id=conversation_id))
    conversation = owned.first()
    if conversation is None:
        raise NotFound()
    return conversation


def get_contact_for_team(agent: Agent, contact_id: uuid.UUID) -> Contact:
    """Return a contact of the agent's tenant; the id of a merged guest leads to the user. Raises NotFound."""
    people = Contact.objects.select_related("merged_into")
    contact = people.filter(tenant_id=agent.tenant_id, id=contact_id).first()
    if contact is None:
        raise NotFound()
    return contact.merged_into or contact


def team_conversation(agent: Agent, conversation: Conversation) -> shapes.TeamConversationPayload:
    """Return one conversation as the agent sees it."""
    return team_conversations(agent, [conversation])[0]


def team_conversations(agent: Agent, rows: Sequence[Conversation]) -> list[shapes.TeamConversationPayload]:
    """Return conversations as the agent sees them."""
    return [payloads.team_conversation(one) for one in facts_of(agent.tenant_id, rows, agent=agent)]


def inbox_page(
    agent: Agent,
    *,
    status: str | None = None,
    assignee: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
    sort: str = NEWEST,
    **narrowing: Any,
) -> Page:
    """Return a page of the inbox, newest activity first or, by `sort`, those who have waited longest first.

    `assignee` is "me", "none" or an agent's id. `narrowing` may hold team (an id or "none"), priority, tag (a name),
    unread (a boolean, for this agent), mentions ("me": a note in it names the agent) and q (words, or beginnings of
    words, of the contact or of the subject).
    """
    rows = with_joins(inbox(agent, status=status, assignee=assignee, **narrowing))
    if sort == LONGEST_WAITING:
        page = longest_waiting_first(rows, cursor, limit)
    else:
        page = newest_first(rows, "last_message_at", cursor, limit)
    return Page(team_conversations(agent, page.items), page.next)


def inbox(
    agent: Agent, *, status: str | None = None, assignee: str | None = None, **narrowing: Any
) -> QuerySet[Conversation]:
    """The conversations of a list, in no order: the filters of `inbox_page`."""
    return _narrowed(agent, _inbox(agent, status=status, assignee=assignee), **narrowing)


def inbox_among(agent: Agent, ids: Iterable[uuid.UUID], **filters: Any) -> list[shapes.TeamConversationPayload]:
    """Return those of the conversations that a list holds, newest activity first: what a list on screen replaces."""
    rows = with_joins(inbox(agent, **filters)).filter(id__in=list(ids))
    return team_conversations(agent, list(rows.order_by("-last_message_at", "-id")))


def handed_over_among(agent: Agent, conversation_ids: Iterable[Any]) -> set[str]:
    """Return the ids of those conversations that the assistant gave to people who have not answered in this cycle."""
    own = Cycle.objects.filter(tenant_id=agent.tenant_id, conversation__in=list(conversation_ids))
    given = own.filter(cycle=F("conversation__cycle"), handed_off_at__isnull=False, first_reply_at=None)
    return {str(one) for one in given.values_list("conversation", flat=True)}


VIEWS: dict[str, dict[str, Any]] = {
    "mine": {"status": "open", "assignee": "me"},
    "unassigned": {"status": "open", "assignee": "none"},
    "all": {"status": "open"},
    "snoozed": {"status": "snoozed"},
    "closed": {"status": "closed"},
    "mentions": {"mentions": "me"},
}
_COUNTED_UP_TO = 100


def team_snapshot(agent: Agent, view: str) -> dict[str, Any]:
    """Return what the inbox starts from: cursor first, then counts and the first page of a view."""
    cursor = team_stream(agent.tenant_id).cursor
    page = inbox_page(agent, **VIEWS[view])
    return {
        "agent": payloads.agent(agent),
        "tenant": payloads.tenant(agent.tenant),
        "counts": view_counts(agent),
        "items": page.items,
        "next": page.next,
        "cursor": cursor,
    }


def view_counts(agent: Agent) -> dict[str, int]:
    """Return how many conversations each view holds, counted no further than 100 ("99+")."""
    return counts_of(agent, VIEWS)


def counts_of(agent: Agent, lists: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Return how many conversations each list holds, by its filters, no further than 100; in one statement."""
    columns = {f"n{number}": CappedCount(inbox(agent, **filters)) for number, filters in enumerate(lists.values())}
    row = Tenant.objects.filter(id=agent.tenant_id).annotate(**columns).values_list(*columns)[0] if columns else ()
    return dict(zip(lists, row, strict=True))


class CappedCount(Subquery):
    """How many rows a query has, counted no further than 100: nobody needs to know more than "99+"."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__(rows.order_by().values("id")[:_COUNTED_UP_TO])


def team_messages(
    conversation: Conversation, *, before: int | None, after: int | None, limit: int
) -> tuple[list[shapes.MessagePayload], bool]:
    """Return parts, notes included, oldest first, in the team's numbering, and whether there are more."""
    rows, has_more = walk(parts_of(conversation), "seq", before, after, limit)
    return [payloads.team_message(row) for row in rows], has_more


def chat_log(agent: Agent, *, q: str = "", cursor: str | None = None, limit: int = PAGE) -> Page:
    """Return a page of the chat log: one row per contact who said or was told something, newest first."""
    asked = words_of(q)
    if asked:
        everybody = chat_log_contacts(agent.tenant_id)
        page = newest_with_words(agent.tenant_id, asked, everybody, "last_message_at", cursor, limit)
    else:
        page = newest_first(chat_log_contacts(agent.tenant_id, q), "last_message_at", cursor, limit)
    return Page(_chat_log_rows(agent, page.items), page.next)


def chat_log_among(agent: Agent, ids: Iterable[uuid.UUID], *, q: str = "") -> list[dict[str, Any]]:
    """Return the rows of those contacts that the chat log holds, newest first: what a log on screen replaces."""
    people = chat_log_contacts(agent.tenant_id, q).filter(id__in=list(ids))
    return _chat_log_rows(agent, list(people.order_by("-last_message_at", "-id")))


def chat_log_contacts(tenant_id: uuid.UUID, q: str = "") -> QuerySet[Contact]:
    """The people of the chat log, optionally only those whom all words of `q`, or their beginnings, belong to."""
    people = Contact.objects.filter(tenant_id=tenant_id, merged_into=None, last_message_at__isnull=False)
    if not q.strip():
        return people
    asked = words_of(q)
    return with_words(people, tenant_id, asked) if asked else people.none()


def count_people(tenant_id: uuid.UUID) -> int:
    """Return the number of people in the chat log, for its header: counted no further than to one more than
    `MOST_PEOPLE`, because the whole count would take the longer the more people there are.
    """
    return chat_log_contacts(tenant_id).values("id")[: MOST_PEOPLE + 1].count()


def timeline(contact: Contact, *, cursor: str | None = None, limit: int = HISTORY) -> Page:
    """Return parts of all the contact's conversations by time, newest page first, each page oldest first."""
    rows = with_authors(Message.objects.filter(tenant_id=contact.tenant_id, contact=contact))
    page = newest_first(rows, "created_at", cursor, limit)
    return Page([payloads.team_message(row) for row in reversed(page.items)], page.next)


def other_conversations(conversation: Conversation, limit: int) -> list[Conversation]:
    """Return the contact's other conversations in which something was said, newest activity first."""
    said = Conversation.objects.filter(tenant_id=conversation.tenant_id, contact=conversation.contact_id)
    others = said.filter(last_message__isnull=False).exclude(id=conversation.id)
    return list(others.select_related("last_message", "rating").order_by("-last_message_at", "-id")[:limit])


def visits_of(contact: Contact, limit: int) -> list[Visit]:
    """Return the contact's latest page views, newest first. The same page several times in a row, as when somebody
    signs in on it, is one view of the newest time.
    """
    visits = Visit.objects.filter(tenant_id=contact.tenant_id, contact=contact)
    latest = visits.select_related("widget").order_by("-created_at")[: limit * _VISITS_OF_A_PAGE]
    in_a_row = groupby(latest, key=lambda visit: (visit.url, visit.title))
    return [next(views) for _, views in islice(in_a_row, limit)]


def merged_guests(contact: Contact, limit: int) -> list[uuid.UUID]:
    """Return the old ids of guests who turned out to be this user, newest first. Nobody else has any."""
    if contact.type != Contact.Type.USER:
        return []
    merged = Contact.objects.filter(tenant_id=contact.tenant_id, merged_into=contact)
    return list(merged.order_by("-id").values_list("id", flat=True)[:limit])


def agents_of(tenant_id: uuid.UUID) -> QuerySet[Agent]:
    """The tenant's active agents by name."""
    return Agent.objects.filter(tenant_id=tenant_id, is_active=True).order_by("display_name", "id")


def teams_of(tenant_id: uuid.UUID) -> QuerySet[Team]:
    """The tenant's teams by name, without those that are no more."""
    return Team.objects.filter(tenant_id=tenant_id, archived_at=None).order_by("name")


def _inbox(agent: Agent, *, status: str | None = None, assignee: str | None = None) -> QuerySet[Conversation]:
    rows = Conversation.objects.filter(tenant_id=agent.tenant_id, last_message__isnull=False)
    if status:
        rows = rows.filter(status=status)
    if assignee == "none":
        return rows.filter(assignee=None)
    if assignee:
        return rows.filter(assignee=agent.id if assignee == "me" else uuid.UUID(assignee))
    return rows


def _narrowed(
    agent: Agent,
    rows: QuerySet[Conversation],
    *,
    team: str | None = None,
    priority: str | None = None,
    tag: str | None = None,
    unread: bool | None = None,
    q: str = "",
    mentions: str | None = None,
) -> QuerySet[Conversation]:
    if team:
        rows = rows.filter(team=None if team == "none" else uuid.UUID(team))
    if priority:
        rows = rows.filter(priority=priority)
    if mentions:
        rows = rows.filter(id__in=_mentioning(agent).values("conversation"))
    if tag:
        bearing = Tagging.objects.filter(tenant_id=agent.tenant_id, tag__tenant_id=agent.tenant_id)
        rows = rows.filter(id__in=bearing.filter(tag__key=Tag.key_of(tag)).values("conversation"))
    if unread is not None:
        has_unread = Q(contact_messages__gt=_read_by(agent, "id"))
        rows = rows.filter(has_unread if unread else ~has_unread)
    return rows.filter(_is_about(agent.tenant_id, words_of(q))) if q.strip() else rows


def _is_about(tenant_id: uuid.UUID, asked: list[str]) -> Q:
    """The contact or the subject has all the words."""
    if not asked:
        return Q(pk__in=[])
    people, subjects = (ids_with(name, tenant_id, asked, all_begin=True) for name in ("contact", "conversation"))
    return Q(contact_id__in=people) | Q(id__in=subjects)


def _mentioning(agent: Agent) -> QuerySet[Mention]:
    """The notes that name the agent: asked once, and not for each conversation that there is."""
    return Mention.objects.filter(tenant_id=agent.tenant_id, agent=agent)


def _read_by(agent: Agent, conversation: str) -> Any:
    """How many of a conversation's contact messages the agent has read, as a subquery."""
    own = ReadState.objects.filter(tenant_id=agent.tenant_id, conversation=OuterRef(conversation), agent=agent)
    return Coalesce(Subquery(own.values("messages_read")[:1]), Value(0))


def _person(contact: Contact) -> tuple[Contact, list[str]]:
    """The contact as they are now, and the ids of the latest guests who turned out to be this user."""
    own = Q(id=contact.id) | Q(merged_into=contact) if contact.type == Contact.Type.USER else Q(id=contact.id)
    rows = Contact.objects.filter(own, tenant_id=contact.tenant_id).order_by("-id")[: _MOST_MERGED + 1]
    people = {one.id: one for one in rows}
    person = people.pop(contact.id, None) or _present(contact)
    return person, sorted(str(one) for one in people)


def _present(contact: Contact) -> Contact:
    """The contact as they are now. Raises IdentityChanged when they were removed."""
    person = Contact.objects.filter(tenant_id=contact.tenant_id, id=contact.id).first()
    if person is None:
        raise IdentityChanged()
    return person


def _unread_count(contact: Contact, facts: list[Facts]) -> int:
    """The sum over all conversations, counted from the facts when they are all there."""
    if len(facts) < _SNAPSHOT_CONVERSATIONS:
        return sum(payloads.visitor_conversation(one)["unread_count"] for one in facts)
    states = ReadState.objects.filter(tenant_id=contact.tenant_id, contact=contact)
    total = states.aggregate(n=Sum(F("conversation__reply_messages") - F("messages_read")))
    return int(total["n"] or 0)


def _chat_log_rows(agent: Agent, contacts: list[Contact]) -> list[dict[str, Any]]:
    latest = Conversation.objects.filter(tenant_id=agent.tenant_id, contact=OuterRef("contact"))
    newest = latest.filter(last_message__isnull=False).order_by("-last_message_at", "-id").values("last_message")[:1]
    ids = [contact.id for contact in contacts]
    owned = Conversation.objects.filter(tenant_id=agent.tenant_id, contact__in=ids, last_message__isnull=False)
    read = _read_by(agent, "id")
    totals = (
        owned.order_by()
        .values("contact")
        .annotate(
            unread=Sum(F("contact_messages") - read),
            open=Sum(_is_open()),
            newest=Subquery(newest, output_field=UUIDField()),
        )
    )
    by_contact = {row["contact"]: row for row in totals}
    wanted = {row["newest"] for row in by_contact.values()}
    messages = by_id(with_authors(Message.objects.filter(tenant_id=agent.tenant_id, id__in=wanted)), wanted)
    similar = possible_duplicates(agent.tenant_id, contacts)
    return [_chat_log_row(one, by_contact.get(one.id), messages, similar.get(one.id, [])) for one in contacts]


def _is_open() -> Any:

    not_closed = When(~Q(status=Conversation.Status.CLOSED), then=Value(1))
    return Case(not_closed, default=Value(0), output_field=IntegerField())


def _chat_log_row(
    contact: Contact, totals: Any, messages: dict[uuid.UUID, Message], similar: list[Contact]
) -> dict[str, Any]:
    last = messages.get(totals["newest"]) if totals else None
    return {
        "contact": payloads.team_contact(contact, similar),
        "display_name": payloads.display_name(contact),
        "identity_type": "guest" if contact.type == Contact.Type.ANONYMOUS else contact.type,
        "last_message": payloads.team_message(last) if last else None,
        "last_message_at": payloads.timestamp(contact.last_message_at) if contact.last_message_at else None,
        "message_count": contact.message_count,
        "unread_count": totals["unread"] if totals else 0,
        "open": bool(totals and totals["open"]),
    }
