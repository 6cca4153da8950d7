"""The words between a Program and whoever drives it: commands, answers, facts.

A driver gets a :class:`Turn`, writes down its facts, obeys its command (send a request, wait, or
stop) and hands the answer back. Everything here is frozen data; no word knows a time or a run's
id, which are the driver's to add.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, Literal, TypeAlias, TypeVar, Union

Json: TypeAlias = Union[bool, int, float, str, "list[Json]", "dict[str, Json]", None]
"""A JSON value. Nobody changes one after it was made: states and checkpoints share them."""

Result = Literal["ended", "fell_through", "failed"]
"""How a workflow stopped: by an end action, by running out of steps, or by a failure."""

ActionType = Literal["end", "goto", "retry"]

StateT_co = TypeVar("StateT_co", covariant=True)


class Headers(Mapping[str, str]):
    """HTTP headers: names match whatever their case; a repeated one is joined by commas."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Mapping[str, str] | tuple[tuple[str, str], ...] = ()) -> None:
        values: dict[str, str] = {}
        for name, value in pairs.items() if isinstance(pairs, Mapping) else pairs:
            key = name.lower()
            values[key] = f"{values[key]}, {value}" if key in values else value
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        # Values may be cookies or tokens: names are enough to debug with.
        return f"Headers({', '.join(self._values)})"


NO_HEADERS = Headers()


@dataclass(frozen=True, slots=True)
class Operation:
    """What is called, as the API's description has it."""

    source: str
    """Name of the source description."""
    operation_id: str | None
    method: str
    """Upper case."""
    path: str
    """The path template, e.g. ``/jobs/{jobId}``."""
    server: str | None
    """First server URL of the description, variables filled with their defaults."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready but for the server's address and credentials."""

    path: str
    """The path with its values filled in, percent-encoded."""
    query: tuple[tuple[str, str], ...] = ()
    """Names and values in order, as a person reads them; a name may repeat."""
    query_text: str = ""
    """The same as it is sent: percent-encoded, each parameter in the style of its description."""
    headers: tuple[tuple[str, str], ...] = ()
    """Declared headers, cookies (as one ``Cookie``) and ``Content-Type``."""
    content: bytes | None = field(default=None, repr=False)
    media_type: str | None = None
    payload: Json = field(default=None, repr=False)
    """The body before it was serialised."""
    path_values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Path parameters as plain text, e.g. ``{"jobId": "12"}``."""

    @property
    def target(self) -> str:
        """The path with its query, as it is sent."""
        return f"{self.path}?{self.query_text}" if self.query_text else self.path


@dataclass(frozen=True, slots=True)
class CallKey:
    """Which call of a run this is; the same after a restart."""

    frames: tuple[str, ...]
    """Workflow ids from the outermost to the one whose step this is."""
    step: str
    visit: int
    """How often the step has been entered in its frame, from 1."""
    attempt: int
    """From 1; more by retries."""

    @property
    def name(self) -> str:
        """The step's among a run's: one of a sub-workflow has its workflows' ids in front."""
        return "/".join((*self.frames[1:], self.step))


@dataclass(frozen=True, slots=True)
class Call:
    """Send this request and answer with a `Response` or `NoResponse`."""

    key: CallKey
    operation: Operation
    request: Request
    reads_only_body: bool
    """All that the document reads of the answer is ``$statusCode`` and ``$response.body``."""
    loops: bool
    """The step has a way back to itself, so it may be called many times."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Let this time pass (a retry's delay) and answer with `Elapsed`."""

    key: CallKey
    seconds: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The outermost workflow is over; there is nothing to answer."""

    outcome: Result
    outputs: dict[str, Json] = field(repr=False)
    """Every declared output; one that could not be resolved is null."""
    why: str
    """One sentence for people."""
    step: str | None
    """The step it stopped at, if any was reached."""
    looping: bool
    """`fell_through` at a step that could have gone back: nothing said that it was over."""


Command: TypeAlias = Call | Wait | Finished


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer. `body` is parsed JSON, or the bytes when it is not JSON."""

    status: int
    headers: Mapping[str, str] = NO_HEADERS
    body: Json | bytes = field(default=None, repr=False)
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class NoResponse:
    """No HTTP answer came. Never read as an empty body: the step fails by this text."""

    kind: str
    """A short word for programs, e.g. ``timeout``, ``connect``."""
    text: str
    """One sentence for people, without secrets."""


@dataclass(frozen=True, slots=True)
class Elapsed:
    """The time of a `Wait` has passed."""


Answer: TypeAlias = Response | NoResponse | Elapsed


@dataclass(frozen=True, slots=True)
class WorkflowEntered:
    """A workflow began: the run's own, a step's sub-workflow or a dependency."""

    frames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkflowLeft:
    """A workflow is over; the outermost one's is the run's end."""

    frames: tuple[str, ...]
    outcome: Result


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step was entered; once per visit, not per retry."""

    key: CallKey
    position: int
    """From 1, among the workflow's steps."""
    count: int
    """How many steps the workflow has."""
    description: str | None


@dataclass(frozen=True, slots=True)
class StepFinished:
    """An answer was judged by the step's success criteria."""

    key: CallKey
    status: int | None
    """HTTP status; None when there was no response or the step is a workflow."""
    succeeded: bool
    outputs: Mapping[str, Json] = field(repr=False)
    """Empty when the step failed."""


@dataclass(frozen=True, slots=True)
class ActionTaken:
    """An onSuccess or onFailure action was the first whose criteria all held."""

    key: CallKey
    name: str
    type: ActionType
    target: str | None
    """Step id or workflow id; None for an end and for a plain retry."""


@dataclass(frozen=True, slots=True)
class CriterionNote:
    """A criterion could not be evaluated and counts as not fulfilled."""

    key: CallKey
    text: str


Fact: TypeAlias = (
    WorkflowEntered | WorkflowLeft | StepStarted | StepFinished | ActionTaken | CriterionNote
)


@dataclass(frozen=True, slots=True)
class Turn(Generic[StateT_co]):
    """One move of the interpreter: where it stands now, what it wants, what happened."""

    state: StateT_co
    """Immutable; may be advanced any number of times, with the same result."""
    command: Command
    facts: tuple[Fact, ...]
    new_step: bool
    """A step was entered in this turn: a good moment for a checkpoint."""
