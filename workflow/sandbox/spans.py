"""Spans of time as people write them: ``250ms``, ``90s``, ``5m``, ``2h``, ``1d``."""

from __future__ import annotations

import re
from typing import Final

_SPAN: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s?(ms|s|m|h|d)?")
_FACTORS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


def parse_span(text: str) -> float | None:
    """Return the seconds that `text` means (no unit: seconds), or None when it is no span."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        return None
    return float(match[1]) * _FACTORS[match[2] or "s"]
