"""The benchmark itself still runs; its figures are for people, not for a test to judge."""

from __future__ import annotations

from tests.benchmarks.bench_sandbox import bench, day


def test_the_benchmark_measures_every_target() -> None:
    rows = bench(0.02, connections=30, live=10)

    assert [row.name for row in rows] == [
        "getJob",
        "listJobs, 100 rows",
        "listConnections, 100 rows",
        "constant, as small as getJob",
        "constant, as large as the list",
    ]
    assert all(row.per_second > 0 for row in rows)


def test_the_benchmark_lets_a_day_pass() -> None:
    hours, cpu = day(30, hours=7)

    assert [one.number for one in hours] == [6, 7]
    assert hours[0].made < hours[1].made
    assert cpu > 0
