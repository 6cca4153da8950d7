"""How soon `syncdeck --help` and the deck are there, against click and an empty Textual app.

All are run in fresh processes that alternate with their baselines: as the command of this
environment, and, where hatchling is installed, from a wheel that is built of this tree and
unpacked beside it. The first paint is the time from the start of the process to the first picture
on a pseudo-terminal of 120×40, which says what is being opened; the panes are there when the
titles of their columns are. The server that is named does not answer, since neither waits for
anybody.
``python -m tests.benchmarks.bench_startup``.
"""

from __future__ import annotations

import compileall
import fcntl
import importlib.util
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.benchmarks.common import ROOT, Figure, alone, median

ROUNDS: Final = 15
HELP_TARGET: Final = 1.5
PAINT_TARGET: Final = 1.4
ABSENT: Final = ("textual", "httpx", "asyncio", "importlib.metadata")

_COMMAND: Final = str(Path(sys.executable).with_name("syncdeck"))
_MAIN: Final = "import sys; sys.argv[0] = 'syncdeck'; from tui.cli import main; main()"
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
_PANES: Final = b"CONNECTION"
_WITHIN: Final = 20.0


def measure(rounds: int = ROUNDS) -> Iterator[Figure]:
    """Measure both beginnings; medians of processes that alternate with their baselines."""
    with tempfile.TemporaryDirectory() as folder:
        ways: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {"": ([_COMMAND], {})}
        if importlib.util.find_spec("hatchling") is not None:
            site = _unpacked_wheel(Path(folder))
            ways[", wheel"] = (_python(_MAIN), {"PYTHONPATH": str(site)})
        for way, (command, more) in ways.items():
            yield from _help(way, command, more, rounds)
            yield from _paint(way, command, more, rounds)
    told = subprocess.run(
        _python(_MODULES), cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()[-1]
    there = float(told.split()[1])
    yield Figure("startup", "syncdeck --help", "modules that should be absent", there, "", target=0)


def _unpacked_wheel(folder: Path) -> Path:
    """Build a wheel, and return where its modules are, compiled as an installer does."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    compileall.compile_dir(site, quiet=2)
    return site


def _help(
    way: str, command: Sequence[str], more: Mapping[str, str], rounds: int
) -> Iterator[Figure]:
    ours, click = _alternating([*command, "--help"], _python("import click"), more, rounds)
    ratio, against = ours / click, "import click"
    case = f"syncdeck --help{way}"
    yield Figure("startup", case, "time", ours, "ms", ratio, against, HELP_TARGET, True)


def _paint(
    way: str, command: Sequence[str], more: Mapping[str, str], rounds: int
) -> Iterator[Figure]:
    (first, panes), (empty, _) = _painting(command, _python(_EMPTY), more, rounds)
    against = "empty Textual app"
    case = f"first paint{way}"
    yield Figure("startup", case, "time", first, "ms", first / empty, against, PAINT_TARGET, True)
    yield Figure("startup", f"the deck's panes{way}", "time", panes, "ms", panes / empty, against)


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def _alternating(
    one: Sequence[str], other: Sequence[str], more: Mapping[str, str], rounds: int
) -> tuple[float, float]:
    """Return the medians of both in milliseconds; the first round warms the disk's cache."""
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for command, times in zip((one, other), took, strict=True):
            began = time.perf_counter()
            environment = {**os.environ, **more}
            subprocess.run(command, cwd="/", env=environment, capture_output=True, check=True)
            if number:
                times.append((time.perf_counter() - began) * 1_000)
    return median(took[0]), median(took[1])


Painted = tuple[float, float]
"""Milliseconds until the first picture, and until the deck's panes; 0 without panes."""


def _painting(
    ours: Sequence[str], other: Sequence[str], more: Mapping[str, str], rounds: int
) -> tuple[Painted, Painted]:
    """Return the medians of both."""
    took: tuple[list[Painted], list[Painted]] = ([], [])
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "HOME": home,
            "PATH": os.environ["PATH"],
            "TERM": "xterm-256color",
            "AIRBYTE_API_ROOT": "http://127.0.0.1:9/v1",
            **more,
        }
        for number in range(rounds + 1):
            painted = (_painted(ours, environment, panes=True), _painted(other, environment))
            for one, times in zip(painted, took, strict=True):
                if number:
                    times.append(one)
    return _medians(took[0]), _medians(took[1])


def _medians(times: Sequence[Painted]) -> Painted:
    return median(one[0] for one in times), median(one[1] for one in times)


def _painted(
    command: Sequence[str], environment: Mapping[str, str], *, panes: bool = False
) -> Painted:
    """Start a program on a terminal of its own and return how soon it painted."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    began = time.perf_counter()
    started = subprocess.Popen(
        command,
        cwd="/",
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen, first = b"", 0.0
    try:
        while not first or (panes and _PANES not in seen):
            ready, _, _ = select.select([ours], [], [], _WITHIN)
            if not ready:
                raise RuntimeError(f"{command} painted nothing within {_WITHIN:.0f} s")
            seen += os.read(ours, 65_536)
            if not first and len(seen) >= _PICTURE:
                first = (time.perf_counter() - began) * 1_000
        return first, (time.perf_counter() - began) * 1_000 if panes else 0.0
    finally:
        started.kill()
        started.wait()
        os.close(ours)


if __name__ == "__main__":
    alone(__doc__, measure)
