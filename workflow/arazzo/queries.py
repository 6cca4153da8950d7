"""JSONPath as others define it (RFC 9535, Goessner's draft) and regular expressions with a leash.

The libraries are imported when a document first needs them: together they cost more than the
rest of this package. ``re`` cannot be interrupted, so every pattern here, those inside
JSONPath's ``match`` and ``search`` included, runs in the ``regex`` package with a timeout.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import regex

from workflow.arazzo.turns import Json

if TYPE_CHECKING:
    from jsonpath import JSONPathEnvironment

MOST_CHARACTERS: Final = 2_000
MOST_PATTERN: Final = 1_000
MOST_DESCENTS: Final = 3
"""How many ``..`` a query may have: each multiplies the nodes it looks at."""
PATTERN_SECONDS: Final = 0.1
_MOST_KEPT: Final = 100
"""Characters of a text whose answer is kept."""

_TEXTS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_MOST_REPEAT = 1_000
_REPEAT = re.compile(r"(?<!\\)\{\s*(\d*)\s*,?\s*(\d*)\s*\}")

Selects: TypeAlias = Callable[[Json], bool]
"""Whether a query selects at least one node of a value."""


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
        try:
            answer = self._compiled.search(text, timeout=PATTERN_SECONDS) is not None
        except TimeoutError:
            raise PatternTimeout from None
        if len(text) <= _MOST_KEPT:
            self._last = (text, answer)
        return answer


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Pattern:
    """Return the pattern, ready to search with.

    Raises:
        QueryError: not a regular expression, or one beyond the limits.
    """
    if len(pattern) > MOST_PATTERN:
        raise QueryError(f"the pattern is longer than {MOST_PATTERN:,} characters")
    product = 1
    for low, high in _REPEAT.findall(pattern):
        product *= max(int(low or 0), int(high or 0), 1)
        if product > _MOST_REPEAT * _MOST_REPEAT:
            raise QueryError("the pattern's counted repeats multiply to more than a million")
    return _Leashed(pattern)


def compile_rfc9535(text: str) -> Selects:
    """Return a test by a strict RFC 9535 query.

    Raises:
        QueryError: the text is none; the reason is the parser's, shortened to a line.
    """
    from jsonpath import JSONPathError  # noqa: PLC0415  (0.16 s, and few documents need it)

    _check_size(text)
    try:
        query = _strict_environment().compile(text)
    except (JSONPathError, RecursionError) as error:
        raise QueryError(_first_line(error)) from None

    def selects(value: Json) -> bool:
        if not isinstance(value, dict | list):
            # The library takes a text for JSON to be parsed; as a root it only has itself.
            return text.strip() == "$"
        try:
            return next(iter(query.finditer(value)), None) is not None
        except (JSONPathError, RecursionError) as error:
            raise QueryError(_first_line(error)) from None

    return selects


def compile_goessner(text: str) -> Selects:
    """Return a test by a query of Goessner's draft.

    Raises:
        QueryError: the text is none, or uses a regular expression, which here has no timeout.
    """
    from jsonpath_ng.exceptions import JSONPathError  # noqa: PLC0415  (as above)
    from jsonpath_ng.ext.parser import parse  # noqa: PLC0415

    _check_size(text)
    if "=~" in text or re.search(r"`\s*(?:sub|split)", text):
        raise QueryError("regular expressions in a query are not supported; use type: regex")
    try:
        query = parse(text)
    except (JSONPathError, RecursionError, ValueError, TypeError, AttributeError) as error:
        # The library's own parser lets some of Python's errors through on malformed text.
        raise QueryError(_first_line(error)) from None

    def selects(value: Json) -> bool:
        try:
            return bool(query.find(value))
        except (JSONPathError, RecursionError, ValueError, TypeError, AttributeError) as error:
            raise QueryError(_first_line(error)) from None

    return selects


def _check_size(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise QueryError(f"it is longer than {MOST_CHARACTERS:,} characters")
    outside_texts = _TEXTS.sub("''", text)
    if outside_texts.count("..") > MOST_DESCENTS:
        raise QueryError(f"it has more than {MOST_DESCENTS} '..'")
    depth = deepest = 0
    for character in outside_texts:
        depth += (character in "([") - (character in ")]")
        deepest = max(deepest, depth)
    if deepest > 20 or outside_texts.count("!") > 50:
        raise QueryError("it is nested too deep")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "it cannot be read"


@lru_cache(maxsize=1)
def _strict_environment() -> JSONPathEnvironment:
    from jsonpath import JSONPathEnvironment  # noqa: PLC0415  (as above)
    from jsonpath.function_extensions import ExpressionType, FilterFunction  # noqa: PLC0415

    class Regular(FilterFunction):
        """RFC 9535's ``search`` and ``match`` on leashed patterns; too slow is no match."""

        arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012  (the library's)
        return_type = ExpressionType.LOGICAL

        def __init__(self, frame: str) -> None:
            self._frame = frame

        def __call__(self, value: object, pattern: object) -> bool:
            if not isinstance(value, str) or not isinstance(pattern, str):
                return False
            try:
                return compile_pattern(self._frame.format(_iregexp(pattern))).search(value)
            except (QueryError, PatternTimeout):
                return False

    environment = JSONPathEnvironment(strict=True)
    environment.function_extensions["search"] = Regular("{}")
    environment.function_extensions["match"] = Regular(r"\A(?:{})\Z")
    return environment


def _iregexp(pattern: str) -> str:
    """Let ``.`` stop at line ends, as I-Regexp (RFC 9485, section 5.3) has it."""
    written, in_class, at = [], False, 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            written.append(pattern[at : at + 2])
            at += 2
            continue
        if character == "[":
            in_class = True
        elif character == "]":
            in_class = False
        written.append(r"[^\n\r]" if character == "." and not in_class else character)
        at += 1
    return "".join(written)
