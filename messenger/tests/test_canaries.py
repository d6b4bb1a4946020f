"""S59: what was planted in a real run is found where it belongs and nowhere else: logs, tables, Redis, answers."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import jwt
import psycopg
import pytest
import redis
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from curbe.testing.bed import Bed, new_redis
from curbe.testing.forgery import user_hash
from curbe.testing.ledger import found_in
from curbe.testing.redis_server import RedisServer
from curbe.testing.stack import Stack
from curbe.testing.waiting import wait_for

IN_MESSAGES = {("messenger_message", "body"), ("messenger_message", "body_html")}
# Texts that people said, and the only columns they belong into. Everything else that is planted belongs nowhere.
SAID = {
    "guest's body": IN_MESSAGES,
    "user's body": IN_MESSAGES,
    "reply": IN_MESSAGES,
    "note": IN_MESSAGES,
    "said e-mail": {("messenger_contact", "email")},
    "signed e-mail": {("messenger_contact", "verified")},
}


def canary(name: str) -> str:
    return f"canary-{name}-{secrets.token_hex(8)}"


class Traffic(threading.Thread):
    """All that Redis is told, from now on."""

    def __init__(self, server: RedisServer) -> None:
        super().__init__(daemon=True)
        self.said: list[str] = []
        self._client = redis.Redis.from_url(server.url)
        self._monitor = self._client.monitor()
        self._monitor.__enter__()
        self.start()

    def run(self) -> None:
        try:
            for command in self._monitor.listen():
                self.said.append(str(command))
        except (redis.RedisError, OSError, ValueError, AttributeError):
            return  # Its connection was closed: there is nothing more to hear.

    def has(self, text: str) -> bool:
        return any(text in one for one in self.said)


class Listener(threading.Thread):
    """A socket that keeps every frame it is sent, from the welcome on."""

    def __init__(self, url: str, bearer: str, heard: list[str]) -> None:
        super().__init__(daemon=True)
        self.url, self.bearer, self.heard = url, bearer, heard
        self._is_welcome = threading.Event()
        self.start()
        assert self._is_welcome.wait(10)

    def run(self) -> None:
        with connect(self.url) as socket:
            socket.send(json.dumps({"t": "hello", "v": 1, "auth": self.bearer, "after": None}))
            try:
                for frame in socket:
                    self.heard.append(str(frame))
                    self._is_welcome.set()
            except ConnectionClosed:
                return  # The servers are gone: the run is over.


@dataclass
class Client:
    """A program of somebody's, that keeps every answer it gets."""

    stack: Stack
    base: str
    answers: list[str]
    address: str = ""
    bearer: str = ""
    process: int = 0

    def call(self, method: str, path: str, expected: int | None = None, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.bearer}"} if self.bearer else {}
        if "content" in options:
            headers["Content-Type"] = "application/json"
        if self.address:
            headers["X-Forwarded-For"] = self.address
        url = f"{self.stack.base_urls[self.process]}{self.base}{path}"
        answer = httpx.request(method, url, headers=headers, timeout=20, **options)
        assert expected is None or answer.status_code == expected, answer.text
        self.answers.append(f"{answer.headers!r}\n{answer.text}")
        return answer

    def get(self, path: str, expected: int | None = 200) -> httpx.Response:
        return self.call("GET", path, expected)

    def post(self, path: str, body: Any = None, expected: int | None = None) -> httpx.Response:
        return self.call("POST", path, expected, json=body or {})

    def say(self, thread: str, text: str, **more: Any) -> httpx.Response:
        body = {"client_message_id": str(uuid.uuid4()), "body": text, **more}
        return self.post(f"conversations/{thread}/messages", body, 201)


@dataclass
class Run:
    """What was planted, and everything that can be searched."""

    stack: Stack
    redis: RedisServer
    traffic: Traffic
    planted: dict[str, str] = field(default_factory=dict)
    owner: list[str] = field(default_factory=list)
    team: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def kept_secret(self) -> dict[str, str]:
        return {name: text for name, text in self.planted.items() if name not in SAID}

    def plant(self, name: str, text: str | None = None) -> str:
        self.planted[name] = text or canary(name.replace(" ", "-").replace("'", ""))
        return self.planted[name]

    # The places to search

    def logs(self) -> str:
        return "\n".join(self.stack.logs(i) for i in range(len(self.stack.base_urls)))

    def in_tables(self) -> dict[str, set[tuple[str, str]]]:
        """By name of what was planted, in whichever form it is written."""
        forms = {name: forms_of(text) for name, text in self.planted.items()}
        with psycopg.connect(self.stack.place.database_url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = [row[0] for row in cursor.fetchall()]
            assert len(tables) > 20
            found = found_in(cursor, tables, {form for some in forms.values() for form in some})
        return {name: set().union(*(found[form] for form in some)) for name, some in forms.items()}

    def in_redis(self) -> str:
        """Every key with its value, and every command that was sent."""
        client = redis.Redis.from_url(self.redis.url)
        kept = [f"{key!r} {client.dump(key)!r} {value_of(client, key)!r}" for key in client.scan_iter()]
        return "\n".join([*kept, *self.traffic.said])


def forms_of(text: str) -> set[str]:
    """The text as it stands, and as it looks after the usual ways to write it down."""
    raw = text.encode()
    in_base64 = {base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
    return {text, quote(text, safe=""), raw.hex(), json.dumps(text)[1:-1], *in_base64}


def value_of(client: Any, key: bytes) -> Any:
    return client.get(key) if client.type(key) == b"string" else None


def names_in(text: str, planted: dict[str, str]) -> set[str]:
    """Which of the planted the text contains, in any form."""
    return {name for name, one in planted.items() if any(form in text for form in forms_of(one))}


# The run


@pytest.fixture(scope="module")
def run(bed: Bed) -> Iterator[Run]:
    """Two processes on PostgreSQL and Redis, behind a proxy they trust, in which everything happens once."""
    server = new_redis()
    settings = {"REDIS_URL": server.url, "TRUSTED_PROXIES": "127.0.0.0/8", "RATE_LIMITS": "20", "LOG_LEVEL": "DEBUG"}
    with ExitStack() as cleaning:
        cleaning.callback(server.close)
        stack = cleaning.enter_context(bed.spawn_stack(database="postgres", processes=2, env=settings))
        run = Run(stack, server, Traffic(server))
        play(run)
        yield run


def play(run: Run) -> None:
    """Everything that visitors, a team and strangers do, with something planted in each credential and text."""
    secret = run.stack.demo["tenants"][0]["identity_secret"]
    run.plant("identity secret", secret["secret"])
    run.plant("api token", run.stack.demo["tenants"][0]["api_token"])
    guest, desk = visitor(run, "first", "203.0.113.77"), team(run, 0)
    stranger, outsider = stranger_of(run, 0, "198.51.100.1"), stranger_of(run, 1, "198.51.100.2")
    rivals = Client(run.stack, "/api/inbox/", run.others, bearer=run.stack.demo["tenants"][1]["api_token"])
    for other in (stranger, outsider):
        other.post("conversations", first("I am somebody else"), 201)
    listen(run, [(guest_with_thread(run, guest), run.owner), (stranger, run.others), (outsider, run.others)])
    listen(run, [(desk, run.team), (rivals, run.others)], path="/ws/inbox")
    thread = guest.get("conversations").json()["items"][0]["id"]
    desk.say(thread, run.plant("reply"))
    desk.say(thread, run.plant("note"), kind="note")
    sign_in_everywhere(run, guest, secret)
    go_wrong(run, guest, thread)
    pry(run, (stranger, outsider), rivals, thread)
    look_at_everything(desk, guest, thread)
    leave(run, guest)
    wait_for(lambda: names_in("\n".join(run.team), run.planted) >= {"user's body", "note"}, "the team to be told")


def visitor(run: Run, name: str, address: str, answers: list[str] | None = None, tenant: int = 0) -> Client:
    """A browser never seen before; its device id, session and address are planted."""
    client = Client(run.stack, "/api/messenger/", run.owner if answers is None else answers)
    client.address = run.plant(f"{name} address", address)
    run.plant(f"{name} device", secrets.token_urlsafe(32))
    boot(run, client, name, tenant=tenant)
    return client


def boot(run: Run, client: Client, name: str, tenant: int = 0, **body: Any) -> None:
    widget = run.stack.demo["tenants"][tenant]["widgets"][0]["id"]
    page = {"url": f"https://shop.example/cart?token={run.plant('query of the page')}", "title": "Cart"}
    shared = {"widget_id": widget, "device_id": run.planted[f"{name} device"], "page": page}
    keep_session(run, client, name, client.post("bootstrap", {**shared, **body}, 200))


def keep_session(run: Run, client: Client, name: str, answer: httpx.Response) -> None:
    """Use the new session. To its owner it is told, once; that answer is no leak."""
    token = answer.json()["session_token"]
    client.bearer = run.plant(f"{name} session {len(run.planted)}", token)
    client.answers[-1] = client.answers[-1].replace(token, "")


def stranger_of(run: Run, tenant: int, address: str) -> Client:
    return visitor(run, f"stranger {tenant}", address, run.others, tenant)


def team(run: Run, tenant: int) -> Client:
    return Client(run.stack, "/api/inbox/", run.team, bearer=run.stack.demo["tenants"][tenant]["api_token"], process=1)


def guest_with_thread(run: Run, guest: Client) -> Client:
    guest.post("profile", {"email": run.plant("said e-mail", f"{canary('said')}@example.com")}, 200)
    guest.post("conversations", first(run.plant("guest's body")), 201)
    return guest


def first(text: str) -> dict[str, Any]:
    return {"message": {"client_message_id": str(uuid.uuid4()), "body": text}}


def listen(run: Run, who: Iterable[tuple[Client, list[str]]], path: str = "/ws/messenger") -> None:
    for client, heard in who:
        Listener(run.stack.base_urls[1].replace("http://", "ws://") + path, client.bearer, heard)


def signed(run: Run, planted_as: str, secret: dict[str, str], **claims: Any) -> str:
    """A token whose parts are planted: each alone would be a leak."""
    payload = {"user_id": "canary-user", "exp": int(time.time()) + 300, **claims}
    token = jwt.encode(payload, secret["secret"], "HS256", headers={"kid": secret["kid"]})
    run.plant(f"{planted_as} claims", token.split(".")[1])
    run.plant(f"{planted_as} signature", token.split(".")[2])
    return token


def sign_in_everywhere(run: Run, guest: Client, secret: dict[str, str]) -> None:
    """Upgrade in place, a merge from a second device, and a user_hash on a third.

    The user has a name: without one, the e-mail is what typing dots are labelled with, and travels with them.
    """
    email = run.plant("signed e-mail", f"{canary('signed')}@example.com")
    answer = guest.post("identify", {"token": signed(run, "first token", secret, email=email, name="Nadia")}, 200)
    keep_session(run, guest, "first", answer)
    guest.post("conversations", first(run.plant("user's body")), 201)
    second = visitor(run, "second", "2001:db8::7777")
    second.post("conversations", first("From the second device"), 201)
    boot(run, second, "second", identity={"token": signed(run, "second token", secret)})
    third = visitor(run, "third", "203.0.113.99")
    proof = run.plant("user_hash", user_hash(secret["secret"], "canary-user"))
    keep_session(run, third, "third", third.post("identify", {"user_id": "canary-user", "user_hash": proof}, 200))


def go_wrong(run: Run, guest: Client, thread: str) -> None:
    """Refusals are logged, with their reasons; what was refused is not."""
    wrong = {"kid": run.stack.demo["tenants"][0]["identity_secret"]["kid"], "secret": secrets.token_urlsafe(32)}
    guest.post("identify", {"token": signed(run, "refused token", wrong)}, 401)
    guest.post("identify", {"token": signed(run, "unknown kid", {**wrong, "kid": "elsewhere"})}, 401)
    guest.post("identify", {"user_id": "canary-user", "user_hash": run.plant("refused hash", "ab" * 32)}, 401)
    unsent = run.plant("refused body")
    guest.post(f"conversations/{thread}/messages", {"client_message_id": "no key", "body": unsent}, 422)
    guest.call("POST", f"conversations/{thread}/messages", 400, content=f'{{"body": "{unsent}')
    guest.post(f"conversations/{thread}/messages", first(unsent * 2000)["message"], 422)
    # Credentials where they do not belong: in the address.
    device, bearer = run.planted["first device"], guest.bearer
    guest.get(f"conversations?device_id={device}&token={bearer}")
    guest.get(f"nowhere?device_id={device}&token={bearer}", 404)
    httpx.get(f"{run.stack.base_urls[0]}/ws/messenger?token={bearer}", timeout=30)
    httpx.get(
        f"{run.stack.base_urls[0]}/demo/?device_id={device}&token={bearer}", headers={"Referer": bearer}, timeout=30
    )


def pry(run: Run, strangers: Iterable[Client], rivals: Client, thread: str) -> None:
    """Others ask for what is not theirs, and for everything that is."""
    for client in strangers:
        for path in (f"conversations/{thread}", f"conversations/{thread}/messages"):
            client.get(path, 404)
        for path in ("history", "conversations"):
            client.get(path)
        client.post("profile", {"email": "stranger@example.com"}, 200)
    rivals.get(f"conversations/{thread}", 404)
    for path in ("threads", "conversations", "snapshot", "me"):
        rivals.get(path)


def look_at_everything(desk: Client, guest: Client, thread: str) -> None:
    person = desk.get(f"conversations/{thread}").json()["contact"]["id"]
    for path in (f"threads/{person}", f"conversations/{thread}/messages", "threads", "snapshot", "me"):
        desk.get(path)
    for path in ("history", f"conversations/{thread}/messages"):
        guest.get(path)
    guest.call("PUT", f"conversations/{thread}/read", 200, json={"up_to": 2})
    guest.post(f"conversations/{thread}/typing", {"on": True}, 204)
    guest.post("visits", {"page": {"url": "https://shop.example/thanks"}}, 201)


def leave(run: Run, guest: Client) -> None:
    guest.post("shutdown", expected=204)
    guest.get("history", 401)
    fourth = visitor(run, "fourth", "203.0.113.4")
    new = run.plant("fifth device", secrets.token_urlsafe(32))
    keep_session(run, fourth, "fourth", fourth.post("reset", {"device_id": new}, 200))


# What is found where


def test_s59_the_logs_hold_nothing_of_what_was_planted(run):
    logs = run.logs()
    assert '"event": "bootstrap"' in logs, "the control: it is the servers' logs that are searched"
    assert names_in(logs, run.planted) == set()


def test_s59_the_tables_hold_texts_where_they_belong_and_no_secret(run):
    found = run.in_tables()
    assert {name: found[name] for name in SAID} == SAID
    assert {name: places for name, places in found.items() if places and name not in SAID} == {}


def test_s59_redis_holds_and_hears_nothing_of_it(run):
    assert run.traffic.has("PUBLISH"), "the control: it is this run's Redis that is searched"
    assert names_in(run.in_redis(), run.planted) == set()


def test_s59_nobody_else_is_told_anything_of_it(run):
    assert len(run.others) > 20
    assert names_in("\n".join(run.others), run.planted) == set()


def test_s59_the_team_reads_texts_and_no_credential(run):
    assert names_in("\n".join(run.team), run.planted) == set(SAID)


def test_s59_the_owner_is_told_no_credential_again_and_no_note(run):
    assert names_in("\n".join(run.owner), run.planted) == set(SAID) - {"note"}


# A planted leak is found


@pytest.mark.parametrize("name", ["first device", "guest's body", "first address", "first token signature"])
def test_s59_a_planted_log_line_is_found(run, name):
    path = run.stack.place.local_dir / "process-1.log"
    before = path.read_text()
    with path.open("a") as log:
        log.write(json.dumps({"event": "planted", "detail": run.planted[name]}) + "\n")
    assert names_in(run.logs(), run.planted) == {name}
    path.write_text(before)


@pytest.mark.parametrize("column", ["title", "utm"])
@pytest.mark.parametrize("written", [str, lambda text: base64.b64encode(text.encode()).decode()], ids=["raw", "base64"])
def test_s59_a_planted_row_is_found(run, column, written):
    name = "second device"
    leak = written(run.planted[name])
    value = leak if column == "title" else json.dumps({"utm_source": leak})
    with psycopg.connect(run.stack.place.database_url) as connection:
        visit = connection.execute("SELECT id FROM messenger_visit LIMIT 1").fetchone()[0]
        before = connection.execute(f"SELECT {column}::text FROM messenger_visit WHERE id = %s", [visit]).fetchone()[0]  # noqa: S608
        connection.execute(f"UPDATE messenger_visit SET {column} = %s WHERE id = %s", [value, visit])  # noqa: S608
    assert run.in_tables()[name] == {("messenger_visit", column)}
    with psycopg.connect(run.stack.place.database_url) as connection:
        connection.execute(f"UPDATE messenger_visit SET {column} = %s WHERE id = %s", [before, visit])  # noqa: S608
    assert run.in_tables()[name] == set()


def test_s59_a_planted_key_and_a_planted_command_are_found(run):
    client = redis.Redis.from_url(run.redis.url)
    client.set("leak", run.planted["third device"])
    client.publish("leak", run.planted["user_hash"])
    wait_for(lambda: run.traffic.has(run.planted["user_hash"]), "the monitor to hear it")
    assert names_in(run.in_redis(), run.planted) == {"third device", "user_hash"}
