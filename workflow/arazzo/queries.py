"""JSONPath as others define it: RFC 9535 and Goessner's draft.

The libraries are imported when a document first needs them: together they cost more than the
rest of this package. What a query looks at is counted, and a query that would look at too much
is given up: with filters in filters a page of text is enough for hours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from workflow.arazzo.patterns import QueryError
from workflow.arazzo.turns import Json

MOST_CHARACTERS: Final = 2_000
MOST_DESCENTS: Final = 3
"""How many ``..`` a query may have: each multiplies the nodes it looks at."""
_TEXTS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_MOST_IN_DESCENT: Final = 20_000
"""How many parts a value may have that a ``..`` of Goessner's goes through; it is not counted."""

Selects: TypeAlias = Callable[[Json], bool]
"""Whether a query selects at least one node of a value."""


def compile_rfc9535(text: str) -> Selects:
    """Return a test by a strict RFC 9535 query.

    Raises:
        QueryError: the text is none; the reason is the parser's, shortened to a line.
    """
    from jsonpath import JSONPathError  # noqa: PLC0415  (0.16 s, and few documents need it)

    from workflow.arazzo.rfc9535 import allowance, strict_environment  # noqa: PLC0415  (as above)

    _check_size(text)
    try:
        query = strict_environment().compile(text)
    except (JSONPathError, RecursionError) as error:
        raise QueryError(_first_line(error)) from None

    def selects(value: Json) -> bool:
        if not isinstance(value, dict | list):
            # The library takes a text for JSON to be parsed; as a root it only has itself.
            return text.strip() == "$"
        try:
            return next(iter(query.finditer(value, filter_context=allowance())), None) is not None
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

    _check_size(text, 1)
    if "=~" in text or re.search(r"`\s*(?:sub|split)", text):
        raise QueryError("regular expressions in a query are not supported; use type: regex")
    try:
        query = parse(text)
    except (JSONPathError, RecursionError, ValueError, TypeError, AttributeError) as error:
        # The library's own parser lets some of Python's errors through on malformed text.
        raise QueryError(_first_line(error)) from None

    def selects(value: Json) -> bool:
        if ".." in text and _is_larger(value, _MOST_IN_DESCENT):
            raise QueryError(f"the value has more than {_MOST_IN_DESCENT:,} parts for its '..'")
        try:
            return bool(query.find(value))
        except (JSONPathError, RecursionError, ValueError, TypeError, AttributeError) as error:
            raise QueryError(_first_line(error)) from None

    return selects


def _is_larger(value: Json, most: int) -> bool:
    """Whether a value has more members and items, all levels together."""
    waiting = [value]
    while waiting and most >= 0:
        here = waiting.pop()
        if isinstance(here, dict | list):
            most -= len(here)
            waiting += here.values() if isinstance(here, dict) else here
    return most < 0


def _check_size(text: str, most_descents: int = MOST_DESCENTS) -> None:
    if len(text) > MOST_CHARACTERS:
        raise QueryError(f"it is longer than {MOST_CHARACTERS:,} characters")
    outside_texts = _TEXTS.sub("''", text)
    if outside_texts.count("..") > most_descents:
        raise QueryError(f"it has more than {most_descents} '..'")
    depth = deepest = 0
    for character in outside_texts:
        depth += (character in "([") - (character in ")]")
        deepest = max(deepest, depth)
    if deepest > 20 or outside_texts.count("!") > 50:
        raise QueryError("it is nested too deep")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "it cannot be read"
