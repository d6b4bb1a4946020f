"""The demo shops: which widget they embed, in which language, under which policy."""

from __future__ import annotations

import re

import pytest

from messenger.demo_shops import SHOPS
from messenger.models import Widget

pytestmark = pytest.mark.django_db
PATHS = {"/demo/": "harbor", "/demo/second/": "second", "/demo/rival/": "rival"}


def page(client, path, **headers):
    response = client.get(path, headers=headers)
    assert response.status_code == 200, response.content
    return response.content.decode()


def embedded(html):
    return re.findall(r'<script async src="/widget/([^"]+)\.js"></script>', html)


def test_each_shop_embeds_its_own_widget(client, harbor, rival):
    assert embedded(page(client, "/demo/")) == [str(harbor.widget.id)]
    assert embedded(page(client, "/demo/second/")) == [str(harbor.second_widget.id)]
    assert embedded(page(client, "/demo/rival/")) == [str(rival.widget.id)]


@pytest.mark.parametrize("path", PATHS)
def test_without_demo_data_it_says_how_to_make_some(client, db, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "manage.py demo" in response.content.decode()
    assert "manage.py demo" in client.get(f"{path}?lang=es").content.decode()


def test_a_switched_off_widget_has_no_shop(client, harbor):
    Widget.objects.filter(tenant=harbor.tenant).update(is_active=False)
    assert client.get("/demo/").status_code == 404


def test_it_speaks_the_language_that_was_chosen_else_that_of_the_browser(client, harbor):
    assert '<html lang="en">' in page(client, "/demo/")
    assert '<html lang="es">' in page(client, "/demo/", **{"Accept-Language": "es-AR"})
    assert '<html lang="es">' in page(client, "/demo/?lang=es", **{"Accept-Language": "en"})
    assert '<html lang="en">' in page(client, "/demo/?lang=<script>")
    assert "Taza Marea" in page(client, "/demo/?lang=es")
    assert "Tide mug" not in page(client, "/demo/?lang=es")


@pytest.mark.parametrize("path", PATHS)
def test_its_policy_names_no_other_origin_and_nothing_is_inline(client, harbor, rival, path):
    response = client.get(path)
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "frame-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    html = response.content.decode()
    assert not re.search(r"<style|\s(style|on\w+)=|<script[^>]*>[^<]", html)
    assert not re.search(r'(src|href)="(https?:)?//', html)


@pytest.mark.parametrize("name", SHOPS)
def test_every_text_has_both_languages(name):
    def pairs(value):
        if isinstance(value, dict):
            return [pair for key, inner in value.items() if key != "widget" for pair in pairs(inner)]
        if isinstance(value, tuple) and len(value) == 2 and all(isinstance(text, str) for text in value):
            return [value]
        return [pair for inner in value for pair in pairs(inner)] if isinstance(value, list | tuple) else []

    found = pairs(SHOPS[name])
    assert len(found) > 10
    assert all(english and spanish and english != spanish for english, spanish in found)
