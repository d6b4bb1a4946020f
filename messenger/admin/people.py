"""Who signs in: users, and what they are in a tenant."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .. import actions
from ..errors import Invalid
from ..files import NO_PICTURE, refuse_too_many_pixels
from ..models import Agent, User
from .base import OwnedAdmin

# Roles are memberships here; groups and permissions of their own would say nothing.
admin.site.unregister(Group)


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """Django's form for an account, by e-mail address."""

    class Meta:
        model = User
        fields = ("email",)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class UserForm(UserChangeForm):  # type: ignore[type-arg]
    """An account. Addresses are compared in lower case, so they are kept so."""

    class Meta:
        model = User
        fields = "__all__"

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


@admin.register(User)
class UserAdmin(StockUserAdmin):  # type: ignore[type-arg]
    """Accounts serve several tenants, so only superusers change them. A tenant's admin works with its agents."""

    form = UserForm
    add_form = NewUserForm
    list_display = ["email", "first_name", "last_name", "is_superuser", "is_active", "last_login"]
    list_filter = ["is_superuser", "is_active"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name")}),
        (_("Access"), {"fields": ("is_active", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows = super().get_queryset(request)
        return rows if is_superuser(request) else rows.none()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        actions.update_user(obj)


def is_superuser(request: HttpRequest) -> bool:
    """Whether the viewer may do everything."""
    return bool(getattr(request.user, "is_superuser", False))


class NewAgentForm(forms.ModelForm):  # type: ignore[type-arg]
    """Somebody joins a tenant: a user who exists already, by their address, or a new one."""

    email = forms.EmailField(label=_("E-mail address"))
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("For a new account. Somebody who has one keeps their own password."),
    )

    class Meta:
        model = Agent
        fields = ["tenant", "display_name", "role"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        email, password = cleaned.get("email", "").lower(), cleaned.get("password", "")
        self.is_new_user = not User.objects.filter(email=email).exists()
        if not self.is_new_user:
            return cleaned
        try:
            validate_password(password, User(email=email))
        except forms.ValidationError as error:  # Handled: shown at the field.
            self.add_error("password", error)
        return cleaned


class PictureField(forms.ImageField):
    """A picture of a form that is read here. Django's own field would open any that Pillow knows."""

    def to_python(self, data: Any) -> Any:
        try:
            if data:
                refuse_too_many_pixels(data)
        except NO_PICTURE as error:
            raise forms.ValidationError(self.error_messages["invalid_image"], code="invalid_image") from error
        except Invalid:  # Handled: whoever keeps it says so.
            return data
        return super().to_python(data)


class AgentForm(forms.ModelForm):  # type: ignore[type-arg]
    """A membership, with a picture that is sent up."""

    picture = PictureField(
        label=_("Picture"), required=False, help_text=_("Visitors see it beside what this agent writes.")
    )

    class Meta:
        model = Agent
        fields = ["tenant", "display_name", "role", "availability", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.avatar_url:
            self.initial["picture"] = FacePicture(self.instance.avatar_url)


class FacePicture:
    """What the form's file input shows of a picture that is there."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __str__(self) -> str:
        return str(_("the present picture"))


@admin.register(Agent)
class AgentAdmin(OwnedAdmin):
    """Memberships: role, name, and whether they still hold."""

    list_display = ["display_name", "email", "role", "availability", "is_active"]
    list_filter = ["role", "is_active"]
    list_select_related = ["user"]
    search_fields = ["display_name", "user__email"]
    ordering = ["tenant_id", "display_name", "id"]
    autocomplete_fields = ["tenant"]
    readonly_fields = ["email", "created_at"]
    form = AgentForm
    fields = ["tenant", "email", "display_name", "role", "picture", "availability", "is_active", "created_at"]

    @admin.display(description=_("e-mail address"), ordering="user__email")
    def email(self, agent: Agent) -> str:
        return agent.user.email

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ["tenant", "email", "password", "display_name", "role"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewAgentForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        if change:
            picture = form.cleaned_data["picture"]
            actions.update_agent(obj, picture=None if isinstance(picture, FacePicture) else picture)
            return
        given = form.cleaned_data
        made = actions.create_agent(
            tenant=obj.tenant,
            email=given["email"],
            display_name=obj.display_name,
            role=obj.role,
            password=given["password"],
        )
        obj.pk = made.pk
        if not form.is_new_user:
            self.message_user(request, _("They had an account already and keep its password."))
