"""Who plays in the tests of the snapshot law: a visitor, two agents, and those who must learn nothing of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.utils import timezone

from curbe.testing.cast import Company, make_company, proof
from curbe.testing.clients import Browser, Desk
from messenger.models import Conversation, Team, Tenant


@dataclass
class Stage:
    """A company, the visitor it is about, its agents, a stranger who wrote as well, and another company's people."""

    harbor: Company
    visitor: Browser
    ada: Desk
    ben: Desk
    stranger: Browser
    rival: Company
    rival_visitor: Browser
    support: Team

    def again(self) -> Stage:
        """The same people, none of whom has done anything since the stage was set."""
        return replace(self, visitor=replace(self.visitor, snapshot={}))

    def thread(self, text: str | None = "Hello", **body: Any) -> str:
        """The id of the visitor's conversation, which is begun if there is none."""
        return str(self.visitor.start(text, **body)["conversation"]["id"])

    def answered(self) -> str:
        """A conversation in which Ada has replied."""
        thread = self.thread()
        self.ada.reply(thread, "Hello, how can I help?")
        return thread

    def two_threads(self) -> tuple[str, str]:
        """A parallel conversation and the primary one, both answered."""
        return self.answered(), self._answered_anew()

    def _answered_anew(self) -> str:
        thread = self.thread("Another matter", new=True)
        self.ada.reply(thread, "What is it?")
        return thread

    def close(self, thread: str, **body: Any) -> None:
        assert self.ada.post(f"conversations/{thread}/close", body).status_code == 200

    def assign(self, thread: str, **to: Any) -> None:
        assert self.ada.post(f"conversations/{thread}/assign", to).status_code == 200

    def snooze(self, thread: str) -> None:
        """Until tomorrow."""
        tomorrow = timezone.now() + timedelta(days=1)
        assert self.ada.post(f"conversations/{thread}/snooze", {"until": tomorrow.isoformat()}).status_code == 200

    def tag(self, thread: str, name: str = "VIP") -> None:
        assert self.ada.post(f"conversations/{thread}/tags", {"name": name}).status_code == 200

    def oversleeps(self, thread: str) -> None:
        """The time of its snooze has come."""
        Conversation.objects.filter(id=thread).update(snoozed_until=timezone.now() - timedelta(seconds=1))

    def falls_silent(self, thread: str) -> None:
        """For longer than the company leaves an answered conversation open."""
        Tenant.objects.filter(id=self.harbor.tenant.id).update(inactivity_days=7)
        Conversation.objects.filter(id=thread).update(last_message_at=timezone.now() - timedelta(days=8))

    def close_long_ago(self, thread: str) -> None:
        """Before the days within which a message reopens."""
        self.close(thread)
        Tenant.objects.filter(id=self.harbor.tenant.id).update(reopen_days=7)
        Conversation.objects.filter(id=thread).update(closed_at=timezone.now() - timedelta(days=8))

    def block(self, browser: Browser, blocked: bool = True) -> None:
        assert self.ada.post(f"contacts/{browser.contact.id}/block", {"blocked": blocked}).status_code == 200

    def grace_elsewhere(self, text: str | None = "From my other computer") -> Browser:
        """A user of Harbor's site at another computer."""
        return self.harbor.known("grace", text, name="Grace", email="grace@example.com")

    def sign_in(self, **claims: Any) -> None:
        """The visitor proves to be Grace."""
        answer = self.visitor.identify(proof(self.harbor, "grace", **claims))
        assert answer.status_code == 200, answer.content


def set_stage(policy: str) -> Stage:
    """Make the companies; the visitor has loaded a page and said nothing yet."""
    harbor, rival = make_company("harbor", policy), make_company("rival", policy)
    harbor.new_secret()
    stranger, rival_visitor = harbor.browser(), rival.browser()
    stranger.start("I am somebody else")
    stranger.post("profile", {"name": "Somebody", "email": "shared@example.com"})
    rival_visitor.start("Hello, rival")
    return Stage(
        harbor,
        visitor=harbor.browser(),
        ada=harbor.desk(),
        ben=harbor.desk(harbor.ben),
        stranger=stranger,
        rival=rival,
        rival_visitor=rival_visitor,
        support=Team.objects.create(tenant=harbor.tenant, name="Support"),
    )
