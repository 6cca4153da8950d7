"""What `syncdeck doctor` finds out about syncdeck's own files: settings, log, journal.

Each is named whether it is there or not, since this is where people look for them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from tui.commands.common import Common, journal_path, load_settings
from tui.formats import many
from tui.headless_findings import Finding
from workflow.clock import Clock
from workflow.runs.journal import Journal, JournalError, open_records
from workflow.settings_paths import log_file
from workflow.text import safe

_LEAST_FREE: Final = 1 << 18
"""Bytes. A trigger writes some tens of kilobytes before it leaves: pages, log and its index."""


async def findings_of_files(common: Common, clock: Clock) -> AsyncIterator[Finding]:
    """Look at each file; raises SettingsError for settings that cannot be read."""
    settings = load_settings()
    saved = many(len(settings.profiles), "profile") if settings.path.exists() else "not there"
    yield Finding("settings", "well", safe(f"{settings.path}, {saved}"))
    log = log_file()
    if _can_be_written(log):
        yield Finding("log", "well", safe(str(log)))
    else:
        yield Finding("log", "warning", safe(f"{log} cannot be written; nothing is logged"))
    yield await _journal(journal_path(common), clock)


async def _journal(path: Path, clock: Clock) -> Finding:
    with suppress(PermissionError):  # told below, with what to do
        if not await asyncio.to_thread(path.exists):
            if _can_be_written(path):
                return Finding("journal", "well", safe(f"{path}, to be made by the first run"))
            text = f"{path} cannot be made there; say where with --journal or SYNCDECK_JOURNAL"
            return Finding("journal", "ill", safe(text))
    trouble: JournalError | None = None
    try:
        journal = await Journal.open(path, clock)
        await journal.aclose()
    except JournalError as error:
        trouble = error
    try:  # what cannot be written can often be read all the same
        async with open_records(path) as records:
            unfinished = many(len(await records.runs(-1, unfinished=True)), "run")
            damage = records.damage.sentence
    except JournalError as error:
        return Finding("journal", "ill", (trouble or error).text)
    if trouble is not None:
        return Finding(
            "journal", "ill", safe(f"{trouble} It can be read: {unfinished} unfinished.")
        )
    if await asyncio.to_thread(_free, path) < _LEAST_FREE:
        text = "no space is left on its disk; nothing is triggered until some is freed"
        return Finding("journal", "ill", safe(f"{path}, {unfinished} unfinished: {text}"))
    if damage is not None:
        return Finding("journal", "warning", safe(f"{damage} {unfinished} unfinished."))
    return Finding("journal", "well", safe(f"{path}, {unfinished} unfinished"))


def _free(path: Path) -> int:
    """Return the bytes that we may still write beside a file."""
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return _LEAST_FREE


def _can_be_written(path: Path) -> bool:
    """Whether a file, or the folders it is to be made in, can be written, as far as one can see."""
    nearest = path
    while not os.path.lexists(nearest) and nearest != nearest.parent:
        nearest = nearest.parent
    if nearest != path and not nearest.is_dir():
        return False
    return os.access(nearest, os.W_OK)
