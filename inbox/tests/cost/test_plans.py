"""Every keyset list walks an index that ends in its sort key: at ten thousand rows nothing is sorted or read whole.

Of PostgreSQL, whose plans follow the size of the tables.
"""

from __future__ import annotations

from functools import partial

import pytest
from django.db import connection

from curbe.testing.scale import repetitions

from .plans import big_tables, page_of, plan_of, statements_of

pytestmark = pytest.mark.django_db

ROWS = repetitions(small=10_000, full=30_000)
CONVERSATIONS, CONTACTS, MESSAGES = "messenger_conversation", "messenger_contact", "messenger_message"
VISITS, ARTICLES = "messenger_visit", "messenger_article"


# name → (table of the list, index that it walks, how it is read). A new list is a line.
def lists_of(agent, contact, conversation):
    from messenger import articles, queries

    def view(name):
        chosen = queries.VIEWS[name]
        return partial(queries.inbox_page, agent, status=chosen["status"], assignee=chosen.get("assignee"))

    return {
        "every conversation": (CONVERSATIONS, "conversation_inbox", partial(queries.inbox_page, agent)),
        "all": (CONVERSATIONS, "conversation_inbox_status", view("all")),
        "mine": (CONVERSATIONS, "conversation_inbox_assignee", view("mine")),
        "unassigned": (CONVERSATIONS, "conversation_inbox_nobody", view("unassigned")),
        "closed": (CONVERSATIONS, "conversation_inbox_status", view("closed")),
        "snoozed": (CONVERSATIONS, "conversation_inbox_status", view("snoozed")),
        "chat log": (CONTACTS, "contact_chat_log", partial(queries.chat_log, agent)),
        "timeline": (MESSAGES, "message_timeline", partial(queries.timeline, contact)),
        "parts": (
            MESSAGES,
            "message_seq",
            partial(queries.team_messages, conversation, before=None, after=None, limit=50),
        ),
        "earlier parts": (
            MESSAGES,
            "message_seq",
            partial(queries.team_messages, conversation, before=900, after=None, limit=50),
        ),
        "later parts": (
            MESSAGES,
            "message_seq",
            partial(queries.team_messages, conversation, before=None, after=900, limit=50),
        ),
        "visits": (VISITS, "visit_trail", partial(queries.visits_of, contact, 8)),
        "articles": (ARTICLES, "article_recent", partial(articles.page_for_team, agent, cursor=None, limit=50)),
    }


@pytest.fixture
def crowd(populated, rival):
    """Ten thousand people with a conversation each; one of them has said, and looked at, as much alone.

    Another company has as many: where one has all there are, the index of all companies would do as well as its own.
    """
    from curbe.testing.crowds import HABITS, multiply, pattern_of
    from messenger.models import Article, Contact, Conversation, Message, Visit

    company = populated.company
    for model in (Contact, Conversation, Message, Visit, Article):
        multiply(pattern_of(model, company.tenant), ROWS, HABITS.get(model, lambda i: {}))
    share_out(company)
    rival.browser().start("Hello")
    multiply(pattern_of(Contact, rival.tenant), ROWS, HABITS[Contact])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return populated


def share_out(company):
    """A few are Ada's, a few nobody's, a few snoozed; the others are Ben's."""
    from django.utils import timezone

    from messenger.models import Conversation

    rows = Conversation.objects.filter(tenant=company.tenant, status="open").order_by("pk")
    ids = list(rows.values_list("pk", flat=True))
    rows.update(assignee=company.ben)
    for start in range(0, len(ids), 3_000):
        part = ids[start : start + 3_000]
        rows.filter(pk__in=part[::30]).update(assignee=company.ada)
        rows.filter(pk__in=part[1::30]).update(assignee=None)
        rows.filter(pk__in=part[2::30]).update(status="snoozed", snoozed_until=timezone.now())


def faults_of(name, big, table, index, read):
    """What is wrong with how a page of the list is read."""
    statements = statements_of(read)
    page = plan_of(page_of(statements, table))
    if page.is_sorted:
        yield f"{name}: sorted"
    if index not in page.indexes:
        yield f"{name}: walks {sorted(page.indexes)}, not {index}"
    for statement in statements:
        whole = plan_of(statement).whole & big
        if whole:
            yield f"{name}: reads {sorted(whole)} from end to end: {statement[:200]}"


def test_every_page_of_every_list_walks_an_index_that_ends_in_its_sort_key(request):
    if connection.vendor != "postgresql":
        return  # The figures are about PostgreSQL, and this file also runs there.
    crowd, big = request.getfixturevalue("crowd"), big_tables()
    assert {CONVERSATIONS, CONTACTS, MESSAGES, VISITS, ARTICLES} <= big
    faults, pages = [], 0
    for name, (table, index, read) in lists_of(crowd.company.ada, crowd.contact, crowd.conversation).items():
        for page in (read, *next_page_of(read)):
            pages += 1
            faults += faults_of(name, big, table, index, page)
    assert faults == [], "\n".join(faults)
    assert pages == 22, "nine lists go on after their first page"


def next_page_of(read):
    """The same list from the end of its first page on, where it has one."""
    cursor = getattr(read(), "next", None)
    return [partial(read.func, *read.args, **{**read.keywords, "cursor": cursor})] if cursor else []


def test_a_list_without_an_index_would_be_found(request):
    """The control: by a key that no index ends in, and by a filter that none begins with."""
    if connection.vendor != "postgresql":
        return  # As above.
    from messenger.models import Conversation, Message

    tenant, big = request.getfixturevalue("crowd").company.tenant, big_tables()
    rows = Conversation.objects.filter(tenant=tenant).order_by("-created_at", "-id")[:25]
    faults = list(faults_of("created", big, CONVERSATIONS, "conversation_inbox", partial(list, rows)))
    assert any("sorted" in fault for fault in faults) and any("walks" in fault for fault in faults)
    words = Message.objects.filter(body__contains="zebra").order_by("edited_at")[:25]
    assert any("end to end" in fault for fault in faults_of("words", big, MESSAGES, "", partial(list, words)))
