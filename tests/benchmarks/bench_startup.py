"""How soon `syncdeck --help` and the deck are there, against click and an empty Textual app.

All are run as the installed command, in fresh processes, alternating with their baselines. The
first paint is the time from the start of the process to the first picture on a pseudo-terminal of
120×40; the server the deck is told of does not answer, since the first paint waits for nobody.
``python -m tests.benchmarks.bench_startup``.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.benchmarks.common import ROOT, Figure, alone, median

ROUNDS: Final = 15
HELP_TARGET: Final = 1.5
PAINT_TARGET: Final = 1.4
ABSENT: Final = ("textual", "httpx", "asyncio", "importlib.metadata")

_COMMAND: Final = str(Path(sys.executable).with_name("syncdeck"))
_MODULES: Final = f"""
import sys
from tui.cli import run
run(["--help"])
found = [name for name in {ABSENT!r} if name in sys.modules]
print("modules", len(found), *found)
"""
_EMPTY: Final = "from textual.app import App; App().run()"
_PICTURE: Final = 3_000
"""Bytes that no setting of a terminal's modes has, and every picture of 120×40 does."""
_WITHIN: Final = 20.0


def measure(rounds: int = ROUNDS) -> Iterator[Figure]:
    """Measure both beginnings; medians of processes that alternate with their baselines."""
    ours, click = _alternating([_COMMAND, "--help"], _python("import click"), rounds)
    help_ = "syncdeck --help"
    yield Figure(
        "startup", help_, "time", ours, "ms", ours / click, "import click", HELP_TARGET, True
    )
    yield Figure("startup", "python -c 'import click'", "time", click, "ms")
    told = subprocess.run(
        _python(_MODULES), cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()[-1]
    there = float(told.split()[1])
    yield Figure("startup", help_, "modules that should be absent", there, "", target=0)
    deck, empty = _painting(_python(_EMPTY), rounds)
    yield Figure(
        "startup",
        "first paint of the deck",
        "time",
        deck,
        "ms",
        deck / empty,
        "empty Textual app",
        PAINT_TARGET,
        True,
    )
    yield Figure("startup", "first paint of an empty Textual app", "time", empty, "ms")


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def _alternating(one: Sequence[str], other: Sequence[str], rounds: int) -> tuple[float, float]:
    """Return the medians of both in milliseconds; the first round warms the disk's cache."""
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for command, times in zip((one, other), took, strict=True):
            began = time.perf_counter()
            subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
            if number:
                times.append((time.perf_counter() - began) * 1_000)
    return median(took[0]), median(took[1])


def _painting(other: Sequence[str], rounds: int) -> tuple[float, float]:
    """Return the medians of the deck's first paint and the other's in milliseconds."""
    took: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "HOME": home,
            "PATH": os.environ["PATH"],
            "TERM": "xterm-256color",
            "AIRBYTE_API_ROOT": "http://127.0.0.1:9/v1",
        }
        for number in range(rounds + 1):
            for command, times in zip(([_COMMAND], other), took, strict=True):
                seconds = _first_paint(command, environment)
                if number:
                    times.append(seconds * 1_000)
    return median(took[0]), median(took[1])


def _first_paint(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Start a program on a terminal of its own and return how soon it painted, in seconds."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    began = time.perf_counter()
    started = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen = 0
    try:
        while seen < _PICTURE:
            ready, _, _ = select.select([ours], [], [], _WITHIN)
            if not ready:
                raise RuntimeError(f"{command} painted nothing within {_WITHIN:.0f} s")
            seen += len(os.read(ours, 65_536))
        return time.perf_counter() - began
    finally:
        started.kill()
        started.wait()
        os.close(ours)


if __name__ == "__main__":
    alone(__doc__, measure)
