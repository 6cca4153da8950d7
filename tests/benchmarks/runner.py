"""Runs benchmarks one after the other, each as a process with a bound of its own.

What one has measured is kept whatever becomes of it and of the others: a figure is written as soon
as there is one, and a benchmark that fails, or does not end within its bound, is named with the
reason beside the figures of all that did.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.common import ROOT, Figure, report

_SAID: Final = 2_000
"""Characters of what a failed one said that are worth showing."""


@dataclass(frozen=True)
class Ran:
    """What came of a benchmark."""

    figures: tuple[Figure, ...]
    seconds: float
    failure: str | None = None


def run(command: Sequence[str], within: float) -> Ran:
    """Run a benchmark that writes its figures to the file it is given as its last argument."""
    with tempfile.TemporaryDirectory() as folder:
        written, said = Path(folder, "figures.json"), Path(folder, "said")
        began = time.perf_counter()
        with said.open("wb") as output:
            process = subprocess.Popen(
                [*command, str(written)],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            failure = None
            try:
                code = process.wait(within)
                if code:
                    failure = f"it ended with exit code {code}"
            except subprocess.TimeoutExpired:
                failure = f"it did not end within {within:.0f} s"
            finally:
                _end(process)
        if failure is not None:
            text = said.read_text(errors="replace").strip()[-_SAID:]
            failure = f"{failure}\n{text}" if text else failure
        return Ran(_read(written), time.perf_counter() - began, failure)


def keep(figures: Iterable[Figure], file: Path) -> None:
    """Write each figure as it comes; called in the benchmark's own process."""
    known: list[Figure] = []
    for figure in figures:
        known.append(figure)
        write(file, report(known))


def write(file: Path, told: Mapping[str, Any]) -> None:
    """Write JSON in one piece: a reader finds the old or the new."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(json.dumps(told, indent=2) + "\n")
    fresh.replace(file)


def run_all(
    commands: Mapping[str, Sequence[str]],
    bounds: Mapping[str, float],
    after: Callable[[list[Figure], Mapping[str, str]], None],
) -> tuple[list[Figure], dict[str, str]]:
    """Run them in order; `after` each one sees all figures and failures so far."""
    figures: list[Figure] = []
    failures: dict[str, str] = {}
    for name, command in commands.items():
        print(f"measuring {name} …", end=" ", file=sys.stderr, flush=True)
        ran = run(command, bounds[name])
        figures += ran.figures
        if ran.failure is not None:
            failures[name] = ran.failure
        failed = "" if ran.failure is None else f", {ran.failure.splitlines()[0]}"
        print(f"{ran.seconds:.0f} s{failed}", file=sys.stderr, flush=True)
        after(figures, failures)
    return figures, failures


def _read(file: Path) -> tuple[Figure, ...]:
    if not file.exists():
        return ()
    told = json.loads(file.read_text())["figures"]
    return tuple(Figure(**{key: it for key, it in one.items() if key != "met"}) for one in told)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with all that it started, which is a session of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
