"""What the tests with real processes share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fleet_place import Place, open_place


@pytest.fixture(scope="package")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A sandbox and a source of fleets; each test has connections and a journal of its own."""
    if not Path("/proc").exists():
        pytest.skip("needs /proc")
    with open_place(tmp_path_factory.mktemp("place")) as opened:
        yield opened
