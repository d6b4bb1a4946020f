"""What an acknowledgement is worth: real processes, killed; a real Redis, taken away and given back."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from contextlib import contextmanager

import httpx
import pytest
from websockets.sync.client import connect

from curbe.testing.waiting import wait_for
from messenger.hub import SWEEP_EVERY_S


class Client:
    """A visitor's program against a running stack."""

    def __init__(self, stack, process=0, widget=0):
        self.stack = stack
        self.widget_id = stack.demo["tenants"][0]["widgets"][widget]["id"]
        self.device = secrets.token_urlsafe(32)
        self.boot(process)

    def boot(self, process=0):
        self.http = httpx.Client(base_url=f"{self.stack.base_urls[process]}/api/messenger/", timeout=15)
        answer = self.http.post("bootstrap", json={"widget_id": self.widget_id, "device_id": self.device})
        assert answer.status_code == 200, answer.text
        self.snapshot = answer.json()
        self.http.headers["Authorization"] = f"Bearer {self.snapshot['session_token']}"
        return self.snapshot

    def start(self, text):
        message = {"client_message_id": str(uuid.uuid4()), "body": text}
        started = self.http.post("conversations", json={"message": message})
        assert started.status_code == 201, started.text
        self.conversation_id = started.json()["conversation"]["id"]
        return started.json()

    def say(self, text):
        body = {"client_message_id": str(uuid.uuid4()), "body": text}
        return self.http.post(f"conversations/{self.conversation_id}/messages", json=body)

    @contextmanager
    def socket(self, process=0):
        """A live socket to one of the processes."""
        url = self.stack.base_urls[process].replace("http://", "ws://") + "/ws/messenger"
        with connect(url) as socket:
            hello = {"t": "hello", "v": 1, "auth": self.snapshot["session_token"], "after": None}
            socket.send(json.dumps(hello))
            assert json.loads(socket.recv(timeout=10))["t"] == "welcome"
            yield socket


def hear(socket, text, timeout=20):
    """The frame in which a message with this text arrives."""
    started = time.monotonic()
    while time.monotonic() - started < timeout:
        frame = json.loads(socket.recv(timeout=timeout))
        if frame["t"] == "evs" and any(text in json.dumps(item) for item in frame["items"]):
            return frame
        if frame["t"] == "hb":
            socket.send('{"t":"pong"}')
    raise AssertionError(f"{text!r} was not heard within {timeout} s")


def is_live(visitor, socket, process):
    """Whether a nudge brings what is said: its broadcast carries the trace of the request, and the sweeper's none.

    However long it takes: what is fast enough on an idle machine is not on a busy one.
    """
    text = f"live {uuid.uuid4()}"
    said = visitor.say(text)
    assert said.status_code == 201
    head = hear(socket, text)["to"]
    broadcast = wait_for(lambda: broadcast_of(head, visitor.stack.logs(process)), "the broadcast to be logged")
    return broadcast["trace_id"] == said.headers["X-Trace-Id"]


def broadcast_of(head, logs):
    """What was logged when the stream was handed out as far as that, by the process of its only socket."""
    lines = (json.loads(line) for line in logs.splitlines() if '"broadcast"' in line and line.endswith("}"))
    return next((line for line in lines if line["event"] == "broadcast" and line["head"] >= head), None)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_what_was_acknowledged_survives_kill_9(spawn_stack, database):
    stack = spawn_stack(database=database)
    visitor = Client(stack)
    visitor.start("Hello")
    for number in range(3):
        acknowledged = visitor.say(f"acknowledged {number}")
        stack.kill()
        assert acknowledged.status_code == 201
        stack.restart()
        bodies = [one["body"] for one in visitor.boot()["messages"]]
        assert bodies.count(f"acknowledged {number}") == 1
    assert bodies == ["Hello", "acknowledged 0", "acknowledged 1", "acknowledged 2"]


def test_when_postgres_has_restarted_the_first_request_works_again(spawn_stack, disposable_postgres):
    visitor = Client(spawn_stack(database=disposable_postgres))
    visitor.start("Hello")
    disposable_postgres.kill()
    disposable_postgres.start()
    assert visitor.say("over a connection that has died meanwhile").status_code == 201


def test_two_processes_share_what_happens(spawn_stack):
    stack = spawn_stack(database="postgres", redis=True, processes=2)
    visitor = Client(stack, process=0)
    visitor.start("Hello")
    with visitor.socket(process=1) as socket:
        wait_for(lambda: is_live(visitor, socket, 1), "nudges to arrive", 30)


def test_whoever_comes_after_everybody_has_left_is_live_at_once(spawn_stack):
    stack = spawn_stack(database="postgres", redis=True)
    visitor = Client(stack)
    visitor.start("Hello")
    with visitor.socket():
        pass
    wait_for(lambda: "socket_closed" in stack.logs(), "nobody to be left", 30)
    with visitor.socket() as socket:
        assert is_live(visitor, socket, 0), "the sweeper looks only 5 s after somebody has come"
    assert "channel_layer_unavailable" not in stack.logs()


def test_without_redis_messages_arrive_by_the_sweeper_and_live_again_with_it(spawn_stack, disposable_redis):
    stack = spawn_stack(database="postgres", processes=2, env={"REDIS_URL": disposable_redis.url})
    visitor = Client(stack)
    visitor.start("Hello")
    with visitor.socket(process=1) as socket:
        wait_for(lambda: is_live(visitor, socket, 1), "nudges to arrive", 30)
        disposable_redis.stop()
        assert not is_live(visitor, socket, 1)
        disposable_redis.start()
        wait_for(lambda: is_live(visitor, socket, 1), "nudges to arrive again", 30)
    assert SWEEP_EVERY_S <= 5, "what does not come live comes within 7 s, of which 2 are for the way"


def test_a_socket_opened_while_redis_is_away_becomes_live_when_it_is_back(spawn_stack, disposable_redis):
    stack = spawn_stack(database="postgres", processes=2, env={"REDIS_URL": disposable_redis.url})
    visitor = Client(stack)
    visitor.start("Hello")
    disposable_redis.stop()
    with visitor.socket(process=1) as socket:
        assert not is_live(visitor, socket, 1)
        disposable_redis.start()
        wait_for(lambda: is_live(visitor, socket, 1), "nudges to arrive again", 30)
