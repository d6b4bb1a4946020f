"""Who is answered what, door by door: the whole inbox and the whole agent API.

A row is a method and a route; its answers are in the order of ROLES. A new page is a row here, and until it is one
`test_matrix` fails. `LOGIN` is a redirect to the sign-in page; every other answer is its status.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.utils import timezone

LOGIN: Literal["login"] = "login"
Answer = int | Literal["login"]
Things = Mapping[str, Any]

# Nobody signed in; an agent and an admin of Harbor; a superuser without a membership; the admin of the rival, who asks
# for Harbor's things; and an agent of Harbor whose membership was switched off.
ROLES = ("nobody", "agent", "admin", "superuser", "rival", "switched off")


@dataclass(frozen=True)
class Door:
    """One row. `body` and `query` are what a page of ours sends; `names` is false where no row of a tenant is shown."""

    answers: tuple[Answer, ...]
    query: str = ""
    body: Callable[[Things], dict[str, Any]] = lambda things: {}
    names: bool = True
    is_upload: bool = False


def screen(**more: Any) -> Door:
    """A page of the agent's own company, whichever that is."""
    return Door((LOGIN, 200, 200, 403, 200, 403), **more)


def thing(**more: Any) -> Door:
    """A page about something of Harbor's, which exists for nobody else."""
    return Door((LOGIN, 200, 200, 403, 404, 403), **more)


def verb(**more: Any) -> Door:
    """A write on something of Harbor's, from a page without scripts: led back to it."""
    return Door((LOGIN, 302, 302, 403, 404, 403), **more)


def read(**more: Any) -> Door:
    """What a program reads of its own company."""
    return Door((401, 200, 200, 401, 200, 401), **more)


def item(ok: int = 200, **more: Any) -> Door:
    """What a program does with something of Harbor's."""
    return Door((401, ok, ok, 401, 404, 401), **more)


def own(ok: int = 200, **more: Any) -> Door:
    """What a program writes into its own company."""
    return Door((401, ok, ok, 401, ok, 401), **more)


def _article(things: Things) -> dict[str, Any]:
    return {"slug": f"s-{uuid.uuid4().hex}", "locale": "es", "title": "Uno", "body": "Dos"}


def for_admins(ok: int = 200, elsewhere: Answer = 404, **more: Any) -> Door:
    """What only an admin does: with something of Harbor's, or, where nothing is named, in one's own company."""
    return Door((401, 403, ok, 401, elsewhere, 401), **more)


def _called(things: Things) -> dict[str, Any]:
    return {"name": uuid.uuid4().hex}


def _reply(things: Things) -> dict[str, Any]:
    return {"shortcut": uuid.uuid4().hex, "title": "Hello", "body": "Hello"}


def _likes(things: Things) -> dict[str, Any]:
    return {"ring": "all", "send_key": "enter", "theme": "dark"}


def _opening(things: Things) -> dict[str, Any]:
    return {**_part(things), "key": str(uuid.uuid4())}


def _soon(things: Things) -> dict[str, Any]:
    return {"until": (timezone.now() + timedelta(hours=1)).isoformat()}


def _to_close(things: Things) -> dict[str, Any]:
    return {"verb": "close", "ids": [str(things["conversation_id"])]}


def _part(things: Things) -> dict[str, Any]:
    return {"client_message_id": str(uuid.uuid4()), "body": "Hello"}


INBOX = {
    "GET inbox/": screen(),
    "GET inbox/login/": Door((200, 302, 302, 302, 302, 302), names=False),
    "POST inbox/login/": Door((200, 302, 302, 302, 302, 302)),
    "PUT inbox/login/": Door((200, 302, 302, 302, 302, 302)),
    "POST inbox/logout/": Door((LOGIN,) * 6),
    "POST inbox/tenant/": verb(body=lambda things: {"tenant_id": things["tenant_id"]}),
    "GET inbox/rows/": screen(),
    "GET inbox/live/": screen(query="?ids={conversation_id}"),
    "GET inbox/c/<conversation_id>/": thing(),
    "GET inbox/c/<conversation_id>/older/": thing(query="?before=9"),
    "POST inbox/c/<conversation_id>/assign/": verb(body=lambda things: {"agent_id": things["agent_id"]}),
    "POST inbox/c/<conversation_id>/close/": verb(),
    "POST inbox/c/<conversation_id>/reopen/": verb(),
    "GET inbox/c/<conversation_id>/newer/": thing(query="?after=0"),
    "POST inbox/c/<conversation_id>/snooze/": verb(body=lambda things: {"choice": "tomorrow"}),
    "POST inbox/c/<conversation_id>/tags/": verb(body=lambda things: {"name": "parcel"}),
    "POST inbox/c/<conversation_id>/tags/remove/": verb(body=lambda things: {"name": "parcel"}),
    "POST inbox/c/<conversation_id>/priority/": verb(body=lambda things: {"priority": "high"}),
    "POST inbox/c/<conversation_id>/subject/": verb(body=lambda things: {"subject": "A lamp"}),
    "POST inbox/c/<conversation_id>/participants/": verb(body=lambda things: {"agent_id": things["agent_id"]}),
    "POST inbox/c/<conversation_id>/mute/": verb(body=lambda things: {"on": "1"}),
    "POST inbox/c/<conversation_id>/transcript/": thing(body=lambda things: {"email": "grace@mail.example"}),
    # Somebody else's conversations are each refused in the answer.
    "POST inbox/bulk/": screen(body=lambda things: {"verb": "close", "ids": things["conversation_id"]}),
    "POST inbox/saved/": Door((LOGIN, 302, 302, 403, 302, 403), body=_called),
    "POST inbox/saved/<view_id>/forget/": Door((LOGIN, 404, 302, 403, 404, 403)),
    "GET inbox/find/": screen(names=False),
    "GET inbox/search/": screen(query="?q=harbour"),
    "GET inbox/search/hits/": screen(query="?q=harbour", names=False),
    "POST inbox/p/<contact_id>/traits/": verb(body=lambda things: {"name": "Grace"}),
    "POST inbox/p/<contact_id>/block/": verb(body=lambda things: {"blocked": "on"}),
    "POST inbox/p/<contact_id>/write/": verb(body=_opening),
    "POST inbox/p/<contact_id>/export/": Door((LOGIN, 403, 200, 403, 404, 403)),
    "POST inbox/p/<contact_id>/erase/": Door((LOGIN, 403, 302, 403, 404, 403), body=lambda things: {"word": "ERASE"}),
    "GET inbox/reports/": screen(names=False),
    "GET inbox/reports/<name>/": screen(query="?by=agent"),
    "GET inbox/settings/": screen(),
    "POST inbox/settings/": Door((LOGIN, 302, 302, 403, 302, 403), body=_likes),
    "POST inbox/settings/availability/": Door(
        (LOGIN, 302, 302, 403, 302, 403), body=lambda things: {"availability": "away"}
    ),
    "GET inbox/settings/replies/": screen(),
    "POST inbox/settings/replies/": Door((LOGIN, 302, 302, 403, 302, 403), body=_reply),
    # The team's, so an agent may not change it, and is told so beside the form.
    "GET inbox/settings/replies/<reply_id>/": thing(),
    "POST inbox/settings/replies/<reply_id>/": Door((LOGIN, 200, 302, 403, 404, 403), body=_reply),
    "POST inbox/settings/replies/<reply_id>/forget/": Door((LOGIN, 403, 302, 403, 404, 403)),
    "GET inbox/settings/install/": Door((LOGIN, 403, 200, 403, 200, 403)),
    "GET inbox/settings/install/first-view/": Door((LOGIN, 403, 200, 403, 200, 403), names=False),
    "GET inbox/settings/delivery/": screen(),
    "POST inbox/settings/delivery/echo/": Door((LOGIN, 204, 204, 403, 204, 403)),
    "GET inbox/articles/<locale>/<slug>/": thing(),
    "GET inbox/log/": screen(),
    "GET inbox/log/rows/": screen(),
    "GET inbox/log/live/": screen(query="?ids={contact_id}"),
    "GET inbox/log/<contact_id>/": thing(),
}

API = {
    "GET api/inbox/me": read(),
    "PUT api/inbox/me/availability": own(body=lambda things: {"availability": "away"}),
    "GET api/inbox/office-hours": read(names=False),
    "PATCH api/inbox/office-hours": Door((401, 403, 200, 401, 200, 401), body=lambda things: {"time_zone": "UTC"}),
    "GET api/inbox/snapshot": read(),
    "GET api/inbox/events": read(query="?after={cursor}"),
    "POST api/inbox/attachments": own(201, is_upload=True),
    "GET api/inbox/attachments/<attachment_id>": item(),
    "GET api/inbox/articles": read(),
    "POST api/inbox/articles": Door((401, 403, 201, 401, 201, 401), body=_article),
    "GET api/inbox/articles/<article_id>": item(),
    "PATCH api/inbox/articles/<article_id>": Door((401, 403, 200, 401, 404, 401), body=lambda things: {"title": "T"}),
    "DELETE api/inbox/articles/<article_id>": Door((401, 403, 204, 401, 404, 401)),
    "GET api/inbox/search": read(query="?q=harbour", names=False),
    "GET api/inbox/widgets": read(),
    "POST api/inbox/widgets": for_admins(201, 201, body=_called),
    "GET api/inbox/widgets/<widget_id>": item(),
    "PATCH api/inbox/widgets/<widget_id>": for_admins(body=_called),
    "DELETE api/inbox/widgets/<widget_id>": for_admins(204),
    "GET api/inbox/reports/<report>": read(names=False),
    "GET api/inbox/contacts": read(),
    "POST api/inbox/contacts": own(201, body=_called),
    "GET api/inbox/contacts/<contact_id>": item(),
    "PATCH api/inbox/contacts/<contact_id>": item(body=_called),
    "POST api/inbox/contacts/<contact_id>/block": item(),
    "POST api/inbox/contacts/<contact_id>/erase": for_admins(),
    "GET api/inbox/contacts/<contact_id>/export": for_admins(),
    "GET api/inbox/contacts/<contact_id>/visits": item(),
    "POST api/inbox/contacts/<contact_id>/conversations": item(201, body=_part),
    "POST api/inbox/conversations/bulk": own(body=_to_close),
    "PATCH api/inbox/conversations/<conversation_id>": item(body=lambda things: {"priority": "high"}),
    "POST api/inbox/conversations/<conversation_id>/snooze": item(body=_soon),
    "POST api/inbox/conversations/<conversation_id>/tags": item(body=_called),
    "DELETE api/inbox/conversations/<conversation_id>/tags/<tag>": item(),
    "POST api/inbox/conversations/<conversation_id>/suggestion": item(409),  # Its widget has no assistant.
    "POST api/inbox/conversations/<conversation_id>/participants": item(
        body=lambda things: {"agent_id": str(things["agent_id"])}
    ),
    "PUT api/inbox/conversations/<conversation_id>/mute": item(body=lambda things: {"on": True}),
    "GET api/inbox/conversations/<conversation_id>/transcript": item(),
    # The tests' installation sends no e-mail.
    "POST api/inbox/conversations/<conversation_id>/transcript": item(
        409, body=lambda things: {"email": "a@b.example"}
    ),
    "GET api/inbox/conversations/<conversation_id>/draft": item(),
    "PUT api/inbox/conversations/<conversation_id>/draft": Door(
        (401, 200, 409, 401, 404, 401), body=lambda things: {"text": "Hello", "version": 0}
    ),
    # Written by the agent: an admin may take it away, and not put words into their mouth.
    "PATCH api/inbox/messages/<message_id>": Door((401, 200, 403, 401, 404, 401), body=lambda things: {"body": "Hi"}),
    "DELETE api/inbox/messages/<message_id>": item(),
    "GET api/inbox/mentions": read(),
    "POST api/inbox/preview": own(body=lambda things: {"body": "*Hello*"}),
    "PATCH api/inbox/me/preferences": own(body=lambda things: {"theme": "dark"}),
    "GET api/inbox/saved-replies": read(),
    "POST api/inbox/saved-replies": own(201, body=_reply),
    "GET api/inbox/saved-replies/<reply_id>": item(),
    "PATCH api/inbox/saved-replies/<reply_id>": for_admins(body=lambda things: {"title": "Hello"}),
    "DELETE api/inbox/saved-replies/<reply_id>": for_admins(204),
    "GET api/inbox/tags": read(),
    "POST api/inbox/tags": for_admins(201, 201, body=_called),
    "GET api/inbox/tags/<tag_id>": item(),
    "PATCH api/inbox/tags/<tag_id>": for_admins(body=lambda things: {"colour": "red"}),
    "DELETE api/inbox/tags/<tag_id>": for_admins(204),
    "GET api/inbox/teams": read(),
    "POST api/inbox/teams": for_admins(201, 201, body=_called),
    "GET api/inbox/teams/<team_id>": item(),
    "PATCH api/inbox/teams/<team_id>": for_admins(body=_called),
    "DELETE api/inbox/teams/<team_id>": for_admins(204),
    "GET api/inbox/views": read(),
    "POST api/inbox/views": own(201, body=lambda things: {**_called(things), "filters": {}}),
    # Kept by the admin for themself.
    "GET api/inbox/views/<view_id>": Door((401, 404, 200, 401, 404, 401)),
    "PATCH api/inbox/views/<view_id>": Door((401, 404, 200, 401, 404, 401), body=_called),
    "DELETE api/inbox/views/<view_id>": Door((401, 404, 204, 401, 404, 401)),
    "GET api/inbox/threads": read(),
    "GET api/inbox/threads/<contact_id>": item(),
    "GET api/inbox/conversations": read(),
    "GET api/inbox/conversations/<conversation_id>": item(),
    "GET api/inbox/conversations/<conversation_id>/messages": item(),
    "POST api/inbox/conversations/<conversation_id>/messages": item(201, body=_part),
    "PUT api/inbox/conversations/<conversation_id>/read": item(body=lambda things: {"up_to": 1}),
    "POST api/inbox/conversations/<conversation_id>/unread": item(body=lambda things: {"from": 1}),
    "POST api/inbox/conversations/<conversation_id>/typing": item(204, body=lambda things: {"on": False}),
    "POST api/inbox/conversations/<conversation_id>/assign": item(body=lambda things: {"agent_id": None}),
    "POST api/inbox/conversations/<conversation_id>/close": item(),
    "POST api/inbox/conversations/<conversation_id>/reopen": item(),
}
