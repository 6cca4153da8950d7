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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from tui.formats import age, duration, elide, many, waiting
from workflow.runs.launch import (
    DESTRUCTIVE,
    LaunchState,
    OnConflict,
    Order,
    Target,
    TargetCheck,
    Will,
)
from workflow.text import SafeText, safe

MOST_AT_ONCE: Final = 1_000
_HOLD_FROM: Final = 20
"""From so many targets on a hold after failures is suggested: it costs nothing while all is well.

One alone first is not: it holds up all the others, so it has to be somebody's wish.
"""
_NAMED: Final = 6
"""How many connections a confirmation names."""
_LONGEST: Final = timedelta(days=30)


class Doing(StrEnum):
    """What is done to every target."""

    SYNC = "sync"
    CLEAR_THEN_SYNC = "clear-then-sync"
    """A second shipped document: a sync follows once the clear has succeeded."""
    CLEAR = "clear"
    RESET = "reset"

    @property
    def job_type(self) -> str:
        """The type of the first job it makes, which is also the verb that confirms it."""
        return "clear" if self is Doing.CLEAR_THEN_SYNC else self.value


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
    bell: bool = True
    desktop: bool = False
    """Whether the terminal is asked for a notice when all have ended."""

    @property
    def destructive(self) -> bool:
        """Whether it wipes data at the destination."""
        return self.doing.job_type in DESTRUCTIVE


@dataclass(frozen=True, slots=True)
class Mistake:
    """A field that cannot be taken, and what to write instead."""

    field: Field
    sentence: SafeText


def suggested(targets: int, old: LaunchState | None) -> Form:
    """Fill a form in from the launch that is run again, or by how many targets there are.

    What wiped data once is not what anybody wants by default the second time: the verb is sync.
    """
    if old is None:
        return Form(hold_after="3" if targets >= _HOLD_FROM else "")
    return Form(
        at_once=str(old.max_parallel),
        on_conflict=OnConflict(old.on_conflict),
        one_first=old.one_first,
        hold_after="" if old.hold_after is None else str(old.hold_after),
    )


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
    """Return the order a form without mistakes means, but for the program it executes.

    Raises:
        ValueError: the form has mistakes; ask :func:`mistakes` first.
    """
    if mistakes(form):
        raise ValueError("a form with mistakes is no order")
    over_running = form.destructive and form.over_running
    return Order(
        targets=tuple(targets),
        job_type=form.doing.job_type,
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
    return safe(f"{form.doing.job_type} {count} {profile}") if form.destructive else None


def command(form: Form, targets: Sequence[Target], profile: str) -> str | None:
    """Return the `syncdeck run` that does the same, quoted for a shell.

    Connections are named by their ids: a name may be ambiguous, and is somebody else's text. None
    for a document of several jobs, which that command has no name for.
    """
    if form.doing is Doing.CLEAR_THEN_SYNC:
        return None
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


def warning(doing: Doing, order: Order) -> SafeText:
    """Return what wiping these targets means, for the question before it."""
    names = [elide(target.name, 40) for target in order.targets[:_NAMED]]
    more = len(order.targets) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more else "")
    then = " A sync of everything follows." if doing is Doing.CLEAR_THEN_SYNC else ""
    over = " A sync that runs there is cancelled." if order.over_running else ""
    return safe(
        f"{doing.job_type} wipes the data of every stream at the destination of {listed}. "
        f"It cannot be taken back.{then}{over}"
    )


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


def status(
    form: Form,
    taken: int,
    checks: Sequence[TargetCheck],
    *,
    checked: timedelta | None,
    waited: timedelta,
    under_cursor: TargetCheck | None,
    usual: Callable[[str], timedelta | None] | None,
) -> SafeText:
    """Return the line over the button: ``checked 40 of 40, 2s ago · about 45m, by usual times``.

    `checked` is how long ago the checks were done, None while they are not and have been `waited`
    for; `usual` gives a connection's usual duration, None when it is too early to estimate.
    """
    parts = [f"checked {len(checks)} of {taken}"]
    parts[0] += f" …{waiting(waited)}" if checked is None else f", {age(checked)} ago"
    blocked = sum(check.will == "blocked" for check in checks)
    if blocked:
        parts.append(f"{many(blocked, 'blocked one is', 'blocked ones are')} not sent")
    if under_cursor is not None and under_cursor.will not in {"send", "attach"}:
        parts += [under_cursor.why] if under_cursor.why else []
    if usual is not None:
        lasts = [usual(c.target.connection_id) for c in checks if c.will in {"send", "wait"}]
        span = expected(lasts, int(form.at_once))
        if span is not None:
            about = age(span) if span < timedelta(hours=1) else duration(span)
            parts.append(f"about {about}, by usual times")
    return safe(" · ".join(parts))


def verb(form: Form, checks: Iterable[TargetCheck]) -> tuple[str, int]:
    """Return what the button does, and to how many: ``("Trigger", 36)``."""
    counts = Counter(check.will for check in checks)
    sent = counts["send"] + counts["wait"]
    if sent:
        return ("Trigger" if form.doing is Doing.SYNC else form.doing.job_type.capitalize()), sent
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
