"""Setting widgets up through the agent API: admins do, and everybody reads."""

from __future__ import annotations

import uuid

import pytest

from messenger import actions, streams
from messenger.models import Widget
from messenger.tests.test_looks import APPEARANCE, FORM, SWITCHED, TEXTS

pytestmark = pytest.mark.django_db

SETTINGS = {"appearance": APPEARANCE, "texts": TEXTS, "prechat": FORM, "features": SWITCHED}


def attr(response):
    return response.status_code, response.json()["errors"][0]["attr"]


def test_an_admin_makes_a_widget_and_changes_it(harbor, desk):
    made = desk.post("widgets", {"name": "Shop", "allowed_origins": ["HTTPS://Shop.example/"], **SETTINGS})
    assert made.status_code == 201
    widget = made.json()
    assert {name: widget[name] for name in SETTINGS} == SETTINGS
    assert (widget["allowed_origins"], widget["is_active"]) == (["https://shop.example"], True)
    assert widget["loader"] == f"/widget/{widget['id']}.js"
    changed = desk.patch(f"widgets/{widget['id']}", {"is_active": False, "features": {"sound": True}}).json()
    assert changed == {**widget, "is_active": False, "features": {"sound": True}}
    assert desk.get(f"widgets/{widget['id']}").json() == changed
    assert Widget.objects.get(id=widget["id"]).tenant == harbor.tenant


def test_a_change_is_told_to_the_team_once(harbor, desk):
    before = streams.team_stream(harbor.tenant.id).head_seq
    made = desk.post("widgets", {"name": "Shop"}).json()["id"]
    for _ in range(2):
        desk.patch(f"widgets/{made}", {"name": "Store", "features": {"sound": True}})
    told = streams.events_after(streams.team_stream(harbor.tenant.id), before, 10, agent=harbor.ben)
    assert [(one.type, one.payload) for one in told] == [("settings.updated", {})] * 2


def test_the_list_goes_on_page_by_page(harbor, desk, django_assert_num_queries):
    for number in range(5):
        desk.post("widgets", {"name": f"Shop {number}"})
    first = desk.get("widgets", {"limit": 3}).json()
    rest = desk.get("widgets", {"limit": 10, "cursor": first["next"]}).json()
    names = [one["name"] for one in first["items"] + rest["items"]]
    assert names[:5] == [f"Shop {number}" for number in reversed(range(5))]
    assert (rest["next"], len(names)) == (None, Widget.objects.filter(tenant=harbor.tenant).count())


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"name": ""}, "name"),
        ({"allowed_origins": ["https://a.example; script-src *"]}, "allowed_origins"),
        ({"allowed_origins": ["javascript:alert(1)"]}, "allowed_origins"),
        ({"allowed_origins": ["https://a.example"] * 101}, "allowed_origins"),
        ({"appearance": {"action_color": "red"}}, "appearance.action_color"),
        ({"appearance": {"script": "x"}}, "appearance.script"),
        ({"features": {"sound": "yes"}}, "features.sound"),
        ({"texts": {"en": {"hello": "x" * 61}}}, "texts.en.hello"),
        ({"prechat": {"enabled": True}}, "prechat.enabled"),
    ],
)
def test_what_cannot_be_set_changes_nothing(desk, wrong, where):
    assert attr(desk.post("widgets", {"name": "Shop", **wrong})) == (422, where)
    made = desk.post("widgets", {"name": "Shop"}).json()
    assert attr(desk.patch(f"widgets/{made['id']}", {"is_active": False, **wrong})) == (422, where)
    assert desk.get(f"widgets/{made['id']}").json() == made


def test_s23_a_widget_gives_what_is_new_to_a_team_of_its_company(harbor, rival, desk):
    ours, theirs, gone = (
        actions.create_team(by=company.ada, fields={"name": name})
        for company, name in ((harbor, "Sales"), (rival, "Sales"), (harbor, "Gone"))
    )
    actions.archive_team(by=harbor.ada, team_id=gone.id)
    made = desk.post("widgets", {"name": "Shop", "team_id": str(ours.id)}).json()
    assert made["team_id"] == desk.get(f"widgets/{made['id']}").json()["team_id"] == str(ours.id)
    for wrong in (theirs.id, gone.id, uuid.uuid4()):
        for refused in (
            desk.post("widgets", {"name": "Other", "team_id": str(wrong)}),
            desk.patch(f"widgets/{made['id']}", {"team_id": str(wrong)}),
        ):
            assert attr(refused) == (422, "team_id")
    assert attr(desk.patch(f"widgets/{made['id']}", {"team_id": 5})) == (422, "team_id")
    assert desk.get(f"widgets/{made['id']}").json() == made
    assert not Widget.objects.filter(name="Other").exists()
    assert desk.patch(f"widgets/{made['id']}", {"team_id": None}).json()["team_id"] is None


def test_s24_a_tenant_or_an_id_in_the_body_is_ignored(harbor, rival, desk):
    forged = {"tenant": str(rival.tenant.id), "tenant_id": str(rival.tenant.id), "id": str(rival.widget.id)}
    made = desk.post("widgets", {"name": "Shop", **forged}).json()
    assert made["id"] != str(rival.widget.id)
    assert Widget.objects.get(id=made["id"]).tenant == harbor.tenant


def test_s22_an_agent_who_is_no_admin_reads_only(harbor, desk):
    harbor.ada.role = "agent"
    harbor.ada.save()
    assert str(harbor.widget.id) in {one["id"] for one in desk.get("widgets").json()["items"]}
    refused = [desk.post("widgets", {"name": "Mine"}), desk.patch(f"widgets/{harbor.widget.id}", {"name": "Mine"})]
    assert [one.status_code for one in refused] == [403, 403]
    assert not Widget.objects.filter(name="Mine").exists()


def test_s17_a_neighbours_widget_is_not_there(rival, desk):
    path = f"widgets/{rival.widget.id}"
    assert [desk.get(path).status_code, desk.patch(path, {"name": "Mine"}).status_code] == [404, 404]
    assert str(rival.widget.id) not in {one["id"] for one in desk.get("widgets").json()["items"]}


def test_a_widget_that_is_deleted_is_switched_off_and_stays(harbor, desk, guest):
    address = f"widgets/{harbor.widget.id}"
    assert harbor.desk(harbor.ben).delete(address).status_code == 403
    assert guest.get(address).status_code == 200
    for _ in range(2):
        assert desk.delete(address).status_code == 204
    assert desk.get(address).json()["is_active"] is False
    assert guest.get(address).status_code == 404
