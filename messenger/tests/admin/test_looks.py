"""How a widget looks and what it says: a form instead of JSON, and back again."""

from __future__ import annotations

import html
import re
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from curbe.testing.cast import Browser, Company, QueryCounter
from messenger import actions
from messenger.admin.look_form import FIELDS, named
from messenger.models import Article, Tenant, Widget

APPEARANCE = {
    "action_color": "#c2410c",
    "background_color": "#7c2d12",
    "alignment": "left",
    "horizontal_padding": 0,
    "vertical_padding": 48,
    "z_index": 9,
    "theme_mode": "dark",
    "hide_default_launcher": True,
}
TEXTS = {
    "en": {"hello": "Ahoy", "greeting": "What can we do for you?", "away": "Back at nine.", "consent": "I agree."},
    "es": {"greeting": "¿Qué podemos hacer por ti?", "prechat_title": "Antes de empezar", "prechat_intro": "Dos cosas"},
}
PRECHAT: dict[str, Any] = {
    "enabled": True,
    "fields": [
        {"name": "order", "required": True, "label": {"en": "Order number", "es": "Número de pedido"}},
        {"name": "email", "required": True},
        {"name": "phone", "required": False},
        {"name": "size", "required": False, "label": {"es": "Talla"}},
    ],
    "skippable": True,
    "consent": {"required": True, "url": "https://harbor.example/privacy"},
}
FEATURES = {
    "assistant": True,
    "sound": True,
    "help": False,
    "transcript": False,
    "attachments": False,
    "emoji": False,
}
LOOK = {"appearance": APPEARANCE, "texts": TEXTS, "prechat": PRECHAT, "features": FEATURES}
UNKNOWN = {
    "appearance": {**APPEARANCE, "wobble": {"deep": [1, None]}},
    "texts": {**TEXTS, "fr": {"greeting": "Bonjour"}, "en": {**TEXTS["en"], "seasonal": "Ho ho"}},
    "prechat": {**PRECHAT, "shape": 3, "fields": [{**one, "hint": "?"} for one in PRECHAT["fields"]]},
    "features": {**FEATURES, "telepathy": True},
}
COLUMNS = tuple(LOOK)
NOTHING: dict[str, Any] = {column: {} for column in COLUMNS}


def page_of(row: Widget | Tenant) -> str:
    return reverse(f"admin:messenger_{row._meta.model_name}_change", args=[row.pk])


def filled(client: Client, address: str) -> dict[str, str]:
    """What the browser would post if nobody touched the form: read from the page."""
    page = client.get(address).content.decode()
    form = page[page.index('method="post" id="') : page.index("</form>", page.index('method="post" id="'))]
    posted: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]+>", form):
        given = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        is_off = given.get("type") == "checkbox" and " checked" not in tag
        if "name" in given and given.get("type") not in ("submit", "hidden") and not is_off:
            posted[given["name"]] = given.get("value", "on" if given["type"] == "checkbox" else "")
    for name, inside in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', inside)
        posted[name] = chosen[1] if chosen else ""
    for name, inside in re.findall(r'<textarea name="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        posted[name] = html.unescape(inside).removeprefix("\n")
    return posted


def save(client: Client, row: Widget | Tenant, **changed: str | list[str] | None) -> list[str]:
    """Post the untouched form with some fields changed; the names of the fields with errors."""
    form = {**filled(client, page_of(row)), **changed}
    response = client.post(page_of(row), {name: value for name, value in form.items() if value is not None})
    if response.status_code == 302:
        row.refresh_from_db()
        return []
    return list(response.context["adminform"].form.errors)


def stored(widget: Widget) -> dict[str, Any]:
    widget.refresh_from_db()
    return {column: getattr(widget, column) for column in COLUMNS}


def given(widget: Widget, look: dict[str, Any]) -> Widget:
    Widget.objects.filter(pk=widget.pk).update(**look)
    widget.refresh_from_db()
    return widget


def publish(company: Company, slug: str) -> None:
    actions.save_article(
        Article(tenant=company.tenant, slug=slug, locale="en", title="A", body="A", status="published")
    )


# The widget


@pytest.mark.parametrize("look", [LOOK, UNKNOWN, NOTHING], ids=["all", "unknown", "none"])
def test_a_form_that_nobody_touched_changes_nothing(ada: Client, harbor: Company, look: dict[str, Any]) -> None:
    given(harbor.widget, look)
    assert save(ada, harbor.widget) == []
    assert stored(harbor.widget) == look


def test_what_is_written_into_an_empty_form_is_stored(ada: Client, harbor: Company) -> None:
    """By a form read from the page of another widget that has everything set."""
    other = Widget.objects.create(tenant=harbor.tenant, name="Other", **LOOK)
    given(harbor.widget, NOTHING)
    form = {name: value for name, value in filled(ada, page_of(other)).items() if name != "name"}
    assert {named(place) for place in FIELDS} - form.keys() == {
        *("features_help", "features_transcript", "features_attachments", "features_emoji", "prechat_questions")
    }
    off = dict.fromkeys(("features_help", "features_transcript", "features_attachments", "features_emoji"))
    assert save(ada, harbor.widget, **form, **off) == []
    ordered = {**PRECHAT, "fields": sorted(PRECHAT["fields"], key=lambda one: "label" in one)}
    assert stored(harbor.widget) == {**LOOK, "prechat": ordered}


def test_what_is_emptied_is_not_kept(ada: Client, harbor: Company) -> None:
    given(harbor.widget, UNKNOWN)
    form = filled(ada, page_of(harbor.widget))
    ours = {name for name in form if name.startswith(COLUMNS)}
    assert save(ada, harbor.widget, **{name: None if form[name] == "on" else "" for name in ours}) == []
    assert stored(harbor.widget) == {
        # What was said in so many words is said the other way round now.
        "appearance": {"wobble": {"deep": [1, None]}, "hide_default_launcher": False},
        "texts": {"fr": {"greeting": "Bonjour"}, "en": {"seasonal": "Ho ho"}},
        "prechat": {"shape": 3, "enabled": False, "skippable": False},
        "features": {**dict.fromkeys(FEATURES, False), "telepathy": True},
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("appearance_action_color", wrong) for wrong in ("red", "#fff", "#1f5eff; }")),
        ("appearance_background_color", "blue"),
        ("appearance_alignment", "center"),
        *(("appearance_horizontal_padding", wrong) for wrong in ("-1", "201", "1.5", "wide")),
        ("appearance_vertical_padding", "1000"),
        *(("appearance_z_index", wrong) for wrong in ("-1", "99999999999", "auto")),
        ("appearance_theme_mode", "night"),
        *((f"texts_{code}_greeting", "x" * 201) for code in ("en", "es")),
        ("texts_en_prechat_intro", "x" * 501),
        ("prechat_email", "maybe"),
        ("prechat_consent", "always"),
        *(("prechat_consent_url", wrong) for wrong in ("", "http://harbor.example", "privacy")),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(ada: Client, harbor: Company, field: str, value: str) -> None:
    given(harbor.widget, LOOK)
    assert save(ada, harbor.widget, **{field: value}) == [field]
    assert stored(harbor.widget) == LOOK
    right = {**filled(ada, page_of(harbor.widget)), "texts_en_hello": "Hello there"}
    assert save(ada, harbor.widget, **right) == [], "the control: otherwise the form is fine"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"0_name": "Order No"}, "Order No: A name begins with a letter"),
        ({"0_name": ""}, "Order number: This needs a name."),
        ({"0_name": "size"}, "size: This name is there twice."),
        ({"0_label_en": "", "0_label_es": ""}, "order: Visitors need to read what is asked"),
        ({"0_label_en": "x" * 81}, "order: This must be a text of up to 80 characters."),
        ({f"{i}_name": f"n{i}" for i in range(2, 10)} | {f"{i}_label_en": "x" for i in range(2, 10)}, "may be 10"),
    ],
)
def test_a_wrong_question_is_named(ada: Client, harbor: Company, change: dict[str, str], message: str) -> None:
    given(harbor.widget, LOOK)
    form = {**filled(ada, page_of(harbor.widget)), **{f"prechat_questions_{at}": text for at, text in change.items()}}
    response = ada.post(page_of(harbor.widget), form)
    assert list(response.context["adminform"].form.errors) == ["prechat_questions"]
    assert message in html.unescape(response.content.decode())
    assert stored(harbor.widget) == LOOK


def test_everything_that_is_wrong_is_said_at_once_and_in_spanish(ada: Client, harbor: Company) -> None:
    wrong = {"appearance_action_color": "red", "texts_es_hello": "x" * 61}
    response = ada.post(
        page_of(harbor.widget), {**filled(ada, page_of(harbor.widget)), **wrong}, HTTP_ACCEPT_LANGUAGE="es"
    )
    assert list(response.context["adminform"].form.errors) == list(wrong)
    page = response.content.decode()
    assert "Un color se escribe así" in page and "hasta 60 caracteres" in page
    assert 'value="red"' in page, "what was written stays"


def test_a_form_that_asks_for_nothing_is_refused(ada: Client, harbor: Company) -> None:
    assert save(ada, harbor.widget, prechat_enabled="on") == ["prechat_enabled"]
    assert save(ada, harbor.widget, prechat_enabled="on", prechat_email="optional") == []
    assert harbor.widget.prechat == {"enabled": True, "fields": [{"name": "email", "required": False}]}


def test_what_was_stored_before_anybody_checked_can_be_put_right(ada: Client, harbor: Company) -> None:
    broken = {"appearance": {"z_index": "high"}, "texts": {"en": "Hi"}, "prechat": {"fields": [3]}, "features": []}
    given(harbor.widget, broken)
    assert save(ada, harbor.widget) == ["appearance_z_index"]
    assert save(ada, harbor.widget, appearance_z_index="3") == []
    assert stored(harbor.widget) == {"appearance": {"z_index": 3}, "texts": {}, "prechat": {}, "features": {}}


def test_visitors_get_what_was_saved(ada: Client, harbor: Company) -> None:
    changed = {"appearance_action_color": "#C2410C", "texts_en_greeting": "What can we do for you?"}
    assert save(ada, harbor.widget, **changed) == []
    public = Client().get(f"/api/messenger/widgets/{harbor.widget.pk}").json()
    assert public["appearance"]["action_color"] == "#c2410c"
    assert public["texts"]["en"]["greeting"] == "What can we do for you?"
    assert '"action_color":"#c2410c"' in Client().get(f"/widget/{harbor.widget.pk}.js").content.decode()


# The preview


def test_the_preview_is_for_those_who_may_change_the_widget(
    root: Client, ada: Client, ben: Client, harbor: Company, rival: Company
) -> None:
    own = reverse("admin:messenger_widget_look", args=[harbor.widget.pk])
    theirs = reverse("admin:messenger_widget_look", args=[rival.widget.pk])
    assert [client.get(own).status_code for client in (root, ada, ben)] == [200, 200, 403]
    assert [client.get(theirs).status_code for client in (root, ada, ben)] == [200, 404, 403]
    assert Client().get(own).status_code == 302
    assert ada.get(page_of(rival.widget)).status_code == 302 and root.get(page_of(rival.widget)).status_code == 200


def test_the_preview_may_send_nothing_and_only_we_may_frame_it(ada: Client, harbor: Company) -> None:
    response = ada.get(reverse("admin:messenger_widget_look", args=[harbor.widget.pk]))
    policy = {directive.strip() for directive in response.headers["Content-Security-Policy"].split(";")}
    assert {"connect-src 'none'", "form-action 'none'", "frame-ancestors 'self'", "script-src 'self'"} <= policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert 'data-locale="en"' in response.content.decode() and 'data-help="no"' in response.content.decode()
    publish(harbor, "a")
    assert 'data-help="yes"' in ada.get(response.wsgi_request.path).content.decode()
    form = ada.get(page_of(harbor.widget)).headers
    assert "frame-src 'self'" in form["Content-Security-Policy"] and form["X-Frame-Options"] == "DENY"


def test_pages_cost_the_same_whatever_there_is(
    ada: Client, harbor: Company, told: Browser, count_queries: QueryCounter
) -> None:
    pages = [
        page_of(harbor.widget),
        page_of(harbor.tenant),
        reverse("admin:messenger_widget_look", args=[harbor.widget.pk]),
        reverse("admin:messenger_widget_add"),
    ]
    given(harbor.widget, NOTHING)
    assert [ada.get(page).status_code for page in pages] == [200] * len(pages), "content types are looked up once"
    few = [count_queries(partial(ada.get, page)) for page in pages]
    given(harbor.widget, UNKNOWN)
    for n in range(20):
        Widget.objects.create(tenant=harbor.tenant, name=f"widget {n}", **LOOK)
        publish(harbor, f"a{n}")
    assert [count_queries(partial(ada.get, page)) for page in pages] == few
    assert max(few) <= 6, few
