"""One request to a model's server, with its retries: what it says piece by piece, or why it does not, in time.

The official client reads the stream in a thread of the call's own, in an event loop that can be cancelled at any
moment: in a name server's silence, a handshake, a header or a chunk that trickles in. Time-outs of sockets cannot do
that: each of them begins again with every byte.
"""

from __future__ import annotations

import asyncio
import queue
import random
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any

import httpx2
import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from .prompt import speakable
from .protocol import ProviderFailed

MOST_RETRIES = 2
_FIRST_PAUSE_S = 0.3
# Shares of the deadline: for the first chunk, and for a connection or each chunk after that.
_FIRST_BYTE, _SILENCE = 1 / 2, 1 / 4
# As long a reasoning as anybody waits for; an answer is a few hundred times smaller.
_MOST_BYTES = 8 * 1024 * 1024
_NAME_LENGTH, _MOST_TOKENS = 100, 10**9  # What the server says of itself is kept with each answer.
_GRACE_S, _HANG_UP_S = 0.3, 1.0
_ENDINGS = {"length": "cut_off", "content_filter": "filtered", "tool_calls": "malformed", "function_call": "malformed"}
_STATUS = {401: "unauthorized", 403: "unauthorized", 404: "not_found", 408: "timeout", 429: "rate_limited"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the model is, and what it costs to ask it. The key never shows itself."""

    base_url: str
    model: str
    key: str

    def __repr__(self) -> str:
        return f"Endpoint({self.model!r})"


@dataclass(frozen=True, slots=True)
class Piece:
    """What a chunk brought."""

    text: str = ""
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    is_last: bool = False  # The model has finished; its usage may follow.
    setback: str = ""  # Why all before this is void: another try follows.

    def joined(self, more: Piece) -> Piece:
        tokens = max(self.tokens_in, more.tokens_in), max(self.tokens_out, more.tokens_out)
        return Piece(self.text + more.text, more.model or self.model, *tokens, self.is_last or more.is_last)


class _Setback(Exception):
    """This try came to nothing. `pause_s` is what the server asks for."""

    def __init__(self, reason: str, *, may_pass: bool, pause_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.may_pass, self.pause_s = reason, may_pass, pause_s


class Call:
    """Iterate over it once; it raises ProviderFailed at its deadline at the latest. `close` hangs up."""

    def __init__(self, endpoint: Endpoint, messages: list[dict[str, str]], *, within_s: float) -> None:
        self._endpoint, self._messages, self._within_s = endpoint, messages, within_s
        self._deadline = time.monotonic() + within_s
        self._asks_usage, self._has_spoken = True, False
        self.is_shown = False  # Set by whoever iterates: from then on there is no other try.
        self._heard: queue.SimpleQueue[Piece | BaseException | None] = queue.SimpleQueue()
        self._ahead: list[Piece | BaseException | None] = []
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._tell())
        self._thread = threading.Thread(target=self._run, name="model-call", daemon=True)

    def __iter__(self) -> Iterator[Piece]:
        self._thread.start()
        while (heard := self._next()) is not None:
            if isinstance(heard, BaseException):
                raise heard
            yield heard

    def close(self) -> None:
        """Hang up, whatever is going on. No connection is left when it returns."""
        with suppress(RuntimeError):  # Handled: the loop has ended, and everything with it.
            self._loop.call_soon_threadsafe(self._task.cancel)
        if self._thread.ident:
            self._thread.join(_HANG_UP_S)

    @property
    def left_s(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def _next(self) -> Piece | BaseException | None:
        """What came since, in one: whoever is slower than the model catches up."""
        heard = self._ahead.pop() if self._ahead else self._wait()
        while isinstance(heard, Piece) and not (heard.setback or self._heard.empty()):
            more = self._heard.get()
            if not isinstance(more, Piece) or more.setback:
                self._ahead.append(more)
                break
            heard = heard.joined(more)
        return heard

    def _wait(self) -> Piece | BaseException | None:
        try:
            return self._heard.get(timeout=self.left_s + _GRACE_S)
        except queue.Empty:
            return ProviderFailed("timeout")  # Handled: the loop is too busy to notice its own deadline.

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()  # Without waiting for a name server, which the executor may still do.

    async def _tell(self) -> None:
        """Everything that comes of it, in the end None or an error, to whoever iterates."""
        end: BaseException | None = None
        try:
            async with asyncio.timeout(self.left_s), self._client() as client:
                await self._persist(client)
        except TimeoutError:
            end = ProviderFailed("timeout")
        except Exception as error:  # noqa: BLE001 - raised again, in the thread of the caller
            end = error
        self._heard.put(end)

    def _client(self) -> openai.AsyncOpenAI:
        web = httpx2.AsyncClient(
            headers={"Accept-Encoding": "identity"},
            timeout=httpx2.Timeout(self._within_s, connect=self._within_s * _SILENCE),
            follow_redirects=False,  # What people wrote goes to the host that was configured.
            event_hooks={"response": [_bound]},
        )
        end = self._endpoint
        return openai.AsyncOpenAI(api_key=end.key, base_url=end.base_url, max_retries=0, http_client=web)

    async def _persist(self, client: openai.AsyncOpenAI) -> None:
        """Try again what may pass, as long as nothing was shown and there is time."""
        for tries in count():
            try:
                await self._try(client)
            except _Setback as setback:
                pause_s = setback.pause_s if setback.pause_s is not None else _pause_s(tries)
                if not setback.may_pass or self.is_shown or tries == MOST_RETRIES or pause_s >= self.left_s:
                    raise ProviderFailed(setback.reason) from None  # Its cause may quote bodies, and the key.
                self._heard.put(Piece(setback=setback.reason))
            else:
                return
            await asyncio.sleep(pause_s)

    async def _try(self, client: openai.AsyncOpenAI) -> None:
        self._has_spoken = False
        try:
            await self._listen(client)
        except openai.APIStatusError as error:
            if self._asks_usage and error.status_code in {400, 422}:
                self._asks_usage = False  # Some servers know no such option.
                return await self._try(client)
            raise _refusal(error) from None
        except (TimeoutError, openai.APITimeoutError):
            raise _Setback("timeout", may_pass=True) from None
        except openai.APIConnectionError:
            raise _Setback("cut_off" if self._has_spoken else "unreachable", may_pass=True) from None
        except openai.APIError:
            raise _Setback("server_error", may_pass=True) from None  # The server says so within its stream.
        except (ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError):
            raise _Setback("malformed", may_pass=False) from None

    async def _listen(self, client: openai.AsyncOpenAI) -> None:
        """Raises what the client does, TimeoutError in a silence, and _Setback when there is no proper end."""
        is_whole = False
        async with asyncio.timeout(self._within_s * _FIRST_BYTE):
            stream = await self._open(client)
        async with stream:
            async for piece in self._pieces(stream):
                self._has_spoken |= bool(piece.text)
                is_whole |= piece.is_last
                self._heard.put(piece)
        if not is_whole:
            raise _Setback("cut_off", may_pass=True)

    async def _open(self, client: openai.AsyncOpenAI) -> openai.AsyncStream[ChatCompletionChunk]:
        usage = {"include_usage": True} if self._asks_usage else openai.omit
        messages: Any = self._messages
        options: Any = usage
        return await client.chat.completions.create(
            model=self._endpoint.model, messages=messages, stream=True, stream_options=options
        )

    async def _pieces(self, stream: openai.AsyncStream[ChatCompletionChunk]) -> AsyncIterator[Piece]:
        kind = stream.response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":  # It does not stream. Nobody minds, as long as it answers.
            async with asyncio.timeout(self._within_s * _FIRST_BYTE):
                yield _whole(await stream.response.aread())
            return
        if kind != "text/event-stream":
            raise _Setback("wrong_content_type", may_pass=False)
        share, chunks = _FIRST_BYTE, aiter(stream)
        while True:
            async with asyncio.timeout(self._within_s * share):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            share = _SILENCE
            yield _piece(chunk)


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends, in an error, before it fills the memory."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = _MOST_BYTES
        async for part in self._stream:
            if (left := left - len(part)) < 0:
                raise _Setback("too_long", may_pass=False)
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    """Raises _Setback before anything is unpacked: a little of it may become any amount."""
    if response.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}:
        raise _Setback("malformed", may_pass=False)
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


def _piece(chunk: ChatCompletionChunk) -> Piece:
    """Raises ValueError, or what comes of reading a thing of another shape: the client does not look at that."""
    choice = chunk.choices[0] if chunk.choices else None
    text = choice.delta.content if choice and choice.delta else None
    return _read(text, choice.finish_reason if choice else None, chunk)


def _whole(body: bytes) -> Piece:
    answer = ChatCompletion.model_validate_json(body)
    return _read(answer.choices[0].message.content, answer.choices[0].finish_reason, answer)


def _read(text: object, finish: str | None, said: ChatCompletionChunk | ChatCompletion) -> Piece:
    if not isinstance(text, str | None) or not isinstance(said.model, str | None):
        raise TypeError("Not a text")
    if finish in _ENDINGS:
        raise _Setback(_ENDINGS[finish], may_pass=False)
    tokens = (said.usage.prompt_tokens, said.usage.completion_tokens) if said.usage else (0, 0)
    name = speakable((said.model or "")[:_NAME_LENGTH])
    return Piece(text or "", name, _count(tokens[0]), _count(tokens[1]), is_last=bool(finish))


def _count(tokens: Any) -> int:
    """Raises ValueError, TypeError and OverflowError when it is no number."""
    return max(0, min(int(tokens or 0), _MOST_TOKENS))


def _refusal(error: openai.APIStatusError) -> _Setback:
    status = error.status_code
    reason = _STATUS.get(status, "server_error" if status >= 500 else "refused")
    return _Setback(
        reason, may_pass=status in {408, 409, 429} or status >= 500, pause_s=_asked_for(error.response.headers)
    )


def _asked_for(headers: Mapping[str, str]) -> float | None:
    """How many seconds to wait by Retry-After, in either of its forms; None when it is not there or not understood."""
    asked = headers.get("retry-after", "")
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass  # Handled: it may be a date.
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None  # Handled: our own pause will do.


def _pause_s(tries: int) -> float:
    """Longer each time, and never the same for two callers that failed together."""
    return float(_FIRST_PAUSE_S * 2**tries * random.uniform(0.5, 1.5))  # noqa: S311 - nothing depends on its secrecy
