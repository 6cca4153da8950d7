"""The other rooms' benchmarks as figures of the one table: sandbox and interpreter."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks import bench_interpreter, bench_sandbox
from tests.benchmarks.common import Figure


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
