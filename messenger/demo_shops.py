"""What the demo shops sell. Texts are pairs: English, Spanish."""

from __future__ import annotations

from typing import Any

SHOPS: dict[str, dict[str, Any]] = {
    "harbor": {
        "widget": ("harbor", 0),
        "theme": "harbor",
        "tagline": ("Made slowly, to be used every day", "Hecho sin prisa, para usar cada día"),
        "title": ("Good things for a quiet home", "Cosas buenas para una casa tranquila"),
        "lead": (
            "Stoneware, wood and linen from small workshops on the coast. All in stock, and on its way within a day.",
            "Gres, madera y lino de pequeños talleres de la costa. Todo en existencias y de camino en un día.",
        ),
        "art": "teapot",
        "products": [
            ("mug", ("Tide mug", "Taza Marea"), ("Stoneware, 30 cl", "Gres, 30 cl"), "€ 18"),
            ("lamp", ("Pier lamp", "Lámpara Muelle"), ("Oak and linen, dimmable", "Roble y lino, regulable"), "€ 94"),
            ("chair", ("Cove chair", "Silla Cala"), ("Solid ash, oiled", "Fresno macizo, aceitado"), "€ 210"),
            ("vase", ("Dune vase", "Jarrón Duna"), ("Thrown by hand", "Torneado a mano"), "€ 46"),
            (
                "teapot",
                ("Slow teapot", "Tetera Calma"),
                ("Keeps warm for an hour", "Caliente durante una hora"),
                "€ 58",
            ),
            ("plant", ("Olive in a pot", "Olivo en maceta"), ("For a sunny window", "Para una ventana al sol"), "€ 39"),
        ],
        "promises": [
            (("Delivery in 2 days", "Entrega en 2 días"), ("Free from € 60", "Gratis desde 60 €")),
            (("30 days to return", "30 días para devolver"), ("We pay the way back", "Pagamos la vuelta")),
            (("Repairs for life", "Reparaciones de por vida"), ("Just write to us", "Solo tienes que escribirnos")),
        ],
    },
    "second": {
        "widget": ("harbor", 1),
        "theme": "workshop",
        "tagline": ("Courses in our workshop by the water", "Cursos en nuestro taller junto al agua"),
        "title": ("Learn it with your hands", "Aprende con las manos"),
        "lead": (
            "Small groups, good tools and soup at noon. Bring nothing but time; we have aprons.",
            "Grupos pequeños, buenas herramientas y sopa al mediodía. Trae solo tiempo; tenemos delantales.",
        ),
        "art": "vase",
        "products": [
            (
                "vase",
                ("A day at the wheel", "Un día en el torno"),
                ("Saturdays, 6 people", "Sábados, 6 personas"),
                "€ 85",
            ),
            ("chair", ("Weave a seat", "Tejer un asiento"), ("Two evenings", "Dos tardes"), "€ 120"),
            ("plant", ("Pruning olives", "Podar olivos"), ("In March, outdoors", "En marzo, al aire libre"), "€ 40"),
        ],
        "promises": [
            (("Move your date", "Cambia tu fecha"), ("Until two days before", "Hasta dos días antes")),
            (("Vouchers", "Vales regalo"), ("Valid for two years", "Válidos dos años")),
            (("Lunch included", "Comida incluida"), ("Vegetarian, always", "Siempre vegetariana")),
        ],
    },
    "rival": {
        "widget": ("rival", 0),
        "theme": "rival",
        "tagline": ("Bicycles for the whole week", "Bicicletas para toda la semana"),
        "title": ("Ride it on Monday, too", "También los lunes"),
        "lead": (
            "City bicycles that want little care, fitted to you in our shop and checked after the first month.",
            "Bicicletas urbanas que piden poco, ajustadas a ti en la tienda y revisadas tras el primer mes.",
        ),
        "art": "bicycle",
        "products": [
            ("bicycle", ("Lane 3", "Carril 3"), ("Three gears, belt drive", "Tres marchas, correa"), "€ 790"),
            ("helmet", ("Shell helmet", "Casco Concha"), ("Four sizes, light", "Cuatro tallas, ligero"), "€ 64"),
            ("bell", ("Ping bell", "Timbre Ping"), ("Brass, heard by all", "Latón, lo oyen todos"), "€ 19"),
        ],
        "promises": [
            (("Test rides", "Pruebas"), ("Every day until six", "Cada día hasta las seis")),
            (("First service free", "Primera revisión gratis"), ("After 30 days", "A los 30 días")),
            (("Old for new", "Plan renove"), ("We take your bicycle", "Recogemos tu bicicleta")),
        ],
    },
}


def in_language(value: Any, language: str) -> Any:
    """Return the value with every pair of texts reduced to the one of the language."""
    if isinstance(value, dict):
        return {key: inner if key == "widget" else in_language(inner, language) for key, inner in value.items()}
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(text, str) for text in value):
        return value[1] if language == "es" else value[0]
    if isinstance(value, list | tuple):
        return [in_language(inner, language) for inner in value]
    return value
