"""The pure JavaScript modules, as written under Node and as served in Chromium.

Each file of `js/` is a specification of its own.
"""

from __future__ import annotations

import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from curbe.static import is_ours, lean
from curbe.testing.npm import ROOT, node

JS = Path(__file__).parent / "js"
FILES = sorted(JS.glob("*.test.js"))
# What a page of the tests may load: the modules, and their tests.
SERVED = ("/static/", "/messenger/tests/js/")
PAGE = "/messenger/tests/js/chromium/page.html"

of_each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@of_each_file
def test_it_passes_under_node(file: Path) -> None:
    # NODE_OPTIONS of the developer could skip tests or load other code.
    env = {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}
    command: list[str | Path] = [node(), "--test", "--test-reporter=spec", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail 0" in done.stdout and "skipped 0" in done.stdout and "tests 0" not in done.stdout, done.stdout


@of_each_file
def test_it_passes_in_chromium(browser, sources: str, file: Path) -> None:
    outcome = outcome_of(browser, f"{sources}{PAGE}?file={file.name}")
    assert [one for one in outcome if one["error"]] == []
    assert outcome


def test_a_failure_in_chromium_would_be_noticed(browser, sources: str) -> None:
    """The control: assertions that do not hold, of every kind, and a file that is not there."""
    wrong = outcome_of(browser, f"{sources}{PAGE}?file=chromium/wrong.js")
    assert len(wrong) > 5
    assert [one["name"] for one in wrong if not one["error"]] == []
    assert [bool(one["error"]) for one in outcome_of(browser, f"{sources}{PAGE}?file=missing.js")] == [True]


def test_it_finds_the_files() -> None:
    expected = {"reducer.test", "socket.test", "polling.test", "outbox.test", "typing.test", "tabs.test"}
    assert expected <= {file.stem for file in FILES}


def outcome_of(browser, address: str) -> list[dict[str, str | None]]:
    """The name of every test of a file and, where it failed, why."""

    def run(session):
        page = session.page(address)
        return page.wait_for_function("globalThis.outcome", timeout=60_000).json_value()

    found: list[dict[str, str | None]] = browser.run(run)
    return found


@pytest.fixture(scope="module")
def sources() -> Iterator[str]:
    """The modules as visitors get them and their tests, as a server hands them out."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, directory=str(ROOT), **options)

        def do_GET(self):
            name = self.path.removeprefix("/static/")
            if not self.path.startswith(SERVED):
                self.send_error(404)
            elif is_ours(name):
                self.answer(lean(name, (ROOT / "static" / name).read_text()).encode())
            else:
                super().do_GET()

        def answer(self, script: bytes):
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.send_header("Content-Length", str(len(script)))
            self.end_headers()
            self.wfile.write(script)

        def log_message(self, *arguments):
            """Silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
