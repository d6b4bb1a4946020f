"""What a visitor downloads, compressed as it is served. Budgets of the widget's specification."""

from __future__ import annotations

import re
from pathlib import Path

import brotli
import pytest
from django.core.management import call_command

from curbe.static import lean
from messenger.models import Tenant, Widget
from messenger.pages import FRAME_MODULES

KB = 1024
LOADER, FRAME, ON_DEMAND, REQUESTS = 5 * KB, 30 * KB, 10 * KB, 24
STORAGE = {"BACKEND": "curbe.static.ModuleManifestStorage"}
# What the frame loads when it is needed.
LATER_MODULES = [
    *(
        f"widget/{name}.js"
        for name in ("i18n/en", "i18n/es", "follow", "tabs", "leaving", "debug", "feedback", "files", "help")
    ),
    *(f"realtime/{name}.js" for name in ("socket", "polling", "typing", "attention", "tabs")),
]
# Besides its modules: the page, the style sheet, one language, bootstrap and the socket.
OTHER_REQUESTS = 5


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """The static files as a deployment collects them."""
    from django.conf import settings
    from django.test import override_settings

    root = tmp_path_factory.mktemp("collected")
    with override_settings(STATIC_ROOT=str(root), STORAGES={**settings.STORAGES, "staticfiles": STORAGE}):
        call_command("collectstatic", interactive=False, verbosity=0)
    return root


def served(collected: Path, name: str) -> Path:
    """The hashed file of a name."""
    stem, ending = name.rsplit(".", 1)
    (found,) = [
        path for path in collected.glob(f"{stem}.*.{ending}") if re.fullmatch(r".*\.[0-9a-f]{12}\.\w+", path.name)
    ]
    return found


def size(collected: Path, name: str) -> int:
    """Bytes on the wire."""
    path = served(collected, name)
    return path.with_name(f"{path.name}.br").stat().st_size


@pytest.mark.django_db
@pytest.mark.parametrize(("shares_device", "most"), [(False, LOADER), (True, LOADER + 256)])
def test_the_loader_is_small(client, harbor, shares_device, most):
    """With the looks that a tenant gives it; one visitor across subdomains costs those who want it a little more."""
    looks = {"action_color": "#0f766e", "background_color": "#0b3b37", "alignment": "left", "vertical_padding": 24}
    Widget.objects.filter(id=harbor.widget.id).update(appearance=looks)
    Tenant.objects.filter(id=harbor.tenant.id).update(shares_device=shares_device)
    response = client.get(f"/widget/{harbor.widget.id}.js", headers={"Accept-Encoding": "br"})
    assert response["Content-Encoding"] == "br"
    assert (b"max-age" in brotli.decompress(response.content)) is shares_device
    assert len(response.content) <= most


def test_the_frame_is_small(collected):
    names = [*FRAME_MODULES, "widget/panel.css", "widget/i18n/en.js"]
    sizes = {name: size(collected, name) for name in names}
    assert sum(sizes.values()) <= FRAME, sizes


@pytest.mark.parametrize("name", LATER_MODULES)
def test_what_comes_on_demand_is_small(collected, name):
    assert name not in FRAME_MODULES
    assert size(collected, name) <= ON_DEMAND


def test_the_panel_needs_few_requests():
    assert len(FRAME_MODULES) + OTHER_REQUESTS <= REQUESTS


def test_what_is_served_imports_hashed_names_that_exist(collected):
    for name in FRAME_MODULES:
        path = served(collected, name)
        for target in re.findall(r"""(?:from ?|import ?\(?)"(\.[^"]+)\"""", path.read_text()):
            assert re.search(r"\.[0-9a-f]{12}\.js$", target), (name, target)
            assert (path.parent / target).is_file(), (name, target)


def test_what_is_served_keeps_strings_and_drops_what_only_readers_need():
    """That it is the same program is for the tests of the modules to show, which run on what is served."""
    source = "// gone\nexport const it = (given) => html`<p>\n  ${given}\n  a  b\n</p>` + 'http://x  //y';\n"
    assert lean("widget/it.js", source) == 'export const it=e=>html`<p>${e}\na  b</p>`+"http://x  //y"'
    assert lean("widget/it.css", "/* gone */ p { color : red ; }") == "p{color:red}"


def test_a_compressed_file_is_the_file(collected):
    path = served(collected, "widget/session.js")
    assert brotli.decompress(path.with_name(f"{path.name}.br").read_bytes()) == path.read_bytes()
