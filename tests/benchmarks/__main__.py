"""All benchmarks as one table: ``python -m tests.benchmarks [--only NAME] [--json FILE]``.

Takes about twenty minutes on two cores. Each benchmark is a process with a bound of its own; the
figures of those that ended are printed and written whatever happened to the others. The exit code
is 0 whether or not targets are met, since a busy machine is no reason to call anything broken, and
1 when something could not be measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from tests.benchmarks import runner
from tests.benchmarks.common import Figure, machine, report, table

BENCHES: Final = {
    "feed": "bench_feed.measure",
    "interpreter": "common_others.interpreter",
    "journal": "bench_journal.measure",
    "path": "bench_path.measure",
    "sandbox": "common_others.sandbox",
    "startup": "bench_startup.measure",
    "deck": "bench_deck.measure",
    "headless": "bench_headless.measure",
}
"""By name, where each is; imported in its own process only."""
BOUNDS: Final[Mapping[str, float]] = {
    "feed": 1_200.0,
    "interpreter": 120.0,
    "journal": 1_200.0,
    "path": 300.0,
    "sandbox": 300.0,
    "startup": 400.0,
    "deck": 1_500.0,
    "headless": 1_500.0,
}
"""Seconds. All of them together take about twenty minutes on two quiet cores."""
_INTERRUPTED: Final = 130


def main() -> int:
    """Measure what is asked for, and print and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=tuple(BENCHES), help="may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--keep", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.keep is not None:
        name, file = given.keep
        runner.keep(_bench(name)(), Path(file))
        return 0
    return _all(given.only or tuple(BENCHES), given.json)


def _all(names: Sequence[str], file: Path | None) -> int:
    own = (sys.executable, "-m", "tests.benchmarks", "--keep")
    figures: list[Figure] = []
    failures: dict[str, str] = {}

    def after(figures_so_far: list[Figure], failures_so_far: Mapping[str, str]) -> None:
        figures[:] = figures_so_far
        failures.update(failures_so_far)
        if file is not None:
            runner.write(file, report(figures) | {"failures": failures})

    try:
        runner.run_all({name: (*own, name) for name in names}, BOUNDS, after)
    except KeyboardInterrupt:
        print("interrupted; what was measured until then:", file=sys.stderr)
        return _INTERRUPTED
    finally:
        print(", ".join(f"{what} {value}" for what, value in machine().items()))
        print(table(figures))
        for name, failure in failures.items():
            print(f"\nNOT MEASURED to its end: {name}: {failure}")
    return 1 if failures else 0


def _bench(name: str) -> Callable[[], Iterable[Figure]]:
    module, _, function = BENCHES[name].partition(".")
    found: Callable[[], Iterable[Figure]] = getattr(
        import_module(f"tests.benchmarks.{module}"), function
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
