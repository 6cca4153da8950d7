"""All benchmarks as one table: ``python -m tests.benchmarks [--only NAME] [--json FILE]``.

Takes about twenty minutes on two cores; each benchmark has a bound of its own. The exit code is 0
whether or not targets are met: a busy machine is no reason to call anything broken.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from tests.benchmarks import (
    bench_deck,
    bench_feed,
    bench_headless,
    bench_journal,
    bench_path,
    bench_startup,
    common_others,
)
from tests.benchmarks.common import Figure, machine, report, table

BENCHES: Final[dict[str, Callable[[], Iterable[Figure]]]] = {
    "feed": bench_feed.measure,
    "interpreter": common_others.interpreter,
    "journal": bench_journal.measure,
    "path": bench_path.measure,
    "sandbox": common_others.sandbox,
    "startup": bench_startup.measure,
    "deck": bench_deck.measure,
    "headless": bench_headless.measure,
}


def main() -> None:
    """Measure what is asked for, and print and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=tuple(BENCHES), help="may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    given = parser.parse_args()
    figures: list[Figure] = []
    for name in given.only or BENCHES:
        print(f"measuring {name} …", end=" ", file=sys.stderr, flush=True)
        began = time.perf_counter()
        figures += BENCHES[name]()
        print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    print(", ".join(f"{what} {value}" for what, value in machine().items()))
    print(table(figures))
    if given.json is not None:
        given.json.write_text(json.dumps(report(figures), indent=2) + "\n")


if __name__ == "__main__":
    main()
