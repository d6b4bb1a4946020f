"""The delivery self-test in the admin: for admins, with the remedy beside what is red."""

from __future__ import annotations

from django.test import Client

from messenger import selftest
from messenger.selftest import Finding


def test_admins_see_what_works_and_what_to_do(ada: Client, root: Client, monkeypatch) -> None:
    red = Finding("clock", False, "Clocks", "They are hours apart.", "Set them.")
    monkeypatch.setitem(selftest.CHECKS, "clock", lambda _place: red)
    for admin in (ada, root):
        assert "/admin/delivery/" in admin.get("/admin/").content.decode()
        html = admin.get("/admin/delivery/").content.decode()
        assert "Set them." in html
        assert 'data-check="layer"' in html
        assert " style=" not in html


def test_nobody_else_does(ben: Client, client: Client) -> None:
    assert ben.get("/admin/delivery/").status_code == 403
    assert client.get("/admin/delivery/").status_code == 302
