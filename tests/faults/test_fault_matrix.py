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
from workflow.runs import execution
from workflow.runs.events import Verdict
from workflow.runs.trigger import machine, rules
from workflow.runs.trigger.moves import Lost, Replied
from workflow.runs.verdict import Judgement
from workflow.sandbox.faultkinds import FaultName
from workflow.text import safe

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


def lost_means_unsent(reply: Replied | Lost, job_type: str) -> rules.Proof:
    return rules.NothingLeft(reply.why) if isinstance(reply, Lost) else PROVES(reply, job_type)


def trouble_means_refused(reply: Replied | Lost, job_type: str) -> rules.Proof:
    troubled = isinstance(reply, Replied) and reply.status >= 500
    return rules.NoEffect("never", reply) if troubled else PROVES(reply, job_type)


def always_well(*_: object, **__: object) -> Judgement:
    return Judgement(Verdict.SUCCEEDED, safe("it is surely well"))


PROVES = rules.what_it_proves
RULES = {
    "a lost answer proves nothing": (machine, "what_it_proves", lost_means_unsent, "cut-after"),
    "an error proves nothing": (machine, "what_it_proves", trouble_means_refused, "server-error"),
    "the job's last word is the verdict": (execution, "of_workflow", always_well, "cut-before"),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_is_left_out_is_noticed(
    rule: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, instead, fault = RULES[rule]
    monkeypatch.setattr(module, name, instead)
    assert any(broken(case) for case in played(FaultName(fault), range(2), folder))


@pytest.mark.slow
@pytest.mark.parametrize("fault", FaultName)
def test_no_fault_breaks_a_promise_however_many_seeds(fault: FaultName, folder: Path) -> None:
    cases = played(fault, MORE_SEEDS, folder)
    assert [promise for case in cases for promise in broken(case)] == []
