# ruff: noqa: E501 - a document on one line is a row of a table
"""Every mistake is found at its place, with the nearest right spelling."""

from __future__ import annotations

import json

import pytest

from tests.unit.arazzo.engine import API, HEAD, POLL, described, document, program, steps
from workflow.arazzo.document import load
from workflow.arazzo.openapi import load_description
from workflow.arazzo.problems import DocumentError, Problem, Severity
from workflow.arazzo.program import check, check_names, compile_program


def found(text: bytes, severity: Severity = "error") -> list[Problem]:
    """Return what loading finds, and if nothing is wrong by itself, what the sources say."""
    loaded = load(text, "t.yaml")
    problems = list(loaded.problems)
    if loaded.document is not None:
        problems += check(loaded.document, {"api": API})
    return [problem for problem in problems if problem.severity == severity]


def the(text: bytes, severity: Severity = "error") -> Problem:
    problems = found(text, severity)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


POLL_MISTAKES = [
    ("stepId: pollJob\n      criteria", "stepId: polJob\n      criteria", 32, 15, "pollJob"),
    (
        "payload: {connectionId: $inputs.connectionId",
        "payload: {connectionId: $inputs.conectionId",
        18,
        31,
        "$inputs.connectionId",
    ),
    ("$inputs.jobType}", "$input.jobType}", 18, 62, "$inputs.jobType"),
    (
        "value: $steps.triggerJob.outputs.jobId",
        "value: $steps.triggerJob.outputs.jobid",
        23,
        49,
        "$steps.triggerJob.outputs.jobId",
    ),
    (
        "value: $steps.triggerJob.outputs.jobId",
        "value: $steps.triggerjob.outputs.jobId",
        23,
        49,
        "$steps.triggerJob.outputs.jobId",
    ),
    ("operationId: getJob", "operationID: getJob", 22, 5, "operationId"),
    (
        "rowsSynced: $response.body#/rowsSynced",
        "rowsSynced: $response.body/rowsSynced",
        28,
        19,
        "$response.body#/rowsSynced",
    ),
    ("type: goto", "type: got", 31, 13, "goto"),
    ("finalStatus: $steps", "finalStatus: $stpes", 45, 18, "$steps.pollJob.outputs.status"),
    ("type: object", "type: objekt", 8, 11, "object"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "column", "suggestion"), POLL_MISTAKES, ids=str)
def test_a_slip_is_found_where_it_is_with_the_right_spelling(
    right: str, wrong: str, line: int, column: int, suggestion: str
) -> None:
    text = POLL.replace(right.encode(), wrong.encode(), 1)
    assert text != POLL

    problems = [p for p in load(text, "t.yaml").problems if p.code != "missing-key"]

    first = next(problem for problem in problems if problem.severity == "error")
    assert (first.line, first.column, first.suggestion) == (line, column, suggestion)


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_text() -> None:
    text = POLL
    for right, wrong in (
        (b"$inputs.jobType", b"$inputs.jobTyp"),
        (b"type: end", b"type: ends"),
        (b"inputs:\n", b"input:\n"),
    ):
        text = text.replace(right, wrong, 1)

    errors = [p for p in load(text, "t.yaml").problems if p.severity == "error"]

    assert len(errors) >= 3
    assert [p.line for p in errors] == sorted(p.line for p in errors)
    assert errors[0].suggestion == "inputs"


def test_a_problem_prints_as_editors_read_it() -> None:
    problem = the(steps("- {stepId: a, operationId: refrsh}"))

    assert str(problem) == (
        "t.yaml:8:30: error: The source 'api' has no operation 'refrsh'. Did you mean 'refresh'?"
    )


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (b"", "syntax", 1),
        (b"- 1\n", "wrong-type", 1),
        (b"openapi: 3.0.0\n", "version", 1),
        (b"arazzo: 2.0.0\n", "version", 1),
        (b"arazzo: 1.0\n", "wrong-type", 1),
        (b"info: {}\n", "missing-key", 1),
        (steps("- {stepId: a}"), "missing-key", 8),
        (steps("- {operationId: refresh}"), "missing-key", 8),
        (steps("- {stepId: a, operationId: refresh, workflowId: w}"), "wrong-value", 8),
        (steps("- {stepId: a, operationId: refresh}\n- {stepId: a, operationId: refresh}"),
         "duplicate-id", 9),
        (steps("- {stepId: a, operationPath: /items}"), "expression", 8),
        (steps("- {stepId: a, operationPath: '{$sourceDescriptions.api.url}#/paths/~1no/get'}"),
         "unknown-operation", 8),
        (steps("- {stepId: a, operationPath: '{$sourceDescriptions.apo.url}#/paths/~1no/get'}"),
         "unknown-source", 8),
        (steps("- {stepId: a, workflowId: x}"), "unknown-workflow", 8),
        (steps("- {stepId: a, workflowId: w, requestBody: {payload: 1}}"), "wrong-value", 8),
        (steps("- {stepId: a, operationId: getItem}"), "missing-parameter", 8),
        (steps("- {stepId: a, operationId: refresh, parameters: [{name: x, in: path, value: 1}]}"),
         "unknown-parameter", 8),
        (steps("- {stepId: a, operationId: refresh, parameters: [{name: x, value: 1}]}"),
         "missing-key", 8),
        (steps("- {stepId: a, operationId: refresh, parameters: [{name: x, in: boddy, value: 1}]}"),
         "wrong-value", 8),
        (steps("- stepId: a\n  operationId: listItems\n  parameters:\n"
               "  - {name: q, in: query, value: 1}\n  - {name: q, in: query, value: 2}"),
         "duplicate-id", 12),
        (steps("- {stepId: a, operationId: createItem, requestBody: "
               "{contentType: multipart/form-data, payload: {}}}"), "unsupported", 8),
        (steps("- {stepId: a, operationId: createItem, requestBody: "
               "{payload: {}, replacements: [{target: name, value: 1}]}}"), "wrong-value", 8),
        (steps("- {stepId: a, operationId: refresh, successCriteria: [{condition: $statusCode = 2}]}"),
         "condition", 8),
        (steps("- {stepId: a, operationId: refresh, successCriteria: [{condition: x == 2}]}"),
         "condition", 8),
        (steps("- {stepId: a, operationId: refresh, successCriteria: "
               "[{type: jsonpath, condition: $.a}]}"), "missing-key", 8),
        (steps("- {stepId: a, operationId: refresh, successCriteria: "
               "[{type: jsonpath, context: $response.body, condition: 'a b'}]}"), "condition", 8),
        (steps("- {stepId: a, operationId: refresh, successCriteria: "
               "[{type: regex, context: $response.body, condition: '(a'}]}"), "condition", 8),
        (steps("- {stepId: a, operationId: refresh, successCriteria: "
               "[{type: xpath, context: $response.body, condition: /a}]}"), "unsupported", 8),
        (steps("- {stepId: a, operationId: refresh, outputs: {x: $steps.b.outputs.y}}"),
         "unknown-step", 8),
        (steps("- {stepId: a, operationId: refresh, outputs: {'x y': $statusCode}}"),
         "wrong-value", 8),
        (steps("- {stepId: a, operationId: refresh, outputs: {x: 5}}"), "wrong-type", 8),
        (steps("- {stepId: a, operationId: refresh, onSuccess: [{name: g, type: goto}]}"),
         "missing-key", 8),
        (steps("- {stepId: a, operationId: refresh, onSuccess: [{name: g, type: retry}]}"),
         "wrong-value", 8),
        (steps("- {stepId: a, operationId: refresh, onFailure: "
               "[{name: g, type: retry, retryLimit: -1}]}"), "wrong-type", 8),
        (steps("- {stepId: a, operationId: refresh, onFailure: "
               "[{reference: $components.failureActions.none}]}"), "unknown-component", 8),
        (document("""
         workflows:
         - {workflowId: a, dependsOn: [b], steps: [{stepId: s, operationId: refresh}]}
         - {workflowId: b, dependsOn: [a], steps: [{stepId: s, operationId: refresh}]}
         """), "cycle", 7),
        (steps("- {stepId: a, operationId: refresh}", inputs="{$ref: '#/components/inputs/no'}"),
         "unknown-input", 9),
        (steps("- {stepId: a, operationId: listItems, parameters: "
               '[{name: "X\\r\\nY", in: header, value: 1}]}'), "wrong-value", 8),
        (steps("- {stepId: a, operationId: listItems, parameters: "
               "[{name: 'a; b', in: cookie, value: 1}]}"), "wrong-value", 8),
        (steps("- {stepId: a, operationId: listItems, parameters: "
               "[{name: Content-Length, in: header, value: 1}]}"), "unsupported", 8),
        (steps("- {stepId: a, operationId: createItem, requestBody: "
               '{contentType: "text/plain\\r\\nX: y", payload: a}}'), "wrong-value", 8),
        (steps("- {stepId: a, operationId: createItem, requestBody: {contentType: text/xml, "
               "payload: <a/>, replacements: [{target: /a, value: 1}]}}"), "unsupported", 8),
        (steps("- {stepId: a, operationId: createItem, requestBody: {contentType: text/xml, "
               "payload: <a/>, replacements: [{target: string(a), value: 1}]}}"), "wrong-value", 8),
        (steps("- {stepId: a, operationId: createItem, requestBody: "
               "{payload: {name: a}, replacements: [{target: /x/y, value: 1}]}}"),
         "unknown-place", 8),
        (steps("- {stepId: a, operationId: createItem, requestBody: {payload: "
               "{name: $statusCode, l: [$method]}, replacements: [{target: /l/1, value: 1}]}}"),
         "unknown-place", 8),
        (steps("- {stepId: a, operationId: createItem, requestBody: {payload: "
               "{name: $statusCode, l: [$method]}, replacements: [{target: /l/², value: 1}]}}"),
         "unknown-place", 8),
        (steps("- stepId: a\n  operationId: listItems\n  parameters:\n"
               "  - {name: X-A, in: header, value: 1}\n  - {name: x-a, in: header, value: 2}"),
         "duplicate-id", 12),
        (steps("- {stepId: a, operationId: refresh}", inputs="{properties: {n: {minimum: x}}}"),
         "schema", 9),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_its_code_and_line(text: bytes, code: str, line: int) -> None:
    problems = found(text)

    assert (code, line) in [(problem.code, problem.line) for problem in problems], [
        str(problem) for problem in problems
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (steps("""
         - {stepId: a, operationId: refresh, onSuccess: [{name: e, type: end}]}
         - {stepId: b, operationId: refresh}
         """), "unreachable"),
        (steps("- {stepId: a, operationId: refresh, onSuccess: [{name: g, type: goto, stepId: a}]}"),
         "endless-loop"),
        (steps("""
         - {stepId: a, operationId: refresh}
         - {stepId: b, operationId: refresh, onSuccess: [{name: g, type: goto, stepId: a}]}
         """), "endless-loop"),
        (steps("- {stepId: a, operationId: refresh, onSuccess: [{name: e, type: end, stepId: a}]}"),
         "unused"),
        (steps("- {stepId: a, operationId: refresh, onFailure: [{name: e, type: end}, "
               "{name: r, type: retry}]}"), "unused"),
        (steps("- {stepId: a, operationId: listItems, parameters: "
               "[{name: comas, in: query, value: 1}]}"), "unknown-parameter"),
        (steps("- {stepId: a, operationId: createItem}"), "missing-body"),
        (steps("- {stepId: a b, operationId: refresh}"), "odd-id"),
        (steps("""
         - {stepId: a, operationId: listItems, parameters: [{name: tags, in: query, value: $steps.b.outputs.x}]}
         - {stepId: b, operationId: listItems, outputs: {x: $statusCode}}
         """), "not-yet"),
        (steps("- {stepId: a, operationId: createItem, requestBody: "
               "{payload: '{\"name\": {$statusCode},}'}}"), "payload"),
        (steps("- {stepId: a, operationId: refresh, outputs: {x: $response.query.y}}"),
         "expression"),
        (steps("- {stepId: a, operationId: refresh}", workflow="outputs: {x: $statusCode}"),
         "expression"),
        (document("""
         workflows:
         - {workflowId: a, steps: [{stepId: s, workflowId: a}]}
         """), "cycle"),
    ],
)  # fmt: skip
def test_what_is_probably_not_meant_is_a_warning(text: bytes, code: str) -> None:
    assert not found(text)
    assert code in [problem.code for problem in found(text, "warning")]


def test_a_polling_loop_with_a_way_out_is_no_endless_loop() -> None:
    assert {problem.code for problem in load(POLL, "t").problems} == {"bare-condition"}


def test_a_condition_that_only_the_bare_reading_accepts_is_a_warning_at_its_place() -> None:
    first, second = load(POLL, "t").problems

    assert (first.line, first.severity, first.code) == (35, "warning", "bare-condition")
    assert second.line == 41


def test_a_source_that_was_not_given_is_reported_where_it_is_declared() -> None:
    loaded = load(POLL, "t.yaml").needed()

    with pytest.raises(DocumentError) as raised:
        compile_program(loaded, {})

    (problem,) = raised.value.problems
    assert (problem.code, problem.line) == ("missing-source", 4)
    assert "../openapi/airbyte-openapi.yml" in problem.message


def test_a_parameter_without_a_location_is_told_even_where_no_source_can_be_read() -> None:
    text = steps("- {stepId: a, operationId: getItem, parameters: [{name: id, value: 1}]}")
    draft = load(text, "t.yaml").needed()

    (unread,), (read,) = check_names(draft, {}), check_names(draft, {"api": API})

    assert (unread.code, unread.line, unread.suggestion) == ("missing-key", 8, None)
    assert read.suggestion == "in: path"


@pytest.mark.parametrize(
    "payload",
    [
        '{"name": {$statusCode}}',
        "{{$method}: 1}",
        "plain words",
        '["{$method}", {$statusCode}]',
        "{$method}",
    ],
)
def test_a_payload_that_may_be_meant_as_it_is_written_gets_no_warning(payload: str) -> None:
    text = steps(
        "- stepId: a\n  operationId: createItem\n  requestBody:\n    payload: "
        + json.dumps(payload)
    )

    assert found(text, "warning") == []


@pytest.mark.parametrize(
    "targets",
    ["/name/deep/er", "/l/-", "/l/0", "/new", "/o/k", "/new, /new/deep", ""],
)
def test_a_place_that_a_payload_may_have_is_no_mistake(targets: str) -> None:
    listed = ", ".join(f"{{target: '{one}', value: {{deep: 1}}}}" for one in targets.split(", "))
    text = steps(
        "- {stepId: a, operationId: createItem, requestBody: {payload: "
        f"{{name: $request.body, l: [$method], o: {{k: 1}}}}, replacements: [{listed}]}}}}"
    ).replace(b"{target: '', value: {deep: 1}}", b"{target: /o, value: 1}")

    assert found(text) == []


def test_a_payload_written_as_json_text_has_the_places_of_its_json() -> None:
    text = steps(
        "- {stepId: a, operationId: createItem, requestBody: "
        "{payload: '{\"name\": 1}', replacements: [{target: /name, value: 1}]}}"
    )

    assert found(text) == []


def test_a_workflow_must_be_named_when_there_are_several() -> None:
    text = document("""
    workflows:
    - {workflowId: first, steps: [{stepId: s, operationId: refresh}]}
    - {workflowId: second, steps: [{stepId: s, operationId: refresh}]}
    """)

    with pytest.raises(DocumentError, match="first, second"):
        program(text)
    with pytest.raises(DocumentError, match="'second'"):
        program(text, workflow_id="secnd")


def test_with_several_sources_an_ambiguous_operation_must_name_its_own() -> None:
    other = described("openapi: 3.0.0\npaths: {/x: {post: {operationId: refresh}}}\n")
    text = (HEAD + "- {name: other, url: o.yaml}\nworkflows:\n- workflowId: w\n"
            "  steps: [{stepId: s, operationId: refresh}]\n").encode()  # fmt: skip

    with pytest.raises(DocumentError) as raised:
        compile_program(load(text, "t").needed(), {"api": API, "other": other})

    assert raised.value.problems[0].suggestion == "$sourceDescriptions.api.refresh"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"{", (1, 2)),
        (b'{"openapi": 3, }', (1, 16)),
        (b"openapi: 3.0.0\npaths: [", (2, 8)),
        (b"swagger: '2.0'", (1, 1)),
        (b"[]", (1, 1)),
        (b"\xff\xfe", (1, 1)),
        (b'{"a": ' * 50_000, (1, 1)),
        (b"{" + b" " * 10_000_001, (1, 1)),
    ],
)
def test_a_description_that_cannot_be_read_says_where(text: bytes, place: tuple[int, int]) -> None:
    with pytest.raises(DocumentError) as raised:
        load_description(text, "d")

    assert (raised.value.problems[0].line, raised.value.problems[0].column) == place


NEWER = HEAD.replace("1.0.1", "1.1.0")


def test_a_document_of_arazzo_1_1_loads() -> None:
    text = NEWER + "workflows:\n- {workflowId: w, steps: [{stepId: a, operationId: refresh}]}\n"

    assert load(text.encode(), "t").document is not None


@pytest.mark.parametrize(
    ("member", "column"),
    [
        ("channelPath: x", 55),
        ("timeout: 5", 55),
        ("outputs: {x: {context: $response.body, selector: $.a, type: jsonpath}}", 68),
        ("parameters: [{name: q, in: querystring, value: a}]", 82),
        ("outputs: {x: $message.payload}", 68),
        ("successCriteria: [{context: $response.body, type: regex, condition: '{$inputs.x}'}]", 123),
    ],
)  # fmt: skip
def test_what_is_not_supported_of_arazzo_1_1_is_refused_with_its_place(
    member: str, column: int
) -> None:
    line = f"- {{workflowId: w, steps: [{{stepId: a, operationId: x, {member}}}]}}\n"

    problems = load((NEWER + "workflows:\n" + line).encode(), "t").problems

    assert [(p.severity, p.line, p.column) for p in problems] == [("error", 6, column)], problems


def test_values_of_the_document_are_made_harmless_in_messages() -> None:
    problem = the(steps('- {stepId: a, operationId: "x\\e]0;owned\\a[bold]"}'))

    assert "\x1b" not in problem.message
    assert "\x07" not in str(problem)


def test_an_output_whose_expression_is_wrong_is_not_missed_by_who_uses_it() -> None:
    wrong = POLL.replace(b"{jobId: $response.body#/jobId,", b"{jobId: $response.body.jobId,")
    assert wrong != POLL

    assert the(wrong).suggestion == "$response.body#/jobId"


@pytest.mark.parametrize(
    ("line", "message", "suggestion"),
    [
        ("operationId: '{$sourceDescriptions.api.refresh}'", "no braces",
         "$sourceDescriptions.api.refresh"),
        ("operationId: refresh, onSuccess: [{reference: components.successActions.x}]",
         "one begins with", "$components.successActions.x"),
        ("operationId: refresh, <<: {}", "Merge keys", None),
        ("operationId: refresh, successCriteria: [{condition: $statusCode === 200}]",
         "'===' is no operator; it is '=='", "$statusCode == 200"),
        ("operationId: refresh, successCriteria: [{condition: 1 == 1 and 2 == 2}]",
         "it is written '&&' here", "1 == 1 && 2 == 2"),
        ("operationId: refresh, successCriteria: [{condition: 1 == 1 OR 2 == 2}]",
         "it is written '||' here", "1 == 1 || 2 == 2"),
    ],
)  # fmt: skip
def test_what_comes_from_elsewhere_is_told_how_it_is_written_here(
    line: str, message: str, suggestion: str | None
) -> None:
    problem = the(steps(f"- {{stepId: a, {line}}}"))

    assert message in problem.message
    assert problem.suggestion == suggestion


@pytest.mark.parametrize("version", ["1.0", "'1.0'", "1.1", "'1'"])
def test_a_version_without_its_patch_number_is_told_to_have_three(version: str) -> None:
    (problem,) = load(f"arazzo: {version}\n".encode(), "t").problems

    assert "three numbers" in problem.message
    assert problem.suggestion == "1.0.1"


@pytest.mark.parametrize(
    "more",
    [
        "onFailure: [{name: r, type: retry, stepId: b}]",
        "outputs: {y: $statusCode}",
    ],
)
def test_a_later_step_that_may_have_run_is_no_mistake(more: str) -> None:
    back = (
        ""
        if "retry" in more
        else ", onSuccess: [{name: g, type: goto, stepId: a, criteria: [{condition: 1 == 2}]}]"
    )
    text = steps(f"""
        - {{stepId: a, operationId: listItems, {more}, parameters: [{{name: tags, in: query, value: $steps.b.outputs.x}}]}}
        - {{stepId: b, operationId: listItems, outputs: {{x: $statusCode}}{back}}}
        """)

    assert found(text, "warning") == []


@pytest.mark.parametrize(
    ("value", "suggestion"),
    [
        ("Bearer $inputs.token", "{$inputs.token}"),
        ("a=1&b=$inputs.token}", "{$inputs.token}"),
        ("costs $5 and {$inputs.token}", None),
        ("US$inputs.token", None),
        ("$$inputs.token", None),
    ],
)
def test_an_expression_without_braces_in_a_text_is_doubted(
    value: str, suggestion: str | None
) -> None:
    line = f"- {{stepId: a, operationId: listItems, parameters: [{{name: X-Trace, in: header, value: {value!r}}}]}}"
    text = steps(line, inputs="{properties: {token: {}}}")

    assert [problem.suggestion for problem in found(text, "warning")] == (
        [suggestion] if suggestion else []
    )


@pytest.mark.parametrize("text", ["$outputs[0].id", "$workflow_order_id"])
def test_nothing_is_suggested_that_would_be_as_wrong(text: str) -> None:
    wrong = POLL.replace(b"$response.body#/jobId,", text.encode() + b",")
    assert wrong != POLL

    assert the(wrong).suggestion is None


def test_who_has_no_such_output_and_what_it_has_is_said() -> None:
    wrong = POLL.replace(b"$steps.pollJob.outputs.rowsSynced", b"$steps.triggerJob.outputs.zzz")
    assert wrong != POLL

    assert "Step 'triggerJob' has no output 'zzz'. It has jobId, status." in str(the(wrong))


@pytest.mark.parametrize(
    ("step", "right"),
    [
        ("operationId: api.refresh", "$sourceDescriptions.api.refresh"),
        (
            "operationPath: '{$sourceDescriptions.api.url}#/paths/~1token'",
            "{$sourceDescriptions.api.url}#/paths/~1token/post",
        ),
    ],
)
def test_other_forms_that_published_documents_have_are_understood(step: str, right: str) -> None:
    text = steps(f"- {{stepId: a, {step}}}")

    assert the(text, "warning").suggestion == right
    assert [called.operation_id for called in program(text).operations] == ["refresh"]


def test_a_workflow_of_a_source_is_found_behind_the_word_workflows() -> None:
    text = document("""\
        arazzo: 1.0.1
        info: {title: A test, version: '1'}
        sourceDescriptions: [{name: other, url: other.yaml, type: arazzo}]
        workflows:
        - workflowId: v
          steps: [{stepId: a, workflowId: $sourceDescriptions.other.workflows.w}]
        """)
    other = load(steps("- {stepId: a, operationId: refresh}"), "other.yaml").needed()
    found = program(text, {"other": other, "other.api": API})

    assert [called.operation_id for called in found.operations] == ["refresh"]
    assert [warning.suggestion for warning in found.warnings] == ["$sourceDescriptions.other.w"]


@pytest.mark.parametrize(
    "step",
    [
        "operationId: other.refresh",
        "operationId: api.refrsh",
        "operationPath: '{$sourceDescriptions.api.url}#/paths/~1items'",
    ],
)
def test_a_form_that_leads_nowhere_or_to_several_is_a_mistake(step: str) -> None:
    assert the(steps(f"- {{stepId: a, {step}}}")).code == "unknown-operation"


def test_what_is_wrong_under_a_misspelt_key_is_found_as_well() -> None:
    problems = found(
        steps("""
        - stepId: a
          operationid: refresh
          sucessCriteria: [{condtion: $statusCode = 200}]
          onSuccess: [{name: g, typ: goto, stepid: aa}]
        """)
    )

    assert [(problem.line, problem.suggestion) for problem in problems] == [
        (9, "operationId"),
        (10, "successCriteria"),
        (10, "condition"),
        (10, "$statusCode == 200"),
        (11, "type"),
        (11, "stepId"),
        (11, "a"),
    ]


def test_a_location_that_is_misspelt_is_one_mistake() -> None:
    problem = the(
        steps("- {stepId: a, operationId: listItems, parameters: [{name: q, in: quary, value: 1}]}")
    )

    assert (problem.code, problem.suggestion) == ("wrong-value", "query")


@pytest.mark.parametrize(
    ("member", "says", "suggestion"),
    [
        ("successCriteria: [{condition: true}]", "it is true or false", "'true'"),
        ("onFailure: [{name: r, type: retry, retryLimit: -1}]", "it is -1", None),
        ("onFailure: [{name: r, type: retry, retryAfter: -0.5}]", "it is -0.5", None),
        ("onFailure: [{name: r, type: retry, retryLimit: 1.5}]", "it is 1.5", None),
        ("onSuccess: [{name: 5, type: end}]", "it is 5", "'5'"),
    ],
)
def test_a_value_of_the_wrong_type_is_shown_as_it_is_written(
    member: str, says: str, suggestion: str | None
) -> None:
    problem = the(steps(f"- {{stepId: a, operationId: refresh, {member}}}"))

    assert says in problem.message
    assert problem.suggestion == suggestion


@pytest.mark.parametrize(
    ("schema", "suggestion"),
    [
        ("{requird: [a], properties: {a: {}}}", "required"),
        ("{properties: {n: {type: integer, minimun: 2}}}", "minimum"),
        ("{properties: {n: {tpye: integer}}}", "type"),
    ],
)
def test_a_keyword_that_is_nearly_one_is_doubted(schema: str, suggestion: str) -> None:
    problem = the(steps("- {stepId: a, operationId: refresh}", inputs=schema), "warning")

    assert (problem.code, problem.suggestion) == ("schema", suggestion)
    assert problem.line == 9


def test_annotations_of_others_are_no_mistakes() -> None:
    text = steps(
        "- {stepId: a, operationId: refresh}",
        inputs="{properties: {n: {order: 1, airbyte_secret: true, example: 5, nullable: true, "
        "x-min: 1, const: 2, unit: s, label: n}}}",
    )

    assert (found(text, "warning"), found(text)) == ([], [])


def test_double_quotes_in_a_simple_condition_are_a_warning_with_the_portable_form() -> None:
    text = steps(
        """- {stepId: a, operationId: refresh, successCriteria: [{condition: '$method == "POST"'}]}"""
    )

    assert the(text, "warning").suggestion == "$method == 'POST'"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("$statusCode = 200", "$statusCode == 200"),
        ("$statusCode === 200", "$statusCode == 200"),
        ("$statusCode !== 200", "$statusCode != 200"),
        ("$statusCode <> 200", "$statusCode != 200"),
        (
            "$statusCode == 200 and $method == 'a and b'",
            "$statusCode == 200 && $method == 'a and b'",
        ),
        ("$statusCode == 200 OR $method = 'x=y'", "$statusCode == 200 || $method == 'x=y'"),
        ("$statusCode <= 200 and not ($method == 'x')", "$statusCode <= 200 && !($method == 'x')"),
        ("$statusCode == ", None),
    ],
)
def test_a_condition_in_another_languages_words_is_told_in_ours(
    wrong: str, right: str | None
) -> None:
    quoted = wrong.replace("'", "''")
    text = f"- {{stepId: a, operationId: refresh, successCriteria: [{{condition: '{quoted}'}}]}}"

    assert the(steps(text)).suggestion == right


@pytest.mark.parametrize(
    ("pointer", "right"),
    [
        ("/paths/~1items/gett", "/paths/~1items/get"),
        ("/paths/~1item/get", "/paths/~1items/get"),
        ("/paths/~1itms~1{id}/put", "/paths/~1items~1{id}/put"),
        ("/path/~1items/get", None),
    ],
)
def test_a_path_that_leads_to_no_operation_gets_the_nearest(
    pointer: str, right: str | None
) -> None:
    start = "{$sourceDescriptions.api.url}#"
    text = steps(
        f"- {{stepId: a, operationPath: '{start}{pointer}', "
        "parameters: [{name: id, in: path, value: 1}]}"
    )

    assert the(text).suggestion == (right and f"{start}{right}")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("$response.body#/list[0]", "$response.body#/list/0"),
        ("$response.body#/a/list[12]/id", "$response.body#/a/list/12/id"),
        ("$inputs.x#/list[0]", "$inputs.x#/list/0"),
    ],
)
def test_a_position_in_brackets_in_a_pointer_is_doubted(wrong: str, right: str) -> None:
    text = steps(
        f"- {{stepId: a, operationId: refresh, outputs: {{x: '{wrong}'}}}}",
        inputs="{properties: {x: {}}}",
    )

    assert the(text, "warning").suggestion == right


OWN = "{condition: $steps.a.outputs.x == 1}"


@pytest.mark.parametrize(
    ("member", "doubted"),
    [
        (f"successCriteria: [{OWN}]", True),
        ("parameters: [{name: commas, in: query, value: $steps.a.outputs.x}]", True),
        (f"onSuccess: [{{name: e, type: end, criteria: [{OWN}]}}]", False),
        (f"successCriteria: [{OWN}], onSuccess: [{{name: g, type: goto, stepId: a, criteria: [{OWN}]}}]", False),
    ],
)  # fmt: skip
def test_a_step_that_reads_its_own_outputs_before_they_are_made_is_doubted(
    member: str, doubted: bool
) -> None:
    text = f"- {{stepId: a, operationId: listItems, {member}, outputs: {{x: $response.body#/x}}}}"

    codes = [problem.code for problem in found(steps(text), "warning")]

    assert codes == (["not-yet"] if doubted else [])
