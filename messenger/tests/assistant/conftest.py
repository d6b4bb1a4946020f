"""A company whose widget has the assistant, a provider that does as it is told, and time that passes at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from curbe.testing import scripted
from curbe.testing.scripted import ScriptedProvider
from messenger import jobs
from messenger.assistant import answering, providers
from messenger.models import Turn


@pytest.fixture
def provider(settings):
    """What the assistant asks. Knows "It takes two days." until told otherwise."""
    settings.ASSISTANT_PROVIDER = scripted.PATH
    providers.get_provider.cache_clear()
    ScriptedProvider.asked.clear()
    ScriptedProvider.says("It takes two days.")
    yield ScriptedProvider
    providers.get_provider.cache_clear()


@pytest.fixture
def helped(harbor, provider):
    """The company with its assistant switched on."""
    harbor.widget.features = {"assistant": True}
    harbor.widget.save()
    return harbor


@pytest.fixture
def visitor(helped):
    return helped.browser()


def make_due():
    """Let the time pass that a turn waits for."""
    Turn.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(milliseconds=1))


def next_job():
    """What a worker with room for it begins with next."""
    answering.hand_out()
    return jobs.claim_next("test")


def work(*, at_once: bool = True) -> int:
    """Do what a worker does until there is nothing left; return how many jobs that were."""
    if at_once:
        make_due()
    done = 0
    while job := next_job():
        jobs.run(job)
        done += 1
    assert not DBTaskResult.objects.failed().exists()
    return done
