"""What a team does with a conversation: put it off, mark it, rank it, bring colleagues in; each once, and its own."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from messenger import actions, streams
from messenger.actions import lifecycle, snoozing
from messenger.models import Conversation, Event, Message, Tag, Tagging
from messenger.principals import System

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread(chat):
    return chat["conversation"]["id"]


def in_hours(hours: float) -> str:
    return (timezone.now() + timedelta(hours=hours)).isoformat()


def heads(company, contact):
    return streams.team_stream(company.tenant.id).head_seq, streams.contact_stream(contact).head_seq


def told(thread):
    """The event parts of a thread."""
    parts = Message.objects.filter(conversation=thread, kind="event").order_by("seq")
    return list(parts.values_list("event", flat=True))


# Every verb


VERBS = [
    ("post", "snooze", {"until": "2999"}),
    ("post", "tags", {"name": "VIP"}),
    ("delete", "tags/VIP", None),
    ("patch", "", {"priority": "high", "attributes": {"order": 7}}),
    ("post", "participants", {"agent_id": "ben"}),
]


@pytest.mark.parametrize(("method", "verb", "body"), VERBS, ids=[verb or "patch" for _, verb, _ in VERBS])
def test_it_is_told_to_the_team_once_and_to_the_visitor_not_at_all(harbor, guest, desk, thread, method, verb, body):
    if verb == "tags/VIP":
        desk.post(f"conversations/{thread}/tags", {"name": "vip"})
    body = body and {**body, **({"until": in_hours(3)} if "until" in body else {})}
    body = body and {**body, **({"agent_id": str(harbor.ben.id)} if "agent_id" in body else {})}

    def act():
        path = f"conversations/{thread}/{verb}".rstrip("/")
        return desk.delete(path) if method == "delete" else getattr(desk, method)(path, body)

    before, seen = heads(harbor, guest.contact), guest.get(f"conversations/{thread}").json()
    first = act()
    assert first.status_code == 200, first.content
    after = heads(harbor, guest.contact)
    assert after[0] > before[0] and after[1] == before[1]
    again = act()
    assert (again.status_code, again.json()) == (200, first.json())
    assert heads(harbor, guest.contact) == after
    assert guest.get(f"conversations/{thread}").json() == seen


def test_the_conversation_says_what_was_done(harbor, desk, thread):
    until = in_hours(3)
    desk.post(f"conversations/{thread}/snooze", {"until": until})
    desk.post(f"conversations/{thread}/tags", {"name": " Late  parcel "})
    desk.post(f"conversations/{thread}/participants", {"agent_id": str(harbor.ben.id)})
    shown = desk.patch(f"conversations/{thread}", {"priority": "urgent", "subject": "Parcel 7"}).json()
    assert (shown["status"], shown["tags"], shown["priority"]) == ("snoozed", ["Late parcel"], "urgent")
    assert shown["subject"] == "Parcel 7"
    assert shown["snoozed_until"][:19] == until[:19]
    assert [one["name"] for one in shown["participants"]] == [shown["contact"]["display_name"], "Ben"]
    assert [one["name"] for one in told(thread)] == ["snoozed", "tagged", "invited", "prioritized", "renamed"]


def test_a_subject_is_the_visitors_to_see_and_told_once(guest, desk, thread):
    before = streams.contact_stream(guest.contact).head_seq
    for _ in range(2):
        desk.patch(f"conversations/{thread}", {"subject": "Parcel 7"})
    assert guest.get(f"conversations/{thread}").json()["subject"] == "Parcel 7"
    assert streams.contact_stream(guest.contact).head_seq == before + 1


def test_attributes_are_merged_and_null_removes_one(desk, thread):
    desk.patch(f"conversations/{thread}", {"attributes": {"order": 7, "vip": True}})
    shown = desk.patch(f"conversations/{thread}", {"attributes": {"order": None, "shop": "north"}}).json()
    assert shown["attributes"] == {"vip": True, "shop": "north"}
    many = {str(number): number for number in range(49)}
    assert desk.patch(f"conversations/{thread}", {"attributes": many}).status_code == 422
    assert desk.patch(f"conversations/{thread}", {"attributes": {"a": {"b": 1}}}).status_code == 422


def test_s24_nothing_else_can_be_set(harbor, desk, thread):
    before = Conversation.objects.values().get(id=thread)
    forged = {"status": "closed", "seq": 9, "last_seq": 9, "tenant": "x", "assignee": str(harbor.ben.id), "tags": ["a"]}
    assert desk.patch(f"conversations/{thread}", forged).status_code == 200
    assert Conversation.objects.values().get(id=thread) == before


def test_nobody_else_can_do_any_of_it(harbor, rival, desk, thread):
    outsider, guessed = rival.desk(), str(uuid.uuid4())
    tries = [("post", "snooze", {"until": in_hours(1)}), ("post", "tags", {"name": "x"})]
    tries += [("patch", "", {"subject": "x"})]
    tries += [("post", "participants", {"agent_id": str(rival.ada.id)}), ("put", "mute", {"on": "true"})]
    for method, verb, body in tries:
        for one in (thread, guessed):
            answer = getattr(outsider, method)(f"conversations/{one}/{verb}".rstrip("/"), body)
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "not_found"), verb
    assert outsider.delete(f"conversations/{thread}/tags/x").status_code == 404
    assert told(thread) == []
    # The control: whose it is can.
    assert desk.post(f"conversations/{thread}/tags", {"name": "x"}).status_code == 200


def test_s23_a_colleague_is_of_the_company(harbor, rival, desk, thread):
    for agent_id, status in ((rival.ben.id, 422), (uuid.uuid4(), 422), (harbor.ben.id, 200)):
        answer = desk.post(f"conversations/{thread}/participants", {"agent_id": str(agent_id)})
        assert answer.status_code == status


def test_closing_as_spam_is_told_to_the_team_alone_until_it_is_reopened(guest, desk, thread):
    closed = desk.post(f"conversations/{thread}/close", {"spam": True}).json()
    assert (closed["spam"], told(thread)) == (True, [{"name": "closed", "spam": True}])
    assert "spam" not in guest.get(f"conversations/{thread}/messages").content.decode()
    assert "spam" not in guest.get(f"conversations/{thread}").content.decode()
    assert desk.post(f"conversations/{thread}/reopen").json()["spam"] is False


# Snoozing


def test_a_time_is_in_the_future_and_at_most_a_year_away(desk, thread):
    for until in (in_hours(-1), in_hours(24 * 367), "soon", None):
        assert desk.post(f"conversations/{thread}/snooze", {"until": until}).status_code == 422, until
    assert desk.post(f"conversations/{thread}/snooze", {"until": in_hours(24 * 365)}).status_code == 200


def test_a_closed_conversation_is_not_put_off(desk, thread):
    desk.post(f"conversations/{thread}/close")
    refused = desk.post(f"conversations/{thread}/snooze", {"until": in_hours(1)})
    assert refused.json()["errors"][0]["code"] == "conversation_closed"


def test_the_time_wakes_it_once_and_no_earlier(harbor, guest, desk, thread):
    desk.post(f"conversations/{thread}/snooze", {"until": in_hours(1)})
    assert actions.wake_due() == 0
    Conversation.objects.filter(id=thread).update(snoozed_until=timezone.now() - timedelta(seconds=1))
    assert guest.get(f"conversations/{thread}").json()["status"] == "open"
    seen = streams.contact_stream(guest.contact).head_seq
    assert (actions.wake_due(), actions.wake_due()) == (1, 0)
    assert desk.get(f"conversations/{thread}").json()["status"] == "open"
    assert told(thread)[-1] == {"name": "woken", "by": "time"}
    assert streams.contact_stream(guest.contact).head_seq == seen
    assert Event.objects.filter(actor_kind="system", conversation=thread, type="note.created").count() == 1


def test_the_visitor_wakes_it_and_so_does_an_agent(guest, desk, thread):
    desk.post(f"conversations/{thread}/snooze", {"until": in_hours(1)})
    guest.say(thread, "I cannot wait")
    assert told(thread)[-1] == {"name": "woken", "by": "visitor"}
    desk.post(f"conversations/{thread}/snooze", {"until": in_hours(1)})
    woken = desk.post(f"conversations/{thread}/reopen").json()
    assert (woken["status"], woken["cycle"], told(thread)[-1]) == ("open", 1, {"name": "woken"})


def test_what_was_put_off_further_meanwhile_sleeps_on(harbor, desk, thread):
    desk.post(f"conversations/{thread}/snooze", {"until": in_hours(1)})
    woken = actions.wake_conversation(by=System(harbor.tenant.id), conversation_id=uuid.UUID(thread))
    assert woken is False
    assert desk.get(f"conversations/{thread}").json()["status"] == "snoozed"


def test_one_that_cannot_be_woken_keeps_nobody_else_asleep(harbor, guest, thread, monkeypatch, log_lines):
    later = guest.start("Another question", new=True)["conversation"]["id"]
    for row_id, seconds in ((thread, 2), (later, 1)):
        until = timezone.now() - timedelta(seconds=seconds)
        Conversation.objects.filter(id=row_id).update(status="snoozed", snoozed_until=until)
    plain = lifecycle.wake

    def wake(events, conversation, **how):
        if str(conversation.id) == thread:
            raise KeyError("a fault of ours")
        plain(events, conversation, **how)

    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "wake", wake)
        patch.setattr(snoozing, "_BATCH", 1)
        assert (actions.wake_due(), actions.wake_due()) == (1, 0)
    assert [harbor.conversation(row_id).status for row_id in (thread, later)] == ["snoozed", "open"]
    assert [line["conversation_id"] for line in log_lines() if line["event"] == "wake_failed"] == [thread, thread]
    assert actions.wake_due() == 1  # The control: it was the fault alone that kept it asleep.


def test_waking_looks_at_what_is_due_and_at_nothing_else(desk, thread, count_queries):
    desk.post(f"conversations/{thread}/snooze", {"until": in_hours(1)})
    assert count_queries(actions.wake_due) == 1


# Tags


def test_a_tag_is_the_same_however_it_is_written(harbor, desk, thread):
    for name in ("Straße", "STRASSE", " straße "):
        assert desk.post(f"conversations/{thread}/tags", {"name": name}).json()["tags"] == ["Straße"]
    assert Tag.objects.filter(tenant=harbor.tenant).count() == Tagging.objects.count() == 1
    assert desk.delete(f"conversations/{thread}/tags/strasse").json()["tags"] == []
    assert Tagging.objects.count() == 0


def test_a_tag_is_taken_off_by_its_id_and_with_any_letters(desk, thread):
    for name in ("a/b c", "ñ?&#"):
        desk.post(f"conversations/{thread}/tags", {"name": name})
    known = {one["name"]: one["id"] for one in desk.get("tags").json()["items"]}
    assert desk.delete(f"conversations/{thread}/tags/{known['ñ?&#']}").json()["tags"] == ["a/b c"]
    assert desk.delete(f"conversations/{thread}/tags/a%2Fb%20c").json()["tags"] == []


def test_what_cannot_be_a_name_is_on_no_conversation(desk, thread):
    desk.post(f"conversations/{thread}/tags", {"name": "Late"})
    for name in ("%00", "Late%00", "x" * 1001, "nobody-knows-it"):
        assert desk.delete(f"conversations/{thread}/tags/{name}").json()["tags"] == ["Late"], name
    assert desk.delete(f"conversations/{thread}/tags/Late").json()["tags"] == []


def test_names_that_are_none_are_refused(desk, thread):
    for name in ("", "  ", "\u200b", "\u202e \u2066", "x" * 61, "a\0b", "\ufdfa" * 20, None):
        assert desk.post(f"conversations/{thread}/tags", {"name": name}).status_code == 422, name
    for name in ("👩\u200d💻", "a\u00adb"):
        assert desk.post(f"conversations/{thread}/tags", {"name": name}).status_code == 200, name


def test_a_conversation_has_at_most_30_tags(desk, thread):
    answers = [desk.post(f"conversations/{thread}/tags", {"name": f"tag {n}"}).status_code for n in range(31)]
    assert answers == [200] * 30 + [422]


def test_an_archived_tag_stays_where_it_is_and_comes_back_by_its_name(desk, thread):
    desk.post(f"conversations/{thread}/tags", {"name": "Refund"})
    tag = desk.get("tags").json()["items"][0]
    for _ in range(2):
        assert desk.delete(f"tags/{tag['id']}").status_code == 204
    assert desk.get("tags").json()["items"] == []
    assert desk.get(f"conversations/{thread}").json()["tags"] == ["Refund"]
    assert desk.get("conversations", {"tag": "refund"}).json()["items"] != []
    again = desk.post("tags", {"name": "refund", "colour": "teal"})
    assert (again.status_code, again.json()) == (201, {**tag, "colour": "teal"})
    assert desk.post("tags", {"name": "REFUND"}).json()["errors"][0]["code"] == "name_taken"


def test_marking_with_what_it_bears_changes_nothing_even_when_that_is_archived(harbor, guest, desk, thread):
    desk.post(f"conversations/{thread}/tags", {"name": "Refund"})
    desk.delete(f"tags/{desk.get('tags').json()['items'][0]['id']}")
    before = heads(harbor, guest.contact)
    assert desk.post(f"conversations/{thread}/tags", {"name": "rEFUND"}).json()["tags"] == ["Refund"]
    assert (heads(harbor, guest.contact), desk.get("tags").json()["items"]) == (before, [])
    other = harbor.browser().start("Another one")["conversation"]["id"]
    assert desk.post(f"conversations/{other}/tags", {"name": "refund"}).json()["tags"] == ["Refund"]
    assert [one["name"] for one in desk.get("tags").json()["items"]] == ["Refund"]


# Sorting by who waits


def test_who_has_waited_longest_comes_first_and_nobody_is_missing(harbor, desk):
    threads = [harbor.browser().start(f"Question {n}")["conversation"]["id"] for n in range(5)]
    for answered in (threads[0], threads[3]):
        desk.reply(answered, "Here you are")
    asked = {"sort": "waiting_since", "limit": 2}
    expected = [threads[1], threads[2], threads[4], threads[3], threads[0]]
    for limit in (1, 2, 3, 25):
        found, cursor = [], None
        while True:
            page = desk.get("conversations", {**asked, "limit": limit, **({"cursor": cursor} if cursor else {})}).json()
            found += [one["id"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert found == expected, limit
    assert desk.get("conversations", {**asked, "cursor": "~~"}).status_code == 400
