"""When a company is there, written as people write it."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client

from curbe.testing.cast import Company
from messenger.models import Tenant

from .test_looks import filled, page_of, save

WEEK = {
    "mon": [["09:00", "14:00"], ["16:00", "19:00"]],
    "fri": [["00:00", "24:00"]],
    "sun": [["08:30", "09:00"], ["09:00", "09:05"], ["10:00", "11:00"], ["22:00", "24:00"]],
}


@pytest.mark.parametrize("week", [WEEK, {}], ids=["some", "always"])
def test_hours_that_nobody_touched_stay(ada: Client, harbor: Company, week: dict[str, Any]) -> None:
    settings = {"office_hours": week, "time_zone": "Europe/Madrid", "reply_time": "hours"}
    Tenant.objects.filter(pk=harbor.tenant.pk).update(**settings)
    assert save(ada, harbor.tenant) == []
    assert {name: getattr(harbor.tenant, name) for name in settings} == settings


@pytest.mark.parametrize(
    ("line", "intervals"),
    [
        ("9-14", [["09:00", "14:00"]]),
        ("9:00–14:30, 16.15 — 19", [["09:00", "14:30"], ["16:15", "19:00"]]),
        (" 09:00 - 00:00 ", [["09:00", "24:00"]]),
        ("0-24", [["00:00", "24:00"]]),
    ],
)
def test_hours_are_written_as_people_write_them(
    ada: Client, harbor: Company, line: str, intervals: list[list[str]]
) -> None:
    assert save(ada, harbor.tenant, office_hours_wed=line, time_zone="Europe/Madrid", reply_time="minutes") == []
    assert harbor.tenant.office_hours == {"wed": intervals}
    assert (harbor.tenant.time_zone, harbor.tenant.reply_time) == ("Europe/Madrid", "minutes")
    assert save(ada, harbor.tenant, office_hours_wed="", reply_time="") == []
    assert (harbor.tenant.office_hours, harbor.tenant.reply_time) == ({}, "")


@pytest.mark.parametrize(
    "line",
    [
        *("nine to five", "9", "9-", "14-9", "9-9", "25-26", "9:60-10", "16-19, 9-14", "9-14, 13-19", "9-14,"),
        *("9-14 16-19", "24-25", "1-2, 3-4, 5-6, 7-8, 9-10", "9-14; 16-19"),
    ],
)  # fmt: skip
def test_hours_that_are_none_are_refused_with_their_day(ada: Client, harbor: Company, line: str) -> None:
    Tenant.objects.filter(pk=harbor.tenant.pk).update(office_hours=WEEK)
    form = {**filled(ada, page_of(harbor.tenant)), "office_hours_tue": line}
    response = ada.post(page_of(harbor.tenant), form)
    assert list(response.context["adminform"].form.errors) == ["office_hours"]
    page = response.content.decode()
    assert "Tuesday: write up to four times" in page and "Monday: write" not in page
    assert f'value="{html.escape(line)}"' in page
    harbor.tenant.refresh_from_db()
    assert harbor.tenant.office_hours == WEEK


def test_a_reply_time_and_a_zone_are_chosen_from_what_there_is(ada: Client, harbor: Company) -> None:
    assert save(ada, harbor.tenant, reply_time="never") == ["reply_time"]
    assert save(ada, harbor.tenant, time_zone="Mars/Olympus") == ["time_zone"]
    assert save(ada, harbor.tenant, time_zone="America/Argentina/Buenos_Aires", reply_time="day") == []


def test_the_hours_of_another_company_are_not_to_be_had(ada: Client, root: Client, rival: Company) -> None:
    form = filled(root, page_of(rival.tenant))
    assert ada.post(page_of(rival.tenant), {**form, "office_hours_mon": "9-10"}).status_code == 302
    rival.tenant.refresh_from_db()
    assert rival.tenant.office_hours == {}
    assert save(root, rival.tenant, office_hours_mon="9-10") == []
    assert rival.tenant.office_hours == {"mon": [["09:00", "10:00"]]}


@pytest.mark.parametrize("name", ["visitors_may_close", "shares_device", "accepts_user_hash"])
def test_a_company_switches_on_what_it_wants(ada: Client, harbor: Company, name: str) -> None:
    for choice in ("on", None):
        assert save(ada, harbor.tenant, **{name: choice}) == []
        assert getattr(harbor.tenant, name) is bool(choice)


def test_a_company_chooses_the_files_that_may_be_sent(ada: Client, harbor: Company) -> None:
    assert save(ada, harbor.tenant, file_kinds=["pdf", "docx"]) == []
    assert harbor.tenant.file_kinds == ["pdf", "docx"]
    assert save(ada, harbor.tenant, file_kinds=["svg"]) != []
    assert harbor.tenant.file_kinds == ["pdf", "docx"]


@pytest.mark.parametrize(("name", "most"), [("reopen_days", 36_500), ("edit_minutes", 52_560_000)])
def test_a_time_too_long_is_told_beside_its_field(ada: Client, harbor: Company, name: str, most: int) -> None:
    assert save(ada, harbor.tenant, **{name: str(most + 1)}) == [name]
    assert save(ada, harbor.tenant, **{name: str(most)}) == []
    assert save(ada, harbor.tenant, **{name: ""}) == []
    assert getattr(harbor.tenant, name) is None
