"""A week at Rodal, city bicycles in Valencia: Spanish, and one thread for ever with each customer."""

from __future__ import annotations

from .script import DAY, HOUR, Story, assigns, closes, days_ago, fills, minutes_ago, notes, reads, replies, says, visits

INICIO = ("/", "Rodal | Bicicletas para toda la semana")
CARRIL = ("/bicicletas/carril-3", "Carril 3 | Rodal")
CASCO = ("/accesorios/casco-concha", "Casco Concha | Rodal")
TALLER = ("/taller", "Taller y revisiones | Rodal")

STORIES = [
    Story(
        "pilar",
        "es",
        days_ago(6, "09:40"),
        CARRIL,
        [
            says(0, "Buenos días, ¿puedo probar la Carril 3 antes de comprarla?"),
            replies(5, "mateo", "¡Buenos días! Claro, todos los días hasta las seis. ¿Cuánto mides?"),
            says(2, "1,64."),
            replies(2, "mateo", "Te preparo una talla S. Trae un documento y te la llevas una hora."),
            fills(3, name="Pilar Montesinos", email="pilar.m@correo.example"),
            says(1, "Perfecto, voy mañana."),
            reads(0),
            closes(15, "mateo"),
            # One thread for ever: two days later the same one is opened again.
            visits(2 * DAY, *TALLER),
            says(2, "Ya es mía y estoy encantada. Eso sí, el freno de atrás suena un poco."),
            replies(12, "lucia", "¡Enhorabuena! Es la pastilla, que se asienta. Si en tres días sigue, pásate."),
            says(1 * DAY, "Ya no suena. ¡Gracias!"),
            closes(2 * HOUR, "lucia"),
        ],
    ),
    Story(
        "javier",
        "es",
        days_ago(5, "12:15"),
        CARRIL,
        [
            says(1, "¿Cuánto dura la correa comparada con una cadena?"),
            replies(4, "lucia", "Unos 20 000 km, y sin grasa. Una cadena en ciudad dura la cuarta parte."),
            says(2, "¿Y si se rompe lejos de Valencia?"),
            replies(3, "lucia", "Cualquier taller la cambia. Nosotros la enviamos a toda España en un día."),
            fills(5, name="Javier Soler", email="jsoler@correo.example"),
            says(1, "Somos una oficina de ocho personas. ¿Hay precio de empresa?"),
            notes(1, "lucia", "Ocho unidades: hay nueve en la nave. Ofrecer el 10 % y la revisión anual."),
            replies(30, "lucia", "A partir de cinco, un **10 %**, y la primera revisión la hacemos en la oficina."),
            says(10, "Hecho, adelante con las ocho."),
            reads(0),
            closes(20, "lucia"),
        ],
    ),
    Story(
        "claire",
        "en",
        days_ago(4, "15:30"),
        CASCO,
        [
            says(1, "Hello, which helmet size for a head of 57 cm?"),
            replies(9, "mateo", "Hello! M fits 55 to 58. If you wear a cap underneath, take the L."),
            says(2, "M it is, merci!"),
            reads(0),
            closes(1 * HOUR, "mateo"),
        ],
    ),
    Story(
        "amparo",
        "es",
        days_ago(3, "10:05"),
        TALLER,
        [
            fills(0, name="Amparo Gil", email="amparo.gil@correo.example", phone="+34 600 000 187"),
            says(1, "La luz que compré el martes no carga."),
            replies(6, "lucia", "Lo siento, Amparo. Tráela cuando quieras y te llevas otra, sin papeles."),
            notes(1, "lucia", "Luz nocturna: la segunda de esta semana. Avisar al proveedor."),
            says(3, "Gracias, da gusto."),
            reads(0),
            closes(10, "lucia"),
        ],
    ),
    Story(
        "hotel",
        "es",
        days_ago(2, "11:45"),
        INICIO,
        [
            says(1, "Buenas. Somos un hotel pequeño y nos interesan doce bicicletas. ¿Con quién hablo?"),
            fills(2, name="Hotel Miramar", email="compras@miramar.example"),
            replies(8, "mateo", "¡Hola! Conmigo mismo. ¿Para los huéspedes o para el equipo?"),
            assigns(1, "mateo", "mateo"),
            says(25, "Para los huéspedes. ¿Y plazo de entrega?"),
            replies(10, "mateo", "Tres semanas, con cestas y candados. Os preparo un presupuesto hoy."),
            reads(5),
        ],
    ),
    Story(
        "james",
        "en",
        days_ago(1, "17:10"),
        CARRIL,
        [
            fills(1, name="James Whitaker", email="james.w@mail.example"),
            says(1, "I'm moving to Valencia in June. Would you take my old bicycle in exchange?"),
            replies(14, "lucia", "We would! Bring it along and we agree on a price within ten minutes."),
            assigns(1, "lucia", "lucia"),
            says(3, "Great, see you in June then."),
            reads(0),
        ],
    ),
    Story(
        "nerea",
        "es",
        minutes_ago(70),
        CARRIL,
        [
            says(1, "Hola, ¿la Carril existe en negro mate?"),
            replies(6, "mateo", "Todavía no, llega en otoño. ¿Te aviso cuando esté?"),
            assigns(1, "mateo", "mateo"),
            fills(4, name="Nerea Olmos", email="nerea@correo.example"),
            says(1, "¡Sí! Y otra duda: ¿se le puede poner una silla para niños?"),
        ],
    ),
    Story("visita", "es", minutes_ago(12), INICIO, [says(1, "¿Abrís los domingos?")]),
]
