"""`syncdeck runs`: what the journal knows. Asks no server, but to pick an unresolved run's job."""

# ruff: noqa: PLC0415 - imported when needed, so that `--help` stays quick

from __future__ import annotations

from pathlib import Path

import click

from tui.commands.common import Common, common_options

_LIMIT = "How many runs at most."


@click.group(short_help="What the journal knows about runs.", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Without a command: an array of objects.")
@common_options
@click.pass_context
def runs(context: click.Context, *, as_json: bool) -> int:
    """List, show, export, resolve and replay runs from the journal. Without a command: list."""
    if context.invoked_subcommand is None:
        from tui.headless_runs import list_runs

        return list_runs(Common.of(context), limit=20, unfinished=False, as_json=as_json)
    if as_json:
        raise click.UsageError("--json belongs behind the command: `runs show RUN --json`.")
    return 0


@runs.command("list", short_help="List the newest runs first.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help=_LIMIT
)
@click.option("--unfinished", is_flag=True, help="Only runs without a verdict.")
@click.option("--json", "as_json", is_flag=True, help="An array of objects.")
@common_options
@click.pass_context
def list_(context: click.Context, *, limit: int, unfinished: bool, as_json: bool) -> int:
    """List the newest runs first: of every profile, or of the one you name."""
    from tui.headless_runs import list_runs

    return list_runs(Common.of(context), limit=limit, unfinished=unfinished, as_json=as_json)


@runs.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="One object.")
@common_options
@click.pass_context
def show(context: click.Context, *, run: str, as_json: bool) -> int:
    """Show one run: its job, steps, statuses, warnings, verdict."""
    from tui.headless_runs import show_run

    return show_run(Common.of(context), run, as_json=as_json)


@runs.command(short_help="Write the events of runs as JSON lines.")
@click.argument("which", nargs=-1, metavar="[RUN]...")
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Instead of stdout.",
)
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help=_LIMIT
)
@common_options
@click.pass_context
def export(
    context: click.Context, *, which: tuple[str, ...], output: Path | None, limit: int
) -> int:
    """Write the events of runs as JSON lines; without names, those of the newest."""
    from tui.headless_runs import export_runs

    return export_runs(Common.of(context), which, output=output, limit=limit)


@runs.command(short_help="Say what became of an unresolved trigger.")
@click.argument("run")
@click.option("--job", type=click.IntRange(1), help="This job is the run's.")
@click.option("--dismiss", is_flag=True, help="None of the suspects is.")
@common_options
@click.pass_context
def resolve(context: click.Context, *, run: str, job: int | None, dismiss: bool) -> int:
    """Say what became of an unresolved trigger, so that its connection is free again.

    Without an option: looks for the suspects and shows them.
    """
    if job is not None and dismiss:
        raise click.UsageError("--job and --dismiss exclude each other.")
    from tui.headless_resolve import resolve_run

    return resolve_run(Common.of(context), run, job=job, dismiss=dismiss)


@runs.command()
@click.argument("run")
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="1 is as fast as it was, 60 a minute in a second, 0 all at once.",
)
@click.option("--json", "as_json", is_flag=True, help="One event a line.")
@common_options
@click.pass_context
def replay(context: click.Context, *, run: str, speed: float, as_json: bool) -> int:
    """Tell a run again, from the journal's events.

    The journal keeps one plain reading a minute, so a replay is coarser than it was live.
    """
    from tui.headless_runs import replay_run

    return replay_run(Common.of(context), run, speed=speed, as_json=as_json)
