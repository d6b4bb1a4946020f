"""The rules of the plugin, each seen in a test run of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from curbe.testing.npm import ROOT

# These start test runs of their own: once is enough.
pytestmark = pytest.mark.stack

PASSES = "def test_it(): assert True"
SKIPS = "import pytest\n@pytest.mark.skip\ndef test_it(): pass"
EXPECTS_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_it(): assert 0"
SKIPS_THE_FILE = "import pytest\npytest.skip('all of it', allow_module_level=True)"
NEEDS_A_DATABASE = """
import pytest
@pytest.mark.django_db
def test_it(): pass
def test_other(client, db): pass
def test_third(): pass
"""
# The number of another run may end in this one's.
MAKES_DATABASES = """
import os
from pathlib import Path
from curbe.testing.plugin import LOCAL_DIR
def test_it():
    both = [LOCAL_DIR / f"test-{pid}.sqlite3" for pid in (os.getpid(), f"9{os.getpid()}")]
    for path in both: path.touch()
    Path(__file__).with_name("made").write_text("\\n".join(map(str, both)))
"""
SPAWNS = "def test_it(spawn_stack): pass\ndef test_other(): pass"


def run_pytest(folder, content, *options):
    """A run of one file by this project's configuration."""
    (folder / "test_it.py").write_text(content)
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", f"--rootdir={folder}", *options, folder]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_a_run_that_skips_nothing_passes(tmp_path):
    done = run_pytest(tmp_path, PASSES)
    assert done.returncode == 0, done.stdout
    assert "nothing may be skipped" not in done.stdout


@pytest.mark.parametrize("content", [SKIPS, EXPECTS_FAILURE, SKIPS_THE_FILE])
def test_a_run_that_skips_something_fails_and_says_so(tmp_path, content):
    done = run_pytest(tmp_path, content)
    assert done.returncode == 1, done.stdout
    assert "nothing may be skipped" in done.stdout


def test_a_run_removes_its_own_databases_alone(tmp_path):
    done = run_pytest(tmp_path, MAKES_DATABASES)
    own, anothers = (tmp_path / "made").read_text().splitlines()
    assert done.returncode == 0, done.stdout
    assert not Path(own).exists()
    Path(anothers).unlink()  # It is there: the control of the line above.


def test_the_header_names_the_servers(tmp_path):
    header = run_pytest(tmp_path, PASSES).stdout
    for server in ("PostgreSQL: ", "Redis: ", "Chromium: "):
        assert server in header


def test_what_spawns_stacks_is_left_out_of_the_run_without_stacks(tmp_path):
    done = run_pytest(tmp_path, SPAWNS, "-m", "not stack")
    assert "1 passed, 1 deselected" in done.stdout


def test_what_needs_no_database_is_run_on_one_only(tmp_path):
    done = run_pytest(tmp_path, NEEDS_A_DATABASE, "-m", "not pure")
    assert "2 passed, 1 deselected" in done.stdout


def test_a_server_that_cannot_be_had_is_a_plain_error(tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_DATABASE_URL", "postgres://nobody:nothing@127.0.0.1:1/none")
    (tmp_path / "test_it.py").write_text("def test_it(postgres_server): postgres_server.create_database('x')")
    done = run_pytest(tmp_path, (tmp_path / "test_it.py").read_text())
    assert done.returncode == 1
    assert "127.0.0.1" in done.stdout
    assert "the one of TEST_DATABASE_URL" in done.stdout
