"""The deck that benchmarks compare ours with goes on working as ours changes."""

from __future__ import annotations

import pytest

from tests.benchmarks.deck_on_datatable import TableRuns
from tests.support.deck import StillClock, an_app, the_fleet
from tests.support.screens import until


async def test_a_runs_pane_on_a_datatable_takes_what_the_deck_gives_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.screens.deck_panes.RunsPane", TableRuns)
    app = an_app(the_fleet(), StillClock())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.session is not None)
        await until(pilot, lambda: app.screen.query_one("#runs", TableRuns).row_count > 3)
