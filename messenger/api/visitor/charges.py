"""The verbs of the visitor's doors, within their limits: asked for before, charged for what came of it.

Where a limit is used up, a request still passes if it would not have the effect that is limited: a known device, a
retry, an open conversation to continue. So an office behind one address keeps its chats (S56). What leaves nothing
behind is a look-up. What a device says counts for its network too, which may say ten times as much.
"""

from __future__ import annotations

import functools
import math
import uuid
from collections.abc import Callable

from django.core.files import File

from curbe.addresses import network_of

from ... import actions, effects, files
from ...actions.conversations import Started
from ...actions.files import Uploaded
from ...actions.messages import Draft, Sent
from ...actions.proving import Announced
from ...actions.sessions import Booted
from ...actions.visits import Page
from ...errors import DomainError, TooManyRequests
from ...limits import Limit, charge, count, spare
from ...models import Widget
from ...principals import Visitor
from ...signing import device_key_hash

_MIB = 1024 * 1024
_CROWD = {
    Limit.SEND: Limit.CROWD_SEND,
    Limit.NEW_CONVERSATION: Limit.CROWD_CONVERSATION,
    Limit.UPLOAD: Limit.CROWD_UPLOAD,
    Limit.UPLOAD_BYTES: Limit.CROWD_UPLOAD_BYTES,
}


def look_up(by: Visitor) -> None:
    """Charge a request that leaves nothing behind. Raises TooManyRequests."""
    charge(Limit.LOOK_UP, by.device.key_hash)


def search(by: Visitor) -> None:
    """Charge a question to the help, beside the look-up that it is. Raises TooManyRequests."""
    charge(Limit.SEARCH, by.device.key_hash)


def refuse_failed_proofs(tenant_id: uuid.UUID, address: str) -> None:
    """Charge a proof that failed. Raises TooManyRequests instead of what was wrong with it when there were too many.

    Proofs are tried however many have failed, so a good one always gets through.
    """
    charge(Limit.FAILED_PROOF, tenant_id, network_of(address))


def boot_device(*, widget: Widget, device_id: str, page: Page, announced: Announced, bearer: str) -> Booted:
    """`actions.boot_device`, with new devices limited by tenant and network.

    An id that nobody knows and nothing comes of leaves no counter behind: anybody can make up any number of them.
    """
    tenant_id, key_hash = widget.tenant_id, device_key_hash(widget.tenant_id, device_id)
    newcomers = (Limit.NEW_DEVICE, tenant_id, network_of(page.address))
    _unless(lambda: effects.is_known_device(tenant_id, key_hash), lambda: spare(*newcomers))
    spare(Limit.LOOK_UP, key_hash)
    booted = actions.boot_device(widget=widget, device_id=device_id, page=page, announced=announced, bearer=bearer)
    count(*newcomers if booted.is_new_device else (Limit.LOOK_UP, key_hash))
    return booted


def reset_device(*, by: Visitor, device_id: str, page: Page) -> Booted:
    """`actions.reset_device`, which makes a new device."""
    network = network_of(page.address)
    spare(Limit.NEW_DEVICE, by.tenant_id, network)
    booted = actions.reset_device(by=by, device_id=device_id, page=page)
    count(Limit.NEW_DEVICE, by.tenant_id, network)
    return booted


def send_message(*, by: Visitor, address: str, conversation_id: uuid.UUID, draft: Draft) -> Sent:
    """`actions.send_message`, with messages limited. A retry is a look-up, and so is a guess (S27)."""
    _spare(Limit.SEND, by, address, unless=lambda: effects.was_sent(by.contact, draft.client_message_id))
    try:
        sent = actions.send_message(by=by, conversation_id=conversation_id, draft=draft)
    except DomainError:
        look_up(by)
        raise
    _count(by, address, [] if sent.is_replay else [Limit.SEND])
    return sent


def upload_file(*, by: Visitor, address: str, client_upload_id: uuid.UUID, content: File[bytes]) -> Uploaded:
    """Check a file, and `actions.upload_file`, with files limited in number and size. A retry is a look-up.

    Whatever is refused counts, too: looking at it was the work.
    """
    if effects.was_uploaded(by.contact, client_upload_id):
        look_up(by)
    else:
        _both(charge, Limit.UPLOAD, by, address)
        size = functools.partial(charge, cost=max(1, math.ceil((content.size or 0) / _MIB)))
        _both(size, Limit.UPLOAD_BYTES, by, address)
    checked = files.check(
        content, content.name or "", most_bytes=files.VISITOR_MOST_BYTES, kinds=files.kinds_of(by.tenant)
    )
    return actions.upload_file(by=by, client_upload_id=client_upload_id, checked=checked)


def start_conversation(
    *, by: Visitor, address: str, is_new: bool, client_conversation_id: uuid.UUID | None, draft: Draft | None
) -> Started:
    """`actions.start_conversation`, with new conversations and messages limited."""
    _spare_to_start(by, address, is_new, client_conversation_id, draft)
    try:
        started = actions.start_conversation(
            by=by, is_new=is_new, client_conversation_id=client_conversation_id, draft=draft
        )
    except DomainError:
        look_up(by)
        raise
    opened = [Limit.NEW_CONVERSATION] if started.is_new_conversation else []
    said = [Limit.SEND] if started.message and started.created else []
    _count(by, address, opened + said)
    return started


def _spare_to_start(by: Visitor, address: str, is_new: bool, key: uuid.UUID | None, draft: Draft | None) -> None:
    def is_replay() -> bool:
        return draft is not None and effects.was_sent(by.contact, draft.client_message_id)

    def continues() -> bool:
        return is_replay() or effects.would_continue(by, is_new=is_new, client_conversation_id=key)

    _spare(Limit.NEW_CONVERSATION, by, address, unless=continues)
    if draft:
        _spare(Limit.SEND, by, address, unless=is_replay)


def _spare(limit: Limit, by: Visitor, address: str, *, unless: Callable[[], bool]) -> None:
    _unless(unless, lambda: _both(spare, limit, by, address))


def _count(by: Visitor, address: str, happened: list[Limit]) -> None:
    for limit in happened:
        _both(count, limit, by, address)
    if not happened:
        look_up(by)


def _both(ask: Callable[..., None], limit: Limit, by: Visitor, address: str) -> None:
    """Ask for the device and for its network: one address may have any number of devices."""
    ask(limit, by.device.key_hash)
    ask(_CROWD[limit], by.tenant_id, network_of(address))


def _unless(is_harmless: Callable[[], bool], ask: Callable[[], None]) -> None:
    try:
        ask()
    except TooManyRequests:
        if not is_harmless():
            raise
