"""The OpenAPI document, its page, and the rules of the layout."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

ROOT = Path(__file__).resolve().parents[2]
MESSENGER = ROOT / "messenger"


def test_the_schema_has_every_route_and_no_warning():
    GENERATOR_STATS.reset()
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS
    described = set(schema["paths"])
    routes = {f"/{route}" for route in routes_below("api/messenger/") | routes_below("api/inbox/")}
    assert {path_of(route) for route in routes} == described
    assert len(described) >= 22


def routes_below(prefix: str) -> set[str]:
    api: Any = next(one for one in get_resolver().url_patterns if str(one.pattern) == "api/")
    below: Any = next(one for one in api.url_patterns if f"api/{one.pattern}" == prefix)
    return {f"{prefix}{one.pattern}" for one in below.url_patterns if isinstance(one, URLPattern)}


def path_of(route):
    return re.sub(r"<\w+:(\w+)>", r"{\1}", str(route))


@pytest.mark.django_db
def test_the_docs_load_nothing_from_elsewhere(client):
    page = client.get("/api/docs")
    assert page.status_code == 200
    html = page.content.decode()
    assert "http://" not in html.replace("http://testserver", "")
    assert "https://" not in html
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script>" not in html
    assert " style=" not in html
    assert "<style" not in html
    assert client.get("/api/schema").status_code == 200


# Who may import whom: `models ← payloads, queries ← events ← actions ← (api, consumers, admin, commands)`.
LAYERS = [
    {"browsers", "words"},
    {"models", "unchanging"},
    {"online", "wordtables"},
    {"wordindex"},
    {
        "jobs",
        "traits",
        "errors",
        "names",
        "signing",
        "rendering",
        "nudges",
        "seats",
        "statements",
        "crawlers",
        "sheets",
    },
    {"images"},
    {"files", "first_run", "hours", "looks", "periods", "proofs"},
    {"faces", "limits"},
    {"shapes"},
    {"payloads"},
    {"excerpts", "loading", "paging"},
    {"findpeople", "streams"},
    {"frames", "outgoing"},
    {"asking", "entrance", "protocol"},
    {"articles", "composing", "handing_over", "install", "offers", "queries", "reports", "teamwork"},
    {"exports", "people", "report_cycles", "search", "selftest"},
    {"events", "presence", "transcripts"},
    {"principals"},
    {"audit", "effects"},
    {"actions"},
    {"assistant", "bulk", "chores"},
    {"hub"},
    {"sockets"},
    {"consumers"},
    {
        "routing",
        "api",
        "admin",
        "admin_site",
        "management",
        "demo",
        "demo_account",
        "demo_customers",
        "demo_pages",
        "demo_shops",
        "pages",
        "signing_in",
        "page_urls",
        "widget_urls",
        "passwords",
        "checks",
        "apps",
    },
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def test_imports_point_one_way():
    wrong = []
    for path in sorted(MESSENGER.rglob("*.py")):
        parts = path.relative_to(MESSENGER).with_suffix("").parts
        if parts[0] in {"tests", "migrations", "__init__"}:
            continue
        assert parts[0] in RANK, f"{parts[0]} has no place in the layers"
        wrong += [f"{path.name} → {name}" for name in imported(path, parts) if RANK[name] > RANK[parts[0]]]
    assert wrong == []


def imported(path, parts):
    """The top-level parts of `messenger` that a module imports, relative imports resolved."""
    package = ("messenger", *parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = package[: len(package) - node.level + 1] if node.level else ()
        full = [*base, *(node.module or "").split(".")] if node.module else list(base)
        if full[:1] != ["messenger"]:
            continue
        names = [full[1]] if len(full) > 1 else [alias.name for alias in node.names]
        yield from (name for name in names if name in RANK)


def test_messenger_does_not_know_the_inbox():
    for path in MESSENGER.rglob("*.py"):
        if "tests" not in path.parts:
            assert "inbox." not in imports_of(path), path


def test_doors_do_not_query():
    """Tenancy: a view or consumer never starts at a manager; it asks `queries` or calls an action."""
    doors = [*MESSENGER.glob("api/**/*.py"), MESSENGER / "consumers.py", MESSENGER / "sockets.py"]
    doors += list((ROOT / "inbox").glob("*.py"))
    assert len(doors) > 10
    for path in doors:
        managers = [
            node.lineno
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Attribute) and node.attr in {"objects", "_base_manager", "_default_manager"}
        ]
        assert managers == [], f"{path.name} queries in lines {managers}"


def imports_of(path):
    tree = ast.parse(path.read_text())
    return " ".join(node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)) + " "
