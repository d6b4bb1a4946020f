"""S33 and S34 through the real doors: two server processes, PostgreSQL and Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from messenger.demo import credentials
from messenger.demo.set_up import SUPERUSER
from messenger.tests.conformance.client import Agent, Caller, Installation, sign_in

pytestmark = pytest.mark.stack

PASSWORD, NEW_PASSWORD = "walnut-gravel-91", "gravel-walnut-19"
# 2 s on a machine that has nothing else to do. By itself a socket would look after 45 s at the earliest.
SOON_S = 30
MAKE_AGENTS = """
import json
from messenger import actions
from messenger.models import Tenant
made = {}
for name in %r:
    agent = actions.create_agent(
        tenant=Tenant.objects.get(id=%r), email=f"{name}@live.example", display_name=name, role="admin", password=%r
    )
    token, key = actions.create_api_token(agent=agent, name=name)
    made[name] = {"agent": str(agent.id), "user": str(agent.user_id), "token": str(token.id), "key": key}
print(json.dumps(made))
"""


@pytest.fixture(scope="module")
def stack(bed):
    with bed.spawn_stack(database="postgres", redis=True, processes=2) as stack:
        yield stack


async def answer_to(caller: Caller, at: Installation) -> Any:
    """What one socket more is answered with: "welcome", or the code it is closed with."""
    async with at.line(caller.path) as line:
        await line.hello(caller.bearer)
        try:
            return (await line.hear())["t"]
        except ConnectionClosed as closed:  # Handled: the code is the answer.
            return closed.rcvd and closed.rcvd.code


async def test_s33_the_11th_socket_of_a_device_and_the_21st_of_an_agent_are_refused_anywhere(stack):
    places = Installation(stack, 0), Installation(stack, 1)
    visitor, neighbour = await places[0].visitor(), await places[0].visitor()
    for caller, most in ((visitor, 10), (places[0].team(1), 20)):
        async with AsyncExitStack() as held:
            lines = [await held.enter_async_context(caller.live(at=places[i % 2])) for i in range(most)]
            assert [await answer_to(caller, at) for at in places] == [4504, 4504]
            assert await answer_to(neighbour, places[1]) == "welcome", "others have seats of their own"
            await lines[0].socket.close()
            async with asyncio.timeout(SOON_S):
                while await answer_to(caller, places[1]) != "welcome":
                    await asyncio.sleep(0.1)
            for line in lines[1:]:
                assert await line.still_answers()


Door = Callable[["Office", str], Awaitable[None]]


class Office:
    """The superuser at the admin's pages, and what there is to know of each agent."""

    def __init__(self, at: Installation, made: dict[str, dict[str, str]], cookies: dict[str, str]) -> None:
        self.at, self.made, self.cookies = at, made, cookies

    async def submit(self, path: str, form: dict[str, Any]) -> None:
        """Send a form as a browser does; it must have been accepted."""
        token = _csrf_token(self.cookies)
        answer = await self._post(path, form, self.cookies)
        assert answer.status_code == 302 and "/login/" not in answer.headers["Location"], answer.text
        if session := answer.cookies.get("sessionid"):  # Setting a password gives the admin another session.
            self.cookies = {"Cookie": f"csrftoken={token}; sessionid={session}"}

    async def sign_out(self, cookies: dict[str, str]) -> None:
        """Press the inbox's button, as whoever has these cookies."""
        answer = await self._post("/inbox/logout/", {}, cookies)
        assert answer.status_code == 302, answer.text

    async def _post(self, path: str, form: dict[str, Any], cookies: dict[str, str]) -> httpx.Response:
        async with self.at.http() as http:
            headers = {**cookies, "X-CSRFToken": _csrf_token(cookies), "Origin": self.at.origin}
            return await http.post(path, data=form, headers=headers)

    async def change_agent(self, name: str, **form: str) -> None:
        rest = {"display_name": name, "availability": "online", "avatar_url": ""}
        await self.submit(f"/admin/messenger/agent/{self.made[name]['agent']}/change/", {**rest, **form})

    async def change_user(self, name: str, page: str, **form: str) -> None:
        await self.submit(f"/admin/messenger/user/{self.made[name]['user']}/{page}/", form)


def _csrf_token(cookies: dict[str, str]) -> str:
    return cookies["Cookie"].partition("csrftoken=")[2].partition(";")[0]


async def lower_role(office: Office, name: str) -> None:
    await office.change_agent(name, role="agent", is_active="on")


async def switch_off_agent(office: Office, name: str) -> None:
    await office.change_agent(name, role="admin")


async def switch_off_account(office: Office, name: str) -> None:
    await office.change_user(name, "change", email=f"{name}@live.example", first_name="", last_name="")


async def set_password(office: Office, name: str) -> None:
    passwords = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    await office.change_user(name, "password", usable_password="true", **passwords)


async def revoke_token(office: Office, name: str) -> None:
    form = {"action": "revoke", "_selected_action": office.made[name]["token"]}
    await office.submit("/admin/messenger/apitoken/", form)


DOORS: dict[str, Door] = {
    "lowered": lower_role,
    "deactivated": switch_off_agent,
    "account": switch_off_account,
    "password": set_password,
    "program": revoke_token,
}


def login_of(name: str) -> dict[str, str]:
    return {"email": f"{name}@live.example", "password": PASSWORD}


@pytest.fixture(scope="module")
def made(stack):
    """An agent for each door, one who signs out, and one to whom nothing happens."""
    script = MAKE_AGENTS % ([*DOORS, "leaver", "witness"], stack.demo["tenants"][0]["id"], PASSWORD)
    return json.loads(stack.manage("shell", "-c", script).splitlines()[-1])


async def agents_page(at: Installation, name: str, held: AsyncExitStack) -> tuple[Any, dict[str, str]]:
    """A welcomed socket of that agent's inbox, and the cookies it was opened with."""
    cookies = await sign_in(at, login_of(name))
    line = await held.enter_async_context(at.line("/ws/inbox", origin=at.origin, additional_headers=cookies))
    await line.hello(None)
    assert (await line.hear())["t"] == "welcome"
    return line, cookies


async def test_s34_whatever_ends_an_agents_credentials_ends_the_socket_soon(stack, made):
    here, there = Installation(stack, 0), Installation(stack, 1)
    root = await sign_in(here, {"email": SUPERUSER, "password": credentials.password(SUPERUSER)})
    office = Office(here, made, root)
    async with AsyncExitStack() as held:
        witness, _ = await agents_page(there, "witness", held)
        lines = {name: (await agents_page(there, name, held))[0] for name in DOORS if name != "program"}
        lines["program"] = await held.enter_async_context(Agent(there, made["program"]["key"]).live())
        for name, act in DOORS.items():
            await act(office, name)
            assert await lines[name].close_code(within_s=SOON_S) == 4500, name
        leaver, cookies = await agents_page(there, "leaver", held)
        await office.sign_out(cookies)
        assert await leaver.close_code(within_s=SOON_S) == 4500
        assert await witness.still_answers(), "nothing happened to this one"
