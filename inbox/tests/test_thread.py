"""An open conversation: its parts, its panel, and what is asked for while it is open."""

from __future__ import annotations

import html
import uuid

import pytest
from django.utils.dateformat import format as date_format
from django.utils.timezone import localtime

from inbox.tests.pages import elements, ids_of, text_of
from messenger import actions, queries, streams
from messenger.models import Visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

XSS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "{{ agent.user.password }}{% load static %}",
    "javascript:alert(1)",
    "</textarea></title></script><script>alert(1)</script>",
    "' autofocus onfocus='alert(1)",
]


@pytest.fixture
def thread(chat):
    """The address of the guest's conversation."""
    return f"/inbox/c/{chat['conversation']['id']}/"


def test_it_shows_everything_that_was_said_in_order(ada, harbor, desk, guest, chat, thread):
    conversation_id = chat["conversation"]["id"]
    desk.note(conversation_id, "careful")
    desk.reply(conversation_id, "Hello **you**")
    page = ada.get(thread)
    parts, _ = queries.team_messages(harbor.conversation(conversation_id), before=None, after=None, limit=50)
    assert ids_of(page, "part-") == [part["id"] for part in parts]
    assert "<strong>you</strong>" in page.content.decode()
    kinds = [attrs["class"].split()[1] for _, attrs in elements(page) if attrs.get("id", "").startswith("part-")]
    assert kinds == ["message", "note", "event", "message"]


def test_it_is_reached_by_its_address_with_the_list_beside_it(ada, chat, thread):
    page = ada.get(thread)
    assert ids_of(page, "row-") == [chat["conversation"]["id"]]
    part = ada.get(thread, headers={"HX-Request": "true", "HX-Target": "main"})
    assert ids_of(part, "row-") == []
    assert ids_of(part, "part-") == ids_of(page, "part-")


@pytest.mark.parametrize("payload", XSS)
def test_s38_s40_what_people_write_is_text(ada, harbor, guest, payload):
    told = guest.post("profile", {"name": payload, "attributes": {payload[:64]: payload, "items": payload}})
    chat = guest.start(payload)
    visit = guest.post("visits", {"page": {"url": f"https://shop.example/{payload}", "title": payload}})
    assert (told.status_code, visit.status_code) == (200, 201)
    pages = ["/inbox/", f"/inbox/c/{chat['conversation']['id']}/", "/inbox/log/", f"/inbox/log/{guest.contact.id}/"]
    for path in pages:
        response = ada.get(path)
        assert response.status_code == 200
        assert _foreign(elements(response)) == []
        assert harbor.ada.user.password not in response.content.decode()
    assert payload in _as_text(ada.get(pages[1]))


def test_the_check_for_foreign_elements_can_fail():
    assert _foreign([("img", {"src": "x", "onerror": "alert(1)"})])
    assert _foreign([("script", {})])
    assert _foreign([("a", {"href": "javascript:alert(1)"})])


def test_a_visitors_link_keeps_the_inbox_to_itself(ada, guest):
    chat = guest.start("see https://shop.example/boots")
    links = [attrs for tag, attrs in elements(ada.get(f"/inbox/c/{chat['conversation']['id']}/")) if tag == "a"]
    link = next(attrs for attrs in links if attrs["href"] == "https://shop.example/boots")
    assert set(link["rel"].split()) == {"noopener", "nofollow", "ugc"}


def test_earlier_parts_come_in_pages_without_holes(ada, harbor, guest, chat, thread):
    for i in range(119):
        guest.say(chat["conversation"]["id"], f"line {i}")
    page = ada.get(thread)
    seqs: list[int] = []
    while True:
        seqs = _seqs(page) + seqs
        older = [attrs["hx-get"] for _, attrs in elements(page) if "/older/" in attrs.get("hx-get", "")]
        if not older:
            break
        page = ada.get(older[0])
    assert seqs == list(range(1, 121))
    assert [ada.get(f"{thread}older/?before={bad}").status_code for bad in ("", "x", "-1", "²")] == [400] * 4


def test_news_hold_only_what_came_after_the_last_part_shown(ada, guest, chat, thread):
    conversation_id = chat["conversation"]["id"]
    guest.say(conversation_id, "two")
    guest.say(conversation_id, "three")
    news = ada.get(f"/inbox/live/?ids={conversation_id}&open={conversation_id}&after=1")
    assert _seqs(news) == [2, 3]
    assert ids_of(news, "row-") == [conversation_id]
    assert {"thread-head", "panel", "views"} <= {attrs.get("id") for _, attrs in elements(news)}
    assert _seqs(ada.get(f"/inbox/live/?open={conversation_id}&after=3")) == []


def test_news_say_when_a_conversation_has_left_the_list(ada, harbor, chat):
    conversation_id = chat["conversation"]["id"]
    actions.close_conversation(by=harbor.ben, conversation_id=conversation_id)
    assert ids_of(ada.get(f"/inbox/live/?view=all&ids={conversation_id}"), "row-") == []
    assert ids_of(ada.get(f"/inbox/live/?view=closed&ids={conversation_id}"), "row-") == [conversation_id]


def test_i11_opening_a_thread_moves_nothing(ada, harbor, guest, chat, thread):
    before = guest.get(f"conversations/{chat['conversation']['id']}").json()
    head = streams.team_stream(harbor.tenant.id).head_seq
    ada.get(thread)
    ada.get(f"/inbox/live/?open={chat['conversation']['id']}&after=0")
    assert guest.get(f"conversations/{chat['conversation']['id']}").json() == before
    assert streams.team_stream(harbor.tenant.id).head_seq == head


def test_the_page_starts_from_a_cursor_that_misses_nothing(ada, harbor, guest, chat, thread):
    root = next(attrs for _, attrs in elements(ada.get(thread)) if attrs.get("id") == "app")
    assert root["data-cursor"] == streams.team_stream(harbor.tenant.id).cursor
    assert root["data-tenant"] == str(harbor.tenant.id)
    assert root["data-agent"] == str(harbor.ada.id)


def test_the_cursor_is_read_before_the_state(ada, guest, chat, monkeypatch):
    """Somebody writes between the two: the page may show it twice told, but never leave it out."""
    read_page = queries.inbox_page

    def write_first(*args, **kwargs):
        monkeypatch.undo()
        guest.say(chat["conversation"]["id"], "just now")
        return read_page(*args, **kwargs)

    monkeypatch.setattr(queries, "inbox_page", write_first)
    page = ada.get("/inbox/")
    cursor = next(attrs["data-cursor"] for _, attrs in elements(page) if attrs.get("id") == "app")
    stream = streams.team_stream(guest.visitor.tenant_id)
    assert "just now" in text_of(page)
    assert int(cursor.split(":")[1]) < stream.head_seq


def test_the_visitors_read_mark_is_theirs(ada, harbor, guest, desk, chat, thread):
    conversation_id = chat["conversation"]["id"]
    desk.reply(conversation_id, "Here we are")
    head = _head(ada.get(thread))
    assert int(head["data-contact-read"]) == 1
    guest.put(f"conversations/{conversation_id}/read", {"up_to": 3})
    assert int(_head(ada.get(thread))["data-contact-read"]) == 3


def test_the_panel_tells_verified_from_unverified_and_names_doubles(ada, harbor, guest, chat, thread):
    double = harbor.browser()
    double.start("me again")
    for one in (guest, double):
        one.post("profile", {"email": "guest@example.org", "attributes": {"plan": "gold"}})
    guest.post("visits", {"page": {"url": "https://shop.example/basket?token=secret", "title": "Basket"}})
    text = text_of(ada.get(thread))
    assert "Said by the visitor not verified" in text
    assert "plan gold" in text
    assert "Possibly the same person guest@example.org" in text
    assert "Basket https://shop.example/basket" in text
    assert "token=secret" not in text


def test_the_panel_names_a_page_once_for_as_long_as_they_stay(ada, guest, chat, thread):
    """Loading a page and signing in on it are two visits; to an agent it is one page."""
    for page in ("basket", "basket", "lamp", "basket", "basket", "basket"):
        guest.post("visits", {"page": {"url": f"https://shop.example/{page}", "title": page}})
    newest = Visit.objects.latest("created_at")
    response = ada.get(thread)
    trail = [attrs["title"] for tag, attrs in elements(response) if attrs.get("class") == "where"]
    assert [url.removeprefix("https://shop.example/") for url in trail[:3]] == ["basket", "lamp", "basket"]
    assert sum(url.endswith("/basket") for url in trail) == 2
    assert f'<time datetime="{date_format(localtime(newest.created_at), "c")}"' in response.content.decode()


def test_a_page_of_the_same_address_with_another_title_is_another(ada, guest, chat, thread):
    for title in ("Step 1", "Step 2", "Step 2"):
        guest.post("visits", {"page": {"url": "https://shop.example/order", "title": title}})
    trail = text_of(ada.get(thread))
    assert (trail.count("Step 1"), trail.count("Step 2")) == (1, 1)


def test_the_panel_has_its_eight_pages_though_some_were_reloaded(ada, guest, chat, thread):
    for i in range(10):
        for _ in range(3):
            guest.post("visits", {"page": {"url": f"https://shop.example/{i}", "title": str(i)}})
    trail = [attrs["title"] for tag, attrs in elements(ada.get(thread)) if attrs.get("class") == "where"]
    assert trail == [f"https://shop.example/{i}" for i in range(9, 1, -1)]


def test_the_panel_leads_to_the_persons_other_conversations(ada, harbor, guest, chat, thread):
    assert "This is the first one." in text_of(ada.get(thread))
    actions.close_conversation(by=harbor.ada, conversation_id=uuid.UUID(chat["conversation"]["id"]))
    later = guest.start("And another thing", new=True)["conversation"]["id"]
    links = [attrs["href"] for tag, attrs in elements(ada.get(f"/inbox/c/{later}/?view=all")) if tag == "a"]
    assert f"{thread}?view=all" in links


def test_it_costs_the_same_at_3_and_at_30_parts(ada, guest, desk, chat, thread, count_queries):
    conversation_id = chat["conversation"]["id"]
    desk.reply(conversation_id, "One reply")
    few = count_queries(lambda: ada.get(thread))
    part = count_queries(lambda: ada.get(thread, headers={"HX-Request": "true", "HX-Target": "main"}))
    news = count_queries(lambda: ada.get(f"/inbox/live/?ids={conversation_id}&open={conversation_id}&after=0"))
    for i in range(27):
        (guest.say if i % 2 else desk.reply)(conversation_id, f"line {i}")
        guest.post("visits", {"page": {"url": f"https://shop.example/{i}"}})
    assert count_queries(lambda: ada.get(thread)) <= few
    assert count_queries(lambda: ada.get(thread, headers={"HX-Request": "true", "HX-Target": "main"})) <= part
    assert count_queries(lambda: ada.get(f"/inbox/live/?ids={conversation_id}&open={conversation_id}&after=0")) <= news


def _seqs(response):
    return [int(attrs["data-seq"]) for _, attrs in elements(response) if "data-seq" in attrs]


def _head(response):
    return next(attrs for _, attrs in elements(response) if attrs.get("id") == "thread-head")


def _foreign(found):
    """Elements that no template of ours has."""
    bad = [(tag, attrs) for tag, attrs in found if tag in {"iframe", "object", "style"} or "style" in attrs]
    bad += [(tag, attrs) for tag, attrs in found if any(name.startswith("on") for name in attrs)]
    bad += [(tag, attrs) for tag, attrs in found if tag == "script" and not _is_own_script(attrs)]
    own = ("/static/", "/api/inbox/attachments/")
    bad += [(tag, attrs) for tag, attrs in found if tag == "img" and not attrs["src"].startswith(own)]
    return bad + [
        (tag, attrs) for tag, attrs in found if attrs.get("href", "").lower().startswith(("javascript:", "data:"))
    ]


def _is_own_script(attrs):
    return attrs.get("src", "").startswith("/static/") or attrs.get("type") == "application/json"


def _as_text(response):
    return html.unescape(response.content.decode())


def test_files_of_a_message_can_be_opened_and_name_a_row_without_text(ada, guest, chat, thread, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    name = 'a "<b>" note.txt'
    kept = guest.upload(b"Order 4711", name).json()
    message = {"client_message_id": str(uuid.uuid4()), "body": "", "attachment_ids": [kept["id"]]}
    assert guest.post(f"conversations/{chat['conversation']['id']}/messages", message).status_code == 201
    page = ada.get(thread).content.decode()
    address = f"/api/inbox/attachments/{kept['id']}"
    assert f'href="{address}"' in page
    assert "<b>" not in page.partition(f'href="{address}"')[2].partition("</a>")[0]
    assert "note.txt" in page.partition('class="preview"')[2].partition("</span>")[0]
    assert b"".join(ada.get(address)) == b"Order 4711"
