"""Random histories, recorded as their witnesses could have seen them at every step."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from curbe.testing.cast import proof
from curbe.testing.clients import Browser
from messenger.models import Conversation

from .stage import Stage
from .vectors import MOST, expected
from .witnesses import AtContact, AtDesk, Json, Vector, Witness, position


@dataclass
class History:
    """What one witness would be told at each step: the snapshot, and the whole log since the first one."""

    name: str
    audience: str
    snapshots: list[Json] = field(default_factory=list)
    logs: list[Json | None] = field(default_factory=list)
    # The answers to the witness's own requests about reading, each with its step.
    answers: list[Json] = field(default_factory=list)

    def record(self, witness: Witness) -> None:
        self.snapshots.append(witness.snapshot())
        stream = witness.stream()
        assert stream is not None
        self.logs.append(witness.replay(stream, position(self.snapshots[0])))

    def batch(self, step: int, first: int, last: int) -> Json:
        """The events `first` to `last`, read from the log at a step."""
        log = self.logs[step] or {"items": []}
        items = [item for item in log["items"] if first <= item["seq"] <= last]
        epoch = self.snapshots[0]["cursor"].rpartition(":")[0]
        return {"epoch": epoch, "from": first, "to": last, "items": items}

    def head(self, step: int) -> int:
        return position(self.snapshots[step])

    def as_json(self) -> Json:
        """The history with what has to be known at its end."""
        return {**asdict(self), "after": self.after(), "most": MOST[self.audience]}

    def after(self) -> Json:
        return expected(self.vector(0, len(self.snapshots) - 1))

    def vector(self, first: int, last: int) -> Vector:
        """What happened between two steps, as one resume tells it."""
        start, end = self.head(first), self.head(last)
        events = self.batch(last, start + 1, end) if end > start else None
        answers = [one for one in self.answers if first < one["step"] <= last]
        name = f"{self.name}, steps {first} to {last}"
        return Vector(name, self.audience, self.snapshots[first], events, self.snapshots[last], answers)


def play_history(stage: Stage, seed: int, steps: int) -> list[History]:
    """Play so many random steps before a visitor and Ada. Every other visitor is a user, who guests turn out to be."""
    story = Story(stage, random.Random(seed), is_user=bool(seed % 2))
    witnesses: list[Witness] = [AtContact(story.visitor.contact, "visitor"), AtDesk(stage.harbor.ada, "Ada")]
    found = [History(f"history {seed}, for {one.name}", one.audience) for one in witnesses]
    for step in range(steps + 1):
        if step and (answer := story.go_on()):
            found[1].answers.append({"step": step, **answer})
        for history, witness in zip(found, witnesses, strict=True):
            history.record(witness)
    return found


class Story:
    """Whatever can happen in a company with one busy visitor."""

    def __init__(self, stage: Stage, chance: random.Random, *, is_user: bool) -> None:
        self.stage, self.chance, self.is_user = stage, chance, is_user
        self.visitor = stage.grace_elsewhere("Hello") if is_user else stage.visitor
        self.threads = [str(self.visitor.start("Hello")["conversation"]["id"])]
        self.agents = [stage.ada, stage.ben]
        often: list[Callable[[], Any]] = [self.say, self.reply, self.read, self.read_at_desk]
        self.steps = [*often * 2, self.note, self.begin, self.assign, self.close, self.reopen, self.type, self.rename]

    def go_on(self) -> Json | None:
        """Do something; the answer, if only its doer is told of it."""
        answer: Json | None = self.chance.choice(self.steps)()
        return answer

    def say(self) -> None:
        thread = self.visitor.say(self._thread(), f"Said {self.chance.random()}").json()["conversation_id"]
        self.threads = sorted({*self.threads, thread})

    def reply(self) -> None:
        self._agent().reply(self._listed(), f"Replied {self.chance.random()}")

    def note(self) -> None:
        self._agent().note(self._listed(), "Noted")

    def begin(self) -> None:
        answer = self.visitor.post("conversations", {"new": True, **self._maybe_a_message()})
        if answer.status_code == 201:
            self.threads.append(str(answer.json()["conversation"]["id"]))

    def assign(self) -> None:
        to = {"agent_id": str(self._agent().agent.id)} if self.chance.random() < 0.5 else {"team_id": None}
        self._agent().post(f"conversations/{self._listed()}/assign", to)

    def close(self) -> None:
        self._agent().post(f"conversations/{self._listed()}/close")

    def reopen(self) -> None:
        self._agent().post(f"conversations/{self._listed()}/reopen")

    def read(self) -> None:
        self.visitor.put(f"conversations/{self._thread()}/read", {"up_to": self.chance.randrange(12)})

    def read_at_desk(self) -> Json:
        thread = self._listed()
        answer = self.stage.ada.put(f"conversations/{thread}/read", {"up_to": self.chance.randrange(16)}).json()
        return {"conversation_id": thread, **answer}

    def type(self) -> None:
        self._agent().post(f"conversations/{self._listed()}/typing", {"on": True})

    def rename(self) -> None:
        """A guest says another name; a user's comes from the site, or with a guest who turned out to be the user."""
        name = f"Name {self.chance.randrange(100)}"
        if not self.is_user:
            self.visitor.post("profile", {"name": name})
            return
        browser = self.visitor if self.chance.random() < 0.5 else self._guest()
        answer = browser.identify(proof(self.stage.harbor, "grace", name=name))
        assert answer.status_code == 200, answer.content

    def _guest(self) -> Browser:
        guest = self.stage.harbor.browser()
        self.threads.append(str(guest.start("It is me, on another computer")["conversation"]["id"]))
        return guest

    def _maybe_a_message(self) -> Json:
        message = {"client_message_id": str(uuid.uuid4()), "body": "Another matter"}
        return {"message": message} if self.chance.random() < 0.7 else {}

    def _agent(self) -> Any:
        return self.chance.choice(self.agents)

    def _thread(self) -> str:
        return self.chance.choice(self.threads)

    def _listed(self) -> str:
        """A conversation that agents know: something was said in it."""
        said = Conversation.objects.filter(id__in=self.threads, last_message__isnull=False)
        return self.chance.choice([str(one) for one in said.order_by("id").values_list("id", flat=True)])
