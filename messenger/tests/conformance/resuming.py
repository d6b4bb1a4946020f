"""Where a client may go on from, by the socket and by its long-poll twin, which say the same."""

from __future__ import annotations

import uuid
from typing import Any

from .client import Caller, Installation, case
from .closing import repeat_event

STREAM_OF = "SELECT id FROM messenger_stream WHERE contact_id = ?"


async def told(caller: Caller, after: str) -> list[dict[str, Any]]:
    """What a client at that cursor is told to begin with, by the socket; the twin says the same, frame by frame."""
    async with caller.live(after) as line:
        await line.tell(t="resume", after="000000:1")  # Whose answer marks the end.
        frames = []
        while (frame := await line.hear()) != {"t": "resync_required", "reason": "epoch"}:
            frames.append(frame)
    await assert_twin_says(caller, after, frames)
    return frames


async def assert_twin_says(caller: Caller, after: str, frames: list[dict[str, Any]]) -> None:
    for frame in frames:
        assert (await caller.events(after)).json() == frame
        after = f"{frame['epoch']}:{frame['to']}" if frame["t"] == "evs" else ""
    if after:
        assert (await caller.events(after)).status_code == 204


async def assert_resync(caller: Caller, after: str, reason: str) -> None:
    """A socket at that cursor is told why it has to start over, never a part of the range; the twin says the same."""
    asked = {"t": "resync_required", "reason": reason}
    async with caller.live(after) as line:
        assert await line.hear() == asked
        await line.tell(t="resume", after=after)
        assert await line.hear() == asked
    assert (await caller.events(after)).json() == asked


@case("resume: at the head there is nothing to tell")
async def _at_head(at: Installation) -> None:
    visitor, agent = await at.visitor(), at.team(1)
    assert await told(visitor, visitor.cursor) == []
    assert await told(agent, await agent.cursor()) == []


@case("resume: at the head less one comes the last event")
async def _before_head(at: Installation) -> None:
    visitor, agent = await at.visitor(), at.team()
    await visitor.says("The last one")
    for caller, cursor in ((visitor, visitor.cursor), (agent, before(await agent.cursor()))):
        (frame,) = await told(caller, cursor)
        (item,) = frame["items"]
        assert (frame["from"], frame["to"], frame["more"]) == (item["seq"], item["seq"], False)
        assert item["payload"]["message"]["body"] == "The last one"


def before(cursor: str) -> str:
    epoch, seq = cursor.split(":")
    return f"{epoch}:{int(seq) - 1}"


@case("resume: at 0 comes all of it")
async def _at_zero(at: Installation) -> None:
    visitor = await at.visitor()
    epoch, head = visitor.position
    frames = await told(visitor, f"{epoch}:0")
    assert (frames[0]["from"], frames[-1]["to"]) == (1, head)
    assert [item["type"] for item in frames[0]["items"]] == ["conversation.created", "message.created"]


@case("resume: exactly 1,000 behind comes all of it, 1,001 behind is too many")
async def _far_behind(at: Installation) -> None:
    visitor = await at.visitor()
    epoch, head = visitor.position
    repeat_event(at, visitor, visitor.contact_id, 1_000, "contact.updated")
    frames = await told(visitor, f"{epoch}:{head}")
    spans = [(frame["from"], frame["to"]) for frame in frames]
    assert [start for start, _ in spans] == [head + 1, *(end + 1 for _, end in spans[:-1])]
    assert spans[-1][1] == head + 1_000
    assert sum(len(frame["items"]) for frame in frames) == 1_000
    assert [frame["more"] for frame in frames] == [True] * (len(frames) - 1) + [False]
    await assert_resync(visitor, f"{epoch}:{head - 1}", "too_many")


@case("resync_required: ahead of the head")
async def _ahead(at: Installation) -> None:
    visitor, agent = await at.visitor(), at.team(1)
    for caller, cursor in ((visitor, visitor.cursor), (agent, await agent.cursor())):
        epoch, seq = cursor.split(":")
        await assert_resync(caller, f"{epoch}:{int(seq) + 1}", "ahead")
        await assert_resync(caller, f"{epoch}:{10**17}", "ahead")


@case("resync_required: another epoch")
async def _epoch(at: Installation) -> None:
    visitor, agent = await at.visitor(), at.team(1)
    for caller, cursor in ((visitor, visitor.cursor), (agent, await agent.cursor())):
        for other in ("000000:" + cursor.split(":")[1], cursor + ":1", cursor.replace(":", ":-"), cursor + "0" * 20):
            await assert_resync(caller, other, "epoch")


@case("resync_required: the cursor of somebody else's stream")
async def _foreign(at: Installation) -> None:
    visitor, neighbour, agent = await at.visitor(), await at.visitor(), at.team(1)
    await assert_resync(visitor, neighbour.cursor, "epoch")
    await assert_resync(visitor, await at.team().cursor(), "epoch")
    await assert_resync(agent, await at.team().cursor(), "epoch")


@case("resync_required: older than what is kept")
async def _pruned(at: Installation) -> None:
    visitor = await at.visitor()
    for number in range(4):
        await visitor.says(f"message {number}")
    epoch, head = visitor.position
    contact = uuid.UUID(visitor.contact_id)
    at.change("UPDATE messenger_stream SET min_seq = ? WHERE contact_id = ?", head + 2, contact)
    at.change(f"DELETE FROM messenger_event WHERE stream_id = ({STREAM_OF}) AND seq <= ?", contact, head + 2)  # noqa: S608
    for seq in (0, head, head + 1):
        await assert_resync(visitor, f"{epoch}:{seq}", "too_old")
    (frame,) = await told(visitor, f"{epoch}:{head + 2}")
    assert [item["payload"]["message"]["body"] for item in frame["items"]] == ["message 2", "message 3"]


@case("resume: after resync_required, with the cursor of a new snapshot, and nothing in between is lost")
async def _after_resync(at: Installation) -> None:
    visitor = await at.visitor()
    async with visitor.live("000000:1") as line:
        assert (await line.hear())["t"] == "resync_required"
        await visitor.says("meanwhile")
        assert await line.still_answers(), "nothing partial"
        await line.tell(t="resume", after=visitor.cursor)
        assert [item["payload"]["message"]["body"] for item in (await line.hear())["items"]] == ["meanwhile"]


@case("resume: without a cursor it begins at the head")
async def _from_now(at: Installation) -> None:
    visitor = await at.visitor()
    async with visitor.live("000000:1") as line:
        await line.hear()
        await line.tell(t="resume", after=None)
        await visitor.says("from now on")
        assert [item["payload"]["message"]["body"] for item in (await line.hear())["items"]] == ["from now on"]


@case("resync_required: on a live socket whose epoch has ended", is_slow=True)
async def _epoch_ends(at: Installation) -> None:
    visitor = await at.visitor()
    async with visitor.live() as line:
        at.change("UPDATE messenger_stream SET epoch = 'restored' WHERE contact_id = ?", uuid.UUID(visitor.contact_id))
        assert await line.hear() == {"t": "resync_required", "reason": "epoch"}
        await line.tell(t="resume", after=f"restored:{visitor.position[1]}")
        await visitor.says("in the new epoch")
        assert (await line.hear())["epoch"] == "restored"


@case("resync_required: on a live socket whose stream is gone, once", is_slow=True)
async def _closed(at: Installation) -> None:
    visitor = await at.visitor()
    contact = uuid.UUID(visitor.contact_id)
    async with visitor.live() as line:
        at.change(f"DELETE FROM messenger_event WHERE stream_id = ({STREAM_OF})", contact)  # noqa: S608
        at.change("DELETE FROM messenger_stream WHERE contact_id = ?", contact)
        assert await line.hear() == {"t": "resync_required", "reason": "closed"}
        assert (await line.hear(within_s=35))["t"] == "hb", "it is not asked again"
