"""The detail says what is known of a connection's past jobs, and no more."""

from __future__ import annotations

import pytest

from tests.support.deck import a_connection, a_story
from tests.support.screens import NOW, past_jobs
from tui.detail_lines import run_lines
from workflow.airbyte.models import Job


def said(history: tuple[Job, ...], width: int = 60) -> str:
    view = a_connection("a → b", usual=None, usual_of=0, last_success=None, history=history)
    state = a_story("a → b", 1, 60).triggered().read(5, "running", 1).state()
    return "\n".join(line.plain for line in run_lines(state, view, NOW, width, lambda id_: id_))


@pytest.mark.parametrize("width", [60, 118])
@pytest.mark.parametrize(
    ("statuses", "says"),
    [
        ("", "no past job to compare with"),
        ("✗", "its one past job did not succeed"),
        ("✗✗⊘", "none of its 3 past jobs succeeded"),
        ("✓✗✗", "only 1 good job to compare with"),
    ],
)
def test_why_there_is_no_usual_time_is_said(statuses: str, says: str, width: int) -> None:
    assert says in said(past_jobs(statuses=statuses), width)
