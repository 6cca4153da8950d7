"""Options that several commands have: the same name, default and words wherever they stand."""

from __future__ import annotations

from datetime import timedelta

import click

from tui.commands.common import SPAN

DEADLINE = click.option(
    "--deadline",
    type=SPAN,
    default=timedelta(hours=24),
    metavar="TIME",
    help="Stop waiting after 90s, 30m, 2h, counted from the start of each run. [default: 24h]",
)
LOOK = click.option(
    "--look",
    type=click.IntRange(5, 86_400),
    metavar="SECONDS",
    help="How long the effect of an unanswered trigger is looked for. "
    "[default: as the profile says, else 300]",
)
CONFIRM = click.option("--confirm", metavar="WORDS", help='For reset and clear: "clear 3 prod".')
SERVER = click.option("--server", metavar="URL", help="A server that is no profile.")
QUIET = click.option("--quiet", is_flag=True, help="Say only what went wrong, and warnings.")
JSON = click.option("--json", "as_json", is_flag=True, help="One event a line on stdout.")
