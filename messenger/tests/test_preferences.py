"""How an agent likes to work: theirs alone, in `GET me`; and the preview of what they write."""

from __future__ import annotations

import pytest

from messenger.models import Message, Preference

pytestmark = pytest.mark.django_db

FIRST = {
    "desktop": False,
    "sound": True,
    "ring": "mine_and_unassigned",
    "mentions": True,
    "send_key": "enter",
    "theme": "system",
}


def test_they_begin_as_everybodys_and_are_changed_one_by_one(harbor, desk):
    ben = harbor.desk(harbor.ben)
    assert desk.get("me").json()["preferences"] == FIRST
    assert not Preference.objects.exists()
    changed = desk.patch("me/preferences", {"theme": "dark", "ring": "mine"})
    assert changed.json() == {**FIRST, "theme": "dark", "ring": "mine"}
    desk.patch("me/preferences", {"sound": False, "agent": str(harbor.ben.id), "tenant": "x"})
    assert desk.get("me").json()["preferences"] == {**FIRST, "theme": "dark", "ring": "mine", "sound": False}
    assert ben.get("me").json()["preferences"] == FIRST


@pytest.mark.parametrize("wrong", [{"theme": "pink"}, {"ring": ""}, {"sound": "loud"}, {"send_key": None}])
def test_what_cannot_be_liked_is_refused(desk, wrong):
    assert desk.patch("me/preferences", wrong).status_code == 422
    assert desk.get("me").json()["preferences"] == FIRST


@pytest.mark.parametrize("kind", ["message", "note"])
def test_a_preview_is_what_will_be_stored(desk, chat, kind):
    text = "**Hello** @Ben\n\n- one\n- <script>alert(1)</script> [x](javascript:alert(1))"
    before = Message.objects.count()
    shown = desk.post("preview", {"kind": kind, "body": text}).json()["body_html"]
    assert Message.objects.count() == before
    assert shown == desk.reply(chat["conversation"]["id"], text, kind=kind).json()["body_html"]
    assert ("<mark>@Ben</mark>" in shown) is (kind == "note")
    assert "<script" not in shown and "javascript:" not in shown.partition("href")[2]
