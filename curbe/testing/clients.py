"""The clients of the tests: a visitor's browser and an agent's program, as the APIs see them."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from messenger.models import Agent, Contact, Widget
from messenger.principals import Visitor, authenticate_visitor


def device_id() -> str:
    """A device id as the loader makes them: 256 random bits."""
    return secrets.token_urlsafe(32)


@dataclass
class Caller:
    """A client of one of the APIs. `get`, `post` … return the response; nothing is asserted here."""

    base: str
    bearer: str = ""
    client: APIClient = field(default_factory=APIClient)

    def request(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        if self.bearer:
            headers = {"Authorization": f"Bearer {self.bearer}", **headers}
        # Escaped by json.dumps, so that a test can send what no well-behaved client would, such as lone surrogates.
        send = getattr(self.client, method)
        return send(f"{self.base}{path}", json.dumps(data), content_type="application/json", headers=headers)

    def get(self, path: str, data: Any = None, **headers: str) -> Any:
        if self.bearer:
            headers = {"Authorization": f"Bearer {self.bearer}", **headers}
        return self.client.get(f"{self.base}{path}", data, headers=headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.request("post", path, {} if data is None else data, **headers)

    def put(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.request("put", path, data, **headers)

    def patch(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.request("patch", path, data, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.request("delete", path, **headers)

    def upload(self, content: bytes, name: str, key: str | None = None) -> Any:
        """Send a file up; the response is the caller's to judge."""
        body = {"client_upload_id": key or str(uuid.uuid4()), "file": SimpleUploadedFile(name, content)}
        headers = {"Authorization": f"Bearer {self.bearer}"} if self.bearer else {}
        return self.client.post(f"{self.base}attachments", body, format="multipart", headers=headers)


@dataclass
class Browser(Caller):
    """A visitor's browser: a device id and, after `boot`, a session."""

    base: str = "/api/messenger/"
    widget: Widget | None = None
    device: str = field(default_factory=device_id)
    snapshot: dict[str, Any] = field(default_factory=dict)

    def boot(self, widget: Widget | None = None, **body: Any) -> dict[str, Any]:
        """A page load in a new tab, without a session: returns the snapshot and keeps its session."""
        self.bearer = ""
        return self.reload(widget, **body)

    def reload(self, widget: Widget | None = None, **body: Any) -> dict[str, Any]:
        """A page load in this tab, which still has its session: returns the snapshot and keeps the new session."""
        response = self.load(widget, **body)
        assert response.status_code == 200, response.content
        return self.snapshot

    def load(self, widget: Widget | None = None, **body: Any) -> Any:
        """A page load in this tab; the response is the caller's to judge. A refused one leaves the session alone."""
        chosen = widget or self.widget
        assert chosen is not None
        return self._begin("bootstrap", {"widget_id": str(chosen.id), "device_id": self.device, **body})

    def tab(self) -> Browser:
        """Another tab of the same browser, in which nothing was loaded yet."""
        return Browser(widget=self.widget, device=self.device)

    def identify(self, token: str | None = None, **body: Any) -> Any:
        """Tell who the visitor is; the response is the caller's to judge. A refused one leaves the session alone."""
        return self._begin("identify", {**({"token": token} if token else {}), **body})

    def reset(self, new_device: str | None = None) -> Any:
        """Start over as somebody new, on a device id of one's own unless given; the response is the caller's."""
        device = new_device or device_id()
        response = self._begin("reset", {"device_id": device})
        if response.status_code == 200:
            self.device = device
        return response

    def _begin(self, path: str, body: dict[str, Any]) -> Any:
        response = self.post(path, body)
        if response.status_code == 200:
            self.snapshot = response.json()
            self.bearer = self.snapshot["session_token"]
        return response

    def texts(self) -> list[str]:
        """The bodies of all messages that this session may read, oldest first. Asserts that it may read."""
        response = self.get("history")
        assert response.status_code == 200, response.content
        return [one["body"] for one in response.json()["items"] if one["kind"] == "message"]

    @property
    def visitor(self) -> Visitor:
        """The session as the actions take it, freshly authenticated."""
        return authenticate_visitor(self.bearer)

    @property
    def contact(self) -> Contact:
        contact = self.visitor.contact
        assert contact is not None, "this visitor has not said anything yet"
        return contact

    def start(self, text: str | None = None, **body: Any) -> dict[str, Any]:
        """Open a conversation, with a first message when a text is given."""
        if text is not None:
            body["message"] = {"client_message_id": str(uuid.uuid4()), "body": text}
        response = self.post("conversations", body)
        assert response.status_code in (200, 201), response.content
        return response.json()  # type: ignore[no-any-return]

    def say(self, conversation_id: str, text: str, key: str | None = None) -> Any:
        """Send a message; the response is the caller's to judge."""
        body = {"client_message_id": key or str(uuid.uuid4()), "body": text}
        return self.post(f"conversations/{conversation_id}/messages", body)


@dataclass
class Desk(Caller):
    """An agent's program, with an API token."""

    base: str = "/api/inbox/"
    agent: Agent | None = None

    def reply(self, conversation_id: str, text: str, **body: Any) -> Any:
        body = {"client_message_id": str(uuid.uuid4()), "body": text, **body}
        return self.post(f"conversations/{conversation_id}/messages", body)

    def note(self, conversation_id: str, text: str, **body: Any) -> Any:
        return self.reply(conversation_id, text, kind="note", **body)
