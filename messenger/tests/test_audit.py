"""The audit log: who did what, kept with the deed, without a text or a credential, and never changed."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import CharField, ProtectedError

from curbe.testing.cast import PASSWORD, proof
from messenger import actions
from messenger.models import AuditEntry

pytestmark = pytest.mark.django_db


def lines(company):
    rows = AuditEntry.objects.filter(tenant=company.tenant).order_by("created_at", "id")
    return [(one.action, one.actor_kind) for one in rows]


def test_the_database_lets_nobody_change_or_remove_a_line(harbor):
    actions.create_api_token(agent=harbor.ada, name="Program")
    rows = AuditEntry.objects.filter(tenant=harbor.tenant)
    for refused in (lambda: rows.update(facts={}), rows.delete, lambda: rows._raw_delete(rows.db)):
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
            refused()
    assert rows.count() == 1


def test_it_is_neither_emptied_nor_taken_along(harbor, rival):
    actions.create_api_token(agent=harbor.ada, name="Program")
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("TRUNCATE messenger_auditentry")
    with pytest.raises(ProtectedError), transaction.atomic():
        harbor.tenant.delete()
    assert len(lines(harbor)) == 1
    rival.tenant.delete()  # The control: nothing is told of it.


@pytest.mark.django_db(transaction=True)
def test_a_table_that_was_made_anew_is_as_unchanging(harbor):
    actions.create_api_token(agent=harbor.ada, name="Program")
    old = AuditEntry._meta.get_field("trace_id")
    new = CharField(max_length=100, blank=True)
    new.set_attributes_from_name("trace_id")
    new.model = AuditEntry
    rows = AuditEntry.objects.filter(tenant=harbor.tenant)
    for one, other in ((old, new), (new, old)):
        with connection.schema_editor() as editor:
            editor.alter_field(AuditEntry, one, other)
        if connection.vendor == "sqlite":
            assert rows.update(facts={}) == 1  # The control: the triggers are gone with the table.
        call_command("migrate", verbosity=0)
        for refused in (lambda: rows.update(facts={}), lambda: rows._raw_delete(rows.db)):
            with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
                refused()


def test_a_deed_that_fails_leaves_no_line(harbor):
    with transaction.atomic():
        actions.create_api_token(agent=harbor.ada, name="Program")
        transaction.set_rollback(True)
    assert lines(harbor) == []


def test_roles_keys_and_secrets_are_accounted_for_once(harbor):
    token, key = actions.create_api_token(agent=harbor.ben, name="Program")
    row, secret = actions.create_identity_secret(tenant=harbor.tenant)
    harbor.ben.role = "admin"
    for _ in range(2):  # The second time changes nothing, so there is nothing to tell.
        actions.update_agent(harbor.ben)
        actions.revoke_api_token(token)
        actions.retire_identity_secret(row)
    harbor.ben.is_active = False
    actions.update_agent(harbor.ben)
    actions.create_agent(tenant=harbor.tenant, email="eve@harbor.example", display_name="Eve")
    assert [action for action, _ in lines(harbor)] == [
        "token_created",
        "secret_created",
        "role_changed",
        "token_revoked",
        "secret_retired",
        "agent_deactivated",
        "agent_created",
    ]
    told = json.dumps([one.facts for one in AuditEntry.objects.all()])
    assert not [text for text in (key, secret, "eve@", "Eve") if text in told]
    assert AuditEntry.objects.get(action="role_changed").facts == {"before": "agent", "after": "admin"}


def test_a_merge_is_accounted_for_by_whom_it_concerns(harbor):
    harbor.known("grace", "Hello", name="Grace")
    guest = harbor.browser()
    guest.start("Hello")
    old = guest.contact.id
    guest.identify(proof(harbor, "grace"))
    line = AuditEntry.objects.get(action="contact_merged")
    assert (line.actor_kind, line.subject_id, line.facts["from"]) == ("contact", guest.contact.id, str(old))
    assert line.trace_id


@pytest.mark.parametrize(("password", "action"), [(PASSWORD, "signed_in"), ("a guess", "sign_in_failed")])
def test_signing_in_and_failing_to_are_accounted_for(harbor, rival, client, password, action):
    client.post("/inbox/login/", {"username": "ADA@harbor.example", "password": password}, REMOTE_ADDR="192.0.2.7")
    line = AuditEntry.objects.get()
    assert (line.tenant_id, line.action, line.subject_id) == (harbor.tenant.id, action, harbor.ada.id)
    assert line.actor_id == (harbor.ada.id if action == "signed_in" else None)
    assert len(line.address_hash) == 64
    assert "192.0.2.7" not in json.dumps(line.facts)


def test_an_address_that_is_nobodys_leaves_no_line(harbor, client):
    client.post("/inbox/login/", {"username": "nobody@harbor.example", "password": "a guess"})
    assert AuditEntry.objects.count() == 0


def test_whoever_works_in_the_administration_is_named(harbor, client):
    client.force_login(harbor.ada.user)
    client.post("/admin/messenger/apitoken/add/", {"tenant": harbor.tenant.id, "agent": harbor.ben.id, "name": "Till"})
    line = AuditEntry.objects.get()
    assert (line.action, line.actor_kind, line.actor_id) == ("token_created", "agent", harbor.ada.id)
