"""Files in two phases: sent up once per key, claimed by one message, handed out to whoever may read that message."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from curbe.testing.cast import make_company, sign_in
from curbe.testing.race import race
from messenger import actions, files
from messenger.actions.retention import first_id_at
from messenger.models import Attachment, Contact, Message
from messenger.models.files import path_for
from messenger.tests.test_files import archive, cut_exif, odd, picture

pytestmark = pytest.mark.django_db

NOTE = b"Order 4711\n"


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def stored():
    """The files in the storage."""
    return sorted(path for path in Path(default_storage.path("")).rglob("*") if path.is_file())


def pixels(content):
    with Image.open(io.BytesIO(content)) as image:
        return image.format, image.size, image.tobytes()


def say_with(caller, conversation_id, *ids, body="", key=None, **more):
    message = {"client_message_id": key or str(uuid.uuid4()), "body": body, "attachment_ids": list(ids), **more}
    return caller.post(f"conversations/{conversation_id}/messages", message)


def refusal(response):
    error = response.json()["errors"][0]
    return response.status_code, error["code"], error["attr"]


def test_a_visitor_sends_a_picture_and_the_team_sees_it(guest, chat, desk):
    up = guest.upload(picture(), "cat.png")
    assert up.status_code == 201
    told = up.json()
    assert (told["name"], told["content_type"], told["width"], told["height"]) == ("cat.png", "image/png", 3, 2)
    assert told["url"] == f"/api/messenger/attachments/{told['id']}"
    sent = say_with(guest, chat["conversation"]["id"], told["id"])
    assert sent.status_code == 201
    assert sent.json()["attachments"] == [told]
    seen = desk.get(f"conversations/{chat['conversation']['id']}/messages").json()["items"][-1]
    assert (seen["body"], seen["attachments"][0]["url"]) == ("", f"/api/inbox/attachments/{told['id']}")
    for caller in (guest, desk):
        answer = caller.get(f"attachments/{told['id']}")
        assert (len(answer.content), answer["Content-Type"]) == (told["size"], "image/png")
        assert pixels(answer.content) == pixels(picture())


def test_the_first_message_may_carry_a_file_of_somebody_who_is_nobody_yet(harbor):
    stranger = harbor.browser()
    stranger.boot()
    assert Contact.objects.count() == 0
    up = stranger.upload(NOTE, "order.txt").json()
    message = {"client_message_id": str(uuid.uuid4()), "body": "", "attachment_ids": [up["id"]]}
    started = stranger.post("conversations", {"message": message})
    assert started.status_code == 201, started.content
    assert started.json()["message"]["attachments"][0]["id"] == up["id"]
    assert Contact.objects.count() == 1


def test_sent_up_again_it_is_the_same_file(guest, chat):
    key = str(uuid.uuid4())
    first, again = (guest.upload(NOTE, "order.txt", key) for _ in range(2))
    assert (first.status_code, again.status_code, again["Idempotent-Replay"]) == (201, 200, "true")
    assert first.json() == again.json()
    assert len(stored()) == Attachment.objects.count() == 1
    other = guest.upload(b"Something else", "order.txt", key)
    assert refusal(other)[:2] == (409, "idempotency_key_reused")
    assert len(stored()) == 1


def test_a_message_sent_again_is_the_same_message(guest, chat):
    ids = [guest.upload(NOTE, f"{n}.txt").json()["id"] for n in range(2)]
    key = str(uuid.uuid4())
    thread = chat["conversation"]["id"]
    first, again = (say_with(guest, thread, *ids, key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert [one["id"] for one in first.json()["attachments"]] == ids
    assert refusal(say_with(guest, thread, ids[0], key=key))[1] == "idempotency_key_reused"


def test_a_file_belongs_to_one_message(guest, chat):
    up = guest.upload(NOTE, "order.txt").json()["id"]
    thread = chat["conversation"]["id"]
    assert say_with(guest, thread, up).status_code == 201
    count = Message.objects.count()
    assert refusal(say_with(guest, thread, up, body="Again")) == (422, "attachment_not_available", "attachment_ids")
    assert Message.objects.count() == count, "nothing is half-stored"


def test_agents_reply_and_note_with_files_and_a_note_stays_in_the_team(guest, chat, desk):
    thread = chat["conversation"]["id"]
    answer, internal = (desk.upload(NOTE, name).json()["id"] for name in ("answer.txt", "internal.txt"))
    assert say_with(desk, thread, answer).status_code == 201
    assert say_with(desk, thread, internal, kind="note").status_code == 201
    assert guest.get(f"attachments/{answer}").status_code == 200
    assert guest.get(f"attachments/{internal}").status_code == 404
    assert desk.get(f"attachments/{internal}").content == NOTE


def test_s21_another_ones_file_is_neither_claimed_nor_handed_out(harbor, guest, chat, desk, outsider):
    neighbour = harbor.browser()
    thread = neighbour.start("Hello")["conversation"]["id"]
    up = guest.upload(NOTE, "order.txt").json()["id"]
    for ids in ([up], [str(uuid.uuid4())]):
        assert refusal(say_with(neighbour, thread, *ids, body="Mine?"))[:2] == (422, "attachment_not_available")
    assert refusal(say_with(desk, thread, up, body="Mine?"))[:2] == (422, "attachment_not_available")
    for caller in (neighbour, outsider, desk):
        assert caller.get(f"attachments/{up}").status_code == 404, "nobody has been given it yet"
    assert say_with(guest, chat["conversation"]["id"], up).status_code == 201
    for caller in (neighbour, outsider):
        assert caller.get(f"attachments/{up}").status_code == 404
    assert desk.get(f"attachments/{up}").status_code == guest.get(f"attachments/{up}").status_code == 200


def test_s41_what_is_no_image_is_only_saved_and_nothing_runs(guest, chat):
    for content, name, kind, how in (
        (NOTE, "order.txt", "application/octet-stream", "attachment"),
        (picture(), "cat.png", "image/png", "inline"),
    ):
        answer = guest.get(f"attachments/{guest.upload(content, name).json()['id']}")
        assert answer["Content-Type"] == kind
        assert answer["Content-Disposition"] == f'{how}; filename="{name}"'
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_s42_a_name_cannot_leave_its_header(guest, chat):
    up = guest.upload(NOTE, "a\u202e\r\nb/../ü.txt").json()
    assert up["name"] == "ü.txt"
    assert guest.get(f"attachments/{up['id']}")["Content-Disposition"] == "attachment; filename*=utf-8''%C3%BC.txt"


def test_s43_what_is_not_what_it_is_called_leaves_nothing_behind(guest, chat):
    for wrong in (b"<html>", cut_exif("PNG")):
        assert refusal(guest.upload(wrong, "cat.png")) == (422, "file_content_mismatch", "file")
    assert (stored(), Attachment.objects.count()) == ([], 0)


def test_a_slip_of_the_camera_costs_nobody_the_picture(guest, chat):
    told = guest.upload(odd(), "cat.jpg").json()
    assert (told["width"], told["height"]) == (20, 30)


def test_s46_a_body_larger_than_any_file_is_not_read(guest, chat, monkeypatch):
    monkeypatch.setattr("messenger.api.parsing.AGENT_MOST_BYTES", 1000)
    assert guest.upload(b"x" * 100_000, "large.txt").status_code == 413


@pytest.mark.parametrize("ids", [["nonsense"], "text", [1], [None]])
def test_ids_that_are_none_are_refused(guest, chat, ids):
    thread = chat["conversation"]["id"]
    body = {"client_message_id": str(uuid.uuid4()), "body": "Hi", "attachment_ids": ids}
    assert guest.post(f"conversations/{thread}/messages", body).status_code == 422


def test_at_most_five_and_each_once(guest, chat):
    thread = chat["conversation"]["id"]
    ids = [guest.upload(NOTE, f"{n}.txt").json()["id"] for n in range(6)]
    assert say_with(guest, thread, *ids).status_code == 422
    assert refusal(say_with(guest, thread, ids[0], ids[0]))[1] == "duplicate"
    assert say_with(guest, thread, *ids[:5]).status_code == 201


def test_an_empty_message_needs_a_file(guest, chat):
    assert refusal(say_with(guest, chat["conversation"]["id"])) == (422, "blank", "body")


def test_files_move_along_with_a_merge(harbor, guest, chat):
    thread = chat["conversation"]["id"]
    claimed, free = (guest.upload(NOTE, name).json()["id"] for name in ("claimed.txt", "free.txt"))
    say_with(guest, thread, claimed)
    sign_in(guest, harbor)
    assert guest.contact.type == Contact.Type.USER
    for one in (claimed, free):
        assert guest.get(f"attachments/{one}").status_code == 200
    assert say_with(guest, thread, free).status_code == 201


def test_what_nobody_claims_goes_after_a_day(guest, chat):
    thread = chat["conversation"]["id"]
    claimed, free, fresh = (guest.upload(NOTE, f"{name}.txt").json()["id"] for name in ("claimed", "free", "fresh"))
    say_with(guest, thread, claimed)
    Attachment.objects.exclude(id=fresh).update(created_at=timezone.now() - timedelta(hours=25))
    assert actions.prune_files() == 1
    assert {str(one.id) for one in Attachment.objects.all()} == {claimed, fresh}
    assert len(stored()) == 2
    assert guest.get(f"attachments/{free}").status_code == 404


def test_a_file_that_cannot_be_removed_keeps_no_other(guest, chat, desk, django_capture_on_commit_callbacks, log_lines):
    thread = chat["conversation"]["id"]
    ids = [guest.upload(NOTE, f"{name}.txt").json()["id"] for name in ("first", "second")]
    message = say_with(guest, thread, *ids).json()["id"]
    stubborn, other = (Path(Attachment.objects.get(id=one).file.path) for one in ids)
    # What the storage refuses to remove: a folder with something in it.
    stubborn.unlink()
    stubborn.mkdir()
    (stubborn / "kept").touch()
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.delete(f"messages/{message}").status_code == 200
    assert not Attachment.objects.exists()
    assert not other.exists()
    assert [line["level"] for line in log_lines() if line["event"] == "file_not_removed"] == ["error"]


def test_what_no_row_speaks_of_goes_from_storage_after_a_day(harbor, rival, guest, chat, desk):
    thread = chat["conversation"]["id"]
    kept, lost, emptied = (guest.upload(NOTE, f"{name}.txt").json()["id"] for name in ("kept", "lost", "emptied"))
    say_with(guest, thread, kept)
    then = timezone.now() - timedelta(hours=25)
    paths = {}
    for name, one in (("kept", kept), ("lost", lost), ("emptied", emptied)):
        paths[name] = make_older(Attachment.objects.get(id=one), then)
    Attachment.objects.filter(file=paths["lost"]).delete()
    Attachment.objects.filter(file=paths["emptied"]).update(sha256="")
    fresh = guest.upload(NOTE, "fresh.txt").json()["id"]
    Attachment.objects.filter(id=fresh).delete()
    elsewhere = default_storage.save(path_for(uuid.uuid4(), first_id_at(then)), ContentFile(NOTE))
    assert actions.prune_storage() == 2
    there = {str(path.relative_to(default_storage.path(""))) for path in stored()}
    assert {paths["kept"], elsewhere} <= there
    assert not {paths["lost"], paths["emptied"]} & there
    assert len(there) == 3, "and the fresh one, whose row may be about to come"
    assert actions.prune_storage() == 0


def make_older(attachment, then):
    """As if it had been sent up then: its id and its place begin with the time."""
    old, now = attachment.id, uuid.UUID(int=first_id_at(then).int | (attachment.id.int & ((1 << 80) - 1)))
    path = path_for(attachment.tenant_id, now)
    default_storage.save(path, attachment.file)
    default_storage.delete(attachment.file.name)
    Attachment.objects.filter(id=old).update(id=now, file=path)
    return path


def test_a_failure_while_the_row_is_written_leaves_no_file(guest, chat, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(Attachment.objects, "create", fail)
    with pytest.raises(RuntimeError):
        actions.upload_file(
            by=guest.visitor,
            client_upload_id=uuid.uuid4(),
            checked=files.check(ContentFile(NOTE), "order.txt", most_bytes=len(NOTE), kinds=["txt"]),
        )
    assert (stored(), Attachment.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_ten_uploads_of_one_key_are_one_file():
    company = make_company("harbor")
    guest = company.browser()
    guest.start("Hello")
    key = str(uuid.uuid4())
    answers = race(10, lambda i: guest_tab(guest).upload(NOTE, "order.txt", key))
    assert sorted(one.status_code for one in answers) == [200] * 9 + [201]
    assert len({one.json()["id"] for one in answers}) == Attachment.objects.count() == len(stored()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_messages_at_once_do_not_share_a_file():
    company = make_company("harbor")
    guest = company.browser()
    thread = guest.start("Hello")["conversation"]["id"]
    up = guest.upload(NOTE, "order.txt").json()["id"]
    answers = race(6, lambda i: say_with(guest_tab(guest), thread, up).status_code)
    assert sorted(answers) == [201] + [422] * 5
    assert Message.objects.exclude(files=[]).count() == 1


def guest_tab(guest):
    """The same session, on a client of a thread's own."""
    tab = guest.tab()
    tab.bearer = guest.bearer
    return tab


def test_visitors_send_up_to_10_mb_and_agents_up_to_25(guest, chat, desk, monkeypatch):
    monkeypatch.setattr(files, "VISITOR_MOST_BYTES", 1000)
    monkeypatch.setattr(files, "AGENT_MOST_BYTES", 2500)
    assert refusal(guest.upload(b"x" * 1001, "a.txt")) == (422, "file_too_large", "file")
    assert guest.upload(b"x" * 1000, "a.txt").status_code == 201
    assert desk.upload(b"x" * 2500, "a.txt").status_code == 201
    assert refusal(desk.upload(b"x" * 2501, "a.txt")) == (422, "file_too_large", "file")


def test_only_what_the_company_takes(harbor, guest, chat, desk):
    assert guest.upload(archive(a="b"), "a.zip").json()["errors"][0]["code"] == "file_type_unsupported"
    harbor.tenant.file_kinds = ["zip"]
    actions.update_tenant(harbor.tenant)
    assert guest.upload(archive(a="b"), "a.zip").status_code == 201
    assert desk.upload(b"text", "a.txt").json()["errors"][0]["code"] == "file_type_unsupported"
