"""The first five minutes of a stranger: a clone, `make run`, and it answers."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from curbe.testing.npm import ROOT
from curbe.testing.processes import free_port
from curbe.testing.waiting import wait_for

WITHIN_S = 90


@pytest.mark.stack
def test_make_run_answers_in_a_fresh_clone(tmp_path):
    """With a warm package cache, in under 90 seconds; a second start keeps what is there."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone], check=True, timeout=60)
    first = seconds_until_it_answers(clone)
    database = clone / ".local" / "curbe.sqlite3"
    key = (clone / ".local" / "secret_key").read_text()
    size = database.stat().st_size
    second = seconds_until_it_answers(clone)
    print(f"make run answered after {first:.0f} s, and after {second:.0f} s when started again")
    assert first < WITHIN_S
    assert (clone / ".local" / "secret_key").read_text() == key
    assert database.stat().st_size >= size > 0


def seconds_until_it_answers(clone):
    port = free_port()
    ours = ("DATABASE_URL", "LOCAL_DIR", "SECRET_KEY", "REDIS_URL", "MAKEFLAGS", "MAKELEVEL", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if name not in ours} | {"PORT": str(port)}
    started = time.monotonic()
    log = (clone / "run.log").open("w")
    run = subprocess.Popen(["make", "run"], cwd=clone, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(lambda: answers(port, run), "make run to answer", WITHIN_S)
        return time.monotonic() - started
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(10)
        log.close()


def answers(port, run):
    assert run.poll() is None, "make run has ended"
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False  # Handled: not up yet.
