"""Somebody whose every word is the given text: name, traits, pages, browser, file, messages; and what the team says."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import CommandError
from rest_framework.test import APIClient

from curbe.testing.clients import Browser, Desk
from messenger import actions
from messenger.models import ApiToken, Article, Tenant, Widget
from messenger.signing import new_token, token_hash

FILE = b"Order 4711\n"
MAILBOX = '"<img/src=x/onerror=__xss()>"@evil.example'


def plant(widget: Widget, desk: Desk, text: str) -> str:
    """Through the doors that everybody has. Returns the conversation's id. A name takes 200 characters."""
    browser = Browser(widget=widget, client=APIClient(HTTP_USER_AGENT=text))
    page = {"url": f"https://good.example/{text}", "title": text, "referrer": f"https://good.example/{text}"}
    browser.boot(page=page, locale=text[:35])
    thread: str = browser.start(text)["conversation"]["id"]
    traits = {"name": text, "phone": text[:50], "email": MAILBOX, "attributes": {text[:64]: text}}
    done(browser.post("profile", traits))
    file = done(browser.upload(FILE, f"{text}.txt"))["id"]
    with_file = {"client_message_id": str(uuid.uuid4()), "body": text, "attachment_ids": [file]}
    done(browser.post(f"conversations/{thread}/messages", with_file))
    done(desk.reply(thread, text))
    done(desk.note(thread, text))
    return thread


def done(response: Any) -> Any:
    """What the door answered. Raises CommandError when it refused."""
    if response.status_code >= 300:
        raise CommandError(response.content.decode())
    return response.json()


def desk_called(tenant: Tenant, name: str) -> Desk:
    """The desk of a new agent of that name, which visitors see beside what they say."""
    agent = actions.create_agent(tenant=tenant, email=f"{uuid.uuid4()}@good.example", display_name=name)
    token = new_token("cak")
    ApiToken.objects.create(tenant=tenant, agent=agent, name="test", key_hash=token_hash(token))
    return Desk(bearer=token, agent=agent)


def publish(tenant: Tenant, title: str, body: str) -> Article:
    """An article that says so everywhere."""
    fields = {"slug": f"a-{uuid.uuid4()}", "locale": "en", "title": title, "summary": title, "body": body}
    return actions.save_article(Article(tenant=tenant, status=Article.Status.PUBLISHED, **fields))
