"""`syncdeck workflow run`: a document that polls as the one published for Airbyte does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Serve, Syncdeck, connections, sent
from tests.support.documents import KNOWS_NO_QUEUE

SOURCE = ("--source", "airbyteApi=airbyte")
RETRYING = """
workspaces: [W]
connections:
  - name: retries
    source: mysql
    destination: snowflake
    behaviour: {duration: 4m, pending: 30s, first_failures: 1, backoff: 1m}
"""
TWO = """
workspaces: [W]
connections:
  - {name: first, source: mysql, destination: snowflake, behaviour: {duration: 40m}}
  - {name: second, source: mysql, destination: snowflake, behaviour: {duration: 2m}}
"""


@pytest.fixture
def document(tmp_path: Path) -> str:
    path = tmp_path / "published.arazzo.yaml"
    path.write_text(KNOWS_NO_QUEUE)
    return str(path)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "world.yaml"
    path.write_text(text)
    return path


def test_the_published_document_ends_with_the_jobs_status_and_one_post(
    serve: Serve, syncdeck: Syncdeck, document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(world_file=written(tmp_path, RETRYING), speed=6)
    monkeypatch.delenv("AIRBYTE_API_ROOT")
    (connection,) = connections(server).values()
    ended = syncdeck(
        *("workflow", "run", document, "--input", f"connectionId={connection}", *SOURCE),
        *("--server", server.base_url, "--json"),
    )
    assert ended.code == 0
    outputs = ended.last("run.finished")["outputs"]
    assert outputs["finalStatus"] == "succeeded"
    assert isinstance(outputs["jobId"], int)
    assert isinstance(outputs["rowsSynced"], int)
    seen = [event["to"] for event in ended.events if event["event"] == "status.changed"]
    assert seen[0] == "pending"
    assert {"running", "incomplete"} < set(seen)
    assert sent(server, "createJob") == 1
    assert ended.last("trigger.intent")["jobType"] == "sync"
    assert ended.last("run.created")["jobType"] == "sync"


@pytest.mark.parametrize("shipped", [True, False])
def test_a_bare_address_is_completed_when_airbyte_answers_there(
    serve: Serve, syncdeck: Syncdeck, document: str, shipped: bool
) -> None:
    server = serve(speed=60)
    name = next(iter(connections(server).values()))
    which = ("trigger-sync-and-poll",) if shipped else (document, *SOURCE)
    ended = syncdeck(
        *("workflow", "run", *which, "--input", f"connectionId={name}"),
        *("--server", server.root_url),
    )
    assert ended.code == 0


def test_a_status_the_document_does_not_know_is_never_a_success(
    serve: Serve, syncdeck: Syncdeck, document: str, tmp_path: Path
) -> None:
    server = serve(world_file=written(tmp_path, TWO), capacity=1, speed=1)
    first, second = connections(server).values()
    syncdeck("run", first, "--deadline", "2m", "--quiet")
    ended = syncdeck(
        *("workflow", "run", document, "--input", f"connectionId={second}", *SOURCE, "--json")
    )
    assert (ended.code, ended.verdicts) == (5, ["unresolved"])
    finished = ended.last("run.finished")
    assert "queued" in finished["why"]
    assert finished["outputs"]["finalStatus"] == "queued"
    assert isinstance(finished["jobId"], int)


def test_the_shipped_document_goes_on_through_queued(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    server = serve(world_file=written(tmp_path, TWO), capacity=1, speed=30)
    ended = syncdeck("run", *connections(server), "--json")
    assert ended.verdicts == ["succeeded", "succeeded"]
    seen = {event["to"] for event in ended.events if event["event"] == "status.changed"}
    assert "queued" in seen


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--input", "jobType=synch", "--input", "connectionId=x"), "Did you mean 'sync'?"),
        ((), "Input 'connectionId' is missing"),
        (("--input", "connectionid=x"), "Did you mean 'connectionId'?"),
        (("--workflow-id", "poll"), "There is no workflow 'poll'"),
    ],
)
def test_a_mistake_in_the_inputs_is_refused_before_any_request(
    serve: Serve, syncdeck: Syncdeck, document: str, arguments: tuple[str, ...], says: str
) -> None:
    server = serve()
    ended = syncdeck("workflow", "run", document, *SOURCE, *arguments)
    assert ended.code == 2
    assert says in ended.err
    assert ended.out == ""
    assert len(server.log) == 0


def test_a_mistake_in_the_document_is_refused_at_its_place(
    serve: Serve, syncdeck: Syncdeck, document: str
) -> None:
    server = serve()
    Path(document).write_text(
        KNOWS_NO_QUEUE.replace("stepId: pollJob\n      criteria", "stepId: polJob\n      criteria")
    )
    ended = syncdeck("workflow", "run", document, *SOURCE, "--input", "connectionId=x")
    assert ended.code == 2
    line = next(
        n for n, text in enumerate(Path(document).read_text().splitlines(), 1) if "polJob" in text
    )
    assert f"{document}:{line}:" in ended.err
    assert "pollJob" in ended.err
    assert len(server.log) == 0


def test_each_of_several_mistakes_has_a_line_of_its_own(syncdeck: Syncdeck, document: str) -> None:
    wrong = KNOWS_NO_QUEUE.replace("$response.body#/rowsSynced", "$response.body.rowsSynced")
    Path(document).write_text(
        wrong.replace("stepId: pollJob\n      criteria", "stepId: p\n      criteria")
    )
    ended = syncdeck("workflow", "run", document, *SOURCE, "--input", "connectionId=x")
    assert ended.code == 2
    *listed, last = ended.err.splitlines()
    assert all(line.startswith(f"{document}:") for line in listed)
    assert sum(": error: " in line for line in listed) == 2
    assert last == "syncdeck: 2 mistakes; nothing was sent."


def test_a_dry_run_shows_requests_and_sends_none(
    serve: Serve, syncdeck: Syncdeck, document: str
) -> None:
    server = serve()
    ended = syncdeck(
        "workflow", "run", document, *SOURCE, "--input", "connectionId=c-1", "--dry-run"
    )
    assert ended.code == 0
    assert f"triggerJob: POST {server.base_url}/jobs" in ended.out
    assert '{"connectionId": "c-1", "jobType": "sync"}' in ended.out
    polled = f"pollJob: GET {server.base_url}/jobs/{{$steps.triggerJob.outputs.jobId}}"
    assert polled in ended.out
    assert len(server.log) == 0


def test_a_dry_run_shows_no_secret(syncdeck: Syncdeck, tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(
        "openapi: 3.0.0\npaths: {'/x/{id}': {post: {operationId: x}}}\n"
    )
    document = tmp_path / "secret.yaml"
    document.write_text(
        "arazzo: 1.0.1\ninfo: {title: t, version: '1'}\n"
        "sourceDescriptions: [{name: api, url: api.yaml}]\n"
        "workflows:\n- workflowId: w\n  inputs: {properties: {pw: {format: password}, "
        "of: {properties: {key: {writeOnly: true}, name: {}}}}}\n"
        "  steps:\n  - stepId: s\n    operationId: x\n    parameters: "
        "[{name: id, in: path, value: $inputs.pw}, {name: X-K, in: header, value: $inputs.pw}]\n"
        "    requestBody: {payload: {pw: '{$inputs.pw}!', of: $inputs.of}}\n"
    )
    asked = ("workflow", "run", str(document), "--server", "http://127.0.0.1:9", "--dry-run")
    inputs = ("--input", "pw=hunter2", "--input", 'of={"key": "hunter3", "name": "n"}')

    for more in ((), ("--json",)):
        ended = syncdeck(*asked, *inputs, *more)
        assert ended.code == 0
        assert "hunter" not in ended.out + ended.err
        assert "/x/***" in ended.out
        assert '"name": "n"' in ended.out


def test_a_document_that_wipes_by_itself_needs_the_words_for_it(
    serve: Serve, syncdeck: Syncdeck
) -> None:
    server = serve(speed=600)
    connection = f"connectionId={next(iter(connections(server).values()))}"
    refused = syncdeck("workflow", "run", "clear-then-sync", "--input", connection)
    assert refused.code == 2
    assert '--confirm "clear 1 env"' in refused.err
    assert sent(server, "createJob") == 0
    words = ("--confirm", "clear 1 env")
    ended = syncdeck("workflow", "run", "clear-then-sync", "--input", connection, *words, "--json")
    assert ended.code == 0
    assert sent(server, "createJob") == 2


def test_a_header_comes_from_the_environment_and_shows_nowhere(
    serve: Serve, syncdeck: Syncdeck, document: str, monkeypatch: pytest.MonkeyPatch, journal: Path
) -> None:
    server = serve(auth=True, speed=60)
    monkeypatch.setenv("TOKEN_HEADER", "Bearer not-a-secret-sandbox-token")
    plain = serve(speed=60)  # the same world without credentials, to learn an id from
    connection = next(iter(connections(plain).values()))
    ended = syncdeck(
        *("workflow", "run", document, "--input", f"connectionId={connection}", *SOURCE, "--json"),
        *("--server", server.base_url, "--header", "Authorization=@TOKEN_HEADER"),
    )
    assert ended.code == 0
    assert "sandbox-token" not in ended.out + ended.err
    assert b"sandbox-token" not in journal.read_bytes()


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("Authorization=secret", "must say which variable"),
        ("Authorization=@NOT_SET", "NOT_SET is not set"),
        ("Host=@HOME", "no header that can be set"),
        ("Authorization", "is not NAME=VALUE"),
    ],
)
def test_a_header_that_cannot_be_is_refused(
    syncdeck: Syncdeck, document: str, header: str, says: str
) -> None:
    ended = syncdeck("workflow", "run", document, "--header", header)
    assert ended.code == 2
    assert says in ended.err
    assert "secret" not in ended.err


def test_a_document_for_another_api_is_not_sent_to_the_profiles_server(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    server = serve()
    (tmp_path / "pets.json").write_text(
        json.dumps(
            {
                "openapi": "3.0.3",
                "info": {"title": "Pets", "version": "1"},
                "servers": [{"url": "https://pets.example.com/v2"}],
                "paths": {"/pets": {"get": {"operationId": "listPets", "responses": {}}}},
            }
        )
    )
    (tmp_path / "pets.arazzo.yaml").write_text(
        """
arazzo: 1.0.1
info: {title: Pets, version: 1.0.0}
sourceDescriptions:
- {name: pets, url: pets.json, type: openapi}
workflows:
- workflowId: list
  steps:
  - {stepId: list, operationId: listPets}
"""
    )
    ended = syncdeck("workflow", "run", str(tmp_path / "pets.arazzo.yaml"))
    assert ended.code == 2
    assert "pets.example.com" in ended.err
    assert "--server" in ended.err
    assert len(server.log) == 0


def test_validate_names_the_place_and_the_right_spelling(syncdeck: Syncdeck, document: str) -> None:
    Path(document).write_text(KNOWS_NO_QUEUE.replace("operationId: getJob", "operationId: getJobb"))
    ended = syncdeck("workflow", "validate", document, *SOURCE)
    assert ended.code == 2
    assert f"{document}:" in ended.out
    assert ": error: " in ended.out
    as_json = json.loads(syncdeck("workflow", "validate", document, *SOURCE, "--json").out)
    errors = [problem for problem in as_json if problem["severity"] == "error"]
    assert [problem["suggestion"] for problem in errors] == ["getJob"]
    assert set(errors[0]) == {
        *("file", "line", "column", "severity", "code", "message", "suggestion")
    }


def test_warnings_are_errors_when_strict(syncdeck: Syncdeck, document: str) -> None:
    assert syncdeck("workflow", "validate", document, *SOURCE).code == 0
    assert syncdeck("workflow", "validate", document, *SOURCE, "--strict").code == 2


def test_a_file_that_cannot_be_read_is_a_mistake_of_its_own(
    syncdeck: Syncdeck, tmp_path: Path
) -> None:
    ended = syncdeck("workflow", "validate", str(tmp_path / "none.yaml"))
    assert ended.code == 2
    assert "none.yaml:1:1: error: " in ended.out
