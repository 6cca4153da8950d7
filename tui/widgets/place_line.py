"""The first line of every screen over the deck: which server, where in it, how fresh."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from tui.formats import access, ago, elide
from tui.glyphs import Tone
from tui.session import Session
from tui.widgets.header import access_style
from tui.widgets.lines import crumbs, spread
from workflow.text import SafeText

_QUIET: Final = Tone.QUIET.style
_ROOMY: Final = 100
_PLACE: Final = 36
"""Cells that a place keeps beside a long trouble."""


def place_line(session: Session, place: SafeText, width: int) -> Content:
    """Return ``PROD rw ▸ analytics ▸ job 90377 oracle      14 req/min  read 2s ago``."""
    arming = session.fleet.arming
    mode = access(read_only=arming.read_only, armed=arming.left)
    profile = SafeText(session.profile_name.upper())
    parts = [Content.assemble(" ", (profile, "bold"), " ", (mode, access_style(mode)))]
    if session.workspace and width >= _ROOMY:
        parts.append(Content(elide(session.workspace, 24)))
    return spread(crumbs(*parts, Content.styled(place, "bold")), _freshness(session, width), width)


def _freshness(session: Session, width: int) -> Content:
    if session.fleet.trouble is not None:  # nothing is sent until that is over
        room = max(16, width - _PLACE)
        return Content.styled(f"{elide(session.fleet.trouble, room)} ", Tone.FAILED.style)
    status = session.fleet.feed.status
    read = "not read yet"
    if status.read_at is not None:
        read = f"read {ago(status.read_at, session.clock.now())} ago"
    if status.failing is not None:
        told = elide(status.failing, 40 if width >= _ROOMY else 16)
        return Content.styled(f"{read} · {told} ", Tone.WARNING.style)
    return Content.styled(f"{status.requests_per_minute} req/min  {read} ", _QUIET)
