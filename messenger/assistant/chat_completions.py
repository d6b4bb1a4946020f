"""The provider `openai`: any server that speaks the chat-completions protocol, through the official client.

Imported by `providers` when it is made, and by nobody else: the client takes a second to import, which a start of a
server, a check or a command that never asks a model must not wait for.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from django.conf import settings

from .call import Call, Endpoint, Piece
from .draft import Draft
from .prompt import messages_for
from .protocol import Answer, Decline, Finding, Inquiry, ProviderFailed

MOST_CHARACTERS = 4_000
# With marks and links that are not shown. Reading a text made to be hard to read takes a second at twice the length.
_MOST_WRITTEN = 6_000
_BIT = 300


class ChatCompletions:
    """Asks a model to answer from the passages, and lets nothing through that they do not bear out."""

    name = "openai"

    def __init__(self) -> None:
        self._endpoint = Endpoint(settings.OPENAI_BASE_URL, settings.ASSISTANT_MODEL, settings.OPENAI_API_KEY)
        self._within_s: float = settings.ASSISTANT_DEADLINE_S

    def answer(self, inquiry: Inquiry) -> Generator[str, None, Answer | Decline]:
        """As the protocol says. Declines without asking when a person is wanted, or there is nothing to answer from."""
        finding = inquiry.finding
        if finding.manner == "human_request":
            return Decline("requested")
        if finding.manner == "question" and not finding.passages:
            return Decline("low_confidence")
        messages = messages_for(inquiry, finding.passages)
        with closing(Call(self._endpoint, messages, within_s=self._within_s)) as call:
            draft, bill = yield from self._written(finding, call)
        return _judged(draft, finding, bill)

    def _written(self, finding: Finding, call: Call) -> Generator[str, None, tuple[Draft, _Bill]]:
        """Fill a draft, yielding what may be shown. Raises ProviderFailed."""
        draft, bill, shown = _draft(finding), _Bill(self._endpoint.model), ""
        for piece in _in_bits(call):
            if piece and piece.setback:
                draft = _started_over(piece.setback, shown, finding)
                continue
            _take(piece, draft, bill)
            if draft.is_unknown and not draft.shown:
                break  # Whatever it goes on to say would be dropped.
            if len(_checked(draft, call)) > len(shown):
                shown, call.is_shown = draft.shown, True
                yield shown
        return draft, bill


@dataclass(slots=True)
class _Bill:
    """What the server says of its work, in whichever of its chunks."""

    model: str
    tokens_in: int = 0
    tokens_out: int = 0

    def note(self, piece: Piece) -> None:
        self.model = piece.model or self.model
        self.tokens_in = max(self.tokens_in, piece.tokens_in)
        self.tokens_out = max(self.tokens_out, piece.tokens_out)


def _draft(finding: Finding) -> Draft:
    return Draft(finding.passages, needs_source=finding.manner == "question")


def _in_bits(call: Call) -> Iterator[Piece | None]:
    """What it says, in parts that are read in a moment: the deadline is looked at in between. None at its end."""
    for piece in call:
        for start in range(0, max(1, len(piece.text)), _BIT):
            yield replace(piece, text=piece.text[start : start + _BIT])
    yield None


def _started_over(reason: str, shown: str, finding: Finding) -> Draft:
    """An empty draft for another try. Raises ProviderFailed when some of this one was seen."""
    if shown:
        raise ProviderFailed(reason)
    return _draft(finding)


def _take(piece: Piece | None, draft: Draft, bill: _Bill) -> None:
    """Add what came, or see to the end of it. Raises ProviderFailed before anything is made of a text without end."""
    if piece is None:
        return draft.finish()
    if draft.length + len(piece.text) > _MOST_WRITTEN:
        raise ProviderFailed("too_long")
    bill.note(piece)
    return draft.add(piece.text)


def _checked(draft: Draft, call: Call) -> str:
    """What may be shown of it. Raises ProviderFailed."""
    if not call.left_s:
        raise ProviderFailed("timeout")
    if len(draft.shown) > MOST_CHARACTERS:
        raise ProviderFailed("too_long")
    if not draft.is_safe:
        raise ProviderFailed("unsafe_link")
    return draft.shown


def _judged(draft: Draft, finding: Finding, bill: _Bill) -> Answer | Decline:
    """An answer to a question needs a source. A model that says it does not know has nothing to show for it."""
    if not draft.shown:
        return Decline("low_confidence")
    confidence = _confidence(finding.confidence, draft)
    return Answer(draft.shown, tuple(draft.sources), confidence, bill.model, bill.tokens_in, bill.tokens_out)


def _confidence(found: float, draft: Draft) -> float:
    """A source that the model names bears out the search half-way; half of it when it then says it does not know."""
    borne_out = (1 + found) / 2 if draft.sources else found
    return borne_out / 2 if draft.is_unknown else borne_out
