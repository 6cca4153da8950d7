"""Repeats what may be repeated, by tenacity: a few times, ever later, never for long.

Only requests marked as safe to replay come here. The feed does not: it is its own repetition, and
each of its failures must be seen and counted.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import tenacity

from workflow.clock import Clock
from workflow.http.failures import FailureKind, NetworkFailure
from workflow.http.messages import Response, retry_after

WORTH_REPEATING: Final = frozenset({429, 502, 503, 504})
"""Statuses that say "not now" rather than "no"."""

_FAILURES: Final[frozenset[FailureKind]] = frozenset({"connect", "timeout", "cut", "circuit"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a request is repeated. Seconds."""

    attempts: int = 4
    total: float = 60.0
    """No new attempt begins this long after the first."""
    first: float = 0.5
    longest: float = 20.0
    """Cap of one pause, whatever Retry-After says."""


async def repeated(
    attempt: Callable[[], Awaitable[Response]],
    *,
    answers: bool = True,
    patience: Patience,
    clock: Clock,
    rng: random.Random,
) -> Response:
    """Return the first answer that is worth having, else the last one; raises the last failure.

    Without `answers` every answer is worth having: only failures are repeated.
    """
    begun = clock.monotonic()
    # Nearly all first answers are worth having: only what is not costs tenacity's machinery.
    first = await _outcome(attempt)
    if isinstance(first, NetworkFailure):
        if not _passing(first):
            raise first
    elif not (answers and _not_now(first)):
        return first
    known = [first]

    async def once() -> Response:
        outcome = known.pop() if known else await attempt()
        if isinstance(outcome, NetworkFailure):
            raise outcome
        return outcome

    def pause(state: tenacity.RetryCallState) -> float:
        # Full jitter over an exponential ceiling; a server's own wish is kept and not undercut.
        ceiling = min(patience.longest, patience.first * 2 ** (state.attempt_number - 1))
        wished = _wished(state)
        if wished is None:
            return rng.uniform(ceiling / 2, ceiling)
        return min(patience.longest, wished) + rng.uniform(0, patience.first)

    def enough(state: tenacity.RetryCallState) -> bool:
        ending = clock.monotonic() - begun + pause(state)
        return state.attempt_number >= patience.attempts or ending > patience.total

    retrying = tenacity.AsyncRetrying(
        sleep=clock.sleep,
        wait=pause,
        stop=enough,
        retry=tenacity.retry_if_exception(_passing)
        | tenacity.retry_if_result(lambda response: answers and _not_now(response)),
        retry_error_callback=_last,
    )
    return await retrying(once)


async def _outcome(attempt: Callable[[], Awaitable[Response]]) -> Response | NetworkFailure:
    try:
        return await attempt()
    except NetworkFailure as failure:
        return failure


def _last(state: tenacity.RetryCallState) -> Response:
    assert state.outcome is not None  # noqa: S101 - tenacity calls this after an attempt only
    result: Response = state.outcome.result()
    return result


def _passing(error: BaseException) -> bool:
    return isinstance(error, NetworkFailure) and error.kind in _FAILURES and not error.final


def _not_now(response: Response) -> bool:
    return response.status in WORTH_REPEATING


def _wished(state: tenacity.RetryCallState) -> float | None:
    if state.outcome is None or state.outcome.failed:
        return None
    response: Response = state.outcome.result()
    return retry_after(response.headers, response.arrived)
