"""Twenty runs under way, and the process is killed at a moment that nobody chose.

Every case is a real process with a whole fleet on a sandbox behind a real socket, and a journal on
a real disk. It sends itself a SIGKILL at a boundary that its seed draws, or some microseconds
after it; a second fleet takes up what it left. What was sent, what it caused and how it ended is
asked of the server.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.fleet_place import RUNNING, WALKING, Place
from tests.support.fleet_process import Life, struck
from workflow.runs.events import RunId
from workflow.runs.trigger import machine
from workflow.runs.trigger.moves import Post
from workflow.runs.trigger.state import Move, Phase, State

RUNS = 20
BOUNDARIES = 850
"""About as many as a fleet of twenty crosses from its launch to its last verdict."""
STORIES = (
    None,
    "slow-post:seconds=2s-12s",
    "cut-after:endpoint=createJob,probability=0.4",
    "lost-trigger:after=8s,answer=gateway,probability=0.4",
    "rate-limit:endpoint=createJob,probability=0.3",
    "double-job:probability=0.3",
)


def die_and_be_followed(place: Place, folder: Path, seed: int, **given: Any) -> list[str]:
    """Let a fleet die at a moment that its seed draws, or at one that is given."""
    rng = random.Random(seed)
    connections, since = place.connections(RUNS), place.heard()
    drawn = Life(
        name=f"first {seed}",
        base_url=place.server.base_url,
        clock=str(place.clock_file),
        journal=str(folder / "journal.db"),
        connections=connections,
        strike=rng.randrange(1, BOUNDARIES),
        delay=rng.choice((0.0, rng.random() * 0.003)),
        cancel=rng.random() < 0.2,
    )
    life, story = replace(drawn, **given), rng.choice(STORIES)
    with place.fault(story):
        place.clock.set(pace=WALKING)
        asyncio.run(struck(place.fleets.begin(life)))
        place.clock.set(pace=RUNNING)
        found = asyncio.run(place.take_up(folder / "journal.db"))
    broken = list(place.truth(connections, since).broken(found))
    return [f"{wrong} (seed {seed}, {story}, {life})" for wrong in broken]


@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_lost_or_sent_again_after_a_kill(
    place: Place, tmp_path: Path, seed: int
) -> None:
    assert die_and_be_followed(place, tmp_path, seed) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 300))
def test_nothing_is_lost_or_sent_again_however_many_kills(
    place: Place, tmp_path: Path, seed: int
) -> None:
    assert die_and_be_followed(place, tmp_path, seed) == []


def recovery_sends(patch: pytest.MonkeyPatch) -> None:
    def recover(order: Any, record: Any, *rest: Any, **given: Any) -> Move:
        state = State(order, phase=Phase.POST, intent=record.intent)
        return Move(state, Post(record.intent))

    patch.setattr(machine, "recover", recover)


def recovery_forgets(patch: pytest.MonkeyPatch) -> None:
    async def nothing(journal: Any, profile: str) -> frozenset[RunId]:
        return frozenset()

    patch.setattr("workflow.runs.journal.Journal.own_all", nothing)


@pytest.mark.parametrize("instead", [recovery_sends, recovery_forgets])
def test_a_start_that_does_it_wrong_is_caught(
    place: Place, tmp_path: Path, instead: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch)
    assert die_and_be_followed(place, tmp_path, 0, boundary="after POST", strike=10) != []
