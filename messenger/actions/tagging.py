"""Tags: the catalogue of a tenant, and marking conversations with them."""

from __future__ import annotations

import uuid
from typing import Any

from ..errors import Invalid, NotFound
from ..events import EventLog, EventType
from ..models import Agent, Conversation, Tag, Tagging
from ..principals import System
from ..traits import is_plain
from .locks import lock_for_team
from .parts import append_event, record
from .rights import require_admin
from .verb import verb

MOST_TAGS = 30
_LONGEST_NAME, _LONGEST_KEY = 60, 180


@verb
def tag_conversation(events: EventLog, *, by: Agent, conversation_id: uuid.UUID, name: str) -> Conversation:
    """Mark a conversation. A tag that nobody knows yet is made, an archived one comes back; one it bears does not.

    Raises NotFound, and Invalid for an empty name and for more than 30 tags on a conversation.
    """
    conversation = lock_for_team(by.tenant_id, conversation_id)
    if Tag.key_of(name) in map(Tag.key_of, conversation.tags):
        return conversation
    tag = _live_tag(events, by.tenant_id, name)
    if len(conversation.tags) >= MOST_TAGS:
        raise Invalid(f"A conversation has at most {MOST_TAGS} tags.", code="too_many_tags", attr="name")
    Tagging.objects.create(tenant_id=by.tenant_id, tag=tag, conversation=conversation)
    return _bears(events, by, conversation, [*conversation.tags, tag.name], "tagged", tag)


@verb
def untag_conversation(events: EventLog, *, by: Agent, conversation_id: uuid.UUID, name: str) -> Conversation:
    """Take a tag off a conversation, also an archived one. One that it does not bear changes nothing.

    `name` is the tag's name, however written, or its id. Raises NotFound.
    """
    conversation = lock_for_team(by.tenant_id, conversation_id)
    tag = _tag_called(by.tenant_id, name)
    if tag is None or tag.name not in conversation.tags:
        return conversation
    Tagging.objects.filter(tenant_id=by.tenant_id, tag=tag, conversation=conversation).delete()
    return _bears(events, by, conversation, [one for one in conversation.tags if one != tag.name], "untagged", tag)


@verb
def create_tag(events: EventLog, *, by: Agent | System, name: str, colour: str | None = None) -> Tag:
    """Add a tag to the catalogue, or bring an archived one back.

    Raises Forbidden for whoever is no admin, and Invalid when there is a tag of this name.
    """
    require_admin(by)
    known = Tag.objects.filter(tenant_id=by.tenant_id, key=Tag.key_of(name), archived_at=None)
    if known.exists():
        raise Invalid("There is such a tag already.", code="name_taken", attr="name")
    tag = _live_tag(events, by.tenant_id, name)
    if colour and tag.colour != colour:
        tag.colour = colour
        tag.save(update_fields=["colour"])
    return tag


@verb
def update_tag(events: EventLog, *, by: Agent | System, tag_id: uuid.UUID, fields: dict[str, Any]) -> Tag:
    """Give a tag another colour. Raises NotFound, also for one that is archived, and Forbidden for whoever is no admin.

    Raises Invalid for another name: what bears the tag says it.
    """
    require_admin(by)
    tag = _own(by, tag_id)
    if tag.archived_at:
        raise NotFound()
    if " ".join(fields.get("name", tag.name).split()) != tag.name:
        raise Invalid("A tag keeps its name. Make another and archive this one.", code="name_is_kept", attr="name")
    if fields.get("colour", tag.colour) != tag.colour:
        tag.colour = fields["colour"]
        tag.save(update_fields=["colour"])
        events.add(EventType.SETTINGS_UPDATED, tag.id)
    return tag


@verb
def archive_tag(events: EventLog, *, by: Agent | System, tag_id: uuid.UUID) -> Tag:
    """Offer a tag no longer. What bears it goes on doing so. Raises NotFound, and Forbidden for whoever is no admin."""
    require_admin(by)
    tag = _own(by, tag_id)
    if tag.archived_at is None:
        tag.archived_at = events.at
        tag.save(update_fields=["archived_at"])
        events.add(EventType.SETTINGS_UPDATED, tag.id)
    return tag


def _live_tag(events: EventLog, tenant_id: uuid.UUID, name: str) -> Tag:
    """The tag of this name, made or brought back. Two who make it at once: the second is run again, and finds it."""
    name, key = " ".join(name.split()), Tag.key_of(name)
    is_seen = any(char.isprintable() and not char.isspace() for char in name)
    if not is_seen or len(key) > _LONGEST_KEY or len(name) > _LONGEST_NAME:
        raise Invalid(f"A tag has a name of 1 to {_LONGEST_NAME} letters.", code="invalid", attr="name")
    tag = Tag.objects.select_for_update(no_key=True).filter(tenant_id=tenant_id, key=key).first()
    if tag is None:
        colours = Tag.Colour.values
        number = Tag.objects.filter(tenant_id=tenant_id).count()
        tag = Tag.objects.create(tenant_id=tenant_id, name=name, key=key, colour=colours[number % len(colours)])
    elif tag.archived_at:
        tag.archived_at = None
        tag.save(update_fields=["archived_at"])
    else:
        return tag
    events.add(EventType.SETTINGS_UPDATED, tag.id)
    return tag


def _bears(
    events: EventLog, by: Agent, conversation: Conversation, names: list[str], what: str, tag: Tag
) -> Conversation:
    conversation.tags = names
    append_event(events, conversation, what, agent=by, tag=tag.name)
    conversation.save()
    record(events, EventType.TEAM_CONVERSATION_UPDATED, conversation)
    return conversation


def _tag_called(tenant_id: uuid.UUID, text: str) -> Tag | None:
    """The tag of this name or id. What no database can hold is the name of none."""
    if not is_plain(text):
        return None
    return Tag.objects.filter(tenant_id=tenant_id, key=Tag.key_of(text)).first() or _tag_of_id(tenant_id, text)


def _tag_of_id(tenant_id: uuid.UUID, text: str) -> Tag | None:
    try:
        return Tag.objects.filter(tenant_id=tenant_id, id=uuid.UUID(text)).first()
    except ValueError:
        return None  # Handled: a name that no tag has.


def _own(by: Agent | System, tag_id: uuid.UUID) -> Tag:
    tag = Tag.objects.select_for_update(no_key=True).filter(tenant_id=by.tenant_id, id=tag_id).first()
    if tag is None:
        raise NotFound()
    return tag
