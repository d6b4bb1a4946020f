"""The bed itself: its servers are real, can be stopped, and do not outlive the run that started them."""

import subprocess
import sys
import threading

import psutil
import psycopg
import pytest
import redis

from curbe.testing.npm import ROOT
from curbe.testing.postgres import PostgresServer, with_database
from curbe.testing.processes import Process, ServerFailed, make_work_dir
from curbe.testing.waiting import wait_for

# These are the same whatever database the run is about: once is enough.
pytestmark = pytest.mark.stack

IGNORES_SIGTERM = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("here", flush=True)
time.sleep(600)
"""
PARENT = """
import sys, time
from curbe.testing.bed import new_postgres, new_redis
print(new_postgres().pid, new_redis().pid, flush=True)
time.sleep(600)
"""


def test_postgres_writes_as_durably_as_in_production(postgres_server):
    with psycopg.connect(postgres_server.url) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {name}").fetchone() == ("on",)


def test_postgres_knows_upper_case_beyond_ascii(postgres_server):
    with psycopg.connect(postgres_server.url) as connection:
        assert connection.execute("SELECT upper('ñandú')").fetchone() == ("ÑANDÚ",)


def test_a_database_starts_as_its_template(postgres_server):
    template = postgres_server.create_database("bed_template")
    with psycopg.connect(template) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    copy = postgres_server.create_database("bed_copy", template="bed_template")
    with psycopg.connect(copy) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    for name in ("bed_copy", "bed_template"):
        postgres_server.drop_database(name)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(with_database(postgres_server.url, "bed_copy"))


def test_a_wrong_password_is_refused(disposable_postgres):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(disposable_postgres.url, password="wrong")


@pytest.mark.parametrize("fault", [PostgresServer.stop, PostgresServer.kill])
def test_postgres_keeps_what_was_committed_before_the_fault(disposable_postgres, fault):
    with psycopg.connect(disposable_postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    fault(disposable_postgres)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(disposable_postgres.url)
    disposable_postgres.start()
    with psycopg.connect(disposable_postgres.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_redis_answers_and_comes_back(disposable_redis):
    with redis.Redis.from_url(disposable_redis.url) as client:
        assert client.set("key", "value")
        disposable_redis.stop()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        disposable_redis.start()
        assert client.get("key") is None


def test_servers_die_with_a_run_that_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    servers = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    assert [server.is_running() for server in servers] == [True, True]
    parent.kill()
    parent.wait()
    wait_for(lambda: not any(is_alive(server) for server in servers), "the servers to die with their parent")


def is_alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_process_outlives_the_thread_that_started_it():
    folder = make_work_dir("thread")
    process = Process(["/bin/sleep", "600"], folder / "log")
    thread = threading.Thread(target=process.start)
    thread.start()
    thread.join()
    assert process.is_alive
    process.stop()
    assert not process.is_alive


def test_a_process_that_ignores_its_stop_signal_is_killed_and_named():
    folder = make_work_dir("stubborn")
    process = Process([sys.executable, "-c", IGNORES_SIGTERM], folder / "log")
    process.start()
    wait_for(lambda: "here" in process.logs, "it to ignore SIGTERM")
    with pytest.raises(ServerFailed, match="did not stop"):
        process.stop(timeout=0.2)
    assert not process.is_alive


def test_a_server_of_somebody_else_is_not_stopped():
    with pytest.raises(ServerFailed, match="not ours"):
        PostgresServer("postgres://127.0.0.1/none").stop()
