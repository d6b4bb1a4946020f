"""Who is in the demo: two companies, their people, widgets and stories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..models import Agent, Tenant
from . import harbor, rival
from .script import Story


@dataclass(frozen=True, slots=True)
class Colleague:
    """An agent of the demo; the part of the address before the @ is what the stories call them."""

    email: str
    name: str
    role: str = Agent.Role.AGENT

    @property
    def key(self) -> str:
        return self.email.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Embed:
    """A widget of the demo."""

    name: str
    action_color: str
    texts: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Company:
    """A tenant of the demo and its week."""

    slug: str
    name: str
    site: str
    settings: Mapping[str, Any]
    people: Sequence[Colleague]
    embeds: Sequence[Embed]
    stories: Sequence[Story]
    teams: Sequence[str] = ()
    # Slug, locale, title, summary and body of each help article.
    articles: Sequence[Mapping[str, str]] = ()


COMPANIES = [
    Company(
        slug="harbor",
        name="Harbor & Pine",
        site="https://www.harbor.example",
        settings={
            "locale": "en",
            "time_zone": "Europe/London",
            "thread_policy": Tenant.ThreadPolicy.CONVERSATIONS,
            "accepts_user_hash": True,
            "visitors_may_close": True,
            "reply_time": Tenant.ReplyTime.MINUTES,
        },
        people=[
            Colleague("maya@harbor.example", "Maya Okafor", Agent.Role.ADMIN),
            Colleague("tom@harbor.example", "Tom Lindqvist"),
            Colleague("ines@harbor.example", "Inés Ferrer"),
        ],
        embeds=[
            Embed(
                "Harbor & Pine",
                "#155e75",
                {
                    "en": {
                        "hello": "Hello from the harbour",
                        "greeting": "How can we help?",
                        "subtitle": "Ask us about light, wood and stoneware.",
                    },
                    "es": {
                        "hello": "Hola desde el puerto",
                        "greeting": "¿En qué te ayudamos?",
                        "subtitle": "Pregúntanos por luz, madera y gres.",
                    },
                },
            ),
            Embed(
                "Harbor workshop",
                "#9a3412",
                {
                    "en": {
                        "hello": "Welcome to the workshop",
                        "greeting": "What would you like to learn?",
                        "subtitle": "Courses, dates and vouchers.",
                    },
                    "es": {
                        "hello": "Te damos la bienvenida",
                        "greeting": "¿Qué te gustaría aprender?",
                        "subtitle": "Cursos, fechas y vales.",
                    },
                },
            ),
        ],
        stories=harbor.STORIES,
        teams=("Sales", "Aftercare"),
        articles=harbor.ARTICLES,
    ),
    Company(
        slug="rival",
        name="Rodal",
        site="https://www.rival.example",
        settings={
            "locale": "es",
            "time_zone": "Europe/Madrid",
            "thread_policy": Tenant.ThreadPolicy.SINGLE_THREAD,
            "reply_time": Tenant.ReplyTime.HOURS,
        },
        people=[
            Colleague("lucia@rival.example", "Lucía Prado", Agent.Role.ADMIN),
            Colleague("mateo@rival.example", "Mateo Vidal"),
        ],
        embeds=[
            Embed(
                "Rodal",
                "#7e22ce",
                {
                    "es": {
                        "hello": "¡Hola!",
                        "greeting": "¿Hablamos de bicis?",
                        "subtitle": "Pruebas, tallas y revisiones.",
                    },
                    "en": {
                        "hello": "Hello!",
                        "greeting": "Shall we talk bicycles?",
                        "subtitle": "Test rides, sizes and services.",
                    },
                },
            )
        ],
        stories=rival.STORIES,
    ),
]
