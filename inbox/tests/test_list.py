"""The conversation list: what is in it, in which order, and what it costs."""

from __future__ import annotations

import pytest

from inbox.tests.pages import elements, ids_of, text_of
from messenger import actions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def talk(harbor):
    """Start so many conversations of so many guests; their ids, oldest first."""

    def start(n):
        return [harbor.browser().start(f"Question {i}")["conversation"]["id"] for i in range(n)]

    return start


def test_the_newest_activity_is_on_top(ada, harbor, guest, chat, talk):
    first, second = talk(2)
    assert ids_of(ada.get("/inbox/"), "row-") == [second, first, chat["conversation"]["id"]]
    guest.say(chat["conversation"]["id"], "Still there?")
    assert ids_of(ada.get("/inbox/"), "row-") == [chat["conversation"]["id"], second, first]


def test_a_note_does_not_move_a_conversation(ada, harbor, desk, talk):
    first, second = talk(2)
    desk.note(first, "for us")
    assert ids_of(ada.get("/inbox/"), "row-") == [second, first]


def test_an_empty_conversation_is_not_listed(ada, harbor, guest):
    guest.start()
    assert ids_of(ada.get("/inbox/"), "row-") == []
    assert "No open conversations." in text_of(ada.get("/inbox/"))


def test_each_view_holds_what_its_name_says(ada, harbor, talk):
    mine, bens, closed, free = talk(4)
    actions.assign(by=harbor.ada, conversation_id=mine, to={"agent_id": harbor.ada.id})
    actions.assign(by=harbor.ada, conversation_id=bens, to={"agent_id": harbor.ben.id})
    actions.close_conversation(by=harbor.ada, conversation_id=closed)
    seen = {view: set(ids_of(ada.get(f"/inbox/?view={view}"), "row-")) for view in VIEWS}
    assert seen == {
        "mine": {mine},
        "unassigned": {free},
        "all": {mine, bens, free},
        "snoozed": set(),
        "closed": {closed},
    }
    assert _counts(ada.get("/inbox/")) == {"mine": "1", "unassigned": "1", "all": "3", "closed": "1"}


def test_counts_end_at_99(ada, harbor, chat):
    from inbox.templatetags.inbox import capped
    from messenger.queries import view_counts

    assert [capped(n) for n in (0, 99, 100)] == ["0", "99", "99+"]
    assert max(view_counts(harbor.ada).values()) == 1


def test_it_is_read_in_pages_without_holes(ada, talk):
    conversations = talk(30)
    page = ada.get("/inbox/")
    shown = ids_of(page, "row-")
    more = next(attrs["hx-get"] for _, attrs in elements(page) if "rows/" in attrs.get("hx-get", ""))
    assert shown + ids_of(ada.get(more), "row-") == conversations[::-1]
    assert ada.get("/inbox/rows/?cursor=nonsense").status_code == 400


def test_unread_is_the_agents_own(ada, harbor, sign_in, guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    assert _unread(ada.get("/inbox/"), conversation_id)
    desk.put(f"conversations/{conversation_id}/read", {"up_to": 1})
    assert not _unread(ada.get("/inbox/"), conversation_id)
    assert _unread(sign_in(harbor.ben).get("/inbox/"), conversation_id)


def test_it_costs_the_same_at_3_and_at_30_rows(ada, harbor, talk, count_queries):
    talk(3)
    few = count_queries(lambda: ada.get("/inbox/"))
    talk(27)
    for path in ("/inbox/", "/inbox/?view=unassigned", "/inbox/rows/"):
        assert count_queries(lambda path=path: ada.get(path)) <= few
    ids = ids_of(ada.get("/inbox/"), "row-")
    one = count_queries(lambda: ada.get(f"/inbox/live/?ids={ids[0]}"))
    assert count_queries(lambda: ada.get(f"/inbox/live/?ids={','.join(ids)}")) == one


def test_more_rows_than_fit_are_refused_like_anything_else_we_never_ask_for(ada):
    ids = ",".join(["01a1f95e-a644-7458-8109-a79355bb0ecc"] * 61)
    bad = [f"ids={ids}", "ids=x", "view=secret", "open=1", "after=-1", "ids=%00", "after=99999999999999999999"]
    assert [ada.get(f"/inbox/live/?{query}").status_code for query in bad] == [400] * len(bad)


VIEWS = ("mine", "unassigned", "all", "snoozed", "closed")


def _counts(response):
    html = response.content.decode()
    found = {view: html.split(f'id="count-{view}">')[1:] for view in VIEWS}
    return {view: rest[0].split("<")[0] for view, rest in found.items() if rest}


def _unread(response, conversation_id):
    badge = next(attrs for _, attrs in elements(response) if attrs.get("data-unread") == conversation_id)
    return "hidden" not in badge
