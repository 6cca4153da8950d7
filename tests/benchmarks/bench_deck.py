"""What the deck costs with many live runs, against the same deck on Textual's DataTable.

Everything changes four times a second at 200×50; see :mod:`tests.benchmarks.bench_deck_child` for
what is drawn, :mod:`tests.benchmarks.deck_on_datatable` for the baseline. Each line is measured in
a process of its own, the ways of a size by turns. CPU is a part of one core. Lag is how late the
event loop is for whoever wants a turn, waits for a core that a neighbour has left out.
``python -m tests.benchmarks.bench_deck``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.benchmarks.common import (
    Figure,
    NotMeasuredError,
    alone,
    in_process_of_its_own,
    median,
)

SIZES: Final = (50, 200, 1_000, 5_000)
TARGETS: Final = {1_000: (25.0, 50.0), 5_000: (40.0, 100.0)}
"""Per cent of a core, milliseconds of lag at the 99th percentile."""
SECONDS: Final = 5.0
ROUNDS: Final = 3
WAYS: Final = ("deck", "datatable", "typing", "datatable-typing")
_CHILD: Final = "tests.benchmarks.bench_deck_child"
_TABLE: Final = "DataTable"


def measure(rounds: int = ROUNDS) -> Iterator[Figure]:
    """Measure all sizes; medians of the rounds where there is a target, else one round.

    A size that cannot be measured leaves the others theirs; NotMeasuredError tells of it at the
    end.
    """
    failed = []
    for size in SIZES:
        try:
            yield from _size(size, rounds if size in TARGETS else 1)
        except NotMeasuredError as error:
            failed.append(str(error))
    folding = _child("folding", 1_000)
    each = folding["cpu"] / folding["events"] * 1e6
    yield Figure("deck", "folding one reading", "CPU", each, "µs")
    if failed:
        raise NotMeasuredError("\n".join(failed))


def _size(size: int, rounds: int) -> Iterator[Figure]:
    told: dict[str, list[dict[str, Any]]] = {}
    for _ in range(rounds):
        for way in WAYS:
            told.setdefault(way, []).append(_child(way, size))
    most_cpu, most_lag = TARGETS.get(size, (None, None))
    for way, baseline, name in (
        ("deck", "datatable", ""),
        ("typing", "datatable-typing", ", typing a filter over 10,000"),
    ):
        case = f"{size:,} runs{name}"
        cpu, lag = _cpu(told[way]), _lag(told[way])
        table_cpu, table_lag = _cpu(told[baseline]), _lag(told[baseline])
        yield Figure("deck", case, "CPU", cpu, "%", cpu / table_cpu, _TABLE, most_cpu)
        yield Figure("deck", case, "lag p50", _of(told[way], "p50"), "ms")
        yield Figure(
            "deck", case, "lag p99", lag, "ms", lag / max(table_lag, 0.01), _TABLE, most_lag
        )
        yield Figure("deck", case, "draws a second", _of(told[way], "writes"), "")
        yield Figure("deck", f"{case}, on a DataTable", "CPU", table_cpu, "%")
        yield Figure("deck", f"{case}, on a DataTable", "lag p99", table_lag, "ms")
        drawn = _of(told[baseline], "writes")
        yield Figure("deck", f"{case}, on a DataTable", "draws a second", drawn, "")


def _child(way: str, size: int) -> dict[str, Any]:
    return in_process_of_its_own(_CHILD, way, "--runs", str(size), "--seconds", str(SECONDS))


def _of(told: list[dict[str, Any]], what: str) -> float:
    return median(one[what] for one in told)


def _cpu(told: list[dict[str, Any]]) -> float:
    return _of(told, "cpu") * 100


def _lag(told: list[dict[str, Any]]) -> float:
    return _of(told, "p99")


if __name__ == "__main__":
    alone(__doc__, measure)
