"""`syncdeck workflow run` against an API that is not Airbyte's."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Syncdeck
from tests.support.cli import start, wait

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
  /busy: {get: {operationId: getBusy}}
  /hanging: {get: {operationId: getHanging}, post: {operationId: postHanging}}
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
        self.hung = threading.Event()
        """Somebody waits for an answer that does not come."""
        self.released = threading.Event()
        """From here on it comes at once."""
        thing = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length).decode()
                asked = f"{self.command} {self.path} {body}".strip()
                thing.asked.append(asked)
                thing.headers.append({name.lower(): value for name, value in self.headers.items()})
                times = thing.asked.count(asked)
                busy = (self.path == "/slow" and times < 3) or self.path == "/busy"
                if self.path == "/hanging" and not thing.released.is_set():
                    thing.hung.set()
                    thing.released.wait(120)
                    return
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
        self.released.set()
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


@pytest.mark.usefixtures("clock")
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


@pytest.mark.usefixtures("clock")
def test_what_is_done_about_a_busy_server_is_the_documents_to_say(
    api: Thing, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    document = written(
        tmp_path,
        """
- workflowId: w
  steps:
  - stepId: busy
    operationId: getBusy
    onFailure:
    - {name: again, type: retry, retryLimit: 6}
    - {name: on, type: goto, stepId: thing, criteria: [{condition: $statusCode == 503}]}
  - {stepId: never, operationId: getLarge}
  - {stepId: thing, operationId: getThing, parameters: [{name: id, in: path, value: 1}]}
""",
    )
    ended = syncdeck("workflow", "run", document, "--server", api.url, "--json")

    assert ended.code == 0
    assert api.asked == [*["GET /busy"] * 7, "GET /things/;id=1"]


LEFT = """
- workflowId: other
  steps: [{stepId: large, operationId: getLarge}]
- workflowId: w
  inputs: {properties: {x: {}}}
  steps:
  - {stepId: form, operationId: postForm, requestBody: {payload: {x: $inputs.x}}, outputs: {n: $response.body#/times}}
  - {stepId: hang, operationId: HANGING, onFailure: [{name: on, type: goto, stepId: thing}], outputs: {asked: $response.body#/asked}}
  - {stepId: thing, operationId: getThing, parameters: [{name: id, in: path, value: $steps.form.outputs.n}]}
  outputs: {n: $steps.form.outputs.n, asked: $steps.hang.outputs.asked}
"""  # noqa: E501


def left(api: Thing, document: str, journal: Path) -> str:
    """Kill a syncdeck that waits for the second step's answer; return its run."""
    process = start(
        (
            *("workflow", "run", document, "--workflow-id", "w", "--server", api.url, "--json"),
            *("--input", "x=1"),
        ),
        {"SYNCDECK_JOURNAL": str(journal)},
    )
    assert api.hung.wait(60)
    process.kill()
    api.released.set()
    return str(wait(process).last("run.created")["run"])


@pytest.mark.parametrize(("operation", "again"), [("getHanging", True), ("postHanging", False)])
def test_a_run_that_was_killed_goes_on_in_another_process_and_sends_nothing_twice(
    api: Thing, syncdeck: Syncdeck, tmp_path: Path, journal: Path, operation: str, again: bool
) -> None:
    document = written(tmp_path, LEFT.replace("HANGING", operation))
    run = left(api, document, journal)
    resume = ("workflow", "run", document, "--server", api.url, "--json", "--resume", run)

    ended = syncdeck(*resume)

    assert ended.code == 0
    hanging = [asked for asked in api.asked if "/hanging" in asked]
    assert len(hanging) == (2 if again else 1)
    assert [asked for asked in api.asked if asked not in hanging] == [
        "POST /form x=1",
        "GET /things/;id=1",
    ]
    outputs = ended.last("run.finished")["outputs"]
    assert outputs == {"n": 1, "asked": "GET /hanging" if again else None}
    assert "has ended: succeeded" in syncdeck(*resume).err


def test_a_run_is_not_gone_on_with_by_another_document(
    api: Thing, syncdeck: Syncdeck, tmp_path: Path, journal: Path
) -> None:
    document = written(tmp_path, LEFT.replace("HANGING", "getHanging"))
    run = left(api, document, journal)
    written(tmp_path, LEFT.replace("HANGING", "getHanging") + "# changed\n")
    asked = list(api.asked)

    ended = syncdeck("workflow", "run", document, "--server", api.url, "--resume", run)

    assert ended.code == 2
    assert "belongs to another workflow document" in ended.err
    assert api.asked == asked


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--resume", "5"), "is no run (r-...)"),
        (("--resume", "r-NONE"), "There is no run r-NONE"),
        (("--resume", "r-NONE", "--input", "x=1"), "the run's own inputs"),
        (("--resume", "r-NONE", "--dry-run"), "the run's own inputs"),
    ],
)
def test_what_cannot_be_gone_on_with_is_said(
    api: Thing, syncdeck: Syncdeck, tmp_path: Path, more: tuple[str, ...], says: str
) -> None:
    document = written(tmp_path, LEFT.replace("HANGING", "getHanging"))

    ended = syncdeck("workflow", "run", document, "--server", api.url, *more)

    assert ended.code == 2
    assert says in ended.err
    assert api.asked == []
