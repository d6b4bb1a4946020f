"""What is searched stays true, through every door that writes: the words of a row, and the indexes of them."""

from __future__ import annotations

import uuid

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.utils import timezone

from messenger import wordindex
from messenger.models import Contact, Conversation, Message
from messenger.words import LONGEST_WORD, places_of, searchable, words_of
from messenger.wordtables import fill_words, keep_indexes


def found(model, tenant, question, *, all_begin=False):
    """The ids of the rows that the index names for a question."""
    name = model._meta.model_name
    ids = wordindex.ids_with(name, tenant.id, words_of(question), all_begin=all_begin)
    return set(model.objects.filter(id__in=ids).values_list("id", flat=True))


def test_words_are_folded_and_short_enough_for_an_index():
    assert searchable("¿Dónde está mi PEDIDO nº 42?") == " donde esta mi pedido no 42"
    assert searchable("Straße ﬁne ＷＩＤＥ") == " strasse fine wide"
    assert searchable("x" * 500) == " " + "x" * LONGEST_WORD
    assert words_of("Envío envio ENVÍO") == ["envio"]
    assert words_of("y" * 500) == ["y" * LONGEST_WORD]


@pytest.mark.django_db
def test_a_text_that_folds_into_more_than_is_kept_is_stored_and_found(harbor, guest):
    """Each of these characters folds into four words: the cut falls behind a space."""
    text = "a" * 5 + "ﷺ" * 19_995
    assert len(searchable(text)) < 200_000
    assert not searchable(text).endswith(" ")
    assert len(searchable("a" * 6 + text[5:])) == 200_000  # The control: there is more than is kept.
    guest.start(text)
    assert len(found(Message, harbor.tenant, "aaaaaصلى")) == 1


def test_words_are_found_where_they_stand_as_written():
    text = "El envío, ENVI\u0301O y los envíos: 3 cajas"
    marked = [text[start:end] for start, end in places_of(["el", "envio"], text)]
    assert marked == ["El", "envío", "ENVI\u0301O", "envíos"]
    assert places_of([], text) == []


@pytest.mark.django_db
def test_a_message_a_note_and_a_profile_are_found_as_soon_as_they_are_stored(harbor, rival, guest, desk):
    conversation = guest.start("¿Dónde está mi pedido?")["conversation"]
    note = desk.note(conversation["id"], "Paquete perdido").json()["id"]
    guest.post("profile", {"name": "Begoña Ruiz", "email": "bego.ruiz@example.es", "phone": "+34 600 11 22 33"})
    first = Message.objects.get(tenant=harbor.tenant, seq=1).id
    assert found(Message, harbor.tenant, "donde PEDIDO") == {first}
    assert found(Message, harbor.tenant, "pedi") == {first}
    assert found(Message, harbor.tenant, "pedi donde") == set()
    assert found(Message, harbor.tenant, "paquete") == {uuid.UUID(note)}
    for question in ("begona", "ruiz bego", "bego.ruiz@exam", "600112233", "+34 600"):
        assert found(Contact, harbor.tenant, question, all_begin=True) == {guest.contact.id}
        assert found(Contact, rival.tenant, question, all_begin=True) == set()
    assert found(Message, rival.tenant, "pedido") == set()


@pytest.mark.django_db
def test_events_have_no_words(harbor, guest, desk, chat):
    desk.reply(chat["conversation"]["id"], "Hello")
    events = Message.objects.filter(tenant=harbor.tenant, kind="event")
    assert {event.words for event in events} == {""}


@pytest.mark.django_db
def test_what_is_edited_redacted_or_erased_is_not_found_any_more(harbor, chat):
    message = Message.objects.get(tenant=harbor.tenant, seq=1)
    message.body = "Something else entirely"
    message.save(update_fields=["body"])
    assert found(Message, harbor.tenant, "anybody") == set()
    assert found(Message, harbor.tenant, "entirely") == {message.id}
    message.deleted_at = timezone.now()
    message.save(update_fields=["deleted_at"])
    assert found(Message, harbor.tenant, "entirely") == set()
    message.deleted_at = None
    message.save(update_fields=["deleted_at"])
    assert found(Message, harbor.tenant, "entirely") == {message.id}
    Message.objects.filter(id=message.id).update(body="", body_html="")
    assert found(Message, harbor.tenant, "entirely") == set()
    message.refresh_from_db()
    assert message.words is None
    assert fill_words(Message) == 1
    message.refresh_from_db()
    assert message.words == ""


@pytest.mark.django_db
def test_a_change_of_other_columns_leaves_the_words_alone(harbor, chat):
    rows = Message.objects.filter(tenant=harbor.tenant, seq=1)
    rows.update(rev=7)
    row = rows.get()
    assert row.words == " hello is anybody there"
    row.body, row.rev = "never saved", 8
    row.save(update_fields=["rev"])
    assert rows.get().words == " hello is anybody there"


@pytest.mark.django_db
def test_a_subject_is_found(harbor, chat):
    row = harbor.conversation(chat["conversation"]["id"])
    row.subject = "Devolución urgente"
    row.save()
    assert found(Conversation, harbor.tenant, "devolucion") == {row.id}


@pytest.mark.django_db
def test_rows_of_an_older_process_get_their_words_and_a_newer_change_wins(harbor, chat):
    rows = Message.objects.filter(tenant=harbor.tenant)
    rows.update(words=None)
    assert found(Message, harbor.tenant, "hello") == set()
    assert fill_words(Message, Contact, Conversation) == rows.count()
    assert len(found(Message, harbor.tenant, "hello")) == 1
    assert fill_words(Message, Contact, Conversation) == 0


@pytest.mark.django_db
def test_a_text_of_characters_that_unfold_into_many_is_stored(harbor, guest):
    guest.start("ﷺ" * 20_000)
    assert len(Message.objects.get(tenant=harbor.tenant, seq=1).words) <= 200_000
    assert len(found(Message, harbor.tenant, "صلى")) == 1


@pytest.mark.django_db(transaction=True)
def test_the_index_survives_a_change_of_the_table_and_comes_back_after_a_migration(harbor, guest, desk):
    """Altering a column makes SQLite remake the table, which drops the triggers with it."""
    guest.start("Before the change")
    with connection.schema_editor() as editor:
        old = Message._meta.get_field("request_hash")
        new = models.CharField(max_length=65, blank=True)
        new.set_attributes_from_name("request_hash")
        new.model = Message
        editor.alter_field(Message, old, new)
    between = guest.start("In between", new=True)
    call_command("migrate", verbosity=0)
    guest.start("After the change", new=True)
    seen = {question: len(found(Message, harbor.tenant, question)) for question in ("before", "between", "after")}
    assert seen == {"before": 1, "between": 1, "after": 1}
    Message.objects.filter(conversation=between["conversation"]["id"], kind="message").update(words="")
    assert found(Message, harbor.tenant, "between") == set()
    with connection.schema_editor() as editor:
        editor.alter_field(Message, new, old)
    keep_indexes(connection)


@pytest.mark.django_db
def test_every_searched_model_keeps_its_words(harbor):
    """The control of the others: nothing that has words is left out of the indexes."""
    from messenger.wordtables import SEARCHED

    kept = {model._meta.model_name for model in apps.get_models() if hasattr(model, "WORDS_FROM")}
    assert kept == set(SEARCHED)
