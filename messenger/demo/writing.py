"""What the demo's companies answer with: replies that the team has, and some that an agent keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import actions
from ..models import Agent

# Shortcut, title and text; by company, and by whose they are ("" is the whole team's).
REPLIES: Mapping[str, Mapping[str, Sequence[tuple[str, str, str]]]] = {
    "harbor": {
        "": (
            ("hello", "Welcome", "Hello {{contact.first_name}}, this is {{agent.first_name}}. How can I help?"),
            (
                "refund",
                "Money back",
                "Hello {{contact.first_name}},\n\nyou get your money back **within 5 working days**.\n\n{{agent.name}}",
            ),
            (
                "photo",
                "Ask for a picture",
                "Could you send us a picture of it, with the paper clip below?",
            ),
            ("envio", "Plazo de envío", "A la península tarda de 3 a 5 días laborables; te avisamos cuando salga."),
        ),
        "tom": (("oak", "Oak or ash", "Ash is lighter and moves less; oak takes oil better and darkens."),),
    },
    "rival": {
        "": (("hola", "Saludo", "Hola, {{contact.first_name}}. Soy {{agent.first_name}}, ¿en qué te ayudo?"),),
    },
}


def keep_replies(slug: str, agents: Mapping[str, Agent]) -> None:
    """Give a company the replies that it answers with."""
    admin = next(agent for agent in agents.values() if agent.is_admin)
    for owner, replies in REPLIES.get(slug, {}).items():
        for shortcut, title, body in replies:
            fields = {"shortcut": shortcut, "title": title, "body": body, "is_shared": not owner}
            actions.create_saved_reply(by=agents.get(owner, admin), fields=fields)
