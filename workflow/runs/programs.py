"""The workflow documents that are part of this program, compiled once, and those in use."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

from workflow.arazzo import document
from workflow.arazzo.openapi import Description, load_description
from workflow.arazzo.program import Program, compile_program

TRIGGER_AND_POLL: Final = "trigger-sync-and-poll.arazzo.yaml"
AIRBYTE: Final = "airbyte.openapi.yaml"
_SOURCE: Final = "airbyteApi"


def shipped_text(name: str) -> bytes:
    """Return one of the documents that come with this program, as it was written."""
    return resources.files("workflow.documents").joinpath(name).read_bytes()


@cache
def airbyte_description() -> Description:
    """Return the shipped description of the Airbyte API."""
    return load_description(shipped_text(AIRBYTE), AIRBYTE)


@cache
def trigger_and_poll() -> Program:
    """Return the shipped workflow: trigger one job and poll it to its end."""
    loaded = document.load(shipped_text(TRIGGER_AND_POLL), TRIGGER_AND_POLL).needed()
    return compile_program(loaded, {_SOURCE: airbyte_description()})


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
            self.shipped()
        return self._known.get(digest)
