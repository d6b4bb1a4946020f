"""Abuse cases of `identity-security.md`, who may read what: each with a control showing that the owner may."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from curbe.testing.cast import Browser, Desk, proof
from curbe.testing.forgery import nothing_changes
from curbe.testing.ledger import everything
from messenger.models import Contact, ContactMerge, Device, Event, Message
from messenger.tests.test_sockets import HOST, connected, in_thread

pytestmark = pytest.mark.django_db
on_sockets = pytest.mark.django_db(transaction=True)


def code_of(response):
    return response.status_code, response.json()["errors"][0]["code"]


def thread_of(browser):
    return browser.get("conversations").json()["items"][0]["id"]


def doors(browser, conversation_id):
    """Everything that a session opens; each call is made anew."""
    message = {"client_message_id": str(uuid.uuid4()), "body": "Let me in"}
    return {
        "conversations": lambda: browser.get("conversations"),
        "start": lambda: browser.post("conversations", {"message": message}),
        "conversation": lambda: browser.get(f"conversations/{conversation_id}"),
        "messages": lambda: browser.get(f"conversations/{conversation_id}/messages"),
        "send": lambda: browser.post(f"conversations/{conversation_id}/messages", message),
        "read": lambda: browser.put(f"conversations/{conversation_id}/read", {"up_to": 1}),
        "typing": lambda: browser.post(f"conversations/{conversation_id}/typing", {"on": True}),
        "history": lambda: browser.get("history"),
        "profile": lambda: browser.post("profile", {"name": "Mallory"}),
        "visits": lambda: browser.post("visits", {"page": {"url": "https://shop.example/"}}),
        "identify": lambda: browser.post("identify", {"email": "mallory@example.com"}),
        "reset": lambda: browser.post("reset", {"device_id": "x" * 43}),
        "shutdown": lambda: browser.post("shutdown"),
    }


def assert_ended(browser, conversation_id, code):
    """No door opens for this session any more, and each says why; nothing is written."""
    with nothing_changes():
        for name, knock in doors(browser, conversation_id).items():
            assert code_of(knock()) == (401, code), name


async def close_code_of(line):
    return await line.close_code()


async def all_frames(line):
    """What the socket says until it is closed, or says nothing for a while."""
    heard = []
    while True:
        try:
            heard.append(await line.hear(timeout=2))
        except (AssertionError, TimeoutError):  # Its end is no frame of text; silence is what is waited for.
            return heard


# S09


def test_s09_a_users_device_id_without_a_token_is_a_fresh_guests(harbor):
    grace = harbor.browser()
    grace.start("Before I signed in")
    assert grace.identify(proof(harbor, "grace")).status_code == 200
    thread = thread_of(grace)
    finder = grace.tab()
    assert (finder.boot()["contact"], finder.snapshot["conversations"], finder.snapshot["messages"]) == (None, [], [])
    assert finder.get(f"conversations/{thread}").status_code == 404
    finder.start("I found this device")
    assert finder.contact.type == "anonymous"
    assert finder.texts() == ["I found this device"]
    # Always the same guest, however often it loads (I7).
    people = Contact.objects.count()
    assert {grace.tab().boot()["contact"]["id"] for _ in range(3)} == {str(finder.contact.id)}
    assert Contact.objects.count() == people == 2
    # The controls: the open tab is still hers, and a proof opens it anywhere.
    assert grace.texts() == ["Before I signed in"]
    assert harbor.known("grace").texts() == ["Before I signed in"]


def test_s09_a_users_token_on_another_device_resumes_nothing(harbor):
    grace = harbor.known("grace", "My own words")
    thief = Browser(widget=harbor.widget, bearer=grace.bearer)
    assert thief.reload()["contact"] is None
    assert thief.bearer != grace.bearer
    # The control: on her own device it does.
    assert grace.reload()["contact"]["type"] == "user"
    assert grace.texts() == ["My own words"]


def test_s09_a_users_token_at_another_tenants_widget_resumes_nothing(harbor, rival):
    grace = harbor.known("grace", "My own words")
    assert grace.load(rival.widget).json()["contact"] is None


# S10


@pytest.mark.parametrize("door", ["identify", "bootstrap"])
def test_s10_another_user_on_the_same_device_sees_nothing_of_the_first(harbor, door):
    grace = harbor.known("grace", "Grace's secret")
    thread = thread_of(grace)
    heidi = grace.tab()
    heidi.bearer = grace.bearer
    token = proof(harbor, "heidi")
    answer = heidi.identify(token) if door == "identify" else heidi.load(identity={"token": token})
    assert answer.status_code == 200
    assert "Grace's secret" not in answer.content.decode()
    assert str(thread) not in answer.content.decode()
    assert heidi.contact.external_id == "heidi"
    assert heidi.texts() == []
    assert heidi.get(f"conversations/{thread}").status_code == 404
    assert_ended(grace, thread, "identity_changed")
    assert ContactMerge.objects.count() == 0
    # The control: Grace's own proof still opens it.
    assert harbor.known("grace").texts() == ["Grace's secret"]


@on_sockets
async def test_s10_the_first_users_sockets_are_closed_with_4014(harbor):
    grace = await in_thread(harbor.known)("grace", "Grace's secret")
    elsewhere = await in_thread(harbor.known)("grace")
    async with connected() as line, connected() as other_device:
        for one, browser in ((line, grace), (other_device, elsewhere)):
            await one.hello(browser.bearer)
            assert (await one.hear())["t"] == "welcome"
        heidi = grace.tab()
        await in_thread(heidi.boot)(identity={"token": await in_thread(proof)(harbor, "heidi")})
        assert await close_code_of(line) == 4014
        assert await other_device.hears_nothing(), "on her own device Grace stays"
    async with connected() as line:
        await line.hello(grace.bearer)
        assert await close_code_of(line) == 4014


# S12


def test_s12_a_token_after_shutdown_opens_nothing(harbor):
    for begin in (lambda: harbor.known("grace", "Before"), harbor.browser):
        browser = begin()
        thread = browser.start("Last words")["conversation"]["id"]
        assert browser.texts()[-1] == "Last words"
        assert browser.post("shutdown").status_code == 204
        assert_ended(browser, thread, "session_revoked")


@pytest.mark.parametrize("is_user", [True, False])
def test_s12_the_device_id_after_shutdown_is_a_blank_guest(harbor, is_user):
    browser = harbor.known("grace") if is_user else harbor.browser()
    thread = browser.start("Last words")["conversation"]["id"]
    former = browser.contact.id
    browser.post("shutdown")
    for load in (browser.reload, browser.boot):
        snapshot = load()
        assert (snapshot["contact"], snapshot["conversations"], snapshot["messages"]) == (None, [], [])
    assert browser.get(f"conversations/{thread}").status_code == 404
    browser.start("Somebody new")
    assert browser.contact.id != former
    assert browser.contact.type == "anonymous"
    # The team keeps what was said.
    assert harbor.desk().get(f"conversations/{thread}").status_code == 200
    if is_user:
        assert "Last words" in harbor.known("grace").texts()


# S13


@pytest.mark.parametrize("is_known", [True, False])
def test_s13_a_guests_token_after_the_merge_says_identity_changed(harbor, is_known):
    if is_known:
        harbor.known("grace", "On my other computer")
    guest = harbor.browser()
    thread = guest.start("Before I signed in")["conversation"]["id"]
    assert guest.texts() == ["Before I signed in"]
    old = Browser(widget=harbor.widget, device=guest.device, bearer=guest.bearer)
    assert guest.identify(proof(harbor, "grace")).status_code == 200
    assert ContactMerge.objects.count() == int(is_known)
    assert_ended(old, thread, "identity_changed")
    # The control: the token that was issued for it opens the same thread.
    assert guest.get(f"conversations/{thread}").status_code == 200


@on_sockets
@pytest.mark.parametrize("is_known", [True, False])
async def test_s13_and_its_sockets_are_closed_with_4014(harbor, is_known):
    if is_known:
        await in_thread(harbor.known)("grace", "On my other computer")
    guest = await in_thread(harbor.browser)()
    await in_thread(guest.start)("Before I signed in")
    async with connected() as line:
        await line.hello(guest.bearer)
        assert (await line.hear())["t"] == "welcome"
        await in_thread(guest.identify)(await in_thread(proof)(harbor, "grace"))
        assert await close_code_of(line) == 4014


# S14


def test_s14_there_is_no_way_to_ask_for_a_merge(harbor, guest, chat, desk):
    grace = harbor.known("grace", "My own words")
    mine, hers = str(guest.contact.id), str(grace.contact.id)
    body = {"contact_id": hers, "into": hers, "from": mine, "source": mine, "target": hers}
    paths = [
        "merge",
        "merges",
        "contacts/merge",
        "contact/merge",
        "visitors/merge",
        "identify/merge",
        f"merge/{hers}",
        f"contacts/{hers}/merge",
        f"contacts/{mine}/merge",
        f"contacts/{mine}/merge/{hers}",
        f"threads/{mine}/merge",
    ]
    with nothing_changes():
        for caller in (guest, grace, desk):
            for method in ("post", "put", "patch"):
                statuses = {caller.request(method, path, body).status_code for path in paths}
                assert statuses == {404}, (caller.base, method)
    assert guest.get("history").status_code == desk.get("me").status_code == 200, "the control: other paths exist"


# S15


@pytest.mark.parametrize("is_known", [True, False])
def test_s15_who_planted_the_device_id_sees_nothing_of_the_user(harbor, is_known):
    if is_known:
        harbor.known("victim", "What I said elsewhere")
    planter = harbor.browser()
    thread = planter.start("Planted")["conversation"]["id"]
    victim = planter.tab()
    victim.boot(identity={"token": proof(harbor, "victim")})
    victim.say(thread, "My account number is 1234")
    # With the session from before …
    assert_ended(planter, thread, "identity_changed")
    # … and with a new one of the same device id: the guest thread has moved away.
    for load in (planter.reload, planter.boot):
        snapshot = load()
        assert (snapshot["contact"], snapshot["conversations"], snapshot["merged_from"]) == (None, [], [])
    for path in (f"conversations/{thread}", f"conversations/{thread}/messages"):
        assert planter.get(path).status_code == 404
    assert planter.say(thread, "Let me in").status_code == 404
    planter.start("Again")
    assert planter.texts() == ["Again"]
    assert planter.contact.id != victim.contact.id
    # The control: the victim has it all, the planted thread among it.
    said = ["What I said elsewhere"] if is_known else []
    assert victim.texts() == [*said, "Planted", "My account number is 1234"]


@on_sockets
async def test_s15_the_planters_socket_hears_nothing_of_the_user(harbor):
    planter = await in_thread(harbor.browser)()
    thread = (await in_thread(planter.start)("Planted"))["conversation"]["id"]
    async with connected() as line:
        await line.hello(planter.bearer)
        assert (await line.hear())["t"] == "welcome"
        victim = planter.tab()
        token = await in_thread(proof)(harbor, "victim", name="Victoria")
        await in_thread(victim.boot)(identity={"token": token})
        await in_thread(victim.say)(thread, "My account number is 1234")
        heard = await all_frames(line)
    assert "1234" not in str(heard)
    assert "Victoria" not in str(heard)


# S26


def test_s26_proofs_and_secrets_are_no_sessions(harbor, guest, chat, desk):
    grace = harbor.known("grace")
    kid, secret = harbor.signs_with()
    token = proof(harbor, "grace")
    for bearer in (token, secret, kid, grace.device, guest.device, "", "null", grace.bearer[:-1]):
        for caller in (Browser(bearer=bearer), Desk(bearer=bearer)):
            path = "history" if isinstance(caller, Browser) else "me"
            assert caller.get(path).status_code == 401
    assert Desk(bearer=grace.bearer).get("me").status_code == 401
    # The agent's cookie and key open none of the visitor's doors.
    signed_in = Browser()
    signed_in.client.force_login(harbor.ada.user)
    for caller in (signed_in, Browser(bearer=desk.bearer)):
        for name, knock in doors(caller, chat["conversation"]["id"]).items():
            assert knock().status_code == 401, name
    stranger = Browser(widget=harbor.widget)
    assert stranger.load(identity={"token": desk.bearer}).status_code == 401
    assert stranger.load(identity={"token": grace.bearer}).status_code == 401
    # The controls.
    assert grace.get("history").status_code == guest.get("history").status_code == desk.get("me").status_code == 200
    assert stranger.load(identity={"token": token}).status_code == 200


# S58


def test_s58_a_key_that_somebody_else_used_makes_an_independent_message(harbor):
    key = str(uuid.uuid4())
    people = [harbor.browser(), harbor.browser(), harbor.known("grace"), harbor.known("heidi")]
    for number, person in enumerate(people):
        thread = person.start()["conversation"]["id"]
        sent = person.say(thread, f"number {number}", key)
        assert (sent.status_code, sent.json()["body"]) == (201, f"number {number}")
    for number, person in enumerate(people):
        assert person.texts() == [f"number {number}"]
        again = person.say(thread_of(person), f"number {number}", key)
        assert (again.status_code, again.json()["body"]) == (200, f"number {number}")
    assert Message.objects.filter(client_message_id=key).count() == len(people)
    # The control: one's own key with another body is noticed.
    assert code_of(people[0].say(thread_of(people[0]), "another body", key)) == (409, "idempotency_key_reused")


# S60


def block(contact):
    Contact.objects.filter(id=contact.id).update(blocked=True)


def writing_doors(browser, conversation_id):
    chosen = doors(browser, conversation_id)
    new = {"message": {"client_message_id": str(uuid.uuid4()), "body": "Let me in"}, "new": True}
    return {name: chosen[name] for name in ("start", "send", "profile")} | {
        "open": lambda: browser.post("conversations"),
        "new": lambda: browser.post("conversations", new),
    }


def assert_may_write_nothing(browser, conversation_id):
    """Refused neutrally, and the team sees nothing new."""
    before = everything()["Event"], everything()["Message"], everything()["Conversation"], everything()["Contact"]
    for name, knock in writing_doors(browser, conversation_id).items():
        refused = knock()
        assert code_of(refused) == (403, "not_available"), (name, refused.content)
        assert "block" not in refused.content.decode()
    after = everything()["Event"], everything()["Message"], everything()["Conversation"], everything()["Contact"]
    assert after == before


def test_s60_a_blocked_contact_may_not_write(harbor):
    guest, neighbour = harbor.browser(), harbor.browser()
    thread = guest.start("Hello")["conversation"]["id"]
    neighbour.start("Hello too")
    block(guest.contact)
    assert_may_write_nothing(guest, thread)
    # Reading on is allowed, and so is everybody else.
    assert guest.texts() == ["Hello"]
    for name, knock in writing_doors(neighbour, thread_of(neighbour)).items():
        assert knock().status_code in (200, 201), name


def test_s60_reading_tells_the_team_nothing_of_a_blocked_contact(harbor, desk):
    guest = harbor.browser()
    thread = guest.start("Hello")["conversation"]["id"]
    desk.reply(thread, "Please stop")
    block(guest.contact)
    before = list(Event.objects.filter(stream__contact=None).values_list("id"))
    guest.put(f"conversations/{thread}/read", {"up_to": 3})
    assert list(Event.objects.filter(stream__contact=None).values_list("id")) == before
    Contact.objects.update(blocked=False)
    guest.put(f"conversations/{thread}/read", {"up_to": 3})
    assert Event.objects.filter(stream__contact=None).count() > len(before), "the control: of others it learns"


def test_s60_signing_in_lifts_no_block(harbor):
    guest = harbor.browser()
    thread = guest.start("Hello")["conversation"]["id"]
    block(guest.contact)
    assert guest.identify(proof(harbor, "grace")).status_code == 200
    assert guest.contact.type == "user"
    assert_may_write_nothing(guest, thread)


def test_s60_a_blocked_user_writes_nothing_in_a_guests_thread_either(harbor):
    grace = harbor.known("grace", "Hello")
    block(grace.contact)
    guest = harbor.browser()
    thread = guest.start("It is me again")["conversation"]["id"]
    assert guest.identify(proof(harbor, "grace")).status_code == 200
    assert guest.contact.id == grace.contact.id
    for conversation_id in (thread, thread_of(grace)):
        assert_may_write_nothing(guest, conversation_id)


def test_s60_a_guests_block_is_told_to_the_team_and_not_put_upon_the_user(harbor):
    """Whoever shared a browser with the user, or planted a device id in it, must not get the user blocked (S15)."""
    grace, guest = harbor.known("grace", "Hello"), harbor.browser()
    thread = guest.start("Spam")["conversation"]["id"]
    block(guest.contact)
    assert guest.identify(proof(harbor, "grace")).status_code == 200
    assert grace.say(thread_of(grace), "Still here").status_code == 201
    parts = harbor.desk().get(f"conversations/{thread}/messages").json()["items"]
    (merged,) = [part["event"] for part in parts if part["kind"] == "event"]
    assert merged["blocked"] is True


@on_sockets
async def test_s60_a_blocked_contacts_typing_is_not_seen(harbor):
    guest = await in_thread(harbor.browser)()
    thread = (await in_thread(guest.start)("Hello"))["conversation"]["id"]
    desk = await in_thread(harbor.desk)()
    async with connected() as line, connected("/ws/inbox", headers=[HOST]) as agent:
        await line.hello(guest.bearer)
        await agent.hello(desk.bearer)
        await line.hear()
        await agent.hear()
        # The control: typing arrives.
        await line.tell(t="typing", c=thread, on=True)
        assert (await agent.hear_until("eph"))["k"] == "typing"
        await in_thread(block)(await in_thread(lambda: guest.contact)())
        await line.tell(t="typing", c=thread, on=True)
        await in_thread(guest.post)(f"conversations/{thread}/typing", {"on": True})
        await in_thread(guest.say)(thread, "Do you hear me?")
        assert await agent.hears_nothing()
        await in_thread(guest.identify)(await in_thread(proof)(harbor, "grace"))
        head = int((await in_thread(desk.get)("snapshot")).json()["cursor"].partition(":")[2])
        heard = 0
        while heard < head:  # That they are a user now is the team's to know.
            frame = await agent.hear()
            assert frame["t"] == "evs"
            heard = frame["to"]
        await in_thread(guest.post)(f"conversations/{thread}/typing", {"on": True})
        await in_thread(guest.say)(thread, "And now?")
        assert await agent.hears_nothing()


# S65


def test_s65_after_an_upgrade_older_tokens_and_tabs_need_a_proof(harbor):
    first = harbor.browser()
    thread = first.start("Hello")["conversation"]["id"]
    second, third = first.tab(), first.tab()
    second.boot()
    third.boot()
    assert second.texts() == ["Hello"], "the control: before, it was everybody's"
    assert third.identify(proof(harbor, "grace")).status_code == 200
    for tab in (first, second):
        assert_ended(tab, thread, "identity_changed")
        assert tab.reload()["contact"] is None
        assert tab.get(f"conversations/{thread}").status_code == 404
    assert third.texts() == ["Hello"], "an anonymous page load takes nothing from the signed-in tab"
    assert second.reload(identity={"token": proof(harbor, "grace")})["contact"]["type"] == "user"
    assert second.texts() == third.texts() == ["Hello"]


# S66


def test_s66_a_second_device_never_reads_the_upgraded_user(harbor):
    first = harbor.browser()
    thread = first.start("Hello")["conversation"]["id"]
    guest_id = str(first.contact.id)
    first.identify(proof(harbor, "grace", email="grace@example.com"))
    second = harbor.browser()
    second.start("A stranger's")
    for step in (
        lambda: second.reload(),
        lambda: second.identify(email="grace@example.com", name="Grace").json(),
        lambda: second.post("profile", {"email": "grace@example.com"}).json(),
        lambda: second.reload(identity={"email": "grace@example.com"}, contact_id=guest_id, external_id="grace"),
    ):
        answer = step()
        assert guest_id not in str(answer)
        assert thread not in str(answer)
        assert second.texts() == ["A stranger's"]
        assert second.get(f"conversations/{thread}").status_code == 404
    assert second.load(identity={"user_id": "grace"}).status_code == 401
    # The control: with a proof it does.
    assert second.load(identity={"token": proof(harbor, "grace")}).status_code == 200
    assert second.texts() == ["Hello", "A stranger's"]


# S67


def signed_in_tabs(harbor):
    """Two tabs of Grace, one of the guest behind her on the same device, and Grace on another device."""
    first = harbor.known("grace", "Hello")
    second, guest = first.tab(), first.tab()
    second.boot(identity={"token": proof(harbor, "grace")})
    guest.boot()
    guest.start("Nobody signed in")
    return first, second, guest, harbor.known("grace")


@pytest.mark.parametrize("which", [0, 1, 2], ids=["first", "second", "guest"])
def test_s67_shutdown_in_one_tab_ends_every_tabs_token(harbor, which):
    *tabs, elsewhere = signed_in_tabs(harbor)
    thread = thread_of(elsewhere)
    for tab in tabs:
        assert tab.get("history").status_code == 200
    assert tabs[which].post("shutdown").status_code == 204
    for tab in tabs:
        assert_ended(tab, thread, "session_revoked")
        assert tab.reload()["contact"] is None
    device = Device.objects.get(id=tabs[0].visitor.device.id)
    assert (device.contact_id, device.user_id, device.revoked_at) == (None, None, None)
    assert elsewhere.texts() == ["Hello"], "the control: another device of the same user goes on"


@on_sockets
async def test_s67_and_closes_every_tabs_socket_with_4014(harbor):
    *tabs, elsewhere = await in_thread(signed_in_tabs)(harbor)
    async with connected() as one, connected() as two, connected() as three, connected() as other:
        for line, browser in zip((one, two, three, other), (*tabs, elsewhere), strict=True):
            await line.hello(browser.bearer)
            assert (await line.hear())["t"] == "welcome"
        await in_thread(tabs[1].post)("shutdown")
        assert await asyncio.gather(*map(close_code_of, (one, two, three))) == [4014] * 3
        assert await other.hears_nothing()


# Reset


def test_a_reset_makes_a_fresh_guest_and_ends_the_old_device_for_good(harbor, desk):
    browser = harbor.browser()
    thread = browser.start("Let us forget this")["conversation"]["id"]
    old = Browser(widget=harbor.widget, device=browser.device, bearer=browser.bearer)
    second = browser.tab()
    second.boot()
    answer = browser.reset()
    assert answer.status_code == 200
    assert (answer.json()["contact"], answer.json()["conversations"]) == (None, [])
    assert browser.texts() == []
    assert browser.get(f"conversations/{thread}").status_code == 404
    for tab in (old, second):
        assert_ended(tab, thread, "session_revoked")
        assert code_of(tab.load()) == (401, "session_revoked")
        assert code_of(tab.load(identity={"token": proof(harbor, "grace")})) == (401, "session_revoked")
    assert desk.get(f"conversations/{thread}").json()["contact"]["type"] == "anonymous"
    assert browser.boot()["contact"] is None, "the control: the new device lives"


def test_a_signed_in_user_cannot_reset(harbor):
    grace = harbor.known("grace", "Hello")
    with nothing_changes():
        refused = grace.reset()
    assert code_of(refused) == (409, "verified_contact")
    assert grace.texts() == ["Hello"]


@on_sockets
async def test_a_reset_closes_the_sockets_of_the_old_device_with_4014(harbor):
    browser = await in_thread(harbor.browser)()
    await in_thread(browser.start)("Hello")
    async with connected() as line:
        await line.hello(browser.bearer)
        assert (await line.hear())["t"] == "welcome"
        await in_thread(browser.reset)()
        assert await close_code_of(line) == 4014
