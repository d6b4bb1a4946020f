"""Which provider answers is a setting: one that is wrong is said at the start, with its remedy, and at once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from curbe.testing.npm import ROOT
from messenger.assistant.protocol import Decline
from messenger.assistant.providers import SHIPPED, get_provider

HERE = "messenger.tests.assistant.test_providers"
GOOD = {"ASSISTANT_PROVIDER": "openai", "ASSISTANT_MODEL": "m", "OPENAI_API_KEY": "k"}


class Silent:
    """A provider of somebody's own."""

    name = "silent"

    def answer(self, inquiry):
        yield from ()
        return Decline("low_confidence")


def faults(settings, **changed):
    for name, value in {**GOOD, **changed}.items():
        setattr(settings, name, value)
    return {one.id: one for one in run_checks() if one.id.startswith("messenger.E02")}


@pytest.fixture(autouse=True)
def _anew():
    get_provider.cache_clear()
    yield
    get_provider.cache_clear()


@pytest.mark.parametrize("chosen", [*SHIPPED, f"{HERE}.Silent"])
def test_it_makes_the_one_of_the_settings(settings, chosen):
    settings.ASSISTANT_PROVIDER = chosen
    assert get_provider().name == chosen.rpartition(".")[2].lower()
    assert get_provider() is get_provider()


@pytest.mark.parametrize("chosen", ["gpt", "messenger.nowhere.Provider", f"{HERE}.Loud", ""])
def test_one_that_is_not_there_fails_with_the_remedy(settings, chosen):
    settings.ASSISTANT_PROVIDER = chosen
    with pytest.raises(ImproperlyConfigured, match="Set ASSISTANT_PROVIDER to articles or openai"):
        get_provider()
    [fault] = faults(settings, ASSISTANT_PROVIDER=chosen).values()
    assert (fault.id, repr(chosen) in fault.msg) == ("messenger.E020", True)
    assert "Set ASSISTANT_PROVIDER to articles or openai" in fault.hint


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"ASSISTANT_MODEL": ""}, "E022"),
        ({"OPENAI_API_KEY": ""}, "E023"),
        ({"OPENAI_BASE_URL": "api.openai.com"}, "E024"),
        ({"OPENAI_BASE_URL": "ftp://api.openai.com"}, "E024"),
        ({"ASSISTANT_DEADLINE_S": 0}, "E021"),
        ({"ASSISTANT_DEADLINE_S": 121}, "E021"),
    ],
)
def test_what_a_provider_needs_is_asked_for_at_the_start(settings, changed, fault):
    assert faults(settings) == {}
    found = faults(settings, **changed)
    assert list(found) == [f"messenger.{fault}"]
    assert next(iter(found.values())).hint


@pytest.mark.parametrize("chosen", ["articles", f"{HERE}.Silent"])
def test_a_model_is_asked_for_only_by_the_one_that_uses_it(settings, chosen):
    assert faults(settings, ASSISTANT_PROVIDER=chosen, ASSISTANT_MODEL="", OPENAI_API_KEY="") == {}


def test_the_key_is_in_no_complaint(settings):
    found = faults(settings, OPENAI_API_KEY="sk-canary", OPENAI_BASE_URL="", ASSISTANT_MODEL="")
    assert len(found) == 2
    assert "sk-canary" not in repr(found)


STARTED = """
import sys, django
from django.core.management import call_command
django.setup()
call_command("check")
before = {"openai", "httpx2"} & set(sys.modules)
from messenger.assistant.providers import get_provider
get_provider()
print(before, "openai" in sys.modules)
"""


def test_a_start_does_not_wait_for_the_client_to_be_imported():
    env = {**os.environ, **GOOD, "DJANGO_SETTINGS_MODULE": "curbe.settings"}
    done = subprocess.run(
        [sys.executable, "-c", STARTED], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "set() True"
