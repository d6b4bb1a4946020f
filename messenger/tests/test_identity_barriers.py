"""A session authenticated before an identity changed is held up at the next step, whatever was lost on the way."""

from __future__ import annotations

import uuid
from functools import partial

import pytest

from curbe.testing.cast import Browser, device_id, make_company, proof
from messenger import actions, hub, presence, queries, streams
from messenger.actions.messages import Draft
from messenger.actions.visits import Page
from messenger.errors import NotFound, Unauthenticated, VerifiedContact
from messenger.models import Contact, Event, Message, ReadState, Visit, VisitorToken
from messenger.tests.test_sockets import connected, in_thread

on_sockets = pytest.mark.django_db(transaction=True)
by_hand = pytest.mark.django_db


@pytest.fixture
def company(transactional_db):
    return make_company("harbor")


def proof_with_traits(company):
    return proof(company, "grace", email="grace@private.example", name="Grace")


def another_tab(browser):
    """The same browser, with a session of its own."""
    tab = Browser(widget=browser.widget, device=browser.device)
    tab.boot()
    return tab


def draft(text="Hello"):
    return Draft.by_visitor(uuid.uuid4(), text)


# Sockets: what is read of a stream goes out only to a session that speaks for its owner, asked after the reading.


@pytest.fixture
def deaf(monkeypatch):
    """No socket ever hears that it should look at its credentials."""
    monkeypatch.setattr("messenger.nudges.publish_recheck", lambda *_, **__: None)


@on_sockets
@pytest.mark.parametrize("user_exists", [False, True])
async def test_s15_a_guests_socket_hears_nothing_of_the_user_even_if_the_revocation_is_lost(company, deaf, user_exists):
    guest = await in_thread(company.browser)()
    thread = (await in_thread(guest.start)("Hello"))["conversation"]["id"]
    if user_exists:
        await in_thread(company.known)("grace", "I was here before")
    victim = await in_thread(another_tab)(guest)
    async with connected() as planter:
        await planter.hello(guest.bearer)
        await planter.hear_until("welcome")
        await in_thread(lambda: victim.boot(identity={"token": proof_with_traits(company)}))()
        await in_thread(victim.say)(thread, "My secret")
        heard = await heard_until_closed(planter)
    assert heard[-1] == 4014
    assert "Grace" not in str(heard)
    assert "private" not in str(heard)
    assert "My secret" not in str(heard)


@on_sockets
async def test_s15_what_the_assistant_writes_is_shown_to_its_owner_alone(company, deaf, monkeypatch):
    """Neither the revocation nor what happened since reached the socket: only what comes in passing does."""
    guest = await in_thread(company.browser)()
    thread = (await in_thread(guest.start)("Hello"))["conversation"]["id"]
    conversation = await in_thread(company.conversation)(thread)
    victim = await in_thread(another_tab)(guest)
    write = in_thread(partial(presence.assistant_writes, conversation, uuid.uuid4(), on=True, ttl_s=20))
    async with connected() as planter:
        await planter.hello(guest.bearer)
        await planter.hear_until("welcome")
        await write(number=1, text="Public so far")
        assert "Public so far" in str(await planter.hear_until("eph"))
        monkeypatch.setattr("messenger.nudges.publish", lambda *_, **__: None)
        await in_thread(lambda: victim.boot(identity={"token": proof_with_traits(company)}))()
        await write(number=2, text="My secret")
        heard = await heard_until_closed(planter)
    assert heard[-1] == 4014
    assert "My secret" not in str(heard)


@on_sockets
async def test_a_merged_guests_socket_cannot_resume_into_the_user(company, deaf):
    guest = await in_thread(company.browser)()
    epoch = (await in_thread(guest.start)("Hello"))["cursor"].split(":")[0]
    await in_thread(guest.post)("profile", {"name": "Somebody"})
    await in_thread(company.known)("grace", "Before", email="grace@private.example")
    victim = await in_thread(another_tab)(guest)
    async with connected() as planter:
        await planter.hello(guest.bearer)
        await planter.hear_until("welcome")
        await in_thread(lambda: victim.boot(identity={"token": proof(company, "grace")}))()
        await planter.tell(t="resume", after=f"{epoch}:0")
        heard = await heard_until_closed(planter)
    assert heard[-1] == 4014
    assert "private" not in str(heard)


@on_sockets
async def test_a_login_between_hello_and_following_is_noticed(company, monkeypatch):
    guest = await in_thread(company.browser)()
    started = await in_thread(guest.start)("Hello")
    victim = await in_thread(another_tab)(guest)
    plain = hub.Hub.join

    async def join_late(self, stream, subscriber):
        await in_thread(lambda: victim.boot(identity={"token": proof(company, "grace", name="Grace")}))()
        await plain(self, stream, subscriber)

    monkeypatch.setattr(hub.Hub, "join", join_late)
    async with connected() as line:
        await line.hello(guest.bearer, after=started["cursor"])
        heard = await heard_until_closed(line)
    assert heard[-1] == 4014
    assert "Grace" not in str(heard)


async def heard_until_closed(line):
    """Everything the socket was sent, and at the end the code it was closed with, or None when it never was."""
    heard = []
    while not await line._communicator.receive_nothing(8):
        message = await line._communicator.receive_output()
        heard.append(message["code"] if message["type"] == "websocket.close" else message["text"])
        if message["type"] == "websocket.close":
            return heard
    return [*heard, None]


# Requests: authenticated, then overtaken.


@by_hand
def test_a_snapshot_is_not_told_to_who_was_overtaken(harbor, guest, chat, monkeypatch):
    other = another_tab(guest)
    plain = queries.visitor_snapshot

    def late(contact):
        monkeypatch.setattr(queries, "visitor_snapshot", plain)
        other.boot(identity={"token": proof(harbor, "grace", email="grace@private.example")})
        return plain(contact)

    monkeypatch.setattr(queries, "visitor_snapshot", late)
    answer = guest.load()
    assert (answer.status_code, answer.json()["contact"]) == (200, None), "it began again, as nobody yet"
    assert "private" not in answer.content.decode()


@by_hand
def test_a_poll_is_not_answered_to_who_was_overtaken(harbor, guest, chat, monkeypatch):
    other = another_tab(guest)
    plain = streams.events_after

    def late(*args, **options):
        monkeypatch.undo()
        other.boot(identity={"token": proof(harbor, "grace", email="grace@private.example")})
        return plain(*args, **options)

    monkeypatch.setattr(streams, "events_after", late)
    answer = guest.get("events", {"after": chat["cursor"]})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "identity_changed"
    assert "private" not in answer.content.decode()


@by_hand
def test_a_sign_out_stops_what_was_already_let_in(harbor, guest, chat):
    user = harbor.known("grace", "Hello")
    conversation = queries.conversations_of(user.contact).get()
    let_in = user.visitor
    actions.shutdown_device(by=user.visitor)
    for act in (
        lambda: actions.send_message(by=let_in, conversation_id=conversation.id, draft=draft()),
        lambda: actions.start_conversation(by=let_in, draft=draft()),
        lambda: actions.update_profile(by=let_in, traits={"name": "Not me"}),
        lambda: actions.record_visit(by=let_in, page=Page(url="https://shop.example/")),
        lambda: actions.shutdown_device(by=let_in),
    ):
        with pytest.raises(Unauthenticated):
            act()
    assert Message.objects.filter(contact=let_in.contact).count() == 1


@by_hand
@pytest.mark.parametrize("user_exists", [False, True])
def test_a_login_stops_what_the_guest_had_begun(harbor, guest, chat, desk, user_exists):
    if user_exists:
        harbor.known("grace", "Before")
    conversation_id = uuid.UUID(chat["conversation"]["id"])
    desk.reply(chat["conversation"]["id"], "Yes?")
    let_in = guest.visitor
    another_tab(guest).boot(identity={"token": proof(harbor, "grace")})
    unread = list(
        ReadState.objects.filter(kind="contact").order_by("id").values_list("last_read_visible_seq", flat=True)
    )
    for act in (
        lambda: actions.send_message(by=let_in, conversation_id=conversation_id, draft=draft()),
        lambda: actions.start_conversation(by=let_in, draft=draft()),
        lambda: actions.mark_read_by_contact(by=let_in, conversation_id=conversation_id, up_to=99),
        lambda: actions.record_visit(by=let_in, page=Page()),
        lambda: actions.update_profile(by=let_in, traits={"name": "Not me"}),
    ):
        with pytest.raises((Unauthenticated, NotFound)):
            act()
    assert not Visit.objects.filter(contact__merged_into__isnull=False).exists()
    after = list(
        ReadState.objects.filter(kind="contact").order_by("id").values_list("last_read_visible_seq", flat=True)
    )
    assert after == unread


@by_hand
def test_starting_over_is_refused_while_somebody_is_signed_in_in_another_tab(harbor):
    user = harbor.known("grace", "Hello")
    tab = another_tab(user)
    with pytest.raises(VerifiedContact):
        actions.reset_device(by=tab.visitor, device_id=device_id(), page=Page())
    assert user.get("history").status_code == 200
    # The control: a guest may.
    alone = harbor.browser()
    assert actions.reset_device(by=alone.visitor, device_id=device_id(), page=Page()).is_new_device


@by_hand
def test_an_identify_on_its_way_does_not_revive_a_device_that_was_reset(harbor, guest, chat):
    let_in = guest.visitor
    VisitorToken.objects.filter(id=let_in.token.id).update(reason="identity_changed", revoked_at="2026-01-01T00:00Z")
    other = another_tab(guest)
    actions.reset_device(by=other.visitor, device_id=device_id(), page=Page())
    announced = actions.proving.Announced(token=proof(harbor, "grace"))
    with pytest.raises(Unauthenticated):
        actions.introduce(by=let_in, announced=announced)


# What the page says must neither lock anybody out nor betray a block.


@by_hand
def test_a_page_with_ever_new_attributes_locks_nobody_out(harbor, guest):
    user = harbor.known("grace")
    for i in range(60):
        guest.boot(identity={"attributes": {f"seen_{i}": True}})
        user.boot(identity={"token": proof(harbor, "grace"), "attributes": {f"seen_{i}": True}})
    assert len(guest.contact.attributes) == len(user.contact.attributes) == 50
    # What is known already may still change, and a form that asks for too much is told so.
    guest.boot(identity={"attributes": {"seen_0": False}})
    assert guest.contact.attributes["seen_0"] is False
    assert guest.post("profile", {"attributes": {"one_more": 1}}).status_code == 422


@by_hand
@pytest.mark.parametrize("signed_in", [False, True])
def test_s60_a_blocked_contacts_page_loads_and_the_team_sees_nothing_new(harbor, signed_in):
    browser = harbor.known("grace", "Hello") if signed_in else harbor.browser()
    if not signed_in:
        browser.start("Hello")
    Contact.objects.update(blocked=True)
    before = Event.objects.count()
    identity = {
        "email": "new@somewhere.example",
        **({"token": proof(harbor, "grace", name="New")} if signed_in else {}),
    }
    assert browser.load(identity=identity).status_code == 200
    assert Event.objects.count() == before


@by_hand
def test_a_lost_secret_ends_the_sessions_it_proved_and_no_others(harbor):
    lost, _ = harbor.new_secret()
    theirs = harbor.known("grace", "Hello")
    harbor.new_secret()
    ours = harbor.known("ada", "Hello")
    actions.retire_identity_secret(lost, is_lost=True)
    assert theirs.get("history").status_code == 401
    assert ours.get("history").status_code == 200


@by_hand
def test_the_team_is_told_nothing_of_an_unused_conversation_that_moved(harbor, guest):
    harbor.known("grace", "Hello")
    guest.start()
    of_team = Event.objects.filter(stream__contact=None)
    before = of_team.count()
    guest.boot(identity={"token": proof(harbor, "grace")})
    assert list(of_team.order_by("seq").values_list("type", flat=True))[before:] == ["contact.merged"]
