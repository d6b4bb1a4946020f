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
    "WIDGET_ORIGIN": "https://widget.example.com",
    "SECRET_KEY": KEY,
    "PEPPER": secrets.token_urlsafe(50),
    "DEBUG": "false",
    "RATE_LIMITS": "1",
    "ALLOWED_HOSTS": "chat.example.com",
    "TRUSTED_PROXIES": "10.0.0.0/8",
}
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
LOCAL = {
    "PUBLIC_URL": "http://127.0.0.1:8000",
    "WIDGET_ORIGIN": "",
    "SECRET_KEY": "",
    "PEPPER": "",
    "RATE_LIMITS": "off",
}


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
        pytest.param({"RATE_LIMITS": "101"}, "E013", id="limits that limit nothing"),
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


HOME = [
    *("127.0.0.1", "127.1.2.3", "[::1]", "localhost", "localhost.", "shop.localhost"),
    *("10.1.2.3", "172.16.0.9", "192.168.1.20", "[fd00::7]", "169.254.3.4", "[fe80::1]"),
    *("web", "nas", "ada.local", "Chat.LOCAL.", "shop.test", "chat.internal"),
]
PUBLIC = ["8.8.8.8", "172.32.0.1", "[2001:4860:4860::8888]", "localhost.example.com", "chat.example.com", "mylocal.io"]


def faults_at(url):
    """What is said there of settings that nobody would have on the internet."""
    with override_settings(PUBLIC_URL=url, IS_HTTPS=url.startswith("https:"), DEBUG=True, RATE_LIMITS=1.0):
        return [message.id for message in run_checks()]


@pytest.mark.parametrize("host", HOME)
def test_s64_home_is_what_the_internet_does_not_reach(host):
    assert faults_at(f"http://{host}:8000") == []
    assert "messenger.E012" in faults_at(f"https://{host}:8000"), "who has TLS there means it"


@pytest.mark.parametrize("host", PUBLIC)
def test_s64_everywhere_else_is_production(host):
    assert {"messenger.E012", "messenger.E014"} <= set(faults_at(f"http://{host}:8000"))
    assert "messenger.E012" in faults_at(f"https://{host}")


def test_s64_the_start_on_a_local_network_goes_well(manage):
    done = manage("check", **{**LOCAL, "PUBLIC_URL": "http://192.168.1.20:8000"})
    assert (done.returncode, faults_of(done)) == (0, [])


@pytest.mark.parametrize(
    "behind",
    [
        pytest.param({}, id="TLS"),
        pytest.param({"PUBLIC_URL": "http://chat.example.com", "BEHIND_PROXY": "true"}, id="BEHIND_PROXY"),
    ],
)
def test_s64_a_proxy_that_is_not_named_is_a_warning(manage, behind):
    done = manage("check", TRUSTED_PROXIES="", **behind)
    assert "W011" in faults_of(done)
    assert "Set TRUSTED_PROXIES" in done.stdout + done.stderr
    assert "W011" not in faults_of(manage("check", **behind))


def test_s64_without_a_proxy_none_has_to_be_named(manage):
    assert "W011" not in faults_of(manage("check", PUBLIC_URL="http://chat.example.com", TRUSTED_PROXIES=""))


@pytest.mark.parametrize("origin", ["", "https://chat.example.com", "https://chat.example.com:8443"])
def test_a_widget_that_shares_the_inboxs_host_is_a_warning(manage, origin):
    done = manage("check", WIDGET_ORIGIN=origin)
    assert (done.returncode, faults_of(done)) == (0, ["W012"])
    assert "set WIDGET_ORIGIN" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "origin",
    [
        *("widget.example.com", "https://widget.example.com/path", "https://"),
        *("https://Widget.example.com", "https://widget.example.com:443"),
    ],
)
def test_a_widget_origin_that_is_none_stops_every_command(manage, origin):
    assert "ImproperlyConfigured: WIDGET_ORIGIN" in manage("check", WIDGET_ORIGIN=origin).stderr


def test_s64_a_factor_for_a_load_test_is_fine_in_production(manage):
    assert manage("check", RATE_LIMITS="100").returncode == 0


def test_s64_at_home_deploy_tells_everything_and_nothing_twice(manage):
    done = manage("check", "--deploy", **LOCAL, DEBUG="true")
    assert done.returncode != 0
    assert sorted(faults_of(done)) == ["E010", "E012", "E013", "E014", "W010", "W012"]
    public = manage("check", "--deploy", **{**LOCAL, "PUBLIC_URL": "http://chat.example.com"}, DEBUG="true")
    assert sorted(faults_of(public)) == ["E010", "E012", "E013", "E014", "W010", "W012"]


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
