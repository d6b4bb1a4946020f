"""The delivery self-test: is everything there that a message needs on its way, and if not, what to do.

Each check looks at the real thing: it writes a file, hears what it publishes, asks the database. None shows a secret,
and none waits longer than a few seconds.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from curbe.origins import is_own

from .models import Conversation, Event, Stream

log = structlog.get_logger(__name__)

_HEARD_WITHIN_S = 2
MOST_SKEW_S = 2
# The team's log is pruned to 7 days; a day more is nobody's fault.
_PRUNED_WITHIN = timedelta(days=8)
# The worker looks every few seconds.
_WOKEN_WITHIN = timedelta(minutes=1)
_STATIC = ("inbox/inbox.js", "inbox/base.css", "widget/loader.js")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: green or red, what it looked at, what it saw, and the remedy when it is red."""

    key: str
    is_good: bool
    name: str
    seen: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the test is looked at from: the tenant whose log is looked at, and the origin that the browser shows."""

    tenant_id: uuid.UUID | None
    origin: str
    host: str


def run_self_test(place: Place) -> list[Finding]:
    """Run every check. One that fails in a way nobody foresaw is red, and the server's log has the reason."""
    return [_guarded(key, check, place) for key, check in CHECKS.items()]


def _guarded(key: str, check: Callable[[Place], Finding], place: Place) -> Finding:
    try:
        return check(place)
    except Exception:
        log.exception("self_test_failed", check=key)  # Handled: the answer is a red line.
        remedy = _("The server's log has the reason, under self_test_failed.")
        return Finding(key, False, key.replace("_", " "), _("The check itself failed."), remedy)


def _layer(_place: Place) -> Finding:
    """Publish a wake-up and hear it, through the layer that all sockets listen to."""
    layer = get_channel_layer()
    took_ms = async_to_sync(_heard_after)(layer) if layer else None
    in_process = isinstance(layer, InMemoryChannelLayer)
    name = _("Wake-ups between processes")
    if took_ms is None:
        remedy = _("Start Redis, and check REDIS_URL and the network between it and this server.")
        return Finding("layer", False, name, _("A wake-up was published and not heard within 2 seconds."), remedy)
    where = _("in this process; several need REDIS_URL") if in_process else _("over Redis")
    seen = _("Published and heard in {ms} ms, {where}.").format(ms=took_ms, where=where)
    return Finding("layer", True, name, seen)


async def _heard_after(layer: object) -> int | None:
    """How long a wake-up takes through the layer, in ms; None when it does not come."""
    try:
        return await asyncio.wait_for(_loop_back(layer), _HEARD_WITHIN_S)
    except Exception:
        log.warning("self_test_unheard", exc_info=True)
        return None


async def _loop_back(layer: object) -> int:
    group, nonce = f"selftest.{uuid.uuid4().hex}", uuid.uuid4().hex
    channel = await layer.new_channel()  # type: ignore[attr-defined]
    await layer.group_add(group, channel)  # type: ignore[attr-defined]
    started = asyncio.get_running_loop().time()
    try:
        await layer.group_send(group, {"type": "selftest", "nonce": nonce})  # type: ignore[attr-defined]
        while (await layer.receive(channel)).get("nonce") != nonce:  # type: ignore[attr-defined]
            pass
    finally:
        await layer.group_discard(group, channel)  # type: ignore[attr-defined]
    return round(1000 * (asyncio.get_running_loop().time() - started))


def _database(_place: Place) -> Finding:
    """What keeps an acknowledged message from being lost, and a crowd from waiting."""
    name = _("Database settings")
    if connection.vendor == "sqlite":
        journal, sync = _asked("PRAGMA journal_mode"), _asked("PRAGMA synchronous")
        seen = f"SQLite · journal_mode {journal} · synchronous {sync}"
        is_good = journal == "wal" and sync in {"2", "3"}
        return Finding("database", is_good, name, seen, _("Remove the options that DATABASE_URL adds."))
    sync, pool = _asked("SHOW synchronous_commit"), settings.DATABASES["default"].get("OPTIONS", {}).get("pool")
    seen = f"PostgreSQL {_asked('SHOW server_version')} · synchronous_commit {sync} · "
    seen += _("pool of {n}").format(n=pool["max_size"]) if pool else _("no pool")
    remedy = _("Remove the options that DATABASE_URL adds.")
    if sync == "off":
        remedy = _("Set synchronous_commit = on for this database or role, or acknowledged messages could be lost.")
    return Finding("database", sync != "off" and bool(pool), name, seen, remedy)


def _asked(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


def _migrations(_place: Place) -> Finding:
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    seen = _("All are applied.") if not pending else _("{n} are missing.").format(n=pending)
    return Finding("migrations", not pending, _("Migrations"), seen, _("Run: python manage.py migrate"))


def _clock(_place: Place) -> Finding:
    """This server's clock beside the database's."""
    now = "clock_timestamp()" if connection.vendor == "postgresql" else "strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {now}")
        (told,) = cursor.fetchone()
    at = told if isinstance(told, datetime) else datetime.fromisoformat(told)
    apart_s = abs((datetime.now(UTC) - at).total_seconds())
    seen = _("Server and database are {s} s apart.").format(s=number_format(apart_s, 1))
    remedy = _("Set the clocks of both by NTP, such as chrony or systemd-timesyncd.")
    return Finding("clock", apart_s <= MOST_SKEW_S, _("Clocks"), seen, remedy)


def _storage(_place: Place) -> Finding:
    """A file, written, read and removed where attachments are."""
    content, name = uuid.uuid4().hex.encode(), _("Attachments")
    remedy = _("Give the user of this server the right to write in MEDIA_ROOT, and look whether the disk is full.")
    try:
        stored = default_storage.save(f"selftest/{uuid.uuid4().hex}", ContentFile(content))
        try:
            with default_storage.open(stored) as file:
                is_same = file.read() == content
        finally:
            default_storage.delete(stored)
    except OSError as error:  # Handled: the answer is a red line.
        return Finding("storage", False, name, _("Not writable: {why}.").format(why=error.strerror), remedy)
    seen = _("A file was written, read and removed.") if is_same else _("A file came back different.")
    return Finding("storage", is_same, name, seen, remedy)


def _static(_place: Place) -> Finding:
    missing = [name for name in _STATIC if not _is_there(name)]
    seen = _("Scripts and styles are collected.") if not missing else _("Missing: {names}").format(names=missing)
    return Finding("static", not missing, _("Static files"), seen, _("Run: python manage.py collectstatic"))


def _is_there(name: str) -> bool:
    try:
        stored = staticfiles_storage.stored_name(name) if hasattr(staticfiles_storage, "stored_name") else name
        return bool(staticfiles_storage.exists(stored))
    except ValueError:
        return False  # Handled: it is not in the manifest.


def _origin(place: Place) -> Finding:
    """Whether this page has the address that the server believes to have; sockets of others are refused."""
    is_good = place.origin == settings.PUBLIC_URL
    seen = _("This page is at {origin}, PUBLIC_URL is {public}.").format(
        origin=place.origin, public=settings.PUBLIC_URL
    )
    accepts = is_own(place.origin, place.host)
    remedy = _("Open the inbox by its public address, or set PUBLIC_URL to this one.")
    if not accepts:
        remedy += " " + _("Behind a proxy with TLS also set BEHIND_PROXY=true.")
    return Finding("origin", is_good, _("Public address"), seen, remedy)


def _housekeeping(place: Place) -> Finding:
    """What is removed by and by has to be: a log that only grows says that nobody runs the command."""
    oldest = _oldest_event(place.tenant_id)
    is_good = oldest is None or oldest > timezone.now() - _PRUNED_WITHIN
    seen = _("The log is as short as it should be.") if is_good else _("The log has not been shortened for days.")
    remedy = _("Run `python manage.py prune` every day, by cron or a timer.")
    return Finding("housekeeping", is_good, _("Background work"), seen, remedy)


def _oldest_event(tenant_id: uuid.UUID | None) -> datetime | None:
    streams = Stream.objects.filter(contact=None)
    stream = (streams.filter(tenant=tenant_id) if tenant_id else streams.order_by("id")).first()
    if stream is None:
        return None
    kept = Event.objects.filter(tenant_id=stream.tenant_id, stream=stream).order_by("seq")
    return kept.values_list("created_at", flat=True).first()


def _worker(place: Place) -> Finding:
    """Whether somebody does what is due: a snooze that is over says that nobody does."""
    late = Conversation.objects.filter(
        status=Conversation.Status.SNOOZED, snoozed_until__lt=timezone.now() - _WOKEN_WITHIN
    )
    own = late.filter(tenant=place.tenant_id) if place.tenant_id else late
    since = own.order_by("snoozed_until", "id").values_list("snoozed_until", flat=True).first()
    seen = _("Snoozes end in time.")
    if since:
        minutes = int((timezone.now() - since).total_seconds() // 60)
        seen = _("A snooze should have ended {n} minutes ago.").format(n=minutes)
    remedy = _("Keep `python manage.py work` running, or `serve`, and look at its log for wake_failed.")
    return Finding("worker", since is None, _("Worker"), seen, remedy)


CHECKS: dict[str, Callable[[Place], Finding]] = {
    "layer": _layer,
    "database": _database,
    "migrations": _migrations,
    "clock": _clock,
    "storage": _storage,
    "static": _static,
    "origin": _origin,
    "housekeeping": _housekeeping,
    "worker": _worker,
}
