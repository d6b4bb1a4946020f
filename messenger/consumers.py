"""The two sockets of `realtime.md`. Writes go over HTTP; a socket only tells what the log says."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings

from curbe.origins import is_own, is_own_frame, is_widget_host

from . import actions, presence, queries, streams
from .asking import ask_together, in_database
from .errors import IdentityChanged, NotFound, Unauthenticated
from .models import Agent, Contact, Stream
from .principals import Visitor, authenticate_api_token, authenticate_session, authenticate_visitors, require_person
from .protocol import Close, ClosedByUs, conversation_id_of
from .sockets import Socket

# Sockets at once, over all processes.
MOST_OF_DEVICE, MOST_OF_AGENT = 10, 20


class MessengerConsumer(Socket):
    """A visitor's socket: their contact's stream, and typing dots."""

    visitor: Visitor
    contact: Contact

    def __init__(self) -> None:
        super().__init__()
        self._bearer = ""

    def may_connect(self) -> bool:
        origin = self.header("origin")
        return origin is None or is_own_frame(origin, self.header("host") or "")

    async def identify(self, hello: dict[str, Any]) -> Stream:
        self._bearer = str(hello.get("auth") or "")
        self.visitor, stream = await ask_together(_sessions, self._bearer)
        if self.visitor.contact is None or stream is None:
            raise ClosedByUs(Close.INSUFFICIENT_STATE)
        self.contact = self.visitor.contact
        return stream

    async def recheck(self) -> Stream:
        bearer = self._bearer
        try:
            return await self._go_on_with(bearer)
        except Unauthenticated as refusal:
            if bearer != self._bearer:
                return await self.recheck()  # Renewed meanwhile, by one that is good.
            # It was good before: whoever took it back, by a login or a logout, changed who is here.
            code = "identity_changed" if refusal.code == "session_revoked" else refusal.code
            raise Unauthenticated(code=code) from refusal

    def load_stream(self) -> Stream:
        return streams.contact_stream(self.contact)

    def holder(self) -> tuple[str, int]:
        return f"device:{self.visitor.device.id}", MOST_OF_DEVICE

    def require_owner(self, owner: Contact | None) -> None:
        require_person(self.visitor, owner)

    def subject_ids(self) -> set[str]:
        return {str(self.visitor.tenant_id), str(self.contact.id)}

    async def renew(self, frame: dict[str, Any]) -> None:
        """A newer token of the same person, so that the socket outlives the first one."""
        bearer = str(frame.get("auth") or "")
        await self._go_on_with(bearer)
        self._bearer = bearer

    async def _go_on_with(self, bearer: str) -> Stream:
        fresh, stream = await ask_together(_sessions, bearer)
        if fresh.contact is None or fresh.contact != self.contact or stream is None:
            raise IdentityChanged()
        self.visitor, self.contact = fresh, fresh.contact
        return stream

    def say_presence(self) -> None:
        presence.contact_present(self.contact, is_active=self.is_active is True, last_active_at=self.last_active_at)

    async def typing(self, frame: dict[str, Any]) -> None:
        """Dots for the team. Somebody else's conversation is ignored, then punished (S37)."""
        try:
            await in_database(self._type, conversation_id_of(frame), frame.get("on") is True)
        except NotFound as error:
            self.drop_foreign(error)

    def _type(self, conversation_id: uuid.UUID, on: bool) -> None:
        conversation = queries.get_conversation_for(self.contact, conversation_id)
        presence.contact_typing(conversation.contact, conversation, on=on)

    frames = {
        "typing": typing,
        "active": Socket.active,
        "auth": renew,
        "resume": Socket.resume,
        "pong": Socket.pong,
    }


class InboxConsumer(Socket):
    """An agent's socket: the tenant's stream, by session cookie or API token."""

    agent: Agent

    def __init__(self) -> None:
        super().__init__()
        self._bearer = ""

    def may_connect(self) -> bool:
        """Any site's page sends our cookie, so with one the Origin must be ours; a program has neither (S28)."""
        origin, host = self.header("origin"), self.header("host") or ""
        if is_widget_host(host):
            return False
        if origin is None:
            return settings.SESSION_COOKIE_NAME not in self.scope["cookies"]
        return is_own(origin, host)

    async def identify(self, hello: dict[str, Any]) -> Stream:
        self._bearer = str(hello.get("auth") or "")
        stream: Stream
        self.agent, stream = await in_database(self._look_up)
        return stream

    async def recheck(self) -> Stream:
        stream: Stream
        try:
            fresh, stream = await in_database(self._look_up)
        except Unauthenticated as refusal:
            is_there = await in_database(queries.is_active, self.agent.tenant_id)
            raise Unauthenticated(code=refusal.code if is_there else "tenant_disabled") from refusal
        if not self._bearer and fresh.tenant_id != self.agent.tenant_id:
            raise ClosedByUs(Close.FORBIDDEN)  # Switched to another tenant, as at a hello that names this one.
        if (fresh.id, fresh.role) != (self.agent.id, self.agent.role):
            raise Unauthenticated()
        self.agent = fresh
        return stream

    def load_stream(self) -> Stream:
        return streams.team_stream(self.agent.tenant_id)

    def holder(self) -> tuple[str, int]:
        return f"agent:{self.agent.id}", MOST_OF_AGENT

    def subject_ids(self) -> set[str]:
        return {str(self.agent.tenant_id), str(self.agent.id)}

    async def typing(self, frame: dict[str, Any]) -> None:
        """Dots for the team and, for a message, dots and Seen for the visitor."""
        kind = "note" if frame.get("kind") == "note" else "message"
        try:
            await in_database(self._type, conversation_id_of(frame), frame.get("on") is True, kind)
        except NotFound as error:
            self.drop_foreign(error)

    def _type(self, conversation_id: uuid.UUID, on: bool, kind: str) -> None:
        actions.type_in(by=self.agent, conversation_id=conversation_id, on=on, kind=kind)

    def say_presence(self) -> None:
        presence.agent_present(self.agent, is_active=self.is_active is True, last_active_at=self.last_active_at)

    async def viewing(self, frame: dict[str, Any]) -> None:
        """Tell colleagues which thread is open here; none when there is none any more."""
        try:
            await in_database(self._view, None if frame.get("c") is None else conversation_id_of(frame))
        except NotFound as error:
            self.drop_foreign(error)

    def _view(self, conversation_id: uuid.UUID | None) -> None:
        shown = queries.get_conversation_for_team(self.agent, conversation_id) if conversation_id else None
        presence.agent_viewing(self.agent, shown)

    async def renew(self, frame: dict[str, Any]) -> None:
        """Look at the credentials again, for instance after a password change elsewhere."""
        self._bearer = str(frame.get("auth") or self._bearer)
        await self.recheck()

    def _look_up(self) -> tuple[Agent, Stream]:
        if self._bearer:
            agent = authenticate_api_token(self._bearer)
        else:
            agent = authenticate_session(self.scope["cookies"].get(settings.SESSION_COOKIE_NAME))
        return agent, streams.team_stream(agent.tenant_id)

    frames = {
        "typing": typing,
        "viewing": viewing,
        "active": Socket.active,
        "auth": renew,
        "resume": Socket.resume,
        "pong": Socket.pong,
    }


class UnknownSocket(Socket):
    """Any other path: refused like a missing page, without a stack trace in the log."""

    def may_connect(self) -> bool:
        return False


def _sessions(bearers: list[str]) -> dict[str, tuple[Visitor, Stream | None] | Exception]:
    """Who bears these tokens, and the stream of their contact, if they have one yet."""
    found = authenticate_visitors(bearers)
    people = [one.contact for one in found.values() if isinstance(one, Visitor) and one.contact]
    theirs = streams.contact_streams(people)

    def with_stream(one: Visitor) -> tuple[Visitor, Stream | None]:
        return one, theirs.get(one.contact.id) if one.contact else None

    return {bearer: with_stream(one) if isinstance(one, Visitor) else one for bearer, one in found.items()}
