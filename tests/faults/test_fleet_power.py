"""The power of a whole fleet is cut at any moment; what its server was sent is not forgotten."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.fleet_power import FIRST, SECOND, Cut, Played, play
from tests.support.power_disk import Leaves
from tests.support.powerloss import NoSuchLayerError
from workflow.runs.journal import writer as journal_writer

STORIES: tuple[dict[str, Any], ...] = (
    {},
    {"cancel": True},
    {"faults": ("cut-after:endpoint=createJob,probability=0.5",)},
    {"faults": ("lost-trigger:after=12s,answer=gateway,probability=0.5",)},
    {"faults": ("slow-post:seconds=15s", "rate-limit:endpoint=createJob,probability=0.3")},
)
SHARED: tuple[dict[str, Any], ...] = (
    {"two": True},
    {"two": True, "cancel": True},
    {"two": True, "faults": ("lost-trigger:after=12s,answer=gateway,probability=0.5",)},
)


@pytest.fixture
def quick_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what is synced is the layer's business here."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


def played(cut: Cut, folder: Path) -> Played:
    folder.mkdir()
    try:
        return play(cut, folder)
    except NoSuchLayerError as why:
        pytest.skip(str(why))


def cuts(story: dict[str, Any], folder: Path, count: int, seed: int = 1) -> Iterator[Played]:
    """Play a story to its end to learn how many moments it has, then cut it at some of them."""
    whole = played(Cut(0, **story), folder / "whole")
    assert not whole.struck
    assert whole.broken() == []
    rng = random.Random(seed)
    for number in range(count):
        leaves = rng.choice(tuple(Leaves))
        at = rng.randrange(1, whole.moments)
        yield played(Cut(at, leaves, number, **story), folder / str(number))


@pytest.mark.parametrize(
    ("count", "seed"), [(10, 1), pytest.param(200, 2, marks=pytest.mark.slow)], ids=["some", "many"]
)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story) or "no fault")
def test_nothing_is_lost_or_sent_again_after_a_power_loss(
    quick_disk: Path, story: dict[str, Any], count: int, seed: int
) -> None:
    wrong = []
    for case in cuts(story, quick_disk, count, seed):
        assert case.struck
        wrong += case.broken()
    assert wrong == []


@pytest.mark.parametrize(
    "every", [53, pytest.param(1, marks=pytest.mark.slow)], ids=["some", "all"]
)
@pytest.mark.parametrize("story", SHARED, ids=str)
def test_two_processes_on_one_journal_keep_what_was_promised_after_a_power_loss(
    quick_disk: Path, story: dict[str, Any], every: int
) -> None:
    whole = played(Cut(0, **story), quick_disk / "whole")
    assert whole.broken() == []
    senders = {post.user_agent.partition(":")[0] for post in whole.truth.posts}
    assert len(whole.found.runs) > len(whole.truth.by_run()), "nothing was shared"
    assert senders <= {FIRST, SECOND}
    wrong = []
    for at in range(every // 2 + 1, whole.moments, every):
        leaves = tuple(Leaves)[at % len(Leaves)]
        folder = quick_disk / str(at)
        wrong += [
            f"{at}, {leaves}: {one}"
            for one in played(Cut(at, leaves, at, **story), folder).broken()
        ]
        shutil.rmtree(folder)
    assert wrong == []


@pytest.mark.parametrize("two", [False, True], ids=["one process", "two processes"])
def test_a_fleet_whose_intents_are_not_synced_is_caught(
    quick_disk: Path, monkeypatch: pytest.MonkeyPatch, two: bool
) -> None:
    monkeypatch.setattr(journal_writer.Writer, "_synchronous", lambda writer, full: None)
    whole = played(Cut(0, two=two), quick_disk / "whole")
    moments = range(10, whole.moments, 10)
    cases = (played(Cut(at, two=two), quick_disk / str(at)) for at in moments)
    wrong = (one for case in cases for one in case.broken())
    assert any("has 0 intents" in one or "does not know it" in one for one in wrong)
