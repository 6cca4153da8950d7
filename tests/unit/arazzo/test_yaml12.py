"""YAML 1.2 by the core schema, and JSON, into trees that know their places."""

from __future__ import annotations

import pytest

from workflow.arazzo import yaml12
from workflow.arazzo.problems import Findings, Place
from workflow.arazzo.tree import Mapping, Scalar, Sequence, plain
from workflow.arazzo.turns import Json


def value_of(text: str) -> Json:
    findings = Findings("t")
    tree = yaml12.parse(text.encode(), findings)
    assert not findings.sorted(), findings.sorted()
    assert tree is not None
    return plain(tree)


def problem_of(text: str | bytes) -> tuple[int, int, str]:
    findings = Findings("t")
    yaml12.parse(text if isinstance(text, bytes) else text.encode(), findings)
    first = findings.sorted()[0]
    return first.line, first.column, first.code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None), ("~", None), ("Null", None), ("", None), ("nuLL", "nuLL"),
        ("true", True), ("False", False), ("yes", "yes"), ("On", "On"), ("y", "y"),
        ("12", 12), ("-7", -7), ("+3", 3), ("012", 12), ("0o17", 15), ("0x1F", 31),
        ("1_000", "1_000"), ("0b11", "0b11"), ("12:30", "12:30"), ("190:20:30", "190:20:30"),
        ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("1.", 1.0), ("-1E-2", -0.01),
        ("2026-11-22", "2026-11-22"), ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"),
        ("'12'", "12"), ('"true"', "true"), ("!!str 12", "12"), ("!!int '12'", 12),
        ("=", "="), ("<<", "<<"),
    ],
)  # fmt: skip
def test_plain_scalars_follow_the_core_schema(text: str, value: Json) -> None:
    assert value_of(f"[{text}, 0]" if text else "[~, 0]") == [value, 0]


def test_keys_are_the_text_as_written() -> None:
    assert value_of("200: a\ntrue: b\non: c\n1.0: d\n~: e") == {
        "200": "a",
        "true": "b",
        "on": "c",
        "1.0": "d",
        "~": "e",
    }


def test_every_node_knows_its_place() -> None:
    tree = yaml12.parse(b"a:\n  - b: 1\n    c: x\n", Findings("t"))

    assert isinstance(tree, Mapping)
    assert tree.keys["a"] == Place(1, 1)
    items = tree.get("a")
    assert isinstance(items, Sequence)
    inner = items.items[0]
    assert isinstance(inner, Mapping)
    assert (inner.keys["c"], inner.get("c")) == (Place(3, 5), Scalar(Place(3, 8), "x"))


def test_aliases_share_what_they_name() -> None:
    assert value_of("a: &x {k: 1}\nb: [*x, *x]") == {"a": {"k": 1}, "b": [{"k": 1}, {"k": 1}]}


def test_json_is_read_with_its_tabs_and_surrogate_pairs() -> None:
    assert value_of('{\n\t"a": "\\ud83d\\ude00 \\u00fc",\t"b": [1.0e2, null]}') == {
        "a": "😀 ü",
        "b": [100.0, None],
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2", (2, 1, "duplicate-key")),
        ("a: !!binary x", (1, 4, "tag")),
        ("a: !custom x", (1, 4, "tag")),
        ("a: !!int x", (1, 4, "tag")),
        ("a: .inf", (1, 4, "wrong-value")),
        ("a: .NaN", (1, 4, "wrong-value")),
        ("a: 1e999", (1, 4, "wrong-value")),
        ("? [a]\n: 1", (1, 3, "key")),
        ("a: *none", (1, 4, "alias")),
        ("a: &a [*a]", (1, 8, "alias")),
        ("a: 1\n---\nb: 2", (2, 1, "syntax")),
        ("a: [1", (1, 4, "syntax")),
        ("a: 'x", (1, 6, "syntax")),
        ("a:\n\t- b", (2, 1, "syntax")),
        (b"a: \xc3", (1, 4, "encoding")),
        (b"\n" * 3 + b"b: \xff", (4, 4, "encoding")),
        ("[" * 65, (1, 65, "too-deep")),
        ("a: 1\nb: 'x\x7fy'\n", (2, 6, "syntax")),
        ("a: 1\nbc\x00: 2\n", (2, 3, "syntax")),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(
    text: str | bytes, expected: tuple[int, int, str]
) -> None:
    assert problem_of(text) == expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_told_from_bad_yaml(encoding: str) -> None:
    assert problem_of("arazzo: 1.0.1\n".encode(encoding)) == (1, 1, "encoding")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert value_of("\ufeffa: 1") == {"a": 1}
