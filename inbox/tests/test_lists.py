"""The rail and its lists: views, teams, tags and kept views, each counted, narrowed and sorted."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from inbox.tests.pages import elements, ids_of, text_of, token
from messenger import actions, teamwork
from messenger.models import SavedView

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def threads(harbor):
    return [harbor.browser().start(f"Question {n}")["conversation"]["id"] for n in range(4)]


@pytest.fixture
def post(ada):
    def press(path, **fields):
        return ada.post(path, fields, headers={"X-CSRFToken": token(ada), "HX-Request": "true"})

    return press


def rows(client, query=""):
    return ids_of(client.get(f"/inbox/?{query}"), "row-")


def counts(response):
    found = {attrs["id"] for _, attrs in elements(response) if attrs.get("id", "").startswith("count-")}
    return {one.removeprefix("count-") for one in found}


def current(response):
    marked = [attrs for tag, attrs in elements(response) if tag == "a" and attrs.get("aria-current") == "page"]
    return [attrs["id"].removeprefix("view-") for attrs in marked]


def test_a_team_and_a_tag_are_lists_of_the_rail(ada, harbor, desk, threads):
    team = actions.create_team(by=harbor.ada, fields={"name": "Returns"})
    desk.post(f"conversations/{threads[1]}/assign", {"team_id": str(team.id)})
    desk.post(f"conversations/{threads[2]}/tags", {"name": "ñ & co"})
    page = ada.get(f"/inbox/?view=all&team={team.id}")
    assert (ids_of(page, "row-"), current(page)) == ([threads[1]], [f"team-{team.id}"])
    assert "Returns" in text_of(page)
    assert {f"team-{team.id}", "tag-ñ & co", "all"} <= counts(page)
    link = next(attrs["href"] for _, attrs in elements(page) if attrs.get("id") == "view-tag-ñ & co")
    tagged = ada.get(link)
    assert (ids_of(tagged, "row-"), current(tagged)) == ([threads[2]], ["tag-ñ & co"])


@pytest.mark.parametrize("name", ["team", "tag"])
def test_an_address_that_names_no_team_or_tag_is_the_view_itself(ada, threads, name):
    page = ada.get(f"/inbox/?view=unassigned&{name}=")
    assert (page.status_code, current(page)) == (200, ["unassigned"])
    assert ids_of(page, "row-") == rows(ada, "view=unassigned") != []


def test_the_bar_narrows_and_widens_what_the_view_says(ada, harbor, desk, threads):
    desk.post(f"conversations/{threads[0]}/assign", {"agent_id": str(harbor.ada.id)})
    desk.post(f"conversations/{threads[1]}/close")
    desk.patch(f"conversations/{threads[2]}", {"priority": "urgent", "subject": "Broken lamp"})
    desk.put(f"conversations/{threads[3]}/read", {"up_to": 1})
    assert rows(ada, "view=all") == [threads[3], threads[2], threads[0]]
    assert rows(ada, "view=all&status=") == threads[::-1]
    assert rows(ada, "view=mine") == [threads[0]]
    assert rows(ada, "view=mine&assignee=") == [threads[3], threads[2], threads[0]]
    assert rows(ada, "view=all&priority=urgent") == rows(ada, "view=all&q=lamp") == [threads[2]]
    assert rows(ada, "view=all&unread=0") == [threads[3]]
    assert rows(ada, "view=all&unread=1") == [threads[2], threads[0]]
    assert rows(ada, "view=all&priority=low") == []
    assert "Nothing fits these filters." in text_of(ada.get("/inbox/?view=all&priority=low"))


def test_who_has_waited_longest_comes_first_when_asked_for(ada, desk, threads):
    desk.reply(threads[1], "Here you are")
    assert rows(ada, "view=all&sort=waiting_since") == [threads[0], threads[2], threads[3], threads[1]]


def test_the_rows_that_changed_are_those_of_the_list_on_the_screen(ada, desk, threads):
    desk.post(f"conversations/{threads[1]}/tags", {"name": "late"})
    asked = ",".join(threads)
    assert ids_of(ada.get(f"/inbox/live/?view=all&tag=late&ids={asked}"), "row-") == [threads[1]]
    assert ids_of(ada.get("/inbox/rows/?view=all&tag=late"), "row-") == [threads[1]]


def test_a_list_is_kept_and_forgotten(ada, harbor, sign_in, post, threads, desk):
    desk.patch(f"conversations/{threads[2]}", {"priority": "urgent"})
    kept = post("/inbox/saved/?view=all&priority=urgent&sort=waiting_since", name="Urgent", is_shared="1")
    view = SavedView.objects.get()
    assert (kept.status_code, kept.headers["HX-Redirect"]) == (204, f"/inbox/?view=all&saved={view.id}")
    assert view.filters == {"status": "open", "priority": "urgent", "sort": "waiting_since"}
    page = sign_in(harbor.ben).get(f"/inbox/?view=all&saved={view.id}")
    assert (ids_of(page, "row-"), current(page)) == ([threads[2]], [f"saved-{view.id}"])
    assert post(f"/inbox/saved/{view.id}/forget/").status_code == 204
    assert ada.get(f"/inbox/?saved={view.id}").status_code == 404


@pytest.mark.parametrize("query", ["view=mentions", "view=all&status=", "view=all", "view=all&status=closed"])
def test_a_kept_list_holds_as_many_as_the_rail_says(ada, harbor, post, threads, desk, query):
    ben = harbor.desk(harbor.ben)
    for thread in threads[:3]:
        ben.note(thread, "@Ada please")
    desk.post(f"conversations/{threads[0]}/close")
    before = rows(ada, query)
    post(f"/inbox/saved/?{query}", name="Kept")
    view = SavedView.objects.get()
    page = ada.get(f"/inbox/?view=all&saved={view.id}")
    assert ids_of(page, "row-") == before != []
    (shown,) = [count for one, count in teamwork.shelves(harbor.ada)["saved"] if one == view]
    assert shown == len(before)


def test_an_agent_keeps_lists_for_themself_alone(harbor, sign_in, threads):
    ben = sign_in(harbor.ben)
    headers = {"X-CSRFToken": token(ben), "HX-Request": "true"}
    assert ben.post("/inbox/saved/?view=mine", {"name": "x", "is_shared": "1"}, headers=headers).status_code == 403
    assert ben.post("/inbox/saved/?view=mine", {"name": "x"}, headers=headers).status_code == 204
    assert sign_in(harbor.ada).get(f"/inbox/?saved={SavedView.objects.get().id}").status_code == 404


def test_nothing_of_the_rail_is_another_companys(rival_agent, harbor, desk, threads):
    team = actions.create_team(by=harbor.ada, fields={"name": "Secret team"})
    desk.post(f"conversations/{threads[0]}/tags", {"name": "secret tag"})
    assert rival_agent.get(f"/inbox/?view=all&team={team.id}").status_code == 404
    page = rival_agent.get("/inbox/?view=all&tag=secret+tag")
    assert ids_of(page, "row-") == []
    assert "Secret team" not in text_of(page)
    assert rival_agent.get("/inbox/find/?q=Question").content.strip() == b""


def test_the_rail_costs_the_same_however_much_is_in_it(ada, harbor, desk, threads, count_queries):
    def cost():
        return count_queries(lambda: ada.get("/inbox/"))

    for number in range(2):
        fill(harbor, desk, threads[0], number)
    few = cost()
    for number in range(2, 9):
        fill(harbor, desk, threads[0], number)
    assert cost() == few


def fill(harbor, desk, thread, number):
    actions.create_team(by=harbor.ada, fields={"name": f"Team {number}"})
    desk.post(f"conversations/{thread}/tags", {"name": f"tag {number}"})
    actions.create_view(by=harbor.ada, fields={"name": f"View {number}", "filters": {"tag": f"tag {number}"}})


def test_people_and_conversations_are_found_by_name(ada, guest, chat):
    guest.post("profile", {"name": "Grace Hopper"})
    found = ada.get("/inbox/find/?q=hopper")
    assert [attrs["role"] for tag, attrs in elements(found) if tag == "li"] == ["option", "option"]
    assert f"/inbox/c/{chat['conversation']['id']}/" in found.content.decode()
    assert ada.get("/inbox/find/?q=").content.strip() == b""


# What is done


def test_every_button_of_the_head_does_what_it_says(post, harbor, threads):
    path, team = f"/inbox/c/{threads[0]}", actions.create_team(by=harbor.ada, fields={"name": "Returns"})
    presses = [
        ("assign", {"team_id": str(team.id)}),
        ("snooze", {"choice": "tomorrow"}),
        ("tags", {"name": "late"}),
        ("priority", {"priority": "high"}),
        ("subject", {"subject": "Lamp"}),
        ("participants", {"agent_id": str(harbor.ben.id)}),
    ]
    assert [post(f"{path}/{verb}/", **fields).status_code for verb, fields in presses] == [204] * len(presses)
    row = harbor.conversation(threads[0])
    assert (row.team, row.status, row.tags, row.priority, row.subject) == (team, "snoozed", ["late"], "high", "Lamp")
    assert post(f"{path}/tags/remove/", name="late").status_code == 204
    assert post(f"{path}/close/", spam="1").status_code == 204
    row = harbor.conversation(threads[0])
    assert (row.tags, row.is_spam, row.snoozed_until) == ([], True, None)


def test_a_time_of_ones_own_is_read_where_the_company_is(post, harbor, threads):
    type(harbor.tenant).objects.filter(id=harbor.tenant.id).update(time_zone="America/New_York")
    day = (timezone.now() + timedelta(days=3)).date()
    assert post(f"/inbox/c/{threads[0]}/snooze/", until=f"{day}T08:30").status_code == 204
    until = harbor.conversation(threads[0]).snoozed_until
    assert until.hour in {12, 13}
    assert post(f"/inbox/c/{threads[0]}/snooze/", until="2020-01-01T08:30").status_code == 422
    assert post(f"/inbox/c/{threads[0]}/snooze/", choice="never").status_code == 400


def test_the_browser_itself_refuses_a_time_that_is_over(ada, harbor, threads):
    """In its reader's language: the earliest time is now, by the company's clocks."""
    type(harbor.tenant).objects.filter(id=harbor.tenant.id).update(time_zone="Pacific/Kiritimati")
    earliest = timezone.now().astimezone(ZoneInfo("Pacific/Kiritimati"))
    until = next(attrs for _, attrs in elements(ada.get(f"/inbox/c/{threads[0]}/")) if attrs.get("name") == "until")
    shown = datetime.fromisoformat(until["min"]).replace(tzinfo=earliest.tzinfo)
    assert timedelta(minutes=-1) < shown - earliest < timedelta(minutes=1)


def test_many_are_changed_at_once_and_each_has_its_outcome(post, harbor, threads, desk):
    desk.post(f"conversations/{threads[1]}/close")
    answer = post("/inbox/bulk/", verb="snooze", choice="tomorrow", ids=",".join(threads))
    assert [one["ok"] for one in answer.json()["items"]] == [True, False, True, True]
    answer = post("/inbox/bulk/", verb="assign", agent_id=str(harbor.ben.id), ids=threads[0])
    assert harbor.conversation(threads[0]).assignee == harbor.ben
    assert post("/inbox/bulk/", verb="erase", ids=threads[0]).status_code == 400


@pytest.mark.parametrize("verb", ["snooze", "tags", "tags/remove", "priority", "subject", "participants"])
def test_s54_none_of_it_goes_without_the_token(ada, harbor, threads, verb):
    before = harbor.conversation(threads[0]).rev
    for path in (f"/inbox/c/{threads[0]}/{verb}/", "/inbox/bulk/", "/inbox/saved/"):
        assert ada.post(path, {"name": "x", "choice": "tomorrow"}).status_code == 403
        assert ada.get(path).status_code == 405
    assert harbor.conversation(threads[0]).rev == before


@pytest.mark.parametrize(
    "query",
    ["status=lost", "assignee=x", "team=x", "priority=soon", "unread=2", "sort=id", "saved=x", "tag=" + "x" * 61],
)
def test_s25_what_no_link_of_ours_asks_for_is_refused(ada, query):
    assert ada.get(f"/inbox/?view=all&{query}").status_code == 400


def test_the_thread_says_what_the_team_did(ada, harbor, desk, threads):
    path = f"conversations/{threads[0]}"
    desk.post(f"{path}/snooze", {"until": (timezone.now() + timedelta(days=2)).isoformat()})
    desk.post(f"{path}/tags", {"name": "late"})
    desk.delete(f"{path}/tags/late")
    desk.patch(path, {"priority": "urgent", "subject": "Lamp"})
    desk.patch(path, {"priority": "none", "subject": ""})
    desk.post(f"{path}/participants", {"agent_id": str(harbor.ben.id)})
    desk.post(f"{path}/close", {"spam": True})
    shown = text_of(ada.get(f"/inbox/c/{threads[0]}/"))
    told = ["snoozed the conversation until", "added the tag late", "removed the tag late", "set the priority: Urgent"]
    told += ["called this “Lamp”", "removed the priority", "removed the subject", "added Ben", "closed the"]
    assert [one for one in told if f"Ada {one}" not in shown] == []
    assert "conversation as spam" in shown


def test_the_thread_says_whose_turn_it_was(ada, harbor):
    fields = {"name": "Support", "members": [harbor.ben.id], "round_robin": True, "is_default": True}
    actions.create_team(by=harbor.ada, fields=fields)
    thread = harbor.browser().start("Hello")["conversation"]["id"]
    assert "Given to Ben, whose turn it was in the team Support" in text_of(ada.get(f"/inbox/c/{thread}/"))
