# ruff: noqa: E501 - a document on one line is a row of a table
"""Arazzo 1.0.1, section by section, and this engine's decisions where it is silent.

Each row is a rule, a document that depends on it, the answers it gets and what must come of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.unit.arazzo.engine import LOST, document, drive, ok, program, steps
from workflow.arazzo.turns import ActionTaken, Json, NoResponse, Response


@dataclass(frozen=True)
class Case:
    section: str
    rule: str
    text: bytes
    answers: tuple[Response | NoResponse, ...] = ()
    sent: tuple[str, ...] | None = None
    outcome: str = "fell_through"
    outputs: dict[str, Json] | None = None
    inputs: dict[str, Json] = field(default_factory=dict)
    waits: tuple[float, ...] = ()
    actions: tuple[str, ...] | None = None
    why: str = ""
    workflow_id: str | None = None

    def __str__(self) -> str:
        return f"{self.section}: {self.rule}"


GET_1 = "{stepId: a, operationId: getItem, parameters: [{name: id, in: path, value: 1}]"
OUT_A = "outputs: {x: $steps.a.outputs.x}"

STEP = [
    Case(
        "Step Object",
        "steps run in order",
        steps("""
        - {stepId: a, operationId: refresh}
        - {stepId: b, operationId: listItems}
        """),
        (ok(), ok()),
        sent=("POST /token", "GET /items"),
    ),
    Case(
        "Step Object",
        "without success criteria any 2xx is success",
        steps("- {stepId: a, operationId: refresh}"),
        (ok(status=204),),
    ),
    Case(
        "Step Object",
        "without success criteria all but 2xx is failure",
        steps("- {stepId: a, operationId: refresh}"),
        (ok(status=302),),
        outcome="failed",
        why="a failed: the answer was HTTP 302",
    ),
    Case(
        "Step Object",
        "an empty list of success criteria is none: any 2xx is success",
        steps("- {stepId: a, operationId: refresh, successCriteria: []}"),
        (ok(status=500),),
        outcome="failed",
        why="a failed: the answer was HTTP 500",
    ),
    Case(
        "Step Object",
        "all success criteria must hold",
        steps("""
        - stepId: a
          operationId: refresh
          successCriteria: [{condition: $statusCode == 200}, {condition: $response.body#/ok == true}]
        """),
        (ok({"ok": False}),),
        outcome="failed",
        why="does not hold",
    ),
    Case(
        "Step Object",
        "success criteria decide alone: a 404 may be what is wanted",
        steps("""
        - {stepId: a, operationId: refresh, successCriteria: [{condition: $statusCode == 404}]}
        """),
        (ok(status=404),),
    ),
    Case(
        "Step Object",
        "operationPath names an operation by source and pointer",
        steps("""
        - stepId: a
          operationPath: '{$sourceDescriptions.api.url}#/paths/~1items~1{id}/get'
          parameters: [{name: id, in: path, value: 7}]
        """),
        (ok(),),
        sent=("GET /items/7",),
    ),
    Case(
        "Step Object",
        "operationId may name its source",
        steps("- {stepId: a, operationId: $sourceDescriptions.api.refresh}"),
        (ok(),),
        sent=("POST /token",),
    ),
    Case(
        "Step Object",
        "outputs keep their JSON types and pass them on",
        steps(
            """
            - {stepId: a, operationId: listItems, outputs: {x: $response.body#/0, n: $response.body#/1}}
            """,
            workflow="outputs: {x: $steps.a.outputs.x, n: $steps.a.outputs.n}",
        ),
        (ok([{"k": [1]}, 2.5]),),
        outputs={"x": {"k": [1]}, "n": 2.5},
    ),
    Case(
        "Step Object",
        "an output that has no value is null at the workflow's end",
        steps(
            "- {stepId: a, operationId: listItems, outputs: {x: $response.body#/none}}",
            workflow=OUT_A,
        ),
        (ok({}),),
        outputs={"x": None},
    ),
    Case(
        "Step Object",
        "outputs are there with every outcome",
        steps(
            """
            - {stepId: a, operationId: listItems, outputs: {x: $response.body#/v}}
            - {stepId: b, operationId: refresh}
            """,
            workflow=OUT_A,
        ),
        (ok({"v": 1}), ok(status=500)),
        outcome="failed",
        outputs={"x": 1},
    ),
]

PARAMETERS = [
    Case(
        "Parameter Object",
        "path, query, header and cookie each go to their place",
        steps("""
        - stepId: a
          operationId: listItems
          parameters:
          - {name: tags, in: query, value: [a, b]}
          - {name: X-Trace, in: header, value: t}
          - {name: session, in: cookie, value: s 1}
        """),
        (ok(),),
        sent=("GET /items?tags=a&tags=b",),
    ),
    Case(
        "Parameter Object",
        "values may be of any type and hold expressions",
        steps(
            """
            - stepId: a
              operationId: listItems
              parameters: [{name: tags, in: query, value: ['{$inputs.n}-x', $inputs.n, true]}]
            """,
            inputs="{type: object, properties: {n: {type: integer}}}",
        ),
        (ok(),),
        inputs={"n": 3},
        sent=("GET /items?tags=3-x&tags=3&tags=true",),
    ),
    Case(
        "Parameter Object",
        "workflow parameters apply to each step and a step's own overrides by name and in",
        steps(
            """
            - {stepId: a, operationId: listItems}
            - {stepId: b, operationId: listItems, parameters: [{name: commas, in: query, value: b}]}
            """,
            workflow="parameters: [{name: commas, in: query, value: w}, {name: id, in: path, value: 1}]",
        ),
        (ok(), ok()),
        sent=("GET /items?commas=w", "GET /items?commas=b"),
    ),
    Case(
        "Parameter Object",
        "a path parameter works though the description forgot to declare it",
        steps("""
        - stepId: a
          operationId: getUndeclared
          parameters: [{name: what, in: path, value: x y}, {name: which, in: path, value: a/b}]
        """),
        (ok(),),
        sent=("GET /undeclared/x%20y/a%2Fb",),
    ),
    Case(
        "Parameter Object",
        "a path parameter that resolves to nothing is an error before anything is sent",
        steps("""
        - {stepId: a, operationId: listItems, outputs: {x: $response.body#/id}}
        - {stepId: b, operationId: getItem, parameters: [{name: id, in: path, value: $steps.a.outputs.x}]}
        """),
        (ok({}),),
        sent=("GET /items",),
        outcome="failed",
        why="b was not sent: the path parameter 'id' has no value",
    ),
    Case(
        "Parameter Object",
        "a path parameter that is null is an error too",
        steps("""
        - {stepId: a, operationId: listItems, outputs: {x: $response.body#/id}}
        - {stepId: b, operationId: getItem, parameters: [{name: id, in: path, value: $steps.a.outputs.x}]}
        """),
        (ok({"id": None}),),
        sent=("GET /items",),
        outcome="failed",
    ),
    Case(
        "Parameter Object",
        "a path parameter cannot climb out of its segment",
        steps("""
        - {stepId: b, operationId: getItem, parameters: [{name: id, in: path, value: '..'}]}
        """),
        sent=(),
        outcome="failed",
        why="no path segment",
    ),
    Case(
        "Parameter Object",
        "an optional query parameter that resolves to nothing is left out",
        steps(
            "- {stepId: a, operationId: listItems, parameters: "
            "[{name: commas, in: query, value: $inputs.q}]}",
            inputs="{type: object, properties: {q: {type: string}}}",
        ),
        (ok(),),
        sent=("GET /items",),
    ),
    Case(
        "Parameter Object",
        "$components.parameters in a value stands for that parameter's value",
        document("""
        workflows:
        - workflowId: w
          steps:
          - {stepId: a, operationId: listItems, parameters: [{name: commas, in: query, value: $components.parameters.p}]}
        components: {parameters: {p: {name: q, in: query, value: 5}}}
        """),
        (ok(),),
        sent=("GET /items?commas=5",),
    ),
]

RUNTIME = [
    Case(
        "Runtime Expressions",
        f"{expression} is {value!r}",
        steps(
            f"""
            - stepId: a
              operationId: createItem
              parameters: [{{name: q, in: query, value: 5}}, {{name: X-Id, in: header, value: h}}]
              requestBody: {{payload: {{name: n, owner: {{id: 9}}}}}}
              outputs: {{x: {expression}}}
            """,
            workflow=OUT_A,
            inputs="{type: object, properties: {i: {type: array}, a.b: {type: integer}}}",
        ),
        (ok({"a": [{"b c": 1}], "e/f": 2, "g~h": 3, "": 4}, X_Rate="12"),),
        inputs={"i": [{"z": True}], "a.b": 6},
        outputs={"x": value},
    )
    for expression, value in (
        ("$url", "https://eu.example.com/v1/items?q=5"),
        ("$method", "POST"),
        ("$statusCode", 200),
        ("$request.header.x-id", "h"),
        ("$request.query.q", "5"),
        ("$request.body", {"name": "n", "owner": {"id": 9}}),
        ("$request.body#/owner/id", 9),
        ("$response.header.x-RATE", "12"),
        ("'$response.body#/a/0/b c'", 1),
        ("$response.body#/e~1f", 2),
        ("$response.body#/g~0h", 3),
        ("$response.body#/", 4),
        ("$response.body#/a/1", None),
        ("$inputs.i", [{"z": True}]),
        ("$inputs.i#/0/z", True),
        ("$inputs.a.b", 6),
        ("$workflows.w.inputs.i#/0", {"z": True}),
        ("$sourceDescriptions.api.url", "api.yaml"),
    )
]

SUB = """
workflows:
- workflowId: outer
  inputs: {type: object, properties: {n: {type: integer, default: 4}}}
  steps:
  - stepId: call
    workflowId: inner
    parameters: [{name: m, value: $inputs.n}]
    outputs: {got: $outputs.result, all: $workflows.inner.outputs.result, given: $workflows.inner.inputs.m}
    ON_CALL
  outputs: {x: $steps.call.outputs.got, all: $steps.call.outputs.all, given: $steps.call.outputs.given}
- workflowId: inner
  inputs: {type: object, required: [m], properties: {m: {type: integer}}}
  steps:
  - stepId: a
    operationId: getItem
    parameters: [{name: id, in: path, value: $inputs.m}]
    outputs: {v: $response.body#/v}
  outputs: {result: $steps.a.outputs.v}
"""

WORKFLOWS = [
    Case(
        "Workflow Object",
        "a step may run a workflow: parameters are its inputs, $outputs its outputs",
        document(SUB.replace("ON_CALL", "")),
        (ok({"v": "deep"}),),
        sent=("GET /items/4",),
        outputs={"x": "deep", "all": "deep", "given": 4},
        workflow_id="outer",
    ),
    Case(
        "Workflow Object",
        "in a step that ran a workflow $statusCode is that of its last call",
        document(SUB.replace("ON_CALL", "successCriteria: [{condition: $statusCode == 201}]")),
        (ok({"v": 1}, status=201),),
        outputs={"x": 1, "all": 1, "given": 4},
        workflow_id="outer",
    ),
    Case(
        "Workflow Object",
        "a workflow that fails fails the step, and its onFailure is looked at",
        document(SUB.replace("ON_CALL", "onFailure: [{name: r, type: retry, retryLimit: 1}]")),
        (ok(status=500), ok({"v": 2})),
        sent=("GET /items/4", "GET /items/4"),
        outputs={"x": 2, "all": 2, "given": 4},
        actions=("r",),
        workflow_id="outer",
    ),
    Case(
        "Workflow Object",
        "dependsOn runs first, with the inputs of the same names, once",
        document("""
        workflows:
        - workflowId: main
          dependsOn: [login, other]
          inputs: {type: object, properties: {user: {type: string}}}
          steps: [{stepId: a, operationId: getItem, parameters: [{name: id, in: path, value: $workflows.login.outputs.t}]}]
        - workflowId: login
          inputs: {type: object, required: [user], properties: {user: {type: string}}}
          steps: [{stepId: l, operationId: createItem, requestBody: {payload: {name: $inputs.user}}, outputs: {t: $response.body#/t}}]
          outputs: {t: $steps.l.outputs.t}
        - workflowId: other
          dependsOn: [login]
          steps: [{stepId: o, operationId: refresh}]
        """),
        (ok({"t": 8}), ok(), ok()),
        inputs={"user": "u"},
        sent=('POST /items {"name":"u"}', "POST /token", "GET /items/8"),
        workflow_id="main",
    ),
    Case(
        "Workflow Object",
        "a dependency that fails fails the workflow",
        document("""
        workflows:
        - {workflowId: main, dependsOn: [d], steps: [{stepId: a, operationId: refresh}]}
        - {workflowId: d, steps: [{stepId: b, operationId: listItems}]}
        """),
        (ok(status=500),),
        sent=("GET /items",),
        outcome="failed",
        why="d, which runs first, failed",
        workflow_id="main",
    ),
]

HANDING_OVER = """
workflows:
- workflowId: main
  dependsOn: [login, other]
  steps: [{stepId: a, operationId: getItem, parameters: [{name: id, in: path, value: $workflows.login.outputs.t}]}]
- workflowId: login
  steps:
  - {stepId: l, operationId: refresh, outputs: {t: $response.body#/t}, onSuccess: [{name: g, type: goto, workflowId: more}]}
  outputs: {t: $steps.l.outputs.t}
- {workflowId: more, steps: [{stepId: m, operationId: listItems}]}
- {workflowId: other, dependsOn: [login], steps: [{stepId: o, operationId: refresh}]}
"""

WORKFLOWS += [
    Case(
        "Workflow Object",
        "a dependency that hands over to another workflow runs once, and keeps its own outputs",
        document(HANDING_OVER),
        (ok({"t": 8}), ok(), ok(), ok()),
        sent=("POST /token", "GET /items", "POST /token", "GET /items/8"),
        workflow_id="main",
    ),
]

ACTIONS = [
    Case(
        "Success Action Object",
        "the first action whose criteria all hold is taken",
        steps("""
        - stepId: a
          operationId: listItems
          onSuccess:
          - {name: no, type: end, criteria: [{condition: $statusCode == 200}, {condition: $statusCode == 201}]}
          - {name: yes, type: goto, stepId: c, criteria: [{condition: $statusCode == 200}]}
          - {name: later, type: end}
        - {stepId: b, operationId: createItem, requestBody: {payload: {name: x}}}
        - {stepId: c, operationId: refresh}
        """),
        (ok(), ok()),
        sent=("GET /items", "POST /token"),
        actions=("yes",),
    ),
    Case(
        "Success Action Object",
        "end ends the workflow",
        steps("""
        - {stepId: a, operationId: listItems, onSuccess: [{name: e, type: end}]}
        - {stepId: b, operationId: refresh}
        """),
        (ok(),),
        sent=("GET /items",),
        outcome="ended",
    ),
    Case(
        "Success Action Object",
        "goto a workflow is one way: its end is the end",
        document("""
        workflows:
        - workflowId: w
          inputs: &i {type: object, properties: {n: {type: integer}}}
          steps:
          - {stepId: a, operationId: refresh, onSuccess: [{name: g, type: goto, workflowId: v}]}
          - {stepId: never, operationId: refresh}
        - workflowId: v
          inputs: *i
          steps: [{stepId: a, operationId: getItem, parameters: [{name: id, in: path, value: $inputs.n}]}]
          outputs: {done: $inputs.n}
        """),
        (ok(), ok()),
        inputs={"n": 2},
        sent=("POST /token", "GET /items/2"),
        outputs={"done": 2},
        workflow_id="w",
    ),
    Case(
        "Success Action Object",
        "with no action that matches, the next step follows",
        steps("""
        - {stepId: a, operationId: listItems, onSuccess: [{name: e, type: end, criteria: [{condition: 1 == 2}]}]}
        - {stepId: b, operationId: refresh}
        """),
        (ok(), ok()),
        sent=("GET /items", "POST /token"),
    ),
    Case(
        "Success Action Object",
        "step actions come before those of the workflow, and replace them by name",
        steps(
            """
            - stepId: a
              operationId: listItems
              onSuccess: [{name: same, type: end, criteria: [{condition: 1 == 2}]}]
            - {stepId: b, operationId: refresh}
            """,
            workflow="""
            successActions:
            - {name: same, type: end, criteria: [{condition: $statusCode == 200}]}
            - {name: other, type: end, criteria: [{condition: $statusCode == 201}]}
            """,
        ),
        (ok(), ok(status=201)),
        outcome="ended",
        actions=("other",),
    ),
    Case(
        "Failure Action Object",
        "without onFailure the workflow fails",
        steps("- {stepId: a, operationId: refresh}"),
        (ok(status=503),),
        outcome="failed",
        actions=(),
    ),
    Case(
        "Failure Action Object",
        "end after a failure ends the workflow, which has not succeeded",
        steps("- {stepId: a, operationId: refresh, onFailure: [{name: stop, type: end}]}"),
        (ok(status=503),),
        outcome="failed",
        actions=("stop",),
        why="its action 'stop'",
    ),
    Case(
        "Failure Action Object",
        "goto goes on elsewhere",
        steps("""
        - {stepId: a, operationId: refresh, onFailure: [{name: g, type: goto, stepId: c}]}
        - {stepId: b, operationId: createItem, requestBody: {payload: {name: x}}}
        - {stepId: c, operationId: listItems}
        """),
        (ok(status=503), ok()),
        sent=("POST /token", "GET /items"),
    ),
    Case(
        "Failure Action Object",
        "retryLimit is 1 when it is left out, and then the next action is looked at",
        steps("""
        - stepId: a
          operationId: refresh
          onFailure: [{name: r, type: retry}, {name: g, type: goto, stepId: b}]
        - {stepId: b, operationId: listItems}
        """),
        (ok(status=500), ok(status=500), ok()),
        actions=("r", "g"),
        sent=("POST /token", "POST /token", "GET /items"),
    ),
    Case(
        "Failure Action Object",
        "retry waits retryAfter each time, up to retryLimit",
        steps("""
        - {stepId: a, operationId: refresh, onFailure: [{name: r, type: retry, retryAfter: 1.5, retryLimit: 3}]}
        """),
        (ok(status=500),) * 4,
        waits=(1.5, 1.5, 1.5),
        outcome="failed",
    ),
    Case(
        "Failure Action Object",
        "retryLimit 0 does not retry",
        steps(
            "- {stepId: a, operationId: refresh, onFailure: [{name: r, type: retry, retryLimit: 0}]}"
        ),
        (ok(status=500),),
        outcome="failed",
        actions=(),
    ),
    Case(
        "Failure Action Object",
        "a Retry-After header overrules retryAfter",
        steps(
            "- {stepId: a, operationId: refresh, onFailure: [{name: r, type: retry, retryAfter: 1}]}"
        ),
        (ok(status=503, retry_after="7"), ok()),
        waits=(7.0,),
    ),
    Case(
        "Failure Action Object",
        "a Retry-After of a workflow's last call overrules the retry of the step that ran it",
        document("""
        workflows:
        - workflowId: w
          steps: [{stepId: s, workflowId: v, onFailure: [{name: r, type: retry, retryAfter: 1}]}]
        - {workflowId: v, steps: [{stepId: a, operationId: refresh}]}
        """),
        (ok(status=429, retry_after="3"), ok()),
        waits=(3.0,),
        workflow_id="w",
    ),
    Case(
        "Failure Action Object",
        "a Retry-After date counts from the answer's own Date",
        steps(
            "- {stepId: a, operationId: refresh, onFailure: [{name: r, type: retry, retryAfter: 1}]}"
        ),
        (
            ok(
                status=503,
                retry_after="Sun, 22 Nov 2026 10:01:30 GMT",
                date="Sun, 22 Nov 2026 10:00:00 GMT",
            ),
            ok(),
        ),
        waits=(90.0,),
    ),
    Case(
        "Failure Action Object",
        "a Retry-After that cannot be read leaves retryAfter",
        steps(
            "- {stepId: a, operationId: refresh, onFailure: [{name: r, type: retry, retryAfter: 2}]}"
        ),
        (ok(status=503, retry_after="soon"), ok()),
        waits=(2.0,),
    ),
    Case(
        "Failure Action Object",
        "retry with a step runs that step, then the failed one again",
        steps("""
        - {stepId: a, operationId: listItems, onSuccess: [{name: e, type: end}],
           onFailure: [{name: r, type: retry, stepId: fix, criteria: [{condition: $statusCode == 401}]}]}
        - {stepId: fix, operationId: refresh, onSuccess: [{name: not-followed, type: end}]}
        """),
        (ok(status=401), ok(), ok()),
        sent=("GET /items", "POST /token", "GET /items"),
        outcome="ended",
        actions=("r", "e"),
    ),
    Case(
        "Failure Action Object",
        "retry with a workflow runs it, then the failed step again",
        document("""
        workflows:
        - workflowId: w
          steps: [{stepId: a, operationId: listItems, onFailure: [{name: r, type: retry, retryAfter: 3, workflowId: fix}]}]
        - {workflowId: fix, steps: [{stepId: t, operationId: refresh}]}
        """),
        (ok(status=401), ok(), ok()),
        sent=("GET /items", "POST /token", "GET /items"),
        waits=(3.0,),
        workflow_id="w",
    ),
    Case(
        "Failure Action Object",
        "a retry's target that fails fails the workflow",
        steps("""
        - {stepId: a, operationId: listItems, onFailure: [{name: r, type: retry, stepId: fix}]}
        - {stepId: fix, operationId: refresh}
        """),
        (ok(status=401), ok(status=500)),
        sent=("GET /items", "POST /token"),
        outcome="failed",
        why="fix failed",
    ),
]

COMPONENTS = [
    Case(
        "Reusable Object",
        "parameters and actions come from the components; value overrides",
        document("""
        workflows:
        - workflowId: w
          steps:
          - stepId: a
            operationId: listItems
            parameters: [{reference: $components.parameters.c, value: over}]
            onFailure: [{reference: $components.failureActions.r}]
            onSuccess: [{reference: $components.successActions.e}]
          - {stepId: b, operationId: refresh}
        components:
          parameters: {c: {name: commas, in: query, value: under}}
          successActions: {e: {name: e, type: end}}
          failureActions: {r: {name: r, type: retry}}
        """),
        (ok(status=500), ok()),
        sent=("GET /items?commas=over", "GET /items?commas=over"),
        actions=("r", "e"),
        outcome="ended",
    ),
    Case(
        "Components Object",
        "inputs may refer to components.inputs, with its defaults",
        document("""
        workflows:
        - workflowId: w
          inputs: {$ref: '#/components/inputs/page'}
          steps: [{stepId: a, operationId: getItem, parameters: [{name: id, in: path, value: $inputs.size}]}]
        components: {inputs: {page: {type: object, properties: {size: {type: integer, default: 20}}}}}
        """),
        (ok(),),
        sent=("GET /items/20",),
    ),
]


def criterion(text: str, body: Json, holds: bool, rule: str, section: str) -> Case:
    return Case(
        section,
        rule,
        steps(f"- {{stepId: a, operationId: refresh, successCriteria: [{text}]}}"),
        (ok(body, X_N="7"),),
        outcome="fell_through" if holds else "failed",
    )


def simple(condition: str, body: Json, holds: bool) -> Case:
    quoted = condition.replace('"', '\\"')
    return criterion(
        f'{{condition: "{quoted}"}}',
        body,
        holds,
        f"{condition} {'holds' if holds else 'fails'} for {body}",
        "Criterion Object (simple)",
    )


def jsonpath(condition: str, body: Json, holds: bool, kind: str = "jsonpath") -> Case:
    quoted = condition.replace('"', '\\"')
    return criterion(
        f'{{context: $response.body, type: {kind}, condition: "{quoted}"}}',
        body,
        holds,
        f"{condition} {'holds' if holds else 'fails'} for {body}",
        "Criterion Object (jsonpath)",
    )


GOESSNER = "{type: jsonpath, version: draft-goessner-dispatch-jsonpath-00}"

CRITERIA = [
    simple("$response.body#/a == 'X'", {"a": "x"}, True),  # string comparison ignores case
    simple("$response.body#/a != 'X'", {"a": "x"}, False),
    simple("$response.body#/a < 'B'", {"a": "a"}, True),
    simple("$response.body#/a == 'it''s'", {"a": "it's"}, True),
    simple("$response.body#/n >= 2", {"n": 2}, True),
    simple("$response.body#/n == '2'", {"n": 2}, True),
    simple("$response.header.x-n > 6.5", {}, True),
    simple("$response.body#/b == true", {"b": True}, True),
    simple("$response.body#/b == 1", {"b": True}, False),
    simple("$response.body#/z == null", {"z": None}, True),
    simple("$response.body#/z == 0", {"z": None}, False),
    simple("$response.body#/none == null", {}, True),
    simple("$response.body#/none != null", {}, False),
    simple("$response.body#/none != 'x'", {}, False),
    simple("$response.body#/a < 1", {"a": "text"}, False),
    simple("$response.body.list[1].k == 3", {"list": [{}, {"k": 3}]}, True),
    simple("$response.body[0].k == 3", [{"k": 3}], True),
    simple("$response.body#/a == 1 && $response.body#/b == 1", {"a": 1, "b": 2}, False),
    simple("$response.body#/a == 1 || $response.body#/b == 1", {"a": 1, "b": 2}, True),
    simple("!($response.body#/a == 1) || $statusCode == 500", {"a": 1}, False),
    simple("$response.body#/a == 1 || $response.body#/a == 2 && 1 == 2", {"a": 1}, True),
    simple("$response.body#/b", {"b": True}, True),
    simple("$response.body#/b", {"b": False}, False),
    jsonpath("$[?@.a == 1]", {"x": {"a": 1}}, True),
    jsonpath("$[?@.a == 1]", {"a": 1}, False),  # a filter looks at members, not at the root
    jsonpath("$[?$.a == 1]", {"a": 1}, True),
    jsonpath("$[?count(@.pets) > 0]", [{"pets": []}], True),
    jsonpath("$.pets[*]", {"pets": []}, False),
    jsonpath("$.pets[?match(@.n, 'a.')]", {"pets": [{"n": "ab"}]}, True),
    jsonpath("$.a == 1", {"a": 1}, True),
    jsonpath("$.a == 'X'", {"a": "x"}, False),  # bare comparison keeps case
    jsonpath("$.a == '1'", {"a": 1}, False),  # and types
    jsonpath("$.a == 1", {"a": True}, False),
    jsonpath("$.none == null", {}, False),
    jsonpath("$.none != 1", {}, True),
    jsonpath('$["a b"][0] >= 2', {"a b": [2]}, True),
    jsonpath("$.list.length > 1", {"list": [1, 2]}, True),
    jsonpath("$.list.length > 1", {"list": {"length": 1}}, False),
    jsonpath("!($.a == 1) && ($.b == 2 || $.b == 3)", {"a": 2, "b": 3}, True),
    jsonpath("$ == 3", 3, True),
    jsonpath("$[?(@.a > 1)]", [{"a": 2}], True, GOESSNER),
    jsonpath("$.a[*].b", {"a": [{"c": 1}]}, False, GOESSNER),
    criterion(
        "{context: $statusCode, type: regex, condition: '^2[0-9]{2}$'}",
        {},
        True,
        "a pattern is searched for in the context's text",
        "Criterion Object (regex)",
    ),
    criterion(
        "{context: $response.body#/none, type: regex, condition: '.*'}",
        {},
        False,
        "a context without a value fails",
        "Criterion Object (regex)",
    ),
    criterion(
        "{context: $response.body#/a, type: regex, condition: 'B'}",
        {"a": "abc"},
        False,
        "patterns keep case",
        "Criterion Object (regex)",
    ),
]

ITEM_INPUTS = "{type: object, properties: {n: {}, m: {}, o: {}}}"


def body(rule: str, request_body: str, expected: str | None, why: str = "", **inputs: Json) -> Case:
    return Case(
        "Request Body Object",
        rule,
        steps(
            f"- {{stepId: a, operationId: createItem, requestBody: {request_body}}}",
            inputs=ITEM_INPUTS,
        ),
        (ok(),) if expected is not None else (),
        inputs=inputs,
        sent=(f"POST /items {expected}",) if expected is not None else (),
        outcome="fell_through" if expected is not None else "failed",
        why=why,
    )


FORM = "contentType: application/x-www-form-urlencoded"
BODIES = [
    body("a bare expression keeps its type", "{payload: {name: $inputs.n}}", '{"name":5}', n=5),
    body(
        "an embedded one becomes text", "{payload: {name: 'n-{$inputs.n}'}}", '{"name":"n-5"}', n=5
    ),
    body(
        "an embedded object becomes JSON",
        "{payload: {name: 'v={$inputs.n}'}}",
        '{"name":"v={\\"a\\":[1,null]}"}',
        n={"a": [1, None]},
    ),
    body("the payload may be one expression", "{payload: $inputs.n}", '{"name":1}', n={"name": 1}),
    body(
        "a template of JSON text is filled so that values cannot break out",
        '{payload: \'{"name": "{$inputs.n}", "size": {$inputs.m}}\'}',
        '{"name":"a\\", \\"x\\": \\"b","size":"1, \\"y\\": 2"}',
        n='a", "x": "b',
        m='1, "y": 2',
    ),
    body(
        "an optional property without a value is left out",
        "{payload: {name: x, size: $inputs.n, owner: {id: 1, note: $inputs.m}}}",
        '{"name":"x","owner":{"id":1}}',
    ),
    body(
        "a required property without a value is an error",
        "{payload: {name: $inputs.n}}",
        None,
        "'name' is required",
    ),
    body(
        "also a required one further in",
        "{payload: {name: x, owner: {id: $inputs.n}}}",
        None,
        "'id' is required",
    ),
    body(
        "replacements set values by JSON Pointer",
        "{payload: {name: a, list: [1, 2]}, replacements: "
        "[{target: /name, value: $inputs.n}, {target: /list/0, value: 9}, {target: /new, value: 1}]}",
        '{"name":"N","list":[9,2],"new":1}',
        n="N",
    ),
    body(
        "a replacement whose place is not there is an error",
        "{payload: {name: a, no: $inputs.n}, replacements: [{target: /no/way, value: 1}]}",
        None,
        "has no place '/no/way'",
        n="text",
    ),
    body(
        "a form is written from an object",
        f"{{{FORM}, payload: {{a: $inputs.n, b: [1, 2], c: x y}}}}",
        "a=%26&b=1&b=2&c=x+y",
        n="&",
    ),
    body(
        "a form template is filled percent-encoded",
        f"{{{FORM}, payload: 'a={{$inputs.n}}&b=1'}}",
        "a=x%26b%3D2&b=1",
        n="x&b=2",
    ),
    body(
        "text is sent as it is",
        "{contentType: text/plain, payload: 'n is {$inputs.n}'}",
        "n is 5",
        n=5,
    ),
    body(
        "XML is filled escaped",
        "{contentType: application/xml, payload: '<n>{$inputs.n}</n>'}",
        "<n>&lt;a&gt;&amp;</n>",
        n="<a>&",
    ),
]

DECISIONS = [
    Case(
        "Decision",
        "a step that could have gone back and ends the document is never a success",
        steps("""
        - stepId: a
          operationId: listItems
          onSuccess:
          - {name: again, type: goto, stepId: a, criteria: [{condition: $response.body#/s == 'run'}]}
          - {name: over, type: end, criteria: [{condition: $response.body#/s == 'done'}]}
        """),
        (ok({"s": "run"}), ok({"s": "queued"})),
        why="a ended with s 'queued': none of its 2 onSuccess actions matched",
    ),
    Case(
        "Decision",
        "a network failure takes the failure path with its own text",
        steps("- {stepId: a, operationId: refresh}"),
        (LOST,),
        outcome="failed",
        why="there was no answer: The server did not answer within 30 s.",
    ),
    Case(
        "Decision",
        "a network failure is never read as an empty body",
        steps("""
        - stepId: a
          operationId: refresh
          onFailure:
          - {name: wrong, type: end, criteria: [{condition: $response.body#/x != 'y'}]}
          - {name: right, type: retry}
        """),
        (LOST, ok()),
        actions=("right",),
    ),
    Case(
        "Decision",
        "a step may be visited again and again, and keeps its latest outputs",
        steps(
            """
            - stepId: a
              operationId: listItems
              outputs: {x: $response.body#/n}
              onSuccess: [{name: again, type: goto, stepId: a, criteria: [{condition: $response.body#/n < 5}]}, {name: e, type: end}]
            """,
            workflow=OUT_A,
        ),
        tuple(ok({"n": n}) for n in range(1, 6)),
        outcome="ended",
        outputs={"x": 5},
    ),
]

OWN_OUTPUTS = [
    Case(
        "Runtime Expressions",
        "$outputs names the workflow's own outputs too, once they are known",
        steps(
            """
            - {stepId: a, operationId: listItems, outputs: {x: $response.body#/x}}
            - {stepId: b, operationId: getItem, parameters: [{name: id, in: path, value: $outputs.y#/k}]}
            """,
            workflow="outputs: {y: $steps.a.outputs.x, z: $outputs.y, again: $outputs.again}",
        ),
        (ok({"x": {"k": 4}}), ok()),
        sent=("GET /items", "GET /items/4"),
        outputs={"y": {"k": 4}, "z": {"k": 4}, "again": None},
    ),
]

TABLE = [
    *STEP,
    *PARAMETERS,
    *RUNTIME,
    *OWN_OUTPUTS,
    *WORKFLOWS,
    *ACTIONS,
    *COMPONENTS,
    *CRITERIA,
    *BODIES,
    *DECISIONS,
]


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_the_engine_does_what_the_specification_says(case: Case) -> None:
    run = drive(program(case.text, workflow_id=case.workflow_id), case.answers, case.inputs)

    assert run.end.outcome == case.outcome, run.end
    assert case.why in run.end.why
    assert tuple(run.waits) == case.waits
    if case.sent is not None:
        assert tuple(run.sent) == case.sent
    if case.outputs is not None:
        assert run.end.outputs == case.outputs
    if case.actions is not None:
        taken = tuple(fact.name for fact in run.facts if isinstance(fact, ActionTaken))
        assert taken == case.actions


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_run_resumed_at_every_turn_ends_as_one_that_was_not(case: Case) -> None:
    compiled = program(case.text, workflow_id=case.workflow_id)
    whole = drive(compiled, case.answers, case.inputs)

    parts = drive(compiled, case.answers, case.inputs, resume=True)

    assert parts == whole
