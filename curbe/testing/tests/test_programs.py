"""The programs that `make` runs beside the tests."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from curbe.testing.npm import ROOT

FOLDERS = ("bench", "lighthouse", "load", "mutants", "soak")
PROGRAMS = ("catalogues", "screenshots", "typecheck_js", *(f"{folder}.__main__" for folder in FOLDERS))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_loaded_without_the_environment_of_the_tests(name):
    """They set it up by themselves, after their imports."""
    bare = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME")}
    code = f"import curbe.testing.{name}"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=bare, capture_output=True, text=True)
    assert loaded.returncode == 0, loaded.stderr
