"""Where documents and their sources are read, and what is said when they cannot be."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from tests.support.documents import KNOWS_NO_QUEUE
from workflow import documents
from workflow.arazzo.problems import DocumentError
from workflow.runs.places import SourceError
from workflow.runs.programs import clear_then_sync, trigger_and_poll
from workflow.runs.sources import Library


@pytest.fixture
def document(tmp_path: Path) -> Path:
    folder = tmp_path / "workflows"
    folder.mkdir()
    file = folder / "sync.yaml"
    file.write_text(KNOWS_NO_QUEUE, encoding="utf-8")
    return file


def changed(document: Path, old: str, new: str) -> None:
    text = document.read_text(encoding="utf-8").replace(old, new, 1)
    document.write_text(text, encoding="utf-8")


def place_description(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(documents.read("airbyte"))


async def test_a_relative_source_is_found_beside_the_document(document: Path) -> None:
    place_description(document.parent.parent / "openapi" / "airbyte-openapi.yml")
    program = await Library().program(str(document))
    assert [step.step_id for step in program.steps] == ["triggerJob", "pollJob"]


async def test_a_source_that_is_not_there_offers_the_shipped_description(document: Path) -> None:
    with pytest.raises(SourceError) as refused:
        await Library().program(str(document))
    assert "airbyte-openapi.yml: there is no such file" in refused.value.text
    assert "--source airbyteApi=airbyte" in refused.value.text


async def test_the_shipped_description_takes_a_sources_place_by_name(document: Path) -> None:
    program = await Library({"airbyteApi": "airbyte"}).program(str(document))
    assert program.workflow_id == "trigger-sync-and-poll"


async def test_a_sources_place_can_be_taken_by_a_file(document: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    place_description(other)
    program = await Library({"airbyteApi": str(other)}).program(str(document))
    assert len(program.steps) == 2


async def test_an_override_for_no_source_is_a_mistake_with_the_names(document: Path) -> None:
    place_description(document.parent.parent / "openapi" / "airbyte-openapi.yml")
    with pytest.raises(SourceError, match="no source named 'airbyte'; it has airbyteApi"):
        await Library({"airbyte": "x.yaml"}).program(str(document))


async def test_a_host_that_only_the_document_names_is_not_contacted(document: Path) -> None:
    asked: list[str] = []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        return documents.read("airbyte")

    changed(document, "../openapi/airbyte-openapi.yml", "https://elsewhere.example/api.yaml")
    with pytest.raises(SourceError, match="is not contacted"):
        await Library(fetch=fetch).program(str(document))
    assert asked == []


async def test_a_url_that_was_named_is_read(document: Path) -> None:
    asked: list[str] = []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        return documents.read("airbyte")

    library = Library({"airbyteApi": "https://named.example/api.yaml"}, fetch)
    await library.program(str(document))
    assert asked == ["https://named.example/api.yaml"]


async def test_a_relative_source_of_a_url_is_read_from_the_same_host() -> None:
    texts = {
        "https://docs.example/flows/sync.yaml": KNOWS_NO_QUEUE.encode(),
        "https://docs.example/openapi/airbyte-openapi.yml": documents.read("airbyte"),
    }

    async def fetch(url: str) -> bytes:
        return texts[url]

    program = await Library(fetch=fetch).program("https://docs.example/flows/sync.yaml")
    assert len(program.steps) == 2


@pytest.mark.parametrize(
    ("name", "said"), [("absent.yaml", "no such file"), (".", "it is a folder")]
)
async def test_a_document_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, name: str, said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        await Library().program(str(tmp_path / name))


async def test_a_document_with_a_mistake_names_its_place(document: Path) -> None:
    changed(document, "stepId: pollJob\n", "stepId: no\n")
    with pytest.raises(DocumentError) as refused:
        await Library({"airbyteApi": "airbyte"}).program(str(document))
    assert str(refused.value).startswith(f"{document}:")


async def test_a_shipped_workflow_is_read_by_its_name() -> None:
    program = await Library().program("clear-then-sync")
    assert program.digest == clear_then_sync().digest


def test_the_shipped_workflow_has_the_published_shape() -> None:
    program = trigger_and_poll()
    assert program.workflow_id == "trigger-sync-and-poll"
    assert [step.step_id for step in program.steps] == ["triggerJob", "pollJob"]
    assert program.outputs == ("jobId", "finalStatus", "rowsSynced")


async def codes(document: Path, sources: dict[str, str]) -> list[tuple[str, int]]:
    found = await Library(sources).mistakes_in(str(document))
    assert found == tuple(sorted(found, key=lambda one: (one.line, one.column)))
    return [(problem.code, problem.line) for problem in found if problem.severity == "error"]


def line_of(document: Path, words: str) -> int:
    lines = document.read_text(encoding="utf-8").splitlines()
    return next(at for at, line in enumerate(lines, 1) if words in line)


async def test_a_wrong_operation_is_named_beside_the_documents_other_mistakes(
    document: Path,
) -> None:
    changed(document, "operationId: createJob", "operationId: createJobb")
    changed(document, "successCriteria:", "succesCriteria:")
    found = await codes(document, {"airbyteApi": "airbyte"})
    assert ("unknown-operation", line_of(document, "createJobb")) in found
    assert ("unknown-key", line_of(document, "succesCriteria")) in found


async def test_a_source_that_cannot_be_read_is_a_warning_where_the_document_names_it(
    document: Path,
) -> None:
    changed(document, "successCriteria:", "succesCriteria:")
    found = await Library().mistakes_in(str(document))
    warned = next(problem for problem in found if problem.code == "source-not-read")
    assert warned.severity == "warning"
    assert warned.line == line_of(document, "name: airbyteApi")
    assert "unknown-operation" not in {problem.code for problem in found}


async def test_a_source_named_on_the_command_line_alone_is_told(document: Path) -> None:
    found = await Library({"airbyte": "airbyte"}).mistakes_in(str(document))
    assert any("No source is named 'airbyte'; it has airbyteApi." in str(one) for one in found)


ECHO = b"openapi: 3.0.0\npaths: {/x: {get: {operationId: x}}}\n"


def place_document(folder: Path, sources: str, step: str) -> str:
    text = (
        "arazzo: 1.0.1\ninfo: {title: t, version: '1'}\n"
        f"sourceDescriptions: [{sources}]\nworkflows: [{{workflowId: w, steps: [{step}]}}]\n"
    )
    (folder / "api.yaml").write_bytes(ECHO)
    (folder / "t.yaml").write_text(text)
    return str(folder / "t.yaml")


CALL = "{stepId: s, operationId: x}"


@pytest.mark.parametrize(
    "key", ["arazzo: 1.0.1", '{"arazzo": "1.0.1",', '{"x-a": 1, "arazzo": "1.0.1",']
)
async def test_a_source_without_a_type_is_what_its_text_is(tmp_path: Path, key: str) -> None:
    place_document(tmp_path, "{name: api, url: api.yaml}", CALL)
    inner = yaml.safe_load((tmp_path / "t.yaml").read_text())
    del inner["arazzo"]
    rest = json.dumps(inner)
    text = key + rest[1:] if key.startswith("{") else f"{key}\n{yaml.safe_dump(inner)}"
    (tmp_path / "other.yaml").write_text(text)
    step = "{stepId: s, workflowId: $sourceDescriptions.other.w}"

    program = await Library().program(
        place_document(tmp_path, "{name: other, url: other.yaml}", step)
    )

    assert [operation.path for operation in program.operations] == ["/x"]


async def test_a_source_that_no_step_uses_may_be_unreadable(tmp_path: Path) -> None:
    sources = "{name: api, url: api.yaml}, {name: far, url: 'https://far.example/x.yaml'}"
    qualified = "{stepId: s, operationId: $sourceDescriptions.api.x}"

    program = await Library().program(place_document(tmp_path, sources, qualified))

    assert program.steps[0].operation is not None
    with pytest.raises(SourceError, match="far"):
        await Library().program(place_document(tmp_path, sources, CALL))


async def test_a_document_cannot_make_anybody_wait_for_a_pipe(tmp_path: Path) -> None:
    document = place_document(tmp_path, "{name: api, url: pipe}", CALL)
    os.mkfifo(tmp_path / "pipe")

    (problem, *_) = await Library().mistakes_in(document)

    assert "pipe: it is no regular file" in problem.message


async def test_an_address_that_is_none_is_said_at_its_place(tmp_path: Path) -> None:
    document = place_document(tmp_path, "{name: api, url: 'http://[::1'}", CALL)

    (problem, *_) = await Library().mistakes_in(document)

    assert (problem.line, problem.code) == (3, "source-not-read")
