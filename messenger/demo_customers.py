"""The two customers of Harbor's shop. Texts are pairs: English, Spanish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with an account at the shop; `orders` are number, what, state, price."""

    id: str
    name: str
    email: str
    plan: tuple[str, str]
    orders: list[tuple[str, tuple[str, str], tuple[str, str], str]]

    @property
    def first_name(self) -> str:
        return self.name.partition(" ")[0]

    @property
    def attributes(self) -> dict[str, Any]:
        """What the shop tells its support team of them, signed."""
        return {"plan": self.plan[0], "orders": len(self.orders)}


CUSTOMERS = {
    customer.id: customer
    for customer in (
        Customer(
            "cust-1001",
            "Clara Whitlock",
            "clara.whitlock@mail.example",
            ("Hearth club", "Club del Hogar"),
            [
                ("HP-20418", ("Slow teapot", "Tetera Calma"), ("On its way", "De camino"), "€ 58"),
                ("HP-20377", ("Tide mug × 4", "Taza Marea × 4"), ("Delivered", "Entregado"), "€ 72"),
                ("HP-20102", ("Pier lamp", "Lámpara Muelle"), ("Delivered", "Entregado"), "€ 94"),
            ],
        ),
        Customer(
            "cust-1002",
            "Diego Santamaría",
            "diego.santamaria@correo.example",
            ("Standard", "Estándar"),
            [("HP-20431", ("Cove chair", "Silla Cala"), ("In preparation", "En preparación"), "€ 210")],
        ),
    )
}
