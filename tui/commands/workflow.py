"""`syncdeck workflow`: check and run Arazzo documents."""

# ruff: noqa: PLC0415 - imported when needed, so that `--help` stays quick

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import click

from tui.commands.common import Common, common_options, without
from tui.commands.options import CONFIRM, DEADLINE, JSON, LOOK, QUIET

_SOURCE = click.option(
    "--source",
    "sources",
    metavar="NAME=FILE|URL",
    multiple=True,
    help="Where a source is; NAME=airbyte for the description of Airbyte's API in here.",
)


@dataclass(frozen=True, slots=True)
class WorkflowOptions:
    """What `workflow run` was asked for on the command line."""

    file: str
    workflow_id: str | None
    inputs: tuple[str, ...]
    inputs_file: str | None
    sources: tuple[str, ...]
    server: str | None
    headers: tuple[str, ...]
    dry_run: bool
    deadline: timedelta
    look: int | None
    allow_retrigger: bool
    confirm: str | None
    quiet: bool
    json: bool


@click.group(short_help="Check and run Arazzo documents.")
@common_options
def workflow() -> None:
    """Check and run workflows: Arazzo 1.0 documents, of any API."""


@workflow.command(short_help="Say what is wrong in documents, and where.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@_SOURCE
@click.option("--strict", is_flag=True, help="Warnings are errors.")
@click.option("--json", "as_json", is_flag=True, help="An array of objects.")
@without(
    "profile",
    "read_only",
    "journal",
    "log_level",
    because="documents are only read, without a server, a journal or a log",
)
def validate(
    *, files: tuple[str, ...], sources: tuple[str, ...], strict: bool, as_json: bool
) -> int:
    """Say what is wrong in documents: FILE:LINE:COLUMN: error|warning: message.

    Sources that are files are read as well; no host is contacted.
    """
    from tui.headless_validate import validate_files

    return validate_files(files, sources, strict=strict, as_json=as_json)


@workflow.command()
@click.argument("file")
@click.option("--workflow-id", metavar="ID", help="Which workflow, if there are several.")
@click.option(
    "--input",
    "inputs",
    metavar="KEY=VALUE",
    multiple=True,
    help="An input, read by its type; JSON for objects and arrays.",
)
@click.option("--inputs", "inputs_file", metavar="FILE", help="Inputs as JSON or YAML.")
@_SOURCE
@click.option("--server", metavar="URL", help="The API's base URL, instead of the profile's.")
@click.option(
    "--header",
    "headers",
    metavar="NAME=@ENVVAR",
    multiple=True,
    help="A header for that server; its value is in an environment variable.",
)
@click.option("--dry-run", is_flag=True, help="Show the requests; send nothing.")
@DEADLINE
@LOOK
@click.option("--allow-retrigger", is_flag=True, help="The document may trigger again in one run.")
@CONFIRM
@QUIET
@JSON
@common_options
@click.pass_context
def run(
    context: click.Context,
    *,
    file: str,
    workflow_id: str | None,
    inputs: tuple[str, ...],
    inputs_file: str | None,
    sources: tuple[str, ...],
    server: str | None,
    headers: tuple[str, ...],
    dry_run: bool,
    deadline: timedelta,
    look: int | None,
    allow_retrigger: bool,
    confirm: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Run a workflow of the Arazzo document FILE to its end.

    A document, input or source with a mistake is refused before anything is sent, with its place.
    """
    from tui.headless_workflow import run_workflow

    options = WorkflowOptions(
        file=file,
        workflow_id=workflow_id,
        inputs=inputs,
        inputs_file=inputs_file,
        sources=sources,
        server=server,
        headers=headers,
        dry_run=dry_run,
        deadline=deadline,
        look=look,
        allow_retrigger=allow_retrigger,
        confirm=confirm,
        quiet=quiet,
        json=as_json,
    )
    return run_workflow(Common.of(context), options)
