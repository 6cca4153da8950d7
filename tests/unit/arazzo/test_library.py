# ruff: noqa: E501 - a document on one line is a row of a table
"""The engine as a library: what a driver and a screen rely on."""

from __future__ import annotations

import ast
import re
import textwrap
from collections import Counter
from pathlib import Path

import pytest

import workflow.arazzo
from tests.benchmarks.bench_interpreter import growth
from tests.unit.arazzo.engine import (
    API,
    LOST,
    POLL,
    described,
    document,
    drive,
    ok,
    program,
    steps,
)
from workflow.arazzo.document import load
from workflow.arazzo.expressions import Expression
from workflow.arazzo.pointer import Value
from workflow.arazzo.problems import CheckpointError, InputError
from workflow.arazzo.program import Program, compile_program
from workflow.arazzo.scope import Scope
from workflow.arazzo.turns import (
    Call,
    CriterionNote,
    Elapsed,
    Finished,
    Headers,
    Json,
    Response,
    StepFinished,
    StepStarted,
    Wait,
    WorkflowEntered,
    WorkflowLeft,
)

HERE = Path(workflow.arazzo.__file__).parent
JOBS = described("""
openapi: 3.0.3
servers: [{url: /v1}]
paths:
  /jobs: {post: {operationId: createJob, requestBody: {content: {application/json: {}}}}}
  /jobs/{jobId}: {get: {operationId: getJob}}
""")
CONNECTION = {"connectionId": "c"}


def polling() -> Program:
    return compile_program(load(POLL, "poll").needed(), {"airbyteApi": JOBS})


def job(status: str) -> Response:
    return ok({"jobId": 12, "status": status, "rowsSynced": 3})


# Runs of the published shape


def test_the_published_shape_polls_until_the_job_is_over() -> None:
    answers = [job(s) for s in ("pending", "pending", "running", "incomplete", "succeeded")]

    run = drive(polling(), answers, CONNECTION)

    assert run.sent == ['POST /jobs {"connectionId":"c","jobType":"sync"}'] + ["GET /jobs/12"] * 4
    assert run.end.outcome == "ended"
    assert run.end.outputs == {"jobId": 12, "finalStatus": "succeeded", "rowsSynced": 3}


def test_a_status_that_the_document_does_not_know_is_no_success() -> None:
    end = drive(polling(), [job("pending"), job("queued")], CONNECTION).end

    assert (end.outcome, end.looping, end.step) == ("fell_through", True, "pollJob")
    assert end.why == "pollJob ended with status 'queued': none of its 2 onSuccess actions matched"


def test_a_run_tells_what_a_person_would_want_to_see() -> None:
    facts = drive(polling(), [job("pending"), job("running"), job("failed")], CONNECTION).facts

    assert [type(fact).__name__ for fact in facts] == [
        "WorkflowEntered",
        "StepStarted",
        "StepFinished",
        "StepStarted",
        "StepFinished",
        "ActionTaken",
        "StepStarted",
        "StepFinished",
        "ActionTaken",
        "WorkflowLeft",
    ]
    started = [fact for fact in facts if isinstance(fact, StepStarted)]
    assert [(f.key.step, f.key.visit, f.position, f.count) for f in started] == [
        ("triggerJob", 1, 1, 2),
        ("pollJob", 1, 2, 2),
        ("pollJob", 2, 2, 2),
    ]
    assert WorkflowLeft(("trigger-sync-and-poll",), "ended") in facts


def test_each_call_of_a_run_has_a_key_of_its_own() -> None:
    compiled = program(
        document("""
        workflows:
        - workflowId: outer
          steps:
          - stepId: call
            workflowId: inner
            outputs: {n: $outputs.n}
            onSuccess: [{name: again, type: goto, stepId: call, criteria: [{condition: $outputs.n < 3}]}]
        - workflowId: inner
          steps:
          - {stepId: a, operationId: refresh, outputs: {n: $response.body#/n}, onFailure: [{name: r, type: retry}]}
          outputs: {n: $steps.a.outputs.n}
        """),
        workflow_id="outer",
    )

    run = drive(compiled, [ok({"n": 1}), ok(status=500), ok({"n": 2}), ok({"n": 3})])

    keys = [(call.key.visit, call.key.attempt) for call in run.calls]
    assert keys == [(1, 1), (2, 1), (2, 2), (3, 1)]
    assert run.calls[0].key.frames == ("outer", "inner")


def test_a_turn_says_when_a_step_was_entered() -> None:
    compiled = program(
        steps("- {stepId: a, operationId: refresh, onFailure: [{name: r, type: retry}]}")
    )
    first = compiled.start({})
    second = compiled.advance(first.state, ok(status=500))

    assert (first.new_step, second.new_step) == (True, False)
    assert isinstance(second.command, Call)
    assert second.command.key.attempt == 2


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("successCriteria: [{condition: $statusCode == 200}]", True),
        ("outputs: {x: $response.body#/a}", True),
        ("outputs: {x: $response.header.X-A}", False),
        ("successCriteria: [{context: $response.header.X, type: regex, condition: a}]", False),
        ("onFailure: [{name: e, type: end, criteria: [{condition: $response.header.X == 1}]}]", False),
        ("onFailure: [{name: r, type: retry, retryAfter: 1}]", True),
    ],
)  # fmt: skip
def test_a_call_says_whether_only_the_body_is_read(member: str, expected: bool) -> None:
    command = program(steps(f"- {{stepId: a, operationId: refresh, {member}}}")).start({}).command

    assert isinstance(command, Call)
    assert command.reads_only_body is expected


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("", False),
        ("onSuccess: [{name: g, type: goto, stepId: b}]", False),
        ("onSuccess: [{name: g, type: goto, stepId: a, criteria: [{condition: 1 == 2}]}]", True),
        ("onFailure: [{name: r, type: retry}]", True),
    ],
)
def test_a_call_says_whether_its_step_can_come_back(member: str, expected: bool) -> None:
    text = steps(f"- {{stepId: a, operationId: refresh, {member}}}\n- {{stepId: b, operationId: refresh}}")  # fmt: skip
    command = program(text).start({}).command

    assert isinstance(command, Call)
    assert command.loops is expected


def test_a_step_within_a_longer_loop_can_come_back_too() -> None:
    run = drive(
        program(
            steps("""
            - {stepId: a, operationId: refresh}
            - {stepId: b, operationId: refresh, onSuccess: [{name: g, type: goto, stepId: a, criteria: [{condition: 1 == 2}]}]}
            - {stepId: c, operationId: refresh}
            """)
        ),
        [ok(), ok(), ok()],
    )

    assert [call.loops for call in run.calls] == [True, True, False]


# Programs


def test_a_program_describes_itself() -> None:
    compiled = polling()

    assert compiled.workflow_id == "trigger-sync-and-poll"
    assert [(s.step_id, s.position) for s in compiled.steps] == [("triggerJob", 1), ("pollJob", 2)]
    assert [(o.method, o.path, o.server) for o in compiled.operations] == [
        ("POST", "/jobs", "/v1"),
        ("GET", "/jobs/{jobId}", "/v1"),
    ]
    assert compiled.outputs == ("jobId", "finalStatus", "rowsSynced")


def test_the_digest_changes_with_the_document_and_its_sources() -> None:
    other = described("openapi: 3.0.0\npaths: {/j: {post: {operationId: createJob}}, '/j/{jobId}': {get: {operationId: getJob}}}")  # fmt: skip
    same = compile_program(load(POLL, "elsewhere").needed(), {"airbyteApi": JOBS})
    spaced = compile_program(load(POLL + b"\n", "poll").needed(), {"airbyteApi": JOBS})
    moved = compile_program(load(POLL, "poll").needed(), {"airbyteApi": other})

    assert same.digest == polling().digest
    assert len({polling().digest, spaced.digest, moved.digest}) == 3


def test_a_server_s_variables_have_their_defaults() -> None:
    (operation,) = program(steps("- {stepId: a, operationId: refresh}")).operations

    assert operation.server == "https://eu.example.com/v1"


def test_a_finished_run_stays_finished() -> None:
    compiled = program(steps("- {stepId: a, operationId: refresh}"))
    end = compiled.advance(compiled.start({}).state, LOST)

    again = compiled.advance(end.state, ok())

    assert isinstance(end.command, Finished)
    assert (again.command, again.facts) == (end.command, ())


def test_an_answer_must_fit_the_command() -> None:
    compiled = program(
        steps(
            "- {stepId: a, operationId: refresh, onFailure: [{name: r, type: retry, retryAfter: 5}]}"
        )
    )
    calling = compiled.start({})
    waiting = compiled.advance(calling.state, ok(status=500))

    assert isinstance(waiting.command, Wait)
    with pytest.raises(TypeError, match="Call"):
        compiled.advance(calling.state, Elapsed())
    with pytest.raises(TypeError, match="Wait"):
        compiled.advance(waiting.state, ok())


def test_a_workflow_whose_inputs_are_missing_fails_where_it_is_called() -> None:
    compiled = program(
        document("""
        workflows:
        - workflowId: w
          steps: [{stepId: a, workflowId: v, onFailure: [{name: r, type: retry, retryLimit: 999999999}]}]
        - {workflowId: v, inputs: {required: [never]}, steps: [{stepId: s, workflowId: x}]}
        - {workflowId: x, inputs: {required: [never]}, steps: [{stepId: s, operationId: refresh}]}
        """),
        workflow_id="w",
    )
    turn = compiled.start({})

    assert isinstance(turn.command, Finished)
    assert "'never' is missing" in turn.command.why


def test_a_loop_that_sends_nothing_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow.arazzo.steps.MOST_UNPACED", 5_500)
    compiled = program(
        document("""
        workflows:
        - workflowId: w
          steps: [{stepId: a, workflowId: v, onFailure: [{name: r, type: retry, retryLimit: 999999999}]}]
        - workflowId: v
          steps: [{stepId: s, operationId: getItem, parameters: [{name: id, in: path, value: $steps.t.outputs.x}]}, {stepId: t, operationId: refresh, outputs: {x: $response.body}}]
        """),
        workflow_id="w",
    )
    turn, waits = compiled.start({}), 0
    while isinstance(turn.command, Wait):
        assert turn.command.seconds == 0.0
        waits += 1
        turn = compiled.advance(turn.state, Elapsed())

    assert isinstance(turn.command, Finished)
    assert turn.command.why == "5,500 attempts in a row sent nothing"
    assert waits == 5


# Inputs


def test_every_bad_input_is_named_before_anything_is_sent() -> None:
    with pytest.raises(InputError) as raised:
        polling().start({"connectionID": 5, "jobType": "snyc"})

    assert raised.value.sentences == (
        "Workflow 'trigger-sync-and-poll' has no input 'connectionID'. Did you mean 'connectionId'?",
        "Input 'connectionId' is missing.",
        "Input 'jobType' is 'snyc'; it can be sync, reset, refresh, clear. Did you mean 'sync'?",
    )


@pytest.mark.parametrize(
    "schema",
    [
        "{type: object}",
        "{properties: {m: {}}, additionalProperties: true}",
        "{oneOf: [{properties: {n: {}}, required: [n]}, {properties: {k: {}}, required: [k]}]}",
        "{patternProperties: {'^n': {}}}",
        "true",
    ],
)
def test_a_schema_that_leaves_names_open_takes_any(schema: str) -> None:
    text = steps(
        "- {stepId: a, operationId: createItem, requestBody: {payload: {name: $inputs.n}}}",
        inputs=schema,
    )

    assert drive(program(text), [ok()], {"n": 1}).sent == ['POST /items {"name":1}']


@pytest.mark.parametrize("schema", ["{properties: {m: {}}}", "{allOf: [{properties: {m: {}}}]}"])
def test_a_schema_that_lists_its_names_refuses_others(schema: str) -> None:
    text = steps("- {stepId: a, operationId: refresh}", inputs=schema)

    with pytest.raises(InputError, match="has no input 'n'"):
        program(text).start({"n": 1})


def test_the_inputs_of_what_runs_first_are_checked_too() -> None:
    compiled = program(
        document("""
        workflows:
        - {workflowId: w, dependsOn: [v], steps: [{stepId: a, operationId: refresh}]}
        - {workflowId: v, inputs: {type: object, required: [user], properties: {user: {type: string}}}, steps: [{stepId: a, operationId: refresh}]}
        """),
        workflow_id="w",
    )

    with pytest.raises(InputError, match="Before it 'v' runs: Input 'user' is missing"):
        compiled.start({})
    assert isinstance(compiled.start({"user": "u"}).command, Call)


def test_defaults_are_filled_in_at_every_level() -> None:
    compiled = program(
        steps(
            "- {stepId: a, operationId: createItem, requestBody: {payload: {name: $inputs.o}}}",
            inputs="{properties: {o: {properties: {a: {default: 1}, b: {default: 2}}}}}",
        )
    )

    assert drive(compiled, [ok()], {"o": {"a": 5}}).sent == ['POST /items {"name":{"a":5,"b":2}}']


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ("{multipleOf: 0.1}", 0.3, True),
        ("{multipleOf: 0.1}", 0.35, False),
        ("{multipleOf: 3}", 10**400, False),
        ("{multipleOf: 3}", float("1e999"), False),
        ("{uniqueItems: true}", [1, True, "1", {"a": 1, "b": 2}], True),
        ("{uniqueItems: true}", [{"a": 1, "b": 2.0}, {"b": 2, "a": 1}], False),
        ("{uniqueItems: true}", [0, False, None, ""], True),
        ("{uniqueItems: false}", [1, 1], True),
    ],
)
def test_numbers_are_divided_and_items_compared_by_their_values(
    schema: str, value: Json, fits: bool
) -> None:
    compiled = program(
        steps("- {stepId: a, operationId: refresh}", inputs=f"{{properties: {{v: {schema}}}}}")
    )

    if fits:
        assert compiled.complete({"v": value}) == {"v": value}
    else:
        with pytest.raises(InputError, match=r"multiple of|an item twice"):
            compiled.complete({"v": value})


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ("{minLength: 3}", "ab", "Input 'v' is too short; it needs at least 3 characters."),
        ("{maximum: 9}", 77, "Input 'v' is too large; it may be at most 9."),
        ("{minItems: 2}", [1], "Input 'v' has too few items; it needs at least 2."),
        ("{anyOf: [{type: string}, {type: integer}]}", 1.5,
         "Input 'v' fits none of the alternatives in the schema."),
        ("{enum: [1, two, null]}", 3, "Input 'v' is none of its values; it can be 1, two, null."),
        ("{contains: {const: 3}}", [1], "Input 'v' breaks the rule contains."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_input_is_said_in_words(
    schema: str, value: Json, sentence: str
) -> None:
    compiled = program(
        steps("- {stepId: a, operationId: refresh}", inputs=f"{{properties: {{v: {schema}}}}}")
    )

    with pytest.raises(InputError) as refused:
        compiled.complete({"v": value})

    assert str(refused.value) == sentence


def test_inputs_too_large_for_their_schema_are_refused_in_a_sentence() -> None:
    compiled = program(
        steps(
            "- {stepId: a, operationId: refresh}",
            inputs="{properties: {l: {items: {type: integer, minimum: 0, maximum: 9}}}}",
        )
    )

    assert len(compiled.complete({"l": [1] * 10_000})["l"]) == 10_000
    with pytest.raises(InputError, match="too large for their schema"):
        compiled.complete({"l": [1] * 60_000})


def test_a_secret_input_is_not_repeated_in_an_error() -> None:
    compiled = program(
        steps(
            "- {stepId: a, operationId: refresh}",
            inputs="{properties: {s: {enum: [x], format: password}, t: {minLength: 90}}}",
        )
    )

    with pytest.raises(InputError) as raised:
        compiled.start({"s": "hunter2", "t": "hunter3"})

    assert "hunter" not in str(raised.value)


# Notes, headers, checkpoints


def test_what_could_not_be_compared_is_noted() -> None:
    text = steps("- {stepId: a, operationId: refresh, successCriteria: [{condition: $response.body#/a < 1}]}")  # fmt: skip

    run = drive(program(text), [ok({"a": [1]})])

    (note,) = [fact for fact in run.facts if isinstance(fact, CriterionNote)]
    assert "cannot order a list and a number" in note.text


def test_header_names_match_in_any_case_and_repeated_ones_are_joined() -> None:
    headers = Headers((("Set-Cookie", "a"), ("set-cookie", "b")))

    assert headers["SET-COOKIE"] == "a, b"
    assert "b" not in repr(headers).replace("set-cookie", "")


def test_a_checkpoint_is_small_and_names_its_document() -> None:
    compiled = polling()
    turn = compiled.start(CONNECTION)
    turn = compiled.advance(turn.state, job("pending"))
    for _ in range(500):
        turn = compiled.advance(turn.state, job("running"))

    saved = compiled.dump(turn.state)

    assert len(str(saved)) < 1_200
    loaded = compiled.load(saved)
    assert (loaded.command, loaded.facts) == (turn.command, ())
    with pytest.raises(CheckpointError, match="changed since"):
        program(steps("- {stepId: a, operationId: refresh}"), {"api": API}).load(saved)


def test_memory_does_not_grow_with_the_visits() -> None:
    early, late, _ = growth(polling(), visits=4_000)

    assert late - early < 10_000


def test_facts_of_a_failed_step_hold_no_outputs() -> None:
    text = steps("- {stepId: a, operationId: refresh, outputs: {x: $response.body#/x}}")

    facts = drive(program(text), [ok({"x": 1}, status=500)]).facts

    (finished,) = [fact for fact in facts if isinstance(fact, StepFinished)]
    assert (finished.status, finished.succeeded, finished.outputs) == (500, False, {})


def test_another_document_s_workflow_brings_its_own_components_and_sources() -> None:
    other = load(
        document("""
        workflows:
        - workflowId: v
          steps: [{stepId: a, operationId: listItems, parameters: [{reference: $components.parameters.p}]}]
        components: {parameters: {p: {name: commas, in: query, value: theirs}}}
        """),
        "other",
    ).needed()
    main = load(
        textwrap.dedent("""\
        arazzo: 1.0.1
        info: {title: t, version: '1'}
        sourceDescriptions: [{name: other, url: o.yaml, type: arazzo}]
        workflows:
        - {workflowId: w, steps: [{stepId: s, workflowId: $sourceDescriptions.other.v}]}
        components: {parameters: {p: {name: commas, in: query, value: ours}}}
        """).encode(),
        "main",
    ).needed()

    run = drive(compile_program(main, {"other": other, "other.api": API}), [ok()])

    assert run.sent == ["GET /items?commas=theirs"]
    assert WorkflowEntered(("w", "other.v")) in run.facts


# The package


def test_the_readme_s_example_is_python_and_short() -> None:
    text = (HERE / "README.md").read_text()
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)

    assert example is not None
    assert ast.parse(example[1])
    assert len([line for line in example[1].splitlines() if line.strip()]) <= 25


def test_modules_stay_small() -> None:
    long = {path.name: n for path in HERE.glob("*.py") if (n := len(path.read_text().splitlines())) > 345}  # fmt: skip

    assert long == {}


def test_a_workflows_outputs_are_made_once_for_all_conditions_of_a_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = range(50)
    conditions = "".join(f"  - condition: $outputs.o{n} == 1\n" for n in many)
    compiled = program(
        steps(
            f"- stepId: a\n  operationId: refresh\n  successCriteria:\n{conditions}",
            inputs="{properties: {x: {type: integer}}}",
            workflow="outputs: {" + ", ".join(f"o{n}: $inputs.x" for n in many) + "}",
        )
    )
    looked: Counter[str] = Counter()
    look = Scope.look

    def counted(scope: Scope, expression: Expression) -> Value:
        looked[str(expression)] += 1
        return look(scope, expression)

    monkeypatch.setattr(Scope, "look", counted)
    run = drive(compiled, [ok()], {"x": 1})
    assert run.end.outcome == "fell_through"
    assert looked["$inputs.x"] == 2 * len(many)  # for the conditions, and at the end
