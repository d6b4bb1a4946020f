"""The pure JavaScript modules, tested under Node. Each file of `js/` is a specification of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from curbe.testing.npm import node

FILES = sorted(Path(__file__).parent.glob("js/*.test.js"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_passes_under_node(file: Path) -> None:
    # NODE_OPTIONS of the developer could skip tests or load other code.
    env = {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}
    command: list[str | Path] = [node(), "--test", "--test-reporter=spec", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail 0" in done.stdout and "skipped 0" in done.stdout and "tests 0" not in done.stdout, done.stdout


def test_it_finds_the_files() -> None:
    assert {"reducer.test", "socket.test", "outbox.test"} <= {file.stem for file in FILES}
