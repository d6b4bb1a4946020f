"""Who may read what, in whatever order things happen: three people, three browsers, a model that knows (I7, I10)."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from curbe.testing.cast import Browser, device_id, make_company, proof
from curbe.testing.scale import repetitions
from messenger import principals
from messenger.actions import identity, visits
from messenger.models import Contact, ContactMerge, Device, Tenant
from messenger.signing import device_key_hash

FIGURES = settings(
    max_examples=repetitions(small=50, full=200),
    stateful_step_count=repetitions(small=30, full=50),
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
USERS = ("grace", "heidi", "ivan")
# Grace more often than the others, or few would meet themselves.
somebody = st.sampled_from(("grace", *USERS))
somebody_or_nobody = st.one_of(st.none(), somebody)


@dataclass(eq=False)
class Person:
    """A guest, or a user of the site; a guest who was merged is somebody else from then on."""

    user_id: str | None = None
    merged_into: Person | None = None

    @property
    def now(self) -> Person:
        return self.merged_into or self


@dataclass(eq=False)
class Computer:
    """A browser of the company's site, with its two slots."""

    device: str = field(default_factory=device_id)
    guest: Person | None = None
    user: Person | None = None
    is_gone: bool = False


@dataclass(eq=False)
class Tab:
    """A session. `user` is whom it was proven for; `ended` is the code with which it is refused."""

    browser: Browser
    computer: Computer
    user: Person | None = None
    ended: str = ""

    @property
    def reader(self) -> Person | None:
        return self.user or self.computer.guest


class Identities(RuleBasedStateMachine):
    """The rules act on the server and on the model; `look` and the invariants compare."""

    @initialize(policy=st.sampled_from(Tenant.ThreadPolicy.values))
    def open_shop(self, policy: str) -> None:
        self.example = transaction.atomic()
        self.example.__enter__()
        self.company = make_company(f"shop-{secrets.token_hex(6)}", policy)
        self.company.signs_with()
        self.computers = [Computer() for _ in range(3)]
        self.tabs: list[Tab] = []
        self.people: list[Person] = []
        self.users: dict[str, Person] = {}
        self.said: dict[str, Person] = {}
        self.threads: dict[str, Person] = {}
        self.merges = 0
        # Something to act upon from the start: whichever rules an example is made of, they have a session.
        for where in range(3):
            self.open_a_tab(where, None)
        self.say(0)

    # Page loads

    @rule(where=st.integers(0, 2), user_id=somebody_or_nobody)
    def open_a_tab(self, where: int, user_id: str | None) -> None:
        computer = self.computers[where]
        self._load(Browser(widget=self.company.widget, device=computer.device), computer, None, user_id)

    @precondition(lambda self: self.tabs)
    @rule(which=st.integers(0, 99), user_id=somebody_or_nobody)
    def reload_a_tab(self, which: int, user_id: str | None) -> None:
        """With the session it has. The old one is kept: whatever it may still read has to be right, too."""
        tab = self._tab(which)
        browser = Browser(widget=self.company.widget, device=tab.computer.device, bearer=tab.browser.bearer)
        resumed = None if tab.ended else tab.user
        self._load(browser, tab.computer, resumed, user_id)

    @precondition(lambda self: self.tabs)
    @rule(which=st.integers(0, 99), where=st.integers(0, 2))
    def load_with_a_token_of_elsewhere(self, which: int, where: int) -> None:
        computer = self.computers[where]
        tab = self._tab(which)
        browser = Browser(widget=self.company.widget, device=computer.device, bearer=tab.browser.bearer)
        is_own = tab.computer is computer and not tab.ended
        self._load(browser, computer, tab.user if is_own else None, None)

    def _load(self, browser: Browser, computer: Computer, resumed: Person | None, user_id: str | None) -> None:
        answer = browser.load(**self._identity(user_id))
        if computer.is_gone:
            assert refusal_of(answer) == (401, "session_revoked")
            return
        assert answer.status_code == 200, answer.content
        user = self._sign_in(computer, user_id, by_page_load=True) if user_id else resumed
        self.tabs.append(Tab(browser, computer, user))
        self._look(self.tabs[-1])

    # Who it is

    @precondition(lambda self: self.tabs)
    @rule(which=st.integers(0, 99), user_id=somebody)
    def identify(self, which: int, user_id: str) -> None:
        self._identify(self._tab(which), user_id)

    def _identify(self, tab: Tab, user_id: str) -> None:
        browser = Browser(widget=self.company.widget, device=tab.computer.device, bearer=tab.browser.bearer)
        answer = browser.identify(self._proof(user_id))
        if tab.ended:
            assert refusal_of(answer) == (401, tab.ended)
            return
        assert answer.status_code == 200, answer.content
        user = self._sign_in(tab.computer, user_id)
        self.tabs.append(Tab(browser, tab.computer, user))
        self._look(self.tabs[-1])

    @rule(where=st.integers(0, 2), user_id=somebody)
    def chat_and_sign_in(self, where: int, user_id: str) -> None:
        """The usual story: somebody who is not signed in says something, and then who they are."""
        self.open_a_tab(where, None)
        tab = self.tabs[-1]
        self._say(tab)
        self._identify(tab, user_id)

    @precondition(lambda self: self.tabs)
    @rule(which=st.integers(0, 99), user_id=somebody, has_token=st.booleans())
    def fail_to_prove(self, which: int, user_id: str, has_token: bool) -> None:
        """A user id alone or a token of somebody else's making; the user a session is proven for needs neither."""
        tab = self._tab(which)
        if has_token:
            answer = tab.browser.identify("eyJhbGciOiJub25lIn0.e30.", user_id=user_id)
        else:
            answer = tab.browser.load(identity={"user_id": user_id})
        is_theirs = not tab.ended and not has_token and tab.user and tab.user is self.users.get(user_id)
        assert answer.status_code == (200 if is_theirs else 401), answer.content

    @precondition(lambda self: self.tabs)
    @rule(which=st.integers(0, 99), user_id=somebody)
    def claim_an_email(self, which: int, user_id: str) -> None:
        """Unverified, and the same as a user's signed one: it opens nothing (S08)."""
        tab = self._tab(which)
        answer = tab.browser.post("profile", {"email": f"{user_id}@example.com"})
        if tab.ended:
            assert refusal_of(answer) == (401, tab.ended)
            return
        assert answer.status_code == 200, answer.content
        self._born(tab)

    # Speaking, leaving

    @precondition(lambda self: self.tabs)
    @rule(which=st.integers(0, 99))
    def say(self, which: int) -> None:
        self._say(self._tab(which))

    def _say(self, tab: Tab) -> None:
        text = f"text {len(self.said)}"
        answer = tab.browser.post("conversations", {"message": {"client_message_id": str(uuid.uuid4()), "body": text}})
        if tab.ended:
            assert refusal_of(answer) == (401, tab.ended)
            return
        assert answer.status_code == 201, answer.content
        self.said[text] = self.threads[answer.json()["conversation"]["id"]] = self._born(tab)

    @precondition(lambda self: self.tabs)
    @rule(which=st.integers(0, 99))
    def shut_down(self, which: int) -> None:
        tab = self._tab(which)
        answer = tab.browser.post("shutdown")
        if tab.ended:
            assert refusal_of(answer) == (401, tab.ended)
            return
        assert answer.status_code == 204, answer.content
        self._end_sessions(tab.computer, "session_revoked")
        tab.computer.guest = tab.computer.user = None

    @precondition(lambda self: self.tabs)
    @rule(which=st.integers(0, 99))
    def reset(self, which: int) -> None:
        tab, old = self._tab(which), self._tab(which).computer
        browser = Browser(widget=self.company.widget, device=old.device, bearer=tab.browser.bearer)
        answer = browser.reset()
        if tab.ended:
            assert refusal_of(answer) == (401, tab.ended)
        elif any(one.user and not one.ended for one in self.tabs if one.computer is old):
            assert refusal_of(answer) == (409, "verified_contact"), "in this tab or another of the browser"
        else:
            assert answer.status_code == 200, answer.content
            self._end_sessions(old, "session_revoked")
            old.is_gone, old.guest = True, None
            fresh = Computer(browser.device)
            self.computers[self.computers.index(old)] = fresh
            self.tabs.append(Tab(browser, fresh))

    # What is compared

    @precondition(lambda self: self.tabs)
    @rule(which=st.integers(0, 99))
    def look(self, which: int) -> None:
        tab = self._tab(which)
        self._look(tab)
        if not tab.ended:
            self._try_threads(tab)

    def teardown(self) -> None:
        """Every session once more; then the example is forgotten, so that the next one finds empty tables."""
        try:
            for tab in getattr(self, "tabs", []):
                if not tab.ended:
                    self._look(tab)
        finally:
            if hasattr(self, "example"):
                transaction.set_rollback(True)
                self.example.__exit__(None, None, None)

    @invariant()
    def nobody_is_born_but_by_saying_something(self) -> None:
        """I7: as many people as the model knows, and in each browser the guest it knows."""
        everybody = Contact.objects.filter(tenant=self.company.tenant)
        assert everybody.count() == len(self.people)
        assert everybody.filter(type="user").count() == len(self.users)
        assert ContactMerge.objects.filter(tenant=self.company.tenant).count() == self.merges

    @invariant()
    def each_browser_has_the_guest_that_the_model_knows(self) -> None:
        hashes = {device_key_hash(self.company.tenant.id, one.device): one for one in self.computers}
        for device in Device.objects.select_related("contact", "user").filter(key_hash__in=hashes):
            computer = hashes[device.key_hash]
            assert (device.contact is None) is (computer.guest is None)
            assert device.contact is None or (device.contact.type != "user" and device.contact.merged_into_id is None)
            assert (device.user and device.user.external_id) == (computer.user and computer.user.user_id)

    def _look(self, tab: Tab) -> None:
        """I10: a session reads what its own person has said, all of that, and nothing else."""
        answer = tab.browser.get("history")
        if tab.ended:
            assert refusal_of(answer) == (401, tab.ended)
            return
        assert answer.status_code == 200, answer.content
        texts = sorted(one["body"] for one in answer.json()["items"])
        assert texts == sorted(text for text, person in self.said.items() if person.now is tab.reader)

    def _try_threads(self, tab: Tab) -> None:
        for thread, person in list(self.threads.items())[-4:]:
            status = tab.browser.get(f"conversations/{thread}").status_code
            assert status == (200 if person.now is tab.reader else 404)

    # The model

    def _tab(self, which: int) -> Tab:
        """One of those whose session lives, mostly, so that most steps lead somewhere."""
        live = [tab for tab in self.tabs if not tab.ended]
        chosen = live if live and which % 5 else self.tabs
        return chosen[which % len(chosen)]

    def _identity(self, user_id: str | None) -> dict[str, Any]:
        return {"identity": {"token": self._proof(user_id)}} if user_id else {}

    def _proof(self, user_id: str) -> str:
        return proof(self.company, user_id, email=f"{user_id}@example.com")

    def _born(self, tab: Tab) -> Person:
        """Whoever acts in this tab; a guest is born with the first interaction."""
        if tab.reader is None:
            tab.computer.guest = Person()
            self.people.append(tab.computer.guest)
        assert tab.reader is not None
        return tab.reader

    def _sign_in(self, computer: Computer, user_id: str, *, by_page_load: bool = False) -> Person:
        user, guest = self.users.get(user_id), computer.guest
        is_there = by_page_load and guest is None and user is not None and computer.user is user
        if user is None:
            user = self.users[user_id] = guest or Person()
            user.user_id = user_id
            self.people += [] if guest else [user]
        elif guest:
            guest.merged_into = user
            self.merges += 1
        computer.guest, computer.user = None, user
        if not is_there:  # The page of somebody who is signed in already changes nobody's identity.
            self._end_sessions(computer, "identity_changed", but=user)
        return user

    def _end_sessions(self, computer: Computer, code: str, *, but: Person | None = None) -> None:
        for tab in self.tabs:
            if tab.computer is computer and not tab.ended and (but is None or tab.user is not but):
                tab.ended = code


def refusal_of(answer: Any) -> tuple[int, str]:
    """(status, code), or (status, "") of an answer that is no refusal."""
    return answer.status_code, answer.json()["errors"][0]["code"] if answer.status_code >= 400 else ""


@pytest.mark.django_db(transaction=True)
def test_everybody_reads_what_is_theirs_and_a_reload_makes_nobody():
    run_state_machine_as_test(Identities, settings=FIGURES)


def ignore_assurance(patch):
    """Any session of a browser reads the user last proven there."""
    patch.setattr(principals, "require_person", lambda visitor, contact: None)
    patch.setattr(principals, "_contact_of", lambda token: token.device.user or token.contact or token.device.contact)


def ignore_revocation(patch):
    """A login leaves the other sessions of the browser alone."""
    patch.setattr(identity, "revoke_tokens", lambda *args, **options: None)


def make_a_person_of_each_page_load(patch):
    """As the widgets of old did."""
    plain = visits.record_page_view

    def recorded(widget, *args, **options):
        Contact.objects.create(tenant=widget.tenant)
        return plain(widget, *args, **options)

    patch.setattr(identity, "record_page_view", recorded)


def resume_by_device(patch):
    """Knowing the device id is enough to go on as the user."""
    plain = identity._resumable

    def resumable(device, bearer):
        verified = device and device.tokens.filter(assurance="verified", revoked_at=None)
        return plain(device, bearer) or (verified and verified.first())

    patch.setattr(identity, "_resumable", resumable)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "plant", [ignore_assurance, ignore_revocation, make_a_person_of_each_page_load, resume_by_device]
)
def test_the_control_it_finds_a_planted_fault(plant, monkeypatch):
    plant(monkeypatch)
    quick = settings(FIGURES, max_examples=200, phases=[Phase.generate], derandomize=True, report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Identities, settings=quick)
