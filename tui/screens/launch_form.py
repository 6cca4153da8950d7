"""What a filled-in launch form means: an order, or one clear sentence for each mistake.

Pure. The screen that shows the form is :mod:`tui.screens.launch`; what an order leads to is the
fleet's business.
"""

from __future__ import annotations

import heapq
import re
import shlex
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from tui.formats import many
from workflow.runs.launch import DESTRUCTIVE, OnConflict, Order, Target, TargetCheck, Will
from workflow.text import SafeText, safe

MOST_AT_ONCE: Final = 1_000
_LONGEST: Final = timedelta(days=30)


class Doing(StrEnum):
    """What is done to every target; the value is the verb that confirms it."""

    SYNC = "sync"
    CLEAR = "clear"
    RESET = "reset"


class Field(StrEnum):
    """The fields a person can mistake."""

    AT_ONCE = "at-once"
    STOP_AFTER = "stop-after"
    HOLD_AFTER = "hold-after"


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it stands, texts as typed."""

    doing: Doing = Doing.SYNC
    at_once: str = "5"
    stop_after: str = ""
    """``2h``, ``90m``, ``45s``; empty for never."""
    on_conflict: OnConflict = OnConflict.ATTACH
    over_running: bool = False
    one_first: bool = False
    hold_after: str = ""
    """Failures in a row; empty for never."""

    @property
    def destructive(self) -> bool:
        """Whether it wipes data at the destination."""
        return self.doing.value in DESTRUCTIVE


@dataclass(frozen=True, slots=True)
class Mistake:
    """A field that cannot be taken, and what to write instead."""

    field: Field
    sentence: SafeText


def mistakes(form: Form) -> tuple[Mistake, ...]:
    """Return what is wrong with the form, in the order of its fields."""
    found: list[Mistake] = []
    if _whole(form.at_once, MOST_AT_ONCE) is None:
        found.append(
            _mistake(Field.AT_ONCE, f"At once: write a whole number from 1 to {MOST_AT_ONCE:,}")
        )
    if form.stop_after.strip() and parse_span(form.stop_after) is None:
        found.append(
            _mistake(
                Field.STOP_AFTER,
                "Stop waiting after: write a time such as 2h, 90m or 45s, or nothing for never",
            )
        )
    if form.hold_after.strip() and _whole(form.hold_after, 1_000_000) is None:
        found.append(
            _mistake(Field.HOLD_AFTER, "Hold after: write a whole number, or nothing for never")
        )
    return tuple(found)


def order(form: Form, targets: Sequence[Target], name: str = "") -> Order:
    """Return the order a form without mistakes means.

    Raises:
        ValueError: the form has mistakes; ask :func:`mistakes` first.
    """
    if mistakes(form):
        raise ValueError("a form with mistakes is no order")
    over_running = form.destructive and form.over_running
    return Order(
        targets=tuple(targets),
        job_type=form.doing.value,
        max_parallel=_whole(form.at_once, MOST_AT_ONCE) or 1,
        on_conflict=form.on_conflict,
        over_running=over_running,
        deadline=parse_span(form.stop_after),
        one_first=form.one_first,
        hold_after=_whole(form.hold_after, 1_000_000),
        name=name,
    )


def parse_span(text: str) -> timedelta | None:
    """Read ``2h``, ``1h30m``, ``90m``, ``45s``; None for anything else, zero, or over 30 days."""
    match = re.fullmatch(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?", text.strip().lower())
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    span = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return span if timedelta(0) < span <= _LONGEST else None


def confirmation(form: Form, count: int, profile: str) -> SafeText | None:
    """Return what has to be typed before `count` targets are wiped, None when nothing is."""
    return safe(f"{form.doing.value} {count} {profile}") if form.destructive else None


def command(form: Form, targets: Sequence[Target], profile: str) -> str:
    """Return the `syncdeck run` that does the same, quoted for a shell.

    Connections are named by their ids: a name may be ambiguous, and is somebody else's text.
    """
    wanted = order(form, targets)
    words = ["syncdeck", "run", "--profile", profile]
    if wanted.job_type != "sync":
        words += ["--job-type", wanted.job_type]
    words += ["--max-parallel", str(wanted.max_parallel)]
    words += ["--on-conflict", wanted.on_conflict.value]
    if wanted.over_running:
        words.append("--over-running")
    if wanted.deadline is not None:
        words += ["--deadline", f"{int(wanted.deadline.total_seconds())}s"]
    phrase = confirmation(form, len(wanted.targets), profile)
    if phrase is not None:
        words += ["--confirm", phrase]
    words.append("--")
    words += [target.connection_id for target in wanted.targets]
    return " ".join(shlex.quote(word) for word in words)


_WILLS: Final[tuple[Will, ...]] = ("send", "attach", "wait", "skip", "fail", "blocked")


def summary(total: int, checks: Iterable[TargetCheck], left_out: int) -> SafeText:
    """Return the line over the targets: ``40 targets: 36 send · 3 attach · 1 skip``."""
    counts = Counter(check.will for check in checks)
    parts = [f"{counts[will]} {will}" for will in _WILLS if counts[will]]
    unread = total - left_out - sum(counts.values())
    if unread:
        parts.append(f"{unread} not checked yet")
    if left_out:
        parts.append(f"{left_out} left out")
    head = many(total, "target")
    return SafeText(f"{head}: {' · '.join(parts)}" if parts else head)


def verb(form: Form, checks: Iterable[TargetCheck]) -> tuple[str, int]:
    """Return what the button does, and to how many: ``("Trigger", 36)``."""
    counts = Counter(check.will for check in checks)
    sent = counts["send"] + counts["wait"]
    if sent:
        return ("Trigger" if form.doing is Doing.SYNC else form.doing.value.capitalize()), sent
    return "Attach", counts["attach"]


def expected(lasts: Sequence[timedelta | None], at_once: int) -> timedelta | None:
    """Estimate how long so many runs take with `at_once` slots; None when no history tells.

    A connection without history is taken to last as long as the median of the others.
    """
    known = [span for span in lasts if span is not None]
    if not known:
        return None
    middle = timedelta(seconds=statistics.median(span.total_seconds() for span in known))
    slots = [timedelta(0)] * min(at_once, len(lasts))
    for span in lasts:
        heapq.heapreplace(slots, slots[0] + (span or middle))
    return max(slots)


def _mistake(field: Field, text: str) -> Mistake:
    return Mistake(field, SafeText(text))


def _whole(text: str, most: int) -> int | None:
    stripped = text.strip()
    if not stripped.isascii() or not stripped.isdigit() or len(stripped) > 7:
        return None
    number = int(stripped)
    return number if 1 <= number <= most else None
