"""Texts to answer with: one of a shortcut, the team's by its admins, one's own by everybody."""

from __future__ import annotations

import uuid

import pytest

from messenger import actions, streams
from messenger.actions import saved_replies
from messenger.errors import Invalid
from messenger.models import SavedReply
from messenger.principals import System

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(harbor):
    return harbor.desk(harbor.ben)


def keep(desk, shortcut="hello", **more):
    return desk.post("saved-replies", {"shortcut": shortcut, "title": "Greeting", "body": "Hello", **more})


def refusal(response):
    return response.status_code, response.json()["errors"][0]["code"]


def shortcuts(desk, **query):
    return [one["shortcut"] for one in desk.get("saved-replies", query).json()["items"]]


def test_an_admin_keeps_the_teams_and_everybody_their_own(desk, ben):
    assert keep(desk, "refund", is_shared=True).status_code == 201
    assert keep(ben, "bens").status_code == 201
    assert keep(desk, "adas").status_code == 201
    assert (shortcuts(ben), shortcuts(desk)) == (["bens", "refund"], ["adas", "refund"])
    assert refusal(keep(ben, "other", is_shared=True)) == (403, "permission_denied")


@pytest.mark.parametrize("is_shared", [False, True])
def test_one_of_a_shortcut_however_it_is_written(desk, is_shared):
    assert keep(desk, "Refund", is_shared=is_shared).json()["shortcut"] == "refund"
    assert refusal(keep(desk, "rEFUND", is_shared=is_shared)) == (422, "shortcut_taken")
    other = keep(desk, "other", is_shared=is_shared).json()["id"]
    assert refusal(desk.patch(f"saved-replies/{other}", {"shortcut": "REFUND"})) == (422, "shortcut_taken")
    assert desk.patch(f"saved-replies/{other}", {"shortcut": "Other"}).status_code == 200


def test_what_colleagues_call_theirs_is_not_told_by_a_refusal(desk, ben):
    for caller in (desk, ben):
        assert keep(caller, "refund").status_code == 201
    assert keep(desk, "refund", is_shared=True).status_code == 201
    for caller in (desk, ben):
        assert shortcuts(caller) == ["refund", "refund"]
        assert refusal(keep(caller, "refund")) == (422, "shortcut_taken")  # The control.


@pytest.mark.parametrize("shortcut", ["", "two words", "/slash", "é", "x" * 41, "a\nb"])
def test_a_shortcut_can_be_typed_after_a_slash(desk, shortcut):
    assert keep(desk, shortcut).status_code == 422


def test_s40_template_syntax_is_kept_and_given_back_literally(desk):
    body = "{{ agent.user.password }}{% load static %} ${7*7} {{contact.name}}"
    reply = keep(desk, body=body).json()
    assert reply["body"] == body
    assert desk.get(f"saved-replies/{reply['id']}").json()["body"] == body


def test_nobody_touches_what_is_not_theirs(desk, ben):
    of_ada, shared = keep(desk, "adas").json()["id"], keep(desk, "ours", is_shared=True).json()["id"]
    assert ben.get(f"saved-replies/{of_ada}").status_code == 404
    for refused, code in ((of_ada, 404), (shared, 403)):
        assert ben.patch(f"saved-replies/{refused}", {"title": "Mine"}).status_code == code
        assert ben.delete(f"saved-replies/{refused}").status_code == code
    assert desk.patch(f"saved-replies/{shared}", {"title": "New"}).json()["title"] == "New"
    assert desk.delete(f"saved-replies/{shared}").status_code == 204
    assert shortcuts(desk) == ["adas"]


def test_a_reply_is_shared_and_taken_back_by_an_admin(desk, ben):
    reply = keep(desk, "ours").json()["id"]
    assert shortcuts(ben) == []
    desk.patch(f"saved-replies/{reply}", {"is_shared": True})
    assert shortcuts(ben) == ["ours"]
    desk.patch(f"saved-replies/{reply}", {"is_shared": False})
    assert shortcuts(ben) == []


def test_the_team_is_told_of_what_is_the_teams(harbor, desk):
    def head():
        return streams.team_stream(harbor.tenant.id).head_seq

    before = head()
    own = keep(desk, "mine").json()["id"]
    desk.patch(f"saved-replies/{own}", {"title": "Another"})
    assert head() == before
    for _ in range(2):  # The second time changes nothing.
        desk.patch(f"saved-replies/{own}", {"is_shared": True})
    assert head() == before + 1
    item = streams.events_after(streams.team_stream(harbor.tenant.id), before, 10, agent=harbor.ben)[-1]
    assert (item.type, item.payload) == ("settings.updated", {})
    desk.patch(f"saved-replies/{own}", {"is_shared": False})
    desk.delete(f"saved-replies/{own}")
    assert head() == before + 2
    desk.delete(f"saved-replies/{keep(desk, 'ours', is_shared=True).json()['id']}")
    assert head() == before + 4


def test_they_are_found_by_shortcut_and_title_in_pages(desk, count_queries):
    for shortcut, title in (("a", "Returns"), ("b", "Refund"), ("ref", "Third"), ("d", "Other")):
        keep(desk, shortcut, title=title)
    assert shortcuts(desk, q="REF") == ["b", "ref"]
    first = desk.get("saved-replies", {"limit": 3}).json()
    rest = desk.get("saved-replies", {"limit": 3, "cursor": first["next"]}).json()
    assert [one["shortcut"] for page in (first, rest) for one in page["items"]] == ["a", "b", "d", "ref"]
    few = count_queries(lambda: desk.get("saved-replies", {"limit": 1}))
    assert count_queries(lambda: desk.get("saved-replies", {"limit": 50})) == few


def test_i8_another_tenants_replies_do_not_exist(rival, desk):
    reply = keep(desk, "ours", is_shared=True).json()["id"]
    theirs = rival.desk()
    assert shortcuts(theirs) == []
    assert theirs.get(f"saved-replies/{reply}").status_code == 404
    assert theirs.delete(f"saved-replies/{reply}").status_code == 404
    assert theirs.patch(f"saved-replies/{uuid.uuid4()}", {"title": "x"}).status_code == 404
    assert keep(theirs, "ours").status_code == 201
    assert SavedReply.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value"), [("shortcut", "has space/x"), ("shortcut", ""), ("shortcut", "x\n"), ("body", " \n")]
)
def test_no_door_keeps_what_cannot_be_called_or_says_nothing(harbor, field, value):
    fields = {"shortcut": "hello", "title": "Greeting", "body": "Hello"}
    filled = SavedReply(tenant=harbor.tenant, **{**fields, field: value})
    doors = (
        lambda: actions.create_saved_reply(by=harbor.ada, fields={**fields, field: value}),
        lambda: actions.save_reply(by=System(harbor.tenant.id), reply=filled),
    )
    for door in doors:
        with pytest.raises(Invalid) as refused:
            door()
        assert refused.value.attr == field
    assert not SavedReply.objects.exists()
    assert actions.create_saved_reply(by=harbor.ada, fields=fields).shortcut == "hello"  # The control.


def test_as_many_are_kept_on_each_shelf(harbor, desk, monkeypatch):
    monkeypatch.setattr(saved_replies, "MOST_OWN", 2)
    monkeypatch.setattr(saved_replies, "MOST_SHARED", 3)
    own = [keep(desk, f"own-{number}") for number in range(3)]
    shared = [keep(desk, f"shared-{number}", is_shared=True) for number in range(4)]
    assert [one.status_code for one in own] == [201, 201, 422]
    assert [one.status_code for one in shared] == [201, 201, 201, 422]
    moved = desk.patch(f"saved-replies/{own[0].json()['id']}", {"is_shared": True})
    assert refusal(moved) == (422, "too_many_replies")
    assert desk.patch(f"saved-replies/{own[0].json()['id']}", {"title": "Hi"}).status_code == 200
