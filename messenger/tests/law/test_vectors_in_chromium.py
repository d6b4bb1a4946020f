"""The same vectors and schedules in the browser that visitors and agents have."""

from __future__ import annotations

import http.server
import threading
from typing import Any

import pytest

from curbe.testing.npm import ROOT

# The database is made for tests that say so.
pytestmark = pytest.mark.django_db

RUN = """async () => {
  const [reducer, law] = await Promise.all([import("/static/realtime/reducer.js"), import("/messenger/tests/js/law.js")]);
  const lines = async (name) => (await (await fetch(`/law/${name}.jsonl`)).text()).trim().split("\\n").map((line) => JSON.parse(line));
  const [vectors, histories, schedules] = await Promise.all(["vectors", "histories", "schedules"].map(lines));
  const planted = { ...vectors[0], name: "planted", after: { ...vectors[0].after, unread_count: 99 } };
  return {
    ran: [vectors.length, schedules.length],
    wrong: law.wrongVectors(reducer, [...vectors, planted]),
    diverged: law.divergedSchedules(reducer, histories, schedules),
  };
}"""  # noqa: E501  One statement a line.


@pytest.fixture
def site(folder):
    """The address of a server that has the modules, and the vectors below /law/."""

    class Files(http.server.SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            inside = path.removeprefix("/law/")
            return str(folder / inside) if inside != path else super().translate_path(path)

        def log_message(self, *_: Any) -> None:
            pass

    (folder / "index.html").write_text("<!doctype html><title>The snapshot law</title>")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Files(*a, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/law/index.html"
    server.shutdown()
    server.server_close()


def test_chromium_reproduces_every_vector_and_schedule(browser, site, vectors, schedules):
    found = browser.run(lambda session: session.page(site).evaluate(RUN))
    assert found["ran"] == [len(vectors), len(schedules)]
    assert found["wrong"] == ["planted"], "the control is found, and nothing else"
    assert found["diverged"] == []
