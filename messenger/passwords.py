"""What happens when a password is changed, whichever way: Django tells its validators."""

from __future__ import annotations

from django.utils.translation import gettext as _

from .actions import end_agent_sockets
from .models import User


class SignsOutElsewhere:
    """Demands nothing of a password. Sessions that began with the old one are over, so their sockets end too (S34)."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Any password will do."""

    def password_changed(self, password: str, user: User | None = None) -> None:
        if user is not None:
            end_agent_sockets(user)

    def get_help_text(self) -> str:
        return _("Changing it signs you out everywhere else.")
