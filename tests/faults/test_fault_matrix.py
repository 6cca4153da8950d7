"""Every fault of the sandbox in every phase of a run, with the whole fleet, judged by the truth.

A case is a fleet with its client, feed and journal on a sandbox in this process, in virtual time;
its seed draws what the fault is told and what else happens: a colleague's job, a second launch, a
cancel, a deadline, a restart of the program. Which promises hold is asked of the server's own log
and of its record of true causes (:mod:`tests.support.matrix`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.matrix import Phase, Played, broken, drawn, play_virtually
from workflow.sandbox.faultkinds import FaultName

SEEDS = range(8)
MORE_SEEDS = range(8, 42)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what is synced is tested elsewhere."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as made:
        yield Path(made)


def played(fault: FaultName, seeds: range, folder: Path) -> Iterator[Played]:
    for phase in Phase:
        for seed in seeds:
            yield play_virtually(drawn(fault, phase, seed), folder / f"{phase.name}-{seed}.db")


@pytest.mark.parametrize("fault", FaultName)
def test_no_fault_breaks_a_promise_in_any_phase(fault: FaultName, folder: Path) -> None:
    cases = list(played(fault, SEEDS, folder))
    assert [promise for case in cases for promise in broken(case)] == []
    idle = {phase for phase in Phase if not any(c.struck for c in cases if c.case.phase is phase)}
    assert idle == set(), "nothing struck in these phases"
    assert any(fault in case.struck for case in cases)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FaultName)
def test_no_fault_breaks_a_promise_however_many_seeds(fault: FaultName, folder: Path) -> None:
    cases = played(fault, MORE_SEEDS, folder)
    assert [promise for case in cases for promise in broken(case)] == []
