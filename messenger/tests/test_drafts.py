"""What an agent has begun: theirs alone, the same in every browser, and never overwritten unseen."""

from __future__ import annotations

import uuid

import pytest

from curbe.testing.race import race
from messenger import streams
from messenger.models import Draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(chat):
    return f"conversations/{chat['conversation']['id']}/draft"


def save(desk, path, text, version, **more):
    return desk.put(path, {"text": text, "version": version, **more})


def test_it_is_there_in_another_browser(harbor, desk, path):
    assert desk.get(path).json() == {"draft": None}
    kept = save(desk, path, "Hello, I th", 0, kind="note").json()["draft"]
    assert (kept["text"], kept["kind"], kept["version"]) == ("Hello, I th", "note", 1)
    assert harbor.desk().get(path).json()["draft"] == kept
    assert harbor.desk(harbor.ben).get(path).json() == {"draft": None}


def test_two_tabs_do_not_overwrite_each_other(desk, path):
    save(desk, path, "one", 0)
    assert save(desk, path, "two", 1).json()["draft"]["version"] == 2
    refused = save(desk, path, "three, of a tab that knew one", 1)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "draft_changed")
    assert refused.json()["draft"]["text"] == "two"
    assert desk.get(path).json()["draft"]["text"] == "two"
    assert save(desk, path, "three", 2).json()["draft"]["version"] == 3


def test_the_same_again_is_the_same_and_nothing_is_no_draft(desk, path):
    first = save(desk, path, "one", 0).json()
    assert save(desk, path, "one", 1).json() == first
    assert save(desk, path, " ", 1).json() == {"draft": None}
    assert not Draft.objects.exists()
    assert save(desk, path, "", 0).json() == {"draft": None}
    assert save(desk, path, "x" * 20_001, 0).status_code == 422


@pytest.mark.parametrize("kind", ["message", "note"])
def test_it_goes_with_what_was_made_of_it(desk, chat, path, kind):
    thread = chat["conversation"]["id"]
    version = save(desk, path, "Hello", 0, kind=kind).json()["draft"]["version"]
    desk.reply(thread, "from a program", kind=kind)
    assert desk.get(path).json()["draft"]["text"] == "Hello", "what was not made of it leaves it alone"
    desk.reply(thread, "Hello", kind=kind, draft_version=version)
    assert desk.get(path).json() == {"draft": None}
    late = save(desk, path, "Hell", version)
    assert (late.status_code, late.json()["draft"]) == (409, None)


def test_a_refused_message_keeps_it(harbor, desk, chat, path):
    thread = chat["conversation"]["id"]
    harbor.desk(harbor.ben).reply(thread, "I was faster")
    save(desk, path, "Hello", 0)
    assert desk.reply(thread, "Hello", last_seen_seq=1, draft_version=1).status_code == 409
    assert desk.get(path).json()["draft"]["text"] == "Hello"


def test_i11_nobody_is_told_of_it(harbor, desk, guest, chat, path):
    before = guest.get(f"conversations/{chat['conversation']['id']}").json()
    heads = streams.team_stream(harbor.tenant.id).head_seq, streams.contact_stream(guest.contact).head_seq
    save(desk, path, "secret thoughts", 0)
    assert guest.get(f"conversations/{chat['conversation']['id']}").json() == before
    assert heads == (streams.team_stream(harbor.tenant.id).head_seq, streams.contact_stream(guest.contact).head_seq)


def test_i8_another_tenants_conversation_has_none(rival, desk, path):
    theirs = rival.desk()
    assert theirs.get(path).status_code == 404
    unknown = f"conversations/{uuid.uuid4()}/draft"
    assert desk.get(unknown).status_code == 404
    for caller, one in ((theirs, path), (desk, unknown)):
        for text, version in (("x", 0), ("", 0), ("x", 1)):
            assert save(caller, one, text, version).status_code == 404, (one, text, version)
    assert [save(desk, path, "", 0).status_code, save(desk, path, "x", 1).status_code] == [200, 409]  # The control.


@pytest.mark.django_db(transaction=True)
def test_of_many_tabs_at_once_one_begins_it(harbor, chat, path):
    desks = [harbor.desk() for _ in range(8)]
    answers = race(8, lambda i: save(desks[i], path, f"tab {i}", 0).status_code)
    assert sorted(answers) == [200] + [409] * 7
    assert Draft.objects.get().text == f"tab {answers.index(200)}"
