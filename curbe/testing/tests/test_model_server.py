"""The language model's server of the tests keeps its script, and does the harm it is told to."""

from __future__ import annotations

import json
import socket
import urllib.request
from typing import Any

import httpx
import pytest

from curbe.testing.model_server import ModelServer, Play
from curbe.testing.waiting import wait_for

ASKED = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": True}


@pytest.fixture
def server():
    with ModelServer() as server:
        yield server


def ask(server: ModelServer, **more: Any) -> httpx.Response:
    return httpx.post(f"{server.base_url}/chat/completions", json={**ASKED, **more}, timeout=5)


def text_of(answer: httpx.Response) -> str:
    data = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ") and line != "data: [DONE]"]
    choices = [choice for one in data for choice in json.loads(one)["choices"]]
    return "".join(choice["delta"].get("content", "") for choice in choices)


def test_it_streams_its_text_in_pieces_and_records_the_request(server):
    server.script(Play("Once upon a time [1].", delay_s=0.01))
    answer = ask(server, stream_options={"include_usage": True})
    assert text_of(answer) == "Once upon a time [1]."
    assert answer.text.endswith("data: [DONE]\n\n")
    assert '"prompt_tokens": 321' in answer.text
    [request] = server.recorded
    assert request.body["messages"] == ASKED["messages"]
    assert request.headers["content-type"] == "application/json"


def test_it_plays_each_of_a_script_once_and_stays_with_the_last(server):
    server.script(Play("Too many", fault="status", status=429, retry_after="3"), Play("One"), Play("Two"))
    refused = ask(server)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3")
    assert refused.json()["error"]["message"] == "Too many"
    assert [text_of(ask(server)) for _ in range(3)] == ["One", "Two", "Two"]


def test_another_process_scripts_it_and_reads_what_it_recorded(server):
    script = json.dumps([{"text": "Scripted", "pieces": ["Scr", "ipted"]}]).encode()
    request = urllib.request.Request(f"{server.url}/script", script, method="POST")  # noqa: S310 - loopback
    urllib.request.urlopen(request, timeout=5).close()  # noqa: S310 - loopback
    assert text_of(ask(server)) == "Scripted"
    kept = httpx.get(f"{server.url}/recorded", timeout=30).json()
    assert [one["body"]["model"] for one in kept["requests"]] == ["m"]
    httpx.post(f"{server.url}/forget", timeout=30)
    assert httpx.get(f"{server.url}/recorded", timeout=30).json()["requests"] == []


def test_it_cuts_a_stream_and_ends_one_too_early(server):
    server.script(Play(fault="cut"), Play(fault="cut_quietly"))
    with pytest.raises(httpx.TransportError):
        ask(server)
    early = ask(server)
    assert 0 < len(text_of(early)) < len(Play().text)
    assert "[DONE]" not in early.text


def test_it_sends_no_usage_or_refuses_to_be_asked_for_it(server):
    server.script(Play(fault="no_usage"), Play(fault="refuses_usage"))
    assert "prompt_tokens" not in ask(server, stream_options={"include_usage": True}).text
    assert ask(server, stream_options={"include_usage": True}).status_code == 400
    assert ask(server).status_code == 200


def test_it_answers_in_one_document_or_with_a_page(server):
    server.script(Play("All of it", fault="plain"), Play(fault="wrong_type"))
    assert ask(server).json()["choices"][0]["message"]["content"] == "All of it"
    assert ask(server).headers["content-type"] == "text/html"


def test_it_packs_its_answer_for_whoever_cannot_unpack_it(server):
    server.script(Play("All of it", fault="packed"))
    answer = httpx.post(
        f"{server.base_url}/chat/completions", json=ASKED, headers={"Accept-Encoding": "identity"}, timeout=30
    )
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["choices"][0]["message"]["content"] == "All of it"


@pytest.mark.parametrize("fault", ["stall", "silence", "trickle", "endless", "endless_line"])
def test_it_never_ends_and_notices_who_hangs_up(server, fault):
    server.script(Play(fault=fault, delay_s=0.01, wait_s=60))
    with pytest.raises(httpx.ReadTimeout), httpx.Client(timeout=0.5) as client:
        read_for_a_while(client, server)
    wait_for(lambda: server.busy == 0, "the server to notice", 2)


def read_for_a_while(client: httpx.Client, server: ModelServer) -> None:
    with client.stream("POST", f"{server.base_url}/chat/completions", json=ASKED) as answer:
        for seen, _part in enumerate(answer.iter_bytes()):
            if seen == 20:
                raise httpx.ReadTimeout("It would go on.")


def test_a_connection_counts_until_its_client_closes_it(server):
    body = json.dumps(ASKED).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as client:
        client.sendall(head + body)
        while b"[DONE]" not in client.recv(65_536):
            pass
        assert server.busy == 1
    wait_for(lambda: server.busy == 0, "the server to notice", 2)
