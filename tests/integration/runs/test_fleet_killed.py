"""A process that is killed: the next one finds its runs, and sends nothing for them."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from tests.support.fleets import STEADY, QuickClock, add_connection, open_deck
from tests.support.sandbox import running_sandbox
from workflow.runs.events import Verdict

_VICTIM = """
import asyncio, sys
from pathlib import Path
from tests.support.fleets import QuickClock, open_deck
from workflow.runs.launch import Order, Target
from workflow.text import safe

async def main(base_url, journal, *connections):
    targets = tuple(Target(one, safe(one)) for one in connections)
    async with open_deck(base_url, QuickClock(), journal=Path(journal)) as deck:
        launch = await deck.fleet.launch(Order(targets, max_parallel=3))
        runs = lambda: deck.of_launch(launch)
        await deck.until(lambda: sum(run.status == "running" for run in runs()) == 3)
        print("three are running", flush=True)
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_after_a_kill_every_run_is_found_and_no_trigger_is_sent(tmp_path: Path) -> None:
    clock = QuickClock()
    journal = tmp_path / "journal.db"
    with running_sandbox(clock=clock) as server:
        targets = [add_connection(server.world, STEADY) for _ in range(5)]
        names = [target.connection_id for target in targets]
        victim = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _VICTIM, server.base_url, str(journal), *names,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert victim.stdout is not None
        assert await victim.stdout.readline() == b"three are running\n"
        victim.send_signal(signal.SIGKILL)
        await victim.wait()
        assert server.log.count("createJob") == 3

        async with open_deck(server.base_url, clock, journal=journal) as deck:
            await deck.fleet.end()
            states = list(deck.fleet.runs.values())
        verdicts = [state.verdict for state in states if state.verdict is not None]
        assert verdicts == [Verdict.SUCCEEDED] * 3
        assert [state.waiting_for for state in states if state.verdict is None] == ["asked"] * 2
        assert server.log.count("createJob") == 3
