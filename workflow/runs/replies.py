"""What a workflow's call comes to: an answer for the machine, or the end of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from workflow.arazzo.turns import Json, NoResponse, Response
from workflow.runs.verdict import Judgement

Foresee: TypeAlias = Callable[[Response], Json]
"""Gives the checkpoint that an answer would lead to."""


class Over(Exception):  # noqa: N818 - not an error: the run is over
    """The run is over without asking the machine."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(judgement.why)
        self.judgement = judgement


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer for the machine, and how long the request for it took."""

    answer: Response | NoResponse
    ms: int | None = None
    """None when no request was made for it."""
