"""The delivery self-test: green where things work, and red with a remedy where one of them is broken on purpose."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone, translation

from messenger import actions, selftest
from messenger.models import Conversation, Event
from messenger.selftest import CHECKS, Finding, Place, run_self_test

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(harbor):
    return Place(harbor.tenant.id, settings.PUBLIC_URL, settings.PUBLIC_URL.partition("//")[2])


def found(place: Place, key: str) -> Finding:
    with translation.override("en"):
        return next(one for one in run_self_test(place) if one.key == key)


def test_everything_is_green_here(place, chat, monkeypatch):
    monkeypatch.setattr(selftest, "_is_there", lambda name: True)  # Tests collect no static files.
    findings = run_self_test(place)
    assert [one.key for one in findings] == list(CHECKS)
    assert [(one.key, one.seen) for one in findings if not one.is_good] == []


def test_a_layer_that_loses_what_is_published_is_red_within_seconds(place, monkeypatch):
    from channels.layers import InMemoryChannelLayer

    async def lose(*_args):
        """A wake-up that goes nowhere."""

    assert found(place, "layer").is_good  # The control.
    monkeypatch.setattr(selftest, "_HEARD_WITHIN_S", 0.2)
    monkeypatch.setattr(InMemoryChannelLayer, "group_send", lose)
    red = found(place, "layer")
    assert not red.is_good
    assert "REDIS_URL" in red.remedy


def test_a_folder_that_cannot_be_written_is_red(place, tmp_path, settings):
    (tmp_path / "file").write_text("no folder")
    settings.MEDIA_ROOT = tmp_path / "file"
    red = found(place, "storage")
    assert not red.is_good
    assert "MEDIA_ROOT" in red.remedy
    settings.MEDIA_ROOT = tmp_path / "folder"
    assert found(place, "storage").is_good  # The control; nothing is left behind.
    assert [path for path in (tmp_path / "folder").rglob("*") if path.is_file()] == []


def test_another_address_than_the_public_one_is_red(place):
    assert found(place, "origin").is_good
    red = found(Place(place.tenant_id, "http://other.example", "inbox.example"), "origin")
    assert not red.is_good
    assert "PUBLIC_URL" in red.remedy
    assert "BEHIND_PROXY" in red.remedy


def test_a_log_that_nobody_prunes_is_red(place, chat):
    assert found(place, "housekeeping").is_good
    Event.objects.update(created_at=timezone.now() - timedelta(days=9))
    red = found(place, "housekeeping")
    assert not red.is_good
    assert "prune" in red.remedy


def test_a_snooze_that_nobody_ends_is_red(place, rival, chat):
    own = Conversation.objects.filter(id=chat["conversation"]["id"])
    own.update(status="snoozed", snoozed_until=timezone.now() - timedelta(seconds=30))
    assert found(place, "worker").is_good
    own.update(snoozed_until=timezone.now() - timedelta(minutes=5))
    red = found(place, "worker")
    assert not red.is_good
    assert "5 minutes" in red.seen
    assert "manage.py work" in red.remedy
    assert found(Place(rival.tenant.id, place.origin, place.host), "worker").is_good
    assert not found(Place(None, place.origin, place.host), "worker").is_good
    assert actions.wake_due() == 1
    assert found(place, "worker").is_good


def test_a_database_that_forgets_is_red(place):
    assert found(place, "database").is_good
    statement = "SET LOCAL synchronous_commit = off" if connection.vendor == "postgresql" else None
    if statement is None:
        asked = {"PRAGMA journal_mode": "delete", "PRAGMA synchronous": "1"}
        with pytest.MonkeyPatch.context() as patch:  # Inside a transaction SQLite keeps to what it has.
            patch.setattr(selftest, "_asked", lambda question: asked[question])
            assert not found(place, "database").is_good
        return
    with connection.cursor() as cursor:
        cursor.execute(statement)
    red = found(place, "database")
    assert not red.is_good
    assert "synchronous_commit" in red.remedy


def test_clocks_that_are_apart_are_red(place, monkeypatch):
    assert found(place, "clock").is_good
    monkeypatch.setattr(selftest, "MOST_SKEW_S", -1)
    assert "NTP" in found(place, "clock").remedy
    assert not found(place, "clock").is_good


def test_missing_files_are_red(place, monkeypatch):
    monkeypatch.setattr(selftest, "_STATIC", ("inbox/gone.js",))
    red = found(place, "static")
    assert not red.is_good
    assert "collectstatic" in red.remedy


def test_a_check_that_fails_itself_is_red_and_the_others_go_on(place, monkeypatch, log_lines):
    def fail(_place):
        raise RuntimeError("a secret in the message")

    monkeypatch.setitem(CHECKS, "clock", fail)
    findings = run_self_test(place)
    red = next(one for one in findings if one.key == "clock")
    assert not red.is_good
    assert "secret" not in f"{red.seen} {red.remedy}"
    assert len(findings) == len(CHECKS)
    assert any(line["event"] == "self_test_failed" for line in log_lines())


def test_nothing_secret_is_told(place):
    told = " ".join(f"{one.seen} {one.remedy}" for one in run_self_test(place))
    for secret in (settings.SECRET_KEY, settings.PEPPER, str(settings.DATABASES["default"]["NAME"])):
        assert secret not in told
