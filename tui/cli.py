"""The `syncdeck` command: which commands there are, and how any of them ends.

Only click is imported here. A command's own module is imported when it is called, its one-line
help is repeated in the table below, so that `--help`, `--version` and shell completion cost no
more than click does.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from tui import __version__
from tui.commands.common import (
    INTERRUPTED,
    USAGE,
    Common,
    common_options,
    tell,
    to_nowhere,
    why_unwritable,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tui.session import Session
    from tui.switching import Switch
    from workflow.settings import DeckSettings
    from workflow.text import SafeText

_COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("tui.commands.deck:demo", "The deck on an embedded sandbox: no set-up, nothing kept."),
    "run": ("tui.commands.run:run", "Start jobs and follow them to their verdicts."),
    "attach": ("tui.commands.attach:attach", "Watch jobs and runs that are there already."),
    "cancel": ("tui.commands.attach:cancel", "Cancel jobs and wait for the outcome."),
    "runs": ("tui.commands.runs:runs", "What the journal knows about runs."),
    "workflow": ("tui.commands.workflow:workflow", "Check and run Arazzo documents."),
    "sandbox": ("tui.commands.sandbox:sandbox", "Serve a stand-in for an Airbyte server."),
    "doctor": ("tui.commands.doctor:doctor", "Find out what is wrong with a profile."),
    "profile": ("tui.commands.profile:profile", "Servers and their credentials."),
}

_UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""How a stream refuses to be written; files of ours that do have a name, and a sentence."""

_EPILOG: Final = """\b
Exit codes: 0 succeeded or skipped as asked, 1 failed or rejected, 2 usage,
settings or document error, 3 cancelled, 4 deadline passed, 5 unresolved,
130 interrupted: detached, the jobs go on.

\b
Shell completion, for bash (zsh and fish likewise):
  eval "$(_SYNCDECK_COMPLETE=bash_source syncdeck)"
"""


def _load(place: str) -> Any:
    """Import what a ``module:name`` means; only now, since `--help` pays for every import."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


class Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names in the order of the table."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = _load(entry[0])
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry[0]} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing any command."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(
    cls=Commands,
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", message="%(prog)s %(version)s")
@common_options
@click.pass_context
def cli(context: click.Context) -> int:
    """Launch Airbyte jobs and watch them to their verdicts.

    Without a command: the deck, on the default profile.
    """
    if context.invoked_subcommand is None:
        return int(_load("tui.commands.deck:deck")(Common.of(context)))
    return 0


def open_deck(
    opener: Callable[[], AbstractAsyncContextManager[Session]],
    *,
    profile_name: str,
    server: SafeText,
    settings: DeckSettings | None = None,
    kept: Path | None = None,
    notice: str | None = None,
    switch: Switch | None = None,
) -> int:
    """Open the deck, the one place where Textual is imported, and return the exit code.

    What it keeps between starts is in the file `kept`, without one nothing is; `notice` is told
    once it is open; `switch` has the profiles it may be left for.
    """
    gc.disable()  # what is made while it opens stays
    from tui.app import SyncdeckApp  # noqa: PLC0415
    from tui.kept import Kept  # noqa: PLC0415
    from tui.session_signals import leaving_on_signals  # noqa: PLC0415

    app = SyncdeckApp(
        opener,
        profile_name=profile_name,
        server=server,
        rebound=settings.keys if settings is not None else None,
        ascii_only=settings is not None and settings.ascii_only,
        slow_link=None if settings is None else settings.slow_link,
        theme=settings.theme if settings is not None else None,
        kept=Kept(kept),
        notice=notice,
        switch=switch,
        settle=_settle,
    )
    with leaving_on_signals(app.exit):
        result = app.run()
    # A screen that broke leaves no result, and Textual's own code.
    return (app.return_code or 0) if result is None else result


def _settle() -> None:
    """Collect garbage from now on, without looking again and again at what is there by now."""
    gc.freeze()
    gc.enable()


def run(arguments: Sequence[str] | None = None) -> int:
    """Run `syncdeck` with these arguments, else the process's own, and return its exit code."""
    try:
        result = cli.main(arguments, prog_name="syncdeck", standalone_mode=False)
        if result != INTERRUPTED:  # a reader that never reads keeps stdout locked
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone
        to_nowhere(sys.stdout)
        return INTERRUPTED
    except OSError as error:
        if error.filename is not None or error.errno not in _UNWRITABLE:
            raise
        to_nowhere(sys.stdout)
        tell(why_unwritable(error))
        return USAGE
    return result if isinstance(result, int) else 0


def main() -> NoReturn:
    """Run `syncdeck` and leave with its exit code."""
    _open_missing_streams()
    code = run()
    if code == INTERRUPTED:
        # Python would flush once more, and wait for whoever did not read in time.
        os._exit(code)
    sys.exit(code)


def _open_missing_streams() -> None:
    """Let streams that we were started without lead nowhere.

    A file that is opened later would get their numbers, and what is printed would go into it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode))


if __name__ == "__main__":
    main()
