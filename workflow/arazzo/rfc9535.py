"""RFC 9535 queries by python-jsonpath, strict and counted.

What a query looks at is taken off an allowance that its nodes hand on, also to the queries in
its filters. Importing this module imports the library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from jsonpath import JSONPathEnvironment, JSONPathMatch
from jsonpath.function_extensions import ExpressionType, FilterFunction
from jsonpath.parse import Parser
from jsonpath.segments import (
    JSONPathChildSegment,
    JSONPathRecursiveDescentSegment,
    JSONPathSegment,
)
from jsonpath.stream import TokenStream

from workflow.arazzo import patterns
from workflow.arazzo.patterns import QueryError

MOST_NODES: Final = 40_000
"""How many nodes one query may look at."""

_COUNTER: Final = "nodes left"


def allowance() -> dict[str, list[int]]:
    """Return the context of one evaluation, in which its nodes are counted."""
    return {_COUNTER: [MOST_NODES]}


@lru_cache(maxsize=1)
def strict_environment() -> JSONPathEnvironment:
    """Return what compiles queries.

    Evaluating one raises QueryError when it looks at too much, and PatternTimeout.
    """
    environment = _Environment(strict=True)
    environment.function_extensions["search"] = _Regular("{}")
    environment.function_extensions["match"] = _Regular(r"\A(?:{})\Z")
    return environment


def _count(node: JSONPathMatch) -> JSONPathMatch:
    left = node.filter_context()[_COUNTER]
    left[0] -= 1
    if left[0] < 0:
        raise QueryError(f"it looks at more than {MOST_NODES:,} nodes")
    return node


class _Child(JSONPathChildSegment):
    __slots__ = ()

    def resolve(self, nodes: Iterable[JSONPathMatch]) -> Iterator[JSONPathMatch]:
        return map(_count, super().resolve(nodes))


class _Descent(JSONPathRecursiveDescentSegment):
    __slots__ = ()

    def _visit(self, node: JSONPathMatch, depth: int = 1) -> Iterable[JSONPathMatch]:
        # The library comes here once for each node that it goes through.
        return super()._visit(_count(node), depth)


class _Parser(Parser):
    """Makes segments that count, in a query and in those of its filters."""

    def parse_query(self, stream: TokenStream) -> Iterable[JSONPathSegment]:
        for segment in super().parse_query(stream):
            kind = _Descent if isinstance(segment, JSONPathRecursiveDescentSegment) else _Child
            yield kind(env=segment.env, token=segment.token, selectors=segment.selectors)


class _Environment(JSONPathEnvironment):
    parser_class = _Parser


class _Regular(FilterFunction):
    """RFC 9535's ``search`` and ``match`` on leashed patterns."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012  (the library's)
    return_type = ExpressionType.LOGICAL

    def __init__(self, frame: str) -> None:
        self._frame = frame

    def __call__(self, value: object, pattern: object) -> bool:
        if not isinstance(value, str) or not isinstance(pattern, str):
            return False
        try:
            compiled = patterns.compile_pattern(self._frame.format(_iregexp(pattern)))
        except QueryError:
            return False
        return compiled.search(value)


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
