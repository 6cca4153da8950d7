"""Plans: launches under a name, to be made again. Targets and form, for one profile.

A plan never crosses profiles, and never sends anything: it fills the launch screen in, where every
target is checked anew. Pure; where plans are kept is :mod:`tui.kept`'s business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Final

from tui.screens.launch_form import Doing, Form
from workflow.runs.launch import OnConflict, Target
from workflow.text import SafeText, safe

if TYPE_CHECKING:
    from tui.kept import Piece

MOST: Final = 40
LONGEST_NAME: Final = 30
KEY: Final = "plans"


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan."""

    name: SafeText
    targets: tuple[Target, ...]
    form: Form


def saved(plans: Sequence[Plan], plan: Plan) -> tuple[Plan, ...]:
    """Return the plans with this one, in place of one of its name."""
    return (*without(plans, plan.name)[-(MOST - 1) :], plan)


def without(plans: Iterable[Plan], name: str) -> tuple[Plan, ...]:
    """Return the plans without the one of that name."""
    return tuple(plan for plan in plans if plan.name != name)


def written(plans: Sequence[Plan]) -> Piece:
    """Return the plans as they are kept."""
    return [
        {
            "name": plan.name,
            "targets": [[target.connection_id, target.name] for target in plan.targets],
            "form": asdict(plan.form),
        }
        for plan in plans
    ]


def read(piece: Piece) -> tuple[Plan, ...]:
    """Return the plans that were kept; what is none is passed over."""
    rows = piece if isinstance(piece, list) else []
    return tuple(plan for row in rows[:MOST] if (plan := _read(row)) is not None)


def _read(row: Piece) -> Plan | None:
    if not isinstance(row, dict):
        return None
    name, listed = row.get("name"), row.get("targets")
    if not isinstance(name, str) or not isinstance(listed, list):
        return None
    targets = tuple(target for one in listed if (target := _target(one)) is not None)
    form, shown = _form(row.get("form")), safe(name.strip(), limit=LONGEST_NAME)
    return Plan(shown, targets, form) if shown and targets and form is not None else None


def _target(piece: Piece) -> Target | None:
    match piece:
        case [str(connection_id), str(name)]:
            return Target(connection_id, safe(name, limit=300))
    return None


def _form(piece: Piece) -> Form | None:
    if not isinstance(piece, dict):
        return None
    plain = Form()
    found: dict[str, Piece] = {}
    for field in fields(Form):
        value = piece.get(field.name, getattr(plain, field.name))
        if not isinstance(value, str if isinstance(getattr(plain, field.name), str) else bool):
            return None
        found[field.name] = value
    try:
        doing, conflict = Doing(str(found["doing"])), OnConflict(str(found["on_conflict"]))
    except ValueError:
        return None
    return Form(**{**found, "doing": doing, "on_conflict": conflict})  # type: ignore[arg-type]
