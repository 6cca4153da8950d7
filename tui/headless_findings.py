"""A finding: what `syncdeck doctor` says to one question, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from workflow.text import SafeText, safe

Health = Literal["well", "warning", "ill"]

_SIGNS: Final = {"well": "✓", "warning": "!", "ill": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question."""

    about: str
    health: Health
    text: SafeText

    @property
    def line(self) -> SafeText:
        """For people."""
        return safe(f"{_SIGNS[self.health]} {self.about}: {self.text}")

    def to_json(self) -> dict[str, str]:
        """Return it for programs."""
        return {"about": self.about, "health": self.health, "text": self.text}
