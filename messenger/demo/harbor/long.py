"""Two customers who had a lot to say."""

from __future__ import annotations

from ..script import DAY, HOUR, Story, assigns, begins, closes, days_ago, fills, notes, reads, replies, says, visits
from .pages import HOME, LAMPARA, ORDERS

LONG = [
    Story(
        "priya",
        "en",
        days_ago(4, "14:02"),
        HOME,
        [
            says(0, "Hello! We are furnishing a reading corner and I can't decide. Can you help?"),
            replies(3, "tom", "Hi! With pleasure. How much room is there, and is it near a window?"),
            says(1, "About 2 × 2 metres, the window faces north."),
            replies(2, "tom", "Then light matters more than anything. Will you read there in the evening?"),
            says(1, "Mostly. And my back is not what it was."),
            replies(
                4,
                "tom",
                "I would begin with these two:\n\n1. **Pier lamp**: dims down far enough for two readers\n"
                "2. **Cove chair**: with the high back, and a cushion for longer books\n\nThe rest can wait.",
            ),
            says(2, "Does the chair tip when you lean back? We have a cat and a toddler."),
            replies(3, "tom", "It was tested for that: 45 kg pulling at the top and it stays where it is."),
            says(2, "And the lamp? Toddlers pull at things."),
            replies(1, "tom", "The base is cast iron, 6 kg. The cat will move it sooner than the child."),
            says(4, "Ha. Is the linen of the shade washable?"),
            replies(3, "tom", "By hand, cold, and dried on the frame. It looks better after the third time."),
            fills(1, name="Priya Raman", email="priya.raman@mail.example"),
            says(1, "You have washed one? I like you people."),
            replies(2, "tom", "Somebody spilled tea on it. I won't say who. Shall I put a set aside for you?"),
            says(6, "Yes, please. Can I see them somewhere before I pay?"),
            replies(3, "tom", "Both stand in our shop in Whitby. They have your name on them until Saturday."),
            notes(1, "tom", "Pier lamp and Cove chair (high back) reserved for Priya until Saturday, Whitby knows."),
            reads(1),
            says(1 * DAY, "We were there today. The toddler fell asleep in the chair. We'll take both!"),
            replies(7, "tom", "That's the best review we have had this year."),
            says(2, "One more thing: what goes on the floor, so that the oak doesn't scratch it?"),
            replies(5, "tom", "There are felt pads under the seat, in a little bag. Nobody ever looks there."),
            says(1, "Found them. Thank you for your patience, Tom."),
            replies(1, "tom", "A pleasure. Send us a picture when the corner is done!"),
            reads(1),
            closes(40, "tom"),
        ],
    ),
    Story(
        "diego",
        "es",
        days_ago(3, "08:20"),
        ORDERS,
        [
            fills(0, name="Diego Larrañaga", email="diego.l@correo.example", phone="+34 600 000 142"),
            says(1, "Buenos días. La lámpara Muelle que compré en marzo ya no se enciende."),
            replies(6, "ines", "Buenos días, Diego. ¿Has podido probar con otra bombilla?"),
            says(2, "Sí, con dos. Nada."),
            replies(2, "ines", "¿Y en otro enchufe, sin el regulador?"),
            says(15, "Sin el regulador sí que va."),
            replies(3, "ines", "Entonces es el regulador, y está en garantía. ¿Tienes el número de pedido?"),
            says(4, "19874"),
            notes(1, "ines", "Dimmer, batch 03: the fifth one. @Maya, shall we write to everybody who has it?"),
            assigns(2, "ines", "Aftercare"),
            notes(20, "maya", "Yes. I'm preparing the letter. Swap without asking for the old one."),
            replies(2, "ines", "Te enviamos uno nuevo hoy mismo, no hace falta que devuelvas el viejo."),
            says(5, "¡Qué rapidez! ¿Lo puedo cambiar yo?"),
            replies(2, "ines", "Sí: dos tornillos y una clavija. Va con un dibujo."),
            reads(1),
            says(1 * DAY, "Ya ha llegado y funciona. Gracias, Inés."),
            replies(10, "ines", "¡Cuánto me alegro! Que la disfrutes."),
            closes(15, "ines"),
            visits(9 * HOUR, *LAMPARA),
            begins(2, "Otra cosa distinta: ¿la lámpara existe también de pie?"),
            replies(13 * HOUR, "ines", "En primavera, de 140 cm. ¿Quieres que te avise?"),
            assigns(1, "ines", "ines"),
        ],
    ),
]
