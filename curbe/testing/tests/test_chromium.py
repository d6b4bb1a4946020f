"""The browser of the tests is unpacked once, however many runs begin at the same moment."""

from __future__ import annotations

import threading
import time

from curbe.testing import chromium
from curbe.testing.race import race


def test_of_several_runs_one_unpacks_and_the_others_wait_for_it(tmp_path, monkeypatch):
    unpacked, inside = [], threading.Lock()

    def unpack(home):
        assert inside.acquire(blocking=False), "two at once: one removes what the other reads from"
        time.sleep(0.1)
        home.mkdir()
        unpacked.append(home)
        inside.release()

    monkeypatch.setattr(chromium, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(chromium, "_installed", lambda: None)
    monkeypatch.setattr(chromium, "_unpack_into", unpack)
    found = race(4, lambda _: chromium.get().path)
    assert len(unpacked) == 1
    assert set(found) == {unpacked[0] / "chromium"}
