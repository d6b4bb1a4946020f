"""The log, applied: what `static/realtime/reducer.js` is to the clients, in Python (client rules 1–12 of the protocol).

It serves visitors and agents alike: an agent's conversations have their contact in them. Nothing here is changed in
place, so a state that somebody keeps stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Literal

Entity = dict[str, Any]
Need = Literal["resume", "snapshot"] | None

HISTORY = 50


@dataclass(frozen=True, slots=True)
class LogState:
    """What a client knows from the log: a position in it, and the entities as of that position."""

    epoch: str | None = None
    seq: int = 0
    # Batches beyond a hole.
    held: tuple[Entity, ...] = ()
    contact: Entity | None = None
    merged_from: tuple[str, ...] = ()
    conversations: Mapping[str, Entity] = field(default_factory=dict)
    # Parts per conversation, ascending by seq.
    messages: Mapping[str, tuple[Entity, ...]] = field(default_factory=dict)


EMPTY = LogState()


def from_snapshot(snapshot: Mapping[str, Any]) -> LogState:
    """Begin with a snapshot: everything known before is replaced (rule 9).

    It is a visitor's, or an agent's whose `items` or `conversations` are the conversations, with `messages` if the
    parts of their threads were fetched too.
    """
    start = replace(EMPTY, contact=snapshot.get("contact"), merged_from=tuple(snapshot.get("merged_from", ())))
    start = with_cursor(start, snapshot["cursor"])
    conversations = snapshot["conversations"] if "conversations" in snapshot else snapshot["items"]
    return with_messages(with_conversations(start, conversations), snapshot.get("messages", ()))


def cursor_of(state: LogState) -> str | None:
    """Return the opaque position to resume after, or None while there is none."""
    return None if state.epoch is None else f"{state.epoch}:{state.seq}"


def with_cursor(state: LogState, cursor: str | None) -> LogState:
    """Begin at a cursor: a snapshot's, or that of the answer which made the contact."""
    if not cursor:
        return state
    epoch, _, seq = cursor.rpartition(":")
    return replace(state, epoch=epoch, seq=int(seq), held=())


def receive(state: LogState, batch: Entity) -> tuple[LogState, Need]:
    """Take a batch (`epoch`, `from`, `to`, `items`) of the log.

    "resume": there is a hole before it, so it is held until the hole is filled. "snapshot": it is of another history.
    Raises KeyError or TypeError for an event that cannot be applied (rule 11).
    """
    if batch["epoch"] != state.epoch:
        return state, "snapshot"
    waiting = sorted([*state.held, batch], key=lambda one: one["from"])
    state = reduce(_apply_or_hold, waiting, replace(state, held=()))
    return state, "resume" if state.held else None


def with_conversations(state: LogState, conversations: Iterable[Entity]) -> LogState:
    """Put conversations that an HTTP answer brought; the cursor stays where it is (rule 6)."""
    known = dict(state.conversations)
    for one in conversations:
        known[one["id"]] = _newer(known.get(one["id"]), one)
    return replace(state, conversations=known)


def with_messages(state: LogState, messages: Iterable[Entity]) -> LogState:
    """Put messages that an HTTP answer brought; the cursor stays where it is (rule 6)."""
    known = dict(state.messages)
    for one in messages:
        known[one["conversation_id"]] = _inserted(known.get(one["conversation_id"], ()), one)
    return replace(state, messages=known)


def with_read(state: LogState, conversation_id: str, seq: int, unread: int) -> LogState:
    """Move one's own read cursor, never back (I6), with what the server counts beyond it."""
    conversation = state.conversations.get(conversation_id)
    if conversation is None or seq <= conversation["last_read_seq"]:
        return state
    return _changed(state, conversation_id, last_read_seq=seq, unread_count=unread)


def unread_count(state: LogState) -> int:
    """Return the sum over all conversations."""
    return sum(one["unread_count"] for one in state.conversations.values())


def as_snapshot(state: LogState, most: int = HISTORY) -> Entity:
    """Return the state in the shape of a fresh snapshot, with the latest `most` messages: the two are compared (I5)."""
    by_activity = sorted(state.conversations.values(), key=lambda one: (_activity(one), one["id"]), reverse=True)
    parts = [one for thread in state.messages.values() for one in thread]
    return {
        "contact": state.contact,
        "merged_from": list(state.merged_from),
        "conversations": by_activity,
        "messages": sorted(parts, key=lambda one: (one["created_at"], one["id"]))[-most:],
        "unread_count": unread_count(state),
        "cursor": cursor_of(state),
    }


def _apply_or_hold(state: LogState, batch: Entity) -> LogState:
    if batch["to"] <= state.seq:
        return state
    if batch["from"] > state.seq + 1:
        return replace(state, held=(*state.held, batch))
    fresh = [item for item in batch["items"] if item["seq"] > state.seq]
    return replace(reduce(_apply, fresh, state), seq=batch["to"])


def _apply(state: LogState, event: Entity) -> LogState:
    apply = _APPLY.get(event["type"].partition(".")[0])
    return apply(state, event["payload"]) if apply and event["payload"] else state  # Rule 10.


def _apply_message(state: LogState, payload: Entity) -> LogState:
    return _apply_conversation(with_messages(state, [payload["message"]]), payload)


def _apply_conversation(state: LogState, payload: Entity) -> LogState:
    conversation = payload.get("conversation")
    if conversation is None:
        return state
    return with_conversations(_with_contact(state, conversation.get("contact")), [conversation])


def _apply_read_state(state: LogState, payload: Entity) -> LogState:
    """The team is told how far the contact has read, and not how much is left."""
    conversation_id, seq = payload["conversation_id"], payload["last_read_seq"]
    if "unread_count" not in payload:
        return _raised(state, conversation_id, "contact_last_read_seq", seq)
    return with_read(state, conversation_id, seq, payload["unread_count"])


def _apply_seen(state: LogState, payload: Entity) -> LogState:
    return _raised(state, payload["conversation_id"], "seen_seq", payload["seen_seq"])


def _apply_rating(state: LogState, payload: Entity) -> LogState:
    return _changed(state, payload["conversation_id"], rating=payload["rating"])


def _apply_contact(state: LogState, payload: Entity) -> LogState:
    guest = payload.get("from")
    if guest and state.contact and state.contact["id"] == payload["into"]:
        # What waits under the guest's id is this user's from now on.
        state = replace(state, merged_from=tuple(sorted({*state.merged_from, guest})))
    return _with_contact(state, payload["contact"], guest)


_APPLY: dict[str, Callable[[LogState, Entity], LogState]] = {
    "message": _apply_message,
    "note": _apply_message,
    "conversation": _apply_conversation,
    "read_state": _apply_read_state,
    "seen": _apply_seen,
    "rating": _apply_rating,
    "contact": _apply_contact,
}


def _with_contact(state: LogState, contact: Entity | None, was: str | None = None) -> LogState:
    """A person's traits and name are written in many places, and change in all of them. `was` is a former id."""
    if contact is None:
        return state
    rename = _Rename(was or contact["id"], contact)
    is_own = state.contact is not None and state.contact["id"] == contact["id"]
    return replace(
        state,
        contact=contact if is_own else state.contact,
        conversations={key: rename.conversation(one) for key, one in state.conversations.items()},
        messages={
            key: tuple(map(rename.message, thread)) if rename.may_concern(state.conversations.get(key)) else thread
            for key, thread in state.messages.items()
        },
    )


@dataclass(frozen=True, slots=True)
class _Rename:
    """Somebody known by this id is called and looks like this contact now."""

    was: str
    contact: Entity

    def may_concern(self, one: Entity | None) -> bool:
        """Whether they may have said something in it: an agent's state is full of other people's conversations."""
        return one is None or any(person["id"] == self.was for person in one["participants"])

    def conversation(self, one: Entity) -> Entity:
        last, owner = one["last_message"], one.get("contact")
        known = {"contact": self.contact} if owner and owner["id"] == self.contact["id"] else {}
        people = [self.face(person) for person in one["participants"]]
        return {**one, **known, "participants": people, "last_message": self.message(last) if last else None}

    def message(self, one: Entity) -> Entity:
        return {**one, "author": self.face(one["author"])}

    def face(self, one: Entity) -> Entity:
        if one["id"] != self.was:
            return one
        name = self.contact.get("display_name", self.contact["name"]) or ""
        return {**one, "id": self.contact["id"], "name": name, "avatar_url": self.contact["avatar_url"]}


def _newer(old: Entity | None, fresh: Entity) -> Entity:
    """Only a greater revision replaces (rule 5), and what only grows never shrinks on the way."""
    if old is None:
        return fresh
    if fresh["rev"] <= old["rev"]:
        return old
    further = old if old["last_read_seq"] > fresh["last_read_seq"] else fresh
    return {
        **fresh,
        "seen_seq": max(old["seen_seq"], fresh["seen_seq"]),
        "last_read_seq": further["last_read_seq"],
        "unread_count": further["unread_count"],
    }


def _inserted(thread: tuple[Entity, ...], fresh: Entity) -> tuple[Entity, ...]:
    old = next((one for one in thread if one["id"] == fresh["id"]), None)
    if old and fresh["rev"] <= old["rev"]:
        return thread
    others = (one for one in thread if one is not old)
    return tuple(sorted([*others, fresh], key=lambda one: int(one["seq"])))  # Rule 12.


def _changed(state: LogState, conversation_id: str, **fields: Any) -> LogState:
    conversation = state.conversations.get(conversation_id)
    if conversation is None:
        return state
    return replace(state, conversations={**state.conversations, conversation_id: {**conversation, **fields}})


def _raised(state: LogState, conversation_id: str, name: str, seq: int) -> LogState:
    known = state.conversations.get(conversation_id, {}).get(name) or 0
    return _changed(state, conversation_id, **{name: max(known, seq)})


def _activity(conversation: Entity) -> str:
    return str(conversation["last_message_at"] or conversation["created_at"])
