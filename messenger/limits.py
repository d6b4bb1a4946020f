"""How often something may happen. Limits charge effects, so that who does no harm is never in the way of a limit.

A door asks `spare` before it acts, and charges what happened afterwards. Counters live in Redis when there is one, so
that all processes share them, else in this process. Their names are keyed hashes: no address or e-mail is in the store.
A key with an empty part names nobody and is not counted: a server on a unix socket does not know where people are, and
all of them would be one.
"""

from __future__ import annotations

import math
import time
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

import structlog
from django.conf import settings
from django.utils.crypto import salted_hmac
from throttled import BaseStore, MemoryStore, RateLimiterType, RedisStore, Throttled, per_duration
from throttled.exceptions import StoreUnavailableError
from throttled.rate_limiter import RateLimitState

from .errors import SignInUnavailable, TooManyRequests

log = structlog.get_logger(__name__)

_MOST_COUNTERS = 100_000
# A store that does not answer within the first is not asked again within the second.
_PATIENCE_S = 0.5
_PAUSE_S = 5


class Limit(StrEnum):
    """What is limited, and per whom: a network is one address, or the /64 of an IPv6 address."""

    NEW_DEVICE = "new-device"  # per tenant and network
    NEW_CONVERSATION = "new-conversation"  # per device
    CROWD_CONVERSATION = "crowd-conversation"  # the same per tenant and network
    FAILED_PROOF = "failed-proof"  # per tenant and network
    UPLOAD = "upload"  # per device
    CROWD_UPLOAD = "crowd-upload"  # the same per tenant and network
    UPLOAD_BYTES = "upload-bytes"  # per device, in MiB begun
    CROWD_UPLOAD_BYTES = "crowd-upload-bytes"  # the same per tenant and network
    SEND = "send"  # per device
    CROWD_SEND = "crowd-send"  # the same per tenant and network
    MAIL = "mail"  # per agent: conversations sent by e-mail
    CROWD_MAIL = "crowd-mail"  # the same per tenant
    SUGGESTION = "suggestion"  # per agent: answers that the assistant suggests
    SEARCH = "search"  # per device: questions to the help
    LOOK_UP = "look-up"  # per device; whatever leaves nothing behind: reads, replays, known devices
    SIGN_IN_ACCOUNT = "sign-in-account"  # per e-mail address; failures
    SIGN_IN_ADDRESS = "sign-in-address"  # per network; failures

    @property
    def fails_closed(self) -> bool:
        """Without the store, passwords could be guessed at will; a chat that cannot be counted is still a chat."""
        return self in {Limit.SIGN_IN_ACCOUNT, Limit.SIGN_IN_ADDRESS}


_MINUTE, _QUARTER, _HOUR = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1)
_QUOTAS = {
    Limit.NEW_DEVICE: (30, _MINUTE),
    Limit.NEW_CONVERSATION: (30, _MINUTE),
    Limit.CROWD_CONVERSATION: (300, _MINUTE),
    Limit.FAILED_PROOF: (20, _MINUTE),
    Limit.UPLOAD: (10, _MINUTE),
    Limit.CROWD_UPLOAD: (100, _MINUTE),
    Limit.UPLOAD_BYTES: (50, _HOUR),
    Limit.CROWD_UPLOAD_BYTES: (500, _HOUR),
    Limit.SEND: (60, _MINUTE),
    Limit.CROWD_SEND: (600, _MINUTE),
    Limit.MAIL: (20, _HOUR),
    Limit.CROWD_MAIL: (200, _HOUR),
    Limit.SUGGESTION: (20, _MINUTE),
    Limit.SEARCH: (30, _MINUTE),
    Limit.LOOK_UP: (300, _MINUTE),
    Limit.SIGN_IN_ACCOUNT: (5, _QUARTER),
    Limit.SIGN_IN_ADDRESS: (30, _QUARTER),
}


def spare(limit: Limit, *key: object) -> None:
    """Take nothing, and raise TooManyRequests when nothing is left for this key."""
    _ask(limit, key, takes=0)


def charge(limit: Limit, *key: object, cost: int = 1) -> None:
    """Take one, or as many as it costs, or raise TooManyRequests when so much is not left for this key."""
    _ask(limit, key, takes=cost)


def count(limit: Limit, *key: object, cost: int = 1) -> None:
    """Take one, or as many as it costs, for what has happened already and therefore cannot be refused any more."""
    try:
        charge(limit, *key, cost=cost)
    except TooManyRequests:
        return  # Handled: a racer took the last one, and whoever comes next is refused.


def forget() -> None:
    """Begin anew, with the present settings: the counters of this process are gone. For tests."""
    _meter.cache_clear()


def _ask(limit: Limit, key: tuple[object, ...], *, takes: int) -> None:
    """Raises SignInUnavailable for a limit that fails closed while the store is away."""
    if settings.RATE_LIMITS is None or "" in key:
        return
    words = "|".join(map(str, key))
    name = salted_hmac(f"curbe.limit.{limit}", words, secret=settings.PEPPER, algorithm="sha256").hexdigest()
    try:
        wait_s = _meter(settings.REDIS_URL, settings.RATE_LIMITS).wait_s(limit, name, takes=takes)
    except _StoreAway as error:
        if limit.fails_closed:
            raise SignInUnavailable(retry_after_s=_PAUSE_S) from error
        return  # Handled: an uncounted chat is better than none.
    if wait_s:
        raise TooManyRequests(retry_after_s=wait_s)


class _StoreAway(Exception):
    """Redis does not answer, or did not a moment ago."""


class _Meter:
    """The counters of one installation, with quotas at one scale; passwords have a store that nothing else can fill."""

    def __init__(self, store: BaseStore, of_passwords: BaseStore, factor: float) -> None:
        self._throttles = {
            limit: _throttle(of_passwords if limit.fails_closed else store, limit, factor) for limit in Limit
        }
        self._away_until = 0.0

    def wait_s(self, limit: Limit, name: str, *, takes: int) -> int:
        """Return in how many whole seconds there is one to take: 0 for now. Raises _StoreAway."""
        if time.monotonic() < self._away_until:
            raise _StoreAway()
        throttle = self._throttles[limit]
        try:
            return _take(throttle, name, takes) if takes else _look(throttle, name)
        except StoreUnavailableError as error:
            self._pause(error)
            raise _StoreAway() from error

    def _pause(self, error: StoreUnavailableError) -> None:
        """Requests do not wait for a store that is away, one after the other, and the log says it once."""
        if time.monotonic() >= self._away_until:
            log.warning("limits_unavailable", reason=type(error.__cause__).__name__, pause_s=_PAUSE_S)
        self._away_until = time.monotonic() + _PAUSE_S


@lru_cache(maxsize=4)
def _meter(redis_url: str, factor: float) -> _Meter:
    if not redis_url:
        return _Meter(_memory(), _memory(), factor)
    patience = {"SOCKET_TIMEOUT": _PATIENCE_S, "SOCKET_CONNECT_TIMEOUT": _PATIENCE_S}
    store = RedisStore(server=redis_url, options=patience)
    return _Meter(store, store, factor)


def _memory() -> MemoryStore:
    return MemoryStore(options={"MAX_SIZE": _MOST_COUNTERS})


def _throttle(store: BaseStore, limit: Limit, factor: float) -> Throttled:
    number, period = _QUOTAS[limit]
    quota = per_duration(period, max(1, round(number * factor)))
    return Throttled(using=RateLimiterType.GCRA.value, quota=quota, store=store, key_prefix=f"curbe:{limit}")


def _take(throttle: Throttled, name: str, cost: int) -> int:
    result = throttle.limit(name, cost=cost)
    return _until_one(throttle, result.state) if result.limited else 0


def _look(throttle: Throttled, name: str) -> int:
    state = throttle.peek(name)
    return _until_one(throttle, state) if state.remaining < 1 else 0


def _until_one(throttle: Throttled, state: RateLimitState) -> int:
    """Rounded up. From when all is there again, because a peek's own `retry_after` counts from the wrong end."""
    quota = throttle.limiter.quota
    return max(1, math.ceil(state.reset_after - (quota.burst - 1) * quota.emission_interval))
