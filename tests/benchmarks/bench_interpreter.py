"""What the interpreter adds to a poll, without HTTP, and whether its memory grows.

``python -m tests.benchmarks.bench_interpreter`` prints the median cost of a poll (an answer in,
the next call out) for a document with the published one's bare conditions and for the shipped
one, beside the least a poll can be in Python: read the body, look at the status, write the path.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Final

from tests.unit.arazzo.engine import POLL
from workflow import documents
from workflow.arazzo.document import load
from workflow.arazzo.openapi import load_description
from workflow.arazzo.program import Program, compile_program
from workflow.arazzo.state import State
from workflow.arazzo.turns import Finished, Headers, Json, Response, Turn

TARGET: Final = 50.0
"""Microseconds per poll."""
POLLS: Final = 4_000
ROUNDS: Final = 8
VISITS: Final = 100_000

_HEADERS = Headers({"content-type": "application/json", "date": "Sun, 22 Nov 2026 10:00:00 GMT"})
_BODY = json.dumps(
    {
        "jobId": 4_211,
        "status": "running",
        "jobType": "sync",
        "startTime": "2026-11-22T10:00:00Z",
        "connectionId": "0a1b2c3d-0000-4000-8000-000000000001",
        "bytesSynced": 123_456_789,
        "rowsSynced": 123_456,
    }
)


def programs() -> dict[str, Program]:
    """Return the programs to be measured, by name."""
    api = load_description(documents.read("airbyte"), "airbyte.openapi.yaml")
    shipped = documents.read("trigger-sync-and-poll")
    return {
        "published shape": compile_program(load(POLL, "poll").needed(), {"airbyteApi": api}),
        "shipped": compile_program(load(shipped, "shipped").needed(), {"airbyteApi": api}),
    }


def polling(program: Program) -> Turn[State]:
    """Bring a run to its first poll."""
    turn = program.start({"connectionId": "0a1b2c3d-0000-4000-8000-000000000001"})
    return program.advance(turn.state, Response(200, _HEADERS, {"jobId": 4_211}))


def answer(rows: int) -> Response:
    """Make what getJob answers."""
    body: Json = {"jobId": 4_211, "status": "running", "bytesSynced": rows * 9, "rowsSynced": rows}
    return Response(200, _HEADERS, body, "application/json")


def median_of(poll: Callable[[int], None]) -> float:
    """Return the median cost of a poll in microseconds, in the quietest of several rounds.

    The machine is shared: a neighbour who is busy for a second slows every poll of a round.
    """
    medians = []
    for _ in range(ROUNDS):
        spent = []
        for number in range(POLLS):
            began = time.perf_counter_ns()
            poll(number)
            spent.append(time.perf_counter_ns() - began)
        medians.append(statistics.median(spent))
    return min(medians) / 1_000


def per_poll(program: Program) -> float:
    """Return the interpreter's cost of a poll in microseconds."""
    turn = polling(program)

    def poll(number: int) -> None:
        nonlocal turn
        turn = program.advance(turn.state, answers[number])

    answers = [answer(rows) for rows in range(POLLS)]
    return median_of(poll)


def baseline() -> float:
    """Return the cost of the least a poll can be, in microseconds."""

    def poll(_: int) -> None:
        body = json.loads(_BODY)
        if body["status"] not in {"succeeded", "failed", "cancelled"}:
            f"/jobs/{body['jobId']}".encode()

    return median_of(poll)


def growth(program: Program, visits: int = VISITS) -> tuple[int, int, int]:
    """Return bytes held after a thousandth and at the end of many visits, and the dump's size."""
    turn = polling(program)
    early = visits // 1_000
    tracemalloc.start()
    held = 0
    for number in range(visits):
        turn = program.advance(turn.state, answer(number))
        if number == early:
            held = tracemalloc.get_traced_memory()[0]
    end = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    if isinstance(turn.command, Finished):
        raise AssertionError("the run ended while it was measured")
    return held, end, len(json.dumps(program.dump(turn.state)))


def main() -> None:
    """Measure and print."""
    write = sys.stdout.write
    least = baseline()
    write(f"baseline, no engine            {least:7.1f} µs per poll\n")
    for name, program in programs().items():
        cost = per_poll(program)
        mark = "within" if cost <= TARGET else "above"
        write(f"{name:30} {cost:7.1f} µs per poll ({mark} {TARGET:.0f} µs)\n")
        held, end, size = growth(program)
        write(
            f"{'':30} {held:,} bytes held after {VISITS // 1_000:,} visits, {end:,} after "
            f"{VISITS:,}; a checkpoint has {size:,}\n"
        )


if __name__ == "__main__":
    main()
