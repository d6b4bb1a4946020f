"""Naming colleagues in notes: who is meant, who is told, and how it stays true when the note changes."""

from __future__ import annotations

import uuid

import pytest

from messenger.models import Agent, Mention
from messenger.rendering import render_note

pytestmark = pytest.mark.django_db

NAMES = {"ada", "ada lovelace", "ben", "zoë müller"}


@pytest.fixture
def thread(chat):
    return chat["conversation"]["id"]


@pytest.fixture
def ben(harbor):
    return harbor.desk(harbor.ben)


def mentioned(desk):
    return [one["body"] for one in desk.get("mentions").json()["items"]]


@pytest.mark.parametrize(
    ("text", "html", "found"),
    [
        ("@Ben look", "<p><mark>@Ben</mark> look</p>", {"ben"}),
        ("(@ben)", "<p>(<mark>@ben</mark>)</p>", {"ben"}),
        ("@Ada Lovelace and @Ada", "<p><mark>@Ada Lovelace</mark> and <mark>@Ada</mark></p>", {"ada lovelace", "ada"}),
        ("**@Zoë Müller**", "<p><strong><mark>@Zoë Müller</mark></strong></p>", {"zoë müller"}),
        ("@Benjamin @@ben a@ben", "<p>@Benjamin @@ben a@ben</p>", set()),
        ("`@Ben`", "<p><code>@Ben</code></p>", set()),
        ("<b>@Ben</b>", "<p>&lt;b&gt;<mark>@Ben</mark>&lt;/b&gt;</p>", {"ben"}),
        ("<mark>@Nobody</mark>", "<p>&lt;mark&gt;@Nobody&lt;/mark&gt;</p>", set()),
        ("[@Ben](https://x.example/@Ben)", None, set()),
        ("", "", set()),
    ],
)
def test_a_name_is_marked_where_it_is_plain_text(text, html, found):
    rendered, named = render_note(text, NAMES)
    assert named == found
    if html is not None:
        assert rendered == html
    assert "<mark" not in rendered.partition("href=")[2]


def test_a_colleague_is_told_and_the_team_gets_the_ids(harbor, desk, ben, guest, thread):
    note = desk.note(thread, "@Ben, can you look? @Nobody cannot.").json()
    assert note["mentions"] == [str(harbor.ben.id)]
    assert "<mark>@Ben</mark>" in note["body_html"] and "@Nobody" in note["body_html"]
    assert mentioned(ben) == ["@Ben, can you look? @Nobody cannot."]
    assert mentioned(desk) == []
    assert "@Ben" not in guest.get(f"conversations/{thread}/messages").content.decode()


def test_a_reply_names_nobody(desk, ben, thread):
    sent = desk.reply(thread, "@Ben will look").json()
    assert "mentions" not in sent and "<mark>" not in sent["body_html"]
    assert mentioned(ben) == []


def test_oneself_and_who_left_are_not_told_and_of_namesakes_all_are(harbor, desk, thread):
    Agent.objects.filter(id=harbor.ben.id).update(display_name="Ada")
    note = desk.note(thread, "@ada is me").json()
    assert note["mentions"] == [str(harbor.ben.id)]
    Agent.objects.filter(id=harbor.ben.id).update(is_active=False)
    assert desk.note(thread, "@ada again").json()["mentions"] == []


def test_sending_it_again_tells_nobody_again(desk, ben, thread):
    key = str(uuid.uuid4())
    for _ in range(2):
        desk.note(thread, "@Ben", client_message_id=key)
    assert Mention.objects.count() == 1


def test_an_edited_note_names_whom_it_names_now(harbor, desk, ben, thread):
    note = desk.note(thread, "@Ben").json()
    edited = desk.patch(f"messages/{note['id']}", {"body": "Nobody needs to look"}).json()
    assert (edited["mentions"], mentioned(ben)) == ([], [])
    desk.patch(f"messages/{note['id']}", {"body": "@Ben after all"})
    assert mentioned(ben) == ["@Ben after all"]
    first = Mention.objects.get().created_at
    desk.patch(f"messages/{note['id']}", {"body": "@Ben, please"})
    assert Mention.objects.get().created_at == first
    desk.delete(f"messages/{note['id']}")
    assert mentioned(ben) == []


def test_the_view_holds_the_conversations_that_name_me(harbor, desk, ben, guest, thread):
    other = harbor.browser().start("Something else")["conversation"]["id"]
    desk.note(thread, "@Ben")
    desk.note(other, "not for anybody")
    for asked in (ben.get("conversations", {"mentions": "me"}), ben.get("snapshot", {"view": "mentions"})):
        assert [one["id"] for one in asked.json()["items"]] == [thread]
        assert asked.json()["items"][0]["unread_count"] == 1
    assert ben.get("snapshot").json()["counts"]["mentions"] == 1
    assert desk.get("snapshot").json()["counts"]["mentions"] == 0
    assert ben.get("conversations", {"mentions": "you"}).status_code == 400


def test_mentions_come_newest_first_in_pages_of_the_same_cost(desk, ben, thread, count_queries):
    for i in range(5):
        desk.note(thread, f"@Ben {i}")
    pages: list[list[str]] = []
    cursor = None
    while cursor or not pages:
        page = ben.get("mentions", {"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        pages.append([one["body"] for one in page["items"]])
        cursor = page["next"]
    assert pages == [["@Ben 4", "@Ben 3"], ["@Ben 2", "@Ben 1"], ["@Ben 0"]]
    few = count_queries(lambda: ben.get("mentions", {"limit": 1}))
    assert count_queries(lambda: ben.get("mentions", {"limit": 50})) == few


def test_i8_another_tenants_colleague_is_nobody(harbor, rival, desk, thread):
    Agent.objects.filter(id=rival.ben.id).update(display_name="Zed")
    note = desk.note(thread, "@Zed").json()
    assert note["mentions"] == [] and "<mark>" not in note["body_html"]
    assert mentioned(rival.desk(rival.ben)) == []
