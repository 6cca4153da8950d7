"""`--dry-run`: the requests a workflow would send, as far as they can be known beforehand.

The first request is known exactly; what follows depends on answers, so later steps are shown by
their method and path as the description has them.
"""

from __future__ import annotations

import json

import click

from workflow.arazzo.program import Program
from workflow.arazzo.turns import Call, Json
from workflow.runs.paths import at_server
from workflow.text import safe


def dry_run(program: Program, inputs: dict[str, Json], server: str | None, *, as_json: bool) -> int:
    """Print the requests; sends nothing."""
    steps = _steps(program, inputs, server)
    if as_json:
        click.echo(json.dumps(steps, indent=2))
        return 0
    for step in steps:
        known = "" if step["known"] else "  (as far as it can be known)"
        click.echo(safe(f"{step['step']}: {step['method']} {step['url']}{known}"))
        if step["body"] is not None:
            click.echo(safe(f"  {json.dumps(step['body'], ensure_ascii=False)}", limit=20_000))
    return 0


def _steps(program: Program, inputs: dict[str, Json], server: str | None) -> list[dict[str, Json]]:
    command = program.start(inputs).command
    outermost = isinstance(command, Call) and len(command.key.frames) == 1
    first = command if isinstance(command, Call) and outermost else None
    found: list[dict[str, Json]] = []
    for step in program.steps:
        operation = step.operation
        if operation is None:
            found.append(_step(step.step_id, "a workflow", ""))
            continue
        base = (server or operation.server or "").rstrip("/")
        if first is None or first.key.step != step.step_id:
            url = base + at_server(operation.path, base)
            found.append(_step(step.step_id, operation.method, url))
            continue
        request = first.request
        url = base + at_server(request.target, base)
        found.append(_step(step.step_id, operation.method, url, request.payload, known=True))
    return found


def _step(
    name: str, method: str, url: str, body: Json = None, *, known: bool = False
) -> dict[str, Json]:
    return {"step": name, "method": method, "url": url, "body": body, "known": known}
