"""The other rooms' benchmarks as figures of the one table: sandbox, interpreter, feed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.benchmarks import bench_feed, bench_interpreter, bench_sandbox
from tests.benchmarks.common import Figure

_REQUESTS: Final = {
    (200, "feed, on screen"): 1 / 40,
    (1_000, "feed, on screen"): 1 / 60,
    (1_000, "feed, headless"): 1 / 100,
}
_MEAN: Final = {(200, "feed, on screen"): 3.0, (200, "feed, headless"): 3.0}
_P95: Final = {
    (200, "feed, on screen"): 9.0,
    (200, "feed, headless"): 9.0,
    (1_000, "feed, on screen"): 5.0,
    (1_000, "feed, headless"): 5.0,
}
"""What the feed is held to, by jobs and way."""


def feed() -> Iterator[Figure]:
    """Requests and delay of the feed, against asking for each job every 3 s."""
    for line in bench_feed.measure(bench_feed.SIZES, range(3)):
        case, key = f"{line.jobs:,} jobs, {line.way}", (line.jobs, line.way)
        part, most = 1 / line.less_than_3s, _REQUESTS.get(key)
        yield Figure("feed", case, "requests", line.requests, "", part, "every 3 s", most, True)
        yield Figure("feed", case, "mean delay", line.mean_delay, "s", target=_MEAN.get(key))
        yield Figure("feed", case, "p95 delay", line.p95_delay, "s", target=_P95.get(key))


def interpreter() -> Iterator[Figure]:
    """What a poll costs in the interpreter, against the least it can be in Python."""
    least = bench_interpreter.baseline()
    yield Figure("interpreter", "no engine", "a poll", least, "µs")
    for name, program in bench_interpreter.programs().items():
        cost = bench_interpreter.per_poll(program)
        yield Figure(
            "interpreter",
            name,
            "a poll",
            cost,
            "µs",
            cost / least,
            "no engine",
            bench_interpreter.TARGET,
        )
        held, end, size = bench_interpreter.growth(program, 20_000)
        yield Figure("interpreter", name, "grown over 20,000 visits", end - held, "bytes")
        yield Figure("interpreter", name, "a checkpoint", size, "bytes")


def sandbox() -> Iterator[Figure]:
    """What a request costs the sandbox, against the same framework answering a constant."""
    measured = {one.name: one for one in bench_sandbox.bench(2.0, 10_000, 1_000)}
    small, large = (one for name, one in measured.items() if name.startswith("constant"))
    for name, one in measured.items():
        yield Figure("sandbox", name, "requests a second", one.per_second, "")
        constant = small if "getJob" in name else large
        yield Figure(
            "sandbox",
            name,
            "CPU a request",
            one.cpu * 1_000,
            "ms",
            one.cpu / constant.cpu,
            "a constant",
        )
