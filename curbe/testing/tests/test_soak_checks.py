"""The checks of the history checker: each finds what is planted for it, and nothing in an honest history."""

from __future__ import annotations

import asyncio
import json
import math
import time
from dataclasses import replace

import pytest

from curbe.testing.soak.checks import CHECKS, LONGEST_GAP_S, Evidence, violations
from curbe.testing.soak.history import Call, History, Read, Send, Span, Watch, now
from curbe.testing.soak.tables import Head, Part, Pointer, Position, Tables, Thread

THREAD = "thread"
CANARY, NOTE = "canary-harbor", "note-canary-harbor"


def said(number, person, kind="message"):
    """The numberth thing that was said: begun at second 10 × number, acknowledged one second later."""
    canary = NOTE if kind == "note" else CANARY
    send = Send(
        person, "harbor", THREAD, f"key-{number}", f"{canary} {person} {number}", kind, invoked_at=10.0 * number
    )
    send.acked_at, send.message_id = 10.0 * number + 1, f"message-{number}"
    return send


def honest():
    """A visitor says something twice; an agent writes a note in between, and a reply. Everybody knows after 1 s."""
    history = History()
    history.sends = [said(1, "guest"), said(2, "agent", "note"), said(3, "guest"), said(4, "agent")]
    history.owners = {THREAD: "guest"}
    history.canaries_heard.update([CANARY, NOTE])
    history.reads = [Read("guest", THREAD, 50, 1), Read("guest", THREAD, 51, 2)]
    for person, known in (("guest", [1, 2, 3]), ("agent", [1, 2, 3, 4])):
        watch = history.watches[person] = Watch("harbor", is_team=person == "agent", spans=[Span(0)])
        watch.seqs[THREAD] = known
        watch.moments[THREAD] = [12.0, 32.0, 42.0] if person == "guest" else [12.0, 22.0, 32.0, 42.0]
    parts = [part(1, 1, "contact"), part(2, None, "agent", "note"), part(3, 2, "contact"), part(4, 3, "agent")]
    tables = Tables(
        parts=parts,
        threads=[Thread(THREAD, 4, 3)],
        pointers=[
            *(Pointer("team", one.seq, f"{one.kind}.created", one.id) for one in parts),
            *(Pointer("own", one.visible_seq, "message.created", one.id) for one in parts if one.visible_seq),
        ],
        heads=[Head("team", "", 4, 0), Head("own", "guest-id", 3, 0)],
        positions=[Position(THREAD, "contact", "guest-id", 3, 2), Position(THREAD, "agent", "agent-id", 4, 0)],
    )
    return Evidence(
        history,
        tables,
        for_visitors={THREAD: [{"id": one.id, "body": one.body} for one in parts if one.visible_seq]},
        for_team={THREAD: [{"id": one.id, "body": one.body} for one in parts]},
        conversations={"guest": [{"id": THREAD, "unread_count": 1}], "agent": [{"id": THREAD, "unread_count": 0}]},
        readers={"guest": ("contact", "guest-id"), "agent": ("agent", "agent-id")},
    )


def part(number, visible_seq, author, kind="message"):
    """The row of the numberth thing that was said."""
    person = "guest" if author == "contact" else "agent"
    send = said(number, person, kind)
    return Part(f"message-{number}", THREAD, number, visible_seq, kind, author, f"{person}-id", send.key, send.body)


def test_an_honest_history_passes():
    assert violations(honest()) == {check.__name__: [] for check in CHECKS}


def lose_a_row(evidence):
    evidence.tables.parts.pop()


def change_a_row(evidence):
    evidence.tables.parts[0] = replace(evidence.tables.parts[0], body="something else")


def keep_it_from_the_visitor(evidence):
    evidence.for_visitors[THREAD].pop()


def keep_it_from_the_team(evidence):
    evidence.for_team[THREAD].pop(1)


def store_a_key_twice(evidence):
    evidence.tables.parts.append(replace(evidence.tables.parts[0], id="another", seq=5, visible_seq=4))


def say_a_text_twice(evidence):
    evidence.tables.parts.append(replace(evidence.tables.parts[0], id="another", key="another", seq=5, visible_seq=4))


def give_a_part_twice(evidence):
    evidence.for_team[THREAD].append(evidence.for_team[THREAD][0])


def acknowledge_with_another_id(evidence):
    evidence.history.acknowledged(evidence.history.sends[0], {"id": "message-9"}, is_replay=True)


def skip_a_number(evidence):
    evidence.tables.parts[3] = replace(evidence.tables.parts[3], seq=5)


def swap_the_visible_numbers(evidence):
    parts = evidence.tables.parts
    parts[0], parts[2] = replace(parts[0], visible_seq=2), replace(parts[2], visible_seq=1)


def count_one_too_many(evidence):
    evidence.tables.threads[0] = Thread(THREAD, 5, 3)


def lose_an_event(evidence):
    evidence.tables.pointers.pop(1)


def lose_the_last_event(evidence):
    evidence.tables.heads[0] = Head("team", "", 5, 0)


def number_against_time(evidence):
    pointers = evidence.tables.pointers
    pointers[0], pointers[2] = (
        replace(pointers[0], entity_id=pointers[2].entity_id),
        replace(pointers[2], entity_id=pointers[0].entity_id),
    )


def differ(evidence):
    evidence.diverged.append("guest: .unread_count is 1 and not 0")


def tell_a_wrong_count(evidence):
    evidence.conversations["agent"][0]["unread_count"] = 1


def count_a_note(evidence):
    evidence.conversations["guest"][0]["unread_count"] = 2


def read_backwards(evidence):
    evidence.history.reads.append(Read("guest", THREAD, 52, 1))


def show_a_note(evidence):
    evidence.history.heard("guest", f'{{"body":"{NOTE} agent 2"}}', own=[CANARY], foreign=[NOTE])


def refuse_for_good(evidence):
    evidence.history.sends.append(Send("guest", "harbor", THREAD, "key-5", "x", refused=403))


def hear_nothing(evidence):
    evidence.history.canaries_heard.clear()


def be_late(evidence):
    evidence.history.watches["agent"].moments[THREAD][3] = 48.1


def never_arrive(evidence):
    watch = evidence.history.watches["guest"]
    watch.seqs[THREAD].pop()
    watch.moments[THREAD].pop()
    watch.spans = [Span(0, 49)]


PLANTED = {
    lose_a_row: "lost",
    change_a_row: "lost",
    keep_it_from_the_visitor: "lost",
    keep_it_from_the_team: "lost",
    store_a_key_twice: "doubled",
    say_a_text_twice: "doubled",
    give_a_part_twice: "doubled",
    acknowledge_with_another_id: "doubled",
    skip_a_number: "holes",
    swap_the_visible_numbers: "holes",
    count_one_too_many: "holes",
    lose_an_event: "stream_holes",
    lose_the_last_event: "stream_holes",
    number_against_time: "disorder",
    differ: "diverged",
    tell_a_wrong_count: "miscounted",
    count_a_note: "miscounted",
    read_backwards: "moved_back",
    show_a_note: "leaked",
    refuse_for_good: "refused",
    hear_nothing: "unheard",
    be_late: "unnoticed",
    never_arrive: "unnoticed",
}


@pytest.mark.parametrize(("plant", "check"), PLANTED.items(), ids=lambda one: getattr(one, "__name__", one))
def test_it_finds_what_is_planted(plant, check):
    evidence = honest()
    plant(evidence)
    assert violations(evidence)[check]


def test_every_check_has_something_planted_for_it():
    assert {check.__name__ for check in CHECKS} == set(PLANTED.values())


def test_a_client_that_was_not_connected_waited_for_nothing():
    evidence = honest()
    watch = evidence.history.watches["agent"]
    watch.moments[THREAD][3] = 60.0
    watch.spans = [Span(0, 42), Span(58)]
    assert violations(evidence)["unnoticed"] == []


def test_a_slow_client_has_itself_to_blame():
    evidence = honest()
    be_late(evidence)
    evidence.history.watches["agent"].is_slow = True
    assert violations(evidence)["unnoticed"] == []


@pytest.mark.parametrize("deaf", ["outages", "stalls"])
def test_a_client_has_seven_seconds_of_its_own_beside_those_in_which_nobody_hears(deaf):
    evidence = honest()
    be_late(evidence)
    late = evidence.history.watches["agent"].moments[THREAD][3]
    setattr(evidence.history, deaf, [Span(0, late - LONGEST_GAP_S + 0.1)])
    assert violations(evidence)["unnoticed"] == []
    setattr(evidence.history, deaf, [Span(0, late - LONGEST_GAP_S - 0.1)])
    assert violations(evidence)["unnoticed"] != []


async def test_a_stall_of_this_process_is_noted():
    history = History()
    noting = asyncio.create_task(history.note_stalls())
    await asyncio.sleep(0)
    began = now()
    time.sleep(0.6)  # The stall.
    while not history.stalls:
        await asyncio.sleep(0)
    noting.cancel()
    assert 0.3 < history.stalls[0].overlap(began, now()) <= now() - began


def test_a_restored_backup_may_lose_what_came_after_it_and_nothing_else():
    evidence = honest()
    lose_a_row(evidence)
    evidence.history.backup_at, evidence.history.restored_at = 35, 45
    assert violations(evidence)["lost"] == []
    evidence.history.backup_at = 41.5
    assert violations(evidence)["lost"] != []


def test_what_was_said_after_the_restoration_is_there_again():
    evidence = honest()
    lose_a_row(evidence)
    evidence.history.backup_at, evidence.history.restored_at = 20, 30
    assert violations(evidence)["lost"] != []


def test_a_watch_that_never_learned_says_so():
    assert Watch("harbor", is_team=True).noticed_at(THREAD, 1) == math.inf


def test_a_history_is_kept_line_by_line(tmp_path):
    history = honest().history
    history.calls.append(Call("guest", "POST", "conversations", 10.0, 11.0, 201))
    history.write(tmp_path / "history.jsonl")
    kinds = [json.loads(line)["t"] for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert kinds == ["send"] * 4 + ["call"] + ["watch"] * 2
