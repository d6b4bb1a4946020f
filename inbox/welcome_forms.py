"""What a fresh install is told of its first company."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from messenger import looks
from messenger.actions.founding import Founder
from messenger.errors import Invalid
from messenger.first_run import is_setup_code
from messenger.hours import time_zones
from messenger.models import Tenant, User

_USUAL_PORTS = {"http": 80, "https": 443}


def site_origin(text: str) -> str:
    """Return the origin of a web address, https unless it says otherwise. Raises ValidationError."""
    try:
        return looks.origins([_origin(text if "://" in text else f"https://{text}")])[0]
    except (ValueError, Invalid) as error:
        wanted = _("Give the address of your site, such as https://www.example.com")
        raise ValidationError(wanted, code="invalid") from error


def _origin(url: str) -> str:
    """Its scheme, host and port, as a browser names them. Raises ValueError for what is no address."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username:
        raise ValueError("An address has a host, and no password.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname.encode("idna").decode()
    has_port = parts.port and parts.port != _USUAL_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if has_port else "")


class WelcomeForm(forms.Form):
    """The code that only whoever runs the server can know, the company, its site, and its first admin."""

    code = forms.CharField(
        label=_("Setup code"),
        max_length=80,
        help_text=_("Printed when the server starts, and by: python manage.py setup_code"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    company = forms.CharField(
        label=_("Company"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    site = forms.CharField(
        label=_("Your website"),
        max_length=200,
        help_text=_("Where the messenger will be. More can be added later."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url", "placeholder": "https://"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=[(name, name) for name in sorted(time_zones())], initial="UTC"
    )
    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if not is_setup_code(code):
            raise ValidationError(_("This is not the code of this server."), code="wrong_code")
        return code

    def clean_site(self) -> str:
        return site_origin(self.cleaned_data["site"].strip())

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("password") and given.get("email"):
            try:
                validate_password(given["password"], User(email=given["email"], first_name=given.get("name", "")))
            except ValidationError as weak:  # Handled: told beside the field.
                self.add_error("password", weak)
        return given

    @property
    def is_strange(self) -> bool:
        """Whether whoever asks does not know the code."""
        return "code" in self.errors

    def tenant(self) -> Tenant:
        given = self.cleaned_data
        slug = slugify(given["company"])[:60] or "company"
        return Tenant(name=given["company"], slug=slug, time_zone=given["time_zone"], locale=get_language() or "en")

    def founder(self) -> Founder:
        given = self.cleaned_data
        return Founder(email=given["email"], password=given["password"], display_name=given["name"])
