"""The examples of `workflow/runs/EVENTS.md`, for tests that hold it to what is really written."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "workflow" / "runs" / "EVENTS.md"
_EXAMPLE = re.compile(r"```json\n(.*)\n```")


def sections() -> dict[str, str]:
    """The text about each kind, by kind."""
    parts = re.split(r"^### `([a-z.]+)`$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@cache
def examples() -> dict[str, dict[str, Any]]:
    """The example event of each kind."""
    return {kind: json.loads(_EXAMPLE.findall(text)[0]) for kind, text in sections().items()}


def report() -> dict[str, Any]:
    """The example of a report."""
    return dict(json.loads(_EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))[-1]))
