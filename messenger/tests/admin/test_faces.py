"""An agent's picture: sent up in the admin, shown to visitors from our own host, gone when another takes its place."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from curbe.testing.cast import Company
from messenger import actions
from messenger.models import Agent
from messenger.tests.test_files import cut_exif, from_a_phone, odd, picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def kept() -> list[str]:
    return [path.name for path in Path(default_storage.path("")).rglob("*") if path.is_file()]


def save(client: Client, agent: Agent, **more: Any) -> str:
    form = {"display_name": agent.display_name, "role": agent.role, "availability": "online", "is_active": "on"}
    page = reverse("admin:messenger_agent_change", args=[agent.pk])
    answer = client.post(page, {**form, **more}, follow=True)
    agent.refresh_from_db()
    return answer.content.decode()


def photo(name: str = "me.jpg", content: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or from_a_phone("JPEG"))


def test_a_picture_is_squared_stripped_and_shown_to_everybody(
    ada: Client, harbor: Company, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    save(ada, harbor.ben, picture=photo())
    shown = client.get(harbor.ben.avatar_url)
    assert (shown.status_code, shown["Content-Type"], "immutable" in shown["Cache-Control"]) == (
        200,
        "image/webp",
        True,
    )
    with Image.open(io.BytesIO(shown.content)) as face:
        assert (face.size, dict(face.getexif())) == ((256, 256), {})
    with django_capture_on_commit_callbacks(execute=True):
        save(ada, harbor.ben)
    assert client.get(harbor.ben.avatar_url).status_code == 200
    assert len(kept()) == 1


def test_another_picture_takes_its_place_and_none_as_well(
    ada: Client, harbor: Company, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    save(ada, harbor.ben, picture=photo())
    first = harbor.ben.avatar_url
    assert (
        "the present picture" in ada.get(reverse("admin:messenger_agent_change", args=[harbor.ben.pk])).content.decode()
    )
    with django_capture_on_commit_callbacks(execute=True):
        save(ada, harbor.ben, picture=photo())
    assert harbor.ben.avatar_url != first
    assert [client.get(url).status_code for url in (first, harbor.ben.avatar_url)] == [404, 200]
    with django_capture_on_commit_callbacks(execute=True):
        save(ada, harbor.ben, **{"picture-clear": "on"})
    assert (harbor.ben.avatar_url, kept()) == ("", [])


def test_what_is_no_picture_changes_nothing(ada: Client, harbor: Company) -> None:
    svg, noise, bitmap = b"<svg onload='alert(1)'/>", b"x" * 100, picture("BMP")
    for wrong in (photo("me.svg", svg), photo("me.jpg", noise), photo("me.bmp", bitmap)):
        assert "errorlist" in save(ada, harbor.ben, picture=wrong)
    assert "not a picture" in save(ada, harbor.ben, picture=photo("me.png", cut_exif("PNG")))
    assert "up to 5 MB" in save(ada, harbor.ben, picture=photo(content=from_a_phone("JPEG") + b"x" * 5 * 1024 * 1024))
    assert (harbor.ben.avatar_url, kept()) == ("", [])


def test_a_slip_of_the_camera_costs_nobody_the_picture(ada: Client, harbor: Company, client: Client) -> None:
    save(ada, harbor.ben, picture=photo(content=odd()))
    assert client.get(harbor.ben.avatar_url).status_code == 200


def test_a_picture_of_elsewhere_stays_where_it_is(harbor: Company, django_capture_on_commit_callbacks: Any) -> None:
    harbor.ben.avatar_url = "https://elsewhere.example/me.png"
    with django_capture_on_commit_callbacks(execute=True):
        actions.update_agent(harbor.ben)
        actions.update_agent(harbor.ben, picture=False)
    assert Agent.objects.get(id=harbor.ben.id).avatar_url == ""


def test_a_failure_leaves_no_picture(harbor: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(Agent, "save", fail)
    with pytest.raises(RuntimeError):
        actions.update_agent(harbor.ben, picture=photo())
    assert kept() == []


@pytest.mark.parametrize("name", ["../" * 3 + "etc/passwd", "0" * 32 + "/" + "g" * 32 + ".webp", "x.webp"])
def test_only_names_of_pictures_are_answered(client: Client, name: str) -> None:
    assert client.get(f"/faces/{name}").status_code == 404
