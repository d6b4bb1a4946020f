"""What an agent does with a conversation: by the same verbs as everybody, and never without a CSRF token (S54)."""

from __future__ import annotations

import pytest

from inbox.tests.pages import key, token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def act(ada, chat):
    """Press a button of the open conversation, as htmx does."""

    def press(verb, **fields):
        headers = {"X-CSRFToken": token(ada), "HX-Request": "true"}
        return ada.post(f"/inbox/c/{chat['conversation']['id']}/{verb}/", fields, headers=headers)

    return press


def test_it_closes_and_reopens(act, harbor, chat):
    assert act("close").status_code == 204
    assert harbor.conversation(chat["conversation"]["id"]).status == "closed"
    assert act("reopen").status_code == 204
    again = harbor.conversation(chat["conversation"]["id"])
    assert (again.status, again.cycle) == ("open", 2)


def test_it_assigns_and_takes_away(act, harbor, chat):
    assert act("assign", agent_id=harbor.ben.id).status_code == 204
    assert harbor.conversation(chat["conversation"]["id"]).assignee == harbor.ben
    assert act("assign", agent_id="").status_code == 204
    assert harbor.conversation(chat["conversation"]["id"]).assignee is None
    assert act("assign", agent_id="nobody").status_code == 400


@pytest.mark.parametrize("verb", ["assign", "close", "reopen"])
def test_s54_a_write_without_the_token_is_refused(ada, harbor, chat, verb):
    path = f"/inbox/c/{chat['conversation']['id']}/{verb}/"
    before = harbor.conversation(chat["conversation"]["id"]).rev
    assert ada.post(path, {"agent_id": harbor.ben.id}).status_code == 403
    assert ada.post(path, headers={"X-CSRFToken": "wrong"}).status_code == 403
    assert ada.get(path).status_code == 405
    assert harbor.conversation(chat["conversation"]["id"]).rev == before


def test_s54_the_page_can_send_with_the_token_it_carries(ada, harbor, chat):
    path = f"/api/inbox/conversations/{chat['conversation']['id']}/messages"
    body = {"client_message_id": key(), "kind": "message", "body": "From the page"}
    assert ada.post(path, body, content_type="application/json").status_code == 403
    headers = {"X-CSRFToken": token(ada), "X-Curbe-Tenant": str(harbor.tenant.id)}
    sent = ada.post(path, body, content_type="application/json", headers=headers)
    assert sent.status_code == 201
    assert sent.json()["client_message_id"] == body["client_message_id"]


def test_a_write_needs_somebody(client, chat):
    assert client.post(f"/inbox/c/{chat['conversation']['id']}/close/").status_code == 302
