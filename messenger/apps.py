from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessengerConfig(AppConfig):
    name = "messenger"
    verbose_name = _("messenger")

    def ready(self) -> None:
        from . import checks  # noqa: F401  Registers the system checks.
