"""Create .venv and install the locked requirements into it; needs nothing but Python itself.

    python3 curbe/setup_env.py [--dev]

A call does nothing while the lock file is the one installed last. uv does the work where it is on the
PATH or can be installed, in seconds; plain pip does it elsewhere. Both check every hash of the lock.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)

NO_VENV = """\
This Python cannot make a virtual environment that can install packages: it lacks `ensurepip`,
and there is neither uv nor pip. Install one of them and call again:
    Debian, Ubuntu:  apt-get install python3-venv
    anywhere:        uv (https://docs.astral.sh/uv/)"""
NO_INSTALL = """\
The locked requirements could not be installed, see above. Behind a mirror or a proxy, tell pip
(PIP_INDEX_URL, PIP_CERT) or uv (UV_DEFAULT_INDEX, SSL_CERT_FILE) and call again."""


def main() -> None:
    """Exit with a remedy in plain words when the environment cannot be made."""
    if sys.version_info < OLDEST:
        sys.exit(f"Curbe needs Python 3.11 or newer, this is {sys.version.split()[0]}.")
    lock = ROOT / ("requirements-dev.txt" if "--dev" in sys.argv[1:] else "requirements.txt")
    stamp = VENV / f"installed-{lock.name}"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not is_usable(PYTHON):
        create_environment()
    if not stamp.exists() or stamp.read_text() != wanted:
        install(lock)
        stamp.write_text(wanted)


def is_usable(python: Path) -> bool:
    """False for a missing interpreter, an old one, and a link to one that was removed."""
    check = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    return python.exists() and succeeds(python, "-c", check)


def create_environment() -> None:
    """By uv, else by venv, else by a venv without pip that the pip outside can fill."""
    say(f"Creating {VENV.name} with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    uv = shutil.which("uv")
    if uv and run(uv, "venv", "--quiet", "--python", sys.executable, VENV):
        return
    if succeeds(sys.executable, "-m", "venv", "--clear", VENV):
        return
    # Debian splits ensurepip off into python3-venv.
    if succeeds(sys.executable, "-m", "pip", "--version") and run(
        sys.executable, "-m", "venv", "--clear", "--without-pip", VENV
    ):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    sys.exit(NO_VENV)


def install(lock: Path) -> None:
    say(f"Installing {lock.name}")
    uv = find_uv()
    if uv and run(
        uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON, "--require-hashes", "-r", lock
    ):
        return
    pip = find_pip()
    if pip and run(*pip, "install", "--quiet", "--require-hashes", "-r", lock):
        return
    sys.exit(NO_INSTALL if uv or pip else NO_VENV)


def find_uv() -> str | Path | None:
    """uv from the PATH or the environment; else the locked one, installed by pip if that can be done."""
    inside = VENV / "bin" / "uv"
    if not (on_path := shutil.which("uv")) and not inside.exists():
        install_uv()
    return on_path or (inside if inside.exists() else None)


def install_uv() -> None:
    """Install what the development lock says of uv, hashes and all. A failure is fine: pip does all of it then."""
    pinned = re.search(r"^uv==(?:.*\\\n)*.*$", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)
    if (pip := find_pip()) and pinned:
        only_uv = VENV / "uv.txt"
        only_uv.write_text(pinned[0] + "\n")
        succeeds(*pip, "install", "--quiet", "--require-hashes", "-r", only_uv)


def find_pip() -> list[str | Path] | None:
    """The pip of the environment, else this Python's own pip working on the environment."""
    candidates: list[list[str | Path]] = [[PYTHON, "-m", "pip"], [sys.executable, "-m", "pip", "--python", PYTHON]]
    return next((pip for pip in candidates if succeeds(*pip, "--version")), None)


def run(*command: str | Path) -> bool:
    """Run with the user watching; True when it succeeded."""
    return subprocess.run(command, env=environment(), check=False).returncode == 0


def succeeds(*command: str | Path) -> bool:
    """Run in silence; True when it succeeded."""
    silent = subprocess.run(command, env=environment(), check=False, capture_output=True)
    return silent.returncode == 0


def environment() -> dict[str, str]:
    """Without what an activated environment elsewhere would make uv and pip believe."""
    return {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH"}}


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
