"""Agents' own pictures where an agent is shown: the rail, rows, heads and parts; letters for whoever has none."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.tests.pages import elements
from messenger.models import Agent, Contact

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

KEPT = f"/faces/{'a' * 32}/{'b' * 32}.webp"
ELSEWHERE = "https://elsewhere.example/me.png"


@pytest.fixture
def thread(harbor, chat, desk):
    """Ada has answered in a conversation that is hers, and left a note."""
    conversation_id = chat["conversation"]["id"]
    desk.reply(conversation_id, "here I am")
    desk.note(conversation_id, "and here")
    desk.post(f"conversations/{conversation_id}/assign", {"agent_id": str(harbor.ada.id)})
    return f"/inbox/c/{conversation_id}/"


def pictures(page):
    return [attrs["src"] for tag, attrs in elements(page) if tag == "img" and attrs["src"].endswith((".webp", ".png"))]


def seen(client, address):
    """The pictures of the page, and how many statements it took."""
    with CaptureQueriesContext(connection) as queries:
        page = client.get(address)
    return pictures(page), len(queries)


def shows(harbor, avatar_url):
    Agent.objects.filter(id=harbor.ada.id).update(avatar_url=avatar_url)


def test_it_is_shown_wherever_the_agent_is_at_no_more_cost(ada, harbor, thread):
    none, before = seen(ada, thread)
    shows(harbor, KEPT)
    own, after = seen(ada, thread)
    # The rail, the row, the head with its two menus and who takes part, and two parts.
    assert (none, set(own), before) == ([], {KEPT}, after)
    assert len(own) == 8


def test_no_other_host_is_asked_for_a_picture(ada, harbor, thread):
    shows(harbor, ELSEWHERE)
    assert pictures(ada.get(thread)) == []


def test_a_visitor_cannot_wear_an_agents_picture(ada, harbor, thread):
    Contact.objects.update(avatar_url=KEPT)
    assert pictures(ada.get(thread)) == []
