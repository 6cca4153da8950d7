"""What `syncdeck run` does: find the targets, launch them, follow them, report once."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tui.commands.common import Common, Refusal, chosen, journal_path, load_settings, tell
from tui.commands.run import RunOptions
from tui.commands.targets import Selection, Wanted, select
from tui.headless import Begun, face_for, follow
from tui.headless_confirm import confirmed
from tui.headless_hint import with_hint
from tui.headless_hook import Hook, secret_variables
from tui.headless_main import announce, run_command
from tui.session import Session, of_command, open_session
from workflow.airbyte.problems import ApiProblem
from workflow.runs.launch import DESTRUCTIVE, OnConflict, Order
from workflow.settings import SettingsError
from workflow.text import safe

_MOST_MISTAKES: Final = 10


def run_launch(common: Common, options: RunOptions) -> int:
    """Launch what the options ask for and return the exit code.

    Raises:
        Refusal: nothing was sent.
    """
    if options.job_type not in DESTRUCTIVE:
        _refuse_meant_for_wiping(options)
    hook = None
    try:
        settings = load_settings()
        if options.on_end is not None:
            hook = Hook.parse(options.on_end, secrets=secret_variables(settings))
        choice = chosen(common)
        journal, keep = journal_path(common), settings.retention
    except SettingsError as error:
        raise Refusal(str(error)) from error
    announce(choice, quiet=options.quiet)

    async def body() -> int:
        async with open_session(
            choice.profile, journal=journal, keep=keep, wiring=of_command(common)
        ) as session:
            return await _launch(session, options, hook)

    return run_command(common, body)


def _refuse_meant_for_wiping(options: RunOptions) -> None:
    """Refuse what only means something for a reset or clear: somebody forgot to ask for one.

    Raises:
        Refusal: such an option was given.
    """
    given = [("--over-running", options.over_running), ("--confirm", options.confirm is not None)]
    for flag, is_given in given:
        if is_given:
            raise Refusal(
                f"{flag} is for --job-type reset or clear, and this is a {options.job_type}: "
                "leave it out, or say which is meant. Nothing was sent."
            )


async def _launch(session: Session, options: RunOptions, hook: Hook | None) -> int:
    fleet = session.fleet
    begun = Begun()

    async def begin() -> Begun:
        nonlocal begun
        selection = await find(session, options)
        if selection.targets:
            launch = await fleet.launch(_order(session, options, selection))
            begun = Begun(launches=frozenset({launch}))
        return begun

    async def finish() -> None:
        if hook is not None:
            for launch in begun.launches:
                await hook.tell(fleet.report(launch))

    face = face_for(as_json=options.json, quiet=options.quiet)
    return await follow(fleet, session.clock, face, begin, finish=finish)


async def find(session: Session, options: RunOptions) -> Selection:
    """Find the targets and check that what they are for is meant.

    Raises:
        Refusal: something cannot be found or told apart, a confirmation is missing, or the server
            would not say.
    """
    wanted = Wanted(options.connections, options.tags, options.all, options.last_failed)
    try:
        selection = await select(session.client, session.workspaces, wanted, session.clock)
    except ApiProblem as problem:
        raise Refusal(with_hint(problem, session.profile)) from problem
    if selection.mistakes:
        raise Refusal(_all_of(selection))
    if not options.quiet:
        for note in selection.notes:
            tell(note)
    if not selection.targets:
        if not options.last_failed:
            raise Refusal("There is no such connection that is active; nothing was sent.")
        tell(safe("No connection's last job failed; nothing was sent."))
    if options.job_type in DESTRUCTIVE and selection.targets:
        count = len(selection.targets)
        confirmed(options.confirm, options.job_type, count, session.profile_name)
    return selection


def _all_of(selection: Selection) -> str:
    shown = list(selection.mistakes[:_MOST_MISTAKES])
    more = len(selection.mistakes) - len(shown)
    if more:
        shown.append(safe(f"And {more} more like these."))
    return " ".join([*shown, "Nothing was sent."])


def _order(session: Session, options: RunOptions, selection: Selection) -> Order:
    look = session.profile.look if options.look is None else timedelta(seconds=options.look)
    return Order(
        targets=selection.targets,
        job_type=options.job_type,
        max_parallel=options.max_parallel,
        on_conflict=OnConflict(options.on_conflict),
        over_running=options.over_running,
        deadline=options.deadline,
        cancel_on_deadline=options.cancel_on_deadline,
        look=look,
    )
