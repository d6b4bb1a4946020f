"""A language model's server for tests: real HTTP on the loopback interface, the chat-completions protocol, and faults.

    with ModelServer(Play("The answer is in Settings [1].")) as server:
        ...  # ASSISTANT_PROVIDER=openai ASSISTANT_MODEL=test OPENAI_API_KEY=any OPENAI_BASE_URL={server.base_url}
        server.script(Play(fault="status", status=429, retry_after="1"), Play())
        [request] = server.recorded

It runs in threads of the process that makes it; any other reaches it at `base_url`. The plays of a script are for the
next requests, one each, and the last of them stays. Another process scripts it over HTTP, below `server.url`:

    POST /script      [{"text": "Yes [1]."}, {"fault": "cut"}]  what `script` does; fields are those of Play
    GET  /recorded    {"busy": 0, "requests": [{"path": …, "headers": {…}, "body": {…}}]}
    POST /forget      drops what was recorded
"""

from __future__ import annotations

import gzip
import itertools
import json
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal

Fault = Literal[
    "none",
    "stall",  # Takes the request, says nothing for `wait_s`, and hangs up.
    "slow_head",  # A byte of the head every `delay_s`, and never a body.
    "status",  # Answers with `status`, with the text as its message, and `retry_after` if there is one.
    "cut",  # Resets the connection after half of the pieces.
    "cut_quietly",  # Ends the body as if it were whole, after half of the pieces.
    "malformed",  # Half of the pieces, then a chunk that is not JSON.
    "misshapen",  # Half of the pieces, then a chunk that is JSON of another shape.
    "nested",  # Half of the pieces, then a chunk of JSON in more brackets than anybody reads.
    "silence",  # Half of the pieces, then nothing for `wait_s`.
    "trickle",  # Half of the pieces, then a byte every `delay_s` that never makes a chunk.
    "endless",  # The pieces, over and over.
    "endless_line",  # One chunk that never ends, as fast as it is taken.
    "no_usage",  # Sends no usage, whatever is asked for.
    "refuses_usage",  # 400 to any request with stream_options.
    "wrong_type",  # A page in HTML, with status 200.
    "plain",  # The whole answer in one JSON document, though a stream was asked for.
    "packed",  # The same, compressed, whatever the client says it takes.
    "redirect",  # 307 to `location`.
]
_PIECE = 8
_STEP_S = 0.05


@dataclass(frozen=True)
class Play:
    """What the server does with one request: its text in pieces of a few characters (or these `pieces`), or a fault."""

    text: str = "You can change that in the settings. [1]"
    fault: Fault = "none"
    pieces: tuple[str, ...] = ()
    first_byte_s: float = 0.0  # Before the head of the answer is sent.
    delay_s: float = 0.0  # Before each piece; between the bytes of a trickle.
    wait_s: float = 60.0
    status: int = 500
    retry_after: str = ""
    location: str = ""
    finish: str = "stop"
    model: str = "test-model-2026"
    tokens_in: int = 321
    tokens_out: int = 45

    @property
    def spoken(self) -> tuple[str, ...]:
        """The text as it is sent, piece by piece."""
        return self.pieces or tuple(self.text[i : i + _PIECE] for i in range(0, len(self.text), _PIECE))

    @property
    def half(self) -> tuple[str, ...]:
        return self.spoken[: max(1, len(self.spoken) // 2)]


@dataclass(frozen=True)
class Recorded:
    """A request as it came; names of headers in small letters."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    at: float  # time.monotonic() of this machine


class Gone(Exception):
    """The client hung up, or the server is closing."""


class ModelServer:
    """The server; `with` starts and ends it, on a free port."""

    def __init__(self, *plays: Play) -> None:
        self._lock = threading.Lock()
        self._plays, self._recorded, self._busy = list(plays), list[Recorded](), 0
        self.closing = threading.Event()
        self._http = _Http(self)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self.base_url = f"{self.url}/v1"

    def __enter__(self) -> ModelServer:
        threading.Thread(target=self._http.serve_forever, args=(_STEP_S,), name="model-server", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def script(self, *plays: Play) -> None:
        """What to do with the next requests, instead of what it was told before."""
        with self._lock:
            self._plays = list(plays)

    @property
    def recorded(self) -> list[Recorded]:
        """The requests for an answer so far."""
        with self._lock:
            return list(self._recorded)

    @property
    def busy(self) -> int:
        """How many connections for an answer are open right now."""
        with self._lock:
            return self._busy

    def forget(self) -> None:
        with self._lock:
            self._recorded.clear()

    def next_play(self, request: Recorded) -> Play:
        """Record the request, and take the play that is for it."""
        with self._lock:
            self._recorded.append(request)
            return self._plays.pop(0) if len(self._plays) > 1 else [*self._plays, Play()][0]

    def count(self, change: int) -> None:
        with self._lock:
            self._busy += change


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # A client that stays connected must not keep the server from ending.

    def __init__(self, model: ModelServer) -> None:
        self.model = model
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # A client may hang up whenever it likes.
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: what came is recorded."""

    def do_GET(self) -> None:
        model = self.server.model
        requests = [asdict(one) for one in model.recorded]
        self._answer(*((200, {"busy": model.busy, "requests": requests}) if self.path == "/recorded" else _NOT_FOUND))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        if self.path == "/script":
            self.server.model.script(*(_play_of(one) for one in body))
            self._answer(200, {})
        elif self.path == "/forget":
            self.server.model.forget()
            self._answer(200, {})
        elif self.path == "/v1/chat/completions":
            self._perform(body)
        else:
            self._answer(*_NOT_FOUND)

    def _perform(self, body: Mapping[str, Any]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        play = self.server.model.next_play(Recorded(self.path, headers, body, time.monotonic()))
        self.server.model.count(1)
        try:
            self._pause(play.first_byte_s)
            self._play(play, body)
            if not self.close_connection:
                self._await_hang_up()
        except (Gone, ConnectionError):
            self.close_connection = True  # Handled: there is nobody left to answer.
        finally:
            self.server.model.count(-1)

    def _await_hang_up(self) -> None:
        """A connection counts as open as long as it is: its client has to close it, or to send its next request."""
        while not select.select([self.connection], [], [], _STEP_S)[0]:
            if self.server.model.closing.is_set():
                raise Gone

    def _play(self, play: Play, body: Mapping[str, Any]) -> None:
        match play.fault:
            case "stall":
                self._pause(play.wait_s)
                self.close_connection = True
            case "status":
                self._answer(play.status, _error(play), {"Retry-After": play.retry_after})
            case "slow_head":
                self._drip(play)
            case "refuses_usage" if "stream_options" in body:
                self._answer(400, {"error": {"message": "Unknown parameter: stream_options", "code": None}})
            case "redirect":
                self._answer(307, {}, {"Location": play.location})
            case "wrong_type":
                self._send(200, b"<!doctype html><p>Sign in to this network</p>", "text/html")
            case "plain" | "packed":
                self._answer_whole(play)
            case _:
                self._stream(play, body)

    def _answer_whole(self, play: Play) -> None:
        if play.fault == "plain":
            return self._answer(200, _whole(play))
        packed = gzip.compress(json.dumps(_whole(play)).encode())
        return self._send(200, packed, "application/json", {"Content-Encoding": "gzip"})

    def _drip(self, play: Play) -> None:
        for byte in itertools.chain(b"HTTP/1.1 200 OK\r\nServer: ", itertools.repeat(ord("x"))):
            self._pause(play.delay_s)
            self.wfile.write(bytes([byte]))

    def _stream(self, play: Play, body: Mapping[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for data in self._events(play, body):
            self._write(data)
        if play.fault == "cut":
            self._reset()
        self.wfile.write(b"0\r\n\r\n")

    def _events(self, play: Play, body: Mapping[str, Any]) -> Iterator[bytes]:
        """The body of the answer, in the parts in which it is sent."""
        if play.fault == "endless_line":
            yield from itertools.chain([b'data: {"choices": "'], itertools.repeat(b"x" * 65_536))
        yield _chunk(play, {"role": "assistant", "content": ""})
        for piece in self._pieces_of(play):
            self._pause(play.delay_s)
            yield _chunk(play, {"content": piece})
        if play.fault in {"none", "no_usage", "refuses_usage"}:
            yield from _ending(play, body)
        else:
            yield from self._harm(play)

    def _pieces_of(self, play: Play) -> Iterator[str]:
        if play.fault == "endless":
            return itertools.cycle(play.spoken)
        return iter(play.spoken if play.fault in {"none", "no_usage", "refuses_usage"} else play.half)

    def _harm(self, play: Play) -> Iterator[bytes]:
        if play.fault == "malformed":
            yield b'data: {"choices": [{"delta": {"content": "an\n\n'
        elif play.fault == "misshapen":
            yield b'data: {"choices": [{"delta": {"content": ["a", 1]}}, null]}\n\n'
        elif play.fault == "nested":
            yield b"data: " + b"[" * 100_000 + b"\n\n"
        elif play.fault == "silence":
            self._pause(play.wait_s)
        elif play.fault == "trickle":
            for byte in itertools.chain(b'data: {"', itertools.repeat(ord("x"))):
                self._pause(play.delay_s)
                yield bytes([byte])

    def _answer(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        self._send(status, json.dumps(body).encode(), "application/json", headers or {})

    def _send(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _write(self, data: bytes) -> None:
        """One part of the body. Raises Gone, or ConnectionError, when nobody takes it."""
        if self.server.model.closing.is_set():
            raise Gone
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _pause(self, seconds: float) -> None:
        """Raises Gone as soon as the client hangs up."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.server.model.closing.is_set() or select.select([self.connection], [], [], min(left, _STEP_S))[0]:
                raise Gone

    def _reset(self) -> None:
        """Cut the connection as a dying process does, without the end of the body."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise Gone


_NOT_FOUND: tuple[int, Mapping[str, Any]] = (404, {"error": {"message": "Not found", "code": "not_found"}})


def _play_of(fields: Mapping[str, Any]) -> Play:
    return Play(**{**fields, "pieces": tuple(fields.get("pieces", ()))})


def _error(play: Play) -> Mapping[str, Any]:
    return {"error": {"message": play.text, "code": play.status}}


def _chunk(play: Play, delta: Mapping[str, Any], finish: str | None = None) -> bytes:
    return _event(play, choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


def _ending(play: Play, body: Mapping[str, Any]) -> Iterator[bytes]:
    yield _chunk(play, {}, play.finish)
    if play.fault != "no_usage" and (body.get("stream_options") or {}).get("include_usage"):
        yield _event(play, choices=[], usage=_usage(play))
    yield b"data: [DONE]\n\n"


def _event(play: Play, **more: Any) -> bytes:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_764_000_000, "model": play.model}
    return b"data: " + json.dumps({**head, **more}).encode() + b"\n\n"


def _whole(play: Play) -> Mapping[str, Any]:
    message = {"role": "assistant", "content": "".join(play.spoken)}
    choice = {"index": 0, "message": message, "finish_reason": play.finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_764_000_000, "model": play.model}
    return {**head, "choices": [choice], "usage": _usage(play)}


def _usage(play: Play) -> Mapping[str, int]:
    total = play.tokens_in + play.tokens_out
    return {"prompt_tokens": play.tokens_in, "completion_tokens": play.tokens_out, "total_tokens": total}
