"""The cancel machine in all small worlds: three at most, never blindly, never the wrong job."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from workflow.runs import cancel as machine
from workflow.runs.cancel_moves import (
    Answer,
    Command,
    Delete,
    Deleted,
    Finish,
    GetJob,
    Gone,
    JobRead,
    JobsRead,
    ListNewer,
    NoDelete,
    Passed,
    Pause,
    Refused,
    Unasked,
)
from workflow.runs.trigger import JobSeen
from workflow.text import safe

START = datetime(2026, 3, 25, 1, 30, tzinfo=UTC)
OURS, NEWER = 8, 9


@dataclass(frozen=True)
class World:
    """Every choice of one small world; times are seconds from the start, None for never."""

    ends: float | None
    """When our job ends by itself."""
    heeded: int | None
    """Which DELETE takes effect, from 0; None: none does."""
    newer: float | None
    """When a newer job begins to run."""
    fails: int = 0
    """How many reads fail from the first DELETE on."""
    takes: float = 1.0
    """How long a DELETE hangs; it acts at its end."""
    forbidden: bool = False


@dataclass
class Server:
    world: World
    at: float = 0.0
    deletes: int = 0
    asked: list[str] = field(default_factory=list)
    cancelled: set[int] = field(default_factory=set)
    failures: int = 0
    blind_deletes: int = 0

    def status(self, job: int) -> str:
        if job in self.cancelled:
            return "cancelled"
        ends = self.world.ends
        return "succeeded" if job == OURS and ends is not None and self.at >= ends else "running"

    def job(self, number: int) -> JobSeen:
        status = self.status(number)
        return JobSeen(number, "sync", status, live=status == "running")

    @property
    def newer_is_there(self) -> bool:
        return self.world.newer is not None and self.at >= self.world.newer

    def do(self, command: Command) -> Answer:
        match command:
            case GetJob() | ListNewer():
                return self._read(command)
            case Delete():
                return self._delete()
            case Pause(seconds):
                self.at += seconds
                return Passed()
            case Finish():
                raise AssertionError("finished")

    def _read(self, command: GetJob | ListNewer) -> Answer:
        self.at += 0.1
        if self.deletes and self.failures < self.world.fails:
            self.failures += 1
            return Unasked(safe("no answer"))
        self.asked.append(type(command).__name__)
        if isinstance(command, GetJob):
            return JobRead(self.job(OURS))
        jobs = [self.job(OURS)] + ([self.job(NEWER)] if self.newer_is_there else [])
        return JobsRead(tuple(jobs))

    def _delete(self) -> Answer:
        if self.asked[-2:] != ["GetJob", "ListNewer"]:
            self.blind_deletes += 1
        self.asked.append("Delete")
        if self.world.forbidden:
            return NoDelete(safe("not allowed"))
        number, self.deletes = self.deletes, self.deletes + 1
        self.at += self.world.takes
        if self.world.heeded == number:
            # The server cancels whatever runs on the connection now.
            hit = OURS if self.status(OURS) == "running" else NEWER
            if hit == OURS or self.newer_is_there:
                self.cancelled.add(hit)
        return Deleted()


def worlds() -> Iterator[World]:
    for ends, heeded, newer, fails, takes in itertools.product(
        (None, -1.0, 0.15, 0.5, 10.0, 40.0, 95.0),
        (None, 0, 1, 2, 3),
        (None, 0.0, 0.15, 5.0, 41.0),
        (0, 1, 5, 60),
        (1.0, 90.0),
    ):
        yield World(ends, heeded, newer, fails, takes)


def live_through(world: World) -> tuple[Server, Finish]:
    server = Server(world)
    move = machine.start(OURS)
    for _ in range(500):
        if isinstance(move.command, Finish):
            return server, move.command
        answer = server.do(move.command)
        move = machine.advance(move.state, answer, START + timedelta(seconds=server.at))
    raise AssertionError(f"no end in {world}")


def broken(world: World) -> list[str]:
    server, end = live_through(world)
    faults = []
    if server.deletes > 3:
        faults.append("more than three DELETEs")
    if server.blind_deletes:
        faults.append("a DELETE without its own look")
    if end.how == "cancelled" and OURS not in server.cancelled:
        faults.append("said to be cancelled, and was not")
    if end.how == "not-sent" and server.deletes:
        faults.append("said not to be sent, and was")
    if OURS in server.cancelled and end.how not in {"cancelled", "not-cancelled"}:
        faults.append(f"cancelled, and said to be {end.how}")
    if OURS in server.cancelled and end.how == "not-cancelled" and world.fails < 60:
        faults.append("cancelled, and said not to be")
    if world.newer == 0.0 and server.deletes:
        faults.append("a DELETE was sent although a newer job ran")
    if NEWER in server.cancelled and end.how != "newer-job" and world.fails < 60:
        faults.append("a newer job was hit, and it was not said")
    return faults


def test_no_small_world_breaks_a_rule_of_cancelling() -> None:
    assert [(world, faults) for world in worlds() if (faults := broken(world))] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MOST_DELETES", 4),
        ("_newer", lambda state, jobs: machine._delete(state)),
        (
            "_check_others",
            lambda state, finish: machine._over(state, finish.how, finish.text),
        ),
        ("SETTLES_IN", timedelta(days=1)),
    ],
)
def test_leaving_a_rule_out_is_caught(
    name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, name, value)

    def falls(world: World) -> bool:
        try:
            return bool(broken(world))
        except AssertionError:
            return True

    assert any(falls(world) for world in worlds())


def test_a_server_that_does_not_let_us_is_believed_at_once() -> None:
    _, end = live_through(World(None, None, None, forbidden=True))
    assert (end.how, end.text) == ("not-sent", "not allowed")


def test_a_server_without_a_list_is_asked_without_it() -> None:
    move = machine.start(OURS)
    move = machine.advance(move.state, JobRead(JobSeen(OURS, "sync", "running", True)), START)
    move = machine.advance(move.state, Gone(safe("404")), START)
    assert isinstance(move.command, Delete)


def test_an_unknown_status_is_cancelled_like_any_other_live_one() -> None:
    move = machine.start(OURS)
    move = machine.advance(move.state, JobRead(JobSeen(OURS, "sync", "suspended", True)), START)
    assert isinstance(move.command, ListNewer)


def to_the_delete() -> machine.Move:
    move = machine.start(OURS)
    move = machine.advance(move.state, JobRead(JobSeen(OURS, "sync", "running", True)), START)
    return machine.advance(move.state, JobsRead(()), START)


def test_a_job_that_ended_between_its_own_reading_and_the_list_is_left_alone() -> None:
    move = machine.start(OURS)
    move = machine.advance(move.state, JobRead(JobSeen(OURS, "sync", "running", True)), START)
    listed = JobsRead((JobSeen(OURS, "sync", "succeeded", False),))
    move = machine.advance(move.state, listed, START)
    assert isinstance(move.command, Finish)
    assert move.command.how == "already-ended"


def test_a_delete_that_could_not_leave_is_none_of_the_three() -> None:
    move, now = to_the_delete(), START
    for _ in range(10):
        assert move.command == Delete(1)
        move = machine.advance(move.state, Unasked(safe("no connection.")), now)
        assert isinstance(move.command, Pause)
        now += timedelta(seconds=move.command.seconds)
        move = machine.advance(move.state, Passed(), now)
        move = machine.advance(move.state, JobRead(JobSeen(OURS, "sync", "running", True)), now)
        move = machine.advance(move.state, JobsRead(()), now)


def test_deletes_that_cannot_leave_are_given_up_after_a_while_as_not_sent() -> None:
    move, now = to_the_delete(), START
    while not isinstance(move.command, Finish):
        answer: Answer = Unasked(safe("no connection."))
        match move.command:
            case Pause(seconds):
                now += timedelta(seconds=seconds)
                answer = Passed()
            case GetJob():
                answer = JobRead(JobSeen(OURS, "sync", "running", True))
            case ListNewer():
                answer = JobsRead(())
        move = machine.advance(move.state, answer, now)
    assert (move.command.how, now - START) == ("not-sent", machine.PATIENCE)
    assert "no connection" in move.command.text


def test_a_delete_that_was_turned_away_at_the_door_is_one_of_the_three() -> None:
    move = to_the_delete()
    move = machine.advance(move.state, Refused(safe("too many requests"), 600.0), START)
    assert move.command == Pause(60.0, safe("too many requests"))
    assert move.state.deletes == 1
