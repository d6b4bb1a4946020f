"""One process that serves HTTP and sockets: what `make run` starts."""

from __future__ import annotations

from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import BaseCommand, CommandParser, call_command


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
            call_command("migrate", verbosity=0)
            call_command("collectstatic", interactive=False, verbosity=0)
            call_command("demo")
        self.stdout.write(f"Rate limits: {rate_limits()} (RATE_LIMITS)")
        # uvloop, httptools and the sans-I/O websockets; compression off, because it costs 30 KiB per idle socket.
        uvicorn.run(
            "curbe.asgi:application",
            host=options["host"],
            port=options["port"],
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,
            lifespan="off",
            proxy_headers=False,  # TRUSTED_PROXIES and BEHIND_PROXY say what is believed, whatever the server.
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=5,
        )


def rate_limits() -> str:
    """Say how strict the limits are."""
    factor = settings.RATE_LIMITS
    return "off" if factor is None else "as documented" if factor == 1 else f"{factor:g} times as much as documented"
