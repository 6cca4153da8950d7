"""Sessions whose rooms are imported when they are opened, behind the deck's first picture.

The language, the network and the journal take longer to import than the deck takes to paint. They
are imported in a thread, so that the deck answers keys meanwhile.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from workflow.settings import Profile, RetentionSettings

if TYPE_CHECKING:
    from tui.session import Session


@asynccontextmanager
async def open_session_late(
    profile: Profile, *, journal: Path, keep: RetentionSettings, may_arm: bool
) -> AsyncIterator[Session]:
    """Open a profile's session as :func:`tui.session.open_session` does."""
    await asyncio.to_thread(importlib.import_module, "tui.session")
    from tui.session import Wiring, open_session  # noqa: PLC0415 - it is here now

    wiring = Wiring(may_arm=may_arm)
    async with open_session(profile, journal=journal, keep=keep, wiring=wiring) as session:
        yield session


@asynccontextmanager
async def open_demo_late() -> AsyncIterator[Session]:
    """Open the demo's session as :func:`tui.session_demo.open_demo` does."""
    await asyncio.to_thread(importlib.import_module, "tui.session_demo")
    from tui.session_demo import open_demo  # noqa: PLC0415 - it is here now

    async with open_demo() as session:
        yield session
