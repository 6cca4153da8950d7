"""`--on-end CMD`: tell another program, once, how a launch ended.

The command is split as a shell would split it and run without one; the report is JSON on its
stdin. What it prints goes to stderr, since stdout may be JSON lines.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from dataclasses import dataclass
from typing import Final, Self

from tui.commands.common import Refusal, tell
from workflow.runs.report import Report
from workflow.settings import InEnvironment, Settings
from workflow.text import safe

_STDERR: Final = 2
_ALWAYS_SECRET: Final = frozenset({"AIRBYTE_CLIENT_SECRET", "AIRBYTE_BEARER_TOKEN"})


def secret_variables(settings: Settings) -> frozenset[str]:
    """Return the environment variables that hold credentials of any profile."""
    named: set[str] = set()
    for profile in settings.profiles.values():
        references = (reference for _, reference in profile.references)
        named |= {one.variable for one in references if isinstance(one, InEnvironment)}
    return _ALWAYS_SECRET | named


@dataclass(frozen=True, slots=True)
class Hook:
    """A command to be told."""

    words: tuple[str, ...]
    secrets: frozenset[str] = _ALWAYS_SECRET
    """Variables that it does not get: it was not asked to act for us."""

    @classmethod
    def parse(cls, command: str, *, secrets: frozenset[str] = _ALWAYS_SECRET) -> Self:
        """Split a command line.

        Raises:
            Refusal: it is none, or there is no such program.
        """
        try:
            words = tuple(shlex.split(command))
        except ValueError as error:
            raise Refusal(f"--on-end cannot be split into words: {error}.") from error
        if not words or shutil.which(words[0]) is None:
            name = safe(words[0], limit=80) if words else ""
            raise Refusal(f"--on-end: there is no program {name!r} that can be run.")
        return cls(words, secrets)

    async def tell(self, report: Report) -> None:
        """Run the command with a launch's report on its stdin; its failure is told, not ours."""
        environ = {n: value for n, value in os.environ.items() if n not in self.secrets}
        name = f"--on-end {self.words[0]}"
        try:
            process = await asyncio.create_subprocess_exec(
                *self.words, stdin=asyncio.subprocess.PIPE, stdout=_STDERR, env=environ
            )
        except OSError as error:
            tell(safe(f"{name}: {error.strerror or error}."))
            return
        try:
            await process.communicate(report.to_json(indent=None).encode())
        except asyncio.CancelledError:
            process.terminate()
            tell(safe(f"{name} was stopped before its end."))
            raise
        code = process.returncode or 0
        if code:
            how = f"with code {code}" if code > 0 else f"by signal {-code}"
            tell(safe(f"{name} ended {how}."))
