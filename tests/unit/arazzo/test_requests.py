"""Requests as OpenAPI says they are written."""

from __future__ import annotations

import pytest

from tests.unit.arazzo.engine import described, drive, ok, program, steps
from workflow.arazzo.styles import cookie_pairs, header_text, path_text, query_pairs, query_text
from workflow.arazzo.templates import Unresolved
from workflow.arazzo.turns import Call, Json

LIST: Json = ["blue", "bl ack"]
OBJECT: Json = {"R": 100, "G": "a/b"}


# The table of OpenAPI 3.1, "Style Examples"; values with something to encode.
@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("simple", False, "b/c", "b%2Fc"),
        ("simple", False, LIST, "blue,bl%20ack"),
        ("simple", False, OBJECT, "R,100,G,a%2Fb"),
        ("simple", True, OBJECT, "R=100,G=a%2Fb"),
        ("label", False, "blue", ".blue"),
        ("label", False, LIST, ".blue,bl%20ack"),
        ("label", True, LIST, ".blue.bl%20ack"),
        ("label", True, OBJECT, ".R=100.G=a%2Fb"),
        ("matrix", False, "blue", ";color=blue"),
        ("matrix", False, LIST, ";color=blue,bl%20ack"),
        ("matrix", True, LIST, ";color=blue;color=bl%20ack"),
        ("matrix", True, OBJECT, ";R=100;G=a%2Fb"),
        ("matrix", False, OBJECT, ";color=R,100,G,a%2Fb"),
        ("simple", False, True, "true"),
        ("simple", False, 1.5, "1.5"),
    ],
)
def test_a_path_parameter_is_written_in_its_style(
    style: str, explode: bool, value: Json, expected: str
) -> None:
    assert path_text("color", value, style, explode) == expected


@pytest.mark.parametrize("value", ["", ".", "..", []])
def test_a_path_parameter_that_would_change_the_path_is_refused(value: Json) -> None:
    with pytest.raises(Unresolved):
        path_text("id", value, "simple", False)


@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("form", True, "blue", [("color", "blue")]),
        ("form", True, LIST, [("color", "blue"), ("color", "bl ack")]),
        ("form", False, LIST, [("color", "blue,bl ack")]),
        ("form", True, OBJECT, [("R", "100"), ("G", "a/b")]),
        ("form", False, OBJECT, [("color", "R,100,G,a/b")]),
        ("form", True, [], []),
        ("spaceDelimited", False, LIST, [("color", "blue bl ack")]),
        ("pipeDelimited", False, LIST, [("color", "blue|bl ack")]),
        ("pipeDelimited", False, OBJECT, [("color", "R|100|G|a/b")]),
        ("pipeDelimited", True, LIST, [("color", "blue"), ("color", "bl ack")]),
        ("spaceDelimited", True, LIST, [("color", "blue"), ("color", "bl ack")]),
        ("deepObject", True, OBJECT, [("color[R]", "100"), ("color[G]", "a/b")]),
        ("form", True, False, [("color", "false")]),
    ],
)
def test_a_query_parameter_is_written_in_its_style(
    style: str, explode: bool, value: Json, expected: list[tuple[str, str]]
) -> None:
    assert query_pairs("color", value, style, explode) == expected


@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("form", True, "b c&d", "color=b%20c%26d"),
        ("form", True, ["a,b", "c"], "color=a%2Cb&color=c"),
        ("form", False, ["a,b", "c"], "color=a%2Cb,c"),
        ("form", False, {"R": "1,0", "G": 2}, "color=R,1%2C0,G,2"),
        ("spaceDelimited", False, LIST, "color=blue%20bl%20ack"),
        ("pipeDelimited", False, ["a", "b c"], "color=a%7Cb%20c"),
        ("deepObject", True, {"R": "a/b"}, "color%5BR%5D=a%2Fb"),
        ("form", True, "", "color="),
        ("form", True, [], ""),
        ("form", True, {"ü": 1}, "%C3%BC=1"),
    ],
)
def test_the_delimiters_of_a_query_stay_apart_from_those_in_its_values(
    style: str, explode: bool, value: Json, expected: str
) -> None:
    assert query_text("color", value, style, explode) == expected


def test_reserved_characters_are_sent_as_they_are_where_the_description_allows_it() -> None:
    api = described("""
        openapi: 3.1.0
        info: {title: x, version: '1'}
        paths:
          /x:
            get:
              operationId: x
              parameters: [{name: at, in: query, allowReserved: true}, {name: to, in: query}]
        """)
    text = steps("""
        - stepId: a
          operationId: x
          parameters:
          - {name: at, in: query, value: 'a/b:c,d&e+f#g h'}
          - {name: to, in: query, value: 'a/b:c'}
        """)

    request = drive(program(text, {"api": api}), [ok()]).calls[0].request

    assert request.target == "/x?at=a/b:c,d%26e%2Bf%23g%20h&to=a%2Fb%3Ac"


SENDING = {
    "path": "operationId: getItem, parameters: [{name: id, in: path, value: $inputs.v}]",
    "query": "operationId: listItems, parameters: [{name: tags, in: query, value: $inputs.v}]",
    "cookie": "operationId: listItems, parameters: [{name: session, in: cookie, value: $inputs.v}]",
    "json": "operationId: createItem, requestBody: {payload: {name: $inputs.v}}",
    "form": "operationId: createItem, requestBody: "
    "{contentType: application/x-www-form-urlencoded, payload: {name: $inputs.v}}",
    "text": "operationId: createItem, requestBody: {contentType: text/plain, payload: $inputs.v}",
}


@pytest.mark.parametrize("where", SENDING)
def test_half_a_character_is_not_sent(where: str) -> None:
    text = steps(f"- {{stepId: a, {SENDING[where]}}}", inputs="{properties: {v: {}}}")

    run = drive(program(text), [ok()], {"v": "a\ud800"})

    assert run.sent == []
    assert run.end.why == (
        "a was not sent: a value holds half of a character, which cannot be sent"
    )


def test_headers_and_cookies_are_written_in_their_styles() -> None:
    assert header_text("X", LIST, explode=False) == "blue,bl ack"
    assert header_text("X", OBJECT, explode=True) == "R=100,G=a/b"
    assert header_text("X", OBJECT, explode=False) == "R,100,G,a/b"


# RFC 6265, 4.1.1, for what a cookie may hold; OpenAPI 3.2, 4.12.2, for the style `cookie`.
@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("form", True, "a;b c", ["c=a%3Bb%20c"]),
        ("form", False, ["a,b", "c d"], ["c=a%2Cb,c%20d"]),
        ("form", True, ["a", 2], ["c=a,2"]),
        ("form", False, {"R": 100, "G": True}, ["c=R,100,G,true"]),
        ("cookie", True, ["a", "b%20"], ["c=a", "c=b%20"]),
        ("cookie", True, {"R": 1, "G": "x"}, ["R=1", "G=x"]),
        ("cookie", False, ["a", "b"], ["c=a,b"]),
        ("cookie", True, 5, ["c=5"]),
    ],
)
def test_a_cookie_is_written_in_its_style(
    style: str, explode: bool, value: Json, expected: list[str]
) -> None:
    assert cookie_pairs("c", value, style, explode) == expected


@pytest.mark.parametrize("value", ["a;b", "a b", ["é"], {"a b": 1}])
def test_a_cookie_that_is_not_encoded_holds_only_what_it_may(value: Json) -> None:
    with pytest.raises(Unresolved, match="no cookie may hold"):
        cookie_pairs("c", value, "cookie", True)


def test_the_style_cookie_is_exploded_where_the_description_does_not_say() -> None:
    api = described("""
    openapi: 3.2.0
    paths: {/x: {get: {operationId: x, parameters: [{name: c, in: cookie, style: cookie}]}}}
    """)
    text = steps(
        "- {stepId: a, operationId: x, parameters: [{name: c, in: cookie, value: [a, b]}]}"
    )

    call = drive(program(text, {"api": api}), [ok()]).calls[0]

    assert call.request.headers == (("Cookie", "c=a; c=b"),)


def test_a_header_outside_ascii_is_refused_before_anything_is_sent() -> None:
    text = steps(
        "- {stepId: a, operationId: listItems, parameters: "
        "[{name: X-Trace, in: header, value: $inputs.v}]}",
        inputs="{properties: {v: {}}}",
    )

    run = drive(program(text), [ok()], {"v": "née"})

    assert run.sent == []
    assert run.end.why == (
        "a was not sent: the header 'X-Trace' would hold a character outside ASCII"
    )


def first(text: bytes, **inputs: Json) -> Call:
    return drive(program(text), [ok()], inputs).calls[0]


def test_the_description_decides_how_each_parameter_is_written() -> None:
    call = first(
        steps("""
        - stepId: a
          operationId: listItems
          parameters:
          - {name: piped, in: query, value: [1, 2]}
          - {name: spaced, in: query, value: [1, 2]}
          - {name: commas, in: query, value: [1, 2]}
          - {name: filter, in: query, value: {a: 1}}
          - {name: json, in: query, value: {a: [1]}}
          - {name: x-trace, in: header, value: 7}
          - {name: session, in: cookie, value: s}
          - {name: other, in: cookie, value: t}
        """)
    )

    assert call.request.query == (
        ("piped", "1|2"),
        ("spaced", "1 2"),
        ("commas", "1,2"),
        ("filter[a]", "1"),
        ("json", '{"a":[1]}'),
    )
    assert call.request.headers == (("x-trace", "7"), ("Cookie", "session=s; other=t"))


def test_path_styles_come_from_the_description_too() -> None:
    call = first(
        steps("""
        - stepId: a
          operationId: getLabels
          parameters: [{name: label, in: path, value: [a, b]}, {name: matrix, in: path, value: 3}]
        """)
    )

    assert call.request.path == "/labels/.a.b/;matrix=3"
    assert call.request.path_values == {"label": '["a","b"]', "matrix": "3"}


@pytest.mark.parametrize(
    ("body", "media_type", "content"),
    [
        ("{payload: {name: x}}", "application/json", b'{"name":"x"}'),
        ("{contentType: application/vnd.x+json, payload: {name: x}}", "application/vnd.x+json",
         b'{"name":"x"}'),
        ("{contentType: text/csv, payload: 'a,b'}", "text/csv", b"a,b"),
        ("{payload: [1.5, null, true, ü]}", "application/json", '[1.5,null,true,"ü"]'.encode()),
        ("{payload: plain words}", "application/json", b'"plain words"'),
        ("{payload: '{\"n\": NaN}'}", "application/json", b'"{\\"n\\": NaN}"'),
    ],
)  # fmt: skip
def test_a_body_is_written_in_its_media_type(body: str, media_type: str, content: bytes) -> None:
    text = steps(f"- {{stepId: a, operationId: createItem, requestBody: {body}}}")

    request = first(text).request

    assert (request.media_type, request.content) == (media_type, content)
    assert ("Content-Type", media_type) in request.headers


def test_the_media_type_comes_from_the_operation_when_it_is_not_given() -> None:
    text = steps(
        "- {stepId: a, operationId: putItem, requestBody: {payload: hello}, "
        "parameters: [{name: id, in: path, value: 1}]}"
    )

    assert first(text).request.media_type == "text/plain"


def test_a_step_overrides_a_header_of_the_workflow_in_any_case() -> None:
    text = steps(
        "- {stepId: a, operationId: listItems, "
        "parameters: [{name: x-trace, in: header, value: 2}]}",
        workflow="parameters: [{name: X-Trace, in: header, value: 1}]",
    )

    assert first(text).request.headers == (("x-trace", "2"),)


def test_a_content_type_header_given_as_a_parameter_is_the_only_one() -> None:
    text = steps(
        "- {stepId: a, operationId: createItem, requestBody: {payload: {name: x}}, "
        "parameters: [{name: content-type, in: header, value: application/json; v=2}]}"
    )

    headers = first(text).request.headers

    assert headers == (("content-type", "application/json; v=2"),)


def test_an_operation_is_found_behind_the_reference_of_its_path() -> None:
    api = described("""
        openapi: 3.1.0
        info: {title: x, version: '1'}
        paths: {/x: {$ref: '#/components/pathItems/x'}}
        components: {pathItems: {x: {get: {operationId: x}}}}
        """)
    compiled = program(steps("- {stepId: a, operationId: x}"), {"api": api})

    assert drive(compiled, [ok()]).sent == ["GET /x"]
