"""The first company of a fresh install, with its widget and its first admin: all of them, once."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from ..errors import NotFound
from ..first_run import is_fresh, lock_install
from ..models import Agent, Tenant, User, Widget
from .tenants import create_agent, create_tenant
from .verb import in_one_transaction
from .widgets import create_widget


@dataclass(frozen=True, slots=True)
class Founder:
    """Who sets it up: their first account is an admin of the company, and a superuser of the install."""

    email: str
    password: str
    display_name: str


@in_one_transaction
def found_company(*, tenant: Tenant, site: str, founder: Founder) -> tuple[Agent, Widget]:
    """Make the company, a widget for its site (an origin), and its founder.

    Raises NotFound once there is anybody, also for whoever was a moment too late; and Invalid as `create_tenant` and
    `create_widget` do.
    """
    lock_install()
    if not is_fresh():
        raise NotFound()
    create_tenant(tenant)
    agent = create_agent(
        tenant=tenant,
        email=founder.email,
        display_name=founder.display_name,
        role=Agent.Role.ADMIN,
        password=founder.password,
    )
    User.objects.filter(id=agent.user_id).update(is_staff=True, is_superuser=True)
    agent.user.refresh_from_db()
    widget = create_widget(by=agent, fields={"name": tenant.name, "allowed_origins": [site]})
    return agent, widget


def note_widget_seen(widget: Widget, site: str) -> None:
    """A page of one of the widget's sites asks for it. The first one is kept, and the others cost nothing."""
    if widget.first_seen_at is None and site:
        unseen = Widget.objects.filter(tenant_id=widget.tenant_id, id=widget.id, first_seen_at=None)
        unseen.update(first_seen_at=timezone.now(), first_seen_on=site[:300])
