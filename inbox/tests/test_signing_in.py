"""Getting in, getting out, and the ways of not getting any further."""

from __future__ import annotations

import pytest
from django.test import Client

from curbe.testing.cast import PASSWORD
from inbox.tests.pages import elements, text_of
from messenger.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def try_to_enter(email, password, next_url=""):
    client = Client()
    return client.post("/inbox/login/", {"username": email, "password": password, "next": next_url}), client


def test_it_sends_a_stranger_to_the_login_and_back_to_where_they_wanted(harbor, chat):
    wanted = f"/inbox/c/{chat['conversation']['id']}/?view=mine"
    response = Client().get(wanted)
    assert response.status_code == 302
    assert response["Location"] == f"/inbox/login/?next={wanted.replace('?', '%3F').replace('=', '%3D')}"
    answer, client = try_to_enter("ada@harbor.example", PASSWORD, wanted)
    assert answer["Location"] == wanted
    assert client.get(wanted).status_code == 200


def test_it_signs_in_whatever_the_case_of_the_address(harbor):
    answer, client = try_to_enter("Ada@Harbor.example", PASSWORD)
    assert answer["Location"] == "/inbox/"
    assert client.get("/inbox/").status_code == 200


def test_it_does_not_say_what_was_wrong(harbor):
    User.objects.filter(email="ben@harbor.example").update(is_active=False)
    refusals = [
        try_to_enter("ada@harbor.example", "wrong"),
        try_to_enter("unknown@harbor.example", "wrong"),
        try_to_enter("ben@harbor.example", PASSWORD),
    ]
    assert [answer.status_code for answer, _ in refusals] == [200, 200, 200]
    errors = {text_of(answer).split("Sign in to your inbox")[1].split("E-mail")[0] for answer, _ in refusals}
    assert {one.strip() for one in errors} == {"This e-mail address and password do not belong together."}
    assert all(client.get("/inbox/").status_code == 302 for _, client in refusals)


def test_it_does_not_follow_next_to_another_site(harbor):
    answer, _ = try_to_enter("ada@harbor.example", PASSWORD, "https://evil.example/")
    assert answer["Location"] == "/inbox/"


def test_a_part_of_a_page_is_not_redirected_but_told_to_sign_in(harbor):
    response = Client().get("/inbox/live/", headers={"X-Curbe-Tenant": str(harbor.tenant.id)})
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/inbox/login/"


def test_signing_out_takes_a_post(ada):
    assert ada.get("/inbox/logout/").status_code == 405
    assert ada.post("/inbox/logout/").status_code == 403
    token = next(
        attrs["value"] for _, attrs in elements(ada.get("/inbox/")) if attrs.get("name") == "csrfmiddlewaretoken"
    )
    assert ada.post("/inbox/logout/", {"csrfmiddlewaretoken": token})["Location"] == "/inbox/login/"
    assert ada.get("/inbox/").status_code == 302


def test_a_user_without_membership_gets_a_page_that_says_so(db):
    User.objects.create_user("nobody@example.com", PASSWORD)
    _, client = try_to_enter("nobody@example.com", PASSWORD)
    response = client.get("/inbox/")
    assert response.status_code == 403
    assert "There is no inbox for you yet" in text_of(response)
    assert "nobody@example.com" in text_of(response)


def test_an_agent_who_was_switched_off_is_a_stranger(harbor):
    _, client = try_to_enter("ben@harbor.example", PASSWORD)
    assert client.get("/inbox/").status_code == 200
    harbor.ben.is_active = False
    harbor.ben.save()
    assert client.get("/inbox/").status_code == 403


def test_nothing_of_it_is_kept_in_a_cache_or_framed(ada):
    for client, path in ((ada, "/inbox/"), (ada, "/inbox/log/"), (Client(), "/inbox/login/")):
        response = client.get(path)
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        policy = response["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, "S53"
        assert "unsafe" not in policy
        assert response["X-Frame-Options"] == "DENY"


def test_no_page_carries_inline_scripts_or_styles(ada, chat):
    for path in ("/inbox/", f"/inbox/c/{chat['conversation']['id']}/", "/inbox/log/", "/inbox/missing/"):
        for tag, attrs in elements(ada.get(path)):
            assert "style" not in attrs and tag != "style", (path, tag)
            assert not any(name.startswith(("on", "hx-on")) for name in attrs), (path, tag, attrs)
            assert tag != "script" or attrs.get("src") or attrs.get("type") == "application/json", path


def test_the_language_follows_the_reader(ada):
    assert "Sin asignar" in text_of(ada.get("/inbox/", headers={"Accept-Language": "es-MX,es;q=0.9"}))
    assert "Unassigned" in text_of(ada.get("/inbox/", headers={"Accept-Language": "fr"}))
