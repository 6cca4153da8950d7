"""`syncdeck run`: start jobs and follow them to their verdicts, without a screen."""

# ruff: noqa: PLC0415 - imported when needed, so that `--help` stays quick

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import click

from tui.commands.common import Common, common_options
from tui.commands.options import CONFIRM, DEADLINE, JSON, LOOK, QUIET


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What was asked for on the command line."""

    connections: tuple[str, ...]
    tags: tuple[str, ...]
    all: bool
    last_failed: bool
    job_type: str
    max_parallel: int
    on_conflict: str
    over_running: bool
    deadline: timedelta
    cancel_on_deadline: bool
    look: int | None
    confirm: str | None
    on_end: str | None
    quiet: bool
    json: bool


@click.command(short_help="Start jobs and follow them to their verdicts.")
@click.argument("connections", nargs=-1, metavar="[CONNECTION]...")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    help="Every active connection with this tag; may be given more than once.",
)
@click.option("--all", "all_", is_flag=True, help="Every active connection.")
@click.option(
    "--last",
    type=click.Choice(["failed"]),
    help="Only those whose last job, of the past 7 days, failed.",
)
@click.option(
    "--job-type",
    type=click.Choice(["sync", "reset", "clear", "refresh"]),
    default="sync",
    show_default=True,
    help="What is started; reset and clear wipe the destination's data.",
)
@click.option(
    "--max-parallel",
    type=click.IntRange(1, 1_000),
    default=5,
    show_default=True,
    help="Runs under way at once, attached ones included.",
)
@click.option(
    "--on-conflict",
    type=click.Choice(["attach", "skip", "wait", "fail"]),
    default="attach",
    show_default=True,
    help="What to do where a job runs already.",
)
@click.option("--over-running", is_flag=True, help="Reset or clear although a sync is running.")
@DEADLINE
@click.option("--cancel-on-deadline", is_flag=True, help="And cancel the job then.")
@LOOK
@CONFIRM
@click.option(
    "--on-end", metavar="CMD", help="Run CMD once at the end; the report is on its stdin."
)
@QUIET
@JSON
@common_options
@click.pass_context
def run(
    context: click.Context,
    *,
    connections: tuple[str, ...],
    tags: tuple[str, ...],
    all_: bool,
    last: str | None,
    job_type: str,
    max_parallel: int,
    on_conflict: str,
    over_running: bool,
    deadline: timedelta,
    cancel_on_deadline: bool,
    look: int | None,
    confirm: str | None,
    on_end: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Start a job on each CONNECTION and follow all of them to their verdicts.

    Connections are named, or given by id, by --tag, --all or --last failed. A name that is not
    there, or there twice, is an error before anything is sent. Ctrl-C detaches: the jobs go on.
    """
    if not (connections or tags or all_ or last):
        raise click.UsageError("Say which connections: names, ids, --tag, --all or --last failed.")
    from tui.headless_run import run_launch

    options = RunOptions(
        connections=connections,
        tags=tags,
        all=all_,
        last_failed=last is not None,
        job_type=job_type,
        max_parallel=max_parallel,
        on_conflict=on_conflict,
        over_running=over_running,
        deadline=deadline,
        cancel_on_deadline=cancel_on_deadline,
        look=look,
        confirm=confirm,
        on_end=on_end,
        quiet=quiet,
        json=as_json,
    )
    return run_launch(Common.of(context), options)
