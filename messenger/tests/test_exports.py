"""What is known of a person, written out for them: all that they may see, their files, and nothing of the team's."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from messenger.exports import write_export
from messenger.models import Attachment, AuditEntry, Contact, Widget
from messenger.tests.abuse.planting import FILE, plant

pytestmark = pytest.mark.django_db


def archive_of(desk, contact_id):
    answer = desk.get(f"contacts/{contact_id}/export")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    content = b"".join(answer.streaming_content)
    assert len(content) == int(answer["Content-Length"])
    return zipfile.ZipFile(io.BytesIO(content))


def test_it_holds_what_the_person_said_with_their_files(harbor, desk):
    conversation = harbor.conversation(plant(harbor.widget, desk, "Ines"))
    with archive_of(desk, conversation.contact_id) as archive:
        told = json.loads(archive.read("contact.json"))
        paths = [one["path"] for one in told["files"]]
        assert FILE in [archive.read(path) for path in paths]
        assert sorted(archive.namelist()) == sorted(["contact.json", *paths])
    assert told["contact"]["unverified"]["name"] == "Ines"
    assert told["visits"][0]["url"].startswith("https://good.example/")
    assert [one["id"] for one in told["conversations"]] == [str(conversation.id)]
    assert "Ines" in [one["body"] for one in told["messages"]]
    assert AuditEntry.objects.get(action="contact_exported").subject_id == conversation.contact_id


def test_i9_no_note_is_in_it(harbor, guest, chat, desk):
    desk.note(chat["conversation"]["id"], "A pelican of a note")
    desk.reply(chat["conversation"]["id"], "A pelican of a reply")
    with archive_of(desk, guest.contact.id) as archive:
        text = archive.read("contact.json").decode()
    assert "pelican of a reply" in text
    assert "pelican of a note" not in text


@pytest.mark.parametrize("name", ["../../etc/passwd.txt", "a\r\nb.txt", "\u202etxt.exe.txt", "x" * 150 + ".txt"])
def test_s42_no_name_leaves_its_folder(harbor, guest, chat, desk, name):
    file = guest.upload(b"Hello", "fine.txt").json()["id"]
    key = "7d1f3a52-64a1-4f0e-9d3c-0d7ad6a3f9aa"
    body = {"client_message_id": key, "body": "", "attachment_ids": [file]}
    guest.post(f"conversations/{chat['conversation']['id']}/messages", body)
    Attachment.objects.filter(message__client_message_id=key).update(name=name)
    with archive_of(desk, guest.contact.id) as archive:
        (path,) = [one for one in archive.namelist() if one != "contact.json"]
    folder, _, last = path.rpartition("/")
    assert folder == f"files/{file}"
    assert last.isprintable()
    assert ".." not in path
    assert len(last) <= 120


def test_it_costs_the_same_queries_however_much_was_said(guest, chat, django_assert_max_num_queries):
    for number in range(30):
        guest.say(chat["conversation"]["id"], f"message {number}")
    with django_assert_max_num_queries(9):
        write_export(guest.contact, io.BytesIO())


def test_nothing_that_the_team_alone_knows_is_in_it(harbor, guest, chat, desk):
    asked = {"fields": [{"name": "size", "label": {"en": "Size"}}]}
    Widget.objects.filter(id=harbor.widget.id).update(prechat=asked)
    guest.post("profile", {"name": "Ines", "attributes": {"size": "forty"}})
    desk.patch(f"contacts/{guest.contact.id}", {"attributes": {"mood": "difficult pelican"}})
    desk.post(f"contacts/{guest.contact.id}/block", {"blocked": True})
    with archive_of(desk, guest.contact.id) as archive:
        text = archive.read("contact.json").decode()
    told = json.loads(text)["contact"]
    assert told["unverified"] == {"name": "Ines", "size": "forty"}
    assert "pelican" not in text
    assert not {"blocked", "possible_duplicates", "attributes"} & set(told)
    assert "pelican" in desk.get(f"contacts/{guest.contact.id}").content.decode()  # The control.


def test_every_guest_who_was_merged_is_named(harbor, desk):
    grace = harbor.known("grace", "Hello", name="Grace").contact
    merged = [Contact(tenant=harbor.tenant, merged_into=grace) for _ in range(205)]
    Contact.objects.bulk_create(merged)
    with archive_of(desk, grace.id) as archive:
        told = json.loads(archive.read("contact.json"))
    assert set(told["merged_from"]) == {str(one.id) for one in merged}
