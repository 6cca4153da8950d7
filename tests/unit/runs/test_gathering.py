"""Documents that name other documents, themselves among them."""

from __future__ import annotations

from collections import Counter

import pytest

from workflow.arazzo.problems import Problem
from workflow.arazzo.program import Program
from workflow.runs.places import SourceError
from workflow.runs.sources import Library

HOST = "https://docs.example/"
API = b"openapi: 3.0.3\npaths: {/x: {get: {operationId: getX}}}\n"


def document(sources: dict[str, str], *workflows: str) -> bytes:
    """Make a document of its sources' names and URLs, and of its workflows."""
    named = "".join(f"- {{name: {name}, url: {url}}}\n" for name, url in sources.items())
    listed = "".join(f"- {workflow}\n" for workflow in workflows)
    head = "arazzo: 1.0.1\ninfo: {title: t, version: '1'}\n"
    return f"{head}sourceDescriptions:\n{named}workflows:\n{listed}".encode()


class Shelf:
    """Texts by their URLs, and how often each was asked for."""

    def __init__(self, **texts: bytes) -> None:
        self.texts = {f"{HOST}{name}.yaml": text for name, text in (texts | {"api": API}).items()}
        self.asked: Counter[str] = Counter()

    async def fetch(self, url: str) -> bytes:
        self.asked[url.removeprefix(HOST)] += 1
        return self.texts[url]

    async def program(self, workflow_id: str) -> Program:
        return await Library(fetch=self.fetch).program(f"{HOST}main.yaml", workflow_id)

    async def mistakes(self) -> tuple[Problem, ...]:
        return await Library(fetch=self.fetch).mistakes_in(f"{HOST}main.yaml")


CALLS = "{workflowId: v, steps: [{stepId: t, operationId: getX}]}"


async def test_a_document_may_name_itself_as_a_source() -> None:
    runs = "{workflowId: w, steps: [{stepId: s, workflowId: $sourceDescriptions.me.v}]}"
    shelf = Shelf(main=document({"api": "api.yaml", "me": "main.yaml"}, runs, CALLS))

    assert await shelf.mistakes() == ()
    assert [step.step_id for step in (await shelf.program("w")).steps] == ["s"]


async def test_two_documents_may_name_each_other() -> None:
    runs = "{workflowId: w, steps: [{stepId: s, workflowId: $sourceDescriptions.b.x}]}"
    back = "{workflowId: x, steps: [{stepId: y, workflowId: $sourceDescriptions.a.v}]}"
    shelf = Shelf(
        main=document({"api": "api.yaml", "b": "b.yaml"}, runs, CALLS),
        b=document({"a": "main.yaml"}, back),
    )

    assert await shelf.mistakes() == ()
    operations = (await shelf.program("w")).operations
    assert [operation.path for operation in operations] == ["/x"]


async def test_a_workflow_that_leads_to_itself_by_way_of_its_document_is_one_mistake() -> None:
    runs = "{workflowId: w, steps: [{stepId: s, workflowId: $sourceDescriptions.me.w}]}"
    shelf = Shelf(main=document({"api": "api.yaml", "me": "main.yaml"}, runs))

    (mistake,) = await shelf.mistakes()

    assert (mistake.code, mistake.line, mistake.column) == ("cycle", 7, 51)
    assert mistake.message.startswith("Here documents lead to each other without an end.")


async def test_what_many_sources_name_is_read_once() -> None:
    shelf = Shelf(main=document({f"a{n}": "api.yaml" for n in range(90)}, CALLS))

    await shelf.mistakes()

    assert shelf.asked == {"main.yaml": 1, "api.yaml": 1}


async def test_a_document_has_a_hundred_sources_at_most_those_of_its_sources_among_them() -> None:
    many = {f"m{n}": f"b{n}.yaml" for n in range(60)}
    others = {f"b{n}": document({"api": "api.yaml"}, CALLS) for n in range(60)}
    runs = "{workflowId: w, steps: [{stepId: s, workflowId: $sourceDescriptions.m59.v}]}"
    shelf = Shelf(main=document(many, runs), **others)

    with pytest.raises(SourceError, match="more than 100 sources"):
        await shelf.program("w")
    assert sum(shelf.asked.values()) <= 1 + 100


async def test_documents_that_name_one_another_too_deep_are_not_followed() -> None:
    chain = {f"b{n}": document({"next": f"b{n + 1}.yaml"}, CALLS) for n in range(20)}
    shelf = Shelf(main=document({"b": "b0.yaml"}, CALLS), **chain)

    problems = await shelf.mistakes()

    assert "name one another without an end" in str(problems[0])
    assert sum(shelf.asked.values()) < 10
