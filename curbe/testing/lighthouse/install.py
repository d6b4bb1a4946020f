"""Lighthouse in the project's cache, as package-lock.json pins it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from curbe.testing.npm import CACHE, FetchFailed, move_into_place, node, npm

_PINS = ("package.json", "package-lock.json")
_HERE = Path(__file__).parent


def lighthouse() -> Path:
    """Its program, for Node; installed on the first call. FetchFailed with npm's words when that fails."""
    pinned = hashlib.sha256((_HERE / "package-lock.json").read_bytes()).hexdigest()[:12]
    home = CACHE / f"lighthouse-{pinned}"
    if not home.exists():
        CACHE.mkdir(exist_ok=True)
        move_into_place(_install(Path(tempfile.mkdtemp(dir=CACHE, prefix="installing-"))), home)
    return home / "node_modules" / "lighthouse" / "cli" / "index.js"


def _install(scratch: Path) -> Path:
    for name in _PINS:
        shutil.copy(_HERE / name, scratch)
    command: list[str | Path] = [node(), npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode != 0:
        shutil.rmtree(scratch)
        raise FetchFailed(f"npm could not install Lighthouse.\n{done.stderr.strip()}")
    return scratch
