"""What a fleet does from time to time, whatever its runs do: point things out, and forget."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final, NoReturn

from workflow.clock import Clock
from workflow.runs import warnings
from workflow.runs.forgetting import to_forget
from workflow.runs.journal import Journal, JournalError
from workflow.runs.ledger import Ledger, Voice
from workflow.runs.roster import Roster
from workflow.runs.suspects import Suspects

WARNINGS_EVERY: Final = 15.0
"""Seconds."""
FORGET_EVERY: Final = 24 * 3600.0
"""Seconds."""
LET_GO_EVERY: Final = 60.0
"""Seconds."""

_log = logging.getLogger(__name__)


async def point_out(
    ledger: Ledger, roster: Roster, clock: Clock, usual: Callable[[str], timedelta | None]
) -> NoReturn:
    """Look for what an operator would want pointed out about the live runs, for ever.

    `usual` gives a connection's usual duration.
    """
    while True:
        await clock.sleep(WARNINGS_EVERY)
        for run in roster.runs:
            state = ledger.runs[run]
            lasts = usual(state.connection_id) if state.connection_id else None
            for warning in warnings.while_live(state, clock.now(), lasts):
                Voice(ledger, run).note(warning)


async def let_go_of_ended(ledger: Ledger, suspects: Suspects, clock: Clock, most: int) -> NoReturn:
    """Keep no more than about `most` ended runs in memory, for ever: a deck may stay open."""
    while True:
        await clock.sleep(LET_GO_EVERY)
        questions = {suspicion.run for suspicion in suspects.known}
        gone = to_forget(ledger.runs, ledger.launches, questions, clock.now(), most)
        ledger.known.forget(gone)


async def forget_what_is_old(journal: Journal, clock: Clock) -> NoReturn:
    """Let the journal drop what its retention says, now and once a day: a deck may stay open."""
    while True:
        try:
            await journal.retain()
        except JournalError as error:
            _log.warning("nothing more was forgotten: %s", error)
        await clock.sleep(FORGET_EVERY)
