"""A company joins: the tenant and its stream exist together."""

from __future__ import annotations

from django.db import transaction

from ..models import Stream, Tenant


@transaction.atomic
def create_tenant(tenant: Tenant) -> Tenant:
    """Store a new tenant with the stream that its agents follow."""
    tenant.save(force_insert=True)
    Stream.objects.create(tenant=tenant)
    return tenant
