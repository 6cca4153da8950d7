"""A benchmark that fails or hangs costs nobody else's figures, nor those it had."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as program
from tests.benchmarks import runner
from tests.benchmarks.common import Figure

_WRITES = """
import sys
from pathlib import Path
from tests.benchmarks import runner
from tests.benchmarks.common import Figure

def figures():
    yield Figure("bench", "first", "time", 1.0, "s", target=2.0)
    THEN

runner.keep(figures(), Path(sys.argv[-1]))
"""


def benchmark(then: str) -> list[str]:
    """Return a benchmark that measures one thing, and then does something else."""
    return [sys.executable, "-c", _WRITES.replace("THEN", then)]


FINE = benchmark('yield Figure("bench", "second", "time", 3.0, "s")')


def test_one_that_fails_leaves_what_it_had_and_says_why() -> None:
    ran = runner.run(benchmark("raise ValueError('no such thing')"), within=60)
    assert ran.figures == (Figure("bench", "first", "time", 1.0, "s", target=2.0),)
    assert ran.failure is not None
    assert ran.failure.startswith("it ended with exit code 1")
    assert "no such thing" in ran.failure


def test_one_that_does_not_end_is_ended_with_what_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    then = (
        "import subprocess, time; from pathlib import Path; "
        "grown = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        f"Path({str(pid)!r}).write_text(str(grown.pid)); time.sleep(600)"
    )
    ran = runner.run(benchmark(then), within=8)
    assert [figure.case for figure in ran.figures] == ["first"]
    assert ran.failure is not None
    assert ran.failure.startswith("it did not end within 8 s")
    deadline = time.monotonic() + 30
    while not ended(int(pid.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ended(pid: int) -> bool:
    """Tell whether a process is over, whether or not somebody has taken note of that."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" in status.read_text()


def test_all_are_run_and_each_is_told_of_as_soon_as_it_ends() -> None:
    seen: list[tuple[int, tuple[str, ...]]] = []

    def after(figures: list[Figure], failures: Mapping[str, str]) -> None:
        seen.append((len(figures), tuple(failures)))

    commands = {"a": FINE, "b": benchmark("sys.exit(3)"), "c": FINE}
    figures, failures = runner.run_all(commands, dict.fromkeys(commands, 60.0), after)
    assert seen == [(2, ()), (3, ("b",)), (5, ("b",))]
    assert (len(figures), list(failures)) == (5, ["b"])


def test_the_program_prints_and_writes_what_there_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = {
        "feed": runner.Ran((Figure("feed", "one", "requests", 4.0, ""),), 1.0),
        "deck": runner.Ran((), 1.0, "it did not end within 9 s"),
    }
    monkeypatch.setattr(runner, "run", lambda command, within: ran[command[-1]])
    file = tmp_path / "figures.json"
    assert program._all(["feed", "deck"], file) == 1
    told = json.loads(file.read_text())
    assert [figure["case"] for figure in told["figures"]] == ["one"]
    assert told["failures"] == {"deck": "it did not end within 9 s"}
    printed = capsys.readouterr().out
    assert "feed   one   requests" in printed
    assert "NOT MEASURED to its end: deck: it did not end within 9 s" in printed


def test_every_benchmark_has_a_bound_and_a_place() -> None:
    assert program.BENCHES.keys() == program.BOUNDS.keys()
    assert all(callable(program._bench(name)) for name in program.BENCHES)
