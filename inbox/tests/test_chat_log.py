"""The chat log: one row per person, unfolding to everything over all conversations (seed 003)."""

from __future__ import annotations

import pytest

from inbox.tests.pages import elements, ids_of, text_of
from messenger import actions, queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def test_a_person_is_one_row_however_many_conversations_they_have(ada, harbor, guest, chat):
    guest.start("about something else", new=True)
    other = harbor.browser()
    other.start("I am somebody else")
    page = ada.get("/inbox/log/")
    assert ids_of(page, "person-") == [str(other.contact.id), str(guest.contact.id)]
    assert "2 people" in text_of(page)


def test_a_row_says_who_when_how_much_and_whether_it_is_open(ada, harbor, guest, desk, chat):
    conversation_id = chat["conversation"]["id"]
    desk.reply(conversation_id, "Yes, **we** are")
    text = text_of(ada.get("/inbox/log/"))
    tail = str(guest.contact.id)[-6:]
    assert f"Guest {tail} Guest" in text
    assert "Ada: Yes, we are" in text
    assert "2 messages" in text
    guest.post("profile", {"name": "Grace", "email": "grace@example.org"})
    actions.close_conversation(by=harbor.ada, conversation_id=conversation_id)
    text = text_of(ada.get("/inbox/log/"))
    assert "Grace Lead grace@example.org" in text
    assert "closed" in text.split("2 messages")[1]


def test_the_newest_message_is_on_top_and_a_visit_alone_is_no_row(ada, harbor, guest, chat):
    harbor.browser()
    other = harbor.browser()
    other.start("later")
    assert ids_of(ada.get("/inbox/log/"), "person-")[0] == str(other.contact.id)
    guest.say(chat["conversation"]["id"], "latest")
    assert ids_of(ada.get("/inbox/log/"), "person-") == [str(guest.contact.id), str(other.contact.id)]


def test_unfolding_shows_all_conversations_and_cycles_in_time_order(ada, harbor, guest, desk, chat):
    first = chat["conversation"]["id"]
    actions.close_conversation(by=harbor.ada, conversation_id=first)
    guest.say(first, "one more thing")
    second = guest.start("about something else", new=True)["conversation"]["id"]
    desk.note(second, "the same person as before")
    parts = [attrs for _, attrs in elements(ada.get(f"/inbox/log/{guest.contact.id}/")) if "data-seq" in attrs]
    assert [part["data-thread"] for part in parts] == [first] * 4 + [second] * 2
    assert [part["data-cycle"] for part in parts] == ["1", "1", "2", "2", "1", "1"]
    assert [part["data-at"] for part in parts] == sorted(part["data-at"] for part in parts)


def test_a_long_timeline_comes_in_pages_without_holes(ada, guest, chat):
    for i in range(109):
        guest.say(chat["conversation"]["id"], f"line {i}")
    page = ada.get(f"/inbox/log/{guest.contact.id}/")
    seqs: list[int] = []
    while True:
        seqs = [int(attrs["data-seq"]) for _, attrs in elements(page) if "data-seq" in attrs] + seqs
        earlier = [attrs["hx-get"] for _, attrs in elements(page) if "cursor=" in attrs.get("hx-get", "")]
        if not earlier:
            break
        page = ada.get(earlier[0])
    assert seqs == list(range(1, 111))


def test_it_is_searched_by_name_and_address(ada, harbor, guest, chat):
    guest.post("profile", {"name": "Grace Hopper", "email": "grace@example.org"})
    harbor.browser().start("somebody else")
    for q in ("hopper", "GRACE", "example.org"):
        assert ids_of(ada.get(f"/inbox/log/rows/?q={q}"), "person-") == [str(guest.contact.id)]
    assert ids_of(ada.get("/inbox/log/?q=nobody-is-called-this"), "person-") == []
    assert ada.get("/inbox/log/rows/?q=%00").status_code == 400


def test_news_hold_rows_and_the_end_of_what_is_unfolded(ada, guest, chat):
    contact_id = str(guest.contact.id)
    guest.say(chat["conversation"]["id"], "news")
    news = ada.get(f"/inbox/log/live/?ids={contact_id}&open={contact_id}")
    assert ids_of(news, "person-") == [contact_id]
    assert [attrs["data-seq"] for _, attrs in elements(news) if "data-seq" in attrs] == ["1", "2"]
    assert "1 person" in text_of(news)
    assert ids_of(ada.get(f"/inbox/log/live/?ids={contact_id}&q=nobody"), "person-") == []


def test_the_header_has_the_number_of_people_and_beyond_what_is_counted_says_so(ada, harbor, desk, monkeypatch):
    monkeypatch.setattr(queries, "MOST_PEOPLE", 3)
    browsers = [harbor.browser() for _ in range(5)]
    for number, header in [(3, "3 people"), (4, "More than 3 people"), (5, "More than 3 people")]:
        for browser in browsers[:number]:
            browser.start("hello")
        contact_id = browsers[0].contact.id
        for page in ("/inbox/log/", f"/inbox/log/live/?ids={contact_id}"):
            text = text_of(ada.get(page))
            assert header in text and ("More than" in text) == (number > 3)
        assert desk.get("threads").json()["people"] == min(number, 4)


def test_it_costs_the_same_at_3_and_at_30_people(ada, harbor, count_queries):
    browsers = [harbor.browser() for _ in range(30)]
    for browser in browsers[:3]:
        browser.start("hello")
    few = count_queries(lambda: ada.get("/inbox/log/"))
    for i, browser in enumerate(browsers[3:]):
        conversation = browser.start("hello")["conversation"]["id"]
        for n in range(i % 4):
            browser.say(conversation, f"line {n}")
    assert count_queries(lambda: ada.get("/inbox/log/")) <= few
    assert len(ids_of(ada.get("/inbox/log/"), "person-")) == 25
