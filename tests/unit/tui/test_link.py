"""A link is slow when pictures wait, and quick again when none has for a while."""

from __future__ import annotations

import pytest

from tui.link import CALM, EVERY, LATE, SLOWLY, SOON, STALLED, Link, Waited, over_ssh


def seen(link: Link, *longest: float, at: float = 0.0) -> float:
    """Let pictures wait so long, one a tick, and return the time after them."""
    for waited in longest:
        link.due(at, Waited(waited))
        at += EVERY
    return at


@pytest.mark.parametrize(
    ("waits", "slow"),
    [
        ([0.0, SOON, LATE - 0.01, LATE - 0.01], False),
        ([LATE], False),
        ([LATE, 0.0, LATE, 0.0, LATE], False),
        ([LATE, LATE], True),
        ([STALLED], True),
    ],
)
def test_a_link_is_slow_when_pictures_are_not_out_in_time(waits: list[float], slow: bool) -> None:
    link = Link(ssh=True)
    seen(link, *waits)
    assert link.slow is slow


def test_a_slow_link_is_quick_again_after_a_while_in_which_nothing_waited() -> None:
    link = Link(ssh=True)
    at = seen(link, STALLED)
    at = seen(link, *[SOON] * int(CALM / EVERY - 2), at=at)
    assert link.slow
    seen(link, SOON, SOON, SOON, at=at)
    assert not link.slow


def test_waits_between_soon_and_late_leave_it_as_it_is() -> None:
    between = [(SOON + LATE) / 2] * int(3 * CALM / EVERY)
    quick, slow = Link(ssh=True), Link(ssh=True)
    seen(quick, *between)
    seen(slow, *between, at=seen(slow, STALLED))
    assert (quick.slow, slow.slow) == (False, True)


@pytest.mark.parametrize(("slow", "most"), [(False, 40), (True, 11)])
def test_so_many_pictures_are_drawn_in_ten_seconds(slow: bool, most: int) -> None:
    link = Link(ssh=True, slow=slow)
    drawn = sum(link.due(tick * EVERY, Waited()) for tick in range(int(10 / EVERY)))
    assert 0.9 * most <= drawn <= most


@pytest.mark.parametrize("early", [0.0, 0.01, -0.01])
def test_a_slow_link_gets_one_a_second_whatever_the_timer_does(early: float) -> None:
    link = Link(ssh=True, slow=True)
    times = [tick * EVERY - (early if tick % 2 else 0.0) for tick in range(40)]
    drawn = [at for at in times if link.due(at, Waited())]
    assert len(drawn) == 10 * SLOWLY


@pytest.mark.parametrize("link", [Link(ssh=True), Link(ssh=False), Link(ssh=True, slow=False)])
def test_nothing_is_drawn_while_an_earlier_picture_waits_whatever_the_link(link: Link) -> None:
    assert link.due(0.0, Waited())
    assert not link.due(2.0, Waited(0.5, 0.5))
    assert link.due(4.0, Waited(0.9, 0.0))


@pytest.mark.parametrize(("ssh", "slow"), [(False, None), (True, False), (False, False)])
def test_a_terminal_here_and_a_link_that_is_said_to_be_quick_are_not_judged(
    ssh: bool, slow: bool | None
) -> None:
    link = Link(ssh=ssh, slow=slow)
    seen(link, STALLED, STALLED, STALLED)
    assert not link.slow


def test_a_link_that_is_said_to_be_slow_stays_so() -> None:
    link = Link(ssh=False, slow=True)
    seen(link, *[0.0] * 100)
    assert link.slow


@pytest.mark.parametrize(
    ("environ", "ssh"),
    [({}, False), ({"SSH_TTY": "/dev/pts/1"}, True), ({"SSH_CONNECTION": "a 1 b 22"}, True)],
)
def test_ssh_is_known_by_its_environment(environ: dict[str, str], ssh: bool) -> None:
    assert over_ssh(environ) is ssh
