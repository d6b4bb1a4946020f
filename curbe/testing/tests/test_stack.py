"""Stacks: fresh, seeded, really running, and separately killable."""

import httpx
import pytest

KINDS = [
    {"database": "sqlite"},
    {"database": "postgres", "redis": True, "processes": 2},
    {"database": "postgres", "redis": True, "server": "daphne"},
    {"database": "postgres", "redis": True, "server": ["web", "realtime"]},
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_process_is_ready_and_knows_the_demo(spawn_stack, kind):
    stack = spawn_stack(**kind)
    assert {httpx.get(f"{url}/readyz", timeout=30).status_code for url in stack.base_urls} == {200}
    assert stack.demo["base_url"] == stack.base_url
    widget = stack.demo["tenants"][0]["widgets"][0]
    for url in stack.base_urls:
        assert httpx.get(f"{url}/api/messenger/widgets/{widget['id']}", timeout=30).status_code == 200
        assert url in widget["allowed_origins"]


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_stacks_share_no_data(spawn_stack, database):
    first, second = spawn_stack(database=database), spawn_stack(database=database)
    rename = "from messenger.models import Tenant; Tenant.objects.update(name='Renamed')"
    names = "from messenger.models import Tenant; print(set(Tenant.objects.values_list('name', flat=True)))"
    first.manage("shell", "-c", rename)
    assert "Renamed" in first.manage("shell", "-c", names)
    assert "Renamed" not in second.manage("shell", "-c", names)


def test_a_killed_process_is_gone_and_comes_back(spawn_stack):
    stack = spawn_stack(database="postgres", redis=True, processes=2)
    stack.kill(1)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{stack.base_urls[1]}/healthz", timeout=30)
    assert httpx.get(f"{stack.base_urls[0]}/readyz", timeout=30).status_code == 200
    stack.restart(1)
    assert httpx.get(f"{stack.base_urls[1]}/readyz", timeout=30).status_code == 200


def test_a_process_that_is_asked_to_end_ends(spawn_stack):
    stack = spawn_stack()
    stack.terminate()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{stack.base_url}/healthz", timeout=30)
    assert stack.logs(0)
