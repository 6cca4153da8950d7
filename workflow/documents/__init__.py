"""The documents that come with syncdeck, as package data.

``trigger-sync-and-poll`` is what a launch runs; ``clear-then-sync`` is a second one to choose.
``airbyte`` is the project's own description of Airbyte's public API, which both name as their
source. Only bytes are given out here; :mod:`workflow.arazzo` reads them.
"""

from __future__ import annotations

from importlib import resources
from typing import Final, Literal

Name = Literal["airbyte", "trigger-sync-and-poll", "clear-then-sync"]

FILES: Final[dict[Name, str]] = {
    "airbyte": "airbyte.openapi.yaml",
    "trigger-sync-and-poll": "trigger-sync-and-poll.arazzo.yaml",
    "clear-then-sync": "clear-then-sync.arazzo.yaml",
}
"""The file name of each, as it stands in problems and beside this module."""

AIRBYTE: Final[Name] = "airbyte"
"""The OpenAPI description."""

WORKFLOWS: Final[tuple[Name, ...]] = ("trigger-sync-and-poll", "clear-then-sync")
"""The Arazzo documents; the first is the one used unless another is asked for."""


def read(name: Name) -> bytes:
    """Return a shipped document's bytes."""
    return resources.files(__name__).joinpath(FILES[name]).read_bytes()


def is_shipped(name: str) -> bool:
    """Whether `name` is one of the shipped documents."""
    return name in FILES
