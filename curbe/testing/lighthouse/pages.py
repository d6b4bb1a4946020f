"""The demo page under two addresses: as it is, and without the widget's script; all else is passed on alike."""

from __future__ import annotations

import http.server
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

PAGE = "/demo/?lang=en"
_SCRIPT = re.compile(rb'<script async src="/widget/[^"]+"></script>')
_PASSED_ON = ("Accept", "Accept-Encoding", "Accept-Language", "User-Agent")
_NOT_PASSED_BACK = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


@contextmanager
def passing_on(origin: str, *, has_widget: bool) -> Iterator[str]:
    """The address of the page, with or without the widget, for as long as the block lasts."""
    place = type("Place", (_Place,), {"origin": origin, "has_widget": has_widget})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), place)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PAGE}"
    finally:
        server.shutdown()
        server.server_close()


class _Place(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    origin: str
    has_widget: bool

    def do_GET(self) -> None:
        status, headers, body = self._ask()
        if not self.has_widget and self.path == PAGE:
            body, found = _SCRIPT.subn(b"", body)
            assert found == 1, "The demo page embeds the widget otherwise than this expects."
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _ask(self) -> tuple[int, list[tuple[str, str]], bytes]:
        wanted = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        request = urllib.request.Request(f"{self.origin}{self.path}", headers=wanted)  # noqa: S310 - loopback
        try:
            answer = urllib.request.urlopen(request, timeout=30)  # noqa: S310 - loopback
        except urllib.error.HTTPError as refusal:
            answer = refusal  # Passed on like any other answer.
        with answer:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _NOT_PASSED_BACK]
            return answer.status, kept, answer.read()

    def log_message(self, *_: object) -> None:
        """Silent."""
