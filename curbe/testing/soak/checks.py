"""What must hold of every history. A check returns what it found, one line each; nothing found is what we hope for."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from curbe.testing.soak.history import History, Send, Span, Watch
from curbe.testing.soak.tables import Part, Tables

LONGEST_GAP_S = 7.0
Parts = Mapping[str, list[dict[str, Any]]]


@dataclass
class Evidence:
    """All that is known about a cell after it has come to rest."""

    history: History
    tables: Tables
    # Per conversation every part, as the API gives them to its visitor and to the team.
    for_visitors: Parts = field(default_factory=dict)
    for_team: Parts = field(default_factory=dict)
    # Fresh snapshots by client, as lists of conversations, and who that client is in the tables.
    conversations: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    readers: dict[str, tuple[str, str]] = field(default_factory=dict)
    # What differed between a client's state and a fresh snapshot when its time was up.
    diverged: list[str] = field(default_factory=list)


def lost(evidence: Evidence) -> list[str]:
    """Nothing acknowledged is missing from the database or from what the API gives to those who may read it."""
    stored = {part.id: part for part in evidence.tables.parts}
    told_team = _ids(evidence.for_team)
    told_visitors = _ids(evidence.for_visitors)
    found = []
    for send in evidence.history.kept():
        part = stored.get(send.message_id)
        if part is None or (part.key, part.body, part.kind) != (send.key, send.body, send.kind):
            found.append(f"not in the database: {send}")
        elif send.message_id not in told_team:
            found.append(f"not given to the team: {send}")
        elif send.kind == "message" and send.message_id not in told_visitors:
            found.append(f"not given to the visitor: {send}")
    return found


def doubled(evidence: Evidence) -> list[str]:
    """One (author, key) is one row, and one text, which nobody says twice, is one part of what the API gives."""
    parts = [part for part in evidence.tables.parts if part.key]
    keys = Counter((part.author_kind, part.author_id, part.key) for part in parts)
    bodies = Counter(_bodies(evidence.history, (part.body for part in parts)))
    given = Counter(_bodies(evidence.history, (one["body"] for one in _all(evidence.for_team))))
    shown = Counter(_bodies(evidence.history, (one["body"] for one in _all(evidence.for_visitors))))
    found = [f"{n} times: {what}" for counted in (keys, bodies, given, shown) for what, n in counted.items() if n > 1]
    if second := evidence.history.counts["second_id"]:
        found.append(f"{second} acknowledgements of one key with another id")
    return found


def holes(evidence: Evidence) -> list[str]:
    """Both orders of a thread count from 1 without a gap, agree with each other, and end where the thread says."""
    parts: dict[str, list[Part]] = defaultdict(list)
    for part in evidence.tables.parts:
        parts[part.conversation_id].append(part)
    found = []
    for thread in evidence.tables.threads:
        ordered = sorted(parts[thread.id], key=lambda one: one.seq)
        visible = [one.visible_seq for one in ordered if one.visible_seq is not None]
        if [one.seq for one in ordered] != list(range(1, thread.last_seq + 1)):
            found.append(f"conversation {thread.id}: parts are not 1..{thread.last_seq}")
        if visible != list(range(1, thread.last_visible_seq + 1)):
            found.append(f"conversation {thread.id}: visible parts are not 1..{thread.last_visible_seq}")
    return found


def stream_holes(evidence: Evidence) -> list[str]:
    """The events of a stream are numbered without a gap up to its head."""
    seqs: dict[str, list[int]] = defaultdict(list)
    for pointer in evidence.tables.pointers:
        seqs[pointer.stream_id].append(pointer.seq)
    return [
        f"stream {head.id}: events are not {head.min_seq + 1}..{head.head_seq}"
        for head in evidence.tables.heads
        if seqs[head.id] != list(range(head.min_seq + 1, head.head_seq + 1))
    ]


def disorder(evidence: Evidence) -> list[str]:
    """Numbers follow commits: what was acknowledged before something else was begun stands before it in a stream."""
    sends = {send.message_id: send for send in evidence.history.recent()}
    found = []
    for stream_id, said in _said(evidence.tables, sends).items():
        latest_invocation = -math.inf
        for send in said:
            if (send.acked_at or math.inf) < latest_invocation:
                found.append(f"stream {stream_id}: {send} stands after something that began later")
            latest_invocation = max(latest_invocation, send.invoked_at)
    return found


def diverged(evidence: Evidence) -> list[str]:
    """What every client made of the log is what a fresh snapshot says."""
    return evidence.diverged


def miscounted(evidence: Evidence) -> list[str]:
    """Unread is the number of messages of the other side beyond the reader's cursor."""
    positions = {(one.conversation_id, one.reader_kind, one.reader_id): one for one in evidence.tables.positions}
    parts: dict[str, list[Part]] = defaultdict(list)
    for part in evidence.tables.parts:
        parts[part.conversation_id].append(part)
    found = []
    for person, conversations in evidence.conversations.items():
        kind, reader_id = evidence.readers[person]
        for one in conversations:
            position = positions.get((one["id"], kind, reader_id))
            read = 0 if position is None else position.last_read_seq
            if kind == "contact":
                read = 0 if position is None else position.last_read_visible_seq
            count = _unread(parts[one["id"]], kind, read)
            if count != one["unread_count"]:
                found.append(f"{person} is told {one['unread_count']} unread of {count} in {one['id']}")
    return found


def moved_back(evidence: Evidence) -> list[str]:
    """No reader is ever told a read cursor below one that they were told before."""
    furthest: dict[tuple[str, str], int] = defaultdict(int)
    found = []
    for read in evidence.history.reads:
        if read.at < evidence.history.restored_at:
            continue
        who = (read.person, read.conversation_id)
        if read.seq < furthest[who]:
            found.append(f"{who}: {read.seq} after {furthest[who]}")
        furthest[who] = max(furthest[who], read.seq)
    return found


def leaked(evidence: Evidence) -> list[str]:
    """Nobody received a word of another tenant, and no visitor one of a note."""
    return evidence.history.leaks


def refused(evidence: Evidence) -> list[str]:
    """Nothing that clients of ours send is refused for good."""
    return [f"{send}" for send in evidence.history.sends if send.refused is not None]


def unheard(evidence: Evidence) -> list[str]:
    """The canaries that were said did arrive where they may: otherwise nothing was looked for."""
    said = {send.body.split()[0] for send in evidence.history.kept()}
    return [f"nobody heard {canary}" for canary in said if not evidence.history.canaries_heard[canary]]


def unnoticed(evidence: Evidence) -> list[str]:
    """No connected client waited longer than 7 s for what had been acknowledged, while it could hear of it."""
    gap = longest_gap(evidence)
    return [f"{gap:.1f} s"] if gap > LONGEST_GAP_S else []


CHECKS: list[Callable[[Evidence], list[str]]] = [
    lost,
    doubled,
    holes,
    stream_holes,
    disorder,
    diverged,
    miscounted,
    moved_back,
    leaked,
    refused,
    unheard,
    unnoticed,
]


def longest_gap(evidence: Evidence) -> float:
    """How long a live client waited for what was acknowledged, at most: in seconds, while there was a database."""
    parts = {part.id: part for part in evidence.tables.parts}
    sends = [(send, parts[send.message_id]) for send in evidence.history.recent() if send.message_id in parts]
    return max((gap for send, part in sends for gap in _gaps(evidence.history, send, part)), default=0.0)


def violations(evidence: Evidence) -> dict[str, list[str]]:
    """What each check found, by its name."""
    return {check.__name__: check(evidence) for check in CHECKS}


def _ids(parts: Parts) -> set[str]:
    return {one["id"] for one in _all(parts)}


def _all(parts: Parts) -> Iterable[dict[str, Any]]:
    return (one for thread in parts.values() for one in thread)


def _bodies(history: History, bodies: Iterable[str]) -> Iterable[str]:
    """Those that our clients said."""
    ours = {send.body for send in history.sends}
    return (body for body in bodies if body in ours)


def _said(tables: Tables, sends: Mapping[str, Send]) -> dict[str, list[Send]]:
    """Per stream, in its order, what our clients said."""
    said: dict[str, list[Send]] = defaultdict(list)
    for pointer in tables.pointers:
        if pointer.type in ("message.created", "note.created") and pointer.entity_id in sends:
            said[pointer.stream_id].append(sends[pointer.entity_id])
    return said


def _unread(parts: list[Part], kind: str, read: int) -> int:
    """Messages of the other side beyond a position in the reader's own order."""
    if kind == "contact":
        others = (one.visible_seq or 0 for one in parts if one.kind == "message" and one.author_kind != "contact")
    else:
        others = (one.seq for one in parts if one.kind == "message" and one.author_kind == "contact")
    return sum(seq > read for seq in others)


def _gaps(history: History, send: Send, part: Part) -> Iterable[float]:
    deaf = [*history.outages, *history.stalls]
    for person, watch in history.watches.items():
        if watch.is_slow or watch.tenant != send.tenant:
            continue
        if watch.is_team:
            yield from _waits(watch, send, part.seq, deaf)
        elif part.visible_seq is not None and history.owners.get(send.conversation_id) == person:
            yield from _waits(watch, send, part.visible_seq, deaf)


def _waits(watch: Watch, send: Send, seq: int, deaf: Iterable[Span]) -> Iterable[float]:
    """How long the client, live, did not know what was acknowledged though it could have heard, span by span."""
    noticed_at = watch.noticed_at(send.conversation_id, seq)
    acked_at = send.acked_at or math.inf
    for span in watch.spans:
        if span.ended_at > acked_at and span.began_at < noticed_at:
            began_at, ended_at = max(acked_at, span.began_at), min(noticed_at, span.ended_at)
            yield ended_at - began_at - sum(one.overlap(began_at, ended_at) for one in deaf)
