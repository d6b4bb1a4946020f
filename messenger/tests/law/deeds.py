"""What a deed is, and the watching of one.

A deed is a generator: what comes before its `yield` is given, what comes after it is done while everybody watches. It
returns the answers, if any, that only its doer gets.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from messenger import actions
from messenger.models import Stream, Tenant

from .stage import Stage
from .witnesses import AtContact, AtDesk, Json, Vector, Visitor, Witness, position

Play = Generator[list[Witness] | None, None, Any]

CONVERSATIONS, SINGLE_THREAD = Tenant.ThreadPolicy.CONVERSATIONS, Tenant.ThreadPolicy.SINGLE_THREAD


@dataclass(frozen=True)
class Deed:
    """Something that an action does, played on a stage of its own."""

    action: str
    play: Callable[[Stage], Play]
    policy: str

    @property
    def name(self) -> str:
        return f"{self.action}: {self.play.__name__.replace('_', ' ')}"


DEEDS: list[Deed] = []


def deed(action: str, policy: str = CONVERSATIONS) -> Callable[[Callable[[Stage], Play]], Callable[[Stage], Play]]:
    """The function plays a deed of this action."""

    def keep(play: Callable[[Stage], Play]) -> Callable[[Stage], Play]:
        DEEDS.append(Deed(action, play, policy))
        return play

    return keep


@dataclass
class Seen:
    """What came of a deed."""

    vectors: list[Vector] = field(default_factory=list)
    # What the streams that ended said last.
    ended: list[Json | None] = field(default_factory=list)
    # What outsiders had before and after, byte by byte, and what they were told.
    outsiders: list[tuple[str, str, str, Json | None]] = field(default_factory=list)
    ran: set[str] = field(default_factory=set)


@dataclass
class Watched:
    """A witness, with what they know before a deed."""

    witness: Witness
    known: Json
    stream: Stream | None

    @classmethod
    def by(cls, witness: Witness) -> Watched:
        return cls(witness, witness.snapshot(), witness.stream())

    def told(self) -> Json | None:
        return self.witness.replay(self.stream, position(self.known)) if self.stream else None


def watch(one: Deed, stage: Stage, outsiders: list[Watched]) -> Seen:
    """Play a deed before the visitor, both agents, and outsiders, who know what they knew when the stage was set."""
    seen, play = Seen(), one.play(stage)
    more = next(play) or []
    ada, ben = AtDesk(stage.harbor.ada, "Ada"), AtDesk(stage.harbor.ben, "Ben")
    witnesses: list[Witness] = [Visitor(stage.visitor), ada, ben, *more]
    insiders = [Watched.by(witness) for witness in witnesses]
    with recorded(seen.ran):
        answers = finish(play)
    for one_of_them in insiders:
        keep(seen, one.name, one_of_them, answers)
    for outsider in outsiders:
        before, after = (json.dumps(state) for state in (outsider.known, outsider.witness.snapshot()))
        seen.outsiders.append((outsider.witness.name, before, after, outsider.told()))
    return seen


def keep(seen: Seen, deed_name: str, watched: Watched, answers: list[Json]) -> None:
    """Make a vector of what an insider saw, unless it is not the same person any more."""
    witness, known, told, now = watched.witness, watched.known, watched.told(), watched.witness.snapshot()
    if watched.stream is None:
        return  # They were nobody: a client without a contact has no log, and begins with an answer.
    if witness.audience == "visitor" and known["contact"]["id"] != now["contact"]["id"]:
        seen.ended.append(told)
        return
    own = answers if witness.name == "Ada" else []
    seen.vectors.append(Vector(f"{deed_name}, for {witness.name}", witness.audience, known, told, now, own))


def outsiders_of(stage: Stage) -> list[Watched]:
    """Another contact of the same company, and the people of another one."""
    rival = AtDesk(stage.rival.ada, "agent of the rival")
    visitors = AtContact(stage.stranger.contact, "stranger"), AtContact(stage.rival_visitor.contact, "rival's visitor")
    witnesses: list[Witness] = [rival, *visitors]
    return [Watched.by(witness) for witness in witnesses]


def finish(play: Play) -> list[Json]:
    """Do what the deed is about."""
    try:
        next(play)
    except StopIteration as done:
        return list(done.value or [])
    raise AssertionError("a deed yields once")


_NAMES = {inspect.unwrap(getattr(actions, name)).__code__: name for name in actions.__all__}


@contextmanager
def recorded(ran: set[str]) -> Generator[None, None, None]:
    """Note which actions run meanwhile, whichever door they are called through."""

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call" and (name := _NAMES.get(frame.f_code)):
            ran.add(name)

    previous = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(previous)
