"""Limits charge effects: S27, S56, S57, S62, and what must pass while somebody else, or they themselves, are limited.

The clock of the limits stands still, so no limit refills while a test runs, however long it takes.
"""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import override_settings
from rest_framework.test import APIClient

from curbe.addresses import proxy_networks
from curbe.testing.cast import Browser, proof
from curbe.testing.ledger import everything
from messenger import limits
from messenger.models import AuditEntry, Device, Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

ELSEWHERE = "198.51.100.7"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"


def newcomer(company, address="127.0.0.1", **headers):
    """A browser never seen before, at an address."""
    return Browser(widget=company.widget, client=APIClient(REMOTE_ADDR=address, **headers))


def passed(act, left):
    """How often `act` passes until it is refused, which is what is left of the minute's quota."""
    count = 0
    while (answer := act()).status_code != 429:
        assert answer.status_code < 400, answer.content
        count += 1
        assert count <= left, "it is not refused"
    assert count == left
    assert_refused(answer)
    return count


def assert_refused(answer):
    assert answer.status_code == 429, answer.content
    assert answer.json()["errors"][0]["code"] == "rate_limited"
    assert answer.json()["trace_id"]
    assert 1 <= int(answer["Retry-After"]) <= 60


# S27


@pytest.mark.parametrize("knock", ["get", "post"])
def test_s27_a_thousand_guessed_ids_are_404_and_limited(harbor, guest, chat, limited, knock):
    existing = chat["conversation"]["id"]
    guesser = harbor.browser()
    before = Message.objects.count()
    answers = [guess(guesser, knock, existing if i % 100 == 0 else uuid.uuid4()) for i in range(1000)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [404] * 300 + [429] * 700, "one that exists is like one that does not"
    assert_refused(answers[300])
    assert Message.objects.count() == before
    assert guest.get(f"conversations/{existing}").status_code == 200, "whose it is may read it"


def guess(browser, method, conversation_id):
    if method == "get":
        return browser.get(f"conversations/{conversation_id}/messages")
    return browser.say(conversation_id, "Let me in")


def test_s27_without_limits_nothing_is_refused(harbor):
    guesser = harbor.browser()
    assert {guess(guesser, "get", uuid.uuid4()).status_code for _ in range(320)} == {404}


# S56


def test_s56_a_flood_of_new_devices_is_refused_while_known_ones_work(harbor, rival, limited):
    colleague = newcomer(harbor)
    colleague.boot()
    conversation_id = colleague.start("I was here before")["conversation"]["id"]
    came = passed(lambda: newcomer(harbor).load(), 29)
    assert Device.objects.count() == 1 + came, "who is refused leaves nothing behind"
    colleague.boot()
    assert colleague.say(conversation_id, "and still am").status_code == 201
    assert colleague.texts() == ["I was here before", "and still am"]
    assert newcomer(harbor, ELSEWHERE).load().status_code == 200
    assert newcomer(rival).load().status_code == 200, "another tenant's visitors are not counted with these"


def test_s56_without_limits_any_number_of_devices_comes(harbor):
    assert {newcomer(harbor).load().status_code for _ in range(40)} == {200}


def test_s56_a_network_of_ipv6_addresses_is_one_address(harbor, tight):
    hosts = iter(range(1, 1000))
    passed(lambda: newcomer(harbor, f"2001:db8:1:2::{next(hosts):x}").load(), 3)
    assert newcomer(harbor, "2001:db8:1:3::1").load().status_code == 200


def test_s56_starting_over_makes_a_device_too(harbor, tight):
    guest = newcomer(harbor)
    guest.boot()
    passed(guest.reset, 2)
    assert guest.texts() == [], "the session goes on"


def test_s56_behind_a_proxy_everybody_is_counted_alone(harbor, tight):
    visitors = [newcomer(harbor, "10.0.0.1", HTTP_X_FORWARDED_FOR=f"203.0.113.{i}") for i in range(8)]
    with override_settings(TRUSTED_PROXIES=proxy_networks(["10.0.0.0/8"])):
        assert {one.load().status_code for one in visitors} == {200}
    liars = [newcomer(harbor, "192.0.2.1", HTTP_X_FORWARDED_FOR=f"203.0.113.{i}") for i in range(8)]
    statuses = [one.load().status_code for one in liars]
    assert statuses[:3] == [200] * 3
    assert 429 in statuses, "and a header that nobody vouches for helps nobody"


# S57


def test_s57_a_flood_of_messages_is_refused_and_an_outbox_keeps_its_order(harbor, limited, clock):
    visitor = newcomer(harbor)
    visitor.boot()
    conversation_id = visitor.start("0")["conversation"]["id"]
    waited = 0
    for number in range(1, 64):
        key = str(uuid.uuid4())
        while (answer := visitor.say(conversation_id, str(number), key)).status_code == 429:
            assert_refused(answer)
            waited += 1
            clock.s += int(answer["Retry-After"])
        assert answer.status_code == 201
    assert waited == 4, "64 messages are four more than one may send at once"
    bodies = [one["body"] for one in visitor.boot()["messages"]] or visitor.texts()
    assert bodies == [str(number) for number in range(64)][-len(bodies) :]
    sent = Message.objects.filter(conversation=conversation_id, author_kind="contact").order_by("seq")
    assert list(sent.values_list("body", flat=True)) == [str(number) for number in range(64)]


def test_s57_a_message_that_was_refused_is_not_there(harbor, tight):
    visitor = newcomer(harbor)
    visitor.boot()
    conversation_id = visitor.start("First")["conversation"]["id"]
    passed(lambda: visitor.say(conversation_id, "More"), 5)
    before = everything()
    assert_refused(visitor.say(conversation_id, "Too much"))
    assert_refused(visitor.post("conversations", {"message": {"client_message_id": str(uuid.uuid4()), "body": "No"}}))
    assert everything() == before


def test_s57_without_limits_any_number_of_messages_is_taken(guest, chat):
    assert {guest.say(chat["conversation"]["id"], "More").status_code for _ in range(70)} == {201}


def test_a_retry_passes_when_no_message_is_left(harbor, tight):
    visitor = newcomer(harbor)
    visitor.boot()
    conversation_id, key = visitor.start("First")["conversation"]["id"], str(uuid.uuid4())
    assert visitor.say(conversation_id, "Once", key).status_code == 201
    passed(lambda: visitor.say(conversation_id, "More"), 4)
    again = visitor.say(conversation_id, "Once", key)
    assert (again.status_code, again["Idempotent-Replay"]) == (200, "true")
    started_again = visitor.post("conversations", {"message": {"client_message_id": key, "body": "Once"}})
    assert started_again.status_code == 200
    assert visitor.get("conversations").status_code == 200, "and reading is not writing"


def test_retries_are_look_ups_and_look_ups_leave_messages_alone(harbor, tight):
    visitor = newcomer(harbor)
    visitor.boot()
    conversation_id, key = visitor.start("First")["conversation"]["id"], str(uuid.uuid4())
    assert visitor.say(conversation_id, "Once", key).status_code == 201
    passed(lambda: visitor.say(conversation_id, "Once", key), 30)
    assert_refused(visitor.get("conversations"))
    assert_refused(visitor.load())
    assert visitor.say(conversation_id, "Twice").status_code == 201


def test_new_conversations_are_limited_and_continuing_one_is_not(harbor, tight):
    desk, visitor = harbor.desk(), newcomer(harbor)
    visitor.boot()
    first = {"new": True, "client_conversation_id": str(uuid.uuid4())}
    opened: list[str] = []

    def begin():
        """Another one, after the one before it was closed."""
        for conversation_id in opened[-1:]:
            assert desk.post(f"conversations/{conversation_id}/close").status_code == 200
        answer = visitor.post("conversations", {"new": True})
        opened.extend([answer.json()["conversation"]["id"]] if answer.status_code == 201 else [])
        return answer

    original = visitor.post("conversations", first)
    opened.append(original.json()["conversation"]["id"])
    passed(begin, 2)
    again = visitor.post("conversations", first)
    assert (again.status_code, again.json()["conversation"]["id"]) == (200, opened[0])
    assert_refused(visitor.post("conversations"))
    assert desk.post(f"conversations/{opened[-1]}/reopen").status_code == 200
    continued = visitor.post("conversations")
    assert (continued.status_code, continued.json()["conversation"]["id"]) == (200, opened[-1])


def test_signing_out_is_never_refused(harbor, tight):
    visitor = newcomer(harbor)
    visitor.boot()
    passed(lambda: visitor.get("conversations"), 30)
    assert visitor.post("shutdown").status_code == 204
    assert visitor.get("conversations").status_code == 401


# S62


@pytest.mark.parametrize("user_agent", [GOOGLEBOT, "facebookexternalhit/1.1", "Mediapartners-Google"])
def test_s62_a_crawler_leaves_no_row(harbor, user_agent):
    crawler = newcomer(harbor, HTTP_USER_AGENT=user_agent)
    before = everything()
    answer = crawler.load(page={"url": "https://shop.example/"}, identity={"token": proof(harbor, "u-1")})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "crawler")
    after = everything()
    # The proof above made the site's secret, of which the audit log tells.
    assert {name for name in after if after[name] != before[name]} <= {"IdentitySecret", "AuditEntry"}
    assert newcomer(harbor, HTTP_USER_AGENT=CHROME).load().status_code == 200
    assert everything() != after, "the control: a person's browser does leave rows"


# Rules of the code


@pytest.mark.django_db(transaction=True)
def test_the_store_is_never_asked_inside_a_transaction(harbor, limited, monkeypatch):
    asked, wait_s = [], limits._Meter.wait_s

    def watched(*args, **kwargs):
        asked.append(connection.in_atomic_block)
        return wait_s(*args, **kwargs)

    monkeypatch.setattr(limits._Meter, "wait_s", watched)
    visitor = newcomer(harbor)
    visitor.boot()
    conversation_id = visitor.start("Hello")["conversation"]["id"]
    visitor.say(conversation_id, "again")
    visitor.identify(token="rubbish")
    visitor.identify(proof(harbor, "u-1"))
    visitor.get(f"conversations/{conversation_id}/messages")
    assert len(asked) > 10
    assert not any(asked)


def test_files_that_are_refused_count_like_those_that_are_kept(limited, harbor):
    """Looking at them was the work."""
    browser = harbor.browser()
    browser.start("Hello")
    statuses = [browser.upload(b"no picture", "a.png").status_code for _ in range(12)]
    assert statuses[:10] == [422] * 10
    assert 429 in statuses[10:]


def test_nobody_uses_an_agent_to_flood_mailboxes(harbor, chat, desk, tight, mailoutbox, settings):
    """Twenty an hour, which is two here; of the company two hundred."""
    settings.IS_MAIL_SET = True
    path = f"conversations/{chat['conversation']['id']}/transcript"
    answers = [desk.post(path, {"email": f"{number}@mail.example"}) for number in range(3)]
    assert [one.status_code for one in answers] == [204, 204, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert [one.to for one in mailoutbox] == [["0@mail.example"], ["1@mail.example"]]
    assert AuditEntry.objects.filter(action="transcript_sent").count() == 2
    assert harbor.desk(harbor.ben).post(path, {"email": "ben@mail.example"}).status_code == 204  # The control.


def test_questions_to_the_help_are_limited_and_reading_it_is_not(harbor, limited):
    reader, other = harbor.browser(), harbor.browser()
    passed(lambda: reader.get("articles", {"q": "delivery"}), 30)
    assert reader.get("articles").status_code == 200
    assert other.get("articles", {"q": "delivery"}).status_code == 200
