"""One process that serves HTTP and sockets: what `make run` starts."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import DatabaseError
from django.db.migrations.exceptions import NodeNotFoundError

from ...assistant.answering import hand_out
from ...chores import keep_doing_chores
from ...first_run import is_fresh, setup_url
from ...hub import Hub
from ...jobs import Worker

# For sockets to be told when to come back, and then for requests under way to be answered.
_DRAIN_S, _GRACE_S = 3, 5
# For a client to acknowledge what it was sent; longer than a send may take (4008), shorter than silence may last.
_TAKEN_IN_WITHIN_S = 20


class DrainingServer(uvicorn.Server):
    """While it runs, it does what is due, and the jobs that requests left. Before it goes, it tells every socket when
    to come back (`bye`) and answers every long-poll.
    """

    _chores: asyncio.Task[None] | None = None

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._chores = asyncio.create_task(keep_doing_chores())
        threading.Thread(target=Worker(hand_out).work_until, args=(self._stopped,), name="jobs", daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopped.set()
        if self._chores:
            self._chores.cancel()
        for listener in self.servers:
            listener.close()
        await Hub.of_this_loop().drain(within_s=_DRAIN_S)
        await super().shutdown(sockets)


class Command(BaseCommand):
    help = "Serve HTTP and sockets in one process. With --setup: migrate, collect static files and add demo data first."

    requires_system_checks: list[str] = []  # `handle` runs them, with those of the database.

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--setup", action="store_true", help="prepare the database, static files and demo data")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("check", databases=["default"])
        if options["setup"]:
            migrate()
            call_command("collectstatic", interactive=False, verbosity=0)
            call_command("demo")
        self._welcome()
        self.stdout.write(f"Rate limits: {rate_limits()} (RATE_LIMITS)")
        # uvloop, httptools and the sans-I/O websockets; compression off, because it costs 30 KiB per idle socket.
        config = uvicorn.Config(
            "curbe.asgi:application",
            host=options["host"],
            port=options["port"],
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,
            ws_ping_interval=None,  # Our heartbeats tell who is gone, with a code that says so (4012).
            lifespan="off",
            proxy_headers=False,  # TRUSTED_PROXIES and BEHIND_PROXY say what is believed, whatever the server.
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        DrainingServer(config).run(sockets=[listening(config)])

    def _welcome(self) -> None:
        """Nobody is here yet: say to whoever runs the server, and to nobody else, how that is changed."""
        try:
            if is_fresh():
                self.stdout.write(f"Nobody is here yet. Set it up at {setup_url()}")
        except DatabaseError:
            pass  # Handled: nothing is migrated yet, of which /readyz speaks.


def migrate() -> None:
    """Make the tables, or bring them up to date. Raises CommandError for tables that cannot be."""
    try:
        call_command("migrate", verbosity=0)
    except NodeNotFoundError as error:
        text = "This database was begun before the first release and cannot go on. `make reset` forgets a local one."
        raise CommandError(text) from error


def listening(config: uvicorn.Config) -> socket.socket:
    """Return the bound socket. Who takes in nothing for so long is cut off: ASGI knows no way to hang up on them."""
    bound = config.bind_socket()
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; what is accepted inherits it.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _TAKEN_IN_WITHIN_S * 1000)
    return bound


def rate_limits() -> str:
    """Say how strict the limits are."""
    factor = settings.RATE_LIMITS
    return "off" if factor is None else "as documented" if factor == 1 else f"{factor:g} times as much as documented"
