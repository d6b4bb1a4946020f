"""Abuse cases of `identity-security.md`, tenancy: every one with a control that shows the door does open."""

from __future__ import annotations

import uuid

import pytest

from messenger.models import Conversation, Message, ReadState

pytestmark = pytest.mark.django_db


def message(text="Let me in"):
    return {"client_message_id": str(uuid.uuid4()), "body": text}


VISITOR_DOORS = [
    pytest.param("get", "conversations/{id}", None, id="get"),
    pytest.param("get", "conversations/{id}/messages", None, id="messages"),
    pytest.param("post", "conversations/{id}/messages", message, id="send"),
    pytest.param("put", "conversations/{id}/read", lambda: {"up_to": 1}, id="read"),
    pytest.param("post", "conversations/{id}/typing", lambda: {"on": True}, id="typing"),
]
AGENT_DOORS = [
    *VISITOR_DOORS,
    pytest.param("post", "conversations/{id}/assign", lambda: {"agent_id": None}, id="assign"),
    pytest.param("post", "conversations/{id}/close", dict, id="close"),
    pytest.param("post", "conversations/{id}/reopen", dict, id="reopen"),
]


def knock(caller, method, path, make_body, conversation_id):
    body = make_body() if make_body else None
    return getattr(caller, method)(path.format(id=conversation_id), body)


@pytest.mark.parametrize(("method", "path", "make_body"), VISITOR_DOORS)
def test_s16_another_contacts_conversation_does_not_exist(harbor, guest, chat, outsider, method, path, make_body):
    conversation_id = chat["conversation"]["id"]
    neighbour = harbor.browser()
    neighbour.start("I am somebody else")
    before = Message.objects.count(), list(ReadState.objects.values_list("version", flat=True).order_by("id"))
    for stranger in (neighbour, outsider, harbor.browser()):
        refused = knock(stranger, method, path, make_body, conversation_id)
        assert refused.status_code == 404
        nowhere = knock(stranger, method, path, make_body, uuid.uuid4())
        assert without_trace(refused) == without_trace(nowhere), "it must look like nothing at all"
    assert (Message.objects.count(), list(ReadState.objects.values_list("version", flat=True).order_by("id"))) == before
    assert knock(guest, method, path, make_body, conversation_id).status_code in (200, 201, 204)


@pytest.mark.parametrize(("method", "path", "make_body"), AGENT_DOORS)
def test_s17_another_tenants_conversation_does_not_exist(rival, chat, desk, method, path, make_body):
    conversation_id = chat["conversation"]["id"]
    before = list(Conversation.objects.values_list("rev", "status").order_by("id"))
    refused = knock(rival.desk(), method, path, make_body, conversation_id)
    assert refused.status_code == 404
    assert list(Conversation.objects.values_list("rev", "status").order_by("id")) == before
    assert knock(desk, method, path, make_body, conversation_id).status_code in (200, 201, 204)


def test_s17_lists_and_timelines_hold_nothing_of_another_tenant(rival, guest, chat, desk):
    outsider = rival.desk()
    for path in ("conversations", "threads", "snapshot"):
        assert outsider.get(path).json()["items"] == []
        assert len(desk.get(path).json()["items"]) == 1
    assert outsider.get(f"threads/{guest.contact.id}").status_code == 404
    assert desk.get(f"threads/{guest.contact.id}").status_code == 200


def test_s18_a_tenant_or_contact_in_body_or_query_is_ignored(harbor, rival, outsider):
    foreign = {
        "tenant": str(rival.tenant.id),
        "tenant_id": str(rival.tenant.id),
        "company_id": str(rival.tenant.id),
        "contact_id": str(outsider.contact.id),
        "contact": str(outsider.contact.id),
    }
    browser = harbor.browser()
    assert browser.boot(**foreign)["tenant_id"] == str(harbor.tenant.id)
    started = browser.start("Hello", **foreign)
    row = Conversation.objects.get(id=started["conversation"]["id"])
    assert (row.tenant_id, row.contact_id) == (harbor.tenant.id, browser.contact.id)
    for path in ("conversations", "history"):
        assert browser.get(path, foreign).json() == browser.get(path).json()
    desk = harbor.desk()
    for path in ("conversations", "threads", "snapshot", "me"):
        given, plain = (without_clock(desk.get(path, query)) for query in (foreign, None))
        assert given == plain
        assert str(rival.tenant.id) not in str(given)


def test_s24_mass_assignment_is_ignored(harbor, rival, guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    forged = {
        "id": str(uuid.uuid4()),
        "seq": 99,
        "visible_seq": 99,
        "author": {"kind": "agent", "id": str(harbor.ada.id), "name": "Ada"},
        "author_kind": "agent",
        "agent_id": str(harbor.ada.id),
        "kind": "note",
        "created_at": "2001-01-01T00:00:00Z",
        "is_staff": True,
        "rev": 50,
        "body_html": "<script>alert(1)</script>",
        "type": "user",
        "external_id": "boss",
        "blocked": False,
        "verified": {"email": "boss@example.com"},
    }
    sent = guest.post(f"conversations/{conversation_id}/messages", {**message("Hello"), **forged}).json()
    row = Message.objects.get(id=sent["id"])
    assert (row.seq, row.kind, row.author_kind, row.agent_id, row.rev) == (2, "message", "contact", None, 1)
    assert row.body_html == "<p>Hello</p>"
    assert row.created_at.year > 2001
    contact = guest.post("profile", {"name": "Grace", **forged}).json()
    assert (contact["type"], contact["name"]) == ("lead", "Grace")
    guest.contact.refresh_from_db()
    assert (guest.contact.external_id, guest.contact.verified) == (None, {})
    reply = desk.reply(conversation_id, "Hi", **{key: forged[key] for key in ("id", "seq", "agent_id", "created_at")})
    assert reply.json()["seq"] == 4
    assert reply.json()["author"]["id"] == str(harbor.ada.id)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("conversations", {"sort": "contact__tenant__name"}),
        ("conversations", {"sort": "-seq; DROP TABLE"}),
        ("conversations", {"status": "open' OR 1=1"}),
        ("conversations", {"assignee": "everybody"}),
        ("conversations", {"cursor": "bm9uc2Vuc2U"}),
        ("conversations", {"cursor": "%00"}),
        ("conversations", {"limit": "100000"}),
        ("conversations", {"limit": "ten"}),
        ("threads", {"cursor": "x" * 301}),
        ("snapshot", {"view": "everything"}),
    ],
)
def test_s25_filters_and_sorts_are_a_closed_list(desk, chat, path, query):
    refused = desk.get(path, query)
    assert refused.status_code == 400, refused.content
    assert refused.json()["errors"][0]["code"]
    assert desk.get("conversations", {"sort": "-last_message_at", "status": "open"}).status_code == 200


def test_s26_neither_apis_credentials_work_on_the_other(harbor, guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    crossed = [
        desk.__class__(bearer=guest.bearer).get("me"),
        desk.__class__(bearer=guest.bearer).get(f"conversations/{conversation_id}"),
        guest.__class__(bearer=desk.bearer).get("conversations"),
    ]
    signed_in = guest.__class__()
    signed_in.client.force_login(harbor.ada.user)
    crossed.append(signed_in.get("conversations"))
    assert [one.status_code for one in crossed] == [401] * 4
    assert desk.get("me").status_code == guest.get("conversations").status_code == 200


def test_s54_a_session_without_a_csrf_token_cannot_write(harbor, chat, desk):
    from rest_framework.test import APIClient

    path = f"conversations/{chat['conversation']['id']}/close"
    signed_in = desk.__class__(client=APIClient(enforce_csrf_checks=True))
    signed_in.client.force_login(harbor.ada.user)
    refused = signed_in.post(path)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "csrf_failed")
    token = "a" * 32
    signed_in.client.cookies["csrftoken"] = token
    assert signed_in.post(path, **{"X-CSRFToken": token}).status_code == 200


def test_s55_a_foreign_origin_gets_no_cors_header_and_no_answer(guest):
    for origin in ("https://evil.example", "null", "http://testserver.evil.example", "http://testserver:81"):
        refused = guest.get("conversations", Origin=origin)
        assert refused.status_code == 403
        assert not [name for name in refused.headers if name.lower().startswith("access-control")]
    own = guest.get("conversations", Origin="http://testserver")
    assert own.status_code == 200


def test_a_page_of_another_tenant_than_the_sessions_is_told_so(harbor, rival, desk):
    signed_in = desk.__class__()
    signed_in.client.force_login(harbor.ada.user)
    stale = signed_in.get("me", **{"X-Curbe-Tenant": str(rival.tenant.id)})
    assert (stale.status_code, stale.json()["errors"][0]["code"]) == (409, "tenant_switched")
    assert signed_in.get("me", **{"X-Curbe-Tenant": str(harbor.tenant.id)}).status_code == 200


def without_trace(response):
    return {**response.json(), "trace_id": None}


def without_clock(response):
    return {**response.json(), "server_time": None}
