"""JSON as a program may rely on it: one value per name, finite numbers, bounded depth.

The standard module takes NaN, keeps the last of two equal names, recurses as deep as it is told
to and raises four kinds of exception. Here each of those is one sentence in a
:class:`~workflow.http.failures.BadBody`.
"""

from __future__ import annotations

import json
import math
from typing import Final, NoReturn, TypeAlias, Union

from workflow.http.failures import BadBody

Json: TypeAlias = Union[bool, int, float, str, "list[Json]", "dict[str, Json]", None]
"""A JSON value. Nobody changes one after it was made."""

# Longer digit strings are nobody's counters, and quadratic to read.
_MOST_DIGITS: Final = 400


def parse(content: bytes) -> Json:
    """Read `content` as UTF-8 JSON.

    Raises BadBody for anything else: another encoding, text around the value, NaN or numbers
    beyond a double, a name twice in one object, nesting beyond the interpreter's own limit.
    """
    if not content.strip():
        raise BadBody("the body is empty")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadBody(f"the body is not UTF-8 text (byte {error.start})") from None
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_fraction,
        )
    except json.JSONDecodeError as error:
        if text.lstrip()[:1] == "<":
            raise BadBody("the body is a web page, not JSON") from None
        where = f"line {error.lineno}, column {error.colno}"
        raise BadBody(f"the body is not JSON ({error.msg}, {where})") from None
    except RecursionError:
        raise BadBody("the body is nested too deeply") from None
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadBody(f"the body has the name {twice[:60]!r} twice in one object")
    return made


def _constant(word: str) -> NoReturn:
    raise BadBody(f"the body holds {word}, which is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise BadBody(f"the body holds a number of {len(digits)} digits")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadBody("the body holds a number beyond all bounds")
    return number
