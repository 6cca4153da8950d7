"""What the feed costs and how late it is, against asking for each job at a fixed interval.

Jobs begin together; their durations are lognormal (median 300 s, sigma 0.9). Both sides poll the
same model of a server in virtual time, so the figures are exact for their seed. Run it with
``python -m tests.benchmarks.bench_feed``, ``--json`` for a machine.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from tests.unit.airbyte.job_world import Change, History, Mishaps, Server, poll
from workflow.airbyte.models import PENDING, RUNNING, SUCCEEDED, JobId
from workflow.airbyte.planner import Planner

SIZES = (1, 20, 200, 1_000)
MEDIAN, SIGMA = 300.0, 0.9
LATENCY = 0.1


@dataclass(frozen=True)
class Figures:
    """One way of polling: requests, and seconds from a job's end to knowing of it."""

    jobs: int
    way: str
    requests: int
    mean_delay: float
    p95_delay: float
    less_than_3s: float
    """How many times fewer requests than polling every 3 s."""


def jobs_of(count: int, seed: int) -> dict[JobId, History]:
    """Make jobs that are triggered within the first second."""
    rng = random.Random(seed)
    made = {}
    for number in range(1, count + 1):
        begin = rng.uniform(0, 1)
        running = begin + 2.0
        end = running + rng.lognormvariate(math.log(MEDIAN), SIGMA)
        changes = ((PENDING, begin), (RUNNING, running), (SUCCEEDED, end))
        made[JobId(number)] = History(
            JobId(number), tuple(Change(status, when, when, when) for status, when in changes)
        )
    return made


def fixed(jobs: dict[JobId, History], every: float, seed: int) -> tuple[int, list[float]]:
    """Ask for each job every so many seconds."""
    rng = random.Random(seed)
    requests, delays = 0, []
    for history in jobs.values():
        now, end = history.changes[0].visible + rng.uniform(0, every), history.is_over
        asked = max(1, math.ceil((end - now) / every) + 1)
        requests += asked
        delays.append(now + (asked - 1) * every + 2 * LATENCY - end)
    return requests, delays


def fed(jobs: dict[JobId, History], *, looking: bool, seed: int) -> tuple[int, list[float]]:
    """Let the feed follow all of them."""
    server = Server(jobs, Mishaps(latency=LATENCY), random.Random(seed))
    planner = Planner(random.Random(seed))
    planner.looking = looking
    track_at = {job_id: history.changes[0].visible for job_id, history in jobs.items()}
    last = max(history.is_over for history in jobs.values())
    told = poll(planner, server, last + 20, track_at=track_at, posted=True)
    delays = [told[job_id].seen_at[SUCCEEDED] - jobs[job_id].is_over for job_id in jobs]
    return sum(when <= last + 1 for when, _ in server.asked), delays


def measure(sizes: Iterable[int], seeds: Iterable[int]) -> list[Figures]:
    """Measure each way at each size; requests and delays are medians over the seeds."""
    ways: dict[str, Callable[[dict[JobId, History], int], tuple[int, list[float]]]] = {
        "every 3 s": lambda jobs, seed: fixed(jobs, 3.0, seed),
        "every 10 s": lambda jobs, seed: fixed(jobs, 10.0, seed),
        "feed, headless": lambda jobs, seed: fed(jobs, looking=False, seed=seed),
        "feed, on screen": lambda jobs, seed: fed(jobs, looking=True, seed=seed),
    }
    figures: list[Figures] = []
    seeds = tuple(seeds)
    for size in sizes:
        baseline = 0.0
        for way, run in ways.items():
            outcomes = [run(jobs_of(size, seed), seed) for seed in seeds]
            requests = statistics.median(count for count, _ in outcomes)
            baseline = baseline or requests
            figures.append(
                Figures(
                    size,
                    way,
                    round(requests),
                    statistics.median(statistics.fmean(delays) for _, delays in outcomes),
                    statistics.median(percentile(delays, 0.95) for _, delays in outcomes),
                    baseline / requests,
                )
            )
    return figures


def percentile(values: list[float], part: float) -> float:
    """Return the value that so large a part of them does not exceed."""
    return sorted(values)[min(len(values) - 1, math.ceil(part * len(values)) - 1)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    options = parser.parse_args()
    figures = measure(options.sizes, range(options.seeds))
    if options.json:
        print(json.dumps([asdict(line) for line in figures], indent=2))
        return
    print(f"{'jobs':>5}  {'way':<16} {'requests':>9} {'ratio':>8} {'mean delay':>11} {'p95':>7}")
    for line in figures:
        print(
            f"{line.jobs:>5}  {line.way:<16} {line.requests:>9} {'1/':>2}{line.less_than_3s:<6.1f} "
            f"{line.mean_delay:>9.2f} s {line.p95_delay:>5.2f} s"
        )


if __name__ == "__main__":
    main()
