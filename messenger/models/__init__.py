"""Rows and the constraints that keep them true. Nothing here knows of HTTP, sockets or screens."""

from .articles import Article
from .assistant import Turn
from .audit import AuditEntry
from .composing import Draft, Mention, Preference, SavedReply
from .conversations import Conversation, Message, Participant, ReadState, SeenState, Subject
from .cycles import Cycle
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
from .teamwork import SavedView, Tag, Tagging, TeamMember
from .tenancy import TenantKey, TenantReference, new_id
from .tenants import Agent, ApiToken, IdentitySecret, Team, Tenant, User, Widget

__all__ = [
    "Agent",
    "ApiToken",
    "Article",
    "Attachment",
    "AuditEntry",
    "Contact",
    "ContactMerge",
    "Conversation",
    "Cycle",
    "Device",
    "Draft",
    "Event",
    "IdentitySecret",
    "Mention",
    "Message",
    "Participant",
    "Preference",
    "ProofFault",
    "Rating",
    "ReadState",
    "RevocationReason",
    "SavedReply",
    "SavedView",
    "SeenState",
    "Stream",
    "Subject",
    "Tag",
    "Tagging",
    "Team",
    "TeamMember",
    "Tenant",
    "TenantKey",
    "TenantReference",
    "Turn",
    "User",
    "VerificationFailure",
    "Visit",
    "VisitorToken",
    "Widget",
    "new_id",
]
