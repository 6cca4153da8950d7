"""The demo's session: a launch under way, and nothing of it left behind."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.cli import FastClock
from tui.session_demo import open_demo, sweep


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left_in(place: Path) -> list[str]:
    return sorted(one.name for one in place.iterdir())


async def test_a_demo_has_a_launch_under_way_and_leaves_nothing(place: Path) -> None:
    async with open_demo(clock=FastClock()) as session, asyncio.timeout(30):
        begun, fleet = asyncio.Event(), session.fleet
        fleet.subscribe(lambda _: begun.set() if len(fleet.runs) >= 5 else None)
        await begun.wait()
        (launch,) = session.fleet.launches.values()
        assert launch.targets >= 5
        assert launch.finished is None
        assert len(session.fleet.runs) == launch.targets
        assert session.profile_name == "demo"
        assert not session.read_only
        assert session.web_url is None
        assert len(left_in(place)) == 1
    assert left_in(place) == []


def test_what_a_killed_demo_left_is_removed_and_a_living_ones_is_not(place: Path) -> None:
    for name in ("dead", "alive"):
        folder = place / f"syncdeck-demo-{name}"
        folder.mkdir()
        (folder / "lock").touch()
        (folder / "journal.db").touch()
    stranger = place / "syncdeck-demo-new"
    stranger.mkdir()
    with FileLock(place / "syncdeck-demo-alive" / "lock"):
        assert sweep(place) == 1
    assert left_in(place) == ["syncdeck-demo-alive", "syncdeck-demo-new"]
