"""The command itself, stopped for longer than its token and its looks are good for, and woken.

In real time, with real signals: while it is stopped the server goes on, and what it had asked is
answered and lies there unread. All stories are lived through at once, since they only wait.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.cli import Ended, read_until, start, wait
from tests.support.fleets import add_connection
from tests.support.sandbox import running_sandbox
from workflow.runs.trigger.rules import FRESH
from workflow.sandbox.auth import FIXED_CLIENT_ID, FIXED_CLIENT_SECRET
from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.faults import parse_fault
from workflow.sandbox.jobs import Job
from workflow.sandbox.model import Cause, ConnectionId, JobType
from workflow.sandbox.server import SandboxServer

STOPPED_FOR = FRESH.total_seconds() + 0.5
TOKEN = 2.0
SHORT = Behaviour(duration=4.0, spread=0.0, rows=10, row_bytes=10, past_jobs=0, pending=0.5)
LONG = Behaviour(duration=60.0, spread=0.0, rows=10, row_bytes=10, past_jobs=0, pending=0.5)


@dataclass
class Scene:
    """A server, a connection of its own, and a command that is stopped there."""

    server: SandboxServer
    journal: Path
    connection: str = ""

    def connect(self, behaviour: Behaviour) -> str:
        self.connection = add_connection(self.server.world, behaviour).connection_id
        return self.connection

    def colleague_starts(self) -> int:
        """Let somebody else start a job; nobody may be asking for anything meanwhile."""
        world = self.server.world
        world.advance(time.time())
        connection = world.catalogue.connections[ConnectionId(self.connection)]
        return int(world.begin(connection, JobType.SYNC, Cause("colleague")).id)

    def colleague_starts_anew(self) -> None:
        """Let somebody else cancel what runs there, and start another job."""
        world = self.server.world
        world.advance(time.time())
        assert world.cancel_on(ConnectionId(self.connection)) is not None
        world.advance(time.time() + 1.0)
        self.colleague_starts()

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        environ = {
            "AIRBYTE_API_ROOT": self.server.base_url,
            "AIRBYTE_CLIENT_ID": FIXED_CLIENT_ID,
            "AIRBYTE_CLIENT_SECRET": FIXED_CLIENT_SECRET,
            "SYNCDECK_JOURNAL": str(self.journal),
        }
        return start([*arguments, "--json"], environ)

    def stop_when_struck(
        self, fault: str, meanwhile: Callable[[], object], *arguments: str
    ) -> Ended:
        """Stop a command while a fault holds an answer back, and see it to its end."""
        self.server.faults.add(parse_fault(fault))
        process = self.command(*arguments)
        while not self.server.faults.active[-1].strikes:
            assert process.poll() is None, "it ended before it could be stopped"
            time.sleep(0.003)
        return stopped(process, meanwhile)

    def jobs(self) -> list[Job]:
        return [job for job in self.server.world.jobs if str(job.connection_id) == self.connection]


def stopped(process: subprocess.Popen[str], meanwhile: Callable[[], object]) -> Ended:
    """Stop a command for a while, wake it, and wait for its end."""
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(STOPPED_FOR / 2)
    meanwhile()
    time.sleep(STOPPED_FOR / 2)
    os.kill(process.pid, signal.SIGCONT)
    return wait(process)


def nothing() -> None:
    """Nothing happens meanwhile."""


def before_the_post(scene: Scene) -> Ended:
    """Its look at the jobs lies unread, and a colleague starts one."""
    connection = scene.connect(SHORT)
    held = f"slow:endpoint=listJobs,connection={connection},seconds=1s,count=1"
    return scene.stop_when_struck(held, scene.colleague_starts, "run", connection)


def with_the_post_in_flight(scene: Scene) -> Ended:
    """The answer to its trigger lies unread."""
    connection = scene.connect(SHORT)
    return scene.stop_when_struck("slow-post:seconds=2s,count=1", nothing, "run", connection)


def between_polls(scene: Scene) -> Ended:
    """Its job ends while nobody reads it."""
    command = scene.command("run", scene.connect(SHORT))
    early = read_until(command, '"status.changed"')
    ended = stopped(command, nothing)
    return Ended(ended.code, "".join(early) + ended.out, ended.err)


def before_the_delete(scene: Scene) -> Ended:
    """Its look before a DELETE lies unread; the job ends, and a colleague starts another."""
    scene.connect(LONG)
    job = str(scene.colleague_starts())
    held = f"slow:endpoint=getJob,job={job},seconds=1s,skip=1,count=1"
    return scene.stop_when_struck(held, scene.colleague_starts_anew, "cancel", job, "--yes")


def with_the_list_before_the_delete_unread(scene: Scene) -> Ended:
    """Its look at what is newer lies unread; the job ends, and a colleague starts another."""
    connection = scene.connect(LONG)
    job = str(scene.colleague_starts())
    held = f"slow:endpoint=listJobs,connection={connection},seconds=1s,count=1"
    return scene.stop_when_struck(held, scene.colleague_starts_anew, "cancel", job, "--yes")


def with_the_delete_in_flight(scene: Scene) -> Ended:
    """The answer to its DELETE lies unread."""
    scene.connect(LONG)
    job = str(scene.colleague_starts())
    held = "hang-delete:seconds=2s,count=1"
    return scene.stop_when_struck(held, nothing, "cancel", job, "--yes")


@dataclass(frozen=True)
class Told:
    """What a command said at its end, and what the server knows."""

    code: int
    err: str
    verdicts: list[str]
    job: int | None
    posts: int
    """Triggers that were not refused."""
    deletes: int
    tokens: int
    jobs: list[tuple[int, str]]


def live(story: Callable[[Scene], Ended], folder: Path) -> Told:
    with running_sandbox(auth=True, token_lifetime=TOKEN, connections=1) as server:
        scene = Scene(server, folder / f"{story.__name__}.db")
        ended = story(scene)
        return Told(
            ended.code,
            ended.err,
            ended.verdicts,
            ended.last("run.finished").get("jobId"),
            server.log.count("createJob", 200),
            server.log.count("cancelJob"),
            server.log.count("createAccessToken"),
            [(int(job.id), job.status.value) for job in scene.jobs()],
        )


STORIES = (
    before_the_post,
    with_the_post_in_flight,
    between_polls,
    before_the_delete,
    with_the_list_before_the_delete_unread,
    with_the_delete_in_flight,
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Told]]:
    """What came of every story."""
    folder = tmp_path_factory.mktemp("stopped")
    with ThreadPoolExecutor(len(STORIES)) as pool:
        lives = {story.__name__: pool.submit(live, story, folder) for story in STORIES}
        yield {name: one.result() for name, one in lives.items()}


@pytest.mark.parametrize("story", [story.__name__ for story in STORIES])
def test_it_ends_in_order(told: Mapping[str, Told], story: str) -> None:
    one = told[story]
    assert "Traceback" not in one.err
    assert len(one.verdicts) == 1


def test_what_began_while_it_was_stopped_is_watched_and_nothing_is_started_beside_it(
    told: Mapping[str, Told],
) -> None:
    one = told["before_the_post"]
    assert (one.code, one.posts, one.verdicts) == (0, 0, ["succeeded"])
    assert [job for job, _ in one.jobs] == [one.job]


def test_an_answer_that_lay_unread_is_the_answer_to_the_only_trigger(
    told: Mapping[str, Told],
) -> None:
    one = told["with_the_post_in_flight"]
    assert (one.code, one.posts, one.verdicts) == (0, 1, ["succeeded"])
    assert one.jobs == [(one.job, "succeeded")]


@pytest.mark.parametrize("story", ["before_the_post", "with_the_post_in_flight", "between_polls"])
def test_a_token_that_ran_out_meanwhile_is_got_anew(told: Mapping[str, Told], story: str) -> None:
    assert told[story].tokens >= 2


def test_an_end_that_nobody_saw_is_read_afterwards(told: Mapping[str, Told]) -> None:
    one = told["between_polls"]
    assert (one.code, one.posts, one.verdicts) == (0, 1, ["succeeded"])


@pytest.mark.parametrize("story", ["before_the_delete", "with_the_list_before_the_delete_unread"])
def test_a_delete_does_not_leave_on_a_look_of_before(told: Mapping[str, Told], story: str) -> None:
    """It would have hit the job that a colleague started meanwhile."""
    one = told[story]
    assert (one.deletes, one.verdicts) == (0, ["cancelled"])  # by the colleague
    assert [status == "cancelled" for _, status in one.jobs] == [True, False]


def test_a_delete_whose_answer_lay_unread_is_not_sent_again(told: Mapping[str, Told]) -> None:
    one = told["with_the_delete_in_flight"]
    assert (one.code, one.deletes, one.verdicts) == (3, 1, ["cancelled"])
