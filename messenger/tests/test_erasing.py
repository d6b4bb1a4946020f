"""S61: of somebody who was erased, nothing is left in any column of any table, nor in storage. And what stays."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.files.storage import default_storage
from django.utils import timezone

from curbe.testing.cast import proof
from curbe.testing.ledger import everything, places_of
from messenger import actions, statements
from messenger.models import Attachment, AuditEntry, Contact, Conversation, Draft, Message, VisitorToken, new_id
from messenger.tests.abuse.planting import plant

pytestmark = pytest.mark.django_db

CANARY = "quicksilver"


def planted(harbor, desk):
    """A person full of canaries: (their contact, their thread)."""
    thread = plant(harbor.widget, desk, CANARY)
    conversation = harbor.conversation(thread)
    desk.patch(f"conversations/{thread}", {"subject": CANARY, "attributes": {CANARY: CANARY}})
    return conversation.contact, conversation


def erase(desk, contact):
    return desk.post(f"contacts/{contact.id}/erase")


def test_s61_no_canary_is_left_in_any_table_or_in_storage(harbor, desk, django_capture_on_commit_callbacks):
    contact, _ = planted(harbor, desk)
    before = places_of(CANARY)
    assert {("messenger_message", "body"), ("messenger_contact", "name"), ("messenger_visit", "title")} <= before
    log_by_name(harbor.ada.user, contact)
    files = [row.file.name for row in Attachment.objects.all()]
    assert files
    assert all(default_storage.exists(name) for name in files)
    with django_capture_on_commit_callbacks(execute=True):
        assert erase(desk, contact).status_code == 200
    assert places_of(CANARY) == set()
    assert not [name for name in files if default_storage.exists(name)]


def log_by_name(user, *people):
    """Have the administration's own log call them by their names."""
    LogEntry.objects.log_actions(user.pk, people, CHANGE, change_message="blocked")
    assert ("django_admin_log", "object_repr") in places_of(CANARY)


def test_s61_the_administrations_log_calls_them_and_their_guests_by_their_ids(harbor, desk):
    browser = harbor.browser()
    browser.start("As a guest")
    browser.post("profile", {"name": CANARY})
    guest = browser.contact
    harbor.known("grace", "As a user", name=CANARY)
    browser.identify(proof(harbor, "grace", name=CANARY))
    user, other = browser.contact, harbor.known("heidi", "Somebody else", name="Heidi").contact
    log_by_name(harbor.ada.user, guest, user, other)
    erase(desk, user)
    told = dict(LogEntry.objects.values_list("object_id", "object_repr"))
    assert told == {str(guest.id): str(guest.id), str(user.id): str(user.id), str(other.id): "Heidi"}


def test_ids_counts_and_times_stay(harbor, desk):
    contact, conversation = planted(harbor, desk)
    kept = list(Message.objects.order_by("id").values_list("id", "seq", "visible_seq", "created_at"))
    erase(desk, contact)
    assert list(Message.objects.order_by("id").values_list("id", "seq", "visible_seq", "created_at")) == kept
    again = Contact.objects.get(id=contact.id)
    assert (again.message_count, again.last_message_at) == (contact.message_count, contact.last_message_at)
    assert again.erased_at
    assert (
        Conversation.objects.get(id=conversation.id).last_seq
        == conversation.last_seq
        + Message.objects.filter(conversation=conversation, seq__gt=conversation.last_seq).count()
    )


def test_what_events_tell_is_emptied_in_batches(harbor, desk, count_queries):
    """One statement for any number of them; the place in the thread and the name of what happened stay."""
    costs = []
    for number in (1, 40):
        contact, conversation = planted(harbor, desk)
        event = Message.objects.filter(conversation=conversation, kind="event").first()
        for one in range(number):
            event.id, event.seq, event.visible_seq = new_id(), 1000 + one, None
            event.event = {"name": "assigned", "remark": CANARY}
            event.save(force_insert=True)
        costs.append(count_queries(lambda contact=contact: actions.erase_contact(by=harbor.ada, contact_id=contact.id)))
        left = Message.objects.filter(conversation=conversation, seq__gte=1000, seq__lt=1000 + number)
        assert list(left.values_list("event", flat=True)) == [{"name": "assigned"}] * number
    assert costs[0] == costs[1], costs


def test_of_everybody_else_everything_stays(harbor, rival, desk):
    contact, _ = planted(harbor, desk)
    other = harbor.browser()
    thread = other.start("Somebody else")["conversation"]["id"]
    rival.browser().start("At the rival's")
    erase(desk, contact)
    assert Message.objects.filter(body__in=["Somebody else", "At the rival's"], deleted_at=None).count() == 2
    assert other.say(thread, "Still here").status_code == 201


def test_the_guests_who_turned_out_to_be_them_go_too(harbor, desk, django_capture_on_commit_callbacks):
    guest = harbor.browser()
    guest.start(f"{CANARY} as a guest")
    guest.post("profile", {"name": CANARY, "email": f"{CANARY}@example.com"})
    harbor.known("grace", f"{CANARY} as a user", name=CANARY)
    guest.identify(proof(harbor, "grace", name=CANARY))
    with django_capture_on_commit_callbacks(execute=True):
        assert erase(desk, guest.contact).status_code == 200
    assert places_of(CANARY) == set()


def test_their_sessions_end_and_they_come_back_as_somebody_new(harbor, desk):
    browser = harbor.known("grace", "Hello", name="Grace")
    old = browser.contact.id
    erase(desk, browser.contact)
    assert browser.get("conversations").status_code == 401
    again = browser.reload(identity={"token": proof(harbor, "grace", name="Grace")})
    assert again["contact"]["id"] != str(old)
    assert again["messages"] == []


def test_a_guest_who_shares_the_browser_keeps_theirs(harbor, desk):
    browser = harbor.known("grace", "Hello")
    grace = browser.contact
    browser.post("shutdown")
    browser.reload()
    browser.start("I am a guest")
    assert erase(desk, grace).status_code == 200
    assert browser.reload()["messages"][0]["body"] == "I am a guest"


def test_erasing_again_changes_nothing(harbor, desk):
    contact, _ = planted(harbor, desk)
    first = erase(desk, contact).json()
    state = everything()
    assert erase(desk, contact).json() == first
    assert everything() == state
    assert desk.patch(f"contacts/{contact.id}", {"name": "Back"}).status_code == 422
    told = {"client_message_id": str(uuid.uuid4()), "body": "Hello?"}
    assert desk.post(f"contacts/{contact.id}/conversations", told).status_code == 422


def test_nothing_is_written_about_them_any_more(harbor, desk, django_capture_on_commit_callbacks):
    """It could never be erased again: who was erased once stays so."""
    contact, conversation = planted(harbor, desk)
    told = [
        lambda: desk.reply(conversation.id, CANARY),
        lambda: desk.note(conversation.id, CANARY),
        lambda: desk.patch(f"conversations/{conversation.id}", {"subject": CANARY}),
        lambda: desk.patch(f"conversations/{conversation.id}", {"attributes": {"name": CANARY}}),
        lambda: keep_draft(desk, conversation),
    ]
    assert [attempt().status_code for attempt in told] == [201, 201, 200, 200, 200]  # The control.
    with django_capture_on_commit_callbacks(execute=True):
        erase(desk, contact)
    counted = Contact.objects.get(id=contact.id).message_count
    refused = [attempt() for attempt in told]
    assert [one.status_code for one in refused] == [422] * 5
    assert {one.json()["errors"][0]["code"] for one in refused[:4]} == {"erased"}
    assert places_of(CANARY) == set()
    assert Contact.objects.get(id=contact.id).message_count == counted
    assert desk.post(f"conversations/{conversation.id}/close", {}).status_code == 200  # What is left to do is done.


def keep_draft(desk, conversation):
    kept = Draft.objects.filter(conversation=conversation, agent=desk.agent).first()
    said = {"kind": "message", "text": CANARY, "version": kept.version if kept else 0}
    return desk.put(f"conversations/{conversation.id}/draft", said)


def test_what_they_say_while_they_are_erased_is_not_kept(harbor, desk, guest, chat):
    """A send that waited for the erasure, on its session as it was before."""
    contact, at = guest.contact, timezone.now()
    session = guest.visitor.token
    assert statements.count_message(harbor.tenant.id, contact.id, at, session=session)  # The control.
    erase(desk, contact)
    # As the statement that waited sees it.
    VisitorToken.objects.filter(id=session.id).update(revoked_at=None, reason="")
    assert not statements.count_message(harbor.tenant.id, contact.id, at, session=session)


def test_the_audit_log_says_by_whom_and_how_much(harbor, desk):
    contact, _ = planted(harbor, desk)
    erase(desk, contact)
    line = AuditEntry.objects.get(action="contact_erased")
    assert (line.actor_id, line.subject_id) == (harbor.ada.id, contact.id)
    assert line.facts["message"] >= 3


def test_s22_only_an_admin_erases_or_exports(harbor, desk):
    contact, _ = planted(harbor, desk)
    ben = harbor.desk(harbor.ben)
    assert [erase(ben, contact).status_code, ben.get(f"contacts/{contact.id}/export").status_code] == [403, 403]
    assert Contact.objects.get(id=contact.id).erased_at is None
    assert desk.get(f"contacts/{contact.id}/export").status_code == 200  # The control.


def test_s17_nobody_erases_or_exports_a_neighbours_contact(harbor, rival, desk):
    theirs = rival.browser()
    theirs.start("Hello")
    path = f"contacts/{theirs.contact.id}"
    assert [desk.post(f"{path}/erase").status_code, desk.get(f"{path}/export").status_code] == [404, 404]
    assert Contact.objects.get(id=theirs.contact.id).erased_at is None
