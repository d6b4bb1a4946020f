"""Conformance: every frame, every refusal and every place to resume from, on a server as `make run` starts it."""

from __future__ import annotations

import asyncio

import pytest

from messenger.tests.conformance import closing, frames, refusals, resuming  # noqa: F401  They list the cases.
from messenger.tests.conformance.client import CASES, SLOW_CASES, Installation


@pytest.fixture(scope="module")
def installation(bed):
    with bed.spawn_stack(env={"RATE_LIMITS": "off"}) as stack:
        yield Installation(stack)


@pytest.mark.stack
@pytest.mark.parametrize("name", CASES)
async def test_the_server_conforms(installation, name):
    await CASES[name](installation)


@pytest.mark.stack
async def test_the_server_conforms_where_that_takes_a_while(installation):
    """All at the same time; each failure is named."""
    ended = await asyncio.gather(*(check(installation) for check in SLOW_CASES.values()), return_exceptions=True)
    failures = [error for error in ended if error is not None]
    for name, error in zip(SLOW_CASES, ended, strict=True):
        if error is not None:
            error.add_note(f"in the case {name!r}")
    if failures:
        raise BaseExceptionGroup(f"{len(failures)} of {len(SLOW_CASES)} cases", failures)


@pytest.mark.stack
def test_nothing_of_that_was_an_error_of_the_server(installation):
    """Whatever clients sent, it was refused on purpose. That text is not UTF-8 is for the library below to say."""
    lines = installation.stack.logs().splitlines()
    errors = [line for line in lines if '"level": "error"' in line and "Invalid UTF-8 sequence" not in line]
    assert not errors


@pytest.mark.stack
async def test_a_server_that_ends_says_bye_and_4001(installation):
    visitor = await installation.visitor()
    async with visitor.live() as line, installation.team().live() as ours:
        ending = asyncio.create_task(asyncio.to_thread(installation.stack.terminate))
        for one in (line, ours):
            bye = await one.hear("bye")
            assert set(bye) == {"t", "code", "retry_ms"}
            assert (bye["code"], await one.close_code()) == (4001, 4001)
        await ending


def test_there_are_at_least_40_cases():
    assert len(CASES) + len(SLOW_CASES) >= 40
