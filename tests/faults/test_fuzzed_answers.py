"""Answers that no server should give, to a whole fleet in the middle of its runs.

While they last every run goes stale and says why in one sentence; none ends, none is lost, memory
stays bounded. When the server speaks plainly again each run comes to the verdict that is true.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.fleets import STEADY, Deck, Scene, scene
from tests.support.virtual_time import START, run_virtual
from workflow.runs.events import PollFailed, Verdict
from workflow.runs.launch import Order
from workflow.runs.run import RunState
from workflow.sandbox.behaviour import Behaviour

MOST_MEMORY = 60 << 20
"""Bytes: a body is read up to 16 MiB, and parsed; a hundred are never held."""
BOMB = gzip.compress(b" " * (64 << 20))
Spoil = Callable[[bytes], httpx.Response]


class Bytes(httpx.AsyncByteStream):
    """A body in pieces, which may go on for ever or stop in the middle."""

    def __init__(self, piece: bytes, times: int | None, pause: float = 0.0) -> None:
        self._piece = piece
        self._times = times
        self._pause = pause

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        while self._times is None or count < self._times:
            count += 1
            yield self._piece
            await asyncio.sleep(self._pause)


def plain(content: bytes, **headers: str) -> httpx.Response:
    return httpx.Response(200, headers=headers, stream=Bytes(content, 1))


def numbers_as(word: str) -> Spoil:
    return lambda true: plain(re.sub(rb'("jobId":\s*)\d+', rb"\g<1>" + word.encode(), true))


def typed(name: str, value: object) -> Spoil:
    """Give a field another type, wherever it is."""

    def spoil(true: bytes) -> httpx.Response:
        return plain(json.dumps(_with(json.loads(true), name, value)).encode())

    return spoil


def _with(body: Any, name: str, value: object) -> Any:
    if isinstance(body, list):
        return [_with(one, name, value) for one in body]
    if isinstance(body, dict):
        return {k: value if k == name else _with(v, name, value) for k, v in body.items()}
    return body


def twice(true: bytes) -> httpx.Response:
    return plain(re.sub(rb'"status":', b'"status":"succeeded","status":', true))


KINDS: dict[str, Spoil] = {
    "truncated": lambda true: plain(true[: len(true) // 2]),
    "cut at the last byte": lambda true: plain(true[:-1]),
    "empty": lambda _: plain(b""),
    "a web page": lambda _: plain(b"<!DOCTYPE html><html><body>Please log in</body></html>"),
    "a null": lambda _: plain(b"null"),
    "a list": lambda _: plain(b"[]"),
    "a text": lambda _: plain(b'"succeeded"'),
    "an empty object": lambda _: plain(b"{}"),
    "an id that is a text": numbers_as('"one"'),
    "an id that is true": numbers_as("true"),
    "an id of 10,000 digits": numbers_as("9" * 10_000),
    "an id beyond 64 bits": numbers_as("9" * 30),
    "an id that is NaN": numbers_as("NaN"),
    "an id that is infinite": numbers_as("1e999"),
    "a status that is a number": typed("status", 7),
    "a status that is null": typed("status", None),
    "a status that is an object": typed("status", {"is": "succeeded"}),
    "a status that is empty": typed("status", ""),
    "a name twice": twice,
    "another encoding": lambda true: plain(true.decode().encode("utf-16")),
    "bytes that are no text": lambda true: plain(true + b"\xff\xfe\xff"),
    "said to be gzip": lambda true: plain(true, **{"content-encoding": "gzip"}),
    "half a gzip": lambda true: plain(gzip.compress(true)[:-9], **{"content-encoding": "gzip"}),
    "an encoding nobody knows": lambda true: plain(true, **{"content-encoding": "zstd"}),
    "nested 100,000 deep": lambda _: plain(b"[" * 100_000),
    "a hundred megabytes": lambda _: httpx.Response(200, stream=Bytes(b" " * (1 << 20), 100)),
    "a bomb": lambda _: plain(BOMB, **{"content-encoding": "gzip"}),
    "never-ending": lambda _: httpx.Response(200, stream=Bytes(b" ", None, pause=1.0)),
    "never-ending and quick": lambda _: httpx.Response(200, stream=Bytes(b"x" * 65_536, None)),
    "a header for an answer": lambda _: httpx.Response(204),
}


@dataclass
class Spoiler(httpx.AsyncBaseTransport):
    """The way to the sandbox; while `spoil` is set, the answers it aims at are spoilt."""

    inner: httpx.AsyncBaseTransport
    spoil: Spoil | None = None
    aims_at: Callable[[httpx.Request], bool] = lambda request: request.method == "GET"
    spoilt: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        if self.spoil is None or not self.aims_at(request) or answer.status_code != 200:
            return answer
        self.spoilt += 1
        true = await answer.aread()
        spoilt = self.spoil(true)
        spoilt.headers.setdefault("date", answer.headers.get("date", ""))
        return spoilt

    @contextmanager
    def speaking(self, spoil: Spoil) -> Iterator[None]:
        self.spoil = spoil
        try:
            yield
        finally:
            self.spoil = None


@dataclass
class Seen:
    """What came of runs whose server spoke nonsense for a while."""

    stale: list[RunState] = field(default_factory=list)
    at: datetime = START
    """When they were looked at."""
    ended: list[RunState] = field(default_factory=list)
    reasons: set[str] = field(default_factory=set)
    posts: int = 0
    truth: dict[int, str] = field(default_factory=dict)


FAILS = Behaviour(
    duration=100.0, spread=0.0, rows=90, past_jobs=0, pending=4.0, failure_chance=1.0,
    max_attempts=1,
)  # fmt: skip


def spoilt_world() -> tuple[Scene, Spoiler]:
    world = scene()
    wire = Spoiler(world.box.transport)
    return replace(world, box=replace(world.box, transport=wire)), wire


async def in_the_middle(spoil: Spoil, count: int, lasts: float = 90.0) -> Seen:
    """Spoil every read for a while when so many runs are under way."""
    world, wire = spoilt_world()
    seen = Seen()
    targets = tuple(world.connection(FAILS if n % 2 else STEADY) for n in range(count))
    async with world.deck() as deck:
        await deck.fleet.launch(Order(targets, max_parallel=count))
        await deck.until(lambda: all(r.status == "running" for r in deck.fleet.runs.values()))
        with wire.speaking(spoil):
            await world.clock.sleep(lasts)
            seen.stale, seen.at = list(deck.fleet.runs.values()), world.clock.now()
        assert wire.spoilt > 0
        await deck.fleet.end()
        judge(seen, world, deck)
    return seen


def judge(seen: Seen, world: Scene, deck: Deck) -> None:
    seen.ended = list(deck.fleet.runs.values())
    facts = [event.fact for event in deck.told]
    seen.reasons = {fact.reason for fact in facts if isinstance(fact, PollFailed)}
    seen.posts = world.posts()
    seen.truth = {int(job.id): job.status.value for job in world.world.jobs}


def not_a_sentence(reason: str) -> bool:
    """Whether a text is more or less than one clear sentence for people."""
    one_line = reason.isprintable() and reason.endswith(".") and reason[0].isupper()
    return not one_line or len(reason) > 400 or "Traceback" in reason or "Error(" in reason


def looks_stale(run: RunState, now: datetime) -> bool:
    """Whether anybody who looks can see that what is shown is not the present."""
    age = now - run.read_at if run.read_at is not None else timedelta.max
    return run.failing is not None or age > timedelta(seconds=60)


def wrong(seen: Seen) -> list[str]:
    """Say what was not as promised."""
    faults = [f"{r.run} has ended: {r.verdict}" for r in seen.stale if r.verdict is not None]
    faults += [f"{r.run} does not look stale" for r in seen.stale if not looks_stale(r, seen.at)]
    faults += [] if seen.reasons else ["nobody was told"]
    faults += [f"not a sentence: {reason!r}" for reason in seen.reasons if not_a_sentence(reason)]
    faults += [f"{r.run} still looks stale" for r in seen.ended if r.failing is not None]
    for run in seen.ended:
        true = seen.truth.get(run.job_id or 0)
        if run.verdict is None or run.verdict.value != true:
            faults.append(f"{run.run} is {run.verdict}, its job {true}: {run.why}")
    if seen.posts != len(seen.ended):
        faults.append(f"{seen.posts} triggers for {len(seen.ended)} runs")
    return faults


@pytest.mark.parametrize("count", [1, 4], ids=["one run", "four runs"])
@pytest.mark.parametrize("kind", KINDS)
def test_nonsense_makes_runs_stale_and_not_dead(kind: str, count: int) -> None:
    assert wrong(run_virtual(in_the_middle(KINDS[kind], count))) == []


@pytest.mark.parametrize("kind", ["a hundred megabytes", "a bomb", "never-ending and quick"])
def test_an_answer_without_end_takes_no_memory(kind: str) -> None:
    tracemalloc.start()
    try:
        run_virtual(in_the_middle(KINDS[kind], 1, lasts=20.0))
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_nonsense_for_an_answer_to_the_trigger_is_settled_by_looking(kind: str) -> None:
    async def story() -> list[str]:
        world, wire = spoilt_world()
        wire.aims_at = lambda request: request.method == "POST"
        wire.spoil = KINDS[kind]
        async with world.deck() as deck:
            run = await deck.run_one(world.connection())
            reasons = [str(run.why)]
        assert world.posts() == 1
        true = {int(job.id): job.status.value for job in world.world.jobs}.get(run.job_id or 0)
        assert (run.verdict, true) == (Verdict.SUCCEEDED, "succeeded")
        return reasons

    run_virtual(story())


@pytest.mark.parametrize("kind", KINDS)
def test_nonsense_before_the_trigger_sends_nothing_until_it_is_over(kind: str) -> None:
    async def story() -> None:
        world, wire = spoilt_world()
        target = world.connection()
        world.foreign_job(target)
        await world.clock.sleep(300.0)  # it is over, and there is a past to be spoilt
        async with world.deck() as deck:
            with wire.speaking(KINDS[kind]):
                await deck.fleet.launch(Order((target,)))
                await world.clock.sleep(100.0)
                assert world.posts() == 0
                (before,) = deck.fleet.runs.values()
            await deck.fleet.end()
            seen = Seen()
            judge(seen, world, deck)
        assert before.verdict is None
        assert wrong(seen) == []

    run_virtual(story())


def allowed(fault: str) -> bool:
    """Noise may leave an answer as good as it was, or make it another job's."""
    harmless = "does not look stale" in fault or fault == "nobody was told"
    return harmless or "history changed" in fault or "has ended: unresolved" in fault


@given(st.binary(max_size=300), st.integers(0, 3))
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_bytes_at_all_leave_every_run_to_its_true_end(noise: bytes, where: int) -> None:
    def spoil(true: bytes) -> httpx.Response:
        cut = len(true) * where // 3
        return plain(true[:cut] + noise + true[cut:])

    seen = run_virtual(in_the_middle(spoil, 1, lasts=30.0))
    assert [fault for fault in wrong(seen) if not allowed(fault)] == []
