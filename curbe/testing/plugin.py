"""The pytest plugin of this project: chooses the database, offers the bed's servers, lets nothing be skipped.

Loaded by `-p` from pyproject.toml, so that it sets the environment before pytest-django reads the settings.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable, Generator, Iterator

import pytest

from curbe.testing import scale
from curbe.testing.bed import Bed, new_postgres, new_redis
from curbe.testing.browser import Browser
from curbe.testing.npm import ROOT
from curbe.testing.postgres import PostgresServer, with_database
from curbe.testing.processes import ServerFailed
from curbe.testing.redis_server import RedisServer
from curbe.testing.stack import SECRET_KEY, Stack

LOCAL_DIR = ROOT / ".local" / "test"
BED = pytest.StashKey[Bed]()
CAST = "curbe.testing.cast"
FAILED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgres"],
        default="sqlite",
        help="The database of the tests that run inside this process.",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """As a wrapper it comes before pytest-django's, which is the first of the others."""
    bed = early_config.stash[BED] = Bed()
    try:
        set_environment(early_config.known_args_namespace.database, bed)
    except ServerFailed as error:
        raise pytest.UsageError(str(error)) from error
    yield
    # The cast needs Django set up, which it is now.
    if importlib.util.find_spec(CAST):
        early_config.pluginmanager.import_plugin(CAST)


def set_environment(database: str, bed: Bed) -> None:
    """What the settings read: nothing of the developer's own environment or .env, no Redis, no limits."""
    (LOCAL_DIR / "static").mkdir(parents=True, exist_ok=True)
    sqlite = LOCAL_DIR / f"{os.getpid()}.sqlite3"
    url = with_database(bed.postgres.url, f"curbe_{os.getpid()}") if database == "postgres" else f"sqlite:///{sqlite}"
    os.environ |= {
        "SECRET_KEY": SECRET_KEY,
        "LOCAL_DIR": str(LOCAL_DIR),
        "DATABASE_URL": url,
        # A file, because threads race on it: to each thread an in-memory database is another one.
        "TEST_SQLITE_NAME": str(sqlite.with_stem(f"test-{os.getpid()}")),
        "REDIS_URL": "",
        "PORT": "8000",
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "WIDGET_ORIGIN": "",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PEPPER": "",
        "DEBUG": "false",
        "TRUSTED_PROXIES": "",
        "ASSISTANT_PROVIDER": "articles",
        "ASSISTANT_DEADLINE_S": "20",
        "ASSISTANT_MODEL": "",
        "OPENAI_BASE_URL": "",
        "OPENAI_API_KEY": "",
        # All tests are one address. Those about limits switch them on.
        "RATE_LIMITS": "off",
    }


def pytest_configure(config: pytest.Config) -> None:
    scale.configure_hypothesis()
    config.pluginmanager.register(NothingSkipped(), "nothing-skipped")


def pytest_unconfigure(config: pytest.Config) -> None:
    if BED in config.stash:
        config.stash[BED].close()
    # By their whole names: the numbers of other runs may end in this one's.
    for name in (str(os.getpid()), f"test-{os.getpid()}"):
        for path in LOCAL_DIR.glob(f"{name}.sqlite3*"):
            path.unlink()


def pytest_report_header(config: pytest.Config) -> list[str]:
    chosen = config.getoption("--database")
    return [f"database: {chosen}, scale: {'full' if scale.IS_FULL else 'small'}", *config.stash[BED].header()]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever spawns stacks is marked so, and what needs no database, before `-m` chooses."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if {"spawn_stack", "bed"} & fixtures:
            item.add_marker("stack")
        if not item.get_closest_marker("django_db") and not {"db", "transactional_db"} & fixtures:
            item.add_marker("pure")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


class NothingSkipped:
    """A run in which a test was skipped, or was expected to fail, has failed."""

    def __init__(self) -> None:
        self._reasons: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped or hasattr(report, "wasxfail"):
            self._reasons.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._reasons and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._reasons:
            terminalreporter.section("nothing may be skipped", red=True)
            terminalreporter.line(
                "A skipped or expected failure is a failure here: make the test run, or delete it with its reason."
            )
            for nodeid in self._reasons:
                terminalreporter.line(f"  {nodeid}")


@pytest.fixture(scope="session")
def bed(request: pytest.FixtureRequest) -> Bed:
    """The run's servers, for fixtures of a wider scope than `spawn_stack`: `with bed.spawn_stack(…) as stack`."""
    return request.config.stash[BED]


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> PostgresServer:
    """The run's PostgreSQL, shared by all: make databases in it, do not stop it."""
    return request.config.stash[BED].postgres


@pytest.fixture(scope="session")
def redis_server(request: pytest.FixtureRequest) -> RedisServer:
    """The run's Redis, shared by all: do not stop it."""
    return request.config.stash[BED].redis


@pytest.fixture
def disposable_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test's own, to be stopped, killed and started at will."""
    server = new_postgres()
    yield server
    server.close()


@pytest.fixture
def disposable_redis() -> Iterator[RedisServer]:
    """A Redis of this test's own, to be stopped, killed and started at will."""
    server = new_redis()
    yield server
    server.close()


@pytest.fixture
def spawn_stack(bed: Bed) -> Iterator[Callable[..., Stack]]:
    """`Bed.spawn_stack`, with everything closed after the test."""
    stacks: list[Stack] = []

    def spawn(*arguments: object, **options: object) -> Stack:
        stacks.append(bed.spawn_stack(*arguments, **options))  # type: ignore[arg-type]
        return stacks[-1]

    yield spawn
    for stack in stacks:
        stack.close()


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Chromium, of which this test sees nothing but what it opens itself."""
    name = re.sub(r"[^\w.-]+", "-", request.node.name)
    browser = Browser(request.config.stash[BED].browser, name)
    yield browser
    browser.finish(failed=request.node.stash.get(FAILED, False))


@pytest.fixture(scope="session", autouse=True)
def patient_pool() -> None:
    """In a race of a hundred each waits its turn for one of the 20 connections, as long as a race may take."""
    from django.conf import settings

    if pool := settings.DATABASES["default"].get("OPTIONS", {}).get("pool"):
        pool["timeout"] = 60


@pytest.fixture(scope="session", autouse=True)
def cheap_settings() -> Iterator[None]:
    """Pages name their files unhashed, because only stacks have collected theirs; logging in costs no 300 ms."""
    from django.conf import settings
    from django.test import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    fast = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, PASSWORD_HASHERS=fast):
        yield
