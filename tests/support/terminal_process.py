"""A deck in a process of its own, on a terminal: names that do harm, and a launch that ends.

What it writes is the test's to read; it leaves by itself when the end has been told.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from textual.pilot import Pilot

from tests.support.deck import LAUNCH, an_app, the_fleet
from tests.support.screens import HOSTILE, NOW, until
from tui.telling import Telling
from workflow.runs.events import Event, LaunchFinished, Verdict
from workflow.text import safe

NAME = safe(HOSTILE * 20)
FINISHED = LaunchFinished({Verdict.SUCCEEDED: 3}, rows=9, rows_unknown=0, seconds=60.0)


def main() -> None:
    fleet = the_fleet()
    fleet.launches[LAUNCH] = replace(fleet.launches[LAUNCH], name=NAME)
    fleet.runs = {key: replace(run, name=NAME) for key, run in fleet.runs.items()}
    app = an_app(fleet)

    async def drive(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.session is not None, turns=6_000)
        app.tell_of(LAUNCH, Telling(bell=True, desktop=True))
        fleet.tell(Event(time=NOW, seq=9, fact=FINISHED, launch=LAUNCH))
        app._hand_over()
        await pilot.pause()
        app.exit(0)

    app.run(auto_pilot=drive)
    sys.exit(app.return_code or 0)


if __name__ == "__main__":
    main()
