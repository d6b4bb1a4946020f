"""What a company's settings keep no longer is removed, with its files, and nothing else is."""

from __future__ import annotations

import io
import uuid
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from curbe.testing.ledger import assert_streams_have_no_holes
from messenger import actions, queries
from messenger.actions import keeping
from messenger.actions.removing import remove_conversations
from messenger.errors import Invalid
from messenger.models import Attachment, AuditEntry, Contact, Conversation, Device, Message, Tenant, Visit, VisitorToken
from messenger.streams import contact_stream, team_stream
from messenger.tests.abuse.planting import plant

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=40)


def keep(company, **days):
    Tenant.objects.filter(id=company.tenant.id).update(**{f"{name}_retention_days": n for name, n in days.items()})


def close(desk, conversation_id, ago):
    desk.post(f"conversations/{conversation_id}/close")
    Conversation.objects.filter(id=conversation_id).update(closed_at=timezone.now() - ago)


def test_conversations_closed_long_ago_go_with_their_files(harbor, rival, desk, django_capture_on_commit_callbacks):
    old, theirs = plant(harbor.widget, desk, "old"), plant(rival.widget, rival.desk(), "old")
    close(desk, old, LONG_AGO)
    close(rival.desk(), theirs, LONG_AGO)
    recent = harbor.browser()
    thread = recent.start("Recent")["conversation"]["id"]
    close(desk, thread, timedelta(days=20))
    names = [one.file.name for one in Attachment.objects.filter(tenant=harbor.tenant, message__conversation_id=old)]
    keep(harbor, conversation=30)
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.prune_conversations() == 1
    assert {str(one) for one in Conversation.objects.values_list("id", flat=True)} == {thread, theirs}
    assert names
    assert not [name for name in names if default_storage.exists(name)]
    assert actions.prune_conversations() == 0
    assert_streams_have_no_holes()


def test_a_long_thread_goes_unread_and_ends_a_batch(harbor, desk, monkeypatch):
    for text in ("Long", "Short"):
        browser = harbor.browser()
        thread = browser.start(text)["conversation"]["id"]
        for number in range(3):
            browser.say(thread, f"message {number}")
        close(desk, thread, LONG_AGO)
    keep(harbor, conversation=30)
    monkeypatch.setattr(keeping, "_MOST_PARTS", 4)
    with CaptureQueriesContext(connection) as made:
        assert actions.prune_conversations() == 2
    sql = [query["sql"] for query in made.captured_queries]
    assert sum(one.startswith('DELETE FROM "messenger_message" ') for one in sql) == 2, "a batch each"
    assert not [one for one in sql if one.startswith("SELECT") and '"messenger_message"."body"' in one]
    assert not Message.objects.exists()


def test_what_goes_is_no_longer_counted_and_readers_take_a_snapshot(harbor, guest, chat, desk):
    first = chat["conversation"]["id"]
    second = guest.start("Another matter", new=True)["conversation"]["id"]
    close(desk, first, LONG_AGO)
    keep(harbor, conversation=30)
    epochs = contact_stream(guest.contact).epoch, team_stream(harbor.tenant.id).epoch
    actions.prune_conversations()
    assert (guest.contact.message_count, Message.objects.filter(conversation=second).exists()) == (1, True)
    (row,) = queries.chat_log(harbor.ada).items
    assert row["last_message"]["body"] == "Another matter"
    now = contact_stream(guest.contact).epoch, team_stream(harbor.tenant.id).epoch
    assert not set(now) & set(epochs)


def test_page_views_go_but_those_of_a_session_that_lives(harbor, guest, chat):
    guest.reload()
    Visit.objects.update(created_at=timezone.now() - LONG_AGO)
    keep(harbor, visit=30)
    before = Visit.objects.count()
    live = {guest.visitor.token.visit_id}
    actions.prune_visits()
    left = set(Visit.objects.values_list("id", flat=True))
    assert live <= left
    guest.visitor.device.tokens.update(expires_at=timezone.now() - timedelta(days=1))
    assert actions.prune_visits() == len(left) <= before
    assert Message.objects.filter(conversation=chat["conversation"]["id"]).exists()


def test_guests_of_whom_nothing_is_heard_go_and_nobody_else(harbor, desk):
    silent, talking, named = harbor.browser(), harbor.browser(), harbor.browser()
    for browser in (silent, talking, named):
        browser.start("Hello")
    named.post("profile", {"name": "Ines"})
    close(desk, Conversation.objects.get(contact=silent.contact).id, LONG_AGO)
    close(desk, Conversation.objects.get(contact=named.contact).id, LONG_AGO)
    long_ago = timezone.now() - LONG_AGO
    Contact.objects.update(created_at=long_ago, last_message_at=long_ago)
    Visit.objects.update(created_at=long_ago)
    Device.objects.update(last_seen_at=long_ago)
    keep(harbor, guest=30)
    left = {talking.contact.id, named.contact.id}
    assert actions.prune_guests() == 1
    assert set(Contact.objects.values_list("id", flat=True)) == left
    assert_streams_have_no_holes()


def test_a_guest_who_came_back_since_stays_though_their_page_views_are_gone(harbor, desk):
    back, gone = harbor.browser(), harbor.browser()
    for browser in (back, gone):
        browser.start("Hello")
        close(desk, Conversation.objects.get(contact=browser.contact).id, LONG_AGO)
    long_ago = timezone.now() - LONG_AGO
    Contact.objects.update(created_at=long_ago, last_message_at=long_ago)
    Visit.objects.update(created_at=timezone.now() - timedelta(days=10))
    Device.objects.filter(contact=back.contact).update(last_seen_at=timezone.now() - timedelta(days=10))
    Device.objects.filter(contact=gone.contact).update(last_seen_at=long_ago)
    kept = back.contact.id
    VisitorToken.objects.update(expires_at=timezone.now() - timedelta(days=9))
    keep(harbor, visit=5, guest=30)
    assert actions.prune_visits() >= 2
    assert actions.prune_guests() == 1
    assert list(Contact.objects.values_list("id", flat=True)) == [kept]


def test_without_a_setting_everything_stays(harbor, chat, desk):
    close(desk, chat["conversation"]["id"], LONG_AGO)
    assert [actions.prune_conversations(), actions.prune_visits(), actions.prune_guests()] == [0, 0, 0]
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize("days", [0, 36_501])
def test_a_slip_in_the_settings_removes_nothing(harbor, days):
    harbor.tenant.conversation_retention_days = days
    with pytest.raises(Invalid):
        actions.update_tenant(harbor.tenant)
    harbor.tenant.conversation_retention_days = 1
    actions.update_tenant(harbor.tenant)


# Commands


def test_a_fault_with_one_company_keeps_no_other(harbor, rival, desk, monkeypatch, log_lines, capsys):
    for company, at in ((harbor, desk), (rival, rival.desk())):
        close(at, company.browser().start("Old")["conversation"]["id"], LONG_AGO)
        keep(company, conversation=30, visit=30)
    Visit.objects.update(created_at=timezone.now() - LONG_AGO)
    VisitorToken.objects.update(expires_at=timezone.now() - LONG_AGO)

    def fail_for_the_first(tenant_id, ids):
        if tenant_id == harbor.tenant.id:
            raise OSError("the database of one is broken")
        return remove_conversations(tenant_id, ids)

    monkeypatch.setattr(keeping, "remove_conversations", fail_for_the_first)
    with pytest.raises(CommandError, match="1 of 7 steps failed"):
        call_command("prune")
    assert list(Conversation.objects.values_list("tenant", flat=True)) == [harbor.tenant.id]
    assert not Visit.objects.exists(), "and the steps after it were taken"
    told = [line for line in log_lines() if line["event"] == "prune_failed"]
    assert [line["tenant_id"] for line in told] == [str(harbor.tenant.id)]
    monkeypatch.undo()
    call_command("prune")
    assert not Conversation.objects.exists()


def test_a_person_is_erased_by_command_after_a_word_is_typed(harbor, guest, chat, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _: "erase")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("erase_contact", guest.contact.id, tenant="harbor")
    assert Contact.objects.get().erased_at is None
    monkeypatch.setattr("builtins.input", lambda _: "ERASE")
    call_command("erase_contact", guest.contact.id, tenant="harbor")
    assert Contact.objects.get().erased_at
    assert AuditEntry.objects.get(action="contact_erased").actor_kind == "system"


def test_s17_a_command_reaches_no_other_tenants_contact(harbor, rival, guest, chat):
    for command in ("erase_contact", "export_contact"):
        options = {"yes": True} if command == "erase_contact" else {}
        with pytest.raises(CommandError, match="no such contact"):
            call_command(command, guest.contact.id, tenant="rival", **options)
        with pytest.raises(CommandError, match="no tenant"):
            call_command(command, guest.contact.id, tenant="nobody", **options)


def test_a_person_is_exported_by_command_and_nothing_is_overwritten(guest, chat, tmp_path):
    path = tmp_path / "ines.zip"
    call_command("export_contact", guest.contact.id, tenant="harbor", output=path)
    assert zipfile.ZipFile(io.BytesIO(path.read_bytes())).namelist() == ["contact.json"]
    told = AuditEntry.objects.filter(action="contact_exported")
    assert told.count() == 1
    with pytest.raises(CommandError, match="there already"):
        call_command("export_contact", guest.contact.id, tenant="harbor", output=path)
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_contact", guest.contact.id, tenant="harbor", output=tmp_path / "nowhere" / "ines.zip")
    assert told.count() == 1, "what was not exported is not told of"


def test_an_export_that_fails_leaves_no_half_of_a_file(guest, chat, tmp_path):
    path, file = tmp_path / "ines.zip", guest.upload(b"Order 4711\n", "order.txt").json()["id"]
    with_file = {"client_message_id": str(uuid.uuid4()), "body": "", "attachment_ids": [file]}
    assert guest.post(f"conversations/{chat['conversation']['id']}/messages", with_file).status_code == 201
    name = Attachment.objects.get(id=file).file.name
    place = Path(default_storage.path(name))
    place.unlink()
    place.mkdir()
    with pytest.raises(IsADirectoryError):
        call_command("export_contact", guest.contact.id, tenant="harbor", output=path)
    assert not path.exists()
    place.rmdir()
    default_storage.save(name, ContentFile(b"Order 4711\n"))
    call_command("export_contact", guest.contact.id, tenant="harbor", output=path)
    assert len(zipfile.ZipFile(path).namelist()) == 2


def test_a_wipe_asks_for_the_slug(harbor, chat, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _: "harbour")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("wipe_chat_data", tenant="harbor")
    assert Conversation.objects.count() == 1


def test_a_wipe_says_how_much_there_was(harbor, rival, desk, capsys):
    for company, at in ((harbor, desk), (rival, rival.desk())):
        plant(company.widget, at, "quicksilver")
    sizes = {
        "contacts": Contact,
        "conversations": Conversation,
        "sessions": VisitorToken,
        "visits": Visit,
        "devices": Device,
        "files": Attachment,
    }
    there = {name: model._default_manager.filter(tenant=harbor.tenant).count() for name, model in sizes.items()}
    assert all(there.values())
    call_command("wipe_chat_data", tenant="harbor", yes=True)
    told = capsys.readouterr().out
    assert [f"{number} {name}" for name, number in there.items() if f"{number} {name}" not in told] == []
    facts = AuditEntry.objects.get(action="chat_data_wiped").facts
    assert {name: facts[name] for name in there} == there
