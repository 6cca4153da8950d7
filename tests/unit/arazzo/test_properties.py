# ruff: noqa: E501 - a document on one line is a row of a table
# ruff: noqa: PT017 - reading and refusing are both right; each has a check of its own
"""What holds for any text, any document and any run."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.arazzo.engine import API, LOST, document, ok, program, steps
from workflow.arazzo import bare, logic, simple
from workflow.arazzo.document import load
from workflow.arazzo.expressions import (
    ComponentReference,
    Constant,
    Expression,
    ExpressionError,
    Message,
    Named,
    SourceReference,
    StepOutput,
    WorkflowValue,
    parse_expression,
)
from workflow.arazzo.logic import ConditionError
from workflow.arazzo.model import Document
from workflow.arazzo.openapi import load_description
from workflow.arazzo.pointer import MISSING, Edited, find, has_place, parse_pointer, print_pointer
from workflow.arazzo.problems import CheckpointError, DocumentError, InputError
from workflow.arazzo.program import check, compile_program
from workflow.arazzo.turns import Call, Elapsed, Finished, Json, NoResponse, Response, Wait

NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)
DOTTED = st.from_regex(r"[A-Za-z0-9_.-]{1,8}", fullmatch=True)
ANY_NAME = st.text(st.characters(exclude_characters="{}#"), min_size=1, max_size=8)
TOKENS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
POINTERS = st.none() | st.lists(TOKENS, max_size=3).map(tuple)

EXPRESSIONS: st.SearchStrategy[Expression] = st.one_of(
    st.sampled_from(["url", "method", "statusCode"]).map(Constant),  # type: ignore[arg-type]
    st.builds(
        Message,
        st.sampled_from(["request", "response"]),
        st.just("header"),
        st.from_regex(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,8}", fullmatch=True),
    ),
    st.builds(
        Message,
        st.sampled_from(["request", "response"]),
        st.sampled_from(["query", "path"]),
        ANY_NAME,
    ),
    st.builds(
        Message,
        st.sampled_from(["request", "response"]),
        st.just("body"),
        st.just(""),
        POINTERS,
    ),
    st.builds(Named, st.sampled_from(["inputs", "outputs"]), ANY_NAME, POINTERS),
    st.builds(StepOutput, NAMES, DOTTED, POINTERS),
    st.builds(WorkflowValue, NAMES, st.sampled_from(["inputs", "outputs"]), DOTTED, POINTERS),
    st.builds(SourceReference, NAMES, ANY_NAME),
    st.builds(
        ComponentReference,
        st.sampled_from(["parameters", "successActions", "failureActions", "inputs"]),
        DOTTED,
    ),
)

CONSTANTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9).filter(
        lambda number: "e" not in repr(number)
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
).map(logic.Constant)
PLAIN_EXPRESSIONS = st.one_of(
    st.just(Constant("statusCode")),
    st.builds(StepOutput, NAMES, NAMES),
    st.builds(Named, st.just("inputs"), NAMES),
    st.builds(Message, st.just("response"), st.just("body"), st.just(""), st.just(("a", "b"))),
)
ACCESSORS = st.lists(NAMES.map(lambda name: f"a{name}") | st.integers(0, 99), max_size=2).map(tuple)
REFERENCES = st.builds(
    simple.Reference, PLAIN_EXPRESSIONS.filter(lambda e: "#" not in str(e)), st.just(())
) | st.builds(
    simple.Reference, st.just(Message("response", "body")), ACCESSORS
)  # fmt: skip
QUERIES = st.lists(ANY_NAME.filter(lambda n: not {"'", '"'} <= set(n) and "]" not in n)
                   | st.integers(-99, 99), max_size=3).map(tuple).map(bare.Query)  # fmt: skip
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def logics(leaves: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    def join(children: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
        several = st.lists(children, min_size=2, max_size=3).map(tuple)
        return st.one_of(
            st.builds(logic.Not, children),
            st.builds(logic.And, several),
            st.builds(logic.Or, several),
        )

    return st.recursive(leaves, join, max_leaves=6)


def flat(item: object) -> object:
    """Write nested Ands (and Ors) as one, which is how they read back."""
    if isinstance(item, logic.Not):
        return logic.Not(flat(item.item))  # type: ignore[arg-type]
    if isinstance(item, logic.And | logic.Or):
        return type(item)(tuple(flat(part) for part in item.items))  # type: ignore[arg-type]
    return item


@given(EXPRESSIONS)
def test_an_expression_printed_and_parsed_is_the_same(expression: Expression) -> None:
    assert parse_expression(str(expression)) == expression


@given(st.text(max_size=40) | st.text("$.#/{}abcinputsoutputs", max_size=40).map(lambda t: "$" + t))
def test_a_text_is_an_expression_that_prints_as_it_was_or_is_refused(text: str) -> None:
    try:
        expression = parse_expression(text)
    except ExpressionError as error:
        assert str(error)
    else:
        assert parse_expression(str(expression)) == expression


@given(logics(st.builds(logic.Compare, OPERATORS, REFERENCES | CONSTANTS, REFERENCES | CONSTANTS)
              | st.builds(logic.Holds, REFERENCES)))  # fmt: skip
def test_a_simple_condition_printed_and_parsed_is_the_same(condition: simple.Simple) -> None:
    assert simple.parse_simple(logic.print_logic(condition)) == flat(condition)


@given(logics(st.builds(logic.Compare, OPERATORS, QUERIES, CONSTANTS)
              | st.builds(logic.Holds, QUERIES)))  # fmt: skip
def test_a_bare_condition_printed_and_parsed_is_the_same(condition: bare.Bare) -> None:
    assert bare.parse_bare(logic.print_logic(condition)) == flat(condition)


@given(st.text("$.status=!<>&|()'\"[] 01truenl", max_size=30))
def test_a_condition_is_read_or_refused_with_a_reason(text: str) -> None:
    for parse in (simple.parse_simple, bare.parse_bare):
        try:
            parse(text)
        except (ConditionError, ExpressionError) as error:
            assert str(error)


@given(st.lists(TOKENS, max_size=4).map(tuple))
def test_a_pointer_printed_and_parsed_is_the_same(pointer: tuple[str, ...]) -> None:
    assert parse_pointer(print_pointer(pointer)) == pointer


JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


POINTERS = st.lists(st.text("ab01-", max_size=2), max_size=3).map(tuple)


@given(JSON, st.lists(st.tuples(POINTERS, JSON), max_size=4))
def test_what_was_set_is_found_and_what_there_was_before_is_untouched(
    value: Json, pairs: list[tuple[tuple[str, ...], Json]]
) -> None:
    edited = Edited(value)
    given_values = [value, *(new for _, new in pairs)]
    before = json.dumps(given_values)
    for pointer, new in pairs:
        there = json.dumps(edited.value)
        try:
            edited.put(pointer, new)
        except ValueError:
            assert find(edited.value, pointer) is MISSING
            assert not has_place(edited.value, pointer)
            assert json.dumps(edited.value) == there
        else:
            assert "-" in pointer or find(edited.value, pointer) == new
    assert json.dumps(given_values) == before


# Documents


def read_or_refused(text: bytes) -> None:
    loaded = load(text, "any.yaml")
    for problem in loaded.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message
    assert (loaded.document is None) == any(p.severity == "error" for p in loaded.problems)
    if loaded.document is not None:
        check(loaded.document, {"api": API})
        for workflow in loaded.document.workflows:
            run_or_refused(loaded.document, workflow.workflow_id)


def run_or_refused(loaded: Document, workflow_id: str) -> None:
    """Drive a workflow as far as thirty answers go."""
    try:
        compiled = compile_program(loaded, {"api": API}, workflow_id)
        turn = compiled.start({"n": 1})
    except (DocumentError, InputError) as error:
        assert str(error)
        return
    answers = [ok({"a": 1, "o": [2], "x": None}), ok(b"text", status=404), LOST]
    for number in range(30):
        if isinstance(turn.command, Finished):
            break
        answer = Elapsed() if isinstance(turn.command, Wait) else answers[number % 3]
        state = compiled.load(json.loads(json.dumps(compiled.dump(turn.state)))).state
        turn = compiled.advance(state, answer)
    assert isinstance(turn.command, Finished | Call | Wait)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_place(text: bytes) -> None:
    read_or_refused(text)
    try:
        load_description(text, "any.json")
    except DocumentError as error:
        assert error.problems


WORDS = st.sampled_from(
    ["arazzo", "1.0.1", "info", "title", "version", "sourceDescriptions", "name", "url", "type",
     "openapi", "workflows", "workflowId", "steps", "stepId", "operationId", "operationPath",
     "parameters", "in", "path", "query", "value", "requestBody", "payload", "replacements",
     "target", "successCriteria", "condition", "context", "onSuccess", "onFailure", "goto", "end",
     "retry", "retryAfter", "retryLimit", "criteria", "outputs", "inputs", "components",
     "reference", "$components.parameters.a", "dependsOn", "$ref", "#/components/inputs/a",
     "properties", "allOf", "pattern", "required", "default", "a", "w", "api", "getItem",
     "$inputs.a", "$steps.a.outputs.a", "$response.body#/a", "$statusCode == 200", "jsonpath"]
)  # fmt: skip
ANYTHING: st.SearchStrategy[object] = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers(-5, 500) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)


def swap(value: object, path: list[int], new: object) -> object:
    """Put `new` somewhere into a copy of `value`, the way chosen by numbers."""
    if not path or not isinstance(value, list | dict) or not value:
        return new
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[path[0] % len(keys)]
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = swap(value[key], path[1:], new)  # type: ignore[index]
    return copy


EVERYTHING = yaml.safe_load(
    document("""
    workflows:
    - workflowId: w
      dependsOn: [v]
      inputs: {$ref: '#/components/inputs/a'}
      parameters: [{reference: $components.parameters.p, value: 3}]
      successActions: [{reference: $components.successActions.s}]
      failureActions: [{name: f, type: retry, retryAfter: 1, retryLimit: 2, stepId: b}]
      steps:
      - stepId: a
        operationPath: '{$sourceDescriptions.api.url}#/paths/~1items~1{id}/get'
        parameters: [{name: id, in: path, value: $inputs.n}]
        successCriteria:
        - {condition: $statusCode == 200 && !($response.body#/x == null)}
        - {context: $response.body, type: jsonpath, condition: "$[?@.a == 1]"}
        - {context: $response.body, type: regex, condition: a+}
        outputs: {o: $response.body#/o}
        onSuccess: [{name: g, type: goto, stepId: b, criteria: [{condition: 1 == 1}]}]
      - {stepId: b, workflowId: v, parameters: [{name: m, value: 'x{$inputs.n}'}]}
      - stepId: c
        operationId: createItem
        requestBody:
          contentType: application/json
          payload: {name: '{$inputs.n}', list: [$steps.a.outputs.o]}
          replacements: [{target: /name, value: 1}]
      outputs: {o: $steps.a.outputs.o}
    - {workflowId: v, inputs: {properties: {m: {pattern: a}}}, steps: [{stepId: a, operationId: refresh}]}
    components:
      inputs: {a: {type: object, properties: {n: {type: integer, default: 1}}}}
      parameters: {p: {name: q, in: query, value: 1}}
      successActions: {s: {name: s, type: end, criteria: [{condition: 1 == 2}]}}
      failureActions: {t: {name: t, type: end}}
    """)
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=7), ANYTHING)
def test_a_document_with_anything_anywhere_is_read_or_refused_with_a_place(
    path: list[int], new: object
) -> None:
    read_or_refused(json.dumps(swap(EVERYTHING, path, new)).encode())


def test_the_document_that_is_spoilt_is_sound() -> None:
    assert load(json.dumps(EVERYTHING).encode(), "t").needed()


# Runs

ANSWERS = st.lists(
    st.sampled_from(["pending", "running", "incomplete", "queued", "succeeded", "failed"]).map(
        lambda status: ok({"jobId": 1, "id": 1, "status": status, "v": 2})
    )
    | st.sampled_from([ok(status=401), ok(status=503, retry_after="2"), ok(b"<html>"), LOST]),
    min_size=1,
    max_size=12,
)
RETRYING = document("""
workflows:
- workflowId: w
  dependsOn: [before]
  steps:
  - stepId: a
    operationId: listItems
    outputs: {v: $response.body#/v}
    onSuccess: [{name: r, type: goto, stepId: a, criteria: [{condition: $response.body#/status == 'running'}]}]
    onFailure:
    - {name: login, type: retry, workflowId: before, retryLimit: 2, criteria: [{condition: $statusCode == 401}]}
    - {name: fix, type: retry, stepId: b, retryAfter: 3, criteria: [{condition: $statusCode == 200}]}
    - {name: wait, type: retry, retryAfter: 1, retryLimit: 3}
  - {stepId: b, operationId: refresh, onFailure: [{name: x, type: retry}]}
  - {stepId: c, workflowId: sub, onFailure: [{name: y, type: goto, stepId: a}]}
  outputs: {v: $steps.a.outputs.v}
- {workflowId: before, steps: [{stepId: t, operationId: refresh}]}
- {workflowId: sub, steps: [{stepId: t, operationId: getItem, parameters: [{name: id, in: path, value: 1}]}]}
""")  # fmt: skip
PROGRAMS = {
    "other": program(steps("- {stepId: a, operationId: refresh}")),
    "retrying": program(RETRYING, workflow_id="w"),
}


def end(name: str, answers: list[Response | NoResponse], *, resume: bool) -> tuple[Finished, int]:
    compiled = PROGRAMS[name]
    turn, asked = compiled.start({}), 0
    while not isinstance(turn.command, Finished) and asked < 60:
        state = turn.state
        if resume:
            state = compiled.load(json.loads(json.dumps(compiled.dump(state)))).state
        if isinstance(turn.command, Wait):
            turn = compiled.advance(state, Elapsed())
        else:
            turn = compiled.advance(state, answers[asked % len(answers)])
            asked += 1
    if isinstance(turn.command, Finished):
        return turn.command, asked
    return Finished("failed", {}, "asked enough", None, looping=True), asked


@given(ANSWERS)
def test_a_run_resumed_from_each_checkpoint_ends_as_the_uninterrupted_one(
    answers: list[Response | NoResponse],
) -> None:
    assert end("retrying", answers, resume=True) == end("retrying", answers, resume=False)


@given(ANSWERS)
def test_advancing_an_old_state_again_gives_the_same_turn(
    answers: list[Response | NoResponse],
) -> None:
    compiled = PROGRAMS["retrying"]
    turn = compiled.start({})
    for answer in answers:
        if isinstance(turn.command, Finished):
            break
        given_answer = Elapsed() if isinstance(turn.command, Wait) else answer
        saved = json.dumps(compiled.dump(turn.state))
        first = compiled.advance(turn.state, given_answer)
        assert compiled.advance(turn.state, given_answer) == first
        assert json.dumps(compiled.dump(turn.state)) == saved
        turn = first


SAVED = PROGRAMS["retrying"].dump(PROGRAMS["retrying"].start({}).state)


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=6), JSON)
def test_a_damaged_checkpoint_is_taken_up_or_refused_in_a_sentence(
    path: list[int], new: Json
) -> None:
    damaged = swap(SAVED, path, new)
    try:
        turn = PROGRAMS["retrying"].load(damaged)  # type: ignore[arg-type]
    except CheckpointError as error:
        assert str(error).endswith(".")
    else:
        assert turn.command is not None


def test_a_checkpoint_of_another_document_is_refused() -> None:
    with pytest.raises(CheckpointError, match="another workflow document"):
        PROGRAMS["other"].load(SAVED)
