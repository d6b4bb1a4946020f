"""What the hot paths may cost: statements, and the CPU of a send beside a bare insert and update."""

from __future__ import annotations

import gc
import statistics
import time
import uuid

import pytest
from django.db import connection, transaction
from django.db.models import F
from rest_framework.test import APIRequestFactory

from curbe.testing.cast import Browser, device_id, make_company, proof
from messenger import actions, streams
from messenger.actions.messages import Draft
from messenger.api.visitor.views import MessagesView
from messenger.models import Conversation, Message
from messenger.principals import authenticate_visitor

SENDS, ROUNDS = 1000, 10
TEXT = "Is my order on its way? It was promised for today."


@pytest.fixture
def talkative(harbor):
    """Eight people with a few conversations each, some answered and noted."""
    desk = harbor.desk()
    for i in range(8):
        browser = harbor.browser()
        browser.post("profile", {"name": f"Person {i}", "email": "same@example.com"})
        for j in range(3):
            conversation_id = browser.start(f"Topic {j}", new=True)["conversation"]["id"]
            desk.reply(conversation_id, "Hello")
            desk.note(conversation_id, "A note")
    return browser


@pytest.mark.django_db
def test_a_send_costs_at_most_10_statements(guest, chat, count_queries):
    conversation_id = chat["conversation"]["id"]
    guest.say(conversation_id, "warm")
    assert count_queries(lambda: guest.say(conversation_id, "Hello")) <= 10


@pytest.mark.django_db
def test_a_replay_costs_at_most_4_statements(guest, chat, count_queries):
    conversation_id, key = chat["conversation"]["id"], str(uuid.uuid4())
    guest.say(conversation_id, "Hello", key)
    assert count_queries(lambda: guest.say(conversation_id, "Hello", key)) <= 4


@pytest.mark.django_db
def test_a_bootstrap_costs_at_most_12_statements(harbor, talkative, count_queries):
    assert count_queries(talkative.boot) <= 12
    assert count_queries(harbor.browser) <= 12
    newcomer = Browser(widget=harbor.widget, device=device_id())
    assert count_queries(newcomer.boot) <= 12


@pytest.mark.django_db
def test_a_bootstrap_of_a_signed_in_user_costs_at_most_12_statements(harbor, count_queries):
    browser = harbor.known("u-1", "Hello")
    token = proof(harbor, "u-1")
    browser.load(identity={"token": token})
    proven = count_queries(lambda: browser.boot(identity={"token": token}))
    bearer = browser.bearer
    body = {"widget_id": str(harbor.widget.id), "device_id": browser.device}
    resumed = count_queries(lambda: Browser(bearer=bearer).post("bootstrap", body))
    assert browser.snapshot["contact"]["type"] == "user"
    assert (proven, resumed) <= (12, 12)


@pytest.mark.django_db
def test_a_resume_costs_at_most_8_statements(harbor, talkative, count_queries):
    def visitor_resumes():
        visitor = authenticate_visitor(talkative.bearer)
        streams.contact_stream(visitor.contact)
        streams.events_after(streams.contact_stream(visitor.contact), 0, 200)

    assert count_queries(visitor_resumes) <= 8
    stream = streams.team_stream(harbor.tenant.id)
    few = count_queries(lambda: streams.events_after(stream, stream.head_seq - 2, 200, agent=harbor.ada))
    many = count_queries(lambda: streams.events_after(stream, 0, 200, agent=harbor.ada))
    assert few <= many <= 7


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["conversations", "threads", "snapshot"])
def test_a_list_of_the_agent_api_costs_the_same_at_any_length(harbor, talkative, count_queries, path):
    desk = harbor.desk()
    desk.get(path)  # The first use of a key is noted.
    short = count_queries(lambda: desk.get(path, {"limit": 2}))
    long = count_queries(lambda: desk.get(path, {"limit": 25}))
    assert short == long
    assert len(desk.get(path).json()["items"]) > 5


@pytest.mark.django_db
def test_lists_of_the_visitor_api_cost_the_same_at_any_length(talkative, count_queries):
    for path in ("conversations", "history"):
        short = count_queries(lambda path=path: talkative.get(path, {"limit": 1}))
        assert short == count_queries(lambda path=path: talkative.get(path, {"limit": 50}))


@pytest.mark.django_db(transaction=True)
def test_a_send_costs_at_most_2_5_times_a_bare_insert_and_update():
    """CPU of `send_message`, without a server, beside the ORM alone in the same run; on PostgreSQL."""
    if connection.vendor != "postgresql":
        return  # The figure is about PostgreSQL, and this file also runs there.
    company = make_company("harbor")
    browser = company.browser()
    row = company.conversation(browser.start("Hello")["conversation"]["id"])
    acts = {"send": sender(browser.visitor, row), "bare": bare_writer(row), "view": view_sender(browser, row)}
    for act in acts.values():
        cpu_of(act, 100)
    rounds = [{name: cpu_of(act, SENDS // ROUNDS) for name, act in acts.items()} for _ in range(ROUNDS)]
    for name in acts:
        spent = sum(one[name] for one in rounds) / SENDS * 1000
        print(f"CPU {name}: {spent:.2f} ms, {ratio_of(name, rounds):.2f} times the bare write")
    assert ratio_of("send", rounds) <= 2.5


def ratio_of(name, rounds):
    """The median over the rounds: a burst of other work on the machine falls into one of them."""
    return statistics.median(one[name] / one["bare"] for one in rounds)


def sender(visitor, conversation):
    """The domain verb as the view calls it."""

    def send():
        draft = Draft.by_visitor(uuid.uuid4(), TEXT)
        assert not actions.send_message(by=visitor, conversation_id=conversation.id, draft=draft).is_replay

    return send


def view_sender(browser, conversation):
    """The whole view, authentication to rendered answer: reported beside it."""
    view, factory = MessagesView.as_view(), APIRequestFactory()
    headers = {"Authorization": f"Bearer {browser.bearer}"}

    def send():
        body = {"client_message_id": str(uuid.uuid4()), "body": TEXT}
        request = factory.post("/", body, format="json", headers=headers)
        response = view(request, conversation_id=conversation.id)
        response.render()
        assert response.status_code == 201

    return send


def bare_writer(conversation: Conversation):
    """An insert and an update by the ORM in one transaction, with nothing of what makes a messenger."""
    seq = iter(range(1_000_000, 2_000_000))

    def write():
        with transaction.atomic():
            number = next(seq)
            Message.objects.create(
                tenant_id=conversation.tenant_id,
                conversation=conversation,
                contact_id=conversation.contact_id,
                seq=number,
                visible_seq=number,
                author_kind="contact",
                body=TEXT,
                client_message_id=uuid.uuid4(),
                created_at=conversation.created_at,
            )
            Conversation.objects.filter(id=conversation.id).update(rev=F("rev") + 1)

    return write


def cpu_of(act, times):
    gc.collect()
    started = time.process_time()
    for _ in range(times):
        act()
    return time.process_time() - started
