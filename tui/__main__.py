"""`syncdeck` and `python -m tui`: where the process begins.

Nothing is imported at the top, so that a Ctrl-C while the rest is imported is no traceback.
"""

from __future__ import annotations


def main() -> None:
    """Run the command and leave with its exit code; 130 when interrupted before there is one."""
    try:
        from tui import cli  # noqa: PLC0415 - see above
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    cli.main()


if __name__ == "__main__":
    main()
