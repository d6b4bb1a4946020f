"""What may be set of a widget: checked once, for every door."""

from __future__ import annotations

from typing import Any

import pytest

from messenger import looks
from messenger.looks import InvalidLook

FORM = {
    "enabled": True,
    "fields": [
        {"name": "email", "required": True},
        {"name": "order", "required": False, "label": {"en": "Order number", "es": "Número de pedido"}},
    ],
    "skippable": True,
    "consent": {"required": True, "url": "https://harbor.example/privacy"},
}
APPEARANCE = {
    "action_color": "#1f5eff",
    "background_color": "#0f766e",
    "alignment": "left",
    "horizontal_padding": 0,
    "vertical_padding": 200,
    "z_index": 7,
    "theme_mode": "dark",
    "hide_default_launcher": True,
}
SWITCHED = {"sound": True, "help": False, "transcript": False, "attachments": True, "emoji": False}
TEXTS = {"en": {name: f"My {name}" for name in looks.WORDS}, "es": {"greeting": "¿Qué tal?\n\n¿Te ayudamos?"}}
VALID = [("appearance", APPEARANCE), ("texts", TEXTS), ("prechat", FORM), ("features", SWITCHED)]


def read(column: str, given: Any, stored: Any = None) -> dict[str, Any]:
    result: dict[str, Any] = getattr(looks, column)(given, stored)
    return result


def faults(column: str, given: Any, stored: Any = None) -> list[str]:
    with pytest.raises(InvalidLook) as refused:
        read(column, given, stored)
    assert all(fault.detail for fault in refused.value.faults)
    assert refused.value.attr == refused.value.faults[0].attr
    return [str(fault.attr) for fault in refused.value.faults]


@pytest.mark.parametrize(("column", "value"), VALID)
def test_it_stores_every_setting_as_it_is(column, value):
    assert read(column, value) == value
    assert read(column, value, value) == value


@pytest.mark.parametrize("column", ["appearance", "texts", "prechat", "features"])
@pytest.mark.parametrize("value", [[], "on", 1, None, True])
def test_it_wants_an_object(column, value):
    assert faults(column, value)[0] == column
    assert read(column, {}) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("action_color", wrong) for wrong in ["red", "#fff", "#1f5eff;", "#1f5efg", "url(x)", 3, ["#1f5eff"], True]),
        ("background_color", "#12345"),
        *(("alignment", wrong) for wrong in ["center", 1, ["left"], {}]),
        *(("horizontal_padding", wrong) for wrong in [-1, 201, 1.5, "20", True]),
        ("vertical_padding", 201),
        *(("z_index", wrong) for wrong in [-1, 2**31, "auto"]),
        *(("theme_mode", wrong) for wrong in ["Dark", "night", False]),
        *(("hide_default_launcher", wrong) for wrong in [1, "yes", 0]),
        ("wobble", True),
    ],
)
def test_it_refuses_an_appearance_that_is_none(name, value):
    assert faults("appearance", {**APPEARANCE, name: value}) == [f"appearance.{name}"]


@pytest.mark.parametrize("name", looks.WORDS)
def test_a_text_is_bounded(name):
    longest = looks.WORDS[name]
    assert read("texts", {"en": {name: "é" * longest}}) == {"en": {name: "é" * longest}}
    for wrong in ("é" * (longest + 1), "a\0b", "\ud800", 5, ["Hi"], True):
        assert faults("texts", {"en": {name: wrong}}) == [f"texts.en.{name}"]


def test_texts_are_of_our_languages_and_names():
    assert faults("texts", {"fr": {"greeting": "Bonjour"}}) == ["texts.fr"]
    assert faults("texts", {"en": {"welcome": "Hi"}, "es": "Hola"}) == ["texts.en.welcome", "texts.es"]


@pytest.mark.parametrize("name", looks.SWITCHES)
@pytest.mark.parametrize("value", [1, "on", []])
def test_a_switch_is_on_or_off(name, value):
    assert faults("features", {name: value}) == [f"features.{name}"]


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"enabled": 1}, ["enabled"]),
        ({"skippable": "yes"}, ["skippable"]),
        ({"fields": {}}, ["fields"]),
        ({"fields": [{"name": f"n{i}", "label": {"en": "x"}} for i in range(11)]}, ["fields"]),
        ({"fields": ["email"]}, ["fields.0", "fields.0.name"]),
        ({"fields": [{"name": ""}]}, ["fields.0.name"]),
        ({"fields": [{"name": ["email"]}]}, ["fields.0.name", "fields.0.label"]),
        *(
            ({"fields": [{"name": name, "label": {"en": "x"}}]}, ["fields.0.name"])
            for name in ["Order", "1st", "order-no", "ñ", "a" * 41, "order\n"]
        ),
        ({"fields": [{"name": "email"}, {"name": "email"}]}, ["fields.1.name"]),
        ({"fields": [{"name": "order"}]}, ["fields.0.label"]),
        ({"fields": [{"name": "order", "label": {"en": "x" * 81}}]}, ["fields.0.label.en", "fields.0.label"]),
        ({"fields": [{"name": "order", "label": {"en": "x", "fr": "y"}}]}, ["fields.0.label.fr"]),
        ({"fields": [{"name": "email", "required": "yes"}]}, ["fields.0.required"]),
        ({"fields": [{"name": "email", "type": "select"}]}, ["fields.0.type"]),
        ({"consent": "yes"}, ["consent"]),
        ({"consent": {"required": True}}, ["consent.url"]),
        *(
            ({"consent": {"required": True, "url": wrong}}, ["consent.url"])
            for wrong in [
                *("http://x.example/privacy", "javascript:alert(1)", "//x.example/x", "https://", "data:,x"),
                *('https://x.example/"onload=', "https://x.example/a b", "https://[x", "https://x\n.y"),
                "https://x.example/" + "x" * 500,
            ]
        ),
        ({"consent": {"required": 1, "url": "https://x.example"}}, ["consent.required"]),
        ({"fields": [], "consent": None}, ["enabled"]),
        ({"size": 3}, ["size"]),
    ],
)
def test_it_refuses_a_form_that_is_none(change, at):
    assert faults("prechat", {**FORM, **change}) == [f"prechat.{place}" for place in at]


def test_it_says_everything_that_is_wrong_at_once():
    wrong = {"action_color": "red", "z_index": -1, "alignment": "left"}
    assert faults("appearance", wrong) == ["appearance.action_color", "appearance.z_index"]


def test_what_is_stored_is_in_one_form():
    assert read("appearance", {"action_color": "#ABCDEF", "background_color": "", "z_index": None}) == {
        "action_color": "#abcdef"
    }
    assert read("texts", {"en": {"hello": "  Hi \r\n you ", "greeting": "   "}, "es": {}}) == {
        "en": {"hello": "Hi \n you"}
    }
    assert read("prechat", {"enabled": False, "fields": [], "consent": None, "skippable": True}) == {}
    assert read("prechat", {"enabled": False, "fields": [{"name": "email"}]}) == {
        "enabled": False,
        "fields": [{"name": "email", "required": False}],
    }


def test_what_is_unknown_here_stays_as_it_is_and_cannot_be_added_or_changed():
    stored = {"wobble": {"deep": [1]}, "action_color": "#000000"}
    assert read("appearance", {"alignment": "left"}, stored) == {"wobble": {"deep": [1]}, "alignment": "left"}
    assert read("appearance", dict(stored), stored) == stored
    assert faults("appearance", {"wobble": 1}, stored) == ["appearance.wobble"]
    french = {"fr": {"greeting": "Bonjour"}, "en": {"old": "1", "hello": "Hi"}}
    assert read("texts", {"en": {"hello": "Hey"}}, french) == {**french, "en": {"old": "1", "hello": "Hey"}}
    form = {"enabled": True, "shape": "x", "fields": [{"name": "o", "type": "x", "label": {"en": "O", "fr": "o"}}]}
    given = {"enabled": True, "fields": [{"name": "o", "required": True, "label": {"es": "ó"}}]}
    kept = {"name": "o", "type": "x", "required": True, "label": {"es": "ó", "fr": "o"}}
    assert read("prechat", given, form) == {"enabled": True, "shape": "x", "fields": [kept]}


@pytest.mark.parametrize("stored", [[], "x", 3, None, {"fields": 3, "consent": []}, {"fields": [{"name": []}, 1]}])
def test_what_was_never_checked_does_not_stop_anybody(stored):
    assert read("prechat", FORM, stored) == FORM


def test_defaults_are_stored_where_they_were_said():
    assert looks.sparse("features", {"help": True, "sound": True}, {}) == {"sound": True}
    assert looks.sparse("features", {"help": True, "sound": True}, {"help": False}) == {"help": True, "sound": True}
