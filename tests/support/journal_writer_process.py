"""A process that forks writers on a journal, before any thread of its own has begun.

Run as a program: it reads one path a line, forks a child that writes to the journal there as fast
as it can, and prints the child's id. The child prints ``SEQ\\n`` on the file beside the journal
(``acked``) each time an append has returned, and ``gate`` and ``intent`` lines likewise. Killing
is the test's business.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workflow.clock import SystemClock
from workflow.runs.events import Event, RunCreated, RunId, StatusChanged
from workflow.runs.journal import Journal
from workflow.runs.journal.intents import Became, Intent, IntentKey

NOW = datetime(2026, 3, 25, 1, 30, tzinfo=UTC)
RUN = RunId("r-1")


async def write(path: Path) -> None:
    """Write events and intents until somebody ends it."""
    journal = await Journal.open(path, SystemClock())
    acked = os.open(path.with_name("acked"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    await journal.append([Event(NOW, 1, RunCreated("p", "w", ()), RUN, None, "c")], profile="p")
    number = 1
    while True:
        number += 1
        key = IntentKey(RUN, "trigger", number)
        await journal.take_gate(key, f"c-{number}", "p")
        await journal.open_intent(
            Intent(key, "p", f"c-{number}", "sync", 0, NOW, None, timedelta(seconds=300)),
            [Event(NOW, number, StatusChanged(None, "x" * 300), RUN, None, "c")],
        )
        os.write(acked, f"{number}\n".encode())
        await journal.settle_intent(key, Became.STARTED, job_id=number)


def main() -> None:
    """Fork a writer for each line."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(write(Path(line.strip())))
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
