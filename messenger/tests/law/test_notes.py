"""I9: a visitor cannot tell a thread with ten notes from one with none, by anything that they can get."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from curbe.testing.cast import Browser, make_company
from messenger import streams
from messenger.models import Conversation, Message, Team
from messenger.tests.test_sockets import connected, in_thread

pytestmark = pytest.mark.django_db(transaction=True)


class Talk:
    """The same conversation each time it is played; with a team that talks about it among themselves, or without."""

    def __init__(self, slug: str, *, is_noted: bool, is_told: bool = False) -> None:
        self.company, self.is_noted, self.is_told = make_company(slug), is_noted, is_told
        self.ada, self.ben = self.company.desk(), self.company.desk(self.company.ben)
        self.team = Team.objects.create(tenant=self.company.tenant, name="Support")
        self.visitor: Browser = self.company.browser()
        self.thread = str(self.visitor.start("Where is my parcel?")["conversation"]["id"])

    def play(self) -> None:
        for step in self.steps():
            step()

    def steps(self) -> list[Callable[[], None]]:
        """One request each of what the visitor learns, with what the team says in between."""
        acts = [self.reply, self.ask, self.read, self.type, self.second_reply, self.ask, self.close]
        acts += [self.say_a_name, self.come_back]
        return [*(step for act in acts for step in (self.talk_in_the_team, act)), self.talk_in_the_team]

    def reply(self) -> None:
        assert self.ada.reply(self.thread, "Let me **look**").status_code == 201

    def type(self) -> None:
        assert self.ben.post(f"conversations/{self.thread}/typing", {"on": True}).status_code == 204

    def second_reply(self) -> None:
        assert self.ben.reply(self.thread, "It left yesterday").status_code == 201

    def ask(self) -> None:
        assert self.visitor.say(self.thread, "Any news?").status_code == 201

    def read(self) -> None:
        assert self.visitor.put(f"conversations/{self.thread}/read", {"up_to": 3}).status_code == 200

    def close(self) -> None:
        assert self.ada.post(f"conversations/{self.thread}/close").status_code == 200

    def say_a_name(self) -> None:
        assert self.visitor.post("profile", {"name": "Ines"}).status_code == 200

    def come_back(self) -> None:
        assert self.visitor.say(self.thread, "It is not here yet").status_code == 201

    def talk_in_the_team(self) -> None:
        """Notes, typing them, whose team it is, reading, a snooze: what is the team's business."""
        if self.is_told:
            self.ada.reply(self.thread, "This one is not for the team")
        if not self.is_noted:
            return
        path = f"conversations/{self.thread}"
        for desk in (self.ada, self.ben):
            desk.post(f"{path}/typing", {"on": True, "kind": "note"})
            assert desk.note(self.thread, f"A note by {desk.agent}").status_code == 201
            desk.put(f"{path}/read", {"up_to": 99})
            desk.post(f"{path}/typing", {"on": False, "kind": "note"})
        self.ada.post(f"{path}/assign", {"team_id": str(self.team.id)})
        self.ada.post(f"{path}/assign", {"team_id": None})
        snoozed = {"status": "snoozed", "snoozed_until": timezone.now() + timedelta(days=1)}
        Conversation.objects.filter(id=self.thread, status="open").update(**snoozed)

    def notes(self) -> int:
        return Message.objects.filter(conversation__id=self.thread, kind="note").count()


def all_that_a_visitor_gets(talk: Talk) -> list[str]:
    """Every answer, byte by byte with its headers, and the whole log."""
    path = f"conversations/{talk.thread}"
    reads = [path, "conversations", "history", f"{path}/messages"]
    reads += [f"{path}/messages?{bound}={seq}&limit=2" for bound in ("before", "after") for seq in range(1, 12)]
    boot = {"widget_id": str(talk.company.widget.id), "device_id": talk.visitor.device}
    answers = [talk.visitor.get(one) for one in reads] + [talk.visitor.post("bootstrap", boot)]
    assert {answer.status_code for answer in answers} == {200}
    told = [f"{sorted(answer.headers.items())} {answer.content.decode()}" for answer in answers]
    stream = streams.contact_stream(talk.visitor.contact)
    items = streams.events_after(stream, 0, streams.MOST_BEHIND)
    return [*told, stream.cursor, *(json.dumps(item.as_json(stream.epoch)) for item in items)]


_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
# What is new each time: ids, tokens, epochs and traces. Each is replaced by the order in which it came up.
_ONE_OFF = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|cvs_[\w-]+|\b[0-9a-f]{24}\b|\b[0-9a-f]{12}\b")


def normal(told: list[str]) -> list[str]:
    """The same with what is new each time numbered, and the moments in their order."""
    text = "\n".join(told).replace("harbor", "…").replace("Harbor", "…").replace("haven", "…").replace("Haven", "…")
    moments = moments_of(text)
    text = re.sub(_TIME, lambda found: f"moment {moments[found[0]]}", text)
    seen: dict[str, int] = {}
    return _ONE_OFF.sub(lambda found: f"#{seen.setdefault(found[0], len(seen))}", text).split("\n")


def moments_of(text: str) -> dict[str, int]:
    """Times in their order. Those of one transaction may fall into the same millisecond or into two."""
    order: dict[str, int] = {}
    last, number = None, 0
    for time in sorted(set(re.findall(_TIME, text))):
        at = datetime.fromisoformat(time)
        number += last is None or at - last > timedelta(milliseconds=1)
        order[time], last = number, at
    return order


@pytest.fixture
def plain(transactional_db) -> Talk:
    return Talk("harbor", is_noted=False)


@pytest.fixture
def noted(transactional_db) -> Talk:
    return Talk("haven", is_noted=True)


def test_ten_notes_change_nothing_that_a_visitor_gets(plain, noted):
    for talk in (plain, noted):
        talk.play()
    assert (plain.notes(), noted.notes()) == (0, 20)
    assert normal(all_that_a_visitor_gets(noted)) == normal(all_that_a_visitor_gets(plain))


def test_the_comparison_finds_what_a_visitor_may_see(plain, transactional_db):
    told = Talk("haven", is_noted=True, is_told=True)
    for talk in (plain, told):
        talk.play()
    assert normal(all_that_a_visitor_gets(told)) != normal(all_that_a_visitor_gets(plain))


async def test_ten_notes_send_nothing_down_a_visitors_socket(plain, noted):
    """Events, typing and heads, as they come while the talk goes on."""
    frames = {talk: normal([json.dumps(frame) for frame in await heard(talk)]) for talk in (plain, noted)}
    assert len(frames[plain]) > 10, "there is something to compare"
    assert frames[noted] == frames[plain]


async def heard(talk: Talk) -> list[dict[str, Any]]:
    """The events of each step as they come, however they are bundled, and beside them the dots."""
    events: list[dict[str, Any]] = []
    dots: list[dict[str, Any]] = []
    async with connected() as line:
        await line.hello(talk.visitor.bearer)
        seq = (await line.hear_until("welcome"))["head"]
        for step in talk.steps():
            await in_thread(step)()
            head = (await in_thread(lambda: streams.contact_stream(talk.visitor.contact))()).head_seq
            while seq < head:
                frame = await line.hear()
                events += frame.get("items", [])
                seq = frame.get("to", seq)
                dots += [frame] if frame["t"] == "eph" else []
        while not await line.hears_nothing():
            frame = await line.hear()
            dots += [frame] if frame["t"] == "eph" else []
    return [*events, *dots]
