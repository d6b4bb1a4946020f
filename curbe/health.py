"""Probes: is the process alive, and can it serve."""

from __future__ import annotations

import structlog
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

log = structlog.get_logger(__name__)


def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 once the database answers and is migrated; else 503 with the reason."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        log.exception("not_ready")  # Handled: the probe's answer is the 503 below.
        return JsonResponse({"status": "database unavailable"}, status=503)
    if pending:
        return JsonResponse({"status": f"{len(pending)} migrations pending"}, status=503)
    return JsonResponse({"status": "ok"})
