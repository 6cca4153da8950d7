"""From the synchronous command line into the event loop and back: one exit code, no tracebacks."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tui.commands.common import Common, Refusal, tell
from tui.headless_signals import interruptible
from workflow.airbyte.problems import ApiProblem
from workflow.arazzo.problems import DocumentError, InputError
from workflow.http.failures import NetworkFailure
from workflow.runs.journal import JournalError
from workflow.runs.launch import OrderRefused
from workflow.runs.sources import SourceError
from workflow.settings import SettingsError
from workflow.settings_choice import Choice
from workflow.settings_paths import log_file, make_private_folder
from workflow.text import safe

_REFUSALS: Final = (
    ApiProblem,
    DocumentError,
    InputError,
    JournalError,
    NetworkFailure,
    OrderRefused,
    SettingsError,
    SourceError,
)
"""Everything that means: nothing was begun, and here is the sentence why."""
_HANDLER: Final = "syncdeck"
_LOG_BYTES: Final = 2_000_000


def run_command(common: Common, body: Callable[[], Awaitable[int]]) -> int:
    """Run a command's body in an event loop and return its exit code.

    Raises:
        Refusal: nothing was begun.
    """
    log_to_file(log_file(), common.log_level)
    try:
        return asyncio.run(interruptible(body))
    except _REFUSALS as error:
        raise Refusal(str(error)) from error


def announce(choice: Choice, *, quiet: bool = False) -> None:
    """Say on stderr which server is meant, and why that one."""
    if not quiet:
        tell(safe(f"syncdeck: {choice.sentence}"))


def log_to_file(path: Path, level: str) -> None:
    """Send log records to a file that only its owner reads; stderr belongs to people and screens.

    A log that cannot be written is no reason not to work.
    """
    root = logging.getLogger()
    if any(handler.name == _HANDLER for handler in root.handlers):
        return
    root.setLevel(level.upper())
    # Libraries' own chatter names every request's URL; ours is what is wanted.
    for noisy in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        make_private_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND, 0o600))
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8", delay=True
        )
    except OSError:
        return
    handler.name = _HANDLER
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
