"""Rows and the constraints that keep them true. Nothing here knows of HTTP, sockets or screens."""

from .articles import Article
from .conversations import Conversation, Message, Participant, ReadState, SeenState, Subject
from .events import Event, Stream
from .feedback import Rating
from .files import Attachment
from .identity import (
    Contact,
    ContactMerge,
    Device,
    ProofFault,
    RevocationReason,
    VerificationFailure,
    Visit,
    VisitorToken,
)
from .tenancy import TenantKey, TenantReference, new_id
from .tenants import Agent, ApiToken, IdentitySecret, Team, Tenant, User, Widget

__all__ = [
    "Agent",
    "ApiToken",
    "Article",
    "Attachment",
    "Contact",
    "ContactMerge",
    "Conversation",
    "Device",
    "Event",
    "IdentitySecret",
    "Message",
    "Participant",
    "ProofFault",
    "Rating",
    "ReadState",
    "RevocationReason",
    "SeenState",
    "Stream",
    "Subject",
    "Team",
    "Tenant",
    "TenantKey",
    "TenantReference",
    "User",
    "VerificationFailure",
    "Visit",
    "VisitorToken",
    "Widget",
    "new_id",
]
