"""The script that sites embed and the frame it opens: who gets them, and what they are allowed to do."""

from __future__ import annotations

import gzip
import json
import re
import uuid

import brotli
import pytest

from messenger.models import Visit, Widget
from messenger.pages import script_json

pytestmark = pytest.mark.django_db


def loader_of(client, widget, **headers):
    return client.get(f"/widget/{widget.id}.js", headers=headers)


def policy_of(response):
    parts = [part.split() for part in response["Content-Security-Policy"].split(";")]
    return {name: sorted(values) for name, *values in parts}


def frame_policy(client, widget):
    return policy_of(client.get(f"/widget/{widget.id}/frame"))


def set_origins(widget, *origins):
    Widget.objects.filter(tenant=widget.tenant_id, id=widget.id).update(allowed_origins=list(origins))


def test_the_loader_carries_its_widget_and_no_secret(client, harbor):
    Widget.objects.filter(tenant=harbor.tenant, id=harbor.widget.id).update(
        appearance={"action_color": "#155e75"}, allowed_origins=["https://www.harbor.example"]
    )
    source = loader_of(client, harbor.widget).content.decode()
    baked, _ = json.JSONDecoder().raw_decode(source, source.index('{"widget_id"'))
    assert baked == {
        "widget_id": str(harbor.widget.id),
        "tenant_id": str(harbor.tenant.id),
        "appearance": {"action_color": "#155e75"},
    }
    assert "harbor.example" not in source


def test_the_loader_is_cacheable_by_everybody_and_sets_no_cookie(client, harbor):
    response = loader_of(client, harbor.widget)
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=300"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not response.cookies
    assert "Cookie" not in response["Vary"]
    again = loader_of(client, harbor.widget, **{"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_loader_changes_its_etag_with_the_widget(client, harbor):
    before = loader_of(client, harbor.widget)["ETag"]
    Widget.objects.filter(tenant=harbor.tenant, id=harbor.widget.id).update(appearance={"action_color": "#000000"})
    assert loader_of(client, harbor.widget)["ETag"] != before


@pytest.mark.parametrize(
    ("accepted", "encoding", "unpack"), [("gzip, br", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress)]
)
def test_the_loader_comes_compressed_to_those_who_can_read_it(client, harbor, accepted, encoding, unpack):
    plain, packed = loader_of(client, harbor.widget), loader_of(client, harbor.widget, **{"Accept-Encoding": accepted})
    assert packed["Content-Encoding"] == encoding
    assert unpack(packed.content) == plain.content
    assert "Content-Encoding" not in plain
    assert "Accept-Encoding" in packed["Vary"]
    assert packed["ETag"] != plain["ETag"]


def test_the_loader_is_also_served_without_its_ending(client, harbor):
    assert client.get(f"/widget/{harbor.widget.id}").content == loader_of(client, harbor.widget).content


@pytest.mark.parametrize("path", ["/widget/{}.js", "/widget/{}", "/widget/{}/frame"])
def test_an_unknown_or_inactive_widget_is_not_there(client, harbor, path):
    assert client.get(path.format(harbor.widget.id)).status_code == 200
    assert client.get(path.format(uuid.uuid4())).status_code == 404
    Widget.objects.filter(tenant=harbor.tenant, id=harbor.widget.id).update(is_active=False)
    assert client.get(path.format(harbor.widget.id)).status_code == 404


def test_nothing_in_a_widgets_settings_can_leave_its_string():
    nasty = {"</script><script>alert(1)//": "\u2028 & <!-- ' \" \\"}
    text = script_json(nasty)
    assert not set(text) & {"<", ">", "&", "\u2028"}
    assert json.loads(text) == nasty


def test_the_frame_may_do_only_what_it_needs(client, harbor):
    set_origins(harbor.widget, "https://www.harbor.example")
    assert frame_policy(client, harbor.widget) == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "media-src": ["'self'", "blob:"],
        "connect-src": ["'self'", "ws://testserver"],
        "frame-ancestors": ["https://www.harbor.example"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def test_the_frame_belongs_to_the_sites_of_its_own_widget(client, harbor):
    set_origins(harbor.widget, "https://www.harbor.example", "http://localhost:8000", "https://*.harbor.example")
    assert "https://*.harbor.example" in frame_policy(client, harbor.widget)["frame-ancestors"]
    assert frame_policy(client, harbor.second_widget)["frame-ancestors"] == ["'none'"]
    assert "X-Frame-Options" not in client.get(f"/widget/{harbor.widget.id}/frame")


@pytest.mark.parametrize(
    "origin", ["*", "https://x.example; script-src *", "javascript:alert(1)", "https://a b", 7, ""]
)
def test_what_is_no_origin_opens_nothing(client, harbor, origin):
    set_origins(harbor.widget, origin)
    policy = frame_policy(client, harbor.widget)
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]


def test_the_frame_sets_no_cookie_and_makes_no_row(client, harbor):
    response = client.get(f"/widget/{harbor.widget.id}/frame")
    assert not response.cookies
    assert "Cookie" not in response["Vary"]
    assert not Visit.objects.filter(tenant=harbor.tenant).exists()


def test_the_frame_has_nothing_inline(client, harbor):
    html = client.get(f"/widget/{harbor.widget.id}/frame").content.decode()
    assert re.findall(r"<script[^>]*>(?!</script>)", html) == []
    assert "<style" not in html
    assert not re.search(r"\s(style|on\w+)=", html)
