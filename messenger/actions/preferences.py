"""How an agent likes to work."""

from __future__ import annotations

from typing import Any

from ..models import Agent, Preference
from .verb import in_one_transaction


@in_one_transaction
def set_preferences(*, by: Agent, fields: dict[str, Any]) -> Preference:
    """Change some of the agent's own preferences and return all of them. Those of nobody else can be reached."""
    own = {"tenant_id": by.tenant_id, "agent": by}
    row, _ = Preference.objects.select_for_update(no_key=True).get_or_create(**own, defaults=fields)
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, fields[name])
    if changed:
        row.save(update_fields=changed)
    return row
