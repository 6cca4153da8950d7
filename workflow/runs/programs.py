"""The workflow documents that are part of this program, compiled once, and those in use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from workflow import documents
from workflow.arazzo import document
from workflow.arazzo.model import Document
from workflow.arazzo.openapi import Description, load_description
from workflow.arazzo.program import Program, compile_program
from workflow.arazzo.turns import Json
from workflow.runs.launch import DESTRUCTIVE
from workflow.runs.paths import is_jobs


@cache
def airbyte_description() -> Description:
    """Return the shipped description of the Airbyte API."""
    return load_description(documents.read("airbyte"), documents.FILES["airbyte"])


@cache
def trigger_and_poll() -> Program:
    """Return the shipped workflow: trigger one job and poll it to its end."""
    return compile_program(
        _document("trigger-sync-and-poll"), {"airbyteApi": airbyte_description()}
    )


@cache
def clear_then_sync() -> Program:
    """Return the other shipped workflow: clear a connection, then sync it."""
    airbyte = airbyte_description()
    return compile_program(
        _document("clear-then-sync"),
        {
            "airbyteApi": airbyte,
            "shipped": _document("trigger-sync-and-poll"),
            "shipped.airbyteApi": airbyte,
        },
    )


def wiping(program: Program, inputs: Mapping[str, Json]) -> str | None:
    """Return the type of a job that wipes data and that a run may start, if it may start one.

    What a document sends in the end may depend on answers; where its text has such a type as a
    value, that is taken for what it means.
    """
    if not any(each.method == "POST" and is_jobs(each.path) for each in program.operations):
        return None
    if inputs.get("jobType") in DESTRUCTIVE:
        return str(inputs["jobType"])
    told = [text for text in program.constants if isinstance(text, str)]
    for kind in sorted(DESTRUCTIVE):
        if any(text == kind or f'"{kind}"' in text for text in told):
            return kind
    return None


def _document(name: documents.Name) -> Document:
    return document.load(documents.read(name), documents.FILES[name]).needed()


class Programs:
    """The programs of a fleet's runs, by their digests."""

    def __init__(self) -> None:
        self._known: dict[str, Program] = {}

    def shipped(self) -> Program:
        """Return the program that a launch executes when none is named."""
        program = trigger_and_poll()
        self.remember(program)
        return program

    def remember(self, program: Program) -> None:
        """Know a program, so that its runs can be taken up."""
        self._known[program.digest] = program

    def find(self, digest: str) -> Program | None:
        """Return the program with this digest; None when it is not at hand."""
        if digest not in self._known:
            self.remember(trigger_and_poll())
            self.remember(clear_then_sync())
        return self._known.get(digest)
