"""Sending a conversation to somebody by e-mail."""

from __future__ import annotations

import uuid
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from .. import audit, limits, queries, transcripts
from ..errors import MailFailed, MailNotConfigured
from ..limits import Limit
from ..models import Agent
from ..models.audit import AuditAction


def mail_transcript(*, by: Agent, conversation_id: uuid.UUID, email: str) -> None:
    """Send what the contact may see of a thread to an address, in the language in use; outside any transaction.

    The audit log tells of it before it goes, and not where to. Raises NotFound, MailNotConfigured, TooManyRequests, and
    MailFailed when the mail server does not take it within EMAIL_TIMEOUT.
    """
    conversation = queries.get_conversation_for_team(by, conversation_id)
    if not settings.IS_MAIL_SET:
        raise MailNotConfigured()
    limits.charge(Limit.MAIL, by.id)
    limits.charge(Limit.CROWD_MAIL, by.tenant_id)
    as_text = transcripts.for_team(conversation, by.tenant, "txt")
    as_page = transcripts.for_team(conversation, by.tenant, "html")
    message = EmailMultiAlternatives(as_text.title, as_text.content, to=[email])
    message.attach_alternative(as_page.content, "text/html")
    audit.note(AuditAction.TRANSCRIPT_SENT, tenant_id=by.tenant_id, by=audit.by_agent(by), subject=conversation)
    try:
        message.send()
    except (SMTPException, OSError) as error:
        raise MailFailed() from error
