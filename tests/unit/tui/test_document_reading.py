"""A document read for a face: a program with its inputs, or sentences with their places."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path

import pytest

from tests.support.documents import KNOWS_NO_QUEUE
from tui.document_reading import Reading, read_document

SERVER = "https://airbyte.test/api/public/v1"
AIRBYTE = {"airbyteApi": "airbyte"}


def read(path: Path, text: str, **sources: str) -> Awaitable[Reading]:
    path.write_text(text)
    return read_document(str(path), sources, None, SERVER)


async def test_a_sound_document_gives_its_program_and_inputs(tmp_path: Path) -> None:
    got = await read(tmp_path / "own.yaml", KNOWS_NO_QUEUE, **AIRBYTE)
    assert got.program is not None
    assert [step.step_id for step in got.program.steps] == ["triggerJob", "pollJob"]
    assert [field.name for field in got.fields] == ["connectionId", "jobType"]
    assert got.workflows == ("trigger-sync-and-poll",)
    assert all(": warning: " in line for line in got.told)


@pytest.mark.parametrize("name", ["trigger-sync-and-poll", "clear-then-sync"])
async def test_a_shipped_document_is_read_by_its_name(name: str) -> None:
    got = await read_document(name, {}, None, SERVER)
    assert got.program is not None
    assert got.told == ()


async def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    wrong = KNOWS_NO_QUEUE.replace("operationId: getJob", "operationId: getJobs")
    path = tmp_path / "own.yaml"
    got = await read(path, wrong, **AIRBYTE)
    line = next(n for n, text in enumerate(wrong.splitlines(), 1) if "getJobs" in text)
    assert got.program is None
    assert any(told.startswith(f"{path}:{line}:") and "'getJob'" in told for told in got.told)


async def test_a_source_that_cannot_be_read_is_said_with_what_would_do(tmp_path: Path) -> None:
    got = await read(tmp_path / "own.yaml", KNOWS_NO_QUEUE)
    assert got.program is None
    assert "airbyteApi=airbyte" in got.told[0]


async def test_an_api_at_another_host_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pets.yaml").write_text(
        "openapi: 3.0.3\ninfo: {title: P, version: '1'}\nservers: [{url: https://pets.test}]\n"
        "paths: {/pets: {get: {operationId: listPets, responses: {}}}}\n"
    )
    text = (
        "arazzo: 1.0.1\ninfo: {title: P, version: 1.0.0}\n"
        "sourceDescriptions: [{name: pets, url: pets.yaml, type: openapi}]\n"
        "workflows: [{workflowId: w, steps: [{stepId: s, operationId: listPets}]}]\n"
    )
    got = await read(tmp_path / "own.yaml", text)
    assert got.program is None
    assert "pets.test" in got.told[0]
