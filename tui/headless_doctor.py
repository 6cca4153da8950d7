"""What `syncdeck doctor` does: one question after the other, each answered in one sentence.

A question whose answer would only repeat an earlier trouble is not asked.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final

import click

from tui.commands.common import Common, Refusal, chosen
from tui.formats import duration, many
from tui.headless_doctor_files import findings_of_files
from tui.headless_findings import Finding
from tui.headless_hint import with_hint
from tui.headless_main import run_command
from tui.session import open_client
from workflow.airbyte.client import Answer, Client
from workflow.airbyte.models import Job, Page, WorkspaceId
from workflow.airbyte.problems import ApiProblem
from workflow.clock import Clock, SystemClock
from workflow.http.failures import NetworkFailure
from workflow.http.lines import DoorSetupError, proxy_for, shown
from workflow.http.origins import origin_of
from workflow.settings import Profile, SettingsError, is_clear_text
from workflow.settings_choice import Choice
from workflow.text import SafeText, safe

_CLOCKS_APART: Final = timedelta(seconds=30)
"""Tokens and look windows bear this much."""
_FILTER_FROM: Final = timedelta(seconds=1)


def examine(common: Common, *, as_json: bool) -> int:
    """Print what is found and return the exit code.

    Raises:
        Refusal: no profile can be chosen, so there is nothing to examine.
    """
    try:
        choice = chosen(common)
    except SettingsError as error:
        raise Refusal(str(error)) from error

    async def body() -> int:
        found: list[Finding] = []
        async for finding in _findings(common, choice):
            found.append(finding)
            if not as_json:
                click.echo(finding.line)
        if as_json:
            click.echo(json.dumps([finding.to_json() for finding in found], indent=2))
        return 1 if any(finding.health == "ill" for finding in found) else 0

    return run_command(common, body)


async def _findings(common: Common, choice: Choice) -> AsyncIterator[Finding]:
    profile, clock = choice.profile, SystemClock()
    yield Finding("profile", "well", choice.sentence)
    async for finding in findings_of_files(common, clock):
        yield finding
    try:
        client = open_client(profile, clock)
    except SettingsError as error:
        about = "network" if isinstance(error.__cause__, DoorSetupError) else "credentials"
        yield Finding(about, "ill", error.sentence)
        return
    try:
        proxy = _proxy(client.base_url)
        if proxy is not None:
            yield Finding("proxy", "well", proxy)
        async for finding in _server(profile, client, clock):
            yield finding
    finally:
        await client.door.aclose()


def _proxy(base_url: str) -> SafeText | None:
    """Say through which proxy the server is asked, without a password that is in its address."""
    home = origin_of(base_url)
    proxy = proxy_for(home)
    if proxy is None:
        return None
    return safe(f"{home.host} is asked through {shown(proxy)}, as the environment says")


async def _server(profile: Profile, client: Client, clock: Clock) -> AsyncIterator[Finding]:
    try:
        health = await client.get_health()
    except NetworkFailure as failure:
        yield Finding("server", "ill", failure.text)
        return
    except ApiProblem as problem:
        text = f"{client.base_url} answers, but not as Airbyte's API does: {problem.sentence}"
        yield Finding("server", "ill", safe(text))
        return
    yield Finding("server", "well", safe(f"{client.base_url} answers in {health.seconds:.1f}s"))
    if is_clear_text(profile):
        text = "credentials go over plain http: anybody on the way can read them; use https"
        yield Finding("encryption", "warning", safe(text))
    yield _clocks(health, clock.now())
    try:
        async for finding in _allowed(profile, client, clock):
            yield finding
    except NetworkFailure as failure:
        yield Finding("server", "ill", failure.text)


def _clocks(answer: Answer[None], now: datetime) -> Finding:
    if answer.date is None:
        text = "the server does not tell its time; ours is used"
        return Finding("clock", "warning", safe(text))
    apart = answer.date - now
    if abs(apart) <= _CLOCKS_APART:
        return Finding("clock", "well", safe("the server's and ours agree"))
    way = "ahead of" if apart > timedelta(0) else "behind"
    text = f"the server is {duration(abs(apart))} {way} this machine; set the one that is wrong"
    return Finding("clock", "warning", safe(text))


async def _allowed(profile: Profile, client: Client, clock: Clock) -> AsyncIterator[Finding]:
    """Ask what needs credentials, and what older servers lack."""
    try:
        workspaces = (await client.list_workspaces()).value
    except ApiProblem as problem:
        yield Finding("credentials", "ill", with_hint(problem, profile))
        return
    names = ", ".join(one.name for one in workspaces.items[:5])
    seen = f"{many(len(workspaces.items), 'workspace')} ({names})" if names else "no workspace"
    yield Finding("credentials", "well" if names else "warning", safe(f"they see {seen}"))
    own: tuple[WorkspaceId, ...] = ()
    if profile.workspace:
        own = (WorkspaceId(profile.workspace),)
        known = {one.workspace_id for one in workspaces.items}
        if own[0] not in known and workspaces.size < 100:
            text = f"{profile.workspace} is none of those the credentials see"
            yield Finding("workspace", "ill", safe(text))
            return
        yield Finding("workspace", "well", safe(profile.workspace))
    try:
        connections = (await client.list_connections(workspace_ids=own)).value
        more = "at least " if connections.size == 100 else ""
        count = f"{more}{many(connections.size, 'connection')}"
        yield Finding("connections", "well" if connections.size else "warning", safe(count))
        yield await _filters(client, own, clock)
    except ApiProblem as problem:
        yield Finding("connections", "ill", problem.sentence)
        return
    try:
        await client.list_tags(workspace_ids=own)
    except ApiProblem:
        text = "this server has none; --tag and tag filters find nothing"
        yield Finding("tags", "warning", safe(text))


async def _filters(client: Client, own: tuple[WorkspaceId, ...], clock: Clock) -> Finding:
    """See whether lists can be narrowed by time, which the feed lives on."""
    since = clock.now() + _FILTER_FROM
    try:
        page: Page[Job] = (await client.list_jobs(workspace_ids=own, updated_at_start=since)).value
    except ApiProblem as problem:
        text = f"jobs cannot be listed by time, so more requests are needed: {problem.sentence}"
        return Finding("jobs", "warning", safe(text))
    old = any(job.stamp is not None and job.stamp < since - timedelta(days=1) for job in page.items)
    if old:
        text = "this server lists jobs of any time whatever is asked; more requests are needed"
        return Finding("jobs", "warning", safe(text))
    return Finding("jobs", "well", safe("can be listed by time"))
