"""What a filled-in form becomes: a launch, after a question where data is wiped, or a command."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from textual.app import App

from tui.formats import many
from tui.screens import launch_form
from tui.screens.dialogs import TypedDialog
from tui.screens.launch_form import Doing, Form
from tui.screens.launch_intent import Intent
from tui.session import Session
from tui.telling import Telling, Tells
from workflow.runs import programs
from workflow.runs.events import LaunchId
from workflow.runs.launch import Order
from workflow.text import SafeText


def question(order: Order, form: Form, profile: str) -> TypedDialog | None:
    """Return what has to be typed before the order may go out; None when it wipes nothing."""
    phrase = launch_form.confirmation(form, len(order.targets), profile)
    if phrase is None:
        return None
    what = many(len(order.targets), "target")
    title = SafeText(f"{form.doing.job_type.capitalize()} {what}?")
    return TypedDialog(title, launch_form.warning(form.doing, order), phrase=phrase)


async def done(app: App[Any], session: Session, order: Order, form: Form) -> LaunchId:
    """Launch, and have the app tell of its end the way the form says.

    Raises:
        OrderRefused: the fleet does not take the order; nothing was sent.
    """
    if order.program is None and form.doing is Doing.CLEAR_THEN_SYNC:
        order = replace(order, program=await asyncio.to_thread(programs.clear_then_sync))
    launch = await session.fleet.launch(order)
    if isinstance(app, Tells):
        app.tell_of(launch, Telling(form.bell, form.desktop))
    return launch


def copied(app: App[Any], intent: Intent, profile: str) -> SafeText:
    """Copy the command that does the same, and return what was copied."""
    written = intent.command(profile)
    if written is None:
        return SafeText("no one command does all: see syncdeck workflow run --help")
    app.copy_to_clipboard(written)
    verb = "run" if intent.workflow is None else "workflow run"
    return SafeText(f"copied: syncdeck {verb} … for {many(len(intent.taken), 'target')}")
