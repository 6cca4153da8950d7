"""`syncdeck workflow run` against an API that is not Airbyte's."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Syncdeck

API = """
openapi: 3.0.3
paths:
  /things/{id}:
    get:
      operationId: getThing
      parameters:
      - {name: id, in: path, required: true, style: matrix, explode: true}
      - {name: deep, in: query, style: deepObject, explode: true}
      - {name: piped, in: query, style: pipeDelimited, explode: false}
      - {name: X-Obj, in: header, explode: true}
      - {name: list, in: cookie, explode: false}
  /large: {get: {operationId: getLarge}}
  /slow: {get: {operationId: getSlow}}
  /form: {post: {operationId: postForm, requestBody: {content: {application/x-www-form-urlencoded: {}}}}}
"""  # noqa: E501
HEAD = """
arazzo: 1.0.1
info: {title: t, version: 1.0.0}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
"""


class Thing:
    """An API that says back what it was asked, and keeps it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        thing = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length).decode()
                asked = f"{self.command} {self.path} {body}".strip()
                thing.asked.append(asked)
                thing.headers.append({name.lower(): value for name, value in self.headers.items()})
                times = thing.asked.count(asked)
                busy = self.path == "/slow" and times < 3
                answer = json.dumps({"times": times, "asked": asked}).encode()
                if self.path == "/large":
                    answer = b'{"n": ' + b"9" * 500 + b"}"
                self.send_response(503 if busy else 200)
                if busy:
                    self.send_header("Retry-After", "0")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def api() -> Iterator[Thing]:
    thing = Thing()
    yield thing
    thing.close()


def written(tmp_path: Path, workflows: str) -> str:
    (tmp_path / "api.yaml").write_text(API)
    document = tmp_path / "own.arazzo.yaml"
    document.write_text(HEAD + workflows)
    return str(document)


def test_nothing_is_asked_but_what_the_document_says(
    api: Thing, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    document = written(
        tmp_path,
        """
- workflowId: w
  inputs: {properties: {o: {type: object}}}
  failureActions: [{name: again, type: retry, retryLimit: 5, retryAfter: 60}]
  steps:
  - stepId: form
    operationId: postForm
    requestBody: {payload: {a: 1 & 2, b: [x, y]}}
    outputs: {n: $response.body#/times}
  - {stepId: slow, operationId: getSlow}
  - stepId: thing
    operationId: getThing
    parameters:
    - {name: id, in: path, value: [a b, $steps.form.outputs.n]}
    - {name: deep, in: query, value: $inputs.o}
    - {name: piped, in: query, value: [1, 2]}
    - {name: X-Obj, in: header, value: $inputs.o}
    - {name: list, in: cookie, value: ['a,b', c]}
    outputs: {asked: $response.body#/asked}
  outputs: {asked: $steps.thing.outputs.asked}
""",
    )
    ended = syncdeck(
        *("workflow", "run", document, "--server", api.url, "--json"),
        *("--input", 'o={"R": 100}'),
    )

    assert ended.code == 0
    assert api.asked == [
        "POST /form a=1+%26+2&b=x&b=y",
        *["GET /slow"] * 3,
        "GET /things/;id=a%20b;id=1?deep%5BR%5D=100&piped=1%7C2",
    ]
    assert api.headers[-1]["x-obj"] == "R=100"
    assert api.headers[-1]["cookie"] == "list=a%2Cb,c"
    assert ended.last("run.finished")["outputs"] == {"asked": api.asked[-1]}


def test_an_answer_with_a_number_beyond_all_bounds_is_doubted_aloud(
    api: Thing, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    document = written(
        tmp_path,
        """
- workflowId: w
  steps: [{stepId: large, operationId: getLarge, outputs: {n: $response.body#/n}}]
  outputs: {n: $steps.large.outputs.n}
""",
    )
    ended = syncdeck("workflow", "run", document, "--server", api.url, "--json")

    assert ended.code == 0
    assert ended.last("warning")["text"] == (
        "large: the answer calls itself JSON and is read as a text: "
        "the body holds a number of 500 digits"
    )
    assert ended.last("run.finished")["outputs"] == {"n": None}
