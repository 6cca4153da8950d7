"""World files: YAML that describes workspaces, connections and how their jobs behave.

:func:`load_world_file` reads one from disk and :func:`builtin_world` the one that is shipped
(``builtin.yaml``, which is also the example to start from); both give a :class:`WorldPlan`, which
:func:`build` turns into a world for a seed and a start. Every mistake is one sentence with the
file, the line and the key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

from workflow.sandbox.auth import AuthSettings, WrongCredentials
from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.model import ConnectionStatus
from workflow.sandbox.schedule import MANUAL, Schedule, ScheduleError, parse_schedule
from workflow.sandbox.yamlread import Field, read_yaml, read_yaml_file

_DEFAULT_COLOR: Final = "7A5CFF"

_BEHAVIOUR_READERS: Final[Mapping[str, Callable[[Field], float | str]]] = {
    "duration": lambda value: max(1.0, value.seconds()),
    "spread": lambda value: value.number(0, 0.9),
    "rows": lambda value: value.integer(0, 10**15),
    "row_bytes": lambda value: value.integer(0, 10**9),
    "first_failures": lambda value: value.integer(0, 100),
    "failure_chance": lambda value: value.number(0, 1),
    "max_attempts": lambda value: value.integer(1, 100),
    "backoff": lambda value: value.seconds(),
    "pending": lambda value: value.seconds(),
    "flush": lambda value: max(0.1, value.seconds()),
    "commits": lambda value: value.choice("steps", "end"),
    "retry": lambda value: value.choice("resumes", "restarts"),
    "past_jobs": lambda value: value.integer(0, 50),
}


@dataclass(frozen=True, slots=True)
class ActorPlan:
    """A source or destination as a world file names it: connector and display name."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class TagPlan:
    """A tag of one workspace."""

    workspace: str
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """One connection as a world file describes it."""

    name: str
    workspace: str
    source: ActorPlan
    destination: ActorPlan
    status: ConnectionStatus
    schedule: Schedule
    streams: tuple[str, ...]
    tags: tuple[str, ...]
    behaviour: Behaviour


@dataclass(frozen=True, slots=True)
class ApplicationPlan:
    """Credentials that a world knows beside the fixed ones, and their role."""

    name: str
    client_id: str
    client_secret: str
    role: str
    workspaces: tuple[str, ...] | None
    """The names of the workspaces it sees; None: all."""


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """A whole world file, read and checked, before ids and times are given."""

    workspaces: tuple[str, ...]
    tags: tuple[TagPlan, ...]
    connections: tuple[ConnectionPlan, ...]
    capacity: int | None = None
    schedules: bool = False
    colleagues: float | None = None
    first_job_id: int = 1_001
    faults: tuple[Field, ...] = ()
    applications: tuple[ApplicationPlan, ...] = ()
    auth: AuthSettings = AuthSettings()  # noqa: RUF009 - frozen


def load_world_file(path: Path) -> WorldPlan:
    """Read a world file; raise :class:`SandboxError` at its first mistake."""
    return read_world(read_yaml_file(path))


@lru_cache(maxsize=1)
def builtin_world() -> WorldPlan:
    """Return the world that is shipped."""
    text = files("workflow.sandbox").joinpath("builtin.yaml").read_text(encoding="utf-8")
    return read_world(read_yaml(text, "builtin.yaml"))


def read_world(document: Field) -> WorldPlan:
    """Read a world from a YAML document."""
    top = document.mapping(
        "workspaces",
        "tags",
        "defaults",
        "connections",
        "capacity",
        "schedules",
        "colleagues",
        "first_job_id",
        "faults",
        "applications",
        "auth",
    )
    workspaces = _workspaces(top.get("workspaces"))
    tags = _tags(top.get("tags"), workspaces)
    defaults = _behaviour(top.get("defaults"), Behaviour())
    if "connections" not in top:
        raise document.wrong("has no connections; give a list of them, which may be empty")
    known = {(tag.workspace, tag.name) for tag in tags}
    connections = tuple(
        _connection(field, workspaces, known, defaults) for field in top["connections"].items()
    )
    return WorldPlan(
        workspaces=workspaces,
        tags=tags,
        connections=connections,
        capacity=top["capacity"].integer(1, 100_000) if "capacity" in top else None,
        schedules=top["schedules"].flag() if "schedules" in top else False,
        colleagues=top["colleagues"].seconds() if "colleagues" in top else None,
        first_job_id=top["first_job_id"].integer(1, 2**62) if "first_job_id" in top else 1_001,
        faults=tuple(top["faults"].items()) if "faults" in top else (),
        applications=_applications(top.get("applications"), workspaces),
        auth=_auth(top.get("auth")),
    )


def _workspaces(field: Field | None) -> tuple[str, ...]:
    if field is None:
        return ("Default Workspace",)
    names = tuple(item.text() for item in field.items())
    if not names:
        raise field.wrong("needs at least one workspace")
    if len(set(names)) < len(names):
        raise field.wrong("names a workspace twice")
    return names


def _tags(field: Field | None, workspaces: tuple[str, ...]) -> tuple[TagPlan, ...]:
    plans: list[TagPlan] = []
    for item in field.items() if field else ():
        keys = item.mapping("name", "workspace", "color")
        if "name" not in keys:
            raise item.wrong("needs a name")
        color = keys["color"].text() if "color" in keys else _DEFAULT_COLOR
        if len(color) != 6 or not set(color) <= set("0123456789abcdefABCDEF"):
            raise keys["color"].wrong(f"{color[:20]!r} is not six hex digits")
        plans.append(TagPlan(_of_known(keys, workspaces), keys["name"].text(), color))
    return tuple(plans)


def _of_known(keys: dict[str, Field], workspaces: tuple[str, ...]) -> str:
    if "workspace" not in keys:
        return workspaces[0]
    return keys["workspace"].choice(*workspaces)


def _connection(
    field: Field,
    workspaces: tuple[str, ...],
    known_tags: set[tuple[str, str]],
    defaults: Behaviour,
) -> ConnectionPlan:
    keys = field.mapping(
        "name",
        "workspace",
        "source",
        "destination",
        "status",
        "schedule",
        "streams",
        "tags",
        "behaviour",
    )
    for needed in ("name", "source", "destination"):
        if needed not in keys:
            raise field.wrong(f"needs a {needed}")
    workspace = _of_known(keys, workspaces)
    tags = tuple(keys["tags"].items()) if "tags" in keys else ()
    for tag in tags:
        if (workspace, tag.text()) not in known_tags:
            raise tag.wrong(f"{tag.text()[:60]!r} is not a tag of the workspace {workspace!r}")
    status = "active"
    if "status" in keys:
        status = keys["status"].choice("active", "inactive", "deprecated", "locked")
    return ConnectionPlan(
        name=keys["name"].text(),
        workspace=workspace,
        source=_actor(keys["source"]),
        destination=_actor(keys["destination"]),
        status=cast("ConnectionStatus", status),
        schedule=_schedule(keys.get("schedule")),
        streams=tuple(s.text() for s in keys["streams"].items()) if "streams" in keys else ("all",),
        tags=tuple(tag.text() for tag in tags),
        behaviour=_behaviour(keys.get("behaviour"), defaults),
    )


def _actor(field: Field) -> ActorPlan:
    if field.is_text:
        kind = field.text()
        return ActorPlan(name=kind.replace("-", " ").title(), kind=kind)
    keys = field.mapping("name", "type")
    if "type" not in keys:
        raise field.wrong("needs a type, such as stripe or snowflake")
    kind = keys["type"].text()
    return ActorPlan(name=keys["name"].text() if "name" in keys else kind.title(), kind=kind)


def _schedule(field: Field | None) -> Schedule:
    if field is None:
        return MANUAL
    try:
        return parse_schedule(field.text())
    except ScheduleError as error:
        raise field.wrong(str(error)) from None


def _behaviour(field: Field | None, base: Behaviour) -> Behaviour:
    if field is None:
        return base
    keys = field.mapping(*_BEHAVIOUR_READERS)
    read: dict[str, Any] = {key: _BEHAVIOUR_READERS[key](value) for key, value in keys.items()}
    return replace(base, **read)


def _auth(field: Field | None) -> AuthSettings:
    settings = AuthSettings()
    keys = field.mapping("token_lifetime", "wrong_credentials", "form_tokens") if field else {}
    if "token_lifetime" in keys:
        settings = replace(settings, token_lifetime=max(1.0, keys["token_lifetime"].seconds()))
    if "wrong_credentials" in keys:
        status = cast(
            "WrongCredentials", int(keys["wrong_credentials"].choice("400", "401", "500"))
        )
        settings = replace(settings, wrong_credentials=status)
    if "form_tokens" in keys:
        settings = replace(settings, form_tokens=keys["form_tokens"].flag())
    return settings


def _applications(field: Field | None, workspaces: tuple[str, ...]) -> tuple[ApplicationPlan, ...]:
    plans: list[ApplicationPlan] = []
    for item in field.items() if field else ():
        keys = item.mapping("name", "client_id", "client_secret", "role", "workspaces")
        for needed in ("client_id", "client_secret"):
            if needed not in keys:
                raise item.wrong(f"needs a {needed}")
        plans.append(
            ApplicationPlan(
                name=keys["name"].text() if "name" in keys else keys["client_id"].text(),
                client_id=keys["client_id"].text(),
                client_secret=keys["client_secret"].text(),
                role=keys["role"].choice("instance_admin", "admin", "editor", "runner", "reader")
                if "role" in keys
                else "admin",
                workspaces=tuple(one.choice(*workspaces) for one in keys["workspaces"].items())
                if "workspaces" in keys
                else None,
            )
        )
    return tuple(plans)
