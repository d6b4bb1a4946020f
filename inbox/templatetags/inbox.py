"""How the templates show names, times and bodies."""

from __future__ import annotations

import html
from datetime import datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from messenger import payloads

register = template.Library()

_HUES = 8
_EXCERPT = 140


@register.filter
def body(part: dict[str, Any]) -> SafeString:
    """The rendered text of a part: the only HTML that a template here does not escape.

    `messenger.rendering` made it when the part was stored: a contact's text escaped, an agent's Markdown sanitised.
    """
    return mark_safe(str(part["body_html"]))  # noqa: S308 - sanitised where it is stored, see above.


@register.filter
def excerpt(part: dict[str, Any]) -> str:
    """The beginning of a part as plain text, to be escaped like any other; without one, the names of its files."""
    text = html.unescape(strip_tags(part["body_html"].replace("<", " <")))
    if not part["body"]:
        text = ", ".join(file["name"] for file in part["attachments"])
    return " ".join(text.split())[:_EXCERPT]


@register.filter
def initials(name: str) -> str:
    """One or two letters for a round picture."""
    words = [word for word in str(name).replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper() or "?"


@register.filter
def hue(subject_id: object) -> str:
    """The class that colours a picture: the same person has the same colour everywhere."""
    return f"hue-{sum(str(subject_id or '').encode()) % _HUES}"


@register.filter
def instant(timestamp: str | datetime | None) -> datetime | None:
    """The moment in an API timestamp."""
    return datetime.fromisoformat(timestamp) if isinstance(timestamp, str) else timestamp


@register.filter
def capped(count: int) -> str:
    """A count as people read it: nobody needs to know more than "99+"."""
    return "99+" if count > 99 else str(count)


@register.filter
def trait(name: str) -> str:
    """The label of a contact's trait; custom attributes are called what their site calls them."""
    known = {"name": _("Name"), "email": _("E-mail"), "phone": _("Phone")}
    return known.get(name, name)


@register.filter
def guest(event: dict[str, Any]) -> str:
    """How somebody was called before they turned out to be a user."""
    return payloads.guest_name(event)


@register.filter
def pairs(traits: dict[str, Any]) -> list[tuple[str, Any]]:
    """Names and values. `traits.items` would be a visitor's own attribute of that name."""
    return list(traits.items())


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing from the sheet static/inbox/icons.svg; it says nothing that the text beside it does not."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("inbox/icons.svg"), name
    )
