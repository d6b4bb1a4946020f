"""S63: passwords cannot be guessed by trying, through neither door, and the limit is in nobody else's way."""

from __future__ import annotations

import socket

import pytest
from django.contrib.auth.backends import ModelBackend
from django.test import Client, override_settings

from curbe.testing.cast import PASSWORD
from messenger.models import Agent, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

ADA, BEN = "ada@harbor.example", "ben@harbor.example"
DOORS = ["/inbox/login/", "/admin/login/"]
ELSEWHERE = "198.51.100.7"


def enter(email=ADA, password=PASSWORD, address="127.0.0.1", door=DOORS[0], language="en"):
    fields = {"username": email, "password": password}
    return Client(REMOTE_ADDR=address).post(door, fields, headers={"Accept-Language": language})


def guess(times, **options):
    return [enter(**{"password": f"wrong {i}", **options}).status_code for i in range(times)]


def test_s63_the_sixth_guess_at_an_account_is_refused_from_wherever_it_comes(harbor, limited):
    assert guess(3) + guess(2, address=ELSEWHERE) == [200] * 5
    for address in ("127.0.0.1", ELSEWHERE, "203.0.113.5"):
        refused = enter(address=address)
        assert refused.status_code == 429, "even with the right password"
        assert 0 < int(refused["Retry-After"]) <= 180
    assert enter(email=BEN).status_code == 302, "a colleague at the same address gets in"


@pytest.mark.parametrize("door", DOORS)
def test_s63_without_limits_any_number_of_guesses_may_be_made(harbor, door):
    assert guess(8, door=door) == [200] * 8
    assert enter(door=door).status_code == 302


@pytest.mark.parametrize(("first", "second"), [DOORS, DOORS[::-1]])
def test_s63_both_doors_count_together(harbor, limited, first, second):
    assert guess(5, door=first) == [200] * 5
    assert enter(door=second).status_code == 429


def test_s63_thirty_guesses_from_one_address_are_all_it_gets(harbor, limited):
    statuses = [enter(email=f"somebody{i}@harbor.example", password="wrong").status_code for i in range(31)]
    assert statuses == [200] * 30 + [429]
    assert enter().status_code == 429
    assert enter(address=ELSEWHERE).status_code == 302


def test_s63_a_network_of_ipv6_addresses_is_one_address(harbor, limited):
    neighbours = [f"2001:db8:1:2::{i:x}" for i in range(31)]
    for i, address in enumerate(neighbours[:30]):
        assert guess(1, email=f"somebody{i}@harbor.example", address=address) == [200]
    assert enter(address=neighbours[30]).status_code == 429
    assert enter(address="2001:db8:1:3::1").status_code == 302


def test_s63_signing_in_is_never_charged(harbor, limited):
    assert {enter().status_code for _ in range(40)} == {302}


def test_s63_the_right_password_of_an_agent_at_the_admins_door_is_no_guess(harbor, limited):
    refused = [enter(email=BEN, door="/admin/login/") for _ in range(8)]
    assert [one.status_code for one in refused] == [200] * 8
    assert {str(errors_of(one)) for one in refused} == {"['This account may not enter the administration.']"}
    assert enter(email=BEN).status_code == 302
    guess(5, email=BEN, door="/admin/login/")
    assert enter(email=BEN, door="/admin/login/").status_code == 429, "wrong ones there are counted"


def test_s63_an_account_that_is_switched_off_is_counted_like_any(harbor, limited):
    User.objects.filter(email=BEN).update(is_active=False)
    with override_settings(AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.AllowAllUsersModelBackend"]):
        assert [enter(email=BEN).status_code for _ in range(6)] == [200] * 5 + [429]


def test_s63_where_addresses_are_unknown_the_account_alone_is_counted(harbor, limited):
    """A server on a unix socket has no address of anybody."""
    strangers = [enter(email=f"somebody{i}@harbor.example", password="wrong", address="") for i in range(35)]
    assert {one.status_code for one in strangers} == {200}
    assert enter(address="").status_code == 302
    assert guess(6, address="") == [200] * 5 + [429]


def test_s63_it_does_not_tell_whether_an_account_exists(harbor, limited):
    """Known or not, whatever the case: the same answers in the same order."""
    known = [enter(email=email, password="wrong") for email in (ADA, "Ada@Harbor.EXAMPLE", *[ADA] * 5)]
    unknown = [
        enter(email=f"{name}@harbor.example", password="wrong") for name in ("nobody", "Nobody", *["nobody"] * 5)
    ]
    assert [one.status_code for one in known] == [one.status_code for one in unknown] == [200] * 5 + [429] * 2
    assert known[-1]["Retry-After"] == unknown[-1]["Retry-After"]
    assert errors_of(known[-1]) == errors_of(unknown[-1])


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("language", "sentence"), [("en", "Too many failed attempts"), ("es", "intentos fallidos")])
def test_s63_it_says_when_to_come_back(harbor, limited, door, language, sentence):
    guess(5, door=door)
    (error,) = errors_of(enter(door=door, language=language))
    assert sentence in error
    assert "3 minut" in error


class Overtaken(ModelBackend):
    """While a password is being checked, somebody else has had five guesses at the account."""

    is_first = True

    def authenticate(self, request, username=None, password=None, **kwargs):
        if Overtaken.is_first:
            Overtaken.is_first = False
            guess(5)
        return super().authenticate(request, username, password, **kwargs)


def test_s63_of_guesses_made_at_once_no_more_get_through(harbor, limited, monkeypatch):
    monkeypatch.setattr(Overtaken, "is_first", True)
    with override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.Overtaken"]):
        assert enter().status_code == 429
    assert not Overtaken.is_first


def test_s63_nor_do_they_learn_that_the_password_was_right(harbor, limited, monkeypatch):
    monkeypatch.setattr(Overtaken, "is_first", True)
    User.objects.filter(email=ADA).update(is_staff=False)
    Agent.objects.filter(user__email=ADA).update(role=Agent.Role.AGENT)
    with override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.Overtaken"]):
        assert enter(door="/admin/login/").status_code == 429


@pytest.mark.parametrize("door", DOORS)
def test_s63_when_failures_cannot_be_counted_nobody_gets_in(harbor, limited, door):
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        with override_settings(REDIS_URL=f"redis://127.0.0.1:{nobody_listens.getsockname()[1]}/0"):
            refused = enter(door=door)
            assert refused.status_code == 503
            assert int(refused["Retry-After"]) > 0
            (error,) = errors_of(refused)
            assert "not possible right now" in error
    assert enter(door=door).status_code == 302


def errors_of(response):
    return list(response.context["form"].non_field_errors())
