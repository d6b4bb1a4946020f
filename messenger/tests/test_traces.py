"""One trace id from the browser through HTTP, socket and broadcast, with the fields of seed 000's debugging plan."""

from __future__ import annotations

import asyncio

import pytest

from curbe.testing.cast import make_company
from messenger.tests.test_sockets import HOST, connected, in_thread

pytestmark = pytest.mark.django_db(transaction=True)

TRACE = "trace0123456789abcdef"


@pytest.fixture
def company(transactional_db):
    return make_company("harbor")


async def test_one_trace_id_leads_from_the_browser_to_the_broadcast(company, log_lines):
    trace = {"X-Trace-Id": TRACE}
    browser = await in_thread(company.browser)()
    started = await in_thread(lambda: browser.post("conversations", {}, **trace).json())()
    conversation_id = started["conversation"]["id"]
    async with connected(headers=[HOST]) as line:
        await line.hello(browser.bearer, trace=TRACE)
        await line.hear()
        message = {"client_message_id": "6f1c3f6e-2f0a-4a54-9b1c-0d7e6a9b1c11", "body": "find me"}
        await in_thread(lambda: browser.post(f"conversations/{conversation_id}/messages", message, **trace))()
        await line.hear_until("evs")
        async with asyncio.timeout(5):
            while not logged(log_lines, "broadcast"):
                await asyncio.sleep(0.01)
    (bootstrap,) = logged(log_lines, "bootstrap", any_trace=True)
    assert {"tenant_id", "widget_id", "found_device_row_id", "contact_id", "conversation_ids"} <= set(bootstrap)
    (chat_started,) = logged(log_lines, "chat_started")
    assert {"device_id", "contact_id", "conversation_id", "status"} <= set(chat_started)
    assert chat_started["conversation_id"] == conversation_id
    (connect,) = logged(log_lines, "socket_connected")
    assert {"tenant_id", "contact_id", "connection_added"} <= set(connect)
    broadcast = logged(log_lines, "broadcast")[-1]
    assert {"tenant_id", "num_connections", "sent_ok"} <= set(broadcast)
    assert (broadcast["num_connections"], broadcast["sent_ok"]) == (1, 1)
    # What was said, and with which credentials, is in none of them.
    everything = str(log_lines())
    assert "find me" not in everything
    assert browser.bearer not in everything
    assert browser.device not in everything


def logged(log_lines, event, *, any_trace=False):
    return [one for one in log_lines() if one["event"] == event and (any_trace or one.get("trace_id") == TRACE)]
