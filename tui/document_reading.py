"""Reads a workflow document for a face: all mistakes as sentences, or a program with its inputs.

Nothing is fetched and nothing is sent here. The work is done in a thread: a document may be large,
and a screen must not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from tui.input_values import InputField, fields_of
from workflow.arazzo.problems import DocumentError, Problem
from workflow.arazzo.program import Program, compile_program, inputs_of
from workflow.runs.gathering import AIRBYTE
from workflow.runs.places import SourceError
from workflow.runs.sources import Library
from workflow.text import SafeText, safe

_CLOUD_HOSTS: Final = frozenset({"api.airbyte.com", "cloud.airbyte.com"})
"""Where Airbyte's descriptions say its API is, whichever server is meant."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a document."""

    place: str
    """Its path, or the name of a shipped one."""
    sources: Mapping[str, str]
    """Where its sources were read instead of where it says."""
    workflows: tuple[str, ...] = ()
    """The ids of all its workflows."""
    program: Program | None = None
    """None when there are mistakes."""
    fields: tuple[InputField, ...] = ()
    told: tuple[SafeText, ...] = ()
    """Mistakes and warnings: ``file:line:column: error: sentence``."""


async def read_document(
    place: str, sources: Mapping[str, str], workflow_id: str | None, server: str
) -> Reading:
    """Read a document and what it names, and compile one of its workflows.

    Args:
        place: a path, or the name of a shipped document.
        sources: where sources are, by name, instead of where the document says.
        workflow_id: which workflow; the first when there is none of that id.
        server: the URL of the server that is meant; a document for another one is refused.
    """
    return await asyncio.to_thread(_read, place, sources, workflow_id, server)


def _read(place: str, sources: Mapping[str, str], workflow_id: str | None, server: str) -> Reading:
    try:
        document, found, told = asyncio.run(Library(sources).load(place))
    except SourceError as error:
        return Reading(place, sources, told=(error.text,))
    except DocumentError as error:
        return Reading(place, sources, told=_lines(error.problems))
    ids = tuple(workflow.workflow_id for workflow in document.workflows)
    chosen = workflow_id if workflow_id in ids else ids[0]
    try:
        program = compile_program(document, found, chosen)
    except DocumentError as error:
        return Reading(place, sources, ids, told=_lines((*told, *error.problems)))
    other = meant_elsewhere(program, sources, server)
    if other is not None:
        name, host = other
        why = safe(f"The API {name!r} is at {host}, which is not the server of this profile.")
        return Reading(place, sources, ids, told=(why,))
    declared = inputs_of(document, chosen)
    fields = () if declared is None else fields_of(declared)
    return Reading(place, sources, ids, program, fields, _lines((*told, *program.warnings)))


def meant_elsewhere(
    program: Program, sources: Mapping[str, str], server: str
) -> tuple[str, SafeText] | None:
    """Return a source whose API is at another host than `server`, and that host.

    None when there is none. The shipped description is meant for any server of Airbyte's.
    """
    own = _CLOUD_HOSTS | {urlsplit(server).hostname}
    for operation in program.operations:
        if operation.server is None or sources.get(operation.source) == AIRBYTE:
            continue
        host = urlsplit(operation.server).hostname
        if host is not None and host not in own:
            return operation.source, safe(host)
    return None


def _lines(problems: tuple[Problem, ...]) -> tuple[SafeText, ...]:
    return tuple(dict.fromkeys(safe(str(problem)) for problem in problems))
