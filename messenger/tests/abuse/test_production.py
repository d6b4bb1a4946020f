"""S64: settings that are fine on one's own machine stop the start on the internet. The real command, in a process."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import subprocess
import sys

import pytest
import yaml
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from curbe.settings import limit_factor
from curbe.testing.npm import ROOT

KEY = secrets.token_urlsafe(50)
GOOD = {
    "PUBLIC_URL": "https://chat.example.com",
    "SECRET_KEY": KEY,
    "PEPPER": secrets.token_urlsafe(50),
    "DEBUG": "false",
    "RATE_LIMITS": "1",
    "ALLOWED_HOSTS": "chat.example.com",
}
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
LOCAL = {"PUBLIC_URL": "http://127.0.0.1:8000", "SECRET_KEY": "", "PEPPER": "", "RATE_LIMITS": "off"}


@pytest.fixture
def manage(tmp_path):
    """Runs manage.py with the good environment, changed."""

    def run(*arguments, **changed):
        place = {"LOCAL_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'production.sqlite3'}"}
        env = {**os.environ, **place, **GOOD, **changed}
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)

    return run


def faults_of(done):
    """The ids of our messages, in the order in which they were printed."""
    return re.findall(r"\(messenger\.(\w+)\)", done.stdout + done.stderr)


@pytest.mark.parametrize("command", ["check", "check --deploy"])
def test_s64_a_correct_environment_passes(manage, command):
    done = manage(*command.split())
    assert done.returncode == 0, done.stderr
    assert faults_of(done) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        pytest.param({"SECRET_KEY": ""}, "E010", id="generated key"),
        pytest.param({"SECRET_KEY": "tooshort"}, "E011", id="weak key"),
        pytest.param({"DEBUG": "true"}, "E012", id="DEBUG"),
        pytest.param({"RATE_LIMITS": "off"}, "E013", id="no limits"),
        pytest.param({"PUBLIC_URL": "http://chat.example.com"}, "E014", id="no TLS"),
    ],
)
def test_s64_an_unsafe_setting_is_an_error_with_its_remedy(manage, changed, fault):
    done = manage("check", **changed)
    assert done.returncode != 0
    assert faults_of(done) == [fault], done.stderr
    assert "HINT" in done.stderr


@pytest.mark.parametrize("key", ["abab" * 20, f"django-insecure-{KEY}", f"please-change_me-{KEY}", KEY[:31]])
def test_s64_a_key_that_can_be_guessed_is_an_error(key):
    with override_settings(PUBLIC_URL=GOOD["PUBLIC_URL"], IS_SECRET_KEY_SET=True, SECRET_KEY=key):
        assert "messenger.E011" in [message.id for message in run_checks()]
    with override_settings(PUBLIC_URL=GOOD["PUBLIC_URL"], IS_SECRET_KEY_SET=True, SECRET_KEY=KEY):
        assert "messenger.E011" not in [message.id for message in run_checks()]


def test_s64_compose_stops_before_it_touches_the_database(manage, tmp_path):
    done = manage("migrate", "--noinput", RATE_LIMITS="off")
    assert done.returncode != 0
    assert faults_of(done) == ["E013"]
    with sqlite3.connect(tmp_path / "production.sqlite3") as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == []
    assert manage("migrate", "--noinput").returncode == 0
    assert SERVICES["migrate"]["command"] == ["python", "manage.py", "migrate", "--noinput"]
    assert SERVICES["web"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_s64_a_missing_pepper_is_a_warning(manage):
    done = manage("check", PEPPER="")
    assert done.returncode == 0
    assert faults_of(done) == ["W010"]


def test_s64_at_home_nothing_is_asked_for(manage):
    done = manage("check", **LOCAL, DEBUG="true")
    assert done.returncode == 0
    assert faults_of(done) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "[::1]", "localhost", "shop.localhost"])
def test_s64_home_is_this_machine(host):
    with override_settings(PUBLIC_URL=f"http://{host}:8000", DEBUG=True):
        assert run_checks() == []
    with override_settings(PUBLIC_URL="http://localhost.example.com:8000", DEBUG=True):
        assert "messenger.E012" in [message.id for message in run_checks()]


def test_s64_at_home_deploy_tells_everything_and_nothing_twice(manage):
    done = manage("check", "--deploy", **LOCAL, DEBUG="true")
    assert done.returncode != 0
    assert sorted(faults_of(done)) == ["E010", "E012", "E013", "E014", "W010"]
    public = manage("check", "--deploy", **{**LOCAL, "PUBLIC_URL": "http://chat.example.com"}, DEBUG="true")
    assert sorted(faults_of(public)) == ["E010", "E012", "E013", "E014", "W010"]


@pytest.mark.parametrize("name", ["RATE_LIMITS", "TRUSTED_PROXIES"])
def test_a_value_that_means_nothing_stops_every_command(manage, name):
    done = manage("check", **{name: "on"})
    assert done.returncode != 0
    assert f"ImproperlyConfigured: {name} " in done.stderr


def test_a_factor_is_a_positive_number():
    assert [limit_factor(text) for text in ("off", "0.5", "1", "20")] == [None, 0.5, 1, 20]
    for text in ("on", "", "0", "-1", "inf", "nan", "1x", "OFF"):
        with pytest.raises(ImproperlyConfigured, match="RATE_LIMITS"):
            limit_factor(text)
