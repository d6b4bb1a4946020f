"""Office hours: when somebody answers, when they are back, and who may say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from messenger import actions
from messenger.errors import Invalid
from messenger.hours import DAYS, check_hours, opens_at
from messenger.models import Agent, Tenant
from messenger.traits import MOST_ATTRIBUTES

WEEK = {
    "mon": [["09:00", "14:00"], ["16:00", "19:00"]],
    "fri": [["09:00", "14:00"]],
    "sat": [["22:00", "24:00"]],
    "sun": [["00:00", "02:00"]],
}
ALL_WEEK = {day: [["00:00", "24:00"]] for day in DAYS}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# In Madrid it is one hour later than UTC in winter, and two in summer.
@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-30T07:59", "2026-11-30T08:00"),  # Monday before nine
        ("2026-11-30T08:00", None),  # at nine sharp
        ("2026-11-30T12:59", None),
        ("2026-11-30T13:00", "2026-11-30T15:00"),  # the end is no part of it
        ("2026-11-30T18:00", "2026-12-04T08:00"),  # Monday evening: Friday
        ("2026-12-04T13:00", "2026-12-05T21:00"),
        ("2026-12-05T22:30", None),  # Saturday to midnight …
        ("2026-12-05T23:00", None),  # … and on into Sunday
        ("2026-12-06T01:00", "2026-12-07T08:00"),
        ("2026-07-06T06:59", "2026-07-06T07:00"),  # summer
        ("2026-03-27T14:00", "2026-03-28T21:00"),  # over the night in which clocks go forward
        ("2026-03-29T00:59", None),
        ("2026-03-29T01:00", "2026-03-30T07:00"),
    ],
)
def test_it_opens_by_the_companys_own_clock(now, opens):
    assert opens_at(WEEK, "Europe/Madrid", at(now)) == (at(opens) if opens else None)


def test_a_week_of_one_opening_is_reached_from_its_own_day():
    assert opens_at({"mon": [["09:00", "10:00"]]}, "UTC", at("2026-11-30T10:00")) == at("2026-12-07T09:00")


@pytest.mark.parametrize("week", [{}, ALL_WEEK])
def test_without_hours_or_with_all_of_them_it_is_always_open(week):
    assert opens_at(week, "Pacific/Auckland", at("2026-12-25T12:00")) is None


@pytest.mark.parametrize("week", [{}, WEEK, ALL_WEEK])
def test_a_week_of_opening_times_is_accepted(week):
    check_hours(week)


@pytest.mark.parametrize(
    "week",
    [
        None,
        [],
        "mon",
        {"monday": [["09:00", "10:00"]]},
        {"mon": None},
        {"mon": []},
        {"mon": ["09:00", "10:00"]},
        {"mon": [["09:00"]]},
        {"mon": [["9:00", "10:00"]]},
        {"mon": [["09:00", "25:00"]]},
        {"mon": [["24:00", "24:00"]]},
        {"mon": [["09:60", "10:00"]]},
        {"mon": [[9, 10]]},
        {"mon": [["10:00", "10:00"]]},
        {"mon": [["22:00", "02:00"]]},
        {"mon": [["09:00", "12:00"], ["11:59", "13:00"]]},
        {"mon": [[f"0{hour}:00", f"0{hour}:30"] for hour in range(5)]},
        {"mon": [["09:00\n", "10:00"]]},
    ],
)
def test_what_is_no_week_is_refused(week):
    with pytest.raises(Invalid, match=r"."):
        check_hours(week)


@pytest.mark.django_db
@pytest.mark.parametrize("stored", [{"mon": "9-17"}, {"mon": [["9:00", "17:00"]]}, ["mon"], {"mon": ["09:00"]}])
def test_a_week_that_was_stored_before_weeks_were_checked_locks_nobody_out(harbor, guest, stored):
    Tenant.objects.filter(id=harbor.tenant.id).update(office_hours=stored)
    assert guest.boot()["availability"]["online"] is True
    assert harbor.desk().get("office-hours").status_code == 200


@pytest.mark.django_db
def test_visitors_learn_when_somebody_is_back(harbor, guest):
    opening = {"office_hours": ALL_WEEK, "time_zone": "Europe/Madrid", "reply_time": "minutes"}
    actions.set_office_hours(by=harbor.ada, fields=opening)
    open_now = {"online": True, "reply_time": "minutes", "back_at": None}
    assert guest.boot()["availability"] == guest.snapshot["widget"]["availability"] == open_now
    today = DAYS[datetime.now(UTC).weekday()]
    far = DAYS[(DAYS.index(today) + 3) % 7]
    actions.set_office_hours(by=harbor.ada, fields={"office_hours": {far: [["09:00", "10:00"]]}})
    closed = guest.boot()["availability"]
    assert (closed["online"], closed["reply_time"]) == (False, "minutes")
    assert datetime.fromisoformat(closed["back_at"]) == opens_at(
        {far: [["09:00", "10:00"]]}, "Europe/Madrid", datetime.now(UTC)
    )
    public = guest.get(f"widgets/{harbor.widget.id}").json()
    assert public["availability"] == closed


@pytest.mark.django_db
def test_nobody_is_online_while_every_agent_is_away(harbor, guest):
    for agent in (harbor.ada, harbor.ben):
        desk = harbor.desk(agent)
        assert desk.put("me/availability", {"availability": "away"}).json()["availability"] == "away"
    assert guest.boot()["availability"] == {"online": False, "reply_time": None, "back_at": None}
    assert harbor.desk(harbor.ben).put("me/availability", {"availability": "asleep"}).status_code == 422
    harbor.desk(harbor.ben).put("me/availability", {"availability": "online"})
    assert guest.boot()["availability"]["online"] is True


@pytest.mark.django_db
def test_visitors_see_who_answers_those_who_are_there_first(harbor, guest):
    harbor.desk(harbor.ada).put("me/availability", {"availability": "away"})
    faces = [{"name": agent.display_name, "avatar_url": None} for agent in (harbor.ben, harbor.ada)]
    assert guest.boot()["widget"]["team"] == guest.get(f"widgets/{harbor.widget.id}").json()["team"] == faces
    harbor.ben.is_active = False
    actions.update_agent(harbor.ben)
    assert guest.boot()["widget"]["team"] == faces[1:]


@pytest.mark.django_db
def test_an_admin_sets_office_hours_and_every_agent_reads_them(harbor, rival):
    admin, agent = harbor.desk(harbor.ada), harbor.desk(harbor.ben)
    answer = admin.patch("office-hours", {"office_hours": WEEK, "time_zone": "Europe/Madrid", "reply_time": "hours"})
    assert answer.status_code == 200
    assert set(answer.json()) == {"office_hours", "time_zone", "reply_time", "availability"}
    assert agent.get("office-hours").json() == answer.json()
    assert admin.patch("office-hours", {"reply_time": None}).json()["reply_time"] is None
    assert agent.get("office-hours").json()["office_hours"] == WEEK  # What was not spoken of is as it was.
    refused = agent.patch("office-hours", {"reply_time": "day"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "permission_denied")
    assert rival.desk().get("office-hours").json()["office_hours"] == {}
    rival.desk().patch("office-hours", {"office_hours": {}, "time_zone": "UTC"})
    assert Tenant.objects.get(id=harbor.tenant.id).time_zone == "Europe/Madrid"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"office_hours": {"mon": [["10:00", "09:00"]]}}, "invalid_office_hours"),
        ({"office_hours": None}, "null"),
        ({"time_zone": "Europe/Atlantis"}, "unknown_time_zone"),
        ({"time_zone": "../etc/passwd"}, "unknown_time_zone"),
        ({"reply_time": "soon"}, "invalid_choice"),
    ],
)
def test_what_cannot_be_kept_changes_nothing(harbor, change, code):
    refused = harbor.desk(harbor.ada).patch("office-hours", {"reply_time": "day", **change})
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["code"], error["attr"]) == (422, code, next(iter(change)))
    assert Tenant.objects.get(id=harbor.tenant.id).reply_time == ""


@pytest.mark.django_db
def test_the_database_knows_what_a_reply_time_is(harbor):
    with pytest.raises(IntegrityError), transaction.atomic():
        Tenant.objects.filter(id=harbor.tenant.id).update(reply_time="soon")


@pytest.mark.django_db
def test_a_tenant_is_not_stored_with_hours_that_are_none(harbor):
    harbor.tenant.office_hours = {"mon": "late"}
    with pytest.raises(Invalid):
        actions.update_tenant(harbor.tenant)
    with pytest.raises(Invalid):
        actions.create_tenant(Tenant(name="New", slug="new", time_zone="Nowhere"))
    assert not Tenant.objects.filter(slug="new").exists()
    assert Agent.objects.filter(tenant=harbor.tenant).count() == 2


@pytest.mark.django_db
def test_consent_is_kept_with_the_time_it_was_given_first(harbor, guest):
    guest.boot()
    guest.post("profile", {"email": "vis@example.com", "consent": False})
    contact_id = guest.boot()["contact"]["id"]
    told = lambda: harbor.desk().get(f"threads/{contact_id}").json()["contact"]["consented_at"]  # noqa: E731
    assert told() is None
    full = {f"a{n}": n for n in range(MOST_ATTRIBUTES)}
    assert guest.post("profile", {"attributes": full}).status_code == 200
    assert guest.post("profile", {"consent": True}).status_code == 200, "there is always room for it"
    first = told()
    assert abs(datetime.fromisoformat(first) - datetime.now(UTC)) < timedelta(minutes=1)
    guest.post("profile", {"consent": True, "name": "Vis"})
    guest.post("profile", {"attributes": {"a1": "2"}, "consented_at": "2001-01-01T00:00:00Z"})
    assert told() == first  # To the millisecond, which no two requests share.
