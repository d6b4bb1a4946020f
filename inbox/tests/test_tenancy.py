"""Another company's things do not exist, whichever way one asks for them (I8)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from inbox.tests.pages import ids_of, text_of, token
from messenger.models import Agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def paths(guest, chat):
    """Every address that names something of Harbor's."""
    conversation = f"/inbox/c/{chat['conversation']['id']}/"
    live = f"/inbox/live/?open={chat['conversation']['id']}&after=0"
    log_live = f"/inbox/log/live/?open={guest.contact.id}"
    return [conversation, f"{conversation}older/?before=9", live, f"/inbox/log/{guest.contact.id}/", log_live]


def test_s17_every_address_of_anothers_object_is_404(ada, rival_agent, paths):
    assert [ada.get(path).status_code for path in paths] == [200] * len(paths)
    assert [rival_agent.get(path).status_code for path in paths] == [404] * len(paths)


def test_s17_writes_on_anothers_conversation_are_404(ada, rival_agent, harbor, chat):
    conversation = f"/inbox/c/{chat['conversation']['id']}/"
    for verb in ("assign", "close", "reopen"):
        refused = rival_agent.post(f"{conversation}{verb}/", headers={"X-CSRFToken": token(rival_agent)})
        assert refused.status_code == 404
    assert harbor.conversation(chat["conversation"]["id"]).status == "open"
    assert ada.post(f"{conversation}close/", headers={"X-CSRFToken": token(ada)}).status_code == 302


def test_rows_of_another_company_are_not_in_a_list_even_when_asked_for(rival_agent, ada, guest, chat):
    conversation_id, contact_id = chat["conversation"]["id"], str(guest.contact.id)
    rows, people = f"/inbox/live/?ids={conversation_id}", f"/inbox/log/live/?ids={contact_id}"
    assert ids_of(ada.get(rows), "row-") == [conversation_id]
    assert ids_of(ada.get(people), "person-") == [contact_id]
    assert ids_of(rival_agent.get(rows), "row-") == []
    assert ids_of(rival_agent.get(people), "person-") == []


def test_s23_nobody_of_another_company_can_be_assigned(ada, rival, harbor, chat):
    conversation_id = chat["conversation"]["id"]
    body = {"agent_id": str(rival.ada.id)}
    refused = ada.post(f"/inbox/c/{conversation_id}/assign/", body, headers={"X-CSRFToken": token(ada)})
    assert refused.status_code == 422
    assert harbor.conversation(conversation_id).assignee is None


def test_a_list_holds_nothing_of_the_rival(ada, rival_agent, chat, outsider):
    assert "I belong somewhere else" not in text_of(ada.get("/inbox/")) + text_of(ada.get("/inbox/log/"))
    assert "I belong somewhere else" in text_of(rival_agent.get("/inbox/"))
    assert "Hello, is anybody there?" not in text_of(rival_agent.get("/inbox/")) + text_of(
        rival_agent.get("/inbox/log/")
    )


def test_an_agent_of_two_companies_works_in_one_at_a_time(ada, harbor, rival, chat, outsider):
    Agent.objects.create(tenant=rival.tenant, user=harbor.ada.user, display_name="Ada", created_at=timezone.now())
    old_page = {"X-Curbe-Tenant": str(harbor.tenant.id)}
    assert ada.get("/inbox/live/", headers=old_page).status_code == 200
    switched = ada.post("/inbox/tenant/", {"tenant_id": rival.tenant.id}, headers={"X-CSRFToken": token(ada)})
    assert switched["Location"] == "/inbox/"
    assert "I belong somewhere else" in text_of(ada.get("/inbox/"))
    assert ada.get(f"/inbox/c/{chat['conversation']['id']}/").status_code == 404
    refused = ada.get("/inbox/live/", headers=old_page)
    assert (refused.status_code, refused.content) == (409, b"tenant_switched")


def test_nobody_switches_to_a_company_they_do_not_work_for(ada, harbor, rival):
    refused = ada.post("/inbox/tenant/", {"tenant_id": rival.tenant.id}, headers={"X-CSRFToken": token(ada)})
    assert refused.status_code == 404
    assert "Harbor" in text_of(ada.get("/inbox/"))
