"""How the templates show names, times and bodies."""

from __future__ import annotations

import json
import re
import uuid
from datetime import datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from messenger import payloads
from messenger.browsers import browser_of
from messenger.faces import is_kept
from messenger.models import Article
from messenger.models.assistant import TurnReason
from messenger.rendering import as_text

from .. import report_texts

register = template.Library()

_HUES = 8
_EXCERPT = 140

# Of Markdown, what stands in the way of reading it as it is.
_MARKS = re.compile(r"\*\*|__|`|(?<!\S)#{1,6} ")


@register.filter
def body(part: dict[str, Any]) -> SafeString:
    """The rendered text of a part: the only HTML that a template here does not escape.

    `messenger.rendering` made it when the part was stored: a contact's text escaped, an agent's Markdown sanitised.
    """
    return mark_safe(str(part["body_html"]))  # noqa: S308 - sanitised where it is stored, see above.


@register.filter
def article_body(article: Article) -> SafeString:
    """The rendered text of a help article: sanitised Markdown, made when it was stored, as that of a part."""
    return mark_safe(article.body_html)  # noqa: S308 - sanitised where it is stored, see above.


@register.filter
def excerpt(part: dict[str, Any]) -> str:
    """The beginning of a part as plain text, to be escaped like any other; without one, the names of its files."""
    text = as_text(part["body_html"])
    if part["deleted"]:
        return _("This message was removed.")
    if part["body"].endswith("…") and part["author"]["kind"] != "contact":
        text = _MARKS.sub("", text)  # The beginning of a long one is not rendered.
    if not part["body"]:
        text = ", ".join(file["name"] for file in part["attachments"])
    return " ".join(text.split())[:_EXCERPT]


@register.filter
def called(author: dict[str, Any]) -> str:
    """How an author is called; the assistant has a name in every language, and the system none."""
    return _("Assistant") if author["kind"] == "assistant" else str(author["name"])


@register.filter
def why(event: dict[str, Any]) -> str:
    """Why the assistant handed over, in the reader's language."""
    reason = event.get("reason")
    return str(TurnReason(reason).label) if reason in TurnReason.values else ""


@register.filter
def told(event: dict[str, Any]) -> list[str]:
    """What a hand-over is about, line by line; without the first, which says why in the company's language."""
    return str(event.get("summary", "")).split("\n")[1:]


@register.filter
def percent(share: float) -> str:
    """A share from 0 to 1."""
    return report_texts.percent(share)


@register.filter
def seconds(milliseconds: int) -> str:
    """How long something took."""
    return _("{n} s").format(n=number_format(milliseconds / 1000, 1))


@register.filter
def marked(found: dict[str, Any]) -> SafeString:
    """An excerpt, everything in it escaped, with the words that were looked for marked."""
    shown, end = SafeString(""), 0
    for first, last in found["highlights"]:
        plain, word = found["text"][end:first], found["text"][first:last]
        shown += conditional_escape(plain) + format_html("<mark>{}</mark>", word)
        end = last
    return shown + conditional_escape(found["text"][end:])


@register.filter
def as_json(value: Any) -> str:
    """Facts for a script, in an attribute."""
    return json.dumps(value, separators=(",", ":"))


@register.filter
def initials(name: str) -> str:
    """One or two letters for a round picture."""
    words = [word for word in str(name).replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper() or "?"


@register.filter
def portrait(avatar_url: str | None, name: str) -> SafeString:
    """What is in a round picture: a photograph that this host keeps, else letters; no other host is asked for one."""
    if avatar_url and is_kept(avatar_url):
        return format_html('<img src="{}" alt="" width="36" height="36" loading="lazy">', avatar_url)
    return conditional_escape(initials(name))


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


@register.filter
def joined(text: object, more: object) -> str:
    """One text after another."""
    return f"{text}{more}"


@register.filter
def tint(colours: dict[str, str] | str, name: str) -> str:
    """The colour of a tag; of one that is not in the catalogue any more, the plainest."""
    return colours.get(name, "grey") if isinstance(colours, dict) else "grey"


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing from the sheet static/inbox/icons.svg; it says nothing that the text beside it does not."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("inbox/icons.svg"), name
    )


@register.filter
def browser(user_agent: str) -> str:
    """What somebody looked with, such as "Firefox · Linux", as far as it says so."""
    return " · ".join(filter(None, browser_of(user_agent or "")))


@register.simple_tag
def new_key() -> str:
    """A key under which a form is sent once, however often it is pressed."""
    return str(uuid.uuid4())
