from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MessengerConfig(AppConfig):
    name = "messenger"
    verbose_name = _("messenger")

    def ready(self) -> None:
        from . import checks  # noqa: F401  Registers the system checks.

        post_migrate.connect(_keep_search, sender=self)
        post_migrate.connect(_keep_audit_log, sender=self)


def _keep_search(using: str, apps: Any = None, **_: Any) -> None:
    """Migrations may have remade a searched table, or an older process may have written to one."""
    from .wordtables import SEARCHED, fill_words, keep_indexes

    if apps and apps.is_installed("messenger"):
        fill_words(*(apps.get_model("messenger", name) for name in SEARCHED))
        keep_indexes(connections[using])


def _keep_audit_log(using: str, **_: Any) -> None:
    """Migrations may have remade the table, on SQLite without what refuses to change it."""
    from .unchanging import TABLE, keep_again

    if TABLE in connections[using].introspection.table_names():
        keep_again(connections[using])
