"""Every list of the admin walks an index in its order, on its first page and the next: nothing is sorted or read whole.

Of PostgreSQL, whose plans follow the size of the tables.
"""

from __future__ import annotations

import itertools
from functools import partial

import pytest
from django.contrib import admin
from django.db import connection
from django.urls import reverse

from curbe.testing.scale import repetitions

from .plans import big_tables, page_of, plan_of, statements_of

pytestmark = pytest.mark.django_db

ROWS = repetitions(small=2_000, full=10_000)


def faults_of(model, client, page, big, **query):
    """What is wrong with how a page of the model's list is read."""
    address = reverse(f"admin:messenger_{model._meta.model_name}_changelist")
    statements = statements_of(partial(client.get, address, {"p": page, **query}))
    plan = plan_of(page_of(statements, model._meta.db_table))
    what = f"{model.__name__}, page {page}"
    if plan.is_list_sorted:
        yield f"{what}: sorted"
    if plan.whole & big:
        yield f"{what}: reads {sorted(plan.whole & big)} from end to end"


def lists_of(client, without=()):
    """Every model whose list goes on beyond a page for this viewer."""
    for model in admin.site._registry:
        if model.__name__ not in without:
            page = client.get(reverse(f"admin:messenger_{model._meta.model_name}_changelist"))
            assert page.context["cl"].multi_page, f"{model.__name__}: nothing has grown"
            yield model


@pytest.fixture
def viewers(populated, superuser, sign_in, grow):
    """With the models that each has no long list of: an admin sees no accounts, and their own company alone."""
    grow(ROWS)
    return {"a superuser": (superuser, ()), "an admin": (sign_in(populated.company.ada), ("User", "Tenant"))}


def test_every_list_of_the_admin_walks_an_index_in_its_order(request):
    if connection.vendor != "postgresql":
        return  # The figures are about PostgreSQL, and this file also runs there.
    viewers, big = request.getfixturevalue("viewers"), big_tables()
    assert {model._meta.db_table for model in admin.site._registry} <= big
    faults, pages = [], 0
    for who, (client, without) in viewers.items():
        for model, page in itertools.product(lists_of(client, without), (1, 2)):
            pages += 1
            faults += [f"{who}: {fault}" for fault in faults_of(model, client, page, big)]
    assert faults == [], "\n".join(faults)
    assert pages == 4 * (len(admin.site._registry) - 1)


def test_a_list_without_an_index_would_be_found(request):
    """The control: the same list by a column that no index ends in."""
    if connection.vendor != "postgresql":
        return  # As above.
    from messenger.admin.contacts import ContactAdmin
    from messenger.models import Contact

    client, _ = request.getfixturevalue("viewers")["a superuser"]
    named = 1 + ContactAdmin.list_display.index("display_name")
    faults = list(faults_of(Contact, client, 1, big_tables(), o=str(named)))
    assert any("sorted" in fault for fault in faults) and any("end to end" in fault for fault in faults)
