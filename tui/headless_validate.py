"""What `syncdeck workflow validate` does: every mistake of every document, each at its place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import click

from tui.commands.common import USAGE
from tui.headless_inputs import pairs
from workflow.arazzo.problems import Problem
from workflow.runs.events import Json
from workflow.runs.places import SourceError
from workflow.runs.sources import Library
from workflow.text import safe


def validate_files(
    files: Sequence[str], sources: Sequence[str], *, strict: bool, as_json: bool
) -> int:
    """Print what is wrong and return the exit code.

    Raises:
        Refusal: a --source is no NAME=PLACE.
    """
    library = Library(overrides=pairs(sources, "--source"))
    found = [problem for file in files for problem in asyncio.run(problems_of(library, file))]
    if as_json:
        click.echo(json.dumps([_json(problem) for problem in found], indent=2))
    else:
        for problem in found:
            click.echo(safe(str(problem)))
    bad = any(strict or problem.severity == "error" for problem in found)
    return USAGE if bad else 0


async def problems_of(library: Library, file: str) -> tuple[Problem, ...]:
    """Return everything that is wrong with a document and with what it says of its sources."""
    try:
        return await library.mistakes_in(file)
    except SourceError as error:
        return (Problem(safe(file), 1, 1, "error", "unreadable", error.text),)


def _json(problem: Problem) -> dict[str, Json]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "severity": problem.severity,
        "code": problem.code,
        "message": problem.message,
        "suggestion": problem.suggestion,
    }
