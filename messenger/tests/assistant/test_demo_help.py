"""What a visitor of the demo's shop may ask, in both languages."""

from __future__ import annotations

import pytest

from curbe.testing.bench.assistant.shop import outcome
from messenger import actions
from messenger.assistant.protocol import Answer, Decline, Inquiry
from messenger.assistant.retrieval import look_up
from messenger.demo.harbor import ARTICLES
from messenger.models import Article

pytestmark = pytest.mark.django_db


@pytest.fixture
def came(harbor):
    """What comes of a question."""
    for fields in ARTICLES:
        actions.save_article(Article(tenant=harbor.tenant, status=Article.Status.PUBLISHED, **fields))
    return lambda text: outcome(Inquiry(text, (), look_up(harbor.tenant, text, "en"), "Harbor"))


def test_a_visitor_of_the_demo_gets_answers(came):
    for question, slug, text in [
        ("How much does shipping to the Balearic Islands cost?", "shipping-times-and-costs", "€7.90"),
        ("How long do I have to send something back?", "returns-and-refunds", "30 days"),
        ("My parcel arrived broken, what do I do?", "damaged-parcel", "three photos"),
        ("can i stil chnage the adress of my order", "change-address", "6 hours"),
        ("Where do I see the balance of my gift card?", "gift-cards", "16-digit code"),
        ("¿Cuánto tarda un pedido en llegar a Canarias?", "shipping-times-and-costs", "7 días hábiles"),
        ("Olvidé mi contraseña, ¿qué hago?", "account-and-password", "30 minutos"),
        ("¿Puedo pausar mi suscripción?", "subscriptions", "3 meses"),
        ("¿A qué hora abre la tienda de Madrid?", "stores-and-hours", "10:00 a 20:30"),
    ]:
        answer = came(question)
        assert isinstance(answer, Answer), question
        assert slug in answer.slugs, question
        assert text in answer.text, question


def test_what_it_does_not_say_goes_to_a_person(came):
    assert came("Could you engrave our wedding date on six mugs by June?") == Decline("low_confidence")
    assert came("Me cobraron dos veces el mismo pedido") == Decline("low_confidence")
    assert came("Quiero hablar con una persona") == Decline("requested")
