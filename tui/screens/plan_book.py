"""The plans of one profile: asks for a name, keeps one, drops one.

What a plan is, is :mod:`tui.plans`' business.
"""

from __future__ import annotations

from typing import Any

from textual.app import App

from tui import plans
from tui.formats import many
from tui.kept import KeptError, kept_by
from tui.plans import LONGEST_NAME, Plan
from tui.screens.launch_intent import Intent
from tui.screens.naming import NameDialog
from tui.session import Session
from workflow.text import SafeText, safe


def plans_of(app: object, session: Session) -> tuple[Plan, ...]:
    """Return the profile's plans in the order they were saved."""
    return plans.read(kept_by(app).get(*_place(session)))


async def save(
    app: App[Any], session: Session, intent: Intent, before: Plan | None
) -> SafeText | None:
    """Ask for a name and keep the plan; return what became of it, None when gone back."""
    if intent.workflow is not None:
        return SafeText("a plan holds no workflow document: copy the command instead")
    dialog = NameDialog(
        SafeText(f"Save {many(len(intent.taken), 'target')} and this form as a plan?"),
        SafeText(f"It stays with {safe(session.profile_name)}, and is found by its name with `:`."),
        name=before.name if before else "",
        longest=LONGEST_NAME,
    )
    name = await app.push_screen_wait(dialog)
    if not name:
        return None
    plan = Plan(safe(name, limit=LONGEST_NAME), intent.taken, intent.form)
    return _keep(app, session, plans.saved(plans_of(app, session), plan)) or SafeText(
        f"saved as the plan {plan.name}"
    )


def drop(app: App[Any], session: Session, plan: Plan) -> None:
    """Keep a plan no longer."""
    told = _keep(app, session, plans.without(plans_of(app, session), plan.name))
    app.notify(told or SafeText(f"dropped the plan {plan.name}"), markup=False)


def _keep(app: object, session: Session, wanted: tuple[Plan, ...]) -> SafeText | None:
    try:
        kept_by(app).keep(plans.written(wanted), *_place(session))
    except KeptError as error:
        return safe(str(error))
    return None


def _place(session: Session) -> tuple[str, str, str]:
    return "profiles", session.profile_name, plans.KEY
