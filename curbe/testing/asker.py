"""A visitor who has no browser: asks over the API, and looks what was said. For servers that run by themselves."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

import httpx

from curbe.testing.stack import Stack
from curbe.testing.waiting import SERVED_WITHIN_S, wait_for

# A moment of quiet, a look of the worker, the answer.
ANSWERED_WITHIN_S = 20
_SWITCH_ON = """from messenger.models import Widget
for widget in Widget.objects.filter(id__in={ids}):
    widget.features = {{**widget.features, "assistant": True}}
    widget.save()
"""


def switch_on(stack: Stack, *widgets: str) -> None:
    """The assistant answers in these widgets of a running installation."""
    stack.manage("shell", "--no-imports", "-c", _SWITCH_ON.format(ids=list(widgets)))


class Asker:
    """Somebody new at a widget of the first demo tenant, with one conversation."""

    def __init__(self, stack: Stack, text: str, widget: int = 0) -> None:
        base = f"{stack.base_url}/api/messenger/"
        known = {"widget_id": stack.demo["tenants"][0]["widgets"][widget]["id"], "device_id": secrets.token_urlsafe(32)}
        token = _checked(httpx.post(f"{base}bootstrap", json=known, timeout=SERVED_WITHIN_S)).json()["session_token"]
        own = {"Authorization": f"Bearer {token}"}
        self.client = httpx.Client(base_url=base, headers=own, timeout=SERVED_WITHIN_S)
        begun = _checked(self.client.post("conversations", json={"message": _message(text)})).json()
        self.conversation_id = str(begun["conversation"]["id"])

    def says(self, text: str) -> None:
        _checked(self.client.post(f"{self._own}/messages", json=_message(text)))

    def wants_a_person(self) -> None:
        _checked(self.client.post(f"{self._own}/handoff"))

    def types(self) -> None:
        _checked(self.client.post(f"{self._own}/typing", json={"on": True}))

    def parts(self) -> list[dict[str, Any]]:
        """All that was said to them, oldest first."""
        items: list[dict[str, Any]] = _checked(self.client.get(f"{self._own}/messages")).json()["items"]
        return items

    def said_by(self, kind: str) -> list[str]:
        """What the assistant, say, has said."""
        return [one["body"] for one in self.parts() if one["author"]["kind"] == kind and not one["event"]]

    def is_answered(self, times: int = 1) -> None:
        """Wait until the assistant has answered so often."""
        wait_for(lambda: len(self.said_by("assistant")) == times, "the assistant to answer", ANSWERED_WITHIN_S)

    def is_handed_over(self) -> None:
        """Wait until the assistant has given it to people."""
        wait_for(lambda: "handed_off" in self._events(), "the assistant to hand over", ANSWERED_WITHIN_S)

    def is_settled(self) -> None:
        """Wait until the assistant has answered, or given it to people."""
        wait_for(lambda: self.said_by("assistant") or self._events(), "the assistant to speak", ANSWERED_WITHIN_S)

    def _events(self) -> list[str]:
        return [one["event"]["name"] for one in self.parts() if one["event"]]

    @property
    def _own(self) -> str:
        return f"conversations/{self.conversation_id}"


def _message(text: str) -> dict[str, str]:
    return {"client_message_id": str(uuid.uuid4()), "body": text}


def _checked(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, f"{answer.request.url}: {answer.text}"
    return answer
