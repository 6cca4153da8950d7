"""Two processes on one journal: no order of their steps, deaths and days breaks a guarantee.

The model is in :mod:`tests.support.journal_worlds`. Each mutation takes one rule away; the same
search must then find what goes wrong.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.support.journal_worlds import Blows, Model, Tables, search
from workflow.runs.journal import intent_rows as journal_intents
from workflow.runs.journal.intents import Became, GateTaken, IntentKey, IntentRecord
from workflow.runs.trigger import TriggerOrder, machine
from workflow.runs.trigger.moves import Post
from workflow.runs.trigger.state import Move, Phase, State


@pytest.mark.parametrize(
    "blows",
    [
        Blows(kills=1, days=1),
        Blows(kills=1, powers=1),
        pytest.param(Blows(kills=1, powers=1, days=1), marks=pytest.mark.slow),
    ],
    ids=["a kill and a day", "a kill and a power loss", "all of them"],
)
def test_no_order_of_steps_and_deaths_breaks_a_guarantee(blows: Blows) -> None:
    states, wrong = search(Model(Tables(), blows))
    assert wrong is None
    assert states > 1_500


Leave = Callable[[pytest.MonkeyPatch, Model], None]


def no_gate(patch: pytest.MonkeyPatch, model: Model) -> None:
    def take(db: sqlite3.Connection, key: IntentKey, *rest: str, **given: Any) -> GateTaken:
        db.execute(
            "INSERT INTO intents (run, step, visit, profile, connection_id, owner, state, since)"
            " VALUES (?, ?, ?, 'p', 'c-1', ?, 'gate', ?)",
            (key.run, key.step, key.visit, given["owner"], given["now"].isoformat()),
        )
        return GateTaken()

    model.tables.db.execute("DROP INDEX one_gate")
    patch.setattr(journal_intents, "take_gate", take)


def intents_are_not_synced(patch: pytest.MonkeyPatch, model: Model) -> None:
    model.synced_by_intents = False


def a_paused_process_counts_as_dead(patch: pytest.MonkeyPatch, model: Model) -> None:
    patch.setattr(Model, "_alive", lambda model, whole: lambda owner: False)


def a_day_ends_every_intent(patch: pytest.MonkeyPatch, model: Model) -> None:
    real = journal_intents.take_gate

    def take(*args: Any, **given: Any) -> object:
        return real(*args, **{**given, "alive": lambda owner: False})

    patch.setattr(journal_intents, "take_gate", take)


def recovery_sends_again(patch: pytest.MonkeyPatch, model: Model) -> None:
    def recover(order: TriggerOrder, record: IntentRecord, now: datetime) -> Move:
        state = State(order, phase=Phase.POST, intent=record.intent)
        return Move(state, Post(record.intent))

    patch.setattr(machine, "recover", recover)


def unknown_outcomes_are_forgotten(patch: pytest.MonkeyPatch, model: Model) -> None:
    patch.setattr(Became, "leaves_open", property(lambda how: False))


LEFT_OUT: tuple[tuple[Leave, str], ...] = (
    (no_gate, "while another's was open"),
    (intents_are_not_synced, "without its intent in the disk"),
    (a_paused_process_counts_as_dead, "was taken from it"),
    (a_day_ends_every_intent, "without its intent in the journal"),
    (recovery_sends_again, "recovery sent a trigger"),
    (unknown_outcomes_are_forgotten, "is forgotten"),
)


@pytest.mark.parametrize(
    ("leave_out", "wrong"), LEFT_OUT, ids=lambda rule: getattr(rule, "__name__", "")
)
def test_leaving_a_rule_out_is_caught(
    leave_out: Leave, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(Tables(), Blows(kills=1, powers=1, days=1))
    leave_out(monkeypatch, model)
    _, found = search(model)
    assert found is not None
    assert wrong in found
