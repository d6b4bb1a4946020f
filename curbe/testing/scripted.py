"""A provider for tests that answers as it is told to: no network, and everything that it was asked is kept."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import ClassVar

from messenger.assistant.protocol import Answer, Decline, Inquiry

PATH = f"{__name__}.ScriptedProvider"


class ScriptedProvider:
    """Yields `steps` one after the other, calling those that are functions in between; then comes to `outcome`."""

    name = "scripted"
    asked: ClassVar[list[Inquiry]] = []
    steps: ClassVar[list[str | Callable[[], object]]] = []
    outcome: ClassVar[Answer | Decline | Exception | None] = None

    @classmethod
    def says(cls, text: str, *slugs: str, during: Callable[[], object] | None = None) -> None:
        """Answer so; halfway through, something happens."""
        half = text[: len(text) // 2]
        cls.steps = [half, *([during] if during else []), text]
        cls.outcome = Answer(text, slugs, 0.9, "scripted-1", tokens_in=7, tokens_out=5)

    @classmethod
    def ends_in(cls, outcome: Decline | Exception) -> None:
        """Decline, or fail."""
        cls.steps, cls.outcome = [], outcome

    def answer(self, inquiry: Inquiry) -> Generator[str, None, Answer | Decline]:
        """Play what was told."""
        self.asked.append(inquiry)
        for step in self.steps:
            if isinstance(step, str):
                yield step
            else:
                step()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        assert self.outcome is not None, "Tell it what to say."
        return self.outcome
