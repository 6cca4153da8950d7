"""What `syncdeck workflow validate` does: every mistake of every document, each at its place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import click

from tui.commands.common import USAGE
from tui.headless_inputs import pairs
from workflow.arazzo import document as arazzo
from workflow.arazzo.problems import DocumentError, Problem
from workflow.arazzo.program import check
from workflow.runs.events import Json
from workflow.runs.sources import Library, SourceError
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


async def problems_of(library: Library, file: str) -> list[Problem]:
    """Return everything that is wrong with a document and with what it says of its sources."""
    try:
        located = await library.read(file)
    except SourceError as error:
        return [_at_start(file, "error", "unreadable", error)]
    loaded = arazzo.load(located.text, located.place)
    found = list(loaded.problems)
    if loaded.document is None:
        return found
    try:
        document, sources, _ = await library.load(file)
        found += check(document, sources)
    except DocumentError as error:
        found += error.problems
    except SourceError as error:
        # What is said of operations cannot be checked then; the document may still be right.
        found.append(_at_start(file, "warning", "source-not-read", error))
    return list(dict.fromkeys(found))


def _at_start(file: str, severity: str, code: str, error: SourceError) -> Problem:
    return Problem(
        safe(file), 1, 1, "error" if severity == "error" else "warning", code, error.text
    )


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
