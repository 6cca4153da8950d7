"""`syncdeck doctor`: what is wrong with a profile, step by step."""

# ruff: noqa: PLC0415 - imported when needed, so that `--help` stays quick

from __future__ import annotations

import click

from tui.commands.common import Common, common_options


@click.command(short_help="Find out what is wrong with a profile.")
@click.option("--json", "as_json", is_flag=True, help="An array of objects.")
@common_options
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> int:
    """Check settings, journal, server, clock, credentials and features of a profile, in this order.

    Sends nothing but reads. The exit code is 1 when something has to be mended, else 0.
    """
    from tui.headless_doctor import examine

    return examine(Common.of(context), as_json=as_json)
