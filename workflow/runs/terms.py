"""What a run was started with, and where its machine stands: its checkpoint in the journal.

A checkpoint is an opaque value to the journal. It holds all that another process needs to go on
with the run as it was asked for, and nothing that is an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from workflow.arazzo.turns import Json
from workflow.clock import rfc3339
from workflow.runs.launch import Order
from workflow.runs.trigger import LOOK, OnConflict


@dataclass(frozen=True, slots=True)
class Terms:
    """How a run is to be executed."""

    inputs: Mapping[str, Json] = field(default_factory=dict)
    """All of the workflow's inputs, as given."""
    on_conflict: OnConflict = OnConflict.ATTACH
    over_running: bool = False
    deadline: timedelta | None = None
    cancel_on_deadline: bool = False
    look: timedelta = LOOK
    allow_retrigger: bool = False
    digest: str = ""
    """Of the program; empty for the shipped one."""


def terms_of(order: Order, inputs: Mapping[str, Json], digest: str) -> Terms:
    """Return the terms of an order's run with these inputs."""
    return Terms(
        inputs=inputs,
        on_conflict=order.on_conflict,
        over_running=order.over_running,
        deadline=order.deadline,
        cancel_on_deadline=order.cancel_on_deadline,
        look=order.look,
        allow_retrigger=order.allow_retrigger,
        digest=digest,
    )


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run's terms and where it stands."""

    terms: Terms = field(default_factory=Terms)
    deadline: datetime | None = None
    """The instant; None until the run has got its slot, or when there is none."""
    machine: Json = field(default=None, repr=False)
    """What the program dumped; None before its first turn."""
    until: datetime | None = None
    """When the machine's pending wait is over."""

    def to_json(self) -> Json:
        """Return it as JSON."""
        terms = self.terms
        return {
            "inputs": dict(terms.inputs),
            "onConflict": terms.on_conflict.value,
            "overRunning": terms.over_running,
            "deadline": None if terms.deadline is None else terms.deadline.total_seconds(),
            "cancelOnDeadline": terms.cancel_on_deadline,
            "look": terms.look.total_seconds(),
            "allowRetrigger": terms.allow_retrigger,
            "digest": terms.digest,
            "deadlineAt": None if self.deadline is None else rfc3339(self.deadline),
            "machine": self.machine,
            "until": None if self.until is None else rfc3339(self.until),
        }


def from_json(saved: object) -> Checkpoint:
    """Read a checkpoint; what is missing or mistyped is as if it had not been said."""
    if not isinstance(saved, dict):
        return Checkpoint()
    body = cast("dict[str, Json]", saved)
    inputs, conflict, digest = (body.get(name) for name in ("inputs", "onConflict", "digest"))
    known = conflict in set(OnConflict)
    terms = Terms(
        inputs=inputs if isinstance(inputs, dict) else {},
        # What was asked for cannot be read: nothing may be sent over a running job then.
        on_conflict=OnConflict(cast("str", conflict)) if known else OnConflict.FAIL,
        over_running=body.get("overRunning") is True,
        deadline=_span(body.get("deadline")),
        cancel_on_deadline=body.get("cancelOnDeadline") is True,
        look=_span(body.get("look")) or LOOK,
        allow_retrigger=body.get("allowRetrigger") is True,
        digest=digest if isinstance(digest, str) else "",
    )
    return Checkpoint(
        terms, _instant(body.get("deadlineAt")), body.get("machine"), _instant(body.get("until"))
    )


def _span(value: Json) -> timedelta | None:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return timedelta(seconds=cast("float", value)) if numeric else None


def _instant(value: Json) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
