"""The admin's own cast: clients signed in as everybody who might try the door, and a tenant full of rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from curbe.testing.cast import Browser, Company
from messenger import actions
from messenger.actions.messages import Draft
from messenger.models import (
    Agent,
    Article,
    Attachment,
    Contact,
    ContactMerge,
    Message,
    ProofFault,
    Rating,
    Team,
    TeamMember,
    Turn,
    User,
    VerificationFailure,
)

# Written into everything of the rival: seen anywhere by Harbor, it is a leak.
CANARY = "zinc-canary"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def root(db: None) -> Client:
    """A superuser, who belongs to no tenant."""
    return signed_in(User.objects.create_superuser("root@curbe.example", "a long enough password"))


@pytest.fixture
def ada(harbor: Company) -> Client:
    """Harbor's admin. Not `is_staff`: the role is what counts."""
    return signed_in(harbor.ada.user)


@pytest.fixture
def ben(harbor: Company) -> Client:
    """Harbor's agent without the role."""
    return signed_in(harbor.ben.user)


def live_a_little(company: Company, text: str = "Hello") -> Browser:
    """A visitor with a profile talks with an agent: leaves at least one row of every model but the keys."""
    browser = company.browser()
    browser.boot(page={"url": f"https://{text}.example/shop", "title": text})
    browser.post("profile", {"name": text, "email": f"{text}@mail.example"})
    thread = uuid.UUID(browser.start(text)["conversation"]["id"])
    actions.send_reply(by=company.ada, conversation_id=thread, draft=Draft.by_agent(uuid.uuid4(), f"{text} to you too"))
    actions.add_note(by=company.ada, conversation_id=thread, draft=Draft.by_agent(uuid.uuid4(), f"A note on {text}"))
    refuse_a_proof(company, text)
    merge_a_guest(company, text)
    rate_and_attach(company, browser.contact, text)
    share_the_work(company, thread, text)
    write_with_everything(company, thread, text)
    ask_the_assistant(company, thread, text)
    actions.save_article(Article(tenant=company.tenant, slug=uuid.uuid4().hex, locale="en", title=text, body=text))
    return browser


def write_with_everything(company: Company, thread: uuid.UUID, text: str) -> None:
    """A colleague is named in a note; a reply is kept, something is begun, and somebody likes the dark."""
    note = Draft.by_agent(uuid.uuid4(), f"@{company.ben.display_name}, look")
    actions.add_note(by=company.ada, conversation_id=thread, draft=note)
    fields = {"shortcut": f"s-{uuid.uuid4().hex[:8]}", "title": text, "body": text, "is_shared": True}
    actions.create_saved_reply(by=company.ada, fields=fields)
    actions.save_draft(by=company.ada, conversation_id=thread, kind="message", text=text, version=0)
    without = Agent.objects.filter(tenant=company.tenant, preference=None)
    actions.set_preferences(by=without.order_by("id").first() or company.ada, fields={"theme": "dark"})


def ask_the_assistant(company: Company, thread: uuid.UUID, text: str) -> None:
    """A turn that was handed over."""
    now, shared = timezone.now(), {"tenant": company.tenant, "conversation_id": thread}
    ended = {"state": "handed_off", "reason": "low_confidence", "ended_at": now}
    Turn.objects.create(**shared, cycle=1, asked_from=1, asked_to=1, asked_at=now, **ended)


def share_the_work(company: Company, thread: uuid.UUID, text: str) -> None:
    """A tag on the conversation, a kept view, and one more agent in the team, if there is one."""
    actions.tag_conversation(by=company.ada, conversation_id=thread, name=text)
    actions.create_view(by=company.ada, fields={"name": text, "filters": {"tag": text}})
    team = Team.objects.filter(tenant=company.tenant).order_by("id").first()
    agents = Agent.objects.filter(tenant=company.tenant, memberships=None)
    if team and (agent := agents.order_by("-id").first()):
        TeamMember.objects.create(tenant=company.tenant, team=team, agent=agent)


def rate_and_attach(company: Company, contact: Contact, text: str) -> None:
    """A rating with a remark, and a file."""
    now, shared = timezone.now(), {"tenant": company.tenant}
    part = Message.objects.filter(**shared, contact=contact, seq=1).get()
    told = {"part": part, "remark": text, "created_at": now, "updated_at": now}
    Rating.objects.create(**shared, **told, conversation=part.conversation, cycle=1, score=4, agent=company.ada)
    Attachment.objects.create(**shared, contact=contact, message=part, file="x", name=text, size=1, created_at=now)


def refuse_a_proof(company: Company, text: str) -> VerificationFailure:
    """A line of the verification log."""
    return VerificationFailure.objects.create(
        tenant=company.tenant,
        widget=company.widget,
        fault=ProofFault.WRONG_SIGNATURE,
        kid=text[:40],
        page=f"https://{text}.example/shop",
        at=timezone.now(),
    )


def merge_a_guest(company: Company, text: str) -> ContactMerge:
    """A guest who turned out to be a user that was known already."""
    user = Contact.objects.create(
        tenant=company.tenant, type=Contact.Type.USER, external_id=f"id of {text}", verified={"name": f"User {text}"}
    )
    guest = Contact.objects.create(tenant=company.tenant, name=f"Guest {text}", merged_into=user)
    return ContactMerge.objects.create(tenant=company.tenant, source=guest, into=user, at=timezone.now())


@pytest.fixture
def told(harbor: Company) -> Browser:
    """Harbor with something in every table."""
    actions.create_api_token(agent=harbor.ada, name="Harbor's program")
    actions.create_identity_secret(tenant=harbor.tenant)
    Team.objects.create(tenant=harbor.tenant, name="Harbor's team")
    return live_a_little(harbor, "harbour-bell")


@pytest.fixture
def canaries(rival: Company) -> Iterator[Company]:
    """The rival with a canary in everything that has a name."""
    for row in (rival.tenant, rival.widget):
        row.name = f"{CANARY} {row.name}"
        row.save()
    for agent in (rival.ada, rival.ben):
        agent.display_name = f"{CANARY} {agent.display_name}"
        agent.save()
    actions.create_api_token(agent=rival.ada, name=f"{CANARY} program")
    actions.create_identity_secret(tenant=rival.tenant, kid=CANARY)
    Team.objects.create(tenant=rival.tenant, name=f"{CANARY} team")
    live_a_little(rival, CANARY)
    yield rival
