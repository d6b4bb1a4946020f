"""The trial of mutants: only the named assertion of a test that ran the planted line counts as a kill."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curbe.testing.mutants.planting import MovedOn, Plant, copy_tree, planted
from curbe.testing.mutants.plants import PLANTS
from curbe.testing.mutants.trial import complaints_without_any, try_plant
from curbe.testing.npm import ROOT

# Most of these start test runs of their own: once is enough.
pytestmark = pytest.mark.stack

PRODUCT = """
def double(n):
    return n + n


def unused(n):
    return n
"""
TEST = """
import pytest

from product import double


@pytest.fixture
def two():
    assert double(1) < 3
    return double(1)


def test_it_doubles():
    assert double(3) == 6
    assert double(1) == 2, "another one"


def test_it_needs_two(two):
    assert two == 2


def test_it_is_lax():
    assert double(2)


def test_it_crashes():
    assert [0, 0, 1][double(1)] == 1
"""
MODULE = """
export const double = (n) => n + n;
export const unused = (n) => n - n;
"""
JS_TEST = """
import assert from "node:assert/strict";
import { test } from "node:test";
import { double } from "./product.js";

test("it doubles", () => {
  assert.equal(double(3), 6);
});
test("it is lax", () => assert.ok(double(3)));
test("it crashes", () => {
  assert.equal([0, 0, { two: 2 }][double(1)].two, 2);
});
"""
PLANT = Plant(
    name="triples",
    bug="Twice is three times.",
    file="product.py",
    old="n + n",
    new="n + n + n",
    killer="test_product.py::test_it_doubles",
    assertion="double(3) == 6",
    database=None,
)
JS_PLANT = replace(
    PLANT, file="product.js", killer="product.test.js::it doubles", assertion="assert.equal(double(3), 6)"
)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A product of one function in each language, with its tests; it knows nothing of Django."""
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (tmp_path / "curbe").symlink_to(ROOT / "curbe")
    for name, text in (
        ("product.py", PRODUCT),
        ("test_product.py", TEST),
        ("product.js", MODULE),
        ("product.test.js", JS_TEST),
    ):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("plant", [PLANT, JS_PLANT], ids=["python", "javascript"])
def test_the_named_assertion_kills_and_the_tree_is_sound_again(tree, plant):
    verdict = try_plant(tree, plant)
    assert (verdict.killed_by.test, verdict.complaint) == (plant.killer, "")
    assert plant.assertion in verdict.killed_by.statement
    assert complaints_without_any(tree, [plant]) == []


@pytest.mark.parametrize(
    ("plant", "changed", "complaint"),
    [
        (PLANT, {"killer": "test_product.py::test_it_is_lax"}, "survived"),
        (JS_PLANT, {"killer": "product.test.js::it is lax"}, "survived"),
        (
            PLANT,
            {"old": "return n + n", "new": "raise ImportError"},
            "failed by no assertion of the test: call: Import",
        ),
        (PLANT, {"killer": "test_product.py::test_it_needs_two"}, "failed by no assertion of the test: setup: Asser"),
        (PLANT, {"killer": "test_product.py::test_it_crashes"}, "failed by no assertion of the test: call: IndexError"),
        (JS_PLANT, {"killer": "product.test.js::it crashes"}, "failed by no assertion of the test: Cannot read"),
        (PLANT, {"assertion": "double(1) == 2"}, "failed at another assertion: assert double(3) == 6"),
        (PLANT, {"old": "def double", "new": "def triple"}, "the test was not run"),
        (JS_PLANT, {"old": "const double", "new": "const triple"}, "the test was not run"),
        (PLANT, {"killer": "test_product.py::test_that_is_gone"}, "the test was not run"),
        (JS_PLANT, {"killer": "product.test.js::it is gone"}, "the test was not run"),
    ],
)
def test_anything_else_is_no_kill_and_says_why(tree, plant, changed, complaint):
    verdict = try_plant(tree, replace(plant, **changed))
    assert verdict.killed_by is None
    assert verdict.complaint.startswith(complaint)


@pytest.mark.parametrize(
    ("plant", "file", "test"),
    [
        (replace(PLANT, old="return n\n", new="return n + 0\n"), "test_product.py", "double(3) == 6"),
        (replace(JS_PLANT, old="n - n", new="n + 0"), "product.test.js", "double(3), 6"),
    ],
    ids=["python", "javascript"],
)
def test_a_failure_without_the_planted_line_is_no_kill(tree, plant, file, test):
    path = tree / file
    path.write_text(path.read_text().replace(test, test.replace("6", "7")))
    assert try_plant(tree, plant).complaint == "the changed line was never executed"
    # Nor is it tried at all where the sound tree fails.
    assert any("in the sound tree" in one for one in complaints_without_any(tree, [plant]))


@pytest.mark.parametrize("old", ["n * n", "return n"], ids=["gone", "twice"])
def test_a_text_that_is_not_there_exactly_once_stops_the_plant(tree, old):
    with pytest.raises(MovedOn, match="has this text"), planted(tree, replace(PLANT, old=old)):
        pass
    assert (tree / "product.py").read_text() == PRODUCT


def test_every_plant_finds_its_place_in_the_tree(tmp_path):
    copy_tree(tmp_path)
    for plant in PLANTS:
        with planted(tmp_path, plant) as spot:
            assert (tmp_path / plant.file).read_text() != (ROOT / plant.file).read_text()
            assert spot.path == tmp_path / plant.file
        assert (tmp_path / plant.file).read_text() == (ROOT / plant.file).read_text()
    assert len({plant.name for plant in PLANTS}) == len(PLANTS)
