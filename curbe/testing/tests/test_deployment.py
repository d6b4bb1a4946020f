"""What docker-compose.yml, the proxy and .env.example say is what the project reads and serves."""

import re

import pytest
import yaml
from django.core.management import get_commands

from curbe.testing.npm import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service.get("image") == "curbe-messenger"]
READS = re.compile(r"""\benv(?:\.\w+)?\(\s*"([A-Z_]+)"|environ(?:\.get\(|\[)"([A-Z_]+)""")
# Set by the test bed alone, or Django's own.
INTERNAL = {
    "MUTANT_REPORT",
    "MUTANT_SPOT",
    "TEST_SQLITE_NAME",
    "DJANGO_SETTINGS_MODULE",
    "PLAYWRIGHT_NODEJS_PATH",
    "LD_LIBRARY_PATH",
}


def read_variables():
    sources = [path for app in ("curbe", "messenger", "inbox") for path in (ROOT / app).rglob("*.py")]
    return {a or b for path in sources for a, b in READS.findall(path.read_text())} - INTERNAL


def explained_variables():
    return set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_every_variable_the_project_reads_is_explained():
    assert "DATABASE_URL" in read_variables()
    assert read_variables() - explained_variables() == set()


def test_no_variable_is_explained_that_nobody_reads():
    compose = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert explained_variables() - read_variables() - compose == set()


def test_the_services_of_production_are_there():
    assert set(SERVICES) >= {"postgres", "redis", "web", "realtime", "worker", "proxy"}
    assert SERVICES["web"]["deploy"]["replicas"] > 1


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_commands_that_exist(name):
    command = SERVICES[name]["command"]
    managed = re.findall(r"python manage\.py (\w+)", " ".join(command))
    assert set(managed) <= set(get_commands())
    assert managed or command[0] in {"granian", "uvicorn"}  # Those are started for real in test_stack.py.


@pytest.mark.parametrize("name", ["web", "realtime"])
def test_what_the_proxy_sends_to_exists(name):
    assert f"dynamic a {name} 8000" in (ROOT / "curbe/deploy/Caddyfile").read_text()
