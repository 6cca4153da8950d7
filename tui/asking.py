"""What the app asks over any screen: how long to arm, which profile next, what becomes of runs.

Each asks and does what the answer says, but for leaving, which is the app's own. Run these in
workers: they wait for answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.app import App

from tui.formats import clock, many
from tui.screens import late
from workflow.text import SafeText, safe

if TYPE_CHECKING:
    from tui.session import Session


async def arm(app: App[Any], session: Session) -> bool:
    """Let a read-only profile send for a while, or no longer; says whether anything changed."""
    fleet, profile = session.fleet, safe(session.profile_name)
    why_not = fleet.arming.why_not_arm()
    if why_not is not None:
        app.notify(why_not, severity="warning", markup=False)
        return False
    span = await app.push_screen_wait(late.arm_dialog(session))
    if span is None:
        return False
    if span:
        told = f"{profile} is armed until {clock(fleet.arm(span))}; then it is read-only again"
        app.notify(told, severity="warning", markup=False)
    else:
        await fleet.disarm()
    return True


async def profile(
    app: App[Any], session: Session | None, others: Sequence[tuple[str, SafeText]], here: SafeText
) -> str | None:
    """Return the profile to change to, None to stay `here`."""
    if not others:
        told = "there is no other profile: syncdeck profile add saves one"
        app.notify(told, markup=False)
        return None
    runs = [] if session is None else session.fleet.runs.values()
    live = sum(run.live for run in runs)
    wanted: str | None = await app.push_screen_wait(late.profile_dialog(others, here, live))
    return wanted


async def may_leave(app: App[Any], session: Session) -> bool:
    """Tell whether to quit; what becomes of the live runs is asked, and done before."""
    from workflow.runs.run import Phase  # noqa: PLC0415 - it came with the session

    runs = [run for run in session.fleet.runs.values() if run.live]
    if not runs:
        return True
    sent = [run for run in runs if run.phase is not Phase.WAITING]
    dialog = late.quit_dialog(len(sent), unsent=len(runs) - len(sent), demo=session.demo)
    way = await app.push_screen_wait(dialog)
    if way == "cancel":
        told = f"asking {many(len(sent), 'job')} to stop; the deck closes after that"
        app.notify(told, markup=False)
        wishes = (session.fleet.cancel(run.run) for run in sent)
        await asyncio.gather(*wishes, return_exceptions=True)
    return way != "stay"
