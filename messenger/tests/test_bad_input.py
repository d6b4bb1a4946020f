"""Whatever is sent: the specified error shape with a trace id, never a 500, never a stored row."""

from __future__ import annotations

import base64
import json
import time
import uuid

import pytest
from django.apps import apps

from curbe.testing.cast import device_id
from messenger.api.views import server_error
from messenger.models import Visit

pytestmark = pytest.mark.django_db

SURROGATE, NUL = "\ud800", "a\0b"


def rows():
    """How many rows of everything there are; the keys' last use and sessions aside."""
    return {model.__name__: model._base_manager.count() for model in apps.get_app_config("messenger").get_models()}


def assert_refused(response, *statuses):
    assert response.status_code in statuses, (response.status_code, response.content)
    body = response.json()
    assert body["type"] in {"validation_error", "client_error"}
    assert body["errors"]
    assert all(set(one) == {"code", "detail", "attr"} for one in body["errors"])
    assert body["trace_id"] == response.headers["X-Trace-Id"]


RAW = [
    pytest.param(b"{", "application/json", (400,), id="cut JSON"),
    pytest.param(b"\xff\xfe", "application/json", (400,), id="not UTF-8"),
    pytest.param(b'{"a": NaN}', "application/json", (400,), id="NaN"),
    pytest.param(b"[" * 100_000, "application/json", (400,), id="nested too deeply"),
    pytest.param(b"[]", "application/json", (422,), id="a list"),
    pytest.param(b'"text"', "application/json", (422,), id="a string"),
    pytest.param(b"7", "application/json", (422,), id="a number"),
    pytest.param(b"null", "application/json", (422,), id="null"),
    pytest.param(b"a=b", "application/x-www-form-urlencoded", (415,), id="a form"),
    pytest.param(b'{"body": "' + b"x" * 1_000_000 + b'"}', "application/json", (413,), id="a megabyte"),
]


@pytest.mark.parametrize(("body", "content_type", "statuses"), RAW)
def test_bodies_that_are_no_request(guest, chat, desk, body, content_type, statuses):
    conversation_id = chat["conversation"]["id"]
    before = rows()
    doors = [
        (guest, "bootstrap"),
        (guest, "conversations"),
        (guest, f"conversations/{conversation_id}/messages"),
        (guest, "profile"),
        (desk, f"conversations/{conversation_id}/messages"),
    ]
    for caller, path in doors:
        headers = {"Authorization": f"Bearer {caller.bearer}"}
        response = caller.client.post(f"{caller.base}{path}", body, content_type=content_type, headers=headers)
        if path == "profile" and statuses == (422,) and body == b"null":
            continue  # No profile at all is a profile with nothing in it.
        assert_refused(response, *statuses)
    assert rows() == before


WRONG = ["", NUL, SURROGATE, "nonsense", 7, -1, True, None, [], {}, [[]], "x" * 200_000]


@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:20])
def test_wrong_values_anywhere(harbor, guest, chat, value):
    conversation_id = chat["conversation"]["id"]
    before = rows()
    key = str(uuid.uuid4())
    attempts = [
        ("post", "bootstrap", {"widget_id": value, "device_id": device_id()}),
        ("post", "bootstrap", {"widget_id": str(harbor.widget.id), "device_id": value}),
        ("post", f"conversations/{conversation_id}/messages", {"client_message_id": value, "body": "Hi"}),
        ("post", "conversations", {"message": {"client_message_id": value, "body": "Hi"}}),
        (
            "put",
            f"conversations/{conversation_id}/read",
            {"up_to": value if type(value) is not int or value < 0 else "x"},
        ),
        ("post", f"conversations/{conversation_id}/typing", {"on": value if value is not True else "x"}),
    ]
    if value is not None:
        attempts += [
            ("post", "conversations", {"client_conversation_id": value}),
            ("post", "profile", {"email": value or "x"}),
            ("post", "profile", {"attributes": {"a": value} if isinstance(value, list) else [value]}),
        ]
    for method, path, body in attempts:
        response = getattr(guest, method)(path, body)
        assert_refused(response, 400, 404, 422)
    assert rows() == before
    assert guest.say(conversation_id, "The control", key).status_code == 201


@pytest.mark.parametrize("bad", [NUL, SURROGATE, "x" * 20_001])
def test_texts_that_cannot_be_kept(harbor, guest, chat, desk, bad):
    conversation_id = chat["conversation"]["id"]
    before = rows()
    body = {"client_message_id": str(uuid.uuid4()), "body": bad}
    for response in (
        guest.post(f"conversations/{conversation_id}/messages", body),
        guest.post("conversations", {"message": body}),
        desk.post(f"conversations/{conversation_id}/messages", body),
        desk.post(f"conversations/{conversation_id}/messages", {**body, "kind": "note"}),
        guest.post("profile", {"name": bad}),
        guest.post("profile", {"phone": bad}),
        guest.post("profile", {"attributes": {"plan": bad}}),
        guest.post("profile", {"attributes": {bad: "plan"}}),
        guest.post("visits", {"page": {"url": bad}}),
    ):
        assert_refused(response, 422)
    assert rows() == before


@pytest.mark.parametrize("bad", ["", "short", "x" * 42, "x" * 129, "ü" * 43, "a b" * 20, "x" * 42 + "/", None, 7])
def test_s11_device_ids_that_no_loader_made(harbor, bad):
    browser = harbor.browser()
    before = rows()
    response = browser.post("bootstrap", {"widget_id": str(harbor.widget.id), "device_id": bad})
    assert_refused(response, 400)
    assert rows() == before


@pytest.mark.parametrize(
    "path",
    [
        "conversations/{}",
        "conversations/{}/messages",
        "conversations/not-an-id",
        "conversations/00000000-0000-0000-0000-000000000000/nothing",
        "nothing",
        "",
        "../inbox/me",
        "widgets/{}",
        "widgets/x",
    ],
)
def test_unknown_ids_and_routes(guest, chat, path):
    assert_refused(guest.get(path.format(uuid.uuid4())), 404)


def test_an_unknown_widget_says_so(guest):
    for widget_id in (str(uuid.uuid4()), "nope"):
        response = guest.post("bootstrap", {"widget_id": widget_id, "device_id": device_id()})
        assert_refused(response, 404)
        assert response.json()["errors"][0]["code"] == "widget_not_found"


def test_methods_that_a_route_does_not_have(guest, chat):
    for method, path in (("put", "conversations"), ("post", "history"), ("get", "bootstrap")):
        assert_refused(getattr(guest, method)(path), 405)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer \xff", "Bearer " + "x" * 10_000])
def test_no_session_is_401(guest, header):
    response = guest.client.get("/api/messenger/conversations", headers={"Authorization": header})
    assert_refused(response, 401)


def test_a_visit_with_a_strange_address_is_still_a_visit(guest):
    """What pages send is context: odd but storable values are kept or dropped, never an error."""
    for url in ("http://[broken", "javascript:alert(1)", "?utm_source=%00&utm_medium=mail", "x" * 7_000):
        assert guest.post("visits", {"page": {"url": url}}).status_code == 201


def test_a_valid_trace_id_is_kept_and_an_invalid_one_replaced(guest):
    given = "trace-0123456789"
    assert guest.get("history", **{"X-Trace-Id": given}).headers["X-Trace-Id"] == given
    assert guest.get("history", **{"X-Trace-Id": "x"}).headers["X-Trace-Id"] != "x"
    assert guest.get("nothing", **{"X-Trace-Id": given}).json()["trace_id"] == given


@pytest.mark.parametrize("origin", ["http://[::1", "http://[zz]", "//", "http://testserver:x", "\x00"])
def test_an_origin_that_is_none_is_a_foreign_one(guest, origin):
    assert_refused(guest.get("history", Origin=origin), 403)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00", 7])
def test_page_cursors_that_nobody_made(guest, chat, desk, at):
    key = json.dumps([at, str(uuid.uuid4())]).encode()
    cursor = base64.urlsafe_b64encode(key).decode().rstrip("=")
    for caller in (guest, desk):
        assert_refused(caller.get("conversations", {"cursor": cursor}), 400)


def test_page_cursors_that_are_nested_too_deeply(guest, chat, desk):
    cursor = base64.urlsafe_b64encode(b"[" * 1400).decode().rstrip("=")
    assert_refused(guest.get("conversations", {"cursor": cursor}), 400)
    for path, more in (("conversations", {}), ("contacts", {}), ("search", {"q": "hi"})):
        assert_refused(desk.get(path, {"cursor": cursor, **more}), 400)
        assert desk.get(path, more).status_code == 200  # The control.


def test_attributes_do_not_grow_for_ever(guest):
    for i in range(2):
        attributes = {f"{i} {j}": "x" for j in range(30)}
        last = guest.post("profile", {"attributes": attributes})
    assert_refused(last, 422)
    assert len(guest.contact.attributes) == 30


def test_credentials_in_a_page_address_are_not_kept(guest):
    page = {"url": "https://bob:hunter2@shop.example:8080/a?x=1#y", "referrer": "https://u:pw@r.example/b?c"}
    guest.post("visits", {"page": page})
    visit = Visit.objects.order_by("-created_at").first()
    assert (visit.url, visit.referrer) == ("https://shop.example:8080/a", "https://r.example/b")


@pytest.mark.parametrize("text", ["a.com/[" * 2_800, "://" * 6_600, "http://a" * 2_500, "a.com/(" * 2_800])
def test_a_text_made_of_links_costs_no_more_than_another(guest, chat, desk, text):
    started = time.process_time()
    assert guest.say(chat["conversation"]["id"], text).status_code == 201
    assert desk.reply(chat["conversation"]["id"], text).status_code == 201
    assert time.process_time() - started < 1


def test_nothing_of_this_speaks_of_the_inside(guest):
    refused = guest.client.post("/api/messenger/bootstrap", b"{", content_type="application/json")
    assert "Traceback" not in json.dumps(refused.json())


def test_a_choice_that_no_text_can_hold_is_refused_in_words(desk, chat):
    """The sentence quotes what was sent, and a lone surrogate cannot be sent back as it is."""
    conversation = f"conversations/{chat['conversation']['id']}"
    doors = [
        desk.patch(conversation, {"priority": SURROGATE}),
        desk.post(f"{conversation}/typing", {"on": True, "kind": SURROGATE}),
        desk.post("conversations/bulk", {"verb": SURROGATE, "ids": [str(uuid.uuid4())]}),
        desk.post("tags", {"name": "Sample", "colour": SURROGATE}),
        desk.patch("me/preferences", {"theme": SURROGATE}),
    ]
    for response in doors:
        assert_refused(response, 422)
        assert "\\ud800" in response.json()["errors"][0]["detail"]


def test_what_no_view_is_asked_about_is_refused_in_the_same_shape(client):
    assert_refused(client.get("/api/inbox/me", headers={"host": "elsewhere.example"}), 400)
    page = client.get("/inbox/", headers={"host": "elsewhere.example"})
    assert (page.status_code, page["Content-Type"].partition(";")[0]) == (400, "text/html")


def test_what_goes_wrong_outside_of_every_view_is_told_in_the_same_shape(client, monkeypatch, rf):
    def fail(*_: object, **__: object) -> bytes:
        raise RuntimeError("a fault of ours")

    client.raise_request_exception = False
    monkeypatch.setattr("rest_framework.renderers.JSONRenderer.render", fail)
    answer = client.get("/api/inbox/me")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (500, "error")
    assert answer.json()["trace_id"] == answer.headers["X-Trace-Id"]
    assert "a fault of ours" not in answer.content.decode()
    assert server_error(rf.get("/inbox/"))["Content-Type"].startswith("text/html")
