"""A company whose assistant answers, in the agents' browsers."""

from __future__ import annotations

import pytest

from messenger import actions
from messenger.tests.assistant.conftest import helped, provider, visitor, work

__all__ = ["helped", "provider", "visitor"]
QUESTION, ANSWER = "How long does shipping take?", "Shipping takes **two days**."


@pytest.fixture
def shipping(helped):
    """An article that answers the question."""
    fields = {"slug": "shipping", "locale": "en", "title": "Shipping times", "status": "published"}
    body = "How long does shipping take? Shipping takes two days."
    return actions.create_article(by=helped.ada, fields={**fields, "body": body})


@pytest.fixture
def answered(visitor, shipping, provider):
    """A conversation in which the assistant has answered, citing the article."""
    provider.says(ANSWER, "shipping")
    conversation_id = visitor.start(QUESTION)["conversation"]["id"]
    work()
    return conversation_id


@pytest.fixture
def handed_over(visitor, answered):
    """The visitor wanted a person after that."""
    assert visitor.post(f"conversations/{answered}/handoff").status_code == 200
    return answered
