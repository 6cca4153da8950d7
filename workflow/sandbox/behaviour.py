"""How a connection's jobs go, and one job's script drawn from it.

A :class:`Behaviour` is what a world file says about a connection; :func:`draw` turns it into a
:class:`Script` with a random generator that is passed in; :func:`progress` says what an attempt
has committed after so many seconds. All pure, all in nominal seconds: the speed of the sandbox is
applied by whoever walks the script.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Literal

Commits = Literal["steps", "end"]
"""`steps`: rows become visible with each flush; `end`: only when the attempt has ended."""

Retry = Literal["resumes", "restarts"]
"""`resumes`: an attempt goes on from what was committed; `restarts`: rows fall back to zero."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the jobs of one connection go; seconds are nominal, before the sandbox's speed."""

    duration: float = 300.0
    """Median seconds of a whole good sync."""
    spread: float = 0.2
    """Durations and rows vary by up to this share in both directions."""
    rows: int = 50_000
    row_bytes: int = 240
    first_failures: int = 0
    """So many attempts of each job fail before one succeeds."""
    failure_chance: float = 0.0
    """Each attempt after those fails with this probability, 0 to 1."""
    max_attempts: int = 3
    backoff: float = 20.0
    """Seconds between the first failed attempt and the next; doubles each time."""
    pending: float = 4.0
    """Seconds from the creation of a job to its wish to run."""
    flush: float = 10.0
    """Seconds between two commits; Airbyte's default is 10."""
    commits: Commits = "steps"
    retry: Retry = "resumes"
    past_jobs: int = 4
    """How many ended jobs the connection has when the world begins."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: how long, what it would copy in all, and where it breaks off."""

    seconds: float
    rows: int
    """Rows of the whole job, which a full attempt would commit."""
    base_rows: int
    """Rows that earlier attempts committed and that still count."""
    reach: float
    """The share of the way it gets, 0 to 1; 1 unless it fails."""
    succeeds: bool


@dataclass(frozen=True, slots=True)
class Script:
    """A job's life as it goes when nobody interferes."""

    pending: float
    attempts: tuple[Attempt, ...]
    backoffs: tuple[float, ...]
    """Seconds after each failed attempt that has a successor; one shorter than `attempts`."""
    flush: float
    commits: Commits
    row_bytes: int

    @property
    def succeeds(self) -> bool:
        """Whether the last attempt ends well."""
        return self.attempts[-1].succeeds


def draw(behaviour: Behaviour, rng: random.Random) -> Script:
    """Draw one job's script; the same generator state gives the same script."""
    whole = behaviour.duration * _vary(behaviour.spread, rng)
    rows = max(0, round(behaviour.rows * _vary(behaviour.spread, rng)))
    attempts: list[Attempt] = []
    committed = 0
    done = 0.0
    while True:
        number = len(attempts)
        fails = number < behaviour.first_failures or rng.random() < behaviour.failure_chance
        way = 1.0 - done
        reach = rng.uniform(0.25, 0.85) if fails else 1.0
        attempts.append(
            Attempt(
                seconds=max(1.0, whole * way * reach),
                rows=rows,
                base_rows=committed,
                reach=done + way * reach,
                succeeds=not fails,
            )
        )
        if not fails or number + 1 >= behaviour.max_attempts:
            break
        if behaviour.retry == "resumes" and behaviour.commits == "steps":
            committed = _committed(attempts[-1], behaviour.flush)
            done = committed / rows if rows else done + way * reach
    backoffs = tuple(behaviour.backoff * 2.0**i for i in range(len(attempts) - 1))
    return Script(
        pending=behaviour.pending * _vary(0.5, rng),
        attempts=tuple(attempts),
        backoffs=backoffs,
        flush=behaviour.flush,
        commits=behaviour.commits,
        row_bytes=behaviour.row_bytes,
    )


def draw_wipe(behaviour: Behaviour, rng: random.Random) -> Script:
    """Draw the script of a reset: short, without rows, and it works the first time."""
    wipe = replace(
        behaviour,
        duration=min(behaviour.duration, 45.0),
        rows=0,
        first_failures=0,
        failure_chance=0.0,
    )
    return draw(wipe, rng)


def progress(script: Script, number: int, elapsed: float) -> tuple[int, int]:
    """Return the rows and bytes committed `elapsed` nominal seconds into attempt `number`.

    The number does not move between two flushes, and an attempt that commits at its end shows
    what it began with until then.
    """
    attempt = script.attempts[number]
    if elapsed >= attempt.seconds:
        rows = final_rows(script, number)
    elif script.commits == "end":
        rows = attempt.base_rows
    else:
        flushed = elapsed // script.flush * script.flush / attempt.seconds
        target = round(attempt.rows * attempt.reach)
        rows = attempt.base_rows + int((target - attempt.base_rows) * flushed)
    return rows, rows * script.row_bytes


def final_rows(script: Script, number: int) -> int:
    """Return the rows that stay committed once attempt `number` is over."""
    attempt = script.attempts[number]
    if attempt.succeeds:
        return attempt.rows
    if script.commits == "end":
        return attempt.base_rows
    return _committed(attempt, script.flush)


def _committed(attempt: Attempt, flush: float) -> int:
    """Return what a broken attempt leaves: what came after its last flush is lost."""
    flushed = attempt.seconds // flush * flush / attempt.seconds
    target = round(attempt.rows * attempt.reach)
    return attempt.base_rows + int((target - attempt.base_rows) * flushed)


def _vary(spread: float, rng: random.Random) -> float:
    return 1.0 + rng.uniform(-spread, spread)
