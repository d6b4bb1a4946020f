"""What goes on: answers awaited by customers, and customers waiting for an answer."""

from __future__ import annotations

from ..script import HOUR, Story, assigns, closes, days_ago, fills, minutes_ago, notes, reads, replies, says
from .pages import CART, CHAIR, COURSES, ENVIOS, LAMP, LAMPARA, MUG, OLIVE, ORDERS

RUNNING = [
    Story(
        "freya",
        "en",
        days_ago(3, "12:30"),
        COURSES,
        [
            says(1, "Can I move my day at the wheel to another Saturday?"),
            replies(8, "maya", "Of course, until two days before. The 14th and the 28th have a place. Which one?"),
            fills(2, name="Freya Nilsen", email="freya.nilsen@mail.example"),
            says(1, "The 28th! And is it all right to come left-handed?"),
            assigns(4, "maya", "tom"),
            replies(30, "tom", "One of our wheels turns the other way round, it's yours that day."),
            reads(10),
        ],
        widget=1,
    ),
    Story(
        "samuel",
        "en",
        days_ago(2, "09:05"),
        MUG,
        [
            says(2, "Are the mugs all the same size? Mine look a little different."),
            replies(35, "tom", "Every one is thrown by hand, so they differ by a few millimetres. All hold 30 cl."),
            says(3, "fair enough, I like that"),
            closes(6 * HOUR, "tom"),
        ],
    ),
    Story(
        "carmen",
        "es",
        days_ago(2, "17:25"),
        ENVIOS,
        [
            says(0, "Quiero cambiar la dirección de un pedido que aún no ha salido."),
            replies(4, "ines", "Claro, ¿me dices el número de pedido y la dirección nueva?"),
            fills(3, name="Carmen Ibáñez", email="carmen.ibanez@correo.example"),
            says(1, "20455. Calle del Olmo 7, 3.º B, 28012 Madrid."),
            replies(5, "ines", "Cambiada. Sale mañana por la mañana."),
            reads(1),
            closes(20, "ines"),
        ],
    ),
    Story(
        "theo",
        "en",
        days_ago(1, "10:50"),
        LAMP,
        [
            says(0, "Hi, what is the difference between natural and bleached linen for the shade?"),
            replies(3, "maya", "The light: natural makes it golden, bleached leaves it as it is."),
            says(2, "And the oak? On my screen it looks almost red"),
            replies(6, "maya", "It's a pale oak. I can send you samples of both, free of charge."),
            fills(4, name="Theo Lambert", email="theo@lambert.example"),
            says(1, "That would help a lot!"),
            assigns(1, "maya", "maya"),
            notes(2, "maya", "Samples to Theo: the address is in his account. @Tom Lindqvist, ask again on Monday."),
        ],
    ),
    Story(
        "agnes",
        "en",
        days_ago(1, "18:40"),
        ORDERS,
        [
            fills(0, name="Agnes Okoro", email="agnes.okoro@mail.example"),
            says(1, "The handle of my teapot came off with the pot full. Nobody was hurt, but I'm not impressed."),
            says(2, "Order 20390"),
            assigns(6, "maya", "maya"),
            replies(3, "maya", "I'm very glad you are fine, and sorry. A new pot and a refund are on their way."),
            notes(2, "maya", "Safety! Sales of the teapot stopped until the workshop has checked the thread."),
            says(20, "Thank you for taking it seriously."),
            reads(0),
        ],
    ),
]

WAITING = [
    Story(
        "piotr",
        "en",
        minutes_ago(200),
        CHAIR,
        [
            fills(1, name="Piotr Zielinski", email="piotr.z@mail.example"),
            says(1, "Do you ship to Poland, and what does it cost for two chairs?"),
            replies(5, "tom", "We do! Two chairs are € 32 by courier, three to five days."),
            assigns(1, "tom", "tom"),
            says(4, "Great. Is VAT included in the price I see?"),
            replies(6, "tom", "It is: for Poland the till switches to 23 %, and the total stays what you see."),
            reads(1),
            says(90, "It shows 2 euros more than yesterday. Why is that?"),
        ],
    ),
    Story(
        "lucas",
        "es",
        minutes_ago(95),
        LAMPARA,
        [
            says(1, "Buenas, ¿tenéis la lámpara Muelle en nogal? En la web aparece agotada."),
            replies(9, "ines", "¡Buenas! Entran seis el martes. ¿Te aviso por correo?"),
            assigns(1, "ines", "ines"),
            fills(3, name="Lucas Ferro", email="lucas.ferro@correo.example"),
            says(1, "Sí, por favor."),
            says(40, "Y una pregunta más: ¿hacéis envoltorio de regalo?"),
        ],
    ),
    Story("someone", "en", minutes_ago(48), CART, [says(1, "Hi, PayPal keeps sending me back to the basket. Help?")]),
    Story(
        "ruth",
        "en",
        minutes_ago(31),
        COURSES,
        [
            fills(1, name="Ruth Adeyemi", email="ruth.adeyemi@mail.example"),
            says(1, "I'd like to give my mother a day at the wheel. Can a voucher be printed?"),
            says(2, "Her birthday is on Friday, so by post might be too late"),
        ],
        widget=1,
    ),
    Story("invitado", "es", minutes_ago(17), ENVIOS, [says(1, "¿Cuánto tarda un envío a Sevilla?")]),
    Story("early_bird", "en", minutes_ago(6), OLIVE, [says(1, "Hello, does the olive come with its pot?")]),
]
