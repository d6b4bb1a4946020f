"""A provider for spawned servers that answers as slowly as the question wants, so that a test can look while it does.

A question ends in a gate's name, such as "… #shipping": the answer waits at it twice, first in thought and then half
way, until the test opens it. Without a gate it comes word by word. What it cannot answer, and what it fails at, is
named in the question as well.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator
from pathlib import Path

from django.conf import settings

from messenger.assistant.protocol import Answer, Decline, Inquiry, ProviderFailed

PATH = f"{__name__}.SlowProvider"
# What a spawned server needs to answer so; a page is to be there before an answer that waits for it is given up.
ENVIRONMENT = {"ASSISTANT_PROVIDER": PATH, "ASSISTANT_DEADLINE_S": "90"}
ANSWER = {
    "en": "Within the country a parcel takes **two to three working days**.\n\nWhat it costs:\n\n- up to 40 euros: "
    "4.90\n- above that: nothing\n\nYou can follow it in your account as soon as it has left us.",
    "es": "Dentro del país un paquete tarda **de dos a tres días laborables**.\n\nLo que cuesta:\n\n- hasta 40 euros: "
    "4,90\n- a partir de ahí: nada\n\nPuedes seguirlo en tu cuenta en cuanto haya salido.",
}
UNKNOWN, FAILING = "horoscope", "thunder"
_GATE = re.compile(r"#(\w+)$")
_WORD_S, _LOOK_S = 0.03, 0.05


def open_gate(local_dir: Path, name: str, times: int = 1) -> None:
    """Let the answers that wait there go on: once out of thought, and once more from halfway to the end."""
    place = local_dir / "gates"
    place.mkdir(exist_ok=True)
    opened = len(list(place.glob(f"{name}-*")))
    for number in range(opened, opened + times):
        (place / f"{name}-{number}").touch()


class SlowProvider:
    """Cites the likeliest of what was found."""

    name = "slow"

    def answer(self, inquiry: Inquiry) -> Generator[str, None, Answer | Decline]:
        """Answer, decline or fail, after a while."""
        gate = _GATE.search(inquiry.question.strip())
        name = gate[1] if gate else ""
        yield from _wait(name, 1, "")
        if UNKNOWN in inquiry.question:
            return Decline("low_confidence")
        text = ANSWER["es" if "¿" in inquiry.question else "en"]
        words = text.split(" ")
        half = " ".join(words[: len(words) // 2])
        yield from _word_by_word(half, 0)
        if FAILING in inquiry.question:
            raise ProviderFailed("cut_off")
        yield from _wait(name, 2, half)
        yield from _word_by_word(text, len(half))
        slugs = tuple(passage.slug for passage in inquiry.finding.passages[:2])
        return Answer(text, slugs, 0.9, "slow-1", tokens_in=7, tokens_out=5)


def _wait(gate: str, times: int, text: str) -> Generator[str]:
    """Show the same until the gate was opened so many times; a turn that ends meanwhile closes this generator."""
    place = settings.LOCAL_DIR / "gates"
    until = time.monotonic() + settings.ASSISTANT_DEADLINE_S
    while gate and len(list(place.glob(f"{gate}-*"))) < times:
        if time.monotonic() > until:
            raise ProviderFailed("timeout")
        yield text
        time.sleep(_LOOK_S)


def _word_by_word(text: str, shown: int) -> Generator[str]:
    for end in range(shown, len(text)):
        if text[end] == " ":
            yield text[:end]
            time.sleep(_WORD_S)
    yield text
