"""Where limits are counted: one Redis for all processes, and what happens to chats and logins while it is away."""

from __future__ import annotations

import math
import os
import re
import secrets
import signal
import time
from types import SimpleNamespace

import httpx
import pytest
import redis
from django.test import override_settings

from curbe.testing.waiting import wait_for
from messenger import limits
from messenger.errors import TooManyRequests
from messenger.limits import Limit
from messenger.tests.test_faults import Client

# Six messages a minute: what comes back meanwhile, one in ten seconds, is less than any machine sends.
TIGHT = {"RATE_LIMITS": "0.1"}


def takes(limit, *key, most=1000):
    """How many there are to take, and after how many seconds there is another one."""
    for number in range(most):
        try:
            limits.spare(limit, *key)
            limits.charge(limit, *key)
        except TooManyRequests as refused:
            return number, refused.retry_after_s
    return most, 0


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A Redis that is merely slow, beside other tests, counts all the same."""
    monkeypatch.setattr(limits, "_PATIENCE_S", 10)


@pytest.fixture(params=["memory", "redis"])
def store(request, limited):
    """Either of the two, at its default scale."""
    url = request.getfixturevalue("redis_server").url if request.param == "redis" else ""
    with override_settings(REDIS_URL=url):
        yield request.param


def test_both_stores_give_the_same_quota_and_the_same_time(store):
    key = f"ada-{time.monotonic_ns()}@harbor.example"
    assert_quota(5, Limit.SIGN_IN_ACCOUNT, key)
    assert_quota(5, Limit.SIGN_IN_ACCOUNT, f"another-{key}")  # Each key has its own,
    assert_quota(20, Limit.MAIL, key)  # and each limit.


def assert_quota(most, limit, key):
    """There are so many to take and another one after 180 s, of which `spare` and `charge` say the same."""
    began = time.monotonic()
    number, after_s = takes(limit, key)
    with pytest.raises(TooManyRequests) as again:
        limits.charge(limit, key)
    passed_s = time.monotonic() - began
    assert number == most
    assert 179 - passed_s <= again.value.retry_after_s <= after_s <= 180


def test_a_factor_scales_every_quota(store):
    for factor, number in ((0.2, 1), (0.001, 1), (3, 15)):
        with override_settings(RATE_LIMITS=factor):
            assert takes(Limit.SIGN_IN_ACCOUNT, f"{factor} {time.monotonic_ns()}")[0] == number
    with override_settings(RATE_LIMITS=None):
        assert takes(Limit.SIGN_IN_ACCOUNT, "off") == (1000, 0)


def test_what_is_taken_comes_back(store):
    """Sixty a minute is one a second."""
    key = time.monotonic_ns()
    takes(Limit.SEND, key)
    wait_for(lambda: may_take(Limit.SEND, key), "another one to take", 3)


def may_take(limit, *key):
    try:
        limits.spare(limit, *key)
    except TooManyRequests:
        return False
    return True


def test_the_store_holds_no_address_and_forgets(limited, redis_server):
    address, email = "198.51.100.77", "grep.for.me@harbor.example"
    with override_settings(REDIS_URL=redis_server.url), redis.Redis.from_url(redis_server.url) as client:
        before = set(client.keys("*"))
        limits.charge(Limit.SIGN_IN_ADDRESS, address)
        limits.charge(Limit.SIGN_IN_ACCOUNT, email)
        added = set(client.keys("*")) - before
        dump = [key + client.get(key) for key in added]
        assert len(dump) == 2
        assert not any(secret.encode() in one for one in dump for secret in (address, email))
        assert all(0 < client.ttl(key) <= 900 for key in added)
        client.delete(*added)


def test_the_memory_of_a_process_is_bounded(limited, clock, monkeypatch):
    monkeypatch.setattr(limits, "_MOST_COUNTERS", 10)
    takes(Limit.SEND, "ada", most=60)
    flood(Limit.SEND, 9)
    assert not may_take(Limit.SEND, "ada"), "ten counters fit"
    flood(Limit.SEND, 10)
    assert may_take(Limit.SEND, "ada"), "the one not used for the longest time gives way"


def test_no_flood_of_visitors_pushes_out_who_guessed_passwords(limited, monkeypatch):
    monkeypatch.setattr(limits, "_MOST_COUNTERS", 10)
    takes(Limit.SIGN_IN_ACCOUNT, "ada")
    for limit in set(Limit) - {Limit.SIGN_IN_ACCOUNT, Limit.SIGN_IN_ADDRESS}:
        flood(limit, 20)
    assert not may_take(Limit.SIGN_IN_ACCOUNT, "ada")
    flood(Limit.SIGN_IN_ACCOUNT, 10)
    assert may_take(Limit.SIGN_IN_ACCOUNT, "ada"), "these are bounded too"


def flood(limit, times):
    for number in range(times):
        limits.charge(limit, number)


def test_who_has_no_name_is_not_counted(store):
    """A server on a unix socket knows no addresses: those of everybody would be one."""
    assert takes(Limit.SIGN_IN_ADDRESS, "") == (1000, 0)
    assert takes(Limit.NEW_DEVICE, "tenant", "") == (1000, 0)


def test_a_redis_that_is_away_is_not_asked_at_every_request(limited, monkeypatch, log_lines):
    asked, take = [], limits._take

    def counted(*args):
        asked.append(args)
        return take(*args)

    monkeypatch.setattr(limits, "_take", counted)
    # All within one moment, however long it takes.
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 0.0))
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        for _ in range(2000):
            limits.charge(Limit.SEND, "somebody")
    assert len(asked) == 1
    warnings = [line for line in log_lines() if line["event"] == "limits_unavailable"]
    assert len(warnings) == 1
    assert warnings[0]["reason"] == "ConnectionError"


# Whole processes


def test_two_processes_share_one_limit(spawn_stack):
    stack = spawn_stack(database="postgres", redis=True, processes=2, env=TIGHT)
    visitor, started = Client(stack), time.monotonic()
    visitor.start("Hello")
    sent = 1
    while (answer := say_at(visitor, sent % 2)).status_code == 201:
        sent += 1
    assert answer.status_code == 429
    assert say_at(visitor, 1 - sent % 2).status_code in (429, 201)
    assert 6 <= sent <= 6 + math.ceil((time.monotonic() - started) / 10)


def say_at(visitor, process):
    visitor.http.base_url = f"{visitor.stack.base_urls[process]}/api/messenger/"
    return visitor.say("Hello again")


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_without_redis_chats_go_on_and_nobody_signs_in(spawn_stack, disposable_redis, how):
    stack = spawn_stack(database="sqlite", env={**TIGHT, "REDIS_URL": disposable_redis.url})
    visitor = Client(stack)
    visitor.start("Hello")
    assert sign_in(stack).status_code == 302
    take_away(disposable_redis, how)
    try:
        took = [seconds_of(lambda: said(visitor)) for _ in range(80)]
        assert min(took) < 0.5, "80 messages do not wait 80 times, half a second each"
        assert max(took) < 10
        refused = sign_in(stack)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert "not possible right now" in refused.text
        assert refused.elapsed.total_seconds() < 10
    finally:
        give_back(disposable_redis, how)
    wait_for(lambda: sign_in(stack).status_code == 302, "signing in to work again", 30)
    wait_for(lambda: visitor.say("Hello again").status_code == 429, "messages to be counted again", 60)


def take_away(server, how):
    if how == "stopped":
        server.stop()
    else:
        os.kill(server.pid, signal.SIGSTOP)


def give_back(server, how):
    if how == "stopped":
        server.start()
    else:
        os.kill(server.pid, signal.SIGCONT)


def said(visitor):
    assert visitor.say("Anybody there?").status_code == 201


def seconds_of(act):
    started = time.monotonic()
    act()
    return time.monotonic() - started


def sign_in(stack):
    """An agent of the demo signs in, in a browser of their own."""
    agent = stack.demo["tenants"][0]["agents"][0]
    with httpx.Client(base_url=stack.base_url, timeout=15) as browser:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get("/inbox/login/").text)[1]
        fields = {"username": agent["email"], "password": agent["password"], "csrfmiddlewaretoken": token}
        return browser.post("/inbox/login/", data=fields)


def test_serve_believes_named_proxies_alone_and_says_how_strict_it_is(spawn_stack):
    """The server itself must not read X-Forwarded-For either, which uvicorn does for loopback unless told."""
    alone, behind_proxy = spawn_stack(env=TIGHT), spawn_stack(env={**TIGHT, "TRUSTED_PROXIES": "127.0.0.1"})
    assert 429 in [come_as(f"203.0.113.{i}", alone) for i in range(8)]
    assert [come_as(f"203.0.113.{i}", behind_proxy) for i in range(8)] == [200] * 8
    assert "Rate limits: 0.1 times as much as documented" in alone.logs()


def come_as(address, stack):
    """The status that a new device gets whose proxy names this address."""
    body = {"widget_id": stack.demo["tenants"][0]["widgets"][0]["id"], "device_id": secrets.token_urlsafe(32)}
    headers = {"X-Forwarded-For": address}
    return httpx.post(f"{stack.base_url}/api/messenger/bootstrap", json=body, headers=headers, timeout=30).status_code
