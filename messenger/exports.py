"""What is known of a person, to hand to them: a ZIP archive of `contact.json` and their files, in bounded memory.

It holds what the person may see (I9): no note, and nothing of the team's own.
"""

from __future__ import annotations

import json
import shutil
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, Any

from django.db.models import Q

from . import payloads, queries
from .files import clean_name
from .models import Attachment, Contact, Conversation, Rating, Visit, Widget

_AT_ONCE = 200


def write_export(contact: Contact, into: IO[bytes]) -> None:
    """Write the archive of a person, merged guests included, part by part. A file that is lost is left out."""
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("contact.json", "w", force_zip64=True) as document:
            for piece in _document(contact):
                document.write(piece.encode())
        for attachment in _files(contact):
            _add(archive, attachment)


def name_of(contact: Contact) -> str:
    """Return what the archive is called: by the id, because names are anybody's words."""
    return f"contact-{contact.id}.zip"


def path_in_archive(attachment: Attachment) -> str:
    """Return where a file lies in the archive: below its own id, so that no name meets or climbs over another (S42)."""
    return f"files/{attachment.id}/{clean_name(attachment.name)}"


def _document(contact: Contact) -> Iterator[str]:
    person = payloads.own_contact(contact, _asked(contact.tenant_id))
    yield f'{{\n"contact": {_json(person)},\n'
    yield from _list("merged_from", map(str, _guests(contact)))
    yield from _list("visits", (_visit(one) for one in _visits(contact)))
    yield from _list("files", (_file(one) for one in _files(contact)))
    yield from _list("ratings", (_rating(one) for one in _ratings(contact)))
    yield from _list("conversations", (_told(one) for one in _conversations(contact)))
    yield from _list("messages", _messages(contact), last=True)
    yield "}\n"


def _list(name: str, rows: Iterable[Any], *, last: bool = False) -> Iterator[str]:
    yield f"{_json(name)}: ["
    for number, row in enumerate(rows):
        yield f"{',' if number else ''}\n{_json(row)}"
    yield "\n]\n" if last else "\n],\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _asked(tenant_id: uuid.UUID) -> set[str]:
    """The names of what the forms of the tenant's widgets ask visitors for."""
    forms = Widget.objects.filter(tenant_id=tenant_id).values_list("prechat__fields", flat=True)
    fields = [one for form in forms if isinstance(form, list) for one in form if isinstance(one, dict)]
    return {str(one.get("name")) for one in fields}


def _guests(contact: Contact) -> Iterable[uuid.UUID]:
    """The old ids of guests who turned out to be this user, newest first. Nobody else has any."""
    if contact.type != Contact.Type.USER:
        return ()
    merged = Contact.objects.filter(tenant_id=contact.tenant_id, merged_into=contact)
    return merged.order_by("-id").values_list("id", flat=True).iterator(chunk_size=_AT_ONCE)


def _conversations(contact: Contact) -> Iterator[Conversation]:
    owned = queries.conversations_of(contact).order_by("created_at", "id")
    return owned.iterator(chunk_size=_AT_ONCE)


def _told(conversation: Conversation) -> dict[str, Any]:
    shown = payloads.visitor_conversation(payloads.Facts(conversation))
    return {name: shown[name] for name in ("id", "status", "subject", "cycle", "created_at", "last_message_at")}


def _messages(contact: Contact) -> Iterator[Any]:
    return chain.from_iterable(_parts(one) for one in _conversations(contact))


def _parts(conversation: Conversation) -> Iterator[Any]:
    after, has_more = 0, True
    while has_more:
        items, has_more = queries.visitor_messages(conversation, before=None, after=after, limit=_AT_ONCE)
        yield from items
        after = items[-1]["seq"] if items else after


def _visits(contact: Contact) -> Iterator[Visit]:
    owned = Visit.objects.select_related("widget").filter(tenant_id=contact.tenant_id, contact=contact)
    return owned.order_by("-created_at", "-id").iterator(chunk_size=_AT_ONCE)


def _visit(row: Visit) -> dict[str, Any]:
    return {**payloads.visit(row), "user_agent": row.user_agent}


def _ratings(contact: Contact) -> Iterator[Rating]:
    owned = Rating.objects.filter(tenant_id=contact.tenant_id, conversation__contact=contact)
    return owned.order_by("created_at", "id").iterator(chunk_size=_AT_ONCE)


def _rating(row: Rating) -> dict[str, Any]:
    told = payloads.rating(row)
    return {"conversation_id": str(row.conversation_id), **told, "created_at": payloads.timestamp(row.created_at)}


def _files(contact: Contact) -> Iterator[Attachment]:
    """What they sent up, and what a message to them carries; never what hangs on a note."""
    shown = Q(message__contact=contact, message__visible_seq__isnull=False, message__deleted_at=None)
    own = Q(contact=contact, message=None)
    rows = Attachment.objects.filter(shown | own, tenant_id=contact.tenant_id)
    return rows.order_by("created_at", "id").iterator(chunk_size=_AT_ONCE)


def _file(row: Attachment) -> dict[str, Any]:
    at = payloads.timestamp(row.created_at)
    return {**payloads.file_facts(row), "path": path_in_archive(row), "created_at": at}


def _add(archive: zipfile.ZipFile, row: Attachment) -> None:
    try:
        with row.file.open("rb") as content, archive.open(path_in_archive(row), "w", force_zip64=True) as target:
            shutil.copyfileobj(content, target)
    except FileNotFoundError:
        return  # Handled: `contact.json` names it, and the bytes are nowhere any more.
