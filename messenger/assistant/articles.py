"""The provider that needs nothing: it answers by quoting the published help, and says so when it does not know."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import override

from .protocol import Answer, Decline, Finding, Inquiry, Passage

# Below that, somebody else has to answer.
LEAST_CONFIDENCE = 0.55
# Nobody reads more of an answer, in characters.
MOST_CHARACTERS = 900
_SIGNS = re.compile(r"([\\`*_\[\]<>~#&!])")
_THANKS = re.compile(r"\b(thank|thx|cheers|gracias|helped|amable)", re.IGNORECASE)
_BYE = re.compile(r"\b(bye|goodbye|see you|night|adi[oó]s|hasta|chao|chau|nos vemos|que tengas?)\b", re.IGNORECASE)


class Articles:
    """Answers in the words of the help."""

    name = "articles"

    def answer(self, inquiry: Inquiry) -> Generator[str, None, Answer | Decline]:
        """Yield the answer paragraph by paragraph; nothing when somebody else has to answer."""
        finding = inquiry.finding
        if finding.manner == "human_request":
            return Decline("requested")
        if finding.manner == "smalltalk":
            return (yield from _told(_courtesy(inquiry), (), 1.0))
        if finding.confidence < LEAST_CONFIDENCE or not finding.passages:
            return Decline("low_confidence")
        quoted = quoted_from(finding)
        slugs = tuple(dict.fromkeys(one.slug for one in quoted))
        return (yield from _told(_quotation(quoted), slugs, finding.confidence))


def quoted_from(finding: Finding) -> list[Passage]:
    """Return the passages that answer: those that fit as well as the first, as far as there is room."""
    quoted: list[Passage] = []
    for passage in finding.passages:
        room = MOST_CHARACTERS - len(_quotation([*quoted, passage]))
        if not quoted or (passage.score >= finding.passages[0].score and room >= 0):
            quoted.append(passage)
    return quoted


def _quotation(passages: Sequence[Passage]) -> str:
    """Each passage below what it is about, as Markdown; an article's title is told once."""
    titles = ["", *(one.title for one in passages)]
    abouts = (_about(one, before != one.title) for before, one in zip(titles, passages, strict=False))
    return "\n\n".join(f"{about}{one.text}" for about, one in zip(abouts, passages, strict=True))


def _about(passage: Passage, is_titled: bool) -> str:
    names = [name for name in (passage.title if is_titled else "", passage.heading) if name]
    plain = _SIGNS.sub(r"\\\1", ": ".join(names))
    return f"**{plain}**\n\n" if plain else ""


def _courtesy(inquiry: Inquiry) -> str:
    with override(inquiry.finding.language):
        if _THANKS.search(inquiry.question):
            return _("You are welcome! Is there anything else I can look up for you?")
        if _BYE.search(inquiry.question):
            return _("Goodbye, and have a nice day!")
        return _("Hello! What would you like to know?")


def _told(text: str, slugs: tuple[str, ...], confidence: float) -> Generator[str, None, Answer]:
    end = text.find("\n\n")
    while end != -1:
        yield text[:end]
        end = text.find("\n\n", end + 2)
    yield text
    return Answer(text, slugs, confidence, Articles.name)
