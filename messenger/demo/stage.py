"""Where stories are played: every act is an action, stamped by a clock that stands at the act's moment."""

from __future__ import annotations

import copy
import heapq
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .. import actions
from ..actions.messages import Draft
from ..actions.visits import Page
from ..assistant import answering
from ..assistant.articles import Articles
from ..models import Agent, Conversation, Team, Turn, Widget
from ..principals import Visitor
from .clock import standing_at
from .credentials import derived

if TYPE_CHECKING:
    from .script import Story

_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
)
_TO_THE_END = 1_000_000


@dataclass(frozen=True, slots=True)
class Cast:
    """A tenant's people and places, by the names that the stories use."""

    slug: str
    site: str
    agents: Mapping[str, Agent]
    teams: Mapping[str, Team]
    widgets: list[Widget]


@dataclass(slots=True)
class Scene:
    """One visitor with one browser, and the conversation they are in."""

    cast: Cast
    name: str
    locale: str
    widget: Widget
    _session: Visitor | None = None
    _conversation_id: uuid.UUID | None = None

    def visit(self, url: str, title: str) -> None:
        agent = _BROWSERS[len(self.name) % len(_BROWSERS)]
        page = Page(url=f"{self.cast.site}{url}", title=title, locale=self.locale, user_agent=agent)
        device_id = derived(f"{self.cast.slug}/device/{self.name}")
        self._session = actions.boot_device(widget=self.widget, device_id=device_id, page=page).visitor

    def say(self, text: str) -> None:
        if self._conversation_id is None:
            self._start(text, is_new=False)
        else:
            actions.send_message(
                by=self._visitor, conversation_id=self._conversation_id, draft=Draft.by_visitor(uuid.uuid4(), text)
            )

    def begin(self, text: str) -> None:
        self._start(text, is_new=True)

    def fill(self, traits: dict[str, Any]) -> None:
        contact = actions.update_profile(by=self._visitor, traits=traits)
        self._session = Visitor(self._visitor.token, contact)

    def read(self) -> None:
        actions.mark_read_by_contact(by=self._visitor, conversation_id=self._thread, up_to=_TO_THE_END)

    def want_a_person(self) -> None:
        actions.ask_for_person(by=self._visitor, conversation_id=self._thread)

    def assist(self) -> None:
        """Whatever provider is set up, what the demo shows comes from its own articles, and from nowhere else."""
        turns = Turn.objects.filter(tenant_id=self._visitor.tenant_id, conversation=self._thread, ended_at=None)
        for turn in turns:  # One, or none when it has handed over before.
            claim = actions.claim_turn(tenant_id=turn.tenant_id, turn_id=turn.id)
            if claim and (asked := actions.open_turn(claim)):
                answering.work_on(asked, Articles())

    def reply(self, agent: str, text: str) -> None:
        actions.send_reply(
            by=self.cast.agents[agent], conversation_id=self._thread, draft=Draft.by_agent(uuid.uuid4(), text)
        )

    def note(self, agent: str, text: str) -> None:
        actions.add_note(
            by=self.cast.agents[agent], conversation_id=self._thread, draft=Draft.by_agent(uuid.uuid4(), text)
        )

    def assign(self, agent: str, to: str) -> None:
        target = {"team_id": self.cast.teams[to].id} if to in self.cast.teams else {"agent_id": self.cast.agents[to].id}
        actions.assign(by=self.cast.agents[agent], conversation_id=self._thread, to=target)

    def close(self, agent: str) -> None:
        actions.close_conversation(by=self.cast.agents[agent], conversation_id=self._thread)
        for reader in self.cast.agents.values():
            actions.mark_read_by_agent(by=reader, conversation_id=self._thread, up_to=_TO_THE_END)

    def rate(self, score: int, remark: str) -> None:
        row = Conversation.objects.get(tenant_id=self._visitor.tenant_id, id=self._thread)
        actions.rate_conversation(by=self._visitor, conversation_id=row.id, cycle=row.cycle, score=score, remark=remark)

    def reopen(self, agent: str) -> None:
        actions.reopen_conversation(by=self.cast.agents[agent], conversation_id=self._thread)

    def _start(self, text: str, *, is_new: bool) -> None:
        key = uuid.uuid4() if is_new else None
        started = actions.start_conversation(
            by=self._visitor, is_new=is_new, client_conversation_id=key, draft=Draft.by_visitor(uuid.uuid4(), text)
        )
        self._session = Visitor(self._visitor.token, started.contact)
        self._conversation_id = started.conversation.id

    @property
    def _visitor(self) -> Visitor:
        if self._session is None:
            raise RuntimeError("A story begins with a visit.")
        return self._session

    @property
    def _thread(self) -> uuid.UUID:
        if self._conversation_id is None:
            raise RuntimeError("Nobody has said anything yet.")
        return self._conversation_id


def play(cast: Cast, stories: Iterable[Story], now: datetime) -> None:
    """Play all stories at once, each act at its moment: numbers and times then grow together, as they do in life."""
    agendas = []
    for story in stories:
        widget = cast.widgets[story.widget] if story.assisted else _without_assistant(cast.widgets[story.widget])
        scene = Scene(cast, story.visitor, story.locale, widget)
        agendas.append([(moment, scene, act) for moment, act in story.agenda(now)])
    for moment, scene, act in heapq.merge(*agendas, key=lambda planned: planned[0]):
        with standing_at(moment):
            act.play(scene)


def _without_assistant(widget: Widget) -> Widget:
    """The widget as it was before the assistant was switched on in it."""
    before = copy.copy(widget)
    before.features = {name: value for name, value in widget.features.items() if name != "assistant"}
    return before
