"""A turn with a model: the visitor is answered by what it says of the help, or handed over when it is of no use."""

from __future__ import annotations

import pytest

from curbe.testing.model_server import ModelServer, Play
from messenger import actions
from messenger.assistant.providers import get_provider
from messenger.models import Article, Message, Turn

from .conftest import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(helped, settings):
    """The model's server, and a company with one article that it is given."""
    article = Article(tenant=helped.tenant, slug="refunds", locale="en", title="Refunds", status="published")
    article.body = "A refund takes 14 days from the day your parcel is back with us."
    actions.save_article(article)
    with ModelServer() as server:
        settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = server.base_url, "sk-canary"
        settings.ASSISTANT_PROVIDER, settings.ASSISTANT_MODEL, settings.ASSISTANT_DEADLINE_S = "openai", "m", 5
        get_provider.cache_clear()
        yield server


def test_a_question_is_answered_from_the_help_with_its_source(model, visitor):
    model.script(Play("It takes **14 days** [1].", delay_s=0.02))
    visitor.start("How long does a refund take?")
    assert work() == 1
    [message] = Message.objects.filter(author_kind="assistant")
    assert message.body == "It takes **14 days**."
    assert [one["slug"] for one in message.sources] == ["refunds"]
    assert (message.answer["model"], message.answer["tokens_in"]) == ("test-model-2026", 321)
    assert "A refund takes 14 days" in model.recorded[0].body["messages"][-1]["content"]


@pytest.mark.parametrize("name", ["m\x00odel", "mo\ud800del"])
def test_a_name_of_the_model_that_no_database_takes_costs_no_answer(model, visitor, name):
    model.script(Play("It takes **14 days** [1].", model=name))
    visitor.start("How long does a refund take?")
    assert work() == 1
    [message] = Message.objects.filter(author_kind="assistant")
    assert (message.body, message.answer["model"]) == ("It takes **14 days**.", "model")


@pytest.mark.parametrize(
    ("play", "reason"),
    [(Play("NOANSWER"), "low_confidence"), (Play(fault="status", status=401), "failed"), (Play(fault="cut"), "failed")],
)
def test_when_it_is_of_no_use_a_person_is_asked(model, visitor, play, reason):
    model.script(play)
    visitor.start("How long does a refund take?")
    assert work() == 1
    turn = Turn.objects.get()
    assert (turn.state, turn.reason) == ("handed_off", reason)
    assert not Message.objects.filter(author_kind="assistant").exclude(body="").exists()
