"""`--dry-run`: the requests a workflow would send, as far as they can be known beforehand.

What only an answer can tell is shown as the expression that will give it, and what the schema of
the inputs calls a secret is struck out.
"""

from __future__ import annotations

import json

import click

from tui.input_values import STRUCK_OUT, without_secrets
from workflow.arazzo.preview import Foreseen
from workflow.arazzo.program import Program
from workflow.arazzo.turns import Json
from workflow.runs.paths import at_server
from workflow.text import safe


def dry_run(program: Program, inputs: dict[str, Json], server: str | None, *, as_json: bool) -> int:
    """Print the requests; sends nothing."""
    complete = program.complete(inputs)
    shown = without_secrets(complete, program.inputs_schema, program.inputs_root)
    foreseen = program.foresee(shown if isinstance(shown, dict) else {})
    if as_json:
        click.echo(json.dumps([_json(step, server) for step in foreseen], indent=2))
        return 0
    for step in foreseen:
        _print(step, server)
    return 0


def _print(step: Foreseen, server: str | None) -> None:
    operation, request = step.operation, step.request
    if operation is None or request is None:
        asked = f"{operation.method} {_url(step, server)}" if operation else "a workflow"
        click.echo(safe(f"{step.step}: {asked}  (nothing can be sent: {step.why_not})"))
        return
    unknown = "  (as far as it can be known)" if step.unknown else ""
    click.echo(safe(f"{step.step}: {operation.method} {_url(step, server)}{unknown}"))
    for name, value in request.headers:
        click.echo(safe(f"  {name}: {value}"))
    if request.content is not None:
        click.echo(safe(f"  {json.dumps(request.payload, ensure_ascii=False)}", limit=20_000))


def _url(step: Foreseen, server: str | None) -> str:
    if step.operation is None:
        return ""
    base = (server or step.operation.server or "").rstrip("/")
    target = step.operation.path if step.request is None else step.request.target
    return base + at_server(target, base).replace("%2A%2A%2A", STRUCK_OUT)


def _json(step: Foreseen, server: str | None) -> dict[str, Json]:
    request = step.request
    return {
        "step": step.step,
        "method": step.operation.method if step.operation is not None else None,
        "url": _url(step, server),
        "headers": [] if request is None else [list(pair) for pair in request.headers],
        "body": None if request is None else request.payload,
        "known": request is not None and not step.unknown,
        "whyNot": step.why_not or None,
    }
