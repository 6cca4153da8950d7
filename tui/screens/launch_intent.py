"""What a launch screen stands at: form, workflow, the targets that are taken and their checks.

Pure; from it follow the order, the words on the button and the command that does the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui.screens import launch_form
from tui.screens.launch_form import Form
from tui.screens.workflow_form import Chosen, command, ordered
from workflow.runs.launch import Order, Target, TargetCheck
from workflow.text import SafeText


@dataclass(frozen=True, slots=True)
class Intent:
    """Everything on the screen that decides what is sent."""

    form: Form
    taken: tuple[Target, ...]
    checks: tuple[TargetCheck, ...]
    """Of those that are taken, as far as they are in."""
    workflow: Chosen | None = None
    """A document in place of the form's own jobs."""
    name: str = ""
    """What the launch is called; empty for a name made from its kind."""

    @property
    def once(self) -> bool:
        """Whether it is one run, whatever the targets."""
        return self.workflow is not None and not self.workflow.per_target

    @property
    def checked(self) -> bool:
        """Whether it is known what becomes of every target, and anything does."""
        known = len(self.checks) == len(self.taken)
        return self.once or (
            known and any(check.will in {"send", "wait", "attach"} for check in self.checks)
        )

    def order(self) -> Order:
        """Return the order for what is taken; what is blocked is never sent by accident."""
        left = {"blocked", "skip", "fail"} if self.form.destructive else {"blocked"}
        targets = [check.target for check in self.checks if check.will not in left]
        return ordered(launch_form.order(self.form, targets, self.name), self.workflow)

    def to_check(self, targets: tuple[Target, ...]) -> Order:
        """Return the order by which targets are checked: only what decides what becomes of them."""
        form = self.form
        asked = Form(form.doing, on_conflict=form.on_conflict, over_running=form.over_running)
        order = launch_form.order(asked, targets)
        return order if self.workflow is None else replace(order, job_type=self.workflow.job_type)

    def told(self, profile: SafeText) -> str:
        """Return what the button says."""
        if self.once:
            return f"Run once on {profile}"
        if len(self.checks) < len(self.taken):
            return "Checking …"
        verb, count = launch_form.verb(self.form, self.checks)
        return f"{verb} {count} on {profile}" if count else "Nothing to send"

    def command(self, profile: str) -> str | None:
        """Return the command that does the same, None where no one command does."""
        if self.workflow is None:
            return launch_form.command(self.form, self.taken, profile)
        return command(self.workflow, self.taken, profile)
