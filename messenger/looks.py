"""What a company may set of a widget: sites, appearance, words per language, pre-chat form and switches.

Pure: each function takes what a door was given for one of the four JSON columns and what is stored there now, and
returns what is to be stored. Empty values are left out. What is stored under names that are unknown here, or for other
languages than ours, stays as it is, and nothing can be added to it. Raises InvalidLook, which names every place that is
wrong (`prechat.fields.2.label.en`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from .errors import Invalid
from .traits import is_plain

# Characters that a text may have.
WORDS = {
    "hello": 60,
    "greeting": 200,
    "subtitle": 200,
    "away": 300,
    "prechat_title": 120,
    "prechat_intro": 500,
    "consent": 500,
}
MOST_LABEL = 80
MOST_URL = 500
MOST_PADDING_PX = 200
MOST_Z_INDEX = 2**31 - 1  # What browsers can count to.
ALIGNMENTS = ("left", "right")
THEMES = ("auto", "light", "dark")
TRAITS = ("name", "email", "phone")
MOST_FIELDS = 10
MOST_SITES = 100
SWITCHES = ("assistant", "sound", "help", "transcript", "attachments", "emoji")
# What the widget does where nothing is stored.
DEFAULTS: dict[str, dict[str, Any]] = {
    "appearance": {"alignment": "right", "theme_mode": "auto", "hide_default_launcher": False},
    "features": {
        "assistant": False,
        "sound": False,
        "help": True,
        "transcript": True,
        "attachments": True,
        "emoji": True,
    },
    "prechat": {"skippable": False},
}
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
# Exactly what may stand in a Content-Security-Policy: a semicolon or a space would write more of the policy.
_ORIGIN = re.compile(r"https?://((\*\.)?[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:]+\])(:\d{1,5})?")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

Check = Callable[[Any], Any]


class InvalidLook(Invalid):
    """Values that cannot be stored; `faults` has one refusal for each place, and the first speaks for all."""

    code = "invalid_look"

    def __init__(self, faults: list[Invalid]) -> None:
        super().__init__(faults[0].detail, attr=faults[0].attr)
        self.faults = faults


class _Refused(Exception):
    """A value, without its place."""


class _Reading:
    """Goes through what was given and collects what is wrong with it, and where."""

    def __init__(self) -> None:
        self.faults: list[Invalid] = []

    def one(self, at: str, check: Check, value: Any) -> Any:
        """Return the value as it is stored; None for none, and for one that is refused."""
        try:
            return None if value is None or value == "" else check(value)
        except _Refused as refused:
            self.refuse(at, str(refused))
            return None

    def refuse(self, at: str, detail: str) -> None:
        self.faults.append(Invalid(detail, code="invalid_look", attr=at))

    def end(self, read: dict[str, Any]) -> dict[str, Any]:
        """Return what was read, or raise what is wrong with it."""
        if self.faults:
            raise InvalidLook(self.faults)
        return read

    def object(self, at: str, value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self.refuse(at, _("This must be an object."))
        return {}

    def all(self, at: str, checks: Mapping[str, Check], given: Any, stored: Any) -> dict[str, Any]:
        """Return an object with the names that have a check, and those that are stored already."""
        given, stored = self.object(at, given), _dict(stored)
        kept = {name: value for name, value in stored.items() if name not in checks}
        for name in sorted(given.keys() - checks.keys()):
            if name not in kept or kept[name] != given[name]:
                self.refuse(f"{at}.{name}", _("There is no such setting."))
        read = {name: self.one(f"{at}.{name}", check, given.get(name)) for name, check in checks.items()}
        return kept | {name: value for name, value in read.items() if value is not None}


def appearance(given: Any, stored: Any = None) -> dict[str, Any]:
    """Return colours (#rrggbb), place (pixels) and theme of the widget."""
    reading = _Reading()
    return reading.end(reading.all("appearance", _APPEARANCE, given, stored))


def texts(given: Any, stored: Any = None) -> dict[str, Any]:
    """Return the widget's own words, per language of ours; see WORDS for how long each may be."""
    reading, before, ours = _Reading(), _dict(stored), our_languages()
    languages = reading.object("texts", given)
    rest = {code: words for code, words in languages.items() if code not in ours}
    kept = reading.all("texts", {}, rest, {code: words for code, words in before.items() if code not in ours})
    words = {code: reading.all(f"texts.{code}", _WORDS, languages.get(code, {}), before.get(code)) for code in ours}
    return reading.end(kept | {code: own for code, own in words.items() if own})


def features(given: Any, stored: Any = None) -> dict[str, Any]:
    """Return what is switched on and off."""
    reading = _Reading()
    return reading.end(reading.all("features", dict.fromkeys(SWITCHES, _switch), given, stored))


def prechat(given: Any, stored: Any = None) -> dict[str, Any]:
    """Return what visitors are asked before they can write; empty where that is nothing."""
    reading, before = _Reading(), _dict(stored)
    form = reading.all("prechat", _PRECHAT, given, before)
    form |= _consent(reading, form.pop("consent", None), before.get("consent"))
    form |= _fields(reading, form.pop("fields", []), before.get("fields"))
    if form.get("enabled") and not form.keys() & {"fields", "consent"}:
        reading.refuse("prechat.enabled", _("A form asks for something, or for consent."))
    is_nothing = not form.get("enabled") and form.keys() <= {"enabled", "skippable"}
    return reading.end({} if is_nothing else form)


def origins(given: Any) -> list[str]:
    """Return the sites that may embed the widget, in small letters, each once; an empty list is nobody."""
    if not isinstance(given, list) or len(given) > MOST_SITES or not all(isinstance(one, str) for one in given):
        raise InvalidLook([_wrong_sites(_("These must be up to {most} addresses of sites.").format(most=MOST_SITES))])
    sites = list(dict.fromkeys(one.strip().rstrip("/").lower() for one in given))
    wrong = [site for site in sites if not _ORIGIN.fullmatch(site)]
    if wrong:
        raise InvalidLook([_wrong_sites(_("Not the address of a site: {sites}").format(sites=", ".join(wrong)))])
    return sites


def sparse(column: str, given: Mapping[str, Any], stored: Any) -> dict[str, Any]:
    """Return what was given without what the widget does anyway, unless that was stored in so many words."""
    before = _dict(stored)
    defaults = DEFAULTS.get(column, {})
    return {name: value for name, value in given.items() if name in before or defaults.get(name) != value}


def our_languages() -> list[str]:
    """Return the codes of the languages that words are given in."""
    return [code for code, _name in settings.LANGUAGES]


def _wrong_sites(detail: str) -> Invalid:
    return Invalid(detail, code="invalid_look", attr="allowed_origins")


def _consent(reading: _Reading, given: Any, stored: Any) -> dict[str, Any]:
    if given is None:
        return {}
    consent = reading.all("prechat.consent", {"required": _switch, "url": _https}, given, stored)
    if isinstance(given, dict) and not given.get("url"):
        reading.refuse("prechat.consent.url", _("Consent needs the address of a privacy policy."))
    return {"consent": {"required": False, **consent}}


def _fields(reading: _Reading, given: Any, stored: Any) -> dict[str, Any]:
    if not isinstance(given, list) or len(given) > MOST_FIELDS:
        reading.refuse("prechat.fields", _("There may be {most} fields.").format(most=MOST_FIELDS))
        return {}
    before = {str(one.get("name")): one for one in _list(stored) if isinstance(one, dict)}
    fields = [_field(reading, f"prechat.fields.{i}", one, before) for i, one in enumerate(given)]
    names = [one.get("name") for one in fields]
    for i, name in enumerate(names):
        if name in names[:i]:
            reading.refuse(f"prechat.fields.{i}.name", _("This name is there twice."))
    return {"fields": fields} if fields else {}


def _field(reading: _Reading, at: str, given: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    given = reading.object(at, given)
    stored = before.get(str(given.get("name")), {})
    field = reading.all(at, {"name": _name, "required": _switch, "label": _as_it_is}, given, stored)
    labels = dict.fromkeys(our_languages(), _text(MOST_LABEL))
    label = reading.all(f"{at}.label", labels, field.pop("label", {}), stored.get("label"))
    if not given.get("name"):
        reading.refuse(f"{at}.name", _("This needs a name."))
    elif not label and given["name"] not in TRAITS:
        reading.refuse(f"{at}.label", _("Visitors need to read what is asked: give a label."))
    return {"required": False, **field, **({"label": label} if label else {})}


def _dict(value: Any) -> dict[str, Any]:
    """What is stored was not always checked."""
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _as_it_is(value: Any) -> Any:
    return value


def _color(value: Any) -> str:
    if not isinstance(value, str) or not _COLOR.fullmatch(value):
        raise _Refused(_("A colour is written as #1f5eff: a hash and six digits from 0 to f."))
    return value.lower()


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Refused(_("This is on or off."))
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise _Refused(
            _("A name begins with a letter from a to z, and has up to 40 small letters, digits and underscores.")
        )
    return value


def _https(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_URL or not is_plain(value) or not _is_https(value):
        raise _Refused(_("This must be an address that begins with https://."))
    return value


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and not re.search(r"[\s\x00-\x20\"'<>\\]", url)
    except ValueError:
        return False  # Handled: it is refused.


def _text(longest: int) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, str) or not is_plain(value) or len(value.strip()) > longest:
            raise _Refused(_("This must be a text of up to {longest} characters.").format(longest=longest))
        return value.replace("\r\n", "\n").strip() or None

    return check


def _whole(most: int) -> Check:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise _Refused(_("This must be a whole number from 0 to {most}.").format(most=most))
        return value

    return check


def _one_of(*choices: str) -> Check:
    def check(value: Any) -> str:
        if value not in choices:
            raise _Refused(_("This must be one of: {choices}.").format(choices=", ".join(choices)))
        return str(value)

    return check


_APPEARANCE: dict[str, Check] = {
    "action_color": _color,
    "background_color": _color,
    "alignment": _one_of(*ALIGNMENTS),
    "horizontal_padding": _whole(MOST_PADDING_PX),
    "vertical_padding": _whole(MOST_PADDING_PX),
    "z_index": _whole(MOST_Z_INDEX),
    "theme_mode": _one_of(*THEMES),
    "hide_default_launcher": _switch,
}
_WORDS: dict[str, Check] = {name: _text(longest) for name, longest in WORDS.items()}
# Consent and fields are objects of their own.
_PRECHAT: dict[str, Check] = {"enabled": _switch, "skippable": _switch, "consent": _as_it_is, "fields": _as_it_is}
