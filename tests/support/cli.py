"""The `syncdeck` command for tests: called in this process, or as a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class FastClock:
    """A clock that runs `speed` times as fast as the machine's, for both sides of a socket."""

    def __init__(self, speed: float = 60.0) -> None:
        self._speed = speed
        self._start = datetime.now(UTC)
        self._zero = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._zero) * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._speed)


@dataclass(frozen=True)
class Ended:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    def last(self, kind: str) -> dict[str, Any]:
        """The last event of a kind."""
        return [event for event in self.events if event["event"] == kind][-1]

    @property
    def verdicts(self) -> list[str]:
        """The verdicts in the order they came."""
        return [event["verdict"] for event in self.events if event["event"] == "run.finished"]


def start(arguments: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start `syncdeck` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tui", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, **environ},
    )


def wait(process: subprocess.Popen[str]) -> Ended:
    """Wait for a process to end, and read what it said."""
    assert process.stdout is not None
    assert process.stderr is not None
    # Not communicate(): it passes over what a read of a line left in the buffer.
    with process.stdout, process.stderr:
        out, err = process.stdout.read(), process.stderr.read()
    return Ended(process.wait(timeout=60), out, err)


def read_until(process: subprocess.Popen[str], word: str) -> list[str]:
    """Read a process's lines up to the one with `word` in it."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if word in line:
            return lines
    raise AssertionError(f"it ended without {word!r}: {lines}")
