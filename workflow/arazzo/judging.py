"""Judging an answer: did the step succeed, which action applies, and how to say so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from workflow.arazzo import criteria
from workflow.arazzo.criteria import Criterion
from workflow.arazzo.plan import ActionPlan, StepPlan
from workflow.arazzo.pointer import Missing
from workflow.arazzo.scope import Scope
from workflow.arazzo.templates import as_text
from workflow.arazzo.turns import Answer, NoResponse, Response
from workflow.text import SafeText, safe

MOST_DELAY = 86_400.0
"""Seconds: a server that asks for more is given a day."""

_SHOWN = 80


def all_hold(wanted: Iterable[Criterion], scope: Scope, notes: list[str]) -> Criterion | None:
    """Return the first criterion that does not hold, or None when all do."""
    look = scope.look
    for criterion in wanted:
        if not criteria.holds(criterion, look, notes):
            return criterion
    return None


def first_action(
    actions: Iterable[ActionPlan], scope: Scope, notes: list[str]
) -> ActionPlan | None:
    """Return the first action whose criteria all hold."""
    for action in actions:
        if all_hold(action.criteria, scope, notes) is None:
            return action
    return None


def failure_of(step: StepPlan, answer: Answer, scope: Scope, notes: list[str]) -> str | None:
    """Return why a call failed, as the end of a sentence; None when it succeeded."""
    if isinstance(answer, NoResponse):
        return f"there was no answer: {safe(answer.text)}"
    if not isinstance(answer, Response):
        return "it was not answered"
    if step.success_criteria is None:
        return None if 200 <= answer.status <= 299 else f"the answer was HTTP {answer.status}"
    broken = all_hold(step.success_criteria, scope, notes)
    if broken is None:
        return None
    return f"the answer was HTTP {answer.status} and {safe(broken.text)!r} does not hold"


def why_nothing_matched(step: StepPlan, scope: Scope) -> SafeText:
    """Say that a step ended the workflow though it could have gone back."""
    seen = _subject(step.on_success, scope)
    count = len(step.on_success)
    actions = (
        "its onSuccess action did not match"
        if count == 1
        else (f"none of its {count} onSuccess actions matched")
    )
    return safe(f"{step.step_id} ended{f' with {seen}' if seen else ''}: {actions}")


def _subject(actions: Iterable[ActionPlan], scope: Scope) -> str | None:
    """Return the name and value that the actions' criteria are about."""
    for action in actions:
        for criterion in action.criteria:
            found = criteria.subject(criterion, scope.look)
            if found is None:
                continue
            name, value = found
            if isinstance(value, Missing):
                return f"no {name}"
            if not isinstance(value, dict | list):
                return f"{name} {safe(as_text(value), limit=_SHOWN)!r}"
    return None


def delay(action: ActionPlan, answer: Answer | None) -> float:
    """Return the seconds before a retry: the server's Retry-After, else the document's."""
    asked = _retry_after(answer) if isinstance(answer, Response) else None
    return min(action.retry_after if asked is None else asked, MOST_DELAY)


def _retry_after(response: Response) -> float | None:
    """Return the Retry-After header in seconds (RFC 9110, 10.2.3).

    A date counts from the answer's own Date, since this package knows no clock; without one it
    says nothing.
    """
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, since = _instant(text), _instant(response.headers.get("date", ""))
    if until is None or since is None:
        return None
    return max(0.0, (until - since).total_seconds())


def _instant(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
