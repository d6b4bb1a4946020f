"""Server processes of the test bed: tied to the run, logged to a file, stopped with certainty."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

# The death signal fires when the *thread* that started the process ends: one thread starts them all.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bed-starter")
_TIED = Path(__file__).with_name("tied.py")
# Below those that connections are given: while a server starts, or is away for a while, nobody else takes its port.
_PORTS = range(15_000, 30_000)
_given: set[int] = set()
_WORK_DIR = re.compile(r"curbe-bed-(\d+)-")


class ServerFailed(Exception):
    """A server of the bed did not start or does not answer; the message carries the end of its log."""


class Process:
    """One process: `start`, `stop` (politely), `kill` (SIGKILL, with its children), `logs`."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str = "-",
        stop_signal: int = signal.SIGTERM,
        death_signal: int = signal.SIGKILL,
    ) -> None:
        tie = [sys.executable, "-I", "-S", _TIED, str(os.getpid()), str(int(death_signal)), user]
        self._command = [*map(str, tie), *map(str, command)]
        self._log, self._env, self._cwd, self._stop_signal = log, env, cwd, stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Idempotent; the log file is appended to."""
        if not self.is_alive:
            self._process = _starter.submit(self._spawn).result()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,  # A Ctrl-C at the test run is the run's to handle.
            )

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """RuntimeError before the first start."""
        if self._process is None:
            raise RuntimeError("This process was never started.")
        return self._process.pid

    @property
    def logs(self) -> str:
        """All it has written so far, over every start."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def run(self, timeout: float) -> int:
        """For a command that ends by itself: start it, wait for it, its exit code."""
        self.start()
        assert self._process is not None
        return self._process.wait(timeout)

    def stop(self, timeout: float = 15) -> None:
        """Politely, by its stop signal; ServerFailed (after killing it) when it ignores that."""
        if self._process is None or not self.is_alive:
            return
        self._process.send_signal(self._stop_signal)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerFailed(f"{self.describe()} did not stop within {timeout:g} s.\n{self.tail()}") from None

    def kill(self) -> None:
        """SIGKILL for it and its children at one moment, as a power cut would."""
        if self._process is None or not self.is_alive:
            return
        family = psutil.Process(self._process.pid)
        for member in [family, *family.children(recursive=True)]:
            try:
                member.kill()
            except psutil.NoSuchProcess:
                continue  # It ended by itself in between: what was wanted.
        self._process.wait()

    def describe(self) -> str:
        return " ".join(self._command[7:10])

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.logs.splitlines()[-lines:])


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago; another one each time."""
    while True:
        port = secrets.choice(_PORTS)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False  # Somebody has it.
        return True


def make_work_dir(purpose: str) -> Path:
    """A folder for servers, readable by an unprivileged one; removed by `remove_work_dirs`."""
    path = Path(tempfile.mkdtemp(prefix=f"curbe-bed-{os.getpid()}-{purpose}-"))
    path.chmod(0o755)
    return path


def remove_work_dirs() -> None:
    """Those of this run, and those which killed runs left behind."""
    for path in Path(tempfile.gettempdir()).glob("curbe-bed-*"):
        owner = _WORK_DIR.match(path.name)
        if owner and (int(owner[1]) == os.getpid() or not psutil.pid_exists(int(owner[1]))):
            shutil.rmtree(path, ignore_errors=True)
