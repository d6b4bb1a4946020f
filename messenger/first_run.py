"""A fresh install, which has nobody yet, and the code by which whoever runs the server shows that it is theirs.

The code is made of SECRET_KEY and of when this very database was set up: every process of an install knows it, nobody
else does, and another database has another. It is worth nothing once there is somebody.
"""

from __future__ import annotations

from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac

from .models import Tenant, User

_CODE_LENGTH = 32


def is_fresh() -> bool:
    """Whether nobody and no company is here yet."""
    return not User.objects.exists() and not Tenant.objects.exists()


def lock_install() -> None:
    """Let one at a time decide whether the install is fresh, until the end of the transaction."""
    list(_first_migration().select_for_update())


def setup_code() -> str:
    """Return the code: 128 bits, as 32 digits and letters from a to f."""
    applied = _first_migration().values_list("applied", flat=True).first()
    made = salted_hmac("curbe.setup", str(applied and applied.isoformat()), algorithm="sha256").hexdigest()
    return made[:_CODE_LENGTH]


def is_setup_code(text: str) -> bool:
    """Whether this is the code. Takes as long for a wrong one, whatever is wrong with it."""
    return constant_time_compare(text.strip().lower(), setup_code())


def setup_url() -> str:
    """Return the address at which a fresh install is set up, the code in its fragment, which no log gets."""
    return f"{settings.PUBLIC_URL}/welcome/#{setup_code()}"


def _first_migration() -> QuerySet[MigrationRecorder.Migration]:
    """What was recorded when the tables were made: a row that every install has, and that stays."""
    return MigrationRecorder.Migration.objects.filter(app="messenger").order_by("id")[:1]
