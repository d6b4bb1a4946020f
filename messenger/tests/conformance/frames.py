"""Every frame that a server sends, key by key."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .client import Agent, Installation, Line, Visitor, case, sign_in

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_ITEM = {"id", "seq", "type", "v", "at", "payload"}


@asynccontextmanager
async def both(at: Installation) -> AsyncIterator[tuple[Visitor, Line, Agent, Line]]:
    """A visitor and an agent, both listening."""
    visitor, agent = await at.visitor(), at.team()
    async with visitor.live() as theirs, agent.live() as ours:
        yield visitor, theirs, agent, ours


@case("welcome: every key of it, live")
async def _welcome(at: Installation) -> None:
    visitor = await at.visitor()
    async with at.line() as line, at.line() as other:
        for one in (line, other):
            await one.hello(visitor.bearer)
        welcome, second = await line.hear(), await other.hear()
    assert set(welcome) == {"t", "conn", "hb", "time", "epoch", "head", "mode"}
    assert (welcome["t"], welcome["hb"], welcome["mode"]) == ("welcome", 25, "live")
    assert (welcome["epoch"], welcome["head"]) == visitor.position
    assert _TIME.fullmatch(welcome["time"])
    assert welcome["conn"] != second["conn"]


@case("welcome: resumed with a cursor")
async def _welcome_resumed(at: Installation) -> None:
    visitor = await at.visitor()
    async with at.line() as line:
        await line.hello(visitor.bearer, visitor.cursor)
        assert (await line.hear())["mode"] == "resumed"


@case("welcome: an agent by API token")
async def _welcome_token(at: Installation) -> None:
    agent = at.team()
    async with at.line("/ws/inbox") as line:
        await line.hello(agent.bearer)
        welcome = await line.hear()
    assert (await agent.cursor()).split(":")[0] == welcome["epoch"]


@case("welcome: an agent by cookie with our own Origin")
async def _welcome_cookie(at: Installation) -> None:
    cookies = await sign_in(at)
    async with at.line("/ws/inbox", origin=at.origin, additional_headers=cookies) as line:
        await line.hello(None)
        welcome = await line.hear()
        assert (await at.team().cursor()).split(":")[0] == welcome["epoch"]
        visitor = await at.visitor("For whoever is signed in")
        assert (await line.hear("evs"))["items"][0]["payload"]["conversation"]["id"] == visitor.conversation_id


@case("evs: every key of it, from the first seq to the last without a hole")
async def _evs(at: Installation) -> None:
    visitor = await at.visitor()
    epoch, seq = visitor.position
    async with visitor.live() as line:
        for number in range(5):
            await visitor.says(f"message {number}")
        said: list[str] = []
        while len(said) < 5:
            frame = await line.hear()
            assert set(frame) == {"t", "epoch", "from", "to", "items", "more"}
            assert (frame["t"], frame["epoch"], frame["from"], frame["more"]) == ("evs", epoch, seq + 1, False)
            assert [item["seq"] for item in frame["items"]] == list(range(frame["from"], frame["to"] + 1))
            seq = frame["to"]
            for item in frame["items"]:
                assert set(item) == _ITEM
                assert (item["id"], item["type"]) == (f"{epoch}:{item['seq']}", "message.created")
                assert set(item["payload"]) == {"message", "conversation"}
                assert _TIME.fullmatch(item["at"])
                said.append(item["payload"]["message"]["body"])
    assert said == [f"message {number}" for number in range(5)]


@case("evs: a reply, what was seen, and where the visitor has read")
async def _evs_kinds(at: Installation) -> None:
    async with both(at) as (visitor, theirs, agent, ours):
        await agent.replies(visitor.conversation_id, "Hi")
        heard: dict[str, dict[str, object]] = {}
        while "message.created" not in heard or "seen.updated" not in heard:
            heard |= {item["type"]: item["payload"] for item in (await theirs.hear("evs"))["items"]}
        assert set(heard["seen.updated"]) == {"conversation_id", "seen_seq", "by", "at"}
        await visitor.call("PUT", f"conversations/{visitor.conversation_id}/read", {"up_to": 3})
        while "read_state.updated" not in heard:
            heard |= {item["type"]: item["payload"] for item in (await ours.hear("evs"))["items"]}
        read = heard["read_state.updated"]
        assert {"conversation_id", "participant", "last_read_seq"} <= set(read)
        assert read["participant"] == {"kind": "contact", "id": visitor.contact_id}


@case("evs: a person who says their name")
async def _evs_contact(at: Installation) -> None:
    async with both(at) as (visitor, theirs, _, _):
        await visitor.call("POST", "profile", {"name": "Grace"})
        (item,) = (await theirs.hear("evs"))["items"]
        assert (item["type"], item["payload"]["contact"]["name"]) == ("contact.updated", "Grace")


@case("evs: a note is the team's alone")
async def _evs_note(at: Installation) -> None:
    async with both(at) as (visitor, theirs, agent, ours):
        await agent.replies(visitor.conversation_id, "Between us", kind="note")
        (item,) = (await ours.hear("evs"))["items"]
        assert item["type"] == "note.created"
        assert await theirs.still_answers()


@case("eph: an agent types a message")
async def _agent_types(at: Installation) -> None:
    async with both(at) as (visitor, theirs, _, ours):
        await ours.tell(t="typing", c=visitor.conversation_id, on=True)
        frame = await theirs.hear_of("typing")
        assert set(frame) == {"t", "k", "c", "by", "on", "ttl"}
        assert (frame["c"], frame["on"], frame["ttl"]) == (visitor.conversation_id, True, 6)
        assert set(frame["by"]) == {"kind", "id", "name"}
        assert frame["by"]["kind"] == "agent"


@case("eph: a visitor types, and stops")
async def _visitor_types(at: Installation) -> None:
    async with both(at) as (visitor, theirs, _, ours):
        for on in (True, False):
            await theirs.tell(t="typing", c=visitor.conversation_id, on=on)
            frame = await ours.hear_of("typing")
            assert (frame["c"], frame["on"], frame["ttl"]) == (visitor.conversation_id, on, 6)
            assert (frame["by"]["kind"], frame["by"]["id"]) == ("contact", visitor.contact_id)


@case("eph: who types a note is seen by colleagues, never by the visitor")
async def _note_typed(at: Installation) -> None:
    async with both(at) as (visitor, theirs, _, ours):
        await ours.tell(t="typing", c=visitor.conversation_id, on=True, kind="note")
        assert (await ours.hear_of("typing"))["kind"] == "note"
        assert await theirs.still_answers()


@case("eph: presence of a visitor, here and away")
async def _presence(at: Installation) -> None:
    async with both(at) as (visitor, theirs, _, ours):
        for on, status in ((True, "online"), (False, "away")):
            await theirs.tell(t="active", on=on)
            frame = await ours.hear_of("presence")
            assert (frame["by"]["id"], frame["status"]) == (visitor.contact_id, status)
            assert _TIME.fullmatch(frame["last_active_at"])


@case("eph: which colleague has the thread open")
async def _viewing(at: Installation) -> None:
    async with both(at) as (visitor, _, agent, ours), agent.live() as colleague:
        await ours.tell(t="viewing", c=visitor.conversation_id)
        frame = await colleague.hear_of("viewing")
        assert (frame["c"], frame["by"]["kind"]) == (visitor.conversation_id, "agent")


@case("eph: a visit, without what its address may hide")
async def _visit(at: Installation) -> None:
    async with both(at) as (visitor, _, _, ours):
        await visitor.call("POST", "visits", {"page": {"url": "https://shop.example/a?secret=1", "title": "A"}})
        assert (await ours.hear_of("visit"))["page"] == {"url": "https://shop.example/a", "title": "A"}


@case("eph: what an agent has read is told to their own tabs")
async def _agent_read(at: Installation) -> None:
    async with both(at) as (visitor, theirs, agent, ours):
        await agent.call("PUT", f"conversations/{visitor.conversation_id}/read", {"up_to": 1})
        frame = await ours.hear_of("agent_read")
        assert (frame["c"], frame["last_read_seq"], frame["unread"]) == (visitor.conversation_id, 1, 0)
        assert frame["back"] is False
        assert await theirs.still_answers()


@case("eph: what an agent mutes is told to their own tabs, which ask for the rest")
async def _agent_muted(at: Installation) -> None:
    async with both(at) as (visitor, theirs, agent, ours):
        await agent.call("PUT", f"conversations/{visitor.conversation_id}/mute", {"on": True})
        frame = await ours.hear_of("agent_muted")
        assert frame == {"t": "eph", "k": "agent_muted", "c": visitor.conversation_id}
        assert await theirs.still_answers()


@case("pong, active and fields that nobody knows are no offence")
async def _harmless(at: Installation) -> None:
    visitor = await at.visitor()
    async with visitor.live(colour="blue") as line:
        await line.tell(t="pong", colour="blue")
        await line.tell(t="active", on="perhaps")
        assert await line.still_answers()


@case("auth: a newer token of the same person keeps the socket")
async def _renewed(at: Installation) -> None:
    visitor = await at.visitor()
    tab = await at.visitor(None, device=visitor.device)
    async with visitor.live() as line:
        await line.tell(t="auth", auth=tab.bearer)
        assert await line.still_answers()


@case("hb: about 25 s after the welcome, with the head", is_slow=True)
async def _heartbeat(at: Installation) -> None:
    visitor = await at.visitor()
    began = time.monotonic()  # The server counts from before the client has seen its welcome.
    async with visitor.live() as line:
        welcomed = time.monotonic()
        await visitor.says("Before the heartbeat")
        frame = await line.hear("hb", within_s=35)
        assert time.monotonic() - began >= 22
        assert time.monotonic() - welcomed < 35, "a client gives up after 35 s of silence"
    assert set(frame) == {"t", "time", "head"}
    assert frame["head"] == visitor.position[1] + 1
    assert _TIME.fullmatch(frame["time"])


@case("long-poll: 204 when nothing happens, and at once when something does", is_slow=True)
async def _long_poll(at: Installation) -> None:
    visitor = await at.visitor()
    assert (await visitor.events(visitor.cursor, wait=1)).status_code == 204
    waiting = asyncio.create_task(visitor.events(visitor.cursor, wait=12))
    await visitor.says("There you are")
    assert "There you are" in (await waiting).text
