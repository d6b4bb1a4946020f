"""A tenant's own program at a running installation: what agents do, done over the agent API with its token."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from curbe.testing.stack import Stack
from curbe.testing.waiting import SERVED_WITHIN_S


@dataclass(frozen=True)
class TeamProgram:
    """Of one of the demo's tenants. An answer that is a refusal is an AssertionError with what it said."""

    stack: Stack
    tenant: int = 0

    def conversation_of(self, contact_id: str) -> str:
        """The id of the conversation in which the contact's thread ends."""
        return str(self._ask("GET", f"threads/{contact_id}")["items"][-1]["conversation_id"])

    def reply(self, conversation_id: str, body: str, *files: tuple[str, bytes, str]) -> None:
        """`body` is Markdown; a file is its name, its content and its type."""
        kept = [self._upload(file) for file in files]
        said = {"client_message_id": str(uuid.uuid4()), "body": body, "attachment_ids": kept}
        self._ask("POST", f"conversations/{conversation_id}/messages", json=said)

    def types(self, conversation_id: str) -> None:
        """The dots stay for TYPING_TTL_S seconds."""
        self._ask("POST", f"conversations/{conversation_id}/typing", json={"on": True})

    def close(self, conversation_id: str) -> None:
        self._ask("POST", f"conversations/{conversation_id}/close", json={})

    def _upload(self, file: tuple[str, bytes, str]) -> str:
        key = {"client_upload_id": str(uuid.uuid4())}
        return str(self._ask("POST", "attachments", data=key, files={"file": file})["id"])

    def _ask(self, method: str, path: str, **content: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.stack.demo['tenants'][self.tenant]['api_token']}"}
        answer = httpx.request(
            method, f"{self.stack.base_url}/api/inbox/{path}", headers=headers, timeout=SERVED_WITHIN_S, **content
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None
