"""What `syncdeck workflow run` does: read, check, and run a document, or show what it would send.

Everything that can be wrong is found before a session is opened: a document, an input or a source
with a mistake never sends a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from tui.commands.common import Common, Refusal, chosen, journal_path, load_settings
from tui.commands.workflow import WorkflowOptions
from tui.document_reading import meant_elsewhere
from tui.headless import Begun, face_for, follow
from tui.headless_confirm import confirmed
from tui.headless_dry_run import dry_run
from tui.headless_inputs import pairs, read_headers, read_inputs
from tui.headless_main import announce, run_command
from tui.session import Session, Wiring, complete, of_command, open_client, open_session
from workflow.airbyte.servers import normalise_base_url
from workflow.arazzo.program import Program, compile_program
from workflow.arazzo.turns import Json
from workflow.clock import SystemClock
from workflow.runs.launch import Order
from workflow.runs.places import fetching, is_url
from workflow.runs.programs import airbyte_description, wiping
from workflow.runs.sources import Library
from workflow.settings import NoProfileError, Profile, check_url
from workflow.settings_choice import Choice
from workflow.text import safe


class _Prepared(NamedTuple):
    """What is to be run, read and checked."""

    program: Program
    inputs: dict[str, Json]
    airbyte: bool
    """A source is the shipped description of Airbyte's API."""


def run_workflow(common: Common, options: WorkflowOptions) -> int:
    """Run a document's workflow and return the exit code.

    Raises:
        Refusal: nothing was sent.
    """
    overrides = pairs(options.sources, "--source")
    headers = read_headers(options.headers)

    async def body() -> int:
        program, inputs, airbyte = await _prepared(options, overrides)
        program.complete(inputs)  # refuses bad inputs before anything else is looked at
        if options.dry_run:
            return dry_run(program, inputs, _base(common, options), as_json=options.json)
        choice = _choice(common, options)
        if options.server is None:
            _check_server(program, overrides, choice.profile)
        wipes = wiping(program, program.complete(inputs))
        if wipes is not None:
            confirmed(options.confirm, wipes, 1, choice.profile.name)
        elif options.confirm is not None:
            raise Refusal("--confirm is for a reset or clear, and this workflow starts none.")
        announce(choice, quiet=options.quiet)
        wiring = of_command(common, options.server).but(headers=headers)
        profile = choice.profile
        if options.server is not None and airbyte:
            profile = await complete(profile)
        journal, keep = journal_path(common), load_settings().retention
        async with open_session(profile, journal=journal, keep=keep, wiring=wiring) as session:
            return await _run(session, options, program, inputs)

    return run_command(common, body)


async def _run(
    session: Session, options: WorkflowOptions, program: Program, inputs: dict[str, Json]
) -> int:
    look = session.profile.look if options.look is None else timedelta(seconds=options.look)
    order = Order(
        program=program,
        inputs=inputs,
        deadline=options.deadline,
        look=look,
        allow_retrigger=options.allow_retrigger,
        name=program.workflow_id,
    )

    async def begin() -> Begun:
        return Begun(launches=frozenset({await session.fleet.launch(order)}))

    face = face_for(as_json=options.json, quiet=options.quiet)
    return await follow(session.fleet, session.clock, face, begin)


async def _prepared(options: WorkflowOptions, overrides: dict[str, str]) -> _Prepared:
    """Read and compile, before anybody's server is asked."""
    urls = [place for place in (options.file, *overrides.values()) if is_url(place)]
    if not urls:
        library = Library(overrides)
        return await _compiled(options, library)
    for url in urls:
        check_url(url, "the place of a document")
    # Documents are fetched without anybody's credentials.
    client = open_client(Profile("documents", urls[0]), SystemClock(), Wiring(also=tuple(urls)))
    try:
        return await _compiled(options, Library(overrides, fetching(client.door)))
    finally:
        await client.door.aclose()


async def _compiled(options: WorkflowOptions, library: Library) -> _Prepared:
    document, sources, _ = await library.load(options.file)
    program = compile_program(document, sources, options.workflow_id)
    # In a thread: the file may be a pipe.
    inputs = await asyncio.to_thread(
        read_inputs, document, program.workflow_id, options.inputs, options.inputs_file
    )
    # However it is named: by `--source NAME=airbyte`, by a shipped document, by a copy.
    shipped = airbyte_description().digest
    return _Prepared(program, inputs, any(found.digest == shipped for found in sources.values()))


def _check_server(program: Program, overrides: Mapping[str, str], profile: Profile) -> None:
    """Refuse to send to the profile's server what is meant for another one."""
    other = meant_elsewhere(program, overrides, profile.url)
    if other is not None:
        name, host = other
        raise Refusal(
            f"The API {safe(name)!r} is at {host}, which is not the server of profile "
            f"{profile.name}: say which is meant with --server URL. Nothing was sent."
        )


def _choice(common: Common, options: WorkflowOptions) -> Choice:
    try:
        choice = chosen(common, server=options.server)
    except NoProfileError as error:
        raise Refusal(f"{error} Or name the server with --server URL.") from error
    if options.headers and options.server is None:
        raise Refusal("--header is for the server of --server; name it as well.")
    return choice


def _base(common: Common, options: WorkflowOptions) -> str | None:
    """Return the server that a dry run would ask, None when nothing names one."""
    try:
        url = chosen(common, server=options.server).profile.url
    except NoProfileError:
        return None
    return url if options.server is not None else normalise_base_url(url)
