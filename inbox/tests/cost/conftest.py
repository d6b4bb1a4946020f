"""Harbor with something in every table, and a way to have five hundred times as much of it."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client

# The cast is a plugin, and pytest wants to be the first to import it: so whatever imports it is imported late.


@pytest.fixture
def populated(harbor):
    """A row of every model; the person, and the conversation, that most of them are about."""
    from messenger import actions
    from messenger.models import Conversation, Team
    from messenger.tests.admin.conftest import live_a_little

    actions.create_api_token(agent=harbor.ada, name="program")
    actions.create_identity_secret(tenant=harbor.tenant)
    Team.objects.create(tenant=harbor.tenant, name="Returns")
    guest = live_a_little(harbor, "bell")
    conversation = Conversation.objects.filter(tenant=harbor.tenant, contact=guest.contact).get()
    return SimpleNamespace(company=harbor, contact=guest.contact, conversation=conversation)


@pytest.fixture
def grow(populated):
    """Adds so many of every model that the admin shows, like the ones there are."""
    from curbe.testing.crowds import multiply_everything

    def add(number: int) -> None:
        multiply_everything(list(admin.site._registry), populated.company.tenant, number)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    return add


@pytest.fixture
def superuser(db):
    from messenger.models import User

    client = Client()
    client.force_login(User.objects.create_superuser(f"{uuid.uuid4().hex}@curbe.example", "a long enough password"))
    return client
