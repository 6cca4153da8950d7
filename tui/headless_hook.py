"""`--on-end CMD`: tell another program, once, how a launch ended.

The command is split as a shell would split it and run without one; the report is JSON on its
stdin. What it prints goes to stderr, since stdout may be JSON lines.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from tui.commands.common import Refusal, tell
from workflow.clock import rfc3339
from workflow.runs.events import Json
from workflow.runs.launch import LaunchState
from workflow.runs.run import RunState
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

    async def tell(self, launch: LaunchState, runs: Sequence[RunState]) -> None:
        """Run the command with the report on its stdin; its failure is told, not ours."""
        environ = {n: value for n, value in os.environ.items() if n not in self.secrets}
        try:
            process = await asyncio.create_subprocess_exec(
                *self.words, stdin=asyncio.subprocess.PIPE, stdout=_STDERR, env=environ
            )
        except OSError as error:
            tell(safe(f"--on-end {self.words[0]}: {error.strerror or error}."))
            return
        text = json.dumps(report(launch, runs), allow_nan=False)
        try:
            await process.communicate(text.encode())
        except asyncio.CancelledError:
            process.terminate()
            raise
        if process.returncode:
            tell(safe(f"--on-end {self.words[0]} ended with code {process.returncode}."))


def report(launch: LaunchState, runs: Sequence[RunState]) -> dict[str, Json]:
    """Return a launch's report as JSON."""
    return {
        "v": 1,
        "launch": launch.launch,
        "name": launch.name,
        "jobType": launch.job_type,
        "started": rfc3339(launch.started),
        "finished": rfc3339(launch.finished) if launch.finished is not None else None,
        "verdicts": {str(verdict): count for verdict, count in launch.verdicts.items()},
        "rows": launch.rows,
        "rowsUnknown": launch.rows_unknown,
        "runs": [_run(run) for run in runs],
    }


def _run(run: RunState) -> dict[str, Json]:
    return {
        "run": run.run,
        "connectionId": run.connection_id,
        "name": run.name,
        "jobId": run.job_id,
        "verdict": run.verdict,
        "why": run.why,
        "rows": run.rows,
        "bytes": run.bytes,
        "outputs": run.outputs,
    }
