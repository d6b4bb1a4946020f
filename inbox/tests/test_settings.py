"""An agent's own settings and the saved replies, page by page: with scripts and without."""

from __future__ import annotations

import pytest

from inbox.tests.pages import elements, text_of, token
from messenger.models import SavedReply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

SETTINGS, REPLIES = "/inbox/settings/", "/inbox/settings/replies/"
LIKES = {"ring": "mine", "mentions": "on", "send_key": "mod_enter", "theme": "dark"}


def post(client, path, **fields):
    return client.post(path, fields, headers={"X-CSRFToken": token(client)})


def keep(client, shortcut="hello", **more):
    return post(client, REPLIES, **{"shortcut": shortcut, "title": "Greeting", "body": "Hello", **more})


def dark_when(client, path="/inbox/"):
    return next(attrs["media"] for _, attrs in elements(client.get(path)) if attrs.get("id") == "dark")


def test_settings_are_kept_without_scripts_too(ada, desk):
    assert dark_when(ada) == "(prefers-color-scheme: dark)"
    assert post(ada, SETTINGS, **LIKES).status_code == 302
    kept = desk.get("me").json()["preferences"]
    assert (kept["ring"], kept["mentions"], kept["sound"], kept["desktop"]) == ("mine", True, False, False)
    assert dark_when(ada) == "all"
    post(ada, SETTINGS, **{**LIKES, "theme": "light"})
    assert dark_when(ada) == "not all"
    assert post(ada, SETTINGS, **{**LIKES, "theme": "pink"}).status_code == 200
    assert desk.get("me").json()["preferences"]["theme"] == "light"


def test_the_page_gives_scripts_what_the_agent_likes(ada, desk, chat):
    desk.patch("me/preferences", {"send_key": "mod_enter"})
    app = next(attrs for _, attrs in elements(ada.get("/inbox/")) if attrs.get("id") == "app")
    assert app["data-send-key"] == "mod_enter"
    assert '"ring":"mine_and_unassigned"' in app["data-preferences"]


def test_an_agent_says_that_they_are_away(ada, harbor):
    assert "You are online" in text_of(ada.get("/inbox/"))
    assert post(ada, f"{SETTINGS}availability/", availability="away").status_code == 302
    harbor.ada.refresh_from_db()
    assert harbor.ada.availability == "away"
    assert "You are away" in text_of(ada.get("/inbox/"))
    assert post(ada, f"{SETTINGS}availability/", availability="asleep").status_code == 400


def test_s54_nothing_is_kept_without_the_token(ada, harbor):
    for path in (SETTINGS, REPLIES, f"{SETTINGS}availability/"):
        assert ada.post(path, LIKES).status_code == 403
    harbor.ada.refresh_from_db()
    assert harbor.ada.availability == "online"


def test_replies_are_kept_changed_and_removed(ada):
    assert keep(ada, "Hello", is_shared="on").status_code == 302
    reply = SavedReply.objects.get()
    assert (reply.shortcut, reply.agent) == ("hello", None)
    assert "/hello Greeting team" in text_of(ada.get(REPLIES))
    taken = keep(ada, "HELLO", is_shared="on")
    assert (taken.status_code, "This shortcut is taken." in text_of(taken)) == (200, True)
    assert "Letters, digits" in text_of(keep(ada, "two words"))
    page = f"{REPLIES}{reply.id}/"
    assert "Change this reply" in text_of(ada.get(page))
    post(ada, page, shortcut="hello", title="Welcome", body="Hi")
    reply.refresh_from_db()
    assert (reply.title, reply.body) == ("Welcome", "Hi")
    assert post(ada, f"{page}forget/").status_code == 302
    assert not SavedReply.objects.exists()


def test_s40_a_reply_is_shown_as_it_was_written(ada, harbor):
    body = "{{ agent.user.password }}<script>alert(1)</script>{% load static %}"
    keep(ada, "odd", body=body, title=body)
    page = ada.get(f"{REPLIES}{SavedReply.objects.get().id}/")
    assert harbor.ada.user.password not in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert "{{ agent.user.password }}" in page.content.decode()


def test_who_is_no_admin_keeps_their_own(harbor, sign_in, ada):
    ben = sign_in(harbor.ben)
    keep(ada, "ours", is_shared="on")
    ours = SavedReply.objects.get()
    assert "is_shared" not in {attrs.get("name") for _, attrs in elements(ben.get(REPLIES))}
    keep(ben, "bens", is_shared="on")
    assert SavedReply.objects.get(shortcut="bens").agent == harbor.ben
    assert post(ben, f"{REPLIES}{ours.id}/", shortcut="ours", title="x", body="x").status_code == 200
    assert post(ben, f"{REPLIES}{ours.id}/forget/").status_code == 403
    ours.refresh_from_db()
    assert ours.title == "Greeting"


def test_i8_another_tenants_replies_do_not_exist(ada, rival_agent):
    keep(ada, "harbors-own", is_shared="on")
    path = f"{REPLIES}{SavedReply.objects.get().id}/"
    assert "harbors-own" not in text_of(rival_agent.get(REPLIES))
    assert rival_agent.get(path).status_code == 404
    assert post(rival_agent, path, shortcut="x", title="x", body="x").status_code == 404
    assert post(rival_agent, f"{path}forget/").status_code == 404
    assert SavedReply.objects.get().title == "Greeting"


def test_the_pages_cost_the_same_with_many_replies(ada, count_queries):
    few = count_queries(lambda: ada.get(REPLIES))
    for i in range(8):
        keep(ada, f"reply-{i}")
    assert count_queries(lambda: ada.get(REPLIES)) == few
