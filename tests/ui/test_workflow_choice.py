"""Another workflow for a launch: mistakes as sentences, inputs as a form, steps as a track."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from tests.support.screens import until
from tests.support.stand_ins import Host, StandInFleet, session
from tui.screens.dialogs import TypedDialog
from tui.screens.launch import LaunchScreen
from tui.screens.workflow_choice import WorkflowScreen
from tui.widgets.form_fields import Choice
from tui.widgets.inputs_form import InputsForm, LineInput
from workflow.runs.launch import Target, TargetCheck
from workflow.text import safe

TARGETS = tuple(Target(f"id-{name}", safe(f"{name} → snowflake")) for name in "ab")
CHECKS = {target.connection_id: TargetCheck(target, "send") for target in TARGETS}
OWN = """\
arazzo: 1.0.1
info: {title: Own, version: 1.0.0}
sourceDescriptions:
  - {name: airbyteApi, url: ../openapi/airbyte-openapi.yml, type: openapi}
workflows:
  - workflowId: look-then-start
    inputs:
      type: object
      required: [connectionId, reason]
      properties:
        connectionId: {type: string}
        jobType: {type: string, enum: [sync, reset, clear], default: sync}
        reason: {type: string, minLength: 3, description: Why it is done.}
        limit: {type: integer, default: 20}
        strict: {type: boolean}
    steps:
      - stepId: look
        operationId: getConnection
        parameters: [{name: connectionId, in: path, value: $inputs.connectionId}]
      - stepId: start
        operationId: createJob
        requestBody:
          contentType: application/json
          payload: {connectionId: $inputs.connectionId, jobType: $inputs.jobType}
  - workflowId: only-list
    steps: [{stepId: list, operationId: listJobs}]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    return path


def text(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).render())


async def launching(pilot: Pilot[None], fleet: StandInFleet) -> LaunchScreen:
    screen = LaunchScreen(session(fleet), TARGETS)
    app = pilot.app
    assert isinstance(app, Host)
    app.push_screen(screen, app.answers.append)
    await until(pilot, lambda: len(screen._checks.by_id) == len(TARGETS))
    return screen


async def choosing(pilot: Pilot[None]) -> WorkflowScreen:
    """Go on from the launch screen to the choice of a workflow."""
    await pilot.press("w")
    await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
    screen = pilot.app.screen
    assert isinstance(screen, WorkflowScreen)
    await until(pilot, lambda: screen._ahead.armed)
    return screen


async def read(pilot: Pilot[None], path: Path | str, sources: str = "airbyteApi=airbyte") -> None:
    screen = pilot.app.screen
    screen.query_one("#document", Input).value = str(path)
    screen.query_one("#sources", Input).value = sources
    screen.query_one("#document").focus()
    await pilot.press("enter")
    await until(pilot, lambda: getattr(screen, "_reading", None) is not None)
    await until(pilot, lambda: len(screen.query("#inputs > *")) == len(screen._reading.fields))  # type: ignore[attr-defined]


def field(pilot: Pilot[None], name: str) -> LineInput | Choice:
    form = pilot.app.screen.query_one(InputsForm)
    number = [each.name for each in form._fields].index(name)
    found = form.query_one(f"#{form._key(number)}")
    assert isinstance(found, LineInput | Choice)
    return found


async def test_inputs_are_asked_for_as_the_document_declares_them(own: Path) -> None:
    async with Host().run_test(size=(100, 30)) as pilot:
        await launching(pilot, StandInFleet(checks=CHECKS))
        await choosing(pilot)
        await read(pilot, own)
        texts = pilot.app.screen.query_one(InputsForm).texts
        assert texts == {"jobType": "sync", "reason": "", "limit": "20", "strict": ""}
        kind, strict = field(pilot, "jobType"), field(pilot, "strict")
        assert isinstance(kind, Choice)
        assert isinstance(strict, Choice)
        assert [option.value for option in kind.options] == ["sync", "reset", "clear"]
        assert [option.label for option in strict.options] == ["left out", "true", "false"]
        assert isinstance(field(pilot, "reason"), LineInput)
        assert "1 look ━ 2 start" in text(pilot, "#steps")


async def test_what_is_missing_is_said_and_the_button_waits_for_it(own: Path) -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        await launching(pilot, StandInFleet(checks=CHECKS))
        screen = await choosing(pilot)
        await read(pilot, own)
        assert "'reason' is missing" in text(pilot, "#status")
        await pilot.press("enter")
        assert pilot.app.screen is screen
        assert screen.query_one("#go", Button).disabled
        reason = field(pilot, "reason")
        assert isinstance(reason, LineInput)
        reason.value = "nightly"
        await until(pilot, lambda: not screen.query_one("#go", Button).disabled)
        assert "runs for each of 2 targets" in text(pilot, "#status")


async def test_the_launch_executes_the_chosen_workflow_with_its_inputs(own: Path) -> None:
    fleet = StandInFleet(checks=CHECKS)
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await launching(pilot, fleet)
        await choosing(pilot)
        await read(pilot, own)
        field(pilot, "reason").value = "nightly"  # type: ignore[union-attr]
        field(pilot, "limit").value = "7"  # type: ignore[union-attr]
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen and screen._ready(screen._intent))
        assert f"look-then-start of {own}"[:40] in text(pilot, "#workflow")
        await pilot.press("enter")
        await until(pilot, lambda: bool(fleet.orders))
        (order,) = fleet.orders
        assert order.program is not None
        assert order.program.workflow_id == "look-then-start"
        assert order.inputs == {"jobType": "sync", "reason": "nightly", "limit": 7}
        assert (order.job_type, order.targets) == ("sync", TARGETS)


@pytest.fixture
def wrong(own: Path) -> Path:
    own.write_text(OWN.replace("operationId: createJob", "operationId: createJobs"))
    return own


async def test_every_mistake_of_a_document_is_shown_at_its_place(wrong: Path) -> None:
    async with Host().run_test(size=(120, 40)) as pilot:
        await launching(pilot, StandInFleet(checks=CHECKS))
        screen = await choosing(pilot)
        await read(pilot, wrong)
        assert "1 mistake" in text(pilot, "#told-rule")
        assert f"{wrong}:21:22: error: " in text(pilot, "#told")
        assert "'createJob'" in text(pilot, "#told")
        assert not screen.query_one(InputsForm).display
        await pilot.press("enter")
        assert pilot.app.screen is screen


async def test_a_source_that_is_not_there_is_said_with_what_to_write(own: Path) -> None:
    async with Host().run_test(size=(120, 40)) as pilot:
        await launching(pilot, StandInFleet(checks=CHECKS))
        await choosing(pilot)
        await read(pilot, own, sources="")
        assert "Sources: airbyteApi=airbyte" in text(pilot, "#told")


async def test_a_workflow_without_a_connection_runs_once(own: Path) -> None:
    fleet = StandInFleet(checks=CHECKS)
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await launching(pilot, fleet)
        chooser = await choosing(pilot)
        await read(pilot, own)
        which = chooser.query_one("#which Choice", Choice)
        which.chosen = "only-list"
        await until(pilot, lambda: "runs once" in text(pilot, "#status"))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen and screen._ready(screen._intent))
        assert "Run once on PROD" in str(screen.query_one("#go", Button).label)
        await pilot.press("enter")
        await until(pilot, lambda: bool(fleet.orders))
        assert fleet.orders[0].targets == ()


async def test_a_workflow_that_wipes_data_asks_for_the_words() -> None:
    fleet = StandInFleet(checks=CHECKS)
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await launching(pilot, fleet)
        await choosing(pilot)
        await read(pilot, "clear-then-sync", sources="")
        assert "it clears data" in text(pilot, "#status")
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen and screen._ready(screen._intent))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TypedDialog))
        assert fleet.orders == []


async def test_an_empty_document_goes_back_to_the_forms_own_jobs(own: Path) -> None:
    fleet = StandInFleet(checks=CHECKS)
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await launching(pilot, fleet)
        for document in ("trigger-sync-and-poll", ""):
            await choosing(pilot)
            if document:
                await read(pilot, document, sources="")
            else:
                pilot.app.screen.query_one("#document", Input).value = ""
            await pilot.press("enter")
            await until(pilot, lambda: pilot.app.screen is screen and screen._ready(screen._intent))
        await pilot.press("enter")
        await until(pilot, lambda: bool(fleet.orders))
        assert fleet.orders[0].program is None


async def test_the_command_that_does_the_same_can_be_copied(own: Path) -> None:
    fleet = StandInFleet(checks=CHECKS)
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await launching(pilot, fleet)
        await choosing(pilot)
        await read(pilot, own)
        field(pilot, "reason").value = "it's nightly"  # type: ignore[union-attr]
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen and screen._ready(screen._intent))
        await pilot.press("y")
        assert "no one command" in text(pilot, "#status")
        await pilot.press("space", "y")
        copied = pilot.app.copied  # type: ignore[attr-defined]
        assert copied.startswith(f"syncdeck --profile prod workflow run {own} --workflow-id")
        assert "--source=airbyteApi=airbyte --input=connectionId=id-b" in copied
        assert "'--input=reason=it'\"'\"'s nightly'" in copied


async def test_mistakes_beyond_the_screen_come_into_sight_by_the_page_keys(own: Path) -> None:
    text = OWN + "".join(f"  - {{workflowId: w{number}, steps: []}}\n" for number in range(40))
    await asyncio.to_thread(own.write_text, text)
    async with Host().run_test(size=(80, 24)) as pilot:
        await launching(pilot, StandInFleet(checks=CHECKS))
        screen = await choosing(pilot)
        await read(pilot, own)
        body = screen.query_one("#body")
        await until(pilot, lambda: body.max_scroll_y > 0)
        await pilot.press("pagedown")
        await until(pilot, lambda: body.scroll_y > 0)
        await pilot.press("pageup")
        await until(pilot, lambda: body.scroll_y == 0)
