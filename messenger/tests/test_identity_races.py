"""Signing in while everything else goes on: one person in the end, nothing lost, nothing doubled, no deadlock."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from curbe.testing.cast import Browser, device_id, make_company, proof, sign_in
from curbe.testing.ledger import assert_numbers_have_no_holes, assert_streams_have_no_holes
from curbe.testing.race import race
from curbe.testing.scale import repetitions
from messenger import actions
from messenger.errors import Invalid
from messenger.models import Contact, ContactMerge, Conversation, Device, IdentitySecret, Message, VisitorToken

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("repetition", range(repetitions(small=5, full=40))),
]


@pytest.fixture
def company(transactional_db):
    company = make_company("harbor")
    company.signs_with()
    return company


def same_session(browser):
    """Another client that holds the same token: the race's threads share no connection."""
    return Browser(widget=browser.widget, device=browser.device, bearer=browser.bearer)


def assert_all_is_numbered():
    assert_streams_have_no_holes()
    for conversation in Conversation.objects.all():
        assert_numbers_have_no_holes(conversation)


def assert_counters_hold(contact):
    """What is kept beside the messages equals a recount."""
    said = Message.objects.filter(contact=contact, kind="message")
    assert contact.message_count == said.count()
    # Not to the millisecond: a part is dated after its predecessor, which may have begun later and come first.
    assert contact.last_message_at == said.latest("created_at").created_at
    for conversation in Conversation.objects.filter(contact=contact):
        own = said.filter(conversation=conversation, author_kind="contact")
        assert conversation.contact_messages == own.count()
    assert Conversation.objects.filter(contact=contact, is_primary=True).exclude(status="closed").count() <= 1


def assert_one_user(user_id="grace"):
    """One person is left, who is that user and has everything."""
    user = Contact.objects.get(merged_into=None)
    assert (user.type, user.external_id) == ("user", user_id)
    assert not Conversation.objects.exclude(contact=user).exists()
    assert not Message.objects.exclude(contact=user).exists()
    assert not Device.objects.exclude(contact=None).exists()
    assert_counters_hold(user)
    assert_all_is_numbered()
    return user


@pytest.mark.parametrize("is_known", [True, False], ids=["merge", "upgrade"])
def test_signing_in_against_20_sends_loses_and_doubles_nothing(company, repetition, is_known):
    if is_known:
        company.known("grace", "Here before")
    guest = company.browser()
    thread = guest.start("First")["conversation"]["id"]
    tokens = [proof(company, "grace") for _ in range(21)]
    answers = []

    def send(i):
        tab, key = same_session(guest), str(uuid.uuid4())
        first = tab.say(thread, f"message {i}", key)
        answers.append((first.status_code, first.content))
        if first.status_code == 401:
            assert first.json()["errors"][0]["code"] == "identity_changed"
            tab.reload(identity={"token": tokens[i]})
            return tab.say(thread, f"message {i}", key)
        return first

    def act(i):
        return same_session(guest).identify(tokens[i]) if i == 0 else send(i)

    results = race(21, act)
    assert results[0].status_code == 200
    assert {status for status, _ in answers} <= {201, 401}, answers
    assert {one.status_code for one in results[1:]} == {201}, [one.content for one in results]
    bodies = Counter(Message.objects.filter(body__startswith="message").values_list("body", flat=True))
    assert bodies == {f"message {i}": 1 for i in range(1, 21)}
    assert_one_user()
    assert ContactMerge.objects.count() == int(is_known)


def test_50_tabs_that_sign_in_one_visitor_make_one_merge(company, repetition):
    company.known("grace", "Here before")
    guest = company.browser()
    guest.start("Hello")
    tabs = [guest, *(guest.tab() for _ in range(49))]
    for tab in tabs[1:]:
        tab.boot()
    tokens = [proof(company, "grace") for _ in tabs]
    answers = race(50, lambda i: tabs[i].identify(tokens[i]))
    assert {one.status_code for one in answers} <= {200, 401}
    assert 200 in {one.status_code for one in answers}
    assert {one.json()["errors"][0]["code"] for one in answers if one.status_code == 401} <= {"identity_changed"}
    assert ContactMerge.objects.count() == 1
    user = assert_one_user()
    # Every tab that was let in stays in; the others come back with their proof.
    for tab, token in zip(tabs, tokens, strict=True):
        if tab.get("history").status_code == 401:
            tab.reload(identity={"token": token})
        assert tab.texts() == ["Here before", "Hello"]
    assert VisitorToken.objects.filter(revoked_at=None).exclude(contact=user, assurance="verified").count() == 0


def test_50_page_loads_that_sign_in_one_visitor_make_one_merge(company, repetition):
    company.known("grace", "Here before")
    guest = company.browser()
    guest.start("Hello")
    tokens = [proof(company, "grace") for _ in range(50)]
    tabs = [guest.tab() for _ in tokens]
    race(50, lambda i: tabs[i].boot(identity={"token": tokens[i]}))
    assert ContactMerge.objects.count() == 1
    assert_one_user()
    assert [tab.texts() for tab in tabs] == [["Here before", "Hello"]] * 50


@pytest.mark.parametrize("has_said", [True, False])
def test_devices_that_bring_one_new_user_at_once_make_one_user(company, repetition, has_said):
    browsers = [company.browser() for _ in range(4)]
    for number, browser in enumerate(browsers):
        if has_said:
            browser.start(f"From device {number}")
    tokens = [proof(company, "grace") for _ in browsers]
    answers = race(4, lambda i: browsers[i].identify(tokens[i]))
    assert {one.status_code for one in answers} == {200}, [one.content for one in answers]
    assert len({one.json()["contact"]["id"] for one in answers}) == 1
    assert Contact.objects.filter(external_id="grace").count() == 1
    assert ContactMerge.objects.count() == (3 if has_said else 0)
    expected = {f"From device {number}" for number in range(4)} if has_said else set()
    assert all(set(browser.texts()) == expected for browser in browsers)
    if has_said:
        assert_one_user()
    assert_all_is_numbered()


@pytest.mark.parametrize("with_guests", [False, True])
def test_two_users_who_change_places_never_merge(company, repetition, with_guests):
    """Each proves on the other's device at the same moment, with guests in both slots or without."""
    grace, heidi = company.known("grace", "Grace's"), company.known("heidi", "Heidi's")
    if with_guests:
        for browser in (grace, heidi):
            guest = browser.tab()
            guest.boot()
            guest.start("Nobody signed in")
    tokens = [proof(company, "heidi"), proof(company, "grace")]
    answers = race(2, lambda i: same_session((grace, heidi)[i]).identify(tokens[i]))
    assert {one.status_code for one in answers} == {200}, [one.content for one in answers]
    assert Contact.objects.filter(type="user", merged_into=None).count() == 2
    assert ContactMerge.objects.filter(source__type="user").count() == 0
    assert ContactMerge.objects.count() == (2 if with_guests else 0)
    guests = ["Nobody signed in"] if with_guests else []
    for user_id, own in (("grace", "Grace's"), ("heidi", "Heidi's")):
        assert company.known(user_id).texts() == [own, *guests]
    assert_all_is_numbered()


def test_users_who_change_places_again_and_again_do_not_deadlock(company, repetition):
    """Ten clients on two devices, every one proving one of two users over guests who keep appearing."""
    devices = [device_id(), device_id()]
    tabs = [Browser(widget=company.widget, device=devices[i % 2]) for i in range(10)]
    users = ["grace", "heidi"]
    tokens = [[proof(company, users[(i + turn) % 2]) for turn in range(3)] for i in range(10)]

    def act(i):
        statuses = set()
        for turn in range(3):
            tabs[i].bearer = ""
            assert tabs[i].load().status_code == 200, "whoever was overtaken is let in again by the server"
            statuses.add(tabs[i].post("conversations", said(f"{i} in turn {turn}")).status_code)
            statuses.add(tabs[i].identify(tokens[i][turn]).status_code)
        return statuses

    assert set().union(*race(10, act)) <= {200, 201, 401}
    assert Contact.objects.filter(type="user").count() == 2
    assert ContactMerge.objects.filter(source__type="user").count() == 0
    for user in Contact.objects.filter(type="user"):
        assert_counters_hold(user)
    for device in Device.objects.all():
        assert device.contact is None or device.contact.type == "anonymous"
    assert_all_is_numbered()


def said(text):
    return {"message": {"client_message_id": str(uuid.uuid4()), "body": text}}


@pytest.mark.parametrize("is_known", [True, False], ids=["merge", "upgrade"])
@pytest.mark.parametrize("has_said", [True, False], ids=["guest", "nobody"])
def test_signing_in_against_starting_leaves_one_person(company, repetition, is_known, has_said):
    if is_known:
        company.known("grace", "Here before")
    guest = company.browser()
    if has_said:
        guest.start("First")
    token = proof(company, "grace")

    def act(i):
        return (
            same_session(guest).identify(token) if i == 0 else same_session(guest).post("conversations", said(f"{i}"))
        )

    answers = race(11, act)
    assert answers[0].status_code == 200
    assert {one.status_code for one in answers[1:]} <= {200, 201, 401}, [one.content for one in answers]
    stored = {one.json()["message"]["body"] for one in answers[1:] if one.status_code != 401}
    numbered = Message.objects.filter(body__in=[str(i) for i in range(1, 11)]).values_list("body", flat=True)
    assert sorted(numbered) == sorted(stored)
    if Message.objects.exists():
        assert_one_user()
    assert Contact.objects.filter(merged_into=None).count() == 1
    assert_all_is_numbered()


def test_signing_in_against_replies_reads_and_closing_keeps_every_part(company, repetition):
    company.known("grace", "Here before")
    guest = company.browser()
    thread = guest.start("First")["conversation"]["id"]
    desks, token = [company.desk() for _ in range(12)], proof(company, "grace")

    def act(i):
        if i == 0:
            return same_session(guest).identify(token)
        if i % 4 == 0:
            return desks[i].post(f"conversations/{thread}/close")
        if i % 4 == 1:
            return same_session(guest).put(f"conversations/{thread}/read", {"up_to": i})
        return desks[i].reply(thread, f"reply {i}")

    answers = race(12, act)
    of_team = [one.status_code for i, one in enumerate(answers) if i and i % 4 != 1]
    assert set(of_team) <= {200, 201}, [one.content for one in answers]
    assert {one.status_code for i, one in enumerate(answers) if i % 4 == 1} <= {200, 401, 404}
    assert Message.objects.filter(body__startswith="reply").count() == 6
    user = assert_one_user()
    unread = company.known("grace").get(f"conversations/{thread}").json()
    assert unread["unread_count"] == replies_after(thread, unread["last_read_seq"])
    assert user.message_count == 8


def replies_after(thread, seq):
    replies = Message.objects.filter(conversation=thread, author_kind="agent", kind="message")
    return replies.filter(visible_seq__gt=seq).count()


def test_signing_in_against_signing_out_leaves_no_session_half_way(company, repetition):
    company.known("grace", "Here before")
    guest = company.browser()
    guest.start("Hello")
    tabs = [guest.tab() for _ in range(6)]
    for tab in tabs:
        tab.boot()
    token = proof(company, "grace")
    answers = race(6, lambda i: tabs[i].post("shutdown") if i % 2 else tabs[i].identify(token))
    assert {one.status_code for one in answers} <= {200, 204, 401}
    live = VisitorToken.objects.filter(device__contact=None, device__user=None, revoked_at=None)
    elsewhere = Device.objects.exclude(id=Device.objects.latest("id").id)
    assert not live.exclude(device__in=elsewhere).exists(), "a device that knows nobody has no live session"
    for tab in tabs:
        assert tab.get("history").status_code in (200, 401)
    # However it ended: nobody reads the user without a proof.
    assert guest.boot()["conversations"] == [] or guest.contact.type == "anonymous"
    assert_all_is_numbered()


def test_secrets_that_change_during_50_proofs_make_no_500(company, repetition):
    browsers = [company.browser() for _ in range(50)]
    first = IdentitySecret.objects.get()
    second, _ = company.new_secret()
    old, new = list(company.secrets.items())
    tokens = []
    for i in range(50):
        company.secrets = dict([(old, new)[i % 2]])
        tokens.append(proof(company, f"user-{i}"))

    def change(i):
        actions.retire_identity_secret((first, second)[i % 2])
        try:
            actions.create_identity_secret(tenant=company.tenant)
        except Invalid:
            return  # Two are live again already: another thread was quicker.

    def act(i):
        if i >= 50:
            return change(i)
        return browsers[i].identify(tokens[i])

    answers = [one for one in race(54, act) if one is not None]
    assert len(answers) == 50
    assert {one.status_code for one in answers} <= {200, 401}, {one.content for one in answers}
    accepted = sum(one.status_code == 200 for one in answers)
    assert Contact.objects.filter(type="user").count() == accepted
    assert IdentitySecret.objects.filter(retired_at=None).count() <= 2
    assert_all_is_numbered()


def test_the_control_a_lost_count_or_number_is_noticed(company, repetition):
    company.known("grace", "Here before")
    guest = company.browser()
    thread = guest.start("First")["conversation"]["id"]
    sign_in(guest, company)
    user = assert_one_user()
    Contact.objects.filter(id=user.id).update(message_count=99)
    user.refresh_from_db()
    with pytest.raises(AssertionError):
        assert_counters_hold(user)
    Message.objects.filter(conversation=thread, kind="message").update(seq=7)
    with pytest.raises(AssertionError):
        assert_all_is_numbered()
