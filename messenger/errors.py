"""What the domain refuses, in words for people and codes for programs. Doors turn these into answers."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """A refusal: HTTP status, code, a sentence for people, for input errors the field, and when to come back."""

    status = 409
    code = "conflict"
    detail = "This is not possible now."
    retry_after_s: int | None = None

    def __init__(
        self,
        detail: str | None = None,
        *,
        code: str | None = None,
        attr: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        self.detail = detail or self.detail
        self.code = code or self.code
        self.attr = attr
        self.retry_after_s = retry_after_s or self.retry_after_s
        super().__init__(self.detail)


class NotFound(DomainError):
    """There is no such thing, or not for this caller: the two must look alike."""

    status = 404
    code = "not_found"
    detail = "Not found."


class Unauthenticated(DomainError):
    """The session is missing, has ended, or was taken back; the code says which."""

    status = 401
    code = "session_revoked"
    detail = "This session is not valid. Start again with bootstrap."


class IdentityChanged(Unauthenticated):
    """Whoever the session spoke for is somebody else now, or gone."""

    code = "identity_changed"
    detail = "Somebody else is here now. Start again with bootstrap."


class IdentityNotProven(Unauthenticated):
    """A user was announced without a proof that was accepted: no session, and nothing changed (S01–S06).

    The code says what the page can do about it; `fault` and `kid` are for the tenant's verification log alone.
    """

    code = "identity_proof_invalid"
    detail = "This identity could not be proven."
    fault = ""
    kid = ""


class Forbidden(DomainError):
    """Known, but not allowed."""

    status = 403
    code = "permission_denied"
    detail = "You may not do this."


class Invalid(DomainError):
    """The input is well-formed but cannot be accepted."""

    status = 422
    code = "invalid"
    detail = "This value cannot be used."


class KeyReused(DomainError):
    """An idempotency key came back with other content (I2)."""

    code = "idempotency_key_reused"
    detail = "This key was already used for a different message."


class SingleThread(DomainError):
    """The tenant keeps one thread per contact, so there is no second one."""

    code = "single_thread"
    detail = "Here every conversation continues in one thread."


class TooManyOpen(DomainError):
    """A contact has as many open conversations as it may have."""

    code = "too_many_open_conversations"
    detail = "There are 10 open conversations already. Continue one of them."


class RatingNotRequested(DomainError):
    """The conversation asks for no feedback, not on this cycle, or not any more."""

    code = "rating_not_requested"
    detail = "There is nothing to rate here now."


class NoContact(DomainError):
    """Nobody is known in this browser yet, so nothing can happen to them."""

    code = "no_contact"
    detail = "Nothing has been said here yet. Start a conversation first."


class VerifiedContact(DomainError):
    """What only a guest may do was asked for by a signed-in user."""

    code = "verified_contact"
    detail = "Somebody is signed in here. Sign out instead."


class Busy(DomainError):
    """The database could not take the write now; nothing was stored, and the same request may be sent again."""

    status = 503
    code = "busy"
    detail = "The server is busy. Please try again."
    retry_after_s = 1


class TooManyRequests(DomainError):
    """A limit is used up. Nothing was done, and the same request may be sent again after `retry_after_s`."""

    status = 429
    code = "rate_limited"
    detail = "Too many requests. Please wait a moment."
    retry_after_s = 1


class SignInUnavailable(Busy):
    """Failed sign-ins cannot be counted now, so nobody may try a password."""

    detail = "Signing in is not possible right now. Please try again in a moment."


class TooLate(DomainError):
    """What somebody wrote may be changed for a while, and that is over."""

    status = 403
    code = "edit_time_over"
    detail = "The time to change this is over."


class MessageRemoved(DomainError):
    """There is a tombstone where the message was."""

    code = "message_deleted"
    detail = "This message was removed."


class DraftChanged(DomainError):
    """The agent has written something else in another tab or browser, or has sent it. Carries what there is now."""

    code = "draft_changed"
    detail = "This draft was changed in another place."

    def __init__(self, draft: Any) -> None:
        super().__init__()
        self.draft = draft


class NewerReply(DomainError):
    """A colleague answered since the agent looked (the collision guard). Carries those messages."""

    code = "newer_reply_exists"
    detail = "A colleague has answered meanwhile."

    def __init__(self, messages: list[Any]) -> None:
        super().__init__()
        self.messages = messages


class MailNotConfigured(DomainError):
    """This installation sends no e-mail."""

    code = "mail_not_configured"
    detail = "This installation sends no e-mail yet: set EMAIL_URL."


class MailFailed(DomainError):
    """The mail server is away, or refused the message."""

    status = 503
    code = "mail_failed"
    detail = "The e-mail could not be sent. Try again later."
    retry_after_s = 60


class AssistantUnavailable(DomainError):
    """The assistant's provider is away, too slow, or refuses."""

    status = 503
    code = "assistant_unavailable"
    detail = "The assistant cannot answer now. Try again later."
    retry_after_s = 10


class AssistantOff(DomainError):
    """The widget of the conversation has no assistant: nothing of it goes to a provider."""

    code = "assistant_off"
    detail = "The assistant is switched off where this conversation began."
