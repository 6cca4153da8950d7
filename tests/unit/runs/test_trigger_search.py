"""No small world breaks a guarantee of the trigger, and no rule can be left out unnoticed.

The worlds and the guarantees are in :mod:`tests.support.trigger_worlds`. Each mutation takes one
rule away; the same search must then find a world that breaks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.trigger_worlds import World, broken, live_through, small_worlds
from workflow.runs.journal.intents import Became, Intent
from workflow.runs.trigger import JobSeen, OnConflict, TriggerOrder
from workflow.runs.trigger import look as trigger_look
from workflow.runs.trigger import machine as trigger_machine
from workflow.runs.trigger import preflight as trigger_preflight
from workflow.runs.trigger import rules as trigger_rules
from workflow.runs.trigger import state as trigger_state
from workflow.runs.trigger.moves import Listed, Lost, Replied
from workflow.runs.trigger.rules import MayHaveActed, NoEffect, NothingLeft, Proof
from workflow.runs.trigger.state import State

Leave = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    """Every small world, in an order where neighbours have little in common."""
    found = list(small_worlds())
    random.Random(7).shuffle(found)
    return found


def test_no_small_world_breaks_a_guarantee(worlds: list[World]) -> None:
    found = [(world, faults) for world in worlds if (faults := broken(world, live_through(world)))]
    assert found[:3] == []


def test_there_are_worlds_enough(worlds: list[World]) -> None:
    assert len(set(worlds)) == len(worlds) > 8_000


# ------------------------------------------------------------------ rules left out


def no_proof_needed(patch: pytest.MonkeyPatch) -> None:
    def proof(reply: Replied | Lost, job_type: str) -> Proof:
        judged = trigger_rules.what_it_proves(reply, job_type)
        return (
            NoEffect("never", reply)
            if isinstance(judged, MayHaveActed) and isinstance(reply, Replied)
            else judged
        )

    patch.setattr(trigger_machine, "what_it_proves", proof)


def lost_means_not_sent(patch: pytest.MonkeyPatch) -> None:
    def proof(reply: Replied | Lost, job_type: str) -> Proof:
        if isinstance(reply, Lost):
            return NothingLeft(reply.why)
        return trigger_rules.what_it_proves(reply, job_type)

    patch.setattr(trigger_machine, "what_it_proves", proof)


def no_base(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trigger_preflight, "base_of", lambda jobs: 0)


def no_window(patch: pytest.MonkeyPatch) -> None:
    def younger(
        jobs: Iterable[JobSeen], intent: Intent, seen: tuple[JobSeen, ...], *, in_time: bool
    ) -> tuple[JobSeen, ...]:
        return trigger_rules.merged(seen, trigger_rules.younger(jobs, intent))

    patch.setattr(trigger_look, "candidates", younger)


def our_clock_for_the_servers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Intent, "born", property(lambda intent: intent.at))


def any_kind_will_do(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trigger_rules, "of_kind", lambda job, job_type: True)


def the_first_of_several(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trigger_look, "sole", lambda jobs, job_type: jobs[0] if jobs else None)


def no_patience(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trigger_look, "window_over", lambda intent, now, date: True)


def history_does_not_matter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trigger_look, "history_changed", lambda listed, intent: False)


def an_old_preflight_will_do(patch: pytest.MonkeyPatch) -> None:
    for module in (trigger_preflight, trigger_machine):
        patch.setattr(module, "FRESH", timedelta(hours=1))


def unknown_statuses_have_ended(patch: pytest.MonkeyPatch) -> None:
    def look(jobs: Iterable[JobSeen], order: TriggerOrder) -> object:
        known = [job for job in jobs if job.status in {"running", "succeeded"}]
        return trigger_rules.look_before(known, order)

    patch.setattr(trigger_preflight, "look_before", look)


def nothing_is_in_the_way(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trigger_preflight, "look_before", lambda jobs, order: trigger_rules.GoAhead())


def an_unknown_outcome_closes_the_intent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Became, "leaves_open", property(lambda how: how is Became.ADOPTED))


def adoption_closes_the_intent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Became, "leaves_open", property(lambda how: how is Became.UNKNOWN))


def no_deadline(patch: pytest.MonkeyPatch) -> None:
    def never(state: State, now: object) -> bool:
        return False

    for module in (trigger_state, trigger_preflight, trigger_machine, trigger_look):
        patch.setattr(module, "is_late", never)


def older_jobs_count_as_started(patch: pytest.MonkeyPatch) -> None:
    real = trigger_machine._has_job

    def has_job(state: State, job: JobSeen) -> object:
        assert state.intent is not None
        return real(replace(state, intent=replace(state.intent, base=0)), job)

    patch.setattr(trigger_machine, "_has_job", has_job)


def wrong_kinds_are_attached(patch: pytest.MonkeyPatch) -> None:
    def look(jobs: Iterable[JobSeen], order: TriggerOrder) -> object:
        live = [job for job in jobs if job.live]
        if live and order.on_conflict is OnConflict.ATTACH:
            return trigger_rules.InTheWay(live[0], "attach")
        return trigger_rules.look_before(live, order)

    patch.setattr(trigger_preflight, "look_before", look)


def the_gate_stays_closed(patch: pytest.MonkeyPatch) -> None:
    for module in (trigger_preflight, trigger_machine):
        patch.setattr(
            module,
            "stop",
            lambda state, *commands, notes=(): trigger_state.series(state, *commands, notes=notes),
        )


def only_the_servers_dates_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trigger_look, "is_in_time", lambda intent, now, date: False)


def dates_count_although_they_are_wrong(patch: pytest.MonkeyPatch) -> None:
    def judged_one_by_one(
        jobs: Iterable[JobSeen], intent: Intent, seen: tuple[JobSeen, ...], *, in_time: bool
    ) -> tuple[JobSeen, ...]:
        by, known = intent.born + intent.look, {job.job_id for job in seen}
        new = trigger_rules.younger(jobs, intent)
        return trigger_rules.merged(
            seen,
            (
                job
                for job in new
                if in_time or job.job_id in known or job.created is None or job.created <= by
            ),
        )

    patch.setattr(trigger_look, "candidates", judged_one_by_one)


def what_lay_unread_shows_the_close(patch: pytest.MonkeyPatch) -> None:
    real = trigger_look._looked

    def looked(state: State, listed: Listed, now: datetime) -> object:
        return real(state, replace(listed, left=now), now)

    patch.setattr(trigger_look, "_looked", looked)


LEFT_OUT: tuple[Leave, ...] = (
    no_proof_needed,
    lost_means_not_sent,
    no_base,
    no_window,
    our_clock_for_the_servers,
    any_kind_will_do,
    the_first_of_several,
    no_patience,
    history_does_not_matter,
    an_old_preflight_will_do,
    unknown_statuses_have_ended,
    nothing_is_in_the_way,
    an_unknown_outcome_closes_the_intent,
    adoption_closes_the_intent,
    no_deadline,
    older_jobs_count_as_started,
    wrong_kinds_are_attached,
    the_gate_stays_closed,
    only_the_servers_dates_count,
    dates_count_although_they_are_wrong,
    what_lay_unread_shows_the_close,
)


@pytest.mark.parametrize("leave_out", LEFT_OUT, ids=lambda rule: rule.__name__)
def test_leaving_a_rule_out_is_caught(
    worlds: list[World], leave_out: Leave, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out(monkeypatch)
    assert any(broken(world, live_through(world)) for world in worlds)
