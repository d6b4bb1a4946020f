"""The search screen and a thread that is opened in its middle, as pages."""

from __future__ import annotations

import pytest

from inbox.tests.pages import elements, text_of
from messenger import search
from messenger.models import Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def hits_in(page):
    return [attrs["hx-get"] for tag, attrs in elements(page) if tag == "a" and "?at=" in attrs.get("hx-get", "")]


def seqs_in(page):
    return [int(attrs["data-seq"]) for _, attrs in elements(page) if "data-seq" in attrs]


@pytest.fixture
def long_thread(guest):
    """A hundred and twenty parts; its id."""
    thread = guest.start("line 1")["conversation"]["id"]
    for i in range(2, 121):
        guest.say(thread, f"line {i}")
    return thread


def test_the_address_says_what_is_looked_for(ada, guest, desk):
    thread = guest.start("Where is my café order?")["conversation"]["id"]
    desk.note(thread, "Café machine, again")
    guest.post("profile", {"name": "Café Owner"})
    page = ada.get("/inbox/search/?q=cafe")
    text = page.content.decode()
    assert hits_in(page) == [f"/inbox/c/{thread}/?at=2", f"/inbox/c/{thread}/?at=1"]
    assert "<mark>Café</mark> machine, again" in text
    assert "Where is my <mark>café</mark> order?" in text
    assert "<mark>Café</mark> Owner" in text
    assert ada.get("/inbox/search/hits/?q=cafe").headers["HX-Replace-Url"] == "/inbox/search/?q=cafe"
    assert ada.get("/inbox/search/hits/?q=").headers["HX-Replace-Url"] == "/inbox/search/"


def test_nothing_typed_and_nothing_found_are_told_apart(ada, chat):
    assert "Everything that was ever said is here." in text_of(ada.get("/inbox/search/"))
    assert "Nothing found for “zebra”." in text_of(ada.get("/inbox/search/?q=zebra"))
    assert "Nothing found" not in text_of(ada.get("/inbox/search/?q=hello"))


def test_what_people_wrote_is_only_ever_text(ada, guest):
    guest.post("profile", {"name": "<img src=x onerror=alert(1)> needle"})
    guest.start("<script>alert(1)</script> needle <b>bold</b>")
    page = ada.get("/inbox/search/?q=needle")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <mark>needle</mark> &lt;b&gt;" in page.content.decode()
    assert not [tag for tag, attrs in elements(page) if attrs.get("src") == "x" or tag == "b"]
    page = ada.get('/inbox/search/?q="><img src=x>')
    assert not [tag for tag, attrs in elements(page) if attrs.get("src") == "x"]


def test_more_is_shown_page_by_page(ada, long_thread):
    page, seen = ada.get("/inbox/search/hits/?q=line"), []
    while True:
        seen += hits_in(page)
        more = [attrs["hx-get"] for _, attrs in elements(page) if "cursor=" in attrs.get("hx-get", "")]
        if not more:
            break
        page = ada.get(more[0])
    assert sorted(int(one.partition("at=")[2]) for one in seen) == list(range(1, 121))


def test_people_beyond_the_first_five_are_in_the_chat_log(ada, harbor):
    for i in range(6):
        found = search.search(harbor.ada, "grace", limit=25)
        links = [attrs.get("href") for tag, attrs in elements(ada.get("/inbox/search/?q=grace")) if tag == "a"]
        assert (found.more_people, "/inbox/log/?q=grace" in links) == (False, False), i
        harbor.known(f"u-{i}", "hello", name=f"Grace {i}")
    assert search.search(harbor.ada, "grace", limit=25).more_people
    links = [attrs.get("href") for tag, attrs in elements(ada.get("/inbox/search/?q=grace")) if tag == "a"]
    assert "/inbox/log/?q=grace" in links


def test_another_company_finds_and_opens_nothing(ada, rival_agent, long_thread):
    assert hits_in(rival_agent.get("/inbox/search/?q=line")) == []
    assert rival_agent.get(f"/inbox/c/{long_thread}/?at=60").status_code == 404
    assert rival_agent.get(f"/inbox/c/{long_thread}/newer/?after=60").status_code == 404
    assert len(hits_in(ada.get("/inbox/search/?q=line"))) == 25


def test_a_thread_opens_around_a_part(ada, long_thread):
    page = ada.get(f"/inbox/c/{long_thread}/?at=60")
    assert seqs_in(page) == list(range(35, 85))
    thread = next(attrs for _, attrs in elements(page) if attrs.get("id") == "thread")
    assert thread["data-at"] == "60"
    ids = {attrs.get("id") for _, attrs in elements(page)}
    assert {"older", "newer", "to-newest"} <= ids
    later = ada.get(f"/inbox/c/{long_thread}/newer/?after=84")
    assert seqs_in(later) == list(range(85, 121))
    assert "newer" not in {attrs.get("id") for _, attrs in elements(later)}


@pytest.mark.parametrize(
    ("at", "first", "last", "has_newer"), [(1, 1, 25, True), (120, 95, 120, False), (999, 71, 120, False)]
)
def test_at_either_end_nothing_is_missing(ada, long_thread, at, first, last, has_newer):
    page = ada.get(f"/inbox/c/{long_thread}/?at={at}")
    assert seqs_in(page) == list(range(first, last + 1))
    assert ("to-newest" in {attrs.get("id") for _, attrs in elements(page)}) == has_newer


@pytest.mark.parametrize("at", ["0", "-1", "x", "99999999999", "1.5"])
def test_a_part_that_cannot_be_is_refused(ada, long_thread, at):
    assert ada.get(f"/inbox/c/{long_thread}/?at={at}").status_code == 400
    assert ada.get(f"/inbox/c/{long_thread}/newer/?after={at}x").status_code == 400


def test_a_search_page_costs_the_same_with_few_and_many_hits(ada, guest, count_queries):
    thread = guest.start("melon")["conversation"]["id"]
    guest.post("profile", {"name": "Melon", "email": "melon@example.com"})
    ada.get("/inbox/search/?q=melon")
    few = count_queries(lambda: ada.get("/inbox/search/?q=melon"))
    for i in range(30):
        guest.say(thread, f"melon {i}")
    assert count_queries(lambda: ada.get("/inbox/search/?q=melon")) == few
    assert Message.objects.filter(words__contains="melon").count() == 31
