"""Many at once, on real threads and committed data: one winner, and every racer gets it."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from curbe.testing.cast import Browser, device_id, make_company
from curbe.testing.ledger import assert_numbers_have_no_holes, assert_streams_have_no_holes
from curbe.testing.race import race
from curbe.testing.scale import repetitions
from messenger.models import Contact, Conversation, Device, Message, Participant, Tenant

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("repetition", range(repetitions(small=5, full=20))),
]


@pytest.fixture
def company(transactional_db):
    return make_company("harbor")


def tabs(company, device, n):
    """So many sessions of one browser."""
    sessions = [Browser(widget=company.widget, device=device) for _ in range(n)]
    for one in sessions:
        one.boot()
    return sessions


def test_100_bootstraps_of_a_new_device_make_one_device(company, repetition):
    device = device_id()
    snapshots = race(100, lambda i: Browser(widget=company.widget, device=device).boot())
    assert Device.objects.count() == 1
    assert Contact.objects.count() == 0
    assert {one["contact"] for one in snapshots} == {None}
    assert len({one["session_token"] for one in snapshots}) == 100


def test_100_bootstraps_of_a_known_device_answer_the_same(company, repetition):
    first = company.browser()
    first.start("Hello")
    snapshots = race(100, lambda i: Browser(widget=company.widget, device=first.device).boot())
    assert Device.objects.count() == Contact.objects.count() == 1
    for key in ("contact", "conversations", "messages", "cursor"):
        assert all(one[key] == snapshots[0][key] for one in snapshots), key
    assert snapshots[0]["conversations"][0]["last_message"]["body"] == "Hello"


def test_50_sends_of_one_key_store_one_row(company, repetition):
    browser = company.browser()
    conversation_id, key = browser.start("Hello")["conversation"]["id"], str(uuid.uuid4())
    answers = race(50, lambda i: Browser(bearer=browser.bearer).say(conversation_id, "Once", key))
    assert Counter(one.status_code for one in answers) == {201: 1, 200: 49}
    assert len({one.json()["id"] for one in answers}) == 1
    assert Message.objects.filter(client_message_id=key).count() == 1
    assert_numbers_have_no_holes(company.conversation(conversation_id))
    assert_streams_have_no_holes()


def test_50_keys_get_50_numbers(company, repetition):
    browser = company.browser()
    conversation_id = browser.start()["conversation"]["id"]
    answers = race(50, lambda i: Browser(bearer=browser.bearer).say(conversation_id, f"message {i}"))
    assert sorted(one.json()["seq"] for one in answers) == list(range(1, 51))
    assert {one.status_code for one in answers} == {201}
    row = company.conversation(conversation_id)
    assert_numbers_have_no_holes(row)
    assert_streams_have_no_holes()
    assert (row.contact_messages, browser.contact.message_count) == (50, 50)
    by_seq = Message.objects.filter(conversation=row).order_by("seq").values_list("created_at", flat=True)
    assert list(by_seq) == sorted(by_seq)


def test_50_get_or_opens_as_the_very_first_act_make_one_of_everything(company, repetition):
    sessions = tabs(company, device_id(), 50)
    answers = race(50, lambda i: sessions[i].post("conversations"))
    assert Counter(one.status_code for one in answers) == {201: 1, 200: 49}
    assert len({one.json()["conversation"]["id"] for one in answers}) == 1
    assert len({one.json()["contact"]["id"] for one in answers}) == 1
    assert Contact.objects.count() == Conversation.objects.count() == Participant.objects.count() == 1
    assert_streams_have_no_holes()


def test_first_messages_of_20_tabs_end_in_one_thread(company, repetition):
    sessions = tabs(company, device_id(), 20)
    race(20, lambda i: sessions[i].start(f"message {i}"))
    conversation = Conversation.objects.get()
    assert Message.objects.filter(conversation=conversation).count() == 20
    assert_numbers_have_no_holes(conversation)


def test_explicit_new_20_times_with_one_key_is_one(company, repetition):
    browser = company.browser()
    first = browser.start("Hello")["conversation"]["id"]
    body = {"new": True, "client_conversation_id": str(uuid.uuid4())}
    answers = race(20, lambda i: Browser(bearer=browser.bearer).post("conversations", body))
    assert len({one.json()["conversation"]["id"] for one in answers}) == 1
    assert answers[0].json()["conversation"]["id"] != first
    assert Conversation.objects.count() == 2
    assert Conversation.objects.filter(is_primary=True).count() == 1


def test_reopening_against_starting_keeps_one_primary(company, repetition):
    browser, desk = company.browser(), company.desk()
    closed = [browser.start(f"topic {i}", new=True)["conversation"]["id"] for i in range(4)]
    for conversation_id in closed:
        desk.post(f"conversations/{conversation_id}/close")

    def act(i):
        if i % 2:
            return company.desk().post(f"conversations/{closed[i // 2 % 4]}/reopen")
        return Browser(bearer=browser.bearer).post("conversations", {"new": i % 4 == 0})

    assert {one.status_code for one in race(12, act)} <= {200, 201}
    open_ones = Conversation.objects.exclude(status="closed")
    assert open_ones.filter(is_primary=True).count() == 1
    for conversation in Conversation.objects.all():
        assert_numbers_have_no_holes(conversation)
    assert_streams_have_no_holes()


def test_closing_against_sending_loses_nothing(company, repetition):
    browser, desk = company.browser(), company.desk()
    conversation_id = browser.start("Hello")["conversation"]["id"]

    def act(i):
        if i % 4 == 0:
            return desk.__class__(bearer=desk.bearer).post(f"conversations/{conversation_id}/close")
        return Browser(bearer=browser.bearer).say(conversation_id, f"message {i}")

    assert {one.status_code for one in race(20, act)} <= {200, 201}
    row = company.conversation(conversation_id)
    assert row.contact_messages == 16
    assert_numbers_have_no_holes(row)
    assert_streams_have_no_holes()


def test_assigning_20_times_at_once_says_so_once(company, repetition):
    browser, desk = company.browser(), company.desk()
    conversation_id = browser.start("Hello")["conversation"]["id"]
    body = {"agent_id": str(company.ben.id)}
    race(20, lambda i: desk.__class__(bearer=desk.bearer).post(f"conversations/{conversation_id}/assign", body))
    assert Message.objects.filter(kind="event").count() == 1
    assert Participant.objects.filter(agent=company.ben).count() == 1


def test_unread_equals_a_recount_after_reading_against_replying(company, repetition):
    browser, desk = company.browser(), company.desk()
    conversation_id = browser.start("Hello")["conversation"]["id"]

    def act(i):
        if i % 2:
            return desk.__class__(bearer=desk.bearer).reply(conversation_id, f"reply {i}")
        return Browser(bearer=browser.bearer).put(f"conversations/{conversation_id}/read", {"up_to": i})

    race(16, act)
    seen = browser.get(f"conversations/{conversation_id}").json()
    replies = Message.objects.filter(conversation=conversation_id, author_kind="agent", kind="message")
    assert seen["unread_count"] == replies.filter(visible_seq__gt=seen["last_read_seq"]).count()


def test_one_thread_for_ever_under_20_starts(transactional_db, repetition):
    company = make_company("rival", Tenant.ThreadPolicy.SINGLE_THREAD)
    sessions = tabs(company, device_id(), 20)
    answers = race(20, lambda i: sessions[i].start(f"message {i}"))
    assert len({one["conversation"]["id"] for one in answers}) == 1
    assert Conversation.objects.count() == 1
