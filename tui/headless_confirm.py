"""What wipes a destination is meant only when verb, count and profile are said in full."""

from __future__ import annotations

from tui.commands.common import Refusal
from workflow.text import safe


def confirmed(given: str | None, kind: str, count: int, profile: str) -> None:
    """See that the words of --confirm are the right ones.

    Raises:
        Refusal: they are missing, or others; with those that are right.
    """
    words = f"{kind} {count} {profile}"
    if given == words:
        return
    other = f", not {safe(given, limit=80)!r}" if given is not None else ""
    raise Refusal(
        f"A {kind} wipes the destination's data of every stream: if you mean it, "
        f'add --confirm "{words}"{other}. Nothing was sent.'
    )
