"""Whether there is anything to store: what is the same again is no change, and nobody is told of it."""

from __future__ import annotations

from ..models.tenancy import TenantModel


def differs(row: TenantModel) -> bool:
    """Whether a row is not there yet, or not as it is stored."""
    stored = type(row)._base_manager.filter(tenant_id=row.tenant_id, id=row.id).values().first()
    return stored != {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
