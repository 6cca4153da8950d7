"""`syncdeck attach` and `syncdeck cancel`: jobs and runs that are there already."""

# ruff: noqa: PLC0415 - imported when needed, so that `--help` stays quick

from __future__ import annotations

import click

from tui.commands.common import Common, common_options
from tui.commands.options import JSON, QUIET, SERVER


@click.command(short_help="Watch jobs and runs that are there already.")
@click.argument("what", nargs=-1, metavar="[RUN|JOB]...")
@click.option(
    "--start-waiting", is_flag=True, help="Start runs that an earlier syncdeck had not started."
)
@click.option("--drop-waiting", is_flag=True, help="End them as skipped.")
@SERVER
@QUIET
@JSON
@common_options
@click.pass_context
def attach(
    context: click.Context,
    *,
    what: tuple[str, ...],
    start_waiting: bool,
    drop_waiting: bool,
    server: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Watch runs of the journal (r-...) or jobs of the server (numbers) to their verdicts.

    With no names, all that is unfinished in the journal. Nothing is triggered; a run that had not
    been started stays so, unless you say --start-waiting.
    """
    if start_waiting and drop_waiting:
        raise click.UsageError("--start-waiting and --drop-waiting exclude each other.")
    from tui.headless_attach import Waiting, watch_all, watch_these

    common = Common.of(context)
    if what:
        return watch_these(common, what, server=server, quiet=quiet, as_json=as_json)
    waiting: Waiting = "start" if start_waiting else "drop" if drop_waiting else "ask"
    return watch_all(common, waiting=waiting, server=server, quiet=quiet, as_json=as_json)


@click.command(short_help="Cancel jobs and wait for the outcome.")
@click.argument("what", nargs=-1, required=True, metavar="RUN|JOB...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@SERVER
@QUIET
@JSON
@common_options
@click.pass_context
def cancel(
    context: click.Context,
    *,
    what: tuple[str, ...],
    yes: bool,
    server: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Cancel runs (r-...) or jobs (numbers) and wait for the outcome.

    Asks on a terminal, else needs --yes. The exit code tells the outcome: 3 the job was cancelled,
    0 it had succeeded before, 1 it failed or could not be cancelled.
    """
    from tui.headless_attach import cancel_these

    return cancel_these(
        Common.of(context), what, yes=yes, server=server, quiet=quiet, as_json=as_json
    )
