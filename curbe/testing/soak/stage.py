"""Where a cell is played: a fresh stack behind proxies, and people who write to each other through them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from curbe.testing.bed import Bed, Kind
from curbe.testing.postgres import PostgresServer
from curbe.testing.redis_server import RedisServer
from curbe.testing.soak.clients import Client, Company, Desk, Visitor, World
from curbe.testing.soak.faults import ALONE, SPLIT, Fault
from curbe.testing.soak.history import History, now
from curbe.testing.soak.proxy import HttpLine, NudgeLine, Proxy
from curbe.testing.soak.sockets import Follower
from curbe.testing.stack import Server, Stack

T = TypeVar("T")
_LOOK_S = 0.05
# How much is still said after a fault has healed, so that recovery is part of the history.
_AFTERWARDS = 0.05


@dataclass(frozen=True)
class Crowd:
    """How many people: with a socket, without one until the end, and at the rival company."""

    watching: int = 9
    away: int = 18
    rivals: int = 3


@dataclass(frozen=True)
class Servers:
    """Those that a fault may kill: ours alone."""

    bed: Bed
    postgres: PostgresServer
    redis: RedisServer


class Stage:
    """One cell while it is played."""

    stack: Stack

    def __init__(self, servers: Servers, database: Kind, fault: Fault, sends: int, seconds: float) -> None:
        self._servers, self._database, self._fault = servers, database, fault
        self._sends, self._seconds = sends, seconds
        self._goal, self._ends_at = sends, now() + seconds
        self._is_broken = True
        self.postgres = servers.postgres if database == "postgres" else None
        self.redis = servers.redis
        self.history = History()
        self.door, self.sockets, self.slow_sockets = Proxy(HttpLine), Proxy(), Proxy()
        self.layer = Proxy(NudgeLine, [_port(servers.redis.url)])
        self.world = World(self.history, "", [], self.wants_more)
        self.visitors: list[Visitor] = []
        self.away: list[Visitor] = []
        self.desks: list[Desk] = []
        self.followers: dict[str, Follower] = {}
        self._following: list[asyncio.Task[None]] = []
        # What the server processes wrote, once it is over.
        self.logs: list[str] = []

    @property
    def processes(self) -> range:
        return range(len(self.stack.base_urls))

    async def set_up(self, crowd: Crowd) -> None:
        """Start everything, and begin every conversation."""
        await self.layer.start()
        kinds = self._kinds()
        self.stack = await self.run(self._spawn, kinds)
        await self._put_proxies_before(list(zip(map(_port, self.stack.base_urls), kinds, strict=True)))
        self.world.http_url = f"http://127.0.0.1:{self.door.port}"
        self.world.companies = [_company(one) for one in self.stack.demo["tenants"]]
        self._invite(crowd)
        await self._begin()
        self._ends_at = now() + self._seconds

    async def _put_proxies_before(self, processes: list[tuple[int, Server]]) -> None:
        self.door.ports = [port for port, kind in processes if kind != "realtime"]
        self.sockets.ports = self.slow_sockets.ports = [port for port, kind in processes if kind != "web"]
        for proxy in (self.door, self.sockets, self.slow_sockets):
            await proxy.start()

    def _kinds(self) -> tuple[Server, ...]:
        if self._database == "sqlite":
            return SPLIT if self._fault.needs_redis else ALONE
        return self._fault.servers

    def _spawn(self, kinds: tuple[Server, ...]) -> Stack:
        layer = {"REDIS_URL": f"redis://127.0.0.1:{self.layer.port}/0"} if len(kinds) > 1 else {}
        env = {"RATE_LIMITS": "off", "LOG_LEVEL": "WARNING", **layer}
        return self._servers.bed.spawn_stack(self.postgres or "sqlite", server=kinds, env=env)

    def _invite(self, crowd: Crowd) -> None:
        home, rival = self.world.companies
        self.visitors = [Visitor(self.world, home, f"visitor-{i}") for i in range(crowd.watching)]
        self.visitors += [Visitor(self.world, rival, f"visitor-{i}") for i in range(crowd.rivals)]
        self.away = [Visitor(self.world, home, f"away-{i}") for i in range(crowd.away)]
        self.visitors += self.away
        colleague = next(agent for agent in home.agents if agent["role"] != "admin")
        self.desks = [Desk(self.world, home, "colleague", colleague)]
        self.desks += [Desk(self.world, home, "program"), Desk(self.world, rival, "program")]

    async def _begin(self) -> None:
        """Everybody signs in, every visitor says something, and those who watch open their sockets."""
        for visitor in self.visitors:
            await visitor.begin()
        for desk in self.desks:
            await desk.sign_in()
            desk.conversation_ids = [one.conversation_id for one in self.visitors if one.company is desk.company]
        for client in self.clients:
            follower = self.followers[client.name] = self._follower(client)
            await follower.boot()
            if client not in self.away:
                self._follow(follower)

    def _follower(self, client: Client) -> Follower:
        """An agent and two visitors have the slow line, which is slow in one of the cells only."""
        is_slow = self._fault.name == "slow-reader" and client in (*self.visitors[:2], self.desks[0])
        port = self.slow_sockets.port if is_slow else self.sockets.port
        follower = Follower(client, f"ws://127.0.0.1:{port}/ws/{'inbox' if client.is_team else 'messenger'}")
        follower.watch.is_slow = is_slow
        return follower

    @property
    def clients(self) -> list[Client]:
        return [*self.visitors, *self.desks]

    def _follow(self, follower: Follower) -> None:
        self._following.append(asyncio.create_task(follower.run(), name=follower.client.name))

    def come_back(self) -> None:
        """Those who were away open their sockets, with the cursor of long ago."""
        for visitor in self.away:
            self._follow(self.followers[visitor.name])

    def gave_up(self) -> list[str]:
        """What made a client stop following, which it never should."""
        ended = [task for task in self._following if task.done()]
        return [f"{task.get_name()}: stopped following by {task.exception()!r}" for task in ended]

    # What people and faults go by

    def wants_more(self) -> bool:
        """Whether people go on writing: until all is said and the fault is over, or the time is up."""
        return now() < self._ends_at and (self._is_broken or self.history.acked < self._goal)

    def healed(self) -> None:
        """The fault is over; a little is said afterwards."""
        self._is_broken = False
        self._goal = max(self._sends, self.history.acked + max(20, int(self._sends * _AFTERWARDS)))

    async def reaches(self, share: float) -> None:
        """Return when this share of what is to be said was acknowledged, or when the time is up."""
        while self.history.acked < share * self._sends and now() < self._ends_at:
            await asyncio.sleep(_LOOK_S)

    async def lasts(self, seconds: float, until: float) -> None:
        """Return after so many seconds at least, and not before that share was reached."""
        await asyncio.sleep(seconds)
        await self.reaches(until)

    async def run(self, act: Callable[..., T], *arguments: Any) -> T:
        """Something that blocks, beside everything else."""
        return await asyncio.to_thread(act, *arguments)

    async def close(self) -> None:
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)
        for client in self.clients:
            await client.http.aclose()
        for proxy in (self.door, self.sockets, self.slow_sockets, self.layer):
            await proxy.close()
        if hasattr(self, "stack"):
            self.logs = [self.stack.logs(i) for i in self.processes]
            await self.run(self.stack.close)


def _port(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def _company(tenant: dict[str, Any]) -> Company:
    return Company(tenant["slug"], tenant["widgets"][0]["id"], tenant["api_token"], tenant["agents"])
