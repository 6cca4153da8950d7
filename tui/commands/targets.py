"""Which connections are meant: names, ids, tags, all, those that failed last.

Nothing is guessed. A name that is not there or is there twice is a mistake that lists what could
have been meant, and with a mistake nothing is sent for anybody.
"""

from __future__ import annotations

import asyncio
import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from workflow.airbyte.client import MOST_ROWS, Client
from workflow.airbyte.models import FAILED, Connection, ConnectionId, WorkspaceId
from workflow.airbyte.problems import ApiProblem, ProblemKind
from workflow.clock import Clock
from workflow.runs.launch import Target
from workflow.text import SafeText, safe

LOOK_BACK: Final = timedelta(days=7)
"""How far `--last failed` looks: the last job of 10,000 connections cannot be read at once."""
_MOST_PAGES: Final = 100
_AT_ONCE: Final = 5
_IDS_A_PAGE_IS_WORTH: Final = 10
_MOST_CANDIDATES: Final = 8
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_UNKNOWN: Final = frozenset({ProblemKind.FORBIDDEN, ProblemKind.NOT_FOUND, ProblemKind.BAD_REQUEST})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line."""

    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    all: bool = False
    last_failed: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What that comes to."""

    targets: tuple[Target, ...] = ()
    mistakes: tuple[SafeText, ...] = ()
    """A sentence for each thing that cannot be found or told apart."""
    notes: tuple[SafeText, ...] = ()
    """What people should know, such as who was left out."""


async def select(
    client: Client, workspaces: Sequence[WorkspaceId], wanted: Wanted, clock: Clock
) -> Selection:
    """Find the targets; reads only, and as little as the question needs.

    Raises:
        ApiProblem, NetworkFailure: the server could not be asked.
    """
    only_ids = wanted.names and not wanted.tags and not wanted.all
    if only_ids and all(_UUID.match(name) for name in wanted.names):
        found = await _by_ids(client, workspaces, {name.lower() for name in wanted.names})
    else:
        pages = client.all_connections(workspace_ids=workspaces)
        found = [item async for page in pages for item in page.items]
    selection, chosen = choose(found, wanted)
    if wanted.last_failed and not selection.mistakes:
        failed = await _failed_last(client, workspaces, chosen, clock)
        selection = _selection([one for one in chosen if one.connection_id in failed], selection)
    return selection


def choose(found: Sequence[Connection], wanted: Wanted) -> tuple[Selection, list[Connection]]:
    """Choose among connections; the second is the connections themselves, each once."""
    mistakes: list[SafeText] = []
    chosen: dict[ConnectionId, Connection] = {}
    for name in wanted.names:
        match named(found, name):
            case Connection() as one:
                chosen[one.connection_id] = one
            case mistake:
                mistakes.append(mistake)
    known = {tag.name for one in found for tag in one.tags}
    mistakes += [_no_tag(tag, known) for tag in wanted.tags if safe(tag) not in known]
    everybody = wanted.all or (wanted.last_failed and not wanted.names and not wanted.tags)
    tags = {safe(tag) for tag in wanted.tags}
    asleep = 0
    for one in found:
        if not everybody and not any(tag.name in tags for tag in one.tags):
            continue
        if one.is_active:
            chosen[one.connection_id] = one
        else:
            asleep += one.connection_id not in chosen
    notes: list[SafeText] = []
    if asleep:
        notes.append(safe(f"{asleep} left out: not active."))
    connections = list(chosen.values())
    return _selection(connections, Selection((), tuple(mistakes), tuple(notes))), connections


def named(found: Iterable[Connection], name: str) -> Connection | SafeText:
    """Return the one connection of that id or name, or a sentence with the candidates."""
    everybody = list(found)
    shown = repr(safe(name, limit=80))
    if _UUID.match(name):
        for one in everybody:
            if one.connection_id.lower() == name.lower():
                return one
        return safe(f"No connection has the id {safe(name)}, or you may not see it.")
    for same in (
        [one for one in everybody if name in {one.raw_name, one.name}],
        [one for one in everybody if one.name.casefold() == safe(name).casefold()],
    ):
        if len(same) == 1:
            return same[0]
        if same:
            ids = ", ".join(
                f"{one.connection_id} ({one.status})" for one in same[:_MOST_CANDIDATES]
            )
            return safe(f"{len(same)} connections are called {shown}: say which by id: {ids}.")
    near = _near(name, [one.name for one in everybody])
    if near:
        return safe(f"No connection is called {shown}; near: {', '.join(near)}.")
    return safe(f"No connection is called {shown}, among {len(everybody)}.")


def _near(name: str, names: Sequence[SafeText]) -> list[str]:
    part = name.casefold()
    within = [one for one in names if part in one.casefold()]
    # Similarity is slow over thousands of names; what contains the word is what is mostly meant.
    similar = [] if within else difflib.get_close_matches(name, names[:2_000], n=3)
    shown = [repr(str(one)) for one in dict.fromkeys(within or similar)]
    more = len(shown) - _MOST_CANDIDATES
    return [*shown[:_MOST_CANDIDATES], *([f"{more} more"] if more > 0 else [])]


def _no_tag(tag: str, known: Iterable[SafeText]) -> SafeText:
    names = ", ".join(sorted(known)[:20]) or "there are none"
    return safe(f"No connection has the tag {safe(tag, limit=80)!r}; tags in use: {names}.")


def _selection(chosen: Iterable[Connection], before: Selection) -> Selection:
    targets = tuple(Target(one.connection_id, one.name) for one in chosen)
    return Selection(targets, before.mistakes, before.notes)


async def _by_ids(
    client: Client, workspaces: Sequence[WorkspaceId], ids: set[str]
) -> list[Connection]:
    """Read connections by their ids; those that do not exist are left out.

    A page has a hundred of them, so many ids are looked for in the directory first, for no more
    than a tenth of the requests that asking for each would take.
    """
    found: list[Connection] = []
    pages = len(ids) // _IDS_A_PAGE_IS_WORTH
    if pages:
        async for page in client.all_connections(workspace_ids=workspaces):
            found += [one for one in page.items if one.connection_id.lower() in ids]
            pages -= 1
            if not pages or len(found) == len(ids):
                break
    left = sorted(ids - {one.connection_id.lower() for one in found})
    return [*found, *await _one_by_one(client, left)]


async def _one_by_one(client: Client, ids: Iterable[str]) -> list[Connection]:
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(text: str) -> Connection | None:
        async with turn:
            try:
                return (await client.get_connection(ConnectionId(text))).value
            except ApiProblem as problem:
                if problem.kind in _UNKNOWN and problem.sent:
                    return None
                raise

    return [found for found in await asyncio.gather(*map(one, ids)) if found is not None]


async def _failed_last(
    client: Client,
    workspaces: Sequence[WorkspaceId],
    among: Iterable[Connection],
    clock: Clock,
) -> frozenset[ConnectionId]:
    """Say whose latest job failed, within the last days."""
    wanted = {one.connection_id for one in among}
    since = clock.now() - LOOK_BACK
    suspects: set[ConnectionId] = set()
    for page in range(_MOST_PAGES):
        answer = await client.list_jobs(
            workspace_ids=workspaces,
            status=FAILED,
            updated_at_start=since,
            order_by="updatedAt|DESC",
            offset=page * MOST_ROWS,
        )
        suspects.update(job.connection_id for job in answer.value.items)
        if answer.value.size < MOST_ROWS:
            break
    turn = asyncio.Semaphore(_AT_ONCE)

    async def still(connection_id: ConnectionId) -> ConnectionId | None:
        async with turn:
            answer = await client.list_jobs(connection_id=connection_id, limit=1)
        failed = any(job.status == FAILED for job in answer.value.items)
        return connection_id if failed else None

    ids = await asyncio.gather(*map(still, sorted(wanted & suspects)))
    return frozenset(one for one in ids if one is not None)
