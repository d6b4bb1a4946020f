"""An agent mutes a conversation: for themself alone, and without taking part in it."""

from __future__ import annotations

import pytest

from messenger import streams
from messenger.models import Participant, Team, TeamMember

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(chat):
    return f"conversations/{chat['conversation']['id']}"


def mute(desk, path, on=True):
    answer = desk.put(f"{path}/mute", {"on": on})
    assert answer.status_code == 200, answer.content
    return answer.json()


def names(conversation):
    return [one["name"] for one in conversation["participants"] if one["kind"] == "agent"]


def test_it_is_muted_for_one_agent_until_they_say_otherwise(harbor, guest, desk, path):
    ben = harbor.desk(harbor.ben)
    before = guest.get(path).json()
    team, visitor = streams.team_stream(harbor.tenant.id), streams.contact_stream(guest.contact)
    for on in (True, True, False, False, True):
        assert mute(desk, path, on)["muted"] is on
        (listed,) = desk.get("conversations").json()["items"]
        assert listed["muted"] is on
        assert ben.get(path).json()["muted"] is False
    assert guest.get(path).json() == before
    # No log tells of it.
    for stream in (team, visitor):
        head = stream.head_seq
        stream.refresh_from_db()
        assert stream.head_seq == head


def test_every_event_says_it_to_whom_it_concerns(harbor, guest, desk, path):
    ben = harbor.desk(harbor.ben)
    mute(desk, path)
    guest.say(path.removeprefix("conversations/"), "And another thing")
    stream = streams.team_stream(harbor.tenant.id)
    told = {
        one.agent.display_name: streams.events_after(stream, stream.head_seq - 1, 10, agent=one.agent)[-1].payload
        for one in (desk, ben)
    }
    assert {name: payload["conversation"]["muted"] for name, payload in told.items()} == {"Ada": True, "Ben": False}


def invite(harbor, thread):
    harbor.desk(harbor.ben).post(f"conversations/{thread}/participants", {"agent_id": str(harbor.ada.id)})


def assign(harbor, thread):
    harbor.desk(harbor.ben).post(f"conversations/{thread}/assign", {"agent_id": str(harbor.ada.id)})


def reply(harbor, thread):
    harbor.desk().reply(thread, "Hello")


def take_turns(harbor, thread):
    team = Team.objects.create(tenant=harbor.tenant, name="Support", round_robin=True)
    TeamMember.objects.create(tenant=harbor.tenant, team=team, agent=harbor.ada)
    harbor.desk(harbor.ben).post(f"conversations/{thread}/assign", {"team_id": str(team.id)})


@pytest.mark.parametrize("joins", [invite, assign, reply, take_turns])
def test_who_has_only_muted_it_takes_no_part_until_they_do(harbor, desk, path, joins):
    ben, thread = harbor.desk(harbor.ben), path.removeprefix("conversations/")
    mute(desk, path)
    assert names(ben.get(path).json()) == []
    # They may bring in a colleague, as anybody may, and stay out themselves.
    invited = desk.post(f"{path}/participants", {"agent_id": str(harbor.ben.id)})
    assert (invited.status_code, names(invited.json())) == (200, ["Ben"])
    joins(harbor, thread)
    assert names(ben.get(path).json()) == ["Ben", "Ada"], "in the order in which they came"
    assert desk.get(path).json()["muted"] is True, "taking part changes nothing about it"


def test_who_takes_part_goes_on_taking_part(harbor, desk, path):
    desk.reply(path.removeprefix("conversations/"), "Hello")
    assert names(mute(desk, path)) == names(mute(desk, path, False)) == ["Ada"]


def test_unmuting_what_nobody_muted_leaves_no_trace(desk, path):
    assert mute(desk, path, False)["muted"] is False
    assert not Participant.objects.filter(agent=desk.agent).exists()


@pytest.mark.parametrize("body", [{}, {"on": None}, {"on": "perhaps"}])
def test_it_is_yes_or_no(desk, path, body):
    assert desk.put(f"{path}/mute", body).status_code == 422
    assert desk.get(path).json()["muted"] is False
