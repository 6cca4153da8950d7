"""`syncdeck sandbox`: the stand-in server on a port of its own."""

# ruff: noqa: PLC0415 - imported when needed, so that `--help` stays quick

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.common import Refusal, common_options, tell
from workflow.text import safe

if TYPE_CHECKING:
    from workflow.sandbox.server import SandboxServer


@click.command(short_help="Serve a stand-in for an Airbyte server.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="0 takes a free one.")
@click.option("--seed", type=int, default=0, help="The same seed gives the same ids.")
@click.option("--speed", type=float, default=1.0, help="How many times faster jobs go.")
@click.option("--connections", type=int, help="Generate so many instead of the world's own.")
@click.option("--capacity", type=int, help="How many jobs run at once; more are queued.")
@click.option(
    "--world",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A YAML file that describes connections and how their jobs behave.",
)
@click.option("--auth", is_flag=True, help="Ask for credentials; prints which.")
@click.option(
    "--fault",
    "faults",
    metavar="NAME[:key=value,...]",
    multiple=True,
    help="Something that goes wrong; may be given more than once.",
)
@click.option("--control", is_flag=True, help="Open /control, for tests and benchmarks.")
@common_options
def sandbox(
    *,
    port: int,
    seed: int,
    speed: float,
    connections: int | None,
    capacity: int | None,
    world: Path | None,
    auth: bool,
    faults: tuple[str, ...],
    control: bool,
) -> int:
    """Serve a stand-in for an Airbyte server on 127.0.0.1 until interrupted.

    The first line on stdout is its base URL.
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
        auth=auth,
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
