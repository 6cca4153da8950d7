"""Regular expressions with a leash.

``re`` cannot be interrupted, so every pattern of a document, those inside JSONPath's ``match`` and
``search`` included, runs in the ``regex`` package with a timeout. A document may have hundreds of
them, each just quick enough; so those of one turn share an allowance as well.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from functools import lru_cache
from typing import Final, Protocol

import regex

MOST_PATTERN: Final = 1_000
MOST_EXPANDED: Final = 50_000
"""How long a pattern may be with its counted repeats written out, which is how it is compiled."""
PATTERN_SECONDS: Final = 0.1
TURN_SECONDS: Final = 0.3
"""For all patterns of one turn together."""
_TRIES: Final = (0.0002, 0.005, PATTERN_SECONDS)
"""Seconds that a search is given, and when they were not enough once more. The first are free;
the others come off the turn's, in full, since this package has no clock to tell what was used."""
_MOST_KEPT: Final = 100
"""Characters of a text whose answer is kept."""

_REPEAT: Final = re.compile(r"\{\s*(\d*)\s*,?\s*(\d*)\s*\}")
_CLASS: Final = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]?", re.DOTALL)
_COMMENT: Final = re.compile(r"\(\?#[^)]*\)")
_VERBOSE: Final = re.compile(r"\(\?[a-zA-Z0-9]*x")

_left: ContextVar[float] = ContextVar("_left", default=TURN_SECONDS)


class QueryError(ValueError):
    """A text is not a query or a pattern that this engine will run. The text says why."""


class PatternTimeout(Exception):  # noqa: N818  (a fact about a match, not a fault of the program)
    """A pattern took too long on its text."""


class Pattern(Protocol):
    """A compiled pattern with a bounded search."""

    def search(self, text: str) -> bool:
        """Return whether the pattern is found anywhere in `text`.

        Raises:
            PatternTimeout: it could not be told in time.
        """


def begin_turn() -> None:
    """Give the patterns of this context their allowance anew."""
    _left.set(TURN_SECONDS)


class _Leashed:
    """A pattern of the ``regex`` package with its timeout, which costs more than most searches.

    So the last short text's answer is kept: a poll asks about the same word again and again.
    """

    __slots__ = ("_compiled", "_last")

    def __init__(self, pattern: str) -> None:
        try:
            self._compiled = regex.compile(pattern, regex.V0)
        except (regex.error, OverflowError, RecursionError, ValueError, IndexError) as error:
            raise QueryError(f"the pattern cannot be read: {error}") from None
        self._last: tuple[str | None, bool] = (None, False)

    def search(self, text: str) -> bool:
        last, answer = self._last
        if text == last:
            return answer
        answer = self._search(text)
        if len(text) <= _MOST_KEPT:
            self._last = (text, answer)
        return answer

    def _search(self, text: str) -> bool:
        for seconds in _TRIES:
            if seconds > _TRIES[0]:
                _take(seconds)
            try:
                return self._compiled.search(text, timeout=seconds) is not None
            except TimeoutError:
                pass
        raise PatternTimeout(f"the pattern took longer than {PATTERN_SECONDS} s")


def _take(seconds: float) -> None:
    left = _left.get() - seconds
    if left < 0:
        raise PatternTimeout(f"slow patterns had {TURN_SECONDS} s together, which are used up")
    _left.set(left)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Pattern:
    """Return the pattern, ready to search with.

    Raises:
        QueryError: not a regular expression, or one beyond the limits.
    """
    if len(pattern) > MOST_PATTERN:
        raise QueryError(f"the pattern is longer than {MOST_PATTERN:,} characters")
    if _expanded(pattern) > MOST_EXPANDED:
        raise QueryError(
            f"the pattern's counted repeats stand for more than {MOST_EXPANDED:,} characters"
        )
    return _Leashed(pattern)


def _expanded(pattern: str) -> int:
    """Return how long a pattern is with its counted repeats written out, or more than that."""
    if _VERBOSE.search(pattern):
        # In comments brackets mean nothing; all repeats are taken to be within each other.
        product = len(pattern)
        for found in _REPEAT.finditer(pattern):
            product *= _times(found)
        return product
    sizes, last, at = [0], 0, 0
    while at < len(pattern):
        character, end = pattern[at], at + 1
        if comment := _COMMENT.match(pattern, at):
            end = comment.end()
        elif character == "(":
            sizes.append(0)
            last = 0
        elif character == ")":
            last = sizes.pop() if len(sizes) > 1 else 0
            sizes[-1] += last
        elif repeat := _REPEAT.match(pattern, at):
            more = last * (_times(repeat) - 1)
            sizes[-1] += more
            last, end = last + more, repeat.end()
        else:
            atom = _CLASS.match(pattern, at)
            end = atom.end() if atom else at + 2 if character == "\\" else end
            sizes[-1] += 1
            last = 1
        at = end
    return sum(sizes)


def _times(found: re.Match[str]) -> int:
    return max(int(found[1] or 0), int(found[2] or 0), 1)
