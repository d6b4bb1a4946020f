"""S38 on pages that no browser test looks at in full: transcripts, and the admin's lists, visits and articles."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from messenger import transcripts
from messenger.models import Agent, Conversation, User, Visit

from .hostile import AUTHOR, BENIGN, CORPUS, faults_in, packed, shapes_of
from .planting import FILE, desk_called, done, plant, publish

pytestmark = pytest.mark.django_db

NAMES = packed(200)
# What an agent can be called.
CALLED = [name for name in packed(120) if len(name) <= 120]
A_PAGE = 50
MARKDOWN = f"# Help\n\n{BENIGN}\n\n- a\n\n1. b\n\n> c\n\n```\nd\n```"


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def root(db):
    """A superuser's browser."""
    client = Client()
    client.force_login(User.objects.create_superuser("root@curbe.example", "a long enough password"))
    return client


def assert_inert(pages, benign, *, shows):
    """No element or attribute is there that was not when nobody meant harm; what was planted is there as text."""
    shapes, everything = shapes_of(*benign), "".join(pages)
    assert faults_in(everything, shapes) == []
    assert [text for text in shows if escape(text) not in everything] == []
    # The control: the same pages with one text that is not escaped.
    text = next(text for text in shows if "<img" in text)
    assert faults_in(everything.replace(escape(text), text, 1), shapes)


def talk(harbor, called, text, names, bodies):
    """A thread in which the visitor sends such a text and files of such names, and so does everybody so called."""
    thread = plant(harbor.widget, desk_called(harbor.tenant, "Mia"), text)
    for name in called:
        done(desk_called(harbor.tenant, name).reply(thread, text))
    mia = desk_called(harbor.tenant, "Mia")
    for name, body in zip(names, bodies, strict=True):
        file = done(mia.upload(FILE, f"{name}.txt"))["id"]
        done(mia.reply(thread, body, attachment_ids=[file]))
    return thread


def transcript_of(harbor, thread):
    conversation = Conversation.objects.get(tenant=harbor.tenant, id=thread)
    return transcripts.for_visitor(conversation, harbor.tenant, "html").content


def test_s38_a_transcript(harbor):
    benign = transcript_of(harbor, talk(harbor, ["Mia"], BENIGN, ["order"], [MARKDOWN]))
    bodies = ["\n\n".join(group) for group in CORPUS.values()]
    names = NAMES[:: len(NAMES) // len(bodies)][: len(bodies)]
    page = transcript_of(harbor, talk(harbor, CALLED, AUTHOR, names, bodies))
    assert_inert([page], [benign], shows=CALLED)


def pages_of(client, model):
    """Its list in the admin, to its end."""
    for number in range(1, (model.objects.count() - 1) // A_PAGE + 2):
        yield page_of(client, reverse(f"admin:messenger_{model._meta.model_name}_changelist") + f"?p={number}")


def page_of(client, url):
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def changes_of(client, rows):
    """The pages of these rows in the admin."""
    for row in rows:
        yield page_of(client, reverse(f"admin:messenger_{row._meta.model_name}_change", args=[row.pk]))


def seen_with(visit, browsers):
    """The same page view again, by each of these browsers."""
    fields = {name: getattr(visit, name) for name in ("tenant", "device", "contact", "widget", "url", "created_at")}
    return Visit.objects.bulk_create(Visit(**fields, title=name, user_agent=name, referrer=name) for name in browsers)


def test_s38_browsers_and_names_in_the_admin(root, harbor):
    plant(harbor.widget, desk_called(harbor.tenant, "Mia"), BENIGN)
    visit = Visit.objects.latest("created_at")
    seen_with(visit, [BENIGN] * A_PAGE)
    benign = [*changes_of(root, [visit]), *pages_of(root, Visit), *pages_of(root, Agent)]
    agents = [desk_called(harbor.tenant, name).agent for name in CALLED]
    visits = seen_with(visit, NAMES)
    assert_inert([*changes_of(root, visits), *pages_of(root, Visit)], benign, shows=NAMES)
    named = [*changes_of(root, agents[:1]), *pages_of(root, Agent)]
    assert_inert(named, [*benign, *changes_of(root, [harbor.ada])], shows=CALLED)


def test_s38_articles_in_the_admin(root, harbor):
    benign = list(changes_of(root, [publish(harbor.tenant, "Help", MARKDOWN)]))
    texts = packed(200)[::5]
    articles = [publish(harbor.tenant, text, text) for text in texts]
    assert_inert(list(changes_of(root, articles)), benign, shows=texts)
