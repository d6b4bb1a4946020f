"""A provider for tests with real servers: it answers by what the question says, and goes on when a test lets it.

"a person" asks for one, "nobody knows" is not known, "break down" fails. Anything else is answered with the first
article that was found; of "wait for X" and then perhaps "wait for Y" a part, until the file `gate-X`, and then
`gate-Y`, is in the server's local folder.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator
from pathlib import Path

from django.conf import settings

from messenger.assistant.protocol import Answer, Decline, Inquiry, ProviderFailed

PATH = f"{__name__}.GatedProvider"
# What a spawned server needs to answer so; a page is to be there before an answer that waits for it is given up.
ENVIRONMENT = {"ASSISTANT_PROVIDER": PATH, "ASSISTANT_DEADLINE_S": "90"}
FIRST, SECOND, WHOLE = "It takes", "It takes **two", "It takes **two days**."
_LOOK_EVERY_S = 0.1


class GatedProvider:
    name = "gated"

    def answer(self, inquiry: Inquiry) -> Generator[str, None, Answer | Decline]:
        """Answer by what the question says."""
        asked = inquiry.question.lower()
        if "a person" in asked:
            return Decline("requested")
        if "nobody knows" in asked:
            return Decline("low_confidence")
        if "break down" in asked:
            raise ProviderFailed("cut_off")
        yield from _until_open(asked)
        yield WHOLE
        cited = tuple(passage.slug for passage in inquiry.finding.passages[:1])
        return Answer(WHOLE, cited, 0.87, "gated-1", tokens_in=120, tokens_out=9)


def gate(local_dir: Path, name: str) -> Path:
    """The file that lets answers go on which wait for this name."""
    return local_dir / f"gate-{name}"


def _until_open(asked: str) -> Generator[str, None, None]:
    over = time.monotonic() + settings.ASSISTANT_DEADLINE_S
    for name, text in zip(re.findall(r"wait for (\w+)", asked), (FIRST, SECOND), strict=False):
        while not gate(Path(settings.LOCAL_DIR), name).exists():
            if time.monotonic() > over:
                raise ProviderFailed("timeout")
            yield text
            time.sleep(_LOOK_EVERY_S)
