"""What a visitor downloads, compressed as it is served. Budgets of the widget's specification."""

from __future__ import annotations

import re
from pathlib import Path

import brotli
import pytest
from django.core.management import call_command

from curbe.bundles import bundled, redirected
from curbe.static import HASH_DIGITS, lean
from messenger.models import Tenant, Widget
from messenger.pages import FRAME_MODULES

KB = 1024
LOADER, FRAME, ON_DEMAND, REQUESTS = 5 * KB, 30 * KB, 10 * KB, 24
DOCS = "drf_spectacular_sidecar/swagger-ui-dist"
STORAGE = {"BACKEND": "curbe.static.ModuleManifestStorage"}
# What the frame loads when it is needed.
LATER_MODULES = [
    *(
        f"widget/{name}.js"
        for name in (
            *("i18n/en", "i18n/en-more", "i18n/es", "i18n/es-more", "follow", "tabs", "cache", "leaving", "debug"),
            *("feedback", "files", "help", "prechat", "menu", "emoji"),
        )
    ),
    *(f"realtime/{name}.js" for name in ("socket", "polling", "typing", "answering", "attention", "tabs")),
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
        path
        for path in collected.glob(f"{stem}.*.{ending}")
        if re.fullmatch(rf".*\.[0-9a-f]{{{HASH_DIGITS}}}\.\w+", path.name)
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


def imports_of(collected: Path, name: str, pattern: str = r'from ?"(\.[^"]+)"') -> list[str]:
    """What a served module imports, as names of static files without their hashes; each of them is there."""
    path, found = served(collected, name), []
    for target in re.findall(pattern, path.read_text()):
        match = re.fullmatch(rf"(.*)\.[0-9a-f]{{{HASH_DIGITS}}}(\.js)", target)
        assert match, (name, target)
        assert (path.parent / target).is_file(), (name, target)
        found.append(str((path.parent / (match[1] + match[2])).resolve().relative_to(collected.resolve())))
    return found


def test_what_is_served_imports_hashed_names_that_exist(collected):
    later = {target for name in FRAME_MODULES for target in imports_of(collected, name, r'import\("(\.[^"]+)"\)')}
    assert later == {name for name in LATER_MODULES if name.startswith("widget/")}


def test_the_frame_preloads_every_module_that_it_imports(collected):
    """One that is missing in the list would cost a round trip of its own."""
    reached, waiting = set(), ["widget/main.js"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += imports_of(collected, name)
    assert sorted(reached) == sorted(FRAME_MODULES)


@pytest.mark.parametrize("name", LATER_MODULES)
def test_what_comes_on_demand_shares_the_frames_modules(collected, name):
    """A module that is in a bundle exists once: another copy would have a state of its own."""
    shared = {*FRAME_MODULES, *LATER_MODULES} - {"widget/main.js"}
    # What the inbox shares is left as it is, so it may need nothing that is in a bundle.
    allowed = shared if name.startswith("widget/") else set(LATER_MODULES)
    assert set(imports_of(collected, name)) <= allowed


SOURCES = {
    "widget/base.js": ['export * from "./one.js";'],
    "widget/one.js": [
        'import { h } from "../vendor/preact.js";',
        "const mine = 1;",
        "export const one = () => h(mine);",
    ],
    "widget/two.js": [
        'import { one } from "./one.js";',
        "const mine = 2;",
        "export function two() { return one() + mine; }",
    ],
    "widget/main.js": [
        'import { two } from "./two.js";',
        'import { one } from "./one.js";',
        "two(one);",
        'import("./part.js");',
    ],
    "widget/part.js": ['import { one } from "./one.js";', "one();"],
}


def source_of(name: str) -> str:
    return "\n".join([*SOURCES[name], ""])


def test_a_bundle_keeps_private_names_apart_and_shares_the_rest():
    base, main = bundled("widget/base.js", source_of), bundled("widget/main.js", source_of)
    assert base.startswith('import { h } from "../vendor/preact.js";\nexport const { one } = (() => {')
    assert main.startswith('import { one } from "./base.js";\n(() => {')
    assert main.count("const mine") == base.count("const mine") == 1
    assert "export" not in main
    part = source_of("widget/part.js")
    assert redirected("widget/part.js", part, source_of).startswith('import { one } from "./base.js"')
    assert redirected("inbox/part.js", part, source_of) == part


def test_what_is_served_keeps_strings_and_drops_what_only_readers_need():
    """That it is the same program is for the tests of the modules to show, which run on what is served."""
    markup = "html`<p\n  a=${given}\n  b=${given}>\n  ${given}\n  ${given}\n  a  b\n</p>`"
    source = f"// gone\nexport const it = (given) => {markup} + 'http://x  //y';\n"
    assert (
        lean("widget/it.js", source) == 'export const it=e=>html`<p\na=${e}\nb=${e}>${e}${e}\na  b</p>`+"http://x  //y"'
    )
    assert lean("widget/it.css", "/* gone */ p { color : red ; }") == "p{color:red}"


@pytest.mark.parametrize("name", ["widget/session.js", f"{DOCS}/swagger-ui-bundle.js"])
def test_a_compressed_file_is_the_file(collected, name):
    path = served(collected, name)
    brotlied, zipped = (path.with_name(f"{path.name}.{ending}") for ending in ("br", "gz"))
    assert brotli.decompress(brotlied.read_bytes()) == path.read_bytes()
    assert brotlied.stat().st_size < zipped.stat().st_size < path.stat().st_size


def test_what_no_page_asks_for_is_not_collected(collected):
    assert (collected / DOCS).is_dir()  # The control.
    assert not [*collected.glob("*/redoc"), *collected.glob("rest_framework")]
