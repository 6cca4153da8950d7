"""`syncdeck sandbox`: the stand-in server on a port of its own."""

# ruff: noqa: PLC0415 - imported when needed, so that `--help` of other commands stays quick

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.common import SPAN, Refusal, tell, without
from workflow.text import safe

if TYPE_CHECKING:
    from workflow.sandbox.editions import Edition
    from workflow.sandbox.server import SandboxServer


class _WithFaults(click.Command):
    """A command whose help ends with the faults that there are."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them from the table that reads them."""
        del ctx
        from workflow.sandbox.faults import COMMON_KEYS, describe_faults

        with formatter.section("Faults, for --fault and for scenario files"):
            formatter.write_dl(list(describe_faults()))
        formatter.write_paragraph()
        formatter.write_text(f"Every fault also takes {', '.join(COMMON_KEYS)}.")


@click.command(cls=_WithFaults, short_help="Serve a stand-in for an Airbyte server.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="The same seed gives the same ids and draws.",
)
@click.option(
    "--speed",
    type=float,
    default=1.0,
    show_default=True,
    help="How many times faster jobs go; clocks stay as is.",
)
@click.option("--connections", type=int, help="Generate so many instead of the world's own.")
@click.option("--capacity", type=int, help="How many jobs run at once; more are queued.")
@click.option(
    "--world",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A YAML file that describes connections and how their jobs behave.",
)
@click.option(
    "--schedules/--no-schedules",
    default=None,
    help="Whether scheduled connections start by themselves; the world says, and mostly not.",
)
@click.option("--colleagues", type=SPAN, help="Somebody else starts a sync about so often.")
@click.option("--auth", is_flag=True, help="Ask for credentials; prints which.")
@click.option(
    "--token-lifetime", type=SPAN, help="How long an access token is good. [default: 15m]"
)
@click.option(
    "--edition",
    type=click.Choice(["cloud", "local", "older"]),
    default="cloud",
    show_default=True,
    help="Whose quirks: local has five threads, older servers lack filters, tags and more.",
)
@click.option(
    "--fault",
    "faults",
    metavar="NAME[:key=value,...]",
    multiple=True,
    help="Something that goes wrong; may be given more than once. @FILE reads a scenario.",
)
@click.option("--control", is_flag=True, help="Open /control, for tests and benchmarks.")
@without(
    "profile",
    "read_only",
    "journal",
    "log_level",
    because="the sandbox is a server, with no profile, no journal and no log",
)
def sandbox(
    *,
    port: int,
    seed: int,
    speed: float,
    connections: int | None,
    capacity: int | None,
    world: Path | None,
    schedules: bool | None,
    colleagues: timedelta | None,
    auth: bool,
    token_lifetime: timedelta | None,
    edition: Edition,
    faults: tuple[str, ...],
    control: bool,
) -> int:
    """Serve a stand-in for an Airbyte server on 127.0.0.1 until interrupted.

    The first line on stdout is its base URL. The API is under /v1 and /api/public/v1; with
    --control there are /control/log, /control/counters, /control/jobs and /control/faults.
    """
    from workflow.sandbox.options import SandboxError, SandboxOptions
    from workflow.sandbox.server import serve_forever

    options = SandboxOptions(
        port=port,
        seed=seed,
        speed=speed,
        connections=connections,
        capacity=capacity,
        world_file=world,
        schedules=schedules,
        colleagues=colleagues.total_seconds() if colleagues else None,
        auth=auth,
        token_lifetime=token_lifetime.total_seconds() if token_lifetime else None,
        edition=edition,
        faults=faults,
        control=control,
    )
    try:
        serve_forever(options, _announce)
    except SandboxError as error:
        raise Refusal(str(error)) from error
    return 0


def _announce(server: SandboxServer) -> None:
    from workflow.sandbox import auth

    click.echo(server.base_url)
    sys.stdout.flush()
    if server.options.auth:
        click.echo(f"AIRBYTE_CLIENT_ID={auth.FIXED_CLIENT_ID}")
        click.echo(f"AIRBYTE_CLIENT_SECRET={auth.FIXED_CLIENT_SECRET}")
        click.echo(f"bearer token {auth.FIXED_BEARER_TOKEN}, basic {':'.join(auth.FIXED_BASIC)}")
        sys.stdout.flush()
    tell(safe(f"A sandbox at {server.root_url}; Ctrl-C ends it."))
