"""Months of two companies, drawn by lot and played through the actions, mostly where clocks turn."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from curbe.testing.cast import Browser, Company
from messenger import actions
from messenger.actions.merging import merge_contacts
from messenger.actions.messages import Draft
from messenger.actions.profile import new_contact
from messenger.actions.turns import Asked
from messenger.actions.verb import verb
from messenger.demo.clock import standing_at
from messenger.errors import DomainError, Unauthenticated
from messenger.events import EventLog
from messenger.models import Agent, Contact, Conversation, Device, Team, Tenant, Turn
from messenger.models.assistant import TurnReason
from messenger.principals import Assistant, Visitor

# Havana jumps over a midnight in March and has one twice in November; Madrid changes its clocks at 1:00 UTC.
WINDOWS = [datetime(2026, *day, tzinfo=UTC) for day in ((3, 7), (3, 28), (10, 24), (10, 31))]
HOURS = 60


@dataclass
class Life:
    """What is being played, and what no thread tells of it: which cycles were closed as spam."""

    company: Company
    lot: random.Random
    teams: list[Team]
    browsers: list[Browser] = field(default_factory=list)
    spam: set[tuple[uuid.UUID, int]] = field(default_factory=set)
    merges: int = 0

    def play(self, acts: int) -> None:
        for start in WINDOWS:
            self.browsers = []
            for moment in self._moments(start, acts):
                with standing_at(moment):
                    self._act()

    def _moments(self, start: datetime, number: int) -> Iterator[datetime]:
        """Half of them within minutes of a full hour, where days and offsets turn."""
        drawn = []
        for _ in range(number):
            hour = start + timedelta(hours=self.lot.randrange(HOURS))
            minutes = self.lot.choice([0, 0, -1, 1, 30]) + self.lot.random()
            drawn.append(hour + timedelta(minutes=minutes))
        yield from sorted(drawn)

    def _act(self) -> None:
        often = [self.say, self.say, self.say, self.reply, self.reply, self.close, self.beep]
        rare = [self.arrive, self.reopen, self.assign, self.note, self.rate, self.rate, self.beep, self.spammed]
        act: Callable[[], None] = self.lot.choice([*often, *rare, self.identify])
        try:
            act()
        except DomainError:
            pass  # Handled: what the domain refuses did not happen, and whoever plays at random asks for such things.

    def arrive(self) -> None:
        self.browsers.append(self.company.browser())
        self.browsers[-1].start("Hello", new=False)

    def say(self) -> None:
        if not self.browsers:
            return self.arrive()
        visitor = self._visitor()
        thread = self._of(visitor.contact.id if visitor.contact else None)
        if thread:
            draft = Draft.by_visitor(uuid.uuid4(), "And another thing")
            actions.send_message(by=visitor, conversation_id=thread.id, draft=draft)
        return None

    def reply(self) -> None:
        thread, agent = self._any(), self._agent()
        if thread:
            actions.send_reply(by=agent, conversation_id=thread.id, draft=Draft.by_agent(uuid.uuid4(), "Here you are"))

    def note(self) -> None:
        if thread := self._any():
            draft = Draft.by_agent(uuid.uuid4(), "A word among us")
            actions.add_note(by=self._agent(), conversation_id=thread.id, draft=draft)

    def beep(self) -> None:
        """The assistant answers what it was asked, or hands it over."""
        asked = self._asked()
        if asked and self.lot.random() < 0.8:
            told: dict[str, Any] = {"body": "Beep", "body_html": "<p>Beep</p>", "sources": [], "facts": {}}
            actions.answer_turn(by=Assistant(asked.claim.tenant_id), asked=asked, **told)
        elif asked:
            reason = TurnReason.LOW_CONFIDENCE
            actions.hand_off_turn(by=Assistant(asked.claim.tenant_id), claim=asked.claim, reason=reason)

    def _asked(self) -> Asked | None:
        """Something that the assistant was asked, whenever it is due."""
        turn = self.lot.choice([*Turn.objects.filter(state="waiting").order_by("id"), None])
        if turn is None:
            return None
        Turn.objects.filter(id=turn.id).update(due_at=turn.asked_at)
        claim = actions.claim_turn(tenant_id=turn.tenant_id, turn_id=turn.id)
        return actions.open_turn(claim) if claim else None

    def close(self) -> None:
        if thread := self._any():
            actions.close_conversation(by=self._agent(), conversation_id=thread.id)

    def spammed(self) -> None:
        if (thread := self._any()) and not thread.is_closed:
            actions.close_conversation(by=self._agent(), conversation_id=thread.id, spam=True)
            self.spam.add((thread.id, thread.cycle))

    def reopen(self) -> None:
        if thread := self._any():
            actions.reopen_conversation(by=self._agent(), conversation_id=thread.id)

    def assign(self) -> None:
        if thread := self._any():
            agent = self.lot.choice([None, self.company.ada, self.company.ben])
            team = self.lot.choice([None, *self.teams])
            to = {"agent_id": agent.id if agent else None, "team_id": team.id if team else None}
            actions.assign(by=self._agent(), conversation_id=thread.id, to=to)

    def rate(self) -> None:
        visitor = self._visitor() if self.browsers else None
        thread = self._of(visitor.contact.id) if visitor and visitor.contact else None
        if visitor and thread and thread.is_closed:
            actions.rate_conversation(
                by=visitor, conversation_id=thread.id, cycle=thread.cycle, score=self.lot.randint(1, 5)
            )

    def identify(self) -> None:
        """A guest turns out to be one of two users, is merged, and leaves. (A proof would be of today.)"""
        if len(self.browsers) > 1 and self.merges < 6:
            browser = self.browsers.pop(self.lot.randrange(len(self.browsers)))
            merge(by=self._visitor(browser), user_id=f"user-{self.merges % 2}")
            self.merges += 1

    def _visitor(self, browser: Browser | None = None) -> Visitor:
        """Whoever uses a browser; a session that has ended begins again with a page load."""
        browser = browser or self.lot.choice(self.browsers)
        try:
            return browser.visitor
        except Unauthenticated:
            browser.boot()  # Handled: as the widget does it.
            return browser.visitor

    def _agent(self) -> Agent:
        return self.lot.choice([self.company.ada, self.company.ben])

    def _any(self) -> Conversation | None:
        rows = Conversation.objects.filter(tenant=self.company.tenant, last_message__isnull=False)
        return self.lot.choice(list(rows.order_by("id")) or [None])

    def _of(self, contact_id: uuid.UUID | None) -> Conversation | None:
        rows = Conversation.objects.filter(tenant=self.company.tenant, contact=contact_id)
        return self.lot.choice(list(rows.order_by("id")) or [None])


@verb
def merge(events: EventLog, *, by: Visitor, user_id: str) -> None:
    """What a proof leads to."""
    user = Contact.objects.filter(tenant_id=by.tenant_id, external_id=user_id).first()
    user = user or new_contact(by.tenant_id, type=Contact.Type.USER, external_id=user_id)
    guest = Contact.objects.select_for_update().get(id=by.contact.id if by.contact else None)
    merge_contacts(events, guest=guest, user=user, device=by.device)
    Device.objects.filter(id=by.device.id).update(contact=None, user=user)


def live(company: Company, zone: str, seed: int, acts: int) -> Life:
    """Play the company's months."""
    Tenant.objects.filter(id=company.tenant.id).update(time_zone=zone)
    company.tenant.refresh_from_db()
    teams = [Team.objects.create(tenant=company.tenant, name=name) for name in ("Returns", "Shipping")]
    company.widget.features = {"assistant": True}
    company.widget.save()
    life = Life(company, random.Random(seed), teams)
    life.play(acts)
    return life
