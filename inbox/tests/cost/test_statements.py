"""What a page of the inbox or the admin costs in statements: the same for 10 and for 500 of everything."""

from __future__ import annotations

import uuid
from functools import partial

import pytest
from django.contrib import admin
from django.urls import reverse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

FEW, MANY = 10, 500
# Pages of the inbox and the API, each with `{conversation}` and `{contact}` filled in. A new page is a line.
PAGES = [
    "/inbox/",
    "/inbox/?view=mine",
    "/inbox/?view=unassigned",
    "/inbox/?view=closed",
    "/inbox/?view=snoozed",
    "/inbox/rows/",
    "/inbox/c/{conversation}/",
    "/inbox/c/{conversation}/older/?before=1200",
    "/inbox/live/?ids={conversation}&open={conversation}&after=0",
    "/inbox/c/{conversation}/newer/?after=0",
    "/inbox/?view=mentions",
    "/inbox/?tag=bell",
    "/inbox/find/?q=person",
    "/inbox/search/?q=person",
    "/inbox/search/hits/?q=bell",
    "/inbox/reports/",
    "/inbox/reports/csat/?by=agent",
    "/inbox/settings/",
    "/inbox/settings/replies/",
    "/inbox/settings/install/",
    "/inbox/settings/delivery/",
    "/inbox/log/",
    "/inbox/log/?q=person",
    "/inbox/log/rows/",
    "/inbox/log/live/?ids={contact}&open={contact}",
    "/inbox/log/{contact}/",
    "/api/inbox/me",
    "/api/inbox/snapshot",
    "/api/inbox/threads",
    "/api/inbox/threads/{contact}",
    "/api/inbox/conversations",
    "/api/inbox/conversations/{conversation}",
    "/api/inbox/conversations/{conversation}/messages",
    "/api/inbox/conversations/{conversation}/draft",
    "/api/inbox/articles",
    "/api/inbox/search?q=bell",
    "/api/inbox/contacts",
    "/api/inbox/contacts/{contact}",
    "/api/inbox/contacts/{contact}/visits",
    "/api/inbox/widgets",
    "/api/inbox/teams",
    "/api/inbox/tags",
    "/api/inbox/views",
    "/api/inbox/saved-replies",
    "/api/inbox/mentions",
    "/api/inbox/reports/volume",
    "/api/inbox/reports/first-response?by=agent",
    "/api/inbox/reports/resolution?by=team",
    "/api/inbox/reports/csat",
    "/api/inbox/reports/assistant?by=cycle",
]


# What holds no list: a form, one row of its own, a file, or a wait.
WITHOUT_A_LIST = {
    "inbox/login/",
    "inbox/settings/replies/<reply_id>/",
    "inbox/settings/install/first-view/",
    "inbox/articles/<locale>/<slug>/",
    "api/inbox/office-hours",
    "api/inbox/events",
    "api/inbox/attachments/<attachment_id>",
    "api/inbox/articles/<article_id>",
    "api/inbox/widgets/<widget_id>",
    "api/inbox/teams/<team_id>",
    "api/inbox/tags/<tag_id>",
    "api/inbox/views/<view_id>",
    "api/inbox/saved-replies/<reply_id>",
    # Whole, however long they are, and read in pages: see `test_exports` and `test_transcript`.
    "api/inbox/contacts/<contact_id>/export",
    "api/inbox/conversations/<conversation_id>/transcript",
}


def test_every_page_of_the_inbox_is_counted():
    from curbe.testing.routes import route_at
    from inbox.tests.access.matrix import API, INBOX

    filled = {"conversation": uuid.UUID(int=0), "contact": uuid.UUID(int=0)}
    counted = {route_at(page.format(**filled).partition("?")[0]) for page in PAGES}
    written = {row.removeprefix("GET ") for row in {**INBOX, **API} if row.startswith("GET ")}
    assert written - counted == WITHOUT_A_LIST


def costs_of(addresses, client, count_queries):
    """By address. Each is asked for once before it is counted, for what a process remembers."""
    for address in addresses:
        assert client.get(address).status_code == 200, address
    return {address: count_queries(partial(client.get, address)) for address in addresses}


def grew(few, many):
    return {address: (few[address], count) for address, count in many.items() if count > few[address]}


def test_a_page_of_the_inbox_costs_the_same_at_10_and_at_500(ada, populated, grow, count_queries):
    filled = {"conversation": populated.conversation.pk, "contact": populated.contact.pk}
    addresses = [page.format(**filled) for page in PAGES]
    grow(FEW)
    few = costs_of(addresses, ada, count_queries)
    grow(MANY)
    assert grew(few, costs_of(addresses, ada, count_queries)) == {}


def test_every_list_and_page_of_the_admin_costs_the_same_at_10_and_at_500(superuser, populated, grow, count_queries):
    from curbe.testing.crowds import pattern_of

    addresses = []
    for model in admin.site._registry:
        named, row = f"admin:messenger_{model._meta.model_name}", pattern_of(model, populated.company.tenant)
        addresses += [reverse(f"{named}_changelist"), reverse(f"{named}_change", args=[row.pk])]
    grow(FEW)
    few = costs_of(addresses, superuser, count_queries)
    grow(MANY)
    for model in admin.site._registry:
        page = superuser.get(reverse(f"admin:messenger_{model._meta.model_name}_changelist"))
        assert len(page.context["cl"].result_list) == 50, f"{model.__name__}: nothing has grown"
    assert grew(few, costs_of(addresses, superuser, count_queries)) == {}


def test_a_page_that_asks_for_each_row_would_be_found(populated, grow, count_queries):
    """The control."""
    from messenger.models import Conversation

    def one_by_one():
        return [row.contact.name for row in Conversation.objects.filter(tenant=populated.company.tenant)]

    grow(FEW)
    few = {"": count_queries(one_by_one)}
    grow(MANY)
    assert grew(few, {"": count_queries(one_by_one)}) == {"": (few[""], few[""] + MANY)}
