"""Plain lines: what happened to a run, in one sentence each, for terminals, logs and ears.

Pure. A line stands for itself, with its time and its connection, so that it can be searched for,
read out or cut from a log. Readings say little each, so they speak at most once a minute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from tui.cancel_words import is_said_again, is_said_by_the_verdict
from tui.formats import clock, duration, exact, many
from workflow.runs.cancel import MOST_DELETES
from workflow.runs.events import (
    CancelSent,
    CancelSettled,
    CancelWaits,
    CancelWished,
    Event,
    LaunchHeld,
    LaunchStarted,
    Origin,
    PollFailed,
    ReadingTaken,
    RunFinished,
    RunTaken,
    RunWaiting,
    StatusChanged,
    TriggerSettled,
    Verdict,
    Warned,
)
from workflow.runs.lasting import lasted
from workflow.runs.run import RunState
from workflow.text import SafeText, safe

READINGS_EVERY: Final = timedelta(seconds=60)
SAME_FAILURE: Final = timedelta(seconds=30)
"""One failed look at the server is every run's trouble; it is said once in this long."""

_WAITING: Final = {
    "hold": "waits: the launch is held",
    "gate": "waits: an earlier trigger of this connection is not settled; see `syncdeck runs`",
    "asked": "was not started by an earlier syncdeck: nothing has been sent for it",
}
_TERMINAL: Final = frozenset({"succeeded", "failed", "cancelled"})


class PlainLines:
    """Turns events into lines; remembers what it said last."""

    def __init__(self) -> None:
        self._spoke: dict[str, datetime] = {}
        self._failure: tuple[str, datetime] | None = None
        self._unread: dict[str, datetime] = {}
        """Runs whose jobs cannot be read, and since when."""
        self._reasons: set[str] = set()
        """Sentences that runs have ended with."""

    def line(self, event: Event, state: RunState | None, live: int) -> SafeText | None:
        """Return the line for an event, None when there is nothing to say.

        `state` is the run's with the event folded in; `live` is how many runs are under way, since
        a thousand of them cannot each have a line a minute.
        """
        back = self._back(event)
        if back is not None:
            return safe(f"{clock(event.time)} {back}")
        text = self._text(event, state, live)
        if text is None:
            return None
        if event.run is not None:
            self._spoke[event.run] = event.time
        # A server that cannot be read is nobody's trouble alone.
        about = "" if state is None or isinstance(event.fact, PollFailed) else f"{state.name}: "
        return safe(f"{clock(event.time)} {about}{text}")

    def _text(self, event: Event, state: RunState | None, live: int) -> str | None:
        match event.fact:
            case LaunchStarted(targets=targets, max_parallel=most):
                return f"{many(targets, 'target')}, {most} at once" if targets > 1 else None
            case LaunchHeld(held=held, why=why):
                return f"held, nothing more is started: {why}" if held else "goes on"
            case PollFailed(reason=reason, next=seconds):
                return self._failed(event, reason, seconds)
        if state is None:
            return None
        match event.fact:
            case ReadingTaken():
                return self._reading(event, state, live)
            case RunFinished():
                return self._ended(state)
        return _of_run(event, state)

    def _back(self, event: Event) -> str | None:
        """Say once that the server is read again, when it could not be for a while."""
        if event.run not in self._unread or not isinstance(event.fact, ReadingTaken):
            return None
        since = self._unread[event.run]
        if event.time - timedelta(seconds=event.fact.age) <= since:
            return None  # told again, from before
        self._unread.clear()
        away = event.time - since
        return f"the server is read again, after {duration(away)}" if away >= SAME_FAILURE else None

    def _failed(self, event: Event, reason: str, seconds: float | None) -> str | None:
        if event.run is not None:
            self._unread.setdefault(event.run, event.time)
        if self._failure is not None:
            before, at = self._failure
            if before == reason and event.time - at < SAME_FAILURE:
                return None
        self._failure = (reason, event.time)
        again = f"; again in {duration(seconds)}" if seconds is not None else ""
        return f"the server could not be read: {reason.rstrip('.')}{again}"

    def _ended(self, state: RunState) -> str:
        """Say how a run ended; a full disk or a server that is gone ends many, and is told once."""
        text, why = ended(state), state.why or ""
        if state.verdict is Verdict.UNRESOLVED and state.origin is None and state.sent is not None:
            return f"{text.rstrip('.')}; see `syncdeck runs resolve {state.run}`"
        if why in self._reasons and text.endswith(f": {why}"):
            return f"{text.removesuffix(f': {why}')}, for the same reason"
        if why.endswith("."):  # not the few words that say what was asked for
            self._reasons.add(why)
        return text

    def _reading(self, event: Event, state: RunState, live: int) -> str | None:
        every = max(READINGS_EVERY, timedelta(seconds=3 * live))
        last = self._spoke.get(state.run, state.begun or state.created)
        if event.time - last < every or state.status in _TERMINAL:
            return None
        since = state.job_started or state.begun
        took = f" for {duration(event.time - since)}" if since is not None else ""
        return f"{state.status}{took}, {rows(state.rows)}"


def _of_run(event: Event, state: RunState) -> str | None:
    match event.fact:
        case RunWaiting(reason="conflict", job_id=job):
            return f"waits for job {job} to end" if job else "waits for another job to end"
        case RunWaiting(reason=reason):
            return _WAITING.get(reason)
        case TriggerSettled() as fact:
            return _settled(fact)
        case StatusChanged(from_status=before, to_status=status):
            # The first status comes with "job 12 started", the last with the verdict.
            return None if before is None or status in _TERMINAL else _status(status)
        case Warned(warning="inactive"):
            return None  # the verdict says the same
        case Warned(text=text):
            return f"warning: {text}"
        case CancelWished() as fact:
            return None if is_said_again(event.time, state) else _wished(fact)
        case CancelSent(number=number) if number > 1:
            return f"its job goes on: cancelling again, {number} of {MOST_DELETES} tries"
        case CancelWaits(reason=reason, next=seconds):
            return f"the cancel waits: {reason.rstrip('.')}; again in {duration(seconds)}"
        case CancelSettled(how=how, text=text):
            return None if is_said_by_the_verdict(how, state) else text
        case RunTaken() if state.job_id is not None:
            return f"job {state.job_id} is watched again"
        case RunTaken() if state.waiting_for == "asked":
            return _WAITING["asked"]
    return None


def _wished(fact: CancelWished) -> str:
    if fact.by == "deadline":
        return "to be cancelled, its deadline has passed"
    known = fact.job_id is not None
    return "cancelling" if known else "cancelling, when it is known which job is this run's"


def _status(status: str) -> str:
    return "retrying: an attempt failed (incomplete)" if status == "incomplete" else status


def _settled(fact: TriggerSettled) -> str | None:
    match fact.how:
        case Origin.STARTED:
            return f"job {fact.job_id} started"
        case Origin.JOINED:
            return f"joined job {fact.job_id}, which was there before"
        case Origin.ATTACHED:
            return f"attached to job {fact.job_id}, which was there already"
        case Origin.ADOPTED:
            return f"job {fact.job_id} is probably ours: the answer to its trigger was lost"
    # "unknown" ends the run, and the verdict's line says why.
    return None


def ended(state: RunState) -> str:
    """Say how a run ended: ``succeeded, 412,600 rows in 3m25 (job 90431)``."""
    verdict = state.verdict
    if verdict is None:
        return "still under way"
    job = f" (job {state.job_id})" if state.job_id is not None else ""
    if verdict in {Verdict.SUCCEEDED, Verdict.FAILED, Verdict.CANCELLED} and job:
        span = lasted(state, state.ended) if state.ended is not None else None
        took = f" in {duration(span)}" if span is not None else ""
        return f"{verdict}, {rows(state.rows)}{took}{job}"
    why = f": {state.why}" if state.why else ""
    named = re.search(rf"\bjob {state.job_id}\b", why, re.IGNORECASE)
    return f"{verdict}{why}" if named else f"{verdict}{job}{why}"


def rows(count: int | None) -> str:
    """Write a number of rows; one nobody knows is not 0."""
    return (
        "rows not known" if count is None else f"{exact(count)} {'row' if count == 1 else 'rows'}"
    )


def summary(runs: Iterable[RunState], took: timedelta) -> SafeText:
    """Say in one line how all of them ended."""
    states = list(runs)
    counts = [(v, sum(s.verdict is v for s in states)) for v in Verdict]
    said = [f"{count} {verdict}" for verdict, count in counts if count]
    unfinished = sum(state.verdict is None for state in states)
    if unfinished:
        said.append(f"{unfinished} not ended")
    known = [state.rows for state in states if state.rows is not None]
    unknown = sum(state.rows is None and state.job_id is not None for state in states)
    total = rows(sum(known)) if known else "rows not known"
    also = f", {unknown} unknown" if known and unknown else ""
    return safe(f"{many(len(states), 'run')}: {', '.join(said)}; {total}{also}; {duration(took)}")
