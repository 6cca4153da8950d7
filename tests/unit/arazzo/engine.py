"""Drives the interpreter in tests: documents from a few lines, answers from a list."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.support.documents import KNOWS_NO_QUEUE
from workflow.arazzo.document import load
from workflow.arazzo.lookup import Sources
from workflow.arazzo.openapi import Description, load_description
from workflow.arazzo.program import Program, compile_program
from workflow.arazzo.state import State
from workflow.arazzo.turns import (
    Answer,
    Call,
    Elapsed,
    Fact,
    Finished,
    Headers,
    Json,
    NoResponse,
    Response,
    Turn,
    Wait,
)

API = load_description(
    textwrap.dedent("""\
    openapi: 3.1.0
    info: {title: Things, version: '1'}
    servers: [{url: 'https://{region}.example.com/v1', variables: {region: {default: eu}}}]
    paths:
      /items:
        get:
          operationId: listItems
          parameters:
            - {name: tags, in: query, schema: {type: array}}
            - {name: piped, in: query, style: pipeDelimited, explode: false}
            - {name: spaced, in: query, style: spaceDelimited, explode: false}
            - {name: commas, in: query, explode: false}
            - {name: filter, in: query, style: deepObject, explode: true}
            - {name: json, in: query, content: {application/json: {}}}
            - {name: X-Trace, in: header, schema: {type: string}}
            - {name: session, in: cookie, schema: {type: string}}
        post:
          operationId: createItem
          requestBody:
            required: true
            content:
              application/json: {schema: {$ref: '#/components/schemas/Item'}}
              application/x-www-form-urlencoded: {}
      /items/{id}:
        parameters: [{name: id, in: path, required: true}]
        get: {operationId: getItem}
        put: {operationId: putItem, requestBody: {content: {text/plain: {}}}}
        delete: {operationId: deleteItem}
      /undeclared/{what}/{which}:
        get: {operationId: getUndeclared}
      /labels/{label}/{matrix}:
        get:
          operationId: getLabels
          parameters:
            - {name: label, in: path, required: true, style: label, explode: true}
            - {name: matrix, in: path, required: true, style: matrix}
      /token:
        post: {operationId: refresh}
    components:
      schemas:
        Item:
          allOf:
            - {type: object, required: [name], properties: {name: {}, size: {}}}
            - {properties: {owner: {required: [id], properties: {id: {}, note: {}}}}}
    """).encode(),
    "api.yaml",
)

HEAD = """\
arazzo: 1.0.1
info: {title: A test, version: '1'}
sourceDescriptions:
- {name: api, url: api.yaml, type: openapi}
"""


def document(text: str) -> bytes:
    """Put the usual head before a dedented document."""
    body = textwrap.dedent(text).lstrip("\n")
    return body.encode() if body.startswith("arazzo") else (HEAD + body).encode()


def steps(text: str, *, inputs: str = "", workflow: str = "") -> bytes:
    """Make a document of one workflow ``w`` from its steps; line 8 is the first of them."""
    body = textwrap.indent(textwrap.dedent(text).strip("\n"), "  ")
    more = textwrap.indent(textwrap.dedent(workflow).strip("\n"), "  ")
    schema = f"  inputs: {inputs}\n" if inputs else ""
    return f"{HEAD}workflows:\n- workflowId: w\n  steps:\n{body}\n{schema}{more}\n".encode()


def program(text: bytes, sources: Sources | None = None, workflow_id: str | None = None) -> Program:
    """Compile a document against the test API."""
    return compile_program(load(text, "t.yaml").needed(), sources or {"api": API}, workflow_id)


def ok(body: Json | bytes = None, status: int = 200, **headers: str) -> Response:
    """Make an answer; ``_`` in a header's name stands for ``-``."""
    pairs = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, Headers(pairs), body, "application/json")


LOST = NoResponse("timeout", "The server did not answer within 30 s.")


@dataclass
class Run:
    """What came of driving a program to its end."""

    calls: list[Call] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    turns: list[Turn[State]] = field(default_factory=list)

    @property
    def end(self) -> Finished:
        command = self.turns[-1].command
        assert isinstance(command, Finished), command
        return command

    @property
    def sent(self) -> list[str]:
        """Each request as ``METHOD path?query body``."""
        return [show(call) for call in self.calls]


def show(call: Call) -> str:
    request = call.request
    query = "&".join(f"{name}={value}" for name, value in request.query)
    body = "" if request.content is None else " " + request.content.decode()
    return f"{call.operation.method} {request.path}{'?' + query if query else ''}{body}"


def drive(
    compiled: Program,
    answers: Iterable[Response | NoResponse],
    inputs: Mapping[str, Json] | None = None,
    *,
    resume: bool = False,
) -> Run:
    """Run to the end; with `resume` through a checkpoint, as text, between any two turns."""
    run = Run()
    waiting = iter(answers)
    turn = compiled.start(inputs or {})
    for _ in range(10_000):
        run.turns.append(turn)
        run.facts += turn.facts
        if isinstance(turn.command, Finished):
            return run
        answer: Answer
        if isinstance(turn.command, Wait):
            run.waits.append(turn.command.seconds)
            answer = Elapsed()
        else:
            run.calls.append(turn.command)
            answer = next(waiting)
        state = turn.state
        if resume:
            saved = json.loads(json.dumps(compiled.dump(state)))
            state = compiled.load(saved).state
            assert state == turn.state
        turn = compiled.advance(state, answer)
    raise AssertionError("the run does not end")


def described(text: str) -> Description:
    return load_description(textwrap.dedent(text).encode(), "d.yaml")


POLL = KNOWS_NO_QUEUE.encode()
"""A document with the semantics of the published one: bare conditions, the same ids."""
