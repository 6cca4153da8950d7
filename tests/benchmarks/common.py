"""What all benchmarks share: a figure with its baseline and target, and a table of them.

A figure is a median, or says otherwise. A ratio is to a baseline measured in the same run on the
same machine; only ratios and counts can be compared between machines.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Figure:
    """One measured value."""

    bench: str
    case: str
    what: str
    value: float
    unit: str
    ratio: float | None = None
    """To the baseline `against`; below 1 is less than it."""
    against: str = ""
    target: float | None = None
    """The most it may be, in its unit, or as a ratio where `on_ratio` is true."""
    on_ratio: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        measured = self.ratio if self.on_ratio else self.value
        return measured is not None and measured <= self.target


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that so large a part of them does not exceed; 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(part * (len(ordered) - 1)))]


class NotMeasuredError(RuntimeError):
    """A part of a benchmark failed, or did not end in time; says which and why."""


def in_process_of_its_own(module: str, *arguments: str, limit: float = 180.0) -> dict[str, Any]:
    """Run a benchmark's other half, which prints one line of JSON, and return that.

    Raises NotMeasuredError when it fails, or does not end within `limit` seconds.
    """
    what = f"{module} {' '.join(arguments)}"
    try:
        ended = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        said = error.stderr or b""
        raise NotMeasuredError(
            f"{what} did not end within {limit:.0f} s\n{said[-2_000:].decode(errors='replace')}"
        ) from error
    if ended.returncode != 0:
        raise NotMeasuredError(f"{what} failed:\n{ended.stderr[-2_000:]}")
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return told


def machine() -> dict[str, str | int]:
    """Return what was measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return {"cpu": model, "cores": os.cpu_count() or 0, "python": platform.python_version()}


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as lines of text."""
    heads = ("BENCH", "CASE", "WHAT", "VALUE", "RATIO", "AGAINST", "TARGET", "")
    cells = [heads, *(_cells(figure) for figure in figures)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    right = {3, 4, 6}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def _cells(figure: Figure) -> tuple[str, ...]:
    target = ""
    if figure.target is not None:
        most = _ratio(figure.target) if figure.on_ratio else f"{figure.target:g} {figure.unit}"
        target = f"≤ {most}"
    met = {None: "", True: "met", False: "MISSED"}[figure.met]
    ratio = "" if figure.ratio is None else _ratio(figure.ratio)
    value = f"{_number(figure.value)} {figure.unit}"
    return (figure.bench, figure.case, figure.what, value, ratio, figure.against, target, met)


def _ratio(ratio: float) -> str:
    return f"1/{1 / ratio:.0f}" if 0 < ratio < 0.1 else f"{ratio:.2f}×"


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def report(figures: Sequence[Figure]) -> dict[str, Any]:
    """Return the figures in the form that is written as JSON."""
    return {"machine": machine(), "figures": [asdict(one) | {"met": one.met} for one in figures]}


def alone(doc: str | None, measure: Callable[[], Iterable[Figure]]) -> None:
    """Run one benchmark by itself: its table, or with ``--json`` its JSON, on stdout."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--json", action="store_true", help="write JSON instead of a table")
    options = parser.parse_args()
    figures = list(measure())
    print(json.dumps(report(figures), indent=2) if options.json else table(figures))
