"""Both reducers take the same vectors and schedules, and come to the same: what a fresh snapshot says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curbe.testing import reducer
from curbe.testing.npm import ROOT, node
from curbe.testing.scale import repetitions

from .schedules import outcome
from .vectors import expected, reduced

# The database is made for tests that say so.
pytestmark = pytest.mark.django_db

REDUCER = ROOT / "static" / "realtime" / "reducer.js"
RUN = ROOT / "messenger" / "tests" / "js" / "law.run.js"


def in_node(folder: Path, reducer_path: Path = REDUCER) -> dict[str, Any]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}
    command: list[str | Path] = [node(), RUN, reducer_path, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env=env)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def nodes(folder):
    """What Node made of all of it."""
    return in_node(folder)


def test_there_are_enough_vectors_of_both_audiences(vectors):
    audiences = Counter(one.audience for one in vectors)
    assert sum(audiences.values()) >= 200
    assert min(audiences["visitor"], audiences["team"]) >= 50
    moved = [one for one in vectors if one.events]
    assert len(moved) >= 150, "in most of them something happens"


def test_a_history_is_a_snapshot_and_its_events_at_every_stretch(vectors):
    wrong = [one.name for one in vectors if reduced(one) != expected(one)]
    assert wrong == []


def test_javascript_reproduces_every_vector(nodes, vectors):
    assert nodes["ran"]["vectors"] == len(vectors)
    assert nodes["wrong"] == []


def test_every_schedule_converges_in_python(histories, schedules):
    afters = [one.after() for one in histories]
    diverged = [one["number"] for one in schedules if outcome(histories[one["history"]], one) != afters[one["history"]]]
    assert diverged == []


def test_every_schedule_converges_in_javascript(nodes):
    assert nodes["ran"]["schedules"] == repetitions(small=1_000, full=10_000)
    assert nodes["diverged"] == []


# The controls: what is wrong is found.


def test_a_wrong_vector_is_found(folder, vectors, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    lines = (tmp_path / "vectors.jsonl").read_text().splitlines()
    wrong = json.loads(lines[0])
    wrong["name"], wrong["after"]["unread_count"] = "planted", wrong["after"]["unread_count"] + 1
    (tmp_path / "vectors.jsonl").write_text("\n".join([*lines, json.dumps(wrong)]))
    (tmp_path / "schedules.jsonl").write_text("")
    assert in_node(tmp_path)["wrong"] == ["planted"]


BUGS = {
    "revisions are ignored": ("fresh.rev <= old.rev", "false"),
    "a hole is no matter": ("batch.from > state.seq + 1", "false"),
    "reading moves back": ("last_read_seq > (state.conversations[id]?.last_read_seq ?? 0)", "true"),
    "names stay": ("one?.kind && one.id === was", "false"),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_reducer_with_a_bug_does_not_come_through_in_javascript(few_schedules, bug, tmp_path):
    right, wrong = BUGS[bug]
    source = REDUCER.read_text()
    assert right in source
    (tmp_path / "reducer.mjs").write_text(source.replace(right, wrong))
    assert in_node(few_schedules, tmp_path / "reducer.mjs")["diverged"], bug


@pytest.fixture(scope="module")
def few_schedules(folder, tmp_path_factory):
    """No vectors, and as many schedules as a bug needs to show."""
    few = tmp_path_factory.mktemp("few")
    shutil.copytree(folder, few, dirs_exist_ok=True)
    (few / "vectors.jsonl").write_text("")
    lines = (folder / "schedules.jsonl").read_text().splitlines()
    (few / "schedules.jsonl").write_text("\n".join(lines[:300]))
    return few


apply_or_hold = reducer._apply_or_hold


def apply_beyond_a_hole(state, batch):
    return apply_or_hold(replace(state, seq=max(state.seq, batch["from"] - 1)), batch)


@pytest.mark.parametrize(
    ("rule", "broken"), [("_newer", lambda _, fresh: fresh), ("_apply_or_hold", apply_beyond_a_hole)]
)
def test_a_reducer_with_a_bug_does_not_come_through_in_python(histories, schedules, rule, broken, monkeypatch):
    monkeypatch.setattr(reducer, rule, broken)
    outcomes = ((histories[one["history"]], outcome(histories[one["history"]], one)) for one in schedules[:300])
    assert any(found != history.after() for history, found in outcomes)
