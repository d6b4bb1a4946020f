"""The form of a widget: fields that become its four JSON columns when it is saved, and are filled from them.

A field is named after its place: `appearance_action_color`, `texts_en_greeting`. Its input carries the place itself
(`data-look`), from which the live preview reads what is not saved yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .. import looks
from ..models import Widget
from .inputs import ColorInput, QuestionsField

_ASKING = [("", _("Not asked")), ("optional", _("Optional")), ("required", _("Required"))]
_WORDS: dict[str, tuple[Any, Any]] = {
    "hello": (_("Hello"), _("The first line of the greeting.")),
    "greeting": (_("Greeting"), _("The question under it.")),
    "subtitle": (_("Line above a new conversation"), ""),
    "away": (_("Outside office hours"), _("Said while nobody answers.")),
    "prechat_title": (_("Title of the pre-chat form"), ""),
    "prechat_intro": (_("Text of the pre-chat form"), ""),
    "consent": (_("Words of the consent box"), ""),
}
_LONG = {"subtitle", "away", "prechat_intro", "consent"}
_SWITCHES: dict[str, tuple[Any, Any]] = {
    "assistant": (
        _("The assistant answers first"),
        _("From the published articles. What they do not answer, and whoever asks for a person, it hands to the team."),
    ),
    "sound": (_("Sound for new messages"), ""),
    "help": (_("Help"), _("Shown as soon as an article is published.")),
    "transcript": (_("Visitors may download the transcript"), ""),
    "attachments": (_("Visitors may attach files"), ""),
    "emoji": (_("Emoji picker"), ""),
}


class OriginsField(forms.CharField):
    """Sites, one a line, as a list of origins."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 60, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [line.strip().rstrip("/").lower() for line in str(value or "").splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, value: Any) -> None:
        try:
            looks.origins(value)
        except looks.InvalidLook as error:
            raise forms.ValidationError(error.detail) from error

    def run_validators(self, value: Any) -> None:
        """The validators of a text do not fit a list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


def _look_fields() -> dict[str, forms.Field]:
    """All fields by the place of what they set, in the order of the page."""
    return {**dict(_appearance()), **dict(_texts()), **dict(_prechat()), **dict(_features())}


def _appearance() -> Iterator[tuple[str, forms.Field]]:
    sides = [("right", _("Right")), ("left", _("Left"))]
    themes = [("auto", _("As the visitor's system")), ("light", _("Light")), ("dark", _("Dark"))]
    color = {"data-look": "appearance.action_color", "placeholder": "#1f5eff"}
    hero = {"data-look": "appearance.background_color"}
    yield _at("appearance.action_color", _("Colour of buttons"), ColorInput(shows_contrast=True, attrs=color))
    yield _at("appearance.background_color", _("Colour of the top"), ColorInput(attrs=hero), _("Empty: as buttons."))
    yield _choice("appearance.theme_mode", _("Light or dark"), themes)
    yield _choice("appearance.alignment", _("Side of the page"), sides)
    yield _number("appearance.horizontal_padding", _("Distance from the side (pixels)"), looks.MOST_PADDING_PX, 20)
    yield _number("appearance.vertical_padding", _("Distance from the bottom (pixels)"), looks.MOST_PADDING_PX, 20)
    order = _("Higher than what must not cover it.")
    yield _number("appearance.z_index", _("Stacking order (z-index)"), looks.MOST_Z_INDEX, 2147483000, order)
    hidden = _("Your page opens the chat itself.")
    yield _switch("appearance.hide_default_launcher", _("Hide the launcher"), hidden)


def _texts() -> Iterator[tuple[str, forms.Field]]:
    for code, _language in settings.LANGUAGES:
        for name, (label, help_text) in _WORDS.items():
            attrs = {"maxlength": looks.WORDS[name], "lang": code}
            widget = forms.Textarea({**attrs, "rows": 2}) if name in _LONG else forms.TextInput(attrs)
            yield _at(f"texts.{code}.{name}", label, widget, help_text)


def _prechat() -> Iterator[tuple[str, forms.Field]]:
    consent = [("", _("None")), ("optional", _("A box, optional")), ("required", _("A box that must be ticked"))]
    yield _switch("prechat.enabled", _("Ask before the first message"))
    for name, label in (("name", _("Name")), ("email", _("E-mail address")), ("phone", _("Phone"))):
        yield _choice(f"prechat.{name}", label, _ASKING)
    hint = _("The name is how an answer is kept, such as order_number; visitors read the label.")
    yield "prechat.questions", QuestionsField(label=_("Own questions"), required=False, help_text=hint)
    yield _switch("prechat.skippable", _("Visitors may skip the form"))
    yield _choice("prechat.consent", _("Consent"), consent)
    url = forms.URLInput(attrs={"maxlength": looks.MOST_URL, "placeholder": "https://"})
    yield _at("prechat.consent_url", _("Address of the privacy policy"), url)


def _features() -> Iterator[tuple[str, forms.Field]]:
    for name, (label, help_text) in _SWITCHES.items():
        yield _switch(f"features.{name}", label, help_text)


def _at(place: str, label: Any, widget: forms.Widget, help_text: Any = "") -> tuple[str, forms.Field]:
    widget.attrs["data-look"] = place
    return place, forms.CharField(label=label, widget=widget, required=False, help_text=help_text)


def _choice(place: str, label: Any, choices: Any) -> tuple[str, forms.Field]:
    widget = forms.Select(attrs={"data-look": place})
    return place, forms.ChoiceField(label=label, choices=choices, widget=widget, required=False)


def _number(place: str, label: Any, most: int, default: int, help_text: Any = "") -> tuple[str, forms.Field]:
    """Bounded by the domain alone, so that there is one refusal for each door."""
    widget = forms.NumberInput(attrs={"data-look": place, "min": 0, "max": most, "placeholder": default})
    return place, forms.IntegerField(label=label, widget=widget, required=False, help_text=help_text)


def _switch(place: str, label: Any, help_text: Any = "") -> tuple[str, forms.Field]:
    widget = forms.CheckboxInput(attrs={"data-look": place})
    return place, forms.BooleanField(label=label, widget=widget, required=False, help_text=help_text)


def named(place: str) -> str:
    """Return the name of the field that sets what is at this place."""
    return place.replace(".", "_")


FIELDS = _look_fields()


class WidgetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A widget: where it may be, how it looks and what it says."""

    allowed_origins = OriginsField(
        label=_("Allowed sites"),
        required=False,
        help_text=_("One a line, such as https://www.example.com. On other sites the browser refuses the widget."),
    )

    class Meta:
        model = Widget
        fields = ["tenant", "name", "is_active", "allowed_origins", "team"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**initial_of(self.instance), **self.initial}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        given = {place: cleaned.get(named(place)) for place in FIELDS}
        self._read("appearance", _under("appearance", given))
        self._read("texts", {code: _under(f"texts.{code}", given) for code in looks.our_languages()})
        self._read("features", _under("features", given))
        self._read("prechat", prechat_of(given, _dict(self.instance.prechat)))
        return cleaned

    def _read(self, column: str, given: dict[str, Any]) -> None:
        """Put what was given into the widget, or say at which field it cannot be."""
        stored = getattr(self.instance, column)
        try:
            setattr(self.instance, column, getattr(looks, column)(looks.sparse(column, given, stored), stored))
        except looks.InvalidLook as error:
            for fault in error.faults:
                field, detail = place_of(fault.attr or column, fault.detail, given)
                self.add_error(named(field), detail)


# Their number follows the languages.
for _fields in (WidgetForm.declared_fields, WidgetForm.base_fields):
    _fields |= {named(place): field for place, field in FIELDS.items()}


def initial_of(widget: Widget) -> dict[str, Any]:
    """Return what the fields show of a widget."""
    shown: dict[str, Any] = {}
    for place in FIELDS:
        column, *path = place.split(".")
        value: Any = {**looks.DEFAULTS.get(column, {}), **_dict(getattr(widget, column))}
        for name in path:
            value = _dict(value).get(name)
        shown[named(place)] = value
    return shown | _asked(_dict(widget.prechat))


def _asked(prechat: dict[str, Any]) -> dict[str, Any]:
    fields = [one for one in _list(prechat.get("fields")) if isinstance(one, dict)]
    traits = {one.get("name"): _how(one) for one in fields if one.get("name") in looks.TRAITS}
    consent = prechat.get("consent")
    return {
        **{f"prechat_{name}": traits.get(name, "") for name in looks.TRAITS},
        "prechat_questions": [one for one in fields if one.get("name") not in looks.TRAITS],
        "prechat_consent": _how(consent) if isinstance(consent, dict) else "",
        "prechat_consent_url": _dict(consent).get("url"),
    }


def prechat_of(given: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    """Return the pre-chat form that the fields describe; what is asked already stays in its order."""
    how, url = given["prechat.consent"], given["prechat.consent_url"]
    traits = [{"name": name, "required": given[f"prechat.{name}"] == "required"} for name in _wanted(given)]
    before = [_dict(one).get("name") for one in _list(stored.get("fields"))]
    fields = [_kept(one, stored) for one in [*traits, *(given["prechat.questions"] or [])]]
    fields.sort(key=lambda one: before.index(one["name"]) if one["name"] in before else len(before))
    return {
        **{name: given[f"prechat.{name}"] for name in ("enabled", "skippable")},
        "fields": fields,
        "consent": {"required": how == "required", "url": url} if how else None,
    }


def place_of(at: str, detail: str, given: dict[str, Any]) -> tuple[str, str]:
    """Return the place of the field for a refusal, and the refusal as it is told there."""
    if at.startswith("prechat.fields"):
        return _place_of_question(at.split("."), detail, given)
    place = {"prechat.consent.url": "prechat.consent_url"}.get(at, at)
    return (place, detail) if place in FIELDS else ("__all__", f"{at}: {detail}")


def _place_of_question(path: list[str], detail: str, given: dict[str, Any]) -> tuple[str, str]:
    if len(path) < 3:
        return "prechat.questions", detail
    field = given["fields"][int(path[2])]
    if field["name"] in looks.TRAITS and "label" not in field:
        return f"prechat.{field['name']}", detail
    what = field["name"] or next(iter(field.get("label", {}).values()), "")
    return "prechat.questions", f"{what}: {detail}"


def _under(prefix: str, given: dict[str, Any]) -> dict[str, Any]:
    return {place.removeprefix(f"{prefix}."): value for place, value in given.items() if place.startswith(f"{prefix}.")}


def _wanted(given: dict[str, Any]) -> list[str]:
    return [name for name in looks.TRAITS if given[f"prechat.{name}"]]


def _kept(field: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    """A trait has no label here: one that is stored stays."""
    same = (one for one in map(_dict, _list(stored.get("fields"))) if one.get("name") == field["name"])
    before = next(same, _dict(None))
    return {**field, "label": before["label"]} if "label" in before and "label" not in field else field


def _how(asked: dict[str, Any]) -> str:
    return "required" if asked.get("required") else "optional"


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
