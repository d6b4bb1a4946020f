"""What the assistant took care of, and what it handed over."""

from __future__ import annotations

from ..script import Story, assists, fills, minutes_ago, reads, replies, says, wants_a_person
from .pages import CART, ENVIOS, MUG, ORDERS

ASSISTED = [
    Story(
        "elena",
        "es",
        minutes_ago(170),
        ENVIOS,
        [
            says(1, "¿Cuánto tarda un pedido en llegar a Canarias?"),
            assists(0.1),
            reads(1),
            says(1, "Perfecto, muchas gracias"),
            assists(0.1),
            reads(1),
        ],
        assisted=True,
    ),
    Story(
        "oliver",
        "en",
        minutes_ago(95),
        ORDERS,
        [
            says(1, "How much does a return cost in Spain?"),
            assists(0.1),
            reads(1),
            wants_a_person(2),
            fills(1, name="Oliver Brandt", email="oliver.brandt@mail.example"),
            replies(6, "maya", "Hello Oliver, Maya here. Which order is it? I will send you a label."),
            reads(1),
        ],
        assisted=True,
    ),
    Story(
        "amara",
        "en",
        minutes_ago(24),
        MUG,
        [
            says(1, "Could you engrave our wedding date on six mugs by June?"),
            assists(0.1),
        ],
        assisted=True,
    ),
    Story(
        "jules",
        "en",
        minutes_ago(12),
        CART,
        [
            says(1, "How do I track my order?"),
            assists(0.1),
            reads(1),
        ],
        assisted=True,
    ),
]
