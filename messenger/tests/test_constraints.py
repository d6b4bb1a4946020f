"""What the database itself refuses, tried by going around the application code, on both databases (I8)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from messenger.models import (
    Agent,
    Article,
    Attachment,
    AuditEntry,
    Contact,
    ContactMerge,
    Conversation,
    Cycle,
    Device,
    Draft,
    IdentitySecret,
    Mention,
    Message,
    Participant,
    Preference,
    Rating,
    ReadState,
    SavedReply,
    SavedView,
    SeenState,
    Stream,
    Tag,
    Tagging,
    Team,
    TeamMember,
    TenantReference,
    Turn,
    VerificationFailure,
    Visit,
    VisitorToken,
)
from messenger.models.tenants import DAYS
from messenger.signing import encrypt

pytestmark = pytest.mark.django_db

OWNED = [model for model in apps.get_app_config("messenger").get_models() if hasattr(model, "tenant")]
REFERENCES = [
    pytest.param(model, constraint, id=constraint.name)
    for model in OWNED
    for constraint in model._meta.constraints
    if isinstance(constraint, TenantReference)
]
UNIQUE = [
    pytest.param(model, constraint, id=constraint.name)
    for model in OWNED
    for constraint in model._meta.constraints
    if isinstance(constraint, models.UniqueConstraint) and not constraint.name.endswith("_tenant_id")
]
CHECKS = [
    pytest.param(model, constraint, id=constraint.name)
    for model in OWNED
    for constraint in model._meta.constraints
    if isinstance(constraint, models.CheckConstraint)
]


def populate(company):
    """One row of everything, so that every constraint has something to be broken with."""
    browser, desk = company.browser(), company.desk()
    conversation_id = browser.start("Hello", client_conversation_id=str(uuid.uuid4()))["conversation"]["id"]
    desk.reply(conversation_id, "Hi")
    row = company.conversation(conversation_id)
    shared = {"tenant": company.tenant}
    team = Team.objects.create(**shared, name="Returns", is_default=True)
    type(company.widget).objects.filter(id=company.widget.id).update(team=team)
    TeamMember.objects.create(**shared, team=team, agent=company.ada)
    Tagging.objects.create(**shared, conversation=row, tag=Tag.objects.create(**shared, name="VIP", key="vip"))
    SavedView.objects.create(**shared, agent=company.ada, name="Urgent", is_shared=True)
    Participant.objects.create(**shared, conversation=row, kind="assistant", created_at=row.created_at)
    ReadState.objects.create(**shared, conversation=row, kind="assistant")
    IdentitySecret.objects.create(**shared, kid="k1", ciphertext=encrypt("secret"))
    user = Contact.objects.create(**shared, type="user", external_id="u-1")
    gone = Contact.objects.create(**shared, merged_into=user)
    Contact.objects.create(**shared, client_contact_id=uuid.uuid4())
    AuditEntry.objects.create(**shared, action="signed_in", actor_kind="system", created_at=row.created_at)
    ContactMerge.objects.create(**shared, source=gone, into=user, device=browser.visitor.device, at=row.created_at)
    VerificationFailure.objects.create(**shared, widget=company.widget, fault="expired", at=row.created_at)
    Device.objects.filter(**shared).update(user=user)
    VisitorToken.objects.filter(**shared).update(contact=browser.contact)
    said = Message.objects.get(tenant=company.tenant, seq=1)
    clock = {"created_at": row.created_at, "updated_at": row.created_at}
    rating = Rating.objects.create(**shared, **clock, conversation=row, cycle=1, score=5, agent=company.ada, part=said)
    for uploader in ({"contact": browser.contact}, {"agent": company.ada}):
        key, at = uuid.uuid4(), row.created_at
        Attachment.objects.create(
            **shared, **uploader, message=said, client_upload_id=key, file="x", name="x", size=1, created_at=at
        )
    text = {"slug": "hours", "locale": "en", "title": "Hours", "body": "Nine", "body_html": "Nine", "words": " nine"}
    Article.objects.create(**shared, **text, status="published", published_at=row.created_at)
    own = {**shared, "agent": company.ada}
    Mention.objects.create(**own, conversation=row, message=said, created_at=row.created_at)
    Draft.objects.create(**own, conversation=row, text="Hel")
    for agent in (None, company.ada):
        SavedReply.objects.create(**shared, agent=agent, shortcut="hi", title="Hello", body="Hello")
    Preference.objects.create(**own)
    Conversation.objects.filter(id=row.id).update(assignee=company.ada, team=team, rating=rating)
    closed = {"closed_at": row.created_at, "closed_agent": company.ada, "agent": company.ada, "team": team}
    Cycle.objects.filter(**shared).update(**closed)
    asked = {**shared, "conversation": row, "cycle": 1, "asked_at": row.created_at}
    Turn.objects.create(**asked, asked_from=1, asked_to=1, message=said, due_at=row.created_at)
    told = {"contact": browser.contact, "seq": 90, "visible_seq": 90, "created_at": row.created_at}
    Message.objects.create(
        **shared, **told, conversation=row, author_kind="assistant", body="Beep", client_message_id=uuid.uuid4()
    )
    return company


@pytest.fixture
def world(harbor, rival):
    return populate(harbor), populate(rival)


def row_of(model, company, condition: models.Q | None = None) -> Any:
    rows = model._base_manager.filter(tenant=company.tenant).filter(condition or models.Q())
    return rows.order_by("pk").first()


def test_every_reference_within_a_tenant_is_guarded():
    """No model can be given a foreign key that leaves its tenant without this test failing."""
    unguarded = [
        f"{model.__name__}.{field.name}"
        for model in OWNED
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and hasattr(field.related_model, "tenant")
        and field.name not in {one.field for one in model._meta.constraints if isinstance(one, TenantReference)}
    ]
    assert unguarded == []
    assert len(REFERENCES) > 30


@pytest.mark.parametrize(("model", "constraint"), REFERENCES)
def test_a_row_cannot_point_at_another_tenants_row(world, model, constraint):
    harbor, rival = world
    target = row_of(model._meta.get_field(constraint.field).related_model, rival)
    mine = row_of(model, harbor, ~models.Q(**{constraint.field: None}))
    assert mine is not None, f"populate() makes no row for {constraint.name}"
    if model._meta.get_field(constraint.field).one_to_one:
        model._base_manager.filter(tenant=rival.tenant).delete()  # Or the place would be taken before it is foreign.
    update = model._base_manager.filter(pk=mine.pk).update
    with pytest.raises(IntegrityError, match=r"FOREIGN KEY|foreign key"), transaction.atomic():
        update(**{constraint.field: target})
    # The control: its own tenant's row is accepted.
    assert update(**{constraint.field: getattr(mine, f"{constraint.field}_id")}) == 1


@pytest.mark.parametrize(("model", "constraint"), REFERENCES)
def test_a_form_gets_a_clean_error_instead(world, model, constraint):
    harbor, rival = world
    mine = row_of(model, harbor, ~models.Q(**{constraint.field: None}))
    constraint.validate(model, mine)
    setattr(mine, constraint.field, row_of(model._meta.get_field(constraint.field).related_model, rival))
    with pytest.raises(ValidationError):
        constraint.validate(model, mine)


@pytest.mark.parametrize("model", [pytest.param(one, id=one.__name__) for one in OWNED])
def test_a_raw_insert_into_another_tenant_is_refused(world, model):
    """A copy of a row under the rival's id, made in SQL: its references would leave the tenant."""
    harbor, rival = world
    references = [one.field for one in model._meta.constraints if isinstance(one, TenantReference)]
    if not references:
        assert model.__name__ in {"Team", "IdentitySecret", "Agent", "Article", "Tag", "AuditEntry"}, (
            "a model that refers to nothing"
        )
        return
    mine = row_of(model, harbor, models.Q(*[~models.Q(**{references[0]: None})]))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_copy(model, mine, tenant_id=rival.tenant.id)


# What else keeps a copy from breaking another key first.
APART: dict[str, dict[str, Any]] = {
    "identitysecret_kid": {"slot": 2},
    "device_key_hash": {"contact_id": None},
    "conversation_client_id": {"is_primary": False},
    "team_name": {"is_default": False},
    "contact_client_id": {"external_id": None},
    "savedview_name": {"is_shared": False},
    "savedview_shared_name": {"agent_id": uuid.uuid4()},
    "turn_once": {"state": "dropped", "ended_at": timezone.now(), "message_id": None},
    "turn_one_open": {"asked_from": 7, "asked_to": 7, "message_id": None},
}


@pytest.mark.parametrize(("model", "constraint"), UNIQUE)
def test_it_refuses_a_duplicate_of_every_unique_key(world, model, constraint):
    harbor, _ = world
    filled = models.Q(*[~models.Q(**{name: None}) for name in constraint.fields])
    mine = row_of(model, harbor, filled & (constraint.condition or models.Q()))
    assert mine is not None, f"populate() makes no row for {constraint.name}"
    different = elsewhere_different(model, constraint) | APART.get(constraint.name, {})
    with pytest.raises(IntegrityError, match=expected_message(model, constraint)), transaction.atomic():
        insert_copy(model, mine, **different)


def test_one_time_keys_are_unique_across_tenants(world):
    for model, name in ((VisitorToken, "token_hash"), (SeenState, "conversation_id")):
        mine = row_of(model, world[0])
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_copy(model, mine, **{name: getattr(mine, name)})


_HARBORS_USER = Contact.objects.filter(external_id="u-1", tenant__slug="harbor").values("id")[:1]
BROKEN: dict[str, dict[str, Any]] = {
    "auditentry_action": {"action": "dreamt"},
    "auditentry_actor_kind": {"actor_kind": "ghost"},
    "team_default_is_there": {"is_default": True, "archived_at": timezone.now()},
    "tag_colour": {"colour": "plaid"},
    "agent_role": {"role": "owner"},
    "agent_availability": {"availability": "asleep"},
    "contact_type": {"type": "robot"},
    "contact_user_has_external_id": {"type": "user", "external_id": None},
    "contact_user_is_never_merged": {
        "type": "user",
        "external_id": "u-2",
        "merged_into": models.Subquery(_HARBORS_USER),
    },
    "contact_merged_into_another": {"merged_into": models.F("id")},
    "contactmerge_of_two": {"source": models.F("into")},
    "verificationfailure_fault": {"fault": "mood"},
    "visitortoken_revoked_for_a_reason": {"reason": "mood", "revoked_at": timezone.now()},
    "visitortoken_assurance": {"assurance": "certain"},
    "visitortoken_verified_is_proven": {"assurance": "verified", "proven_at": None},
    "identitysecret_two_slots": {"slot": 3},
    "conversation_status": {"status": "lost"},
    "conversation_priority": {"priority": "soon"},
    "conversation_visible_within_all": {"last_visible_seq": 1000},
    "conversation_closed_at": {"status": "closed", "closed_at": None},
    "conversation_snoozed_until": {"status": "snoozed", "snoozed_until": None},
    "conversation_cycle": {"cycle": 0},
    "participant_kind": {"kind": "ghost"},
    "participant_subject": {"kind": "agent", "agent": None},
    "readstate_kind": {"kind": "ghost"},
    "readstate_subject": {"kind": "agent", "agent": None},
    "message_kind": {"kind": "whisper"},
    "message_author_kind": {"author_kind": "ghost"},
    "message_note_is_hidden": {"kind": "note"},
    "message_agent_author": {"author_kind": "agent", "agent": None},
    "message_event": {"kind": "event", "event": None},
    "message_from_1": {"seq": 0},
    "rating_score": {"score": 6},
    "rating_cycle": {"cycle": 0},
    "cycle_from_1": {"cycle": 0},
    "cycle_first_reply": {"first_reply_at": None},
    "cycle_closed": {"closed_at": None},
    "attachment_uploader": {"contact": None, "agent": None},
    "attachment_size": {"size": 0},
    "article_status": {"status": "lost"},
    "article_published_at": {"published_at": None},
    "savedreply_shortcut_lower": {"shortcut": "Hi"},
    "savedreply_is_called": {"shortcut": ""},
    "savedreply_says_something": {"body": ""},
    "draft_kind": {"kind": "whisper"},
    "preference_ring": {"ring": "loud"},
    "preference_send_key": {"send_key": "space"},
    "preference_theme": {"theme": "pink"},
    "turn_state": {"state": "lost", "ended_at": timezone.now()},
    "turn_reason": {"reason": "mood"},
    "turn_asked": {"asked_from": 0},
    "turn_ended": {"ended_at": timezone.now()},
    "turn_is_due": {"due_at": None},
    "turn_is_claimed": {"state": "running"},
    "stream_min_within_head": {"min_seq": 1_000_000},
}


@pytest.mark.parametrize(("model", "constraint"), CHECKS)
def test_it_refuses_what_a_check_forbids(world, model, constraint):
    mine = row_of(model, world[0])
    with pytest.raises(IntegrityError, match=constraint.name), transaction.atomic():
        if model is AuditEntry:  # Of which no line can be changed at all.
            insert_copy(model, mine, **BROKEN[constraint.name])
        model._base_manager.filter(pk=mine.pk).update(**BROKEN[constraint.name])


def test_a_tenant_has_one_of_the_two_thread_policies(harbor):
    with pytest.raises(IntegrityError, match="tenant_thread_policy"), transaction.atomic():
        type(harbor.tenant).objects.filter(id=harbor.tenant.id).update(thread_policy="forked")


@pytest.mark.parametrize("name", DAYS)
def test_nothing_is_kept_for_less_than_a_day(harbor, name):
    own = type(harbor.tenant).objects.filter(id=harbor.tenant.id)
    for days in (0, 36_501):
        with pytest.raises(IntegrityError, match=f"tenant_{name}"), transaction.atomic():
            own.update(**{name: days})
    for days in (1, 36_500, None):
        assert own.update(**{name: days}) == 1


def test_a_contact_has_at_most_one_open_primary_conversation(harbor, guest, chat):
    first = harbor.conversation(chat["conversation"]["id"])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_copy(Conversation, first, client_conversation_id=None)
    # The controls: closed, or not primary, there may be any number.
    insert_copy(Conversation, first, is_primary=False)
    insert_copy(Conversation, first, status="closed", closed_at=timezone.now())


def test_a_guest_lives_in_one_browser_only(harbor, guest, chat):
    other = harbor.browser()
    with pytest.raises(IntegrityError), transaction.atomic():
        Device.objects.filter(id=other.visitor.device.id).update(contact=guest.contact)


def test_a_tenant_has_one_stream(harbor):
    with pytest.raises(IntegrityError), transaction.atomic():
        Stream.objects.create(tenant=harbor.tenant)


def test_primary_keys_are_ordered_by_time(guest, chat):
    for i in range(5):
        guest.say(chat["conversation"]["id"], f"message {i}")
    ids = list(Message.objects.order_by("seq").values_list("id", flat=True))
    assert ids == sorted(ids)
    assert {one.version for one in ids} == {7}


def insert_copy(model: type[models.Model], row: Any, **changes: Any) -> None:
    """INSERT a copy of the row with another primary key, in SQL."""
    fields: Any = model._meta.concrete_fields
    values = {field.attname: getattr(row, field.attname) for field in fields} | {"id": uuid.uuid4(), **changes}
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    marks = ", ".join("%s" for _ in fields)
    prepared = [field.get_db_prep_save(values[field.attname], connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks})", prepared)  # noqa: S608


def elsewhere_different(model: type[models.Model], constraint: models.UniqueConstraint) -> dict[str, Any]:
    """Values that keep a copy from breaking any unique key but this one."""
    changes: dict[str, Any] = {}
    for column in model._meta.concrete_fields:
        if column.unique and not column.primary_key and column.name not in constraint.fields:
            changes[column.attname] = uuid.uuid4().hex
    for other in model._meta.constraints:
        if not isinstance(other, models.UniqueConstraint) or other.name in {constraint.name}:
            continue
        for name in set(other.fields) - set(constraint.fields) - {"tenant", "id"}:
            field: Any = model._meta.get_field(name)
            if isinstance(field, models.ForeignKey):
                continue
            changes[field.attname] = another(field)
    return changes


def another(field: models.Field[Any, Any]) -> Any:
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    return 9_999 if isinstance(field, models.IntegerField) else uuid.uuid4().hex


def expected_message(model: type[models.Model], constraint: models.UniqueConstraint) -> str:
    """PostgreSQL names the constraint, SQLite its columns."""
    if connection.vendor == "postgresql":
        return constraint.name
    fields: Any = [model._meta.get_field(name) for name in constraint.fields]
    columns = [field.column for field in fields]
    return r".*".join(rf"{model._meta.db_table}\.{column}" for column in columns)


def test_nobody_named_here_is_missing():
    """The tables above speak of every constraint there is."""
    constraints: Any = [one.values[1] for one in CHECKS]
    assert {one.name for one in constraints} == set(BROKEN)
    assert {Agent, Visit, Contact} <= set(OWNED)
