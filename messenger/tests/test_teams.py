"""Teams, tags and kept views: admins keep what is everybody's (S22), and round-robin teams share out fairly."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from curbe.testing.clients import Browser
from curbe.testing.race import race
from messenger import actions, streams
from messenger.models import Agent, Conversation, Message, SavedView, Tag, Team, User, Widget

pytestmark = pytest.mark.django_db


def colleague(company, name, **fields):
    user = User.objects.create_user(f"{name.lower()}@{company.tenant.slug}.example", "unused password")
    return Agent.objects.create(tenant=company.tenant, user=user, display_name=name, **fields)


def make_team(company, *members, **fields):
    ids = [one.id for one in members]
    return actions.create_team(by=company.ada, fields={"name": "Support", "members": ids, **fields})


def start(company, widget=None):
    browser = Browser(widget=widget or company.widget)
    browser.boot()
    return browser.start("Hello")["conversation"]["id"]


def head(company):
    return streams.team_stream(company.tenant.id).head_seq


# Who may


CATALOGUES = [
    ("teams", {"name": "Returns"}, {"round_robin": True}),
    ("tags", {"name": "Returns"}, {"colour": "blue"}),
    ("views", {"name": "Returns", "is_shared": True, "filters": {"priority": "urgent"}}, {"name": "Late"}),
]


@pytest.mark.parametrize(("path", "body", "change"), CATALOGUES, ids=[one for one, _, _ in CATALOGUES])
def test_s22_admins_keep_what_is_everybodys_and_agents_read_it(harbor, rival, desk, path, body, change):
    ben, outsider = harbor.desk(harbor.ben), rival.desk()
    assert ben.post(path, body).status_code == 403
    made = desk.post(path, body)
    assert made.status_code == 201, made.content
    one = f"{path}/{made.json()['id']}"
    assert [ben.patch(one, change).status_code, ben.delete(one).status_code] == [403, 403]
    assert [outsider.patch(one, change).status_code, outsider.delete(one).status_code] == [404, 404]
    assert [item["id"] for item in ben.get(path).json()["items"]] == [made.json()["id"]]
    assert outsider.get(path).json()["items"] == []
    assert (ben.get(one).json(), outsider.get(one).status_code) == (made.json(), 404)
    assert desk.patch(one, change).json() == {**made.json(), **change}
    assert desk.delete(one).status_code == 204
    assert ben.get(path).json()["items"] == []


@pytest.mark.parametrize(("path", "body", "change"), CATALOGUES, ids=[one for one, _, _ in CATALOGUES])
def test_a_change_is_told_to_the_team_once(harbor, desk, path, body, change):
    before = head(harbor)
    one = f"{path}/{desk.post(path, body).json()['id']}"
    assert head(harbor) == before + 1
    for _ in range(2):
        desk.patch(one, change)
    assert head(harbor) == before + 2
    item = streams.events_after(streams.team_stream(harbor.tenant.id), before, 10, agent=harbor.ben)[-1]
    assert (item.type, item.payload) == ("settings.updated", {})
    desk.delete(one)
    assert head(harbor) == before + 3


@pytest.mark.parametrize(("path", "body", "change"), CATALOGUES, ids=[one for one, _, _ in CATALOGUES])
def test_a_list_is_read_page_by_page_in_the_order_of_names(desk, path, body, change):
    names = ["delta", "Alpha", "charlie", "bravo", "echo"]
    for name in names:
        assert desk.post(path, {**body, "name": name}).status_code == 201
    found: list[str] = []
    cursor = None
    while cursor or not found:
        page = desk.get(path, {"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found, cursor = found + [one["name"] for one in page["items"]], page["next"]
    assert sorted(found) == sorted(names)
    assert len(found) == len(set(found))
    assert desk.post(path, {**body, "name": "echo"}).json()["errors"][0]["code"] == "name_taken"


@pytest.mark.parametrize("letter", ["é", "😀", '"'])
@pytest.mark.parametrize(("path", "length"), [("teams", 120), ("tags", 60), ("views", 60)])
def test_the_longest_names_are_read_page_by_page(desk, path, length, letter):
    names = [f"{letter * (length - 1)}{number}" for number in range(3)]
    for name in names:
        assert desk.post(path, {"name": name}).status_code == 201
    found: list[str] = []
    cursor = None
    while cursor or not found:
        answer = desk.get(path, {"limit": 1, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.content
        found, cursor = found + [one["name"] for one in answer.json()["items"]], answer.json()["next"]
    assert found == names
    assert desk.get(path, {"cursor": "x" * 2001}).status_code == 400  # The control: there is a bound.


def test_an_agent_keeps_views_of_their_own_that_nobody_else_sees(harbor, desk):
    ben = harbor.desk(harbor.ben)
    filters = {"status": "open", "assignee": "me", "unread": True, "sort": "waiting_since"}
    kept = ben.post("views", {"name": "My unread", "filters": {**filters, "secret": 1, "cursor": "x"}}).json()
    assert (kept["filters"], kept["is_shared"]) == (filters, False)
    assert desk.get("views").json()["items"] == []
    assert desk.get(f"views/{kept['id']}").status_code == desk.delete(f"views/{kept['id']}").status_code == 404
    assert ben.patch(f"views/{kept['id']}", {"is_shared": True}).status_code == 403
    assert ben.patch(f"views/{kept['id']}", {"name": "Mine"}).json()["name"] == "Mine"
    assert ben.delete(f"views/{kept['id']}").status_code == 204


def test_of_a_view_of_ones_own_the_team_is_not_told(harbor, desk):
    before = head(harbor)
    view = desk.post("views", {"name": "Mine"}).json()["id"]
    desk.patch(f"views/{view}", {"name": "My own"})
    desk.delete(f"views/{view}")
    assert head(harbor) == before
    # The control: a shared one is told of, and so is that it is shared no longer.
    view = desk.post("views", {"name": "Ours", "is_shared": True}).json()["id"]
    desk.patch(f"views/{view}", {"is_shared": False})
    assert head(harbor) == before + 2
    desk.patch(f"views/{view}", {"is_shared": True})
    desk.delete(f"views/{view}")
    assert head(harbor) == before + 4


@pytest.mark.parametrize("filters", [{"sort": "tenant"}, {"assignee": "x"}, {"team": "x"}, {"priority": "soon"}, "x"])
def test_s25_a_kept_view_has_filters_of_a_closed_list(desk, filters):
    refused = desk.post("views", {"name": "Bad", "filters": filters})
    assert refused.status_code == 422
    assert SavedView.objects.count() == 0


# Members and turns


def test_s23_members_are_of_the_company(harbor, rival, desk):
    for agent_id in (rival.ben.id, uuid.uuid4()):
        refused = desk.post("teams", {"name": "Mixed", "members": [str(harbor.ben.id), str(agent_id)]})
        assert refused.json()["errors"][0]["code"] == "unknown_agent"
    assert Team.objects.count() == 0
    made = desk.post("teams", {"name": "Mixed", "members": [str(harbor.ben.id)]}).json()
    assert [one["name"] for one in made["members"]] == ["Ben"]
    changed = desk.patch(f"teams/{made['id']}", {"members": [str(harbor.ada.id)]}).json()
    assert [one["name"] for one in changed["members"]] == ["Ada"]


def test_members_get_conversations_in_turns(harbor, desk):
    team = make_team(harbor, harbor.ada, harbor.ben, colleague(harbor, "Cleo"), round_robin=True)
    given = [
        desk.post(f"conversations/{start(harbor)}/assign", {"team_id": str(team.id)}).json()["assignee"]["name"]
        for _ in range(6)
    ]
    assert given[:3] == given[3:]
    assert set(given) == {"Ada", "Ben", "Cleo"}


def test_who_is_away_or_gone_gets_nothing(harbor, desk):
    away, gone = colleague(harbor, "Away", availability="away"), colleague(harbor, "Gone")
    locked = colleague(harbor, "Locked")
    team = make_team(harbor, harbor.ben, away, gone, locked, round_robin=True)
    Agent.objects.filter(id=gone.id).update(is_active=False)
    User.objects.filter(id=locked.user_id).update(is_active=False)

    def given():
        return desk.post(f"conversations/{start(harbor)}/assign", {"team_id": str(team.id)}).json()["assignee"]

    assert [given()["name"] for _ in range(3)] == ["Ben"] * 3
    desk.put("me/availability", {"availability": "away"})
    harbor.desk(harbor.ben).put("me/availability", {"availability": "away"})
    assert given() is None


def test_a_named_agent_comes_before_the_turns_and_a_repeat_gives_nobody_anything(harbor, desk):
    team = make_team(harbor, harbor.ada, harbor.ben, round_robin=True)
    thread = start(harbor)
    to = {"team_id": str(team.id), "agent_id": str(harbor.ben.id)}
    assert desk.post(f"conversations/{thread}/assign", to).json()["assignee"]["name"] == "Ben"
    before = head(harbor)
    again = desk.post(f"conversations/{thread}/assign", {"team_id": str(team.id)}).json()
    assert (again["assignee"]["name"], head(harbor)) == ("Ben", before)


def test_a_team_that_does_not_work_in_turns_names_nobody(harbor, desk):
    team = make_team(harbor, harbor.ada, harbor.ben)
    given = desk.post(f"conversations/{start(harbor)}/assign", {"team_id": str(team.id)}).json()
    assert (given["team"]["name"], given["assignee"]) == ("Support", None)


@pytest.mark.django_db(transaction=True)
def test_who_asks_at_once_gets_different_members(harbor):
    """24 conversations given to a team of three by 24 threads at once: eight each."""
    team = make_team(harbor, harbor.ada, harbor.ben, colleague(harbor, "Cleo"), round_robin=True)
    threads = [uuid.UUID(start(harbor)) for _ in range(24)]

    def give(number):
        return actions.assign(by=harbor.ada, conversation_id=threads[number], to={"team_id": team.id}).assignee_id

    assert sorted(Counter(race(24, give)).values()) == [8, 8, 8]


@pytest.mark.django_db(transaction=True)
def test_a_snooze_that_several_workers_find_ends_once(harbor, desk):
    threads = [start(harbor) for _ in range(4)]
    now = timezone.now()
    Conversation.objects.filter(id__in=threads).update(status="snoozed", snoozed_until=now - timedelta(seconds=1))
    assert sum(race(6, lambda _: actions.wake_due())) == 4
    assert Message.objects.filter(kind="event", event__name="woken").count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_who_make_the_same_tag_at_once_make_one(harbor):
    threads = [uuid.UUID(start(harbor)) for _ in range(6)]
    race(6, lambda n: actions.tag_conversation(by=harbor.ada, conversation_id=threads[n], name=["Late", "late"][n % 2]))
    assert Tag.objects.filter(tenant=harbor.tenant).count() == 1


# What is new


def test_new_conversations_go_to_the_default_team_or_to_that_of_their_widget(harbor, desk):
    sales = make_team(harbor, harbor.ben, name="Sales", is_default=True)
    help_team = make_team(harbor, harbor.ada, name="Help", round_robin=True)
    Widget.objects.filter(id=harbor.second_widget.id).update(team=help_team)
    first, second = start(harbor), start(harbor, harbor.second_widget)
    by_default, by_widget = (desk.get(f"conversations/{one}").json() for one in (first, second))
    assert (by_default["team"]["name"], by_default["assignee"]) == ("Sales", None)
    assert (by_widget["team"]["name"], by_widget["assignee"]["name"]) == ("Help", "Ada")
    actions.archive_team(by=harbor.ada, team_id=sales.id)
    assert desk.get(f"conversations/{start(harbor)}").json()["team"] is None


def test_an_empty_conversation_takes_nobodys_turn(harbor, desk):
    make_team(harbor, harbor.ada, harbor.ben, round_robin=True, is_default=True)
    for _ in range(3):
        harbor.browser().start()
    given = [desk.get(f"conversations/{start(harbor)}").json()["assignee"]["name"] for _ in range(2)]
    assert sorted(given) == ["Ada", "Ben"]


def test_one_team_gets_what_is_new(harbor, desk):
    first = make_team(harbor, is_default=True)
    second = make_team(harbor, name="Other", is_default=True)
    assert list(Team.objects.filter(is_default=True)) == [second]
    assert desk.get(f"teams/{first.id}").json()["is_default"] is False


def test_an_archived_team_keeps_what_it_has_and_gets_nothing_more(harbor, desk):
    team, thread = make_team(harbor, harbor.ben), start(harbor)
    desk.post(f"conversations/{thread}/assign", {"team_id": str(team.id)})
    desk.delete(f"teams/{team.id}")
    kept = desk.post(f"conversations/{thread}/assign", {"agent_id": str(harbor.ben.id)}).json()
    assert (kept["team"]["name"], kept["assignee"]["name"]) == ("Support", "Ben")
    refused = desk.post(f"conversations/{start(harbor)}/assign", {"team_id": str(team.id)})
    assert refused.status_code == 422
    back = desk.post("teams", {"name": "Support"})
    assert (back.status_code, back.json()["id"]) == (201, str(team.id))


@pytest.mark.parametrize("change", [{"is_default": True}, {"name": "Other"}, {"members": []}])
def test_an_archived_team_is_not_there_to_be_changed(harbor, desk, change):
    team = make_team(harbor, harbor.ben)
    assert desk.patch(f"teams/{team.id}", {"round_robin": True}).status_code == 200  # The control.
    desk.delete(f"teams/{team.id}")
    before = head(harbor)
    assert desk.patch(f"teams/{team.id}", change).status_code == 404
    assert head(harbor) == before
    assert desk.delete(f"teams/{team.id}").status_code == 204


# Many at once


def test_each_of_many_has_its_own_outcome(harbor, rival, desk):
    ids = [start(harbor) for _ in range(3)]
    desk.post(f"conversations/{ids[1]}/close")
    foreign, unknown = start(rival), str(uuid.uuid4())
    until = (timezone.now() + timedelta(days=3)).isoformat()
    body = {"verb": "snooze", "ids": [*ids, foreign, unknown, ids[0]], "until": until}
    answer = desk.post("conversations/bulk", body)
    assert answer.status_code == 200
    outcomes = [(one["id"], one["ok"], one["code"]) for one in answer.json()["items"]]
    assert outcomes == [
        (ids[0], True, None),
        (ids[1], False, "conversation_closed"),
        (ids[2], True, None),
        (foreign, False, "not_found"),
        (unknown, False, "not_found"),
    ]
    assert [desk.get(f"conversations/{one}").json()["status"] for one in ids] == ["snoozed", "closed", "snoozed"]


def test_one_that_fails_does_not_lose_what_came_of_the_others(harbor, desk, log_lines):
    ids = [start(harbor) for _ in range(3)]
    Conversation.objects.filter(id=ids[1]).update(tags=5)  # A row as no verb leaves it.
    items = desk.post("conversations/bulk", {"verb": "tag", "ids": ids, "name": "late"}).json()["items"]
    assert [(one["id"], one["ok"], one["code"]) for one in items] == [
        (ids[0], True, None),
        (ids[1], False, "server_error"),
        (ids[2], True, None),
    ]
    assert [desk.get(f"conversations/{one}").json()["tags"] for one in (ids[0], ids[2])] == [["late"], ["late"]]
    (line,) = [one for one in log_lines() if one.get("event") == "bulk_failed"]
    assert (line["conversation_id"], line["level"]) == (ids[1], "error")


BULK: list[tuple[dict[str, Any], str, Any]] = [
    ({"verb": "close", "silently": True}, "status", "closed"),
    ({"verb": "assign", "agent_id": None}, "assignee", None),
    ({"verb": "tags", "name": "late"}, "tags", ["late"]),
    ({"verb": "tag", "name": "late"}, "tags", ["late"]),
    ({"verb": "priority", "priority": "high"}, "priority", "high"),
    ({"verb": "reopen"}, "status", "open"),
]


@pytest.mark.parametrize(("body", "name", "value"), BULK, ids=[body["verb"] for body, _, _ in BULK])
def test_a_verb_over_many_is_the_verb_over_each(harbor, desk, body, name, value):
    ids = [start(harbor) for _ in range(2)]
    answer = desk.post("conversations/bulk", {**body, "ids": ids})
    assert [one["ok"] for one in answer.json()["items"]] == [True, True]
    assert [desk.get(f"conversations/{one}").json()[name] for one in ids] == [value, value]
    before = head(harbor)
    desk.post("conversations/bulk", {**body, "ids": ids})
    assert head(harbor) == before


@pytest.mark.parametrize(
    "body",
    [
        {"verb": "erase", "ids": ["x"]},
        {"verb": "close", "ids": []},
        {"verb": "close", "ids": ["x"]},
        {"verb": "close"},
        {"verb": "snooze", "ids": [str(uuid.uuid4())]},
        {"verb": "tag", "ids": [str(uuid.uuid4())]},
        {"verb": "close", "ids": [str(uuid.uuid4()) for _ in range(201)]},
    ],
)
def test_what_is_no_verb_over_many_is_refused(desk, body):
    assert desk.post("conversations/bulk", body).status_code == 422


def test_an_archived_teams_name_is_said_to_be_one_and_it_comes_back_without_its_old_members(harbor, desk):
    old = desk.post("teams", {"name": "Sales", "members": [str(harbor.ben.id)]}).json()
    other = desk.post("teams", {"name": "Returns"}).json()
    desk.delete(f"teams/{old['id']}")
    refused = desk.patch(f"teams/{other['id']}", {"name": "Sales"})
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["code"]) == (422, "name_archived")
    assert "archived" in error["detail"]
    back = desk.post("teams", {"name": "Sales"}).json()
    assert (back["id"], back["members"]) == (old["id"], [])
    taken = desk.patch(f"teams/{other['id']}", {"name": "Sales"})  # The control: now there is one.
    assert taken.json()["errors"][0]["code"] == "name_taken"


@pytest.mark.parametrize(("path", "body"), [("tags", {"name": "Sample"}), ("teams", {"name": "Aftersales"})])
def test_what_was_removed_is_not_there(desk, path, body):
    made = f"{path}/{desk.post(path, body).json()['id']}"
    assert desk.get(made).status_code == 200
    for _ in range(2):
        assert desk.delete(made).status_code == 204
    assert desk.get(made).status_code == 404
    assert desk.patch(made, {"name": body["name"]}).status_code == 404


def test_a_tag_keeps_its_name_and_says_so(desk):
    made = desk.post("tags", {"name": "Sample", "colour": "teal"}).json()
    refused = desk.patch(f"tags/{made['id']}", {"name": "Swatch"})
    error = refused.json()["errors"][0]
    assert (refused.status_code, error["code"], error["attr"]) == (422, "name_is_kept", "name")
    changed = desk.patch(f"tags/{made['id']}", {"name": "Sample", "colour": "red"})
    assert (changed.status_code, changed.json()) == (200, {**made, "colour": "red"})
