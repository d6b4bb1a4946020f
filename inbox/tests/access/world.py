"""Two companies with a row in every table, everybody who may knock, and a canary in every text of the rival's."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, models, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from curbe.testing.cast import Company
from curbe.testing.routes import address_of
from messenger import actions, streams
from messenger.actions.messages import Draft
from messenger.models import Agent, Article, AuditEntry, Conversation, SavedReply, SavedView, Tag, Team, Tenant, User
from messenger.models.audit import ActorKind, AuditAction
from messenger.tests.admin.conftest import live_a_little

from .admin_matrix import BELOW, elsewhere
from .matrix import LOGIN, Answer, Door, Things

# As short as the shortest column that holds words, and nothing that is rendered by itself.
CANARY = "zinccanary"
# A password signs the session, a file's path leads to its bytes, the log speaks words of its own, a time zone is one of
# those that exist, and an article is asked for by its slug and language.
_LEFT_ALONE = {
    ("user", "password"),
    ("attachment", "file"),
    ("stream", "epoch"),
    ("event", "type"),
    ("tenant", "time_zone"),
    ("article", "slug"),
    ("article", "locale"),
}


def inhabit(company: Company, text: str) -> dict[str, Any]:
    """Something in every table of the company; what fills the variables of routes, by their names."""
    actions.create_api_token(agent=company.ada, name=text)
    actions.create_identity_secret(tenant=company.tenant)
    Team.objects.create(tenant=company.tenant, name=text)
    guest = live_a_little(company, text)
    kept = guest.upload(b"Order 4711", f"{text}.txt").json()
    conversation = Conversation.objects.filter(tenant=company.tenant, contact=guest.contact).latest("last_message_at")
    message = {"client_message_id": str(uuid.uuid4()), "body": text, "attachment_ids": [kept["id"]]}
    assert guest.post(f"conversations/{conversation.id}/messages", message).status_code == 201
    said = Draft.by_agent(uuid.uuid4(), f"Hello from {company.ben.display_name}")
    sent = actions.send_reply(by=company.ben, conversation_id=conversation.id, draft=said)
    # Of Ada's own notes the latest names Ben; one of his names her, so that both are mentioned.
    named = Draft.by_agent(uuid.uuid4(), f"@{company.ada.display_name}, look")
    actions.add_note(by=company.ben, conversation_id=conversation.id, draft=named)
    return {**_things(company, conversation), "attachment_id": kept["id"], "message_id": sent.message.id}


def _things(company: Company, conversation: Conversation) -> dict[str, Any]:
    article = Article.objects.filter(tenant=company.tenant).latest("created_at")
    return {
        **elsewhere(),
        "tenant_id": company.tenant.pk,
        "agent_id": company.ada.pk,
        "conversation_id": conversation.pk,
        "contact_id": conversation.contact_id,
        "article_id": article.pk,
        "locale": article.locale,
        "slug": article.slug,
        "pk": company.widget.pk,
        "widget_id": company.widget.pk,
        "report": "volume",
        "name": "volume",
        "tag": "parcel",
        "team_id": _one(Team, company),
        "tag_id": _one(Tag, company),
        "view_id": _one(SavedView, company),
        "reply_id": _one(SavedReply, company),
        "id": company.ada.user_id,
        "cursor": f"{streams.team_stream(company.tenant.pk).epoch}:0",
    }


def _one(model: type[models.Model], company: Company) -> uuid.UUID:
    key: uuid.UUID = model._default_manager.filter(tenant=company.tenant).values_list("pk", flat=True)[0]
    return key


def sessions_of(harbor: Company, rival: Company) -> dict[str, Client]:
    """Everybody of ROLES in a browser of their own, without the check of CSRF, which has a test of its own."""
    away = actions.create_agent(tenant=harbor.tenant, email="cleo@harbor.example", display_name="Cleo")
    Agent.objects.filter(pk=away.pk).update(is_active=False)
    root = User.objects.create_superuser("root@curbe.example", "a long enough password")
    people = {"agent": harbor.ben.user, "admin": harbor.ada.user, "superuser": root, "rival": rival.ada.user}
    browsers = {role: _signed_in(user) for role, user in {**people, "switched off": away.user}.items()}
    return {"nobody": Client(), **browsers}


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def knock(browser: Client, row: str, door: Door, things: Things, **headers: str) -> Any:
    """What the door answers. Whatever it did is undone, and the browser keeps its session."""
    method, _, route = row.partition(" ")
    address = address_of(route, {**things, "object_id": _object_of(route, things)}) + door.query.format(**things)
    visitor = Client(raise_request_exception=True, enforce_csrf_checks=browser.handler.enforce_csrf_checks)
    visitor.cookies.update(browser.cookies)
    with transaction.atomic():
        response: Any = visitor.generic(method, address, *_content(route, door, things), headers=headers)
        if response.streaming:
            response = HttpResponse(response.getvalue(), status=response.status_code, headers=response.headers)
        transaction.set_rollback(True)
    return response


def answer_of(response: Any) -> Answer:
    """Its status; LOGIN when it leads to a page to sign in at."""
    leads_to = response.headers.get("Location", "").partition("?")[0]
    return LOGIN if response.status_code == 302 and leads_to.endswith("/login/") else int(response.status_code)


def _object_of(route: str, things: Things) -> Any:
    """The company's object that a page of the admin is about."""
    if not route.startswith(BELOW) or "<object_id>" not in route:
        return things["contact_id"]
    model = apps.get_model("messenger", route.removeprefix(BELOW).partition("/")[0])
    if model in (Tenant, User):
        return things["tenant_id"] if model is Tenant else things["id"]
    row = model._default_manager.filter(tenant_id=things["tenant_id"]).first()
    assert row is not None, f"the fixtures leave no {model.__name__}"
    return row.pk


def _content(route: str, door: Door, things: Things) -> tuple[str | bytes, str]:
    if door.is_upload:
        file = SimpleUploadedFile("note.txt", b"Order 4711")
        return encode_multipart(BOUNDARY, {"client_upload_id": str(uuid.uuid4()), "file": file}), MULTIPART_CONTENT
    if route.startswith("api/"):
        return json.dumps(door.body(things), default=str), "application/json"
    return urlencode(door.body(things)), "application/x-www-form-urlencoded"


def plant(tenant: Tenant) -> list[str]:
    """Write the canary into every text of the tenant's rows; the columns that the database keeps it out of."""
    _account_for(tenant)
    return [
        f"{model._meta.model_name}.{field.name}"
        for model in apps.get_app_config("messenger").get_models()
        for field in _texts_of(model)
        if not _plant_in(model, field, tenant)
    ]


def _account_for(tenant: Tenant) -> None:
    """A line of the audit log, which the database lets nobody change afterwards."""
    told = {"subject_kind": CANARY, "facts": {CANARY: CANARY}, "trace_id": CANARY, "address_hash": CANARY}
    shared = {"tenant": tenant, "action": AuditAction.SIGNED_IN, "actor_kind": ActorKind.SYSTEM}
    AuditEntry.objects.create(**shared, **told, created_at=timezone.now())


def _texts_of(model: type[models.Model]) -> Iterator[Any]:
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField | models.JSONField)
        if (
            is_text
            and model is not AuditEntry
            and not field.choices
            and (model._meta.model_name, field.name) not in _LEFT_ALONE
        ):
            yield field


def _plant_in(model: type[models.Model], field: Any, tenant: Tenant) -> bool:
    """Whether any row took it."""
    rows: models.QuerySet[Any]
    if model is User:
        rows = User.objects.filter(memberships__tenant=tenant)
    else:
        rows = model._default_manager.filter(**{"pk" if model is Tenant else "tenant_id": tenant.pk})
    taken = [_is_taken(row, field, n) for n, row in enumerate(rows)]
    return any(taken)


def _is_taken(row: models.Model, field: Any, n: int) -> bool:
    value = _marked(field, getattr(row, field.name), n)
    try:
        with transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(**{field.name: value})
    except IntegrityError:
        return False  # Handled: a constraint allows this row no such text.
    return True


def _marked(field: Any, value: Any, n: int) -> Any:
    if not isinstance(field, models.JSONField):
        return f"{CANARY}-{n}"[: field.max_length or 200]
    if isinstance(value, dict):
        return {**value, CANARY: CANARY}
    if isinstance(value, list):
        return [{**one, CANARY: CANARY} if isinstance(one, dict) else one for one in value]
    return value
