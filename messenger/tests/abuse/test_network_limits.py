"""What is counted for a whole network: S57 when it has many devices, failed proofs, and when its address is unknown."""

from __future__ import annotations

import itertools
import uuid

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from curbe.testing.cast import proof
from curbe.testing.ledger import everything
from messenger import limits
from messenger.models import VerificationFailure
from messenger.tests.abuse.test_limits import ELSEWHERE, assert_refused, newcomer, passed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def crowd(company, number):
    """So many browsers behind one address."""
    with override_settings(RATE_LIMITS=None):
        visitors = [newcomer(company) for _ in range(number)]
        for visitor in visitors:
            visitor.boot()
    return visitors


def test_s57_many_devices_of_one_network_are_one_flood(harbor, tight):
    visitors = crowd(harbor, 20)
    with override_settings(RATE_LIMITS=None):
        threads = [(one, one.start("0")["conversation"]["id"]) for one in visitors]
        key = str(uuid.uuid4())
        assert visitors[0].say(threads[0][1], "Once", key).status_code == 201
    turns = itertools.cycle(threads)

    def say_next():
        visitor, conversation_id = next(turns)
        return visitor.say(conversation_id, "More")

    passed(say_next, 60)
    assert visitors[0].say(threads[0][1], "Once", key).status_code == 200, "a retry is none"
    moved, conversation_id = next(turns)
    moved.client = APIClient(REMOTE_ADDR=ELSEWHERE)
    assert moved.say(conversation_id, "from home").status_code == 201, "its own six are not used up"


def test_conversations_of_many_devices_of_one_network_are_one_flood(harbor, rival, tight):
    turns = iter(visitors := crowd(harbor, 60))
    opened = []

    def begin():
        opened.append(visitor := next(turns))
        return visitor.post("conversations")

    passed(begin, 30)
    refused = opened.pop()
    assert opened[0].post("conversations").status_code == 200, "one that is open is continued"
    assert opened[0].start("Hello")["message"]["body"] == "Hello"
    (stranger,) = crowd(rival, 1)
    assert stranger.post("conversations").status_code == 201, "another tenant's are not counted with these"
    refused.client = APIClient(REMOTE_ADDR=ELSEWHERE)
    assert refused.post("conversations").status_code == 201
    assert len(visitors) > len(opened) + 1


def test_devices_that_nobody_knows_leave_no_counter(harbor, tight, monkeypatch):
    """Each bad proof comes from a device id made up for it: they must not push out who is counted."""
    visitor = newcomer(harbor)
    visitor.boot()
    conversation_id = visitor.start("First")["conversation"]["id"]
    monkeypatch.setattr(limits, "_MOST_COUNTERS", 12)
    limits.forget()
    passed(lambda: visitor.say(conversation_id, "More"), 6)
    statuses = {newcomer(harbor).load(identity={"token": "rubbish"}).status_code for _ in range(20)}
    assert statuses == {401, 429}
    assert_refused(visitor.say(conversation_id, "Still too much"))


def test_too_many_failed_proofs_are_429_and_leave_nothing_behind(harbor, tight):
    wrong = {"token": proof(harbor, "u-1")[:-2] + "xx"}
    visitor = newcomer(harbor)
    visitor.boot()
    while newcomer(harbor).load(identity=wrong).status_code != 429:
        pass
    before = everything()
    for made_up in [wrong, {"token": "rubbish"}, {"user_id": "u-1"}, {"user_id": "u-1", "user_hash": "0" * 64}]:
        assert_refused(newcomer(harbor).load(identity=made_up))
        assert_refused(visitor.load(identity=made_up))
        assert_refused(visitor.identify(**made_up))
    assert everything() == before


def test_failed_proofs_are_limited_and_good_ones_never(harbor, tight):
    visitor, wrong = newcomer(harbor), {"token": proof(harbor, "u-1")[:-2] + "xx"}
    visitor.boot()
    bootstrapped, identified = visitor.load(identity=wrong), visitor.identify(**wrong)
    assert (bootstrapped.status_code, identified.status_code) == (401, 401)
    noted = VerificationFailure.objects.count()
    assert noted == 2
    assert_refused(visitor.identify(**wrong))
    assert_refused(visitor.load(identity=wrong))
    assert_refused(visitor.identify(user_id="u-1"))
    assert VerificationFailure.objects.count() == noted, "the log is not filled by a flood"
    assert newcomer(harbor, ELSEWHERE).load(identity=wrong).status_code == 401
    assert visitor.identify(proof(harbor, "u-1")).status_code == 200
    assert visitor.snapshot["contact"]["type"] == "user"


def test_s56_where_addresses_are_unknown_nobody_is_counted_with_everybody(harbor, tight):
    """A server on a unix socket has no address of anybody; what is counted by device still is."""
    visitors = [newcomer(harbor, "") for _ in range(8)]
    assert {one.load().status_code for one in visitors} == {200}
    wrong = {"token": proof(harbor, "u-1")[:-2] + "xx"}
    assert {one.load(identity=wrong).status_code for one in visitors} == {401}
    conversation_id = visitors[0].start("Hello")["conversation"]["id"]
    passed(lambda: visitors[0].say(conversation_id, "More"), 5)
    assert visitors[1].start("Hello")["message"]["body"] == "Hello"


def test_uploads_of_many_devices_of_one_network_are_one_flood(harbor, tight):
    turns = itertools.cycle(crowd(harbor, 20))
    passed(lambda: next(turns).upload(b"A note", "note.txt"), 10)
    moved = next(turns)
    moved.client = APIClient(REMOTE_ADDR=ELSEWHERE)
    assert moved.upload(b"A note", "note.txt").status_code == 201, "its own are not used up"
