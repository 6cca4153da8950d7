"""What somebody may have meant by a word that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def meant(word: str, known: Iterable[str]) -> str:
    """Return the end of a complaint: the nearest spelling, else all that is known."""
    options = list(known)
    near = get_close_matches(word[:80], options, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(options)}."
