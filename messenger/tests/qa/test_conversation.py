"""The first conversation: a visitor and an agent talk, in two browser windows, on each way to run the product."""

from __future__ import annotations

from typing import Any

import pytest

from curbe.testing.people import AgentAtInbox, VisitorAtShop

WAYS: dict[str, dict[str, Any]] = {
    "sqlite": {"database": "sqlite"},
    "postgres-redis-two-processes": {"database": "postgres", "redis": True, "processes": 2},
    "daphne": {"database": "sqlite", "server": "daphne"},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_visitor_and_an_agent_talk(spawn_stack, browser, way):
    stack = spawn_stack(**WAYS[way])
    agents_process = len(stack.base_urls) - 1

    @browser.run
    def conversation(session):
        agent = AgentAtInbox.signs_in(session, stack, process=agents_process)
        visitor = VisitorAtShop.arrives(session, stack)
        visitor.opens_the_chat()
        visitor.says("Is the blue mug still there?")
        # The agent sees it without reloading, and opening it tells the visitor nothing.
        agent.opens("Is the blue mug still there?")
        visitor.sees_note("Sent")
        visitor.does_not_see("Seen")
        # Typing does.
        agent.types_until(visitor.thread.get_by_label("is typing"))
        visitor.sees_note("Seen")
        agent.box.fill("")
        agent.replies("Yes, seven of them.")
        visitor.sees("Yes, seven of them.")
        visitor.says("Then I take two.")
        agent.sees("Then I take two.")
        before = visitor.visitor_id()
        visitor.page.reload()
        visitor.opens_the_chat()
        visitor.sees_once("Is the blue mug still there?", "Yes, seven of them.", "Then I take two.")
        assert visitor.visitor_id() == before
        agent.page.reload()
        agent.sees("Then I take two.")
        assert session.page_errors == []
        assert {*session.hosts} <= {url.removeprefix("http://") for url in stack.base_urls}
