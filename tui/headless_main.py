"""From the synchronous command line into the event loop and back: one exit code, no tracebacks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tui.commands.common import Common, Refusal, tell
from tui.formats import many
from tui.headless_signals import interruptible
from tui.log_file import log_to_file
from workflow.airbyte.problems import ApiProblem
from workflow.arazzo.problems import DocumentError, InputError
from workflow.http.failures import NetworkFailure
from workflow.runs.journal import JournalError
from workflow.runs.launch import OrderRefused
from workflow.runs.places import SourceError
from workflow.settings import SettingsError
from workflow.settings_choice import Choice
from workflow.settings_paths import log_file
from workflow.text import safe

_REFUSALS: Final = (
    ApiProblem,
    InputError,
    JournalError,
    NetworkFailure,
    OrderRefused,
    SettingsError,
    SourceError,
)
"""Everything that means: nothing was begun, and here is the sentence why."""


def run_command(common: Common, body: Callable[[], Awaitable[int]]) -> int:
    """Run a command's body in an event loop and return its exit code.

    Raises:
        Refusal: nothing was begun.
    """
    log_to_file(log_file(), common.log_level)
    try:
        return asyncio.run(interruptible(body))
    except DocumentError as error:
        count = sum(problem.severity == "error" for problem in error.problems)
        listed = [str(problem) for problem in error.problems]
        raise Refusal(f"{many(count, 'mistake')}; nothing was sent.", listed) from error
    except _REFUSALS as error:
        raise Refusal(str(error)) from error


def announce(choice: Choice, *, quiet: bool = False) -> None:
    """Say on stderr which server is meant, and why that one."""
    if not quiet:
        tell(safe(f"syncdeck: {choice.sentence}"))
