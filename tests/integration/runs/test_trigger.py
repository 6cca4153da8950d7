"""The trigger against a whole sandbox: what the server did, what was said, what was written."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.support.fleets import QuickClock, add_connection
from tests.support.sandbox import running_sandbox, sandbox_in_process
from tests.support.trigger_rig import (
    Rig,
    Sleeper,
    SlowTokens,
    Speaker,
    in_a_sandbox,
    order_for,
    rig,
)
from tests.support.virtual_time import clock as virtual_clock
from tests.support.virtual_time import run_virtual
from workflow.airbyte.client import Client
from workflow.airbyte.models import ConnectionId
from workflow.http.door import Door
from workflow.runs.events import (
    Event,
    Origin,
    PollFailed,
    RunCreated,
    RunId,
    RunWaiting,
    TriggerIntent,
    TriggerSettled,
    Warned,
)
from workflow.runs.journal import Journal
from workflow.runs.journal.intents import Became, GateBusy, IntentKey
from workflow.runs.trigger import (
    Answered,
    Attached,
    Conflict,
    NotStarted,
    OnConflict,
    Refused,
    Skipped,
    Unresolved,
)
from workflow.runs.trigger.driver import NotSent, Trigger
from workflow.runs.trigger.shot import Shot
from workflow.runs.trigger.state import Move


def posts(opened: Rig) -> int:
    return opened.box.log.count("createJob")


def test_a_trigger_with_a_clean_answer_has_started_its_job() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        speaker = await opened.voice("r-1", connection)
        outcome = await opened.fire(connection, speaker=speaker)
        assert isinstance(outcome, Answered)
        assert outcome.how is Origin.STARTED
        assert [job.id for job in opened.jobs_of(connection)] == [outcome.job.job_id]
        kinds = [fact.kind for fact in speaker.said]
        assert kinds == ["run.created", "trigger.intent", "trigger.settled"]
        assert await opened.journal.open_intents() == ()

    in_a_sandbox(story)


def test_the_intent_is_in_the_journal_before_the_post_leaves() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        task = asyncio.create_task(opened.fire(connection))
        while not opened.box.log.under_way or posts(opened) or not opened.jobs_of(connection):
            await opened.clock.sleep(0.5)
        (record,) = await opened.journal.open_intents()
        assert record.intent.connection_id == connection
        await task

    in_a_sandbox(story, "slow-post:seconds=40s")


def test_a_lost_answer_is_settled_by_looking_and_the_job_adopted() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        outcome = await opened.fire(connection)
        assert isinstance(outcome, Answered)
        assert outcome.how is Origin.ADOPTED
        assert "probably" in outcome.why
        assert posts(opened) == 1
        (record,) = await opened.journal.open_intents()
        assert (record.how, record.job_id) == (Became.ADOPTED, outcome.job.job_id)

    in_a_sandbox(story, "cut-after:endpoint=createJob")


def test_who_waits_for_a_look_is_told_what_for() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        speaker = await opened.voice("r-1", connection)
        await opened.fire(connection, speaker=speaker)
        (warned,) = speaker.of(Warned)
        assert isinstance(warned, Warned)
        assert warned.warning == "unsettled"
        assert "looked for during 300 s more" in warned.text
        assert "not sent again" in warned.text
        settled = speaker.said.index(*speaker.of(TriggerSettled))
        assert speaker.said.index(warned) < settled

    in_a_sandbox(story, "cut-after:endpoint=createJob")


def test_an_effect_that_comes_late_is_found() -> None:
    async def story(opened: Rig) -> None:
        outcome = await opened.fire(opened.connection())
        assert isinstance(outcome, Answered)
        assert outcome.how is Origin.ADOPTED

    in_a_sandbox(story, "lost-trigger:after=2m,answer=state-conflict")


def test_an_effect_that_never_comes_is_unresolved_and_its_intent_visible() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        outcome = await opened.fire(connection)
        assert isinstance(outcome, Unresolved)
        assert posts(opened) == 1
        gate = await opened.journal.take_gate(
            IntentKey(RunId("r-2"), "trigger", 1), connection, "x"
        )
        assert isinstance(gate, GateBusy)

    in_a_sandbox(story, "lost-trigger:after=never,answer=gateway")


def test_two_jobs_of_one_lost_post_are_both_suspects() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        outcome = await opened.fire(connection)
        assert isinstance(outcome, Unresolved)
        assert [s.job_id for s in outcome.suspects] == [j.id for j in opened.jobs_of(connection)]

    in_a_sandbox(story, "cut-after:endpoint=createJob", "double-job")


def test_a_sole_candidate_is_shown_while_the_look_goes_on() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        shown: list[tuple[float, int | None]] = []
        speaker = await opened.voice("r-1", connection)

        begun = opened.clock.monotonic()
        await opened.trigger.fire(
            order_for(connection, "r-1"),
            speaker,
            provisional=lambda job: shown.append((opened.clock.monotonic() - begun, job)),
        )
        (job,) = opened.jobs_of(connection)
        assert shown[0][1] == job.id
        assert shown[0][0] < 10

    in_a_sandbox(story, "cut-after:endpoint=createJob")


@pytest.mark.parametrize("wanted", ["clear", "reset"])
def test_a_lost_clear_is_known_by_its_reset(wanted: str) -> None:
    async def story(opened: Rig) -> None:
        outcome = await opened.fire(opened.connection(), job_type=wanted)
        assert isinstance(outcome, Answered)
        assert outcome.how is Origin.ADOPTED

    in_a_sandbox(story, "cut-after:endpoint=createJob")


def test_a_job_that_runs_is_attached_to_and_nothing_sent() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        running = opened.colleague_starts(connection)
        speaker = await opened.voice("r-1", connection)
        outcome = await opened.fire(connection, speaker=speaker)
        assert isinstance(outcome, Attached)
        assert outcome.job.job_id == running
        assert isinstance(outcome.body, dict)
        assert outcome.body["jobId"] == running
        assert speaker.of(TriggerSettled)[0].how == "attached"  # type: ignore[union-attr]
        assert posts(opened) == 0

    in_a_sandbox(story)


def test_a_job_of_another_kind_is_a_conflict_to_be_chosen() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        opened.colleague_starts(connection, "reset")
        outcome = await opened.fire(connection)
        assert isinstance(outcome, Conflict)
        assert outcome.choose
        assert posts(opened) == 0

    in_a_sandbox(story)


def test_a_reset_goes_over_a_running_sync_only_when_that_is_asked_for() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        opened.colleague_starts(connection)
        assert isinstance(await opened.fire(connection, job_type="reset"), Conflict)
        outcome = await opened.fire(connection, run="r-2", job_type="reset", over_running=True)
        assert isinstance(outcome, Answered)
        assert outcome.how is Origin.STARTED

    in_a_sandbox(story)


def test_skip_sends_nothing_when_something_runs() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        running = opened.colleague_starts(connection)
        outcome = await opened.fire(connection, on_conflict=OnConflict.SKIP)
        assert isinstance(outcome, Skipped)
        assert (outcome.reason, outcome.job_id) == ("running", running)

    in_a_sandbox(story)


def test_wait_sends_when_the_other_job_has_ended() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        running = opened.colleague_starts(connection)
        speaker = await opened.voice("r-1", connection)
        outcome = await opened.fire(connection, speaker=speaker, on_conflict=OnConflict.WAIT)
        assert isinstance(outcome, Answered)
        assert outcome.job.job_id > running
        assert [job.ended for job in opened.jobs_of(connection)] == [True, False]
        assert len(speaker.of(RunWaiting)) == 1

    in_a_sandbox(story)


def test_fail_says_which_job_is_in_the_way() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        running = opened.colleague_starts(connection)
        outcome = await opened.fire(connection, on_conflict=OnConflict.FAIL)
        assert isinstance(outcome, Conflict)
        assert str(running) in outcome.why

    in_a_sandbox(story)


def test_an_inactive_connection_is_skipped_with_a_warning() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection(status="inactive")
        speaker = await opened.voice("r-1", connection)
        outcome = await opened.fire(connection, speaker=speaker)
        assert isinstance(outcome, Skipped)
        assert speaker.of(Warned)[0].warning == "inactive"  # type: ignore[union-attr]
        assert posts(opened) == 0

    in_a_sandbox(story)


def test_a_connection_that_does_not_exist_is_refused_before_anything_is_sent() -> None:
    async def story(opened: Rig) -> None:
        outcome = await opened.fire("11111111-2222-4333-8444-555555555555")
        assert isinstance(outcome, Refused)
        assert outcome.status in {403, 404}
        assert posts(opened) == 0

    in_a_sandbox(story)


def test_a_refresh_is_refused_with_the_servers_own_words() -> None:
    async def story(opened: Rig) -> None:
        outcome = await opened.fire(opened.connection(), job_type="refresh")
        assert isinstance(outcome, Refused)
        assert (outcome.status, "not supported" in outcome.why) == (422, True)
        assert await opened.journal.open_intents() == ()

    in_a_sandbox(story)


def test_a_409_with_nothing_running_is_said_to_be_the_servers_trouble() -> None:
    async def story(opened: Rig) -> None:
        outcome = await opened.fire(opened.connection())
        assert isinstance(outcome, Refused)
        assert "known state of the server" in outcome.why
        assert posts(opened) == 1

    in_a_sandbox(story, "phantom-running")


def test_an_overloaded_server_is_asked_again_with_a_new_intent() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        speaker = await opened.voice("r-1", connection)
        outcome = await opened.fire(connection, speaker=speaker)
        assert isinstance(outcome, Answered)
        assert len(speaker.of(TriggerIntent)) == 3
        assert [r.how for r in await opened.journal.intents_of(RunId("r-1"))] == [
            Became.REFUSED,
            Became.REFUSED,
            Became.STARTED,
        ]

    in_a_sandbox(story, "rate-limit:endpoint=createJob,count=2")


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        ("rate-limit:endpoint=createJob,count=1", 429),
        ("server-error:endpoint=createJob,status=401,count=1", 401),
    ],
)
def test_a_trigger_that_is_given_up_after_a_refusal_does_not_say_that_nothing_was_sent(
    refusal: str, status: int
) -> None:
    async def story(opened: Rig) -> None:
        outcome = await opened.fire(opened.connection())
        assert isinstance(outcome, NotStarted)
        assert (outcome.because, posts(opened)) == ("unreachable", 1)
        assert "nothing was sent" not in outcome.why
        assert f"its trigger had been refused ({status}) and was not sent again" in outcome.why

    in_a_sandbox(story, refusal, "server-error:endpoint=listJobs,skip=1")


def test_a_deadline_after_a_refusal_does_not_say_that_nothing_was_sent() -> None:
    async def story(opened: Rig) -> None:
        deadline = opened.clock.now() + timedelta(seconds=20)
        outcome = await opened.fire(opened.connection(), deadline=deadline)
        assert isinstance(outcome, NotStarted)
        assert outcome.because == "deadline"
        assert "its trigger had been refused (429)" in outcome.why

    in_a_sandbox(story, "rate-limit:endpoint=createJob,retry_after=40")


def test_a_list_that_lay_unread_while_the_program_stood_still_is_asked_for_again() -> None:
    async def play() -> None:
        way = Sleeper(virtual_clock(), "/jobs$")
        box = sandbox_in_process(way)
        way.to = box.transport
        async with rig(box, way, transport=way) as opened:
            connection = opened.connection()
            way.happens = lambda: opened.colleague_starts(connection)
            outcome = await opened.fire(connection)
            assert isinstance(outcome, Attached)
            assert posts(opened) == 0

    run_virtual(play())


def test_a_connection_that_lay_unread_while_the_program_stood_still_is_asked_for_again() -> None:
    async def play() -> None:
        way = Sleeper(virtual_clock(), "/connections/")
        box = sandbox_in_process(way)
        way.to = box.transport
        async with rig(box, way, transport=way) as opened:
            assert isinstance(await opened.fire(opened.connection()), Answered)
            assert box.log.count("getConnection") == 2
            assert posts(opened) == 1

    run_virtual(play())


@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("span", [6.0, 12.0, 25.0, 45.0])
@pytest.mark.parametrize("unread", ["/jobs$", "/connections/"])
def test_no_stop_longer_than_a_look_is_good_for_lets_a_clear_go_over_what_began_meanwhile(
    unread: str, span: float, skip: int
) -> None:
    async def play() -> None:
        way = Sleeper(virtual_clock(), unread, span=span, skip=skip)
        box = sandbox_in_process(way)
        way.to = box.transport
        async with rig(box, way, transport=way) as opened:
            connection = opened.connection()
            way.happens = lambda: opened.colleague_starts(connection)
            if skip:  # one look has been made before
                await opened.client.get_connection(ConnectionId(connection))
                await opened.client.list_jobs(connection_id=ConnectionId(connection))
            outcome = await opened.fire(connection, job_type="clear")
            assert isinstance(outcome, Conflict)
            assert posts(opened) == 0
            # A look is found to be old before anything is written of a trigger.
            assert await opened.journal.intents_of(RunId("r-1")) == ()

    run_virtual(play())


def test_a_trigger_that_waited_for_a_token_rests_on_a_new_look() -> None:
    async def play() -> None:
        clock = virtual_clock()
        box = sandbox_in_process(clock)
        async with rig(box, clock, auth=SlowTokens(clock, slow=3, seconds=10.0)) as opened:
            connection = opened.connection()
            assert isinstance(await opened.fire(connection), Answered)
            assert [entry.endpoint for entry in box.log][:5] == [
                *("getConnection", "listJobs"),
                *("getConnection", "listJobs", "createJob"),
            ]
            first, second = await opened.journal.intents_of(RunId("r-1"))
            assert (first.how, second.how) == (Became.NOT_SENT, Became.STARTED)

    run_virtual(play())


def test_a_deadline_that_passes_while_a_token_is_waited_for_keeps_the_trigger_back() -> None:
    async def play() -> None:
        clock = virtual_clock()
        box = sandbox_in_process(clock)
        async with rig(box, clock, auth=SlowTokens(clock, slow=3, seconds=3.0)) as opened:
            deadline = clock.now() + timedelta(seconds=2)
            outcome = await opened.fire(opened.connection(), deadline=deadline)
            assert isinstance(outcome, NotStarted)
            assert (outcome.because, posts(opened)) == ("deadline", 0)

    run_virtual(play())


def test_a_look_that_lay_unread_until_its_window_was_over_closes_nothing() -> None:
    """The effect came after it was made, and before the window closed."""

    async def play() -> None:
        way = Sleeper(virtual_clock(), "/jobs$", skip=1)
        box = sandbox_in_process(way, faults=("lost-trigger:after=100s", "no-date"))
        way.to = box.transport
        async with rig(box, way, transport=way) as opened:
            connection = opened.connection()
            outcome = await opened.fire(connection)
            assert isinstance(outcome, Answered)
            assert [outcome.job.job_id] == [job.id for job in opened.jobs_of(connection)]
            assert way.slept

    run_virtual(play())


def test_a_server_that_takes_too_long_to_say_what_runs_gets_no_trigger() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        speaker = await opened.voice("r-1", connection)
        outcome = await opened.fire(connection, speaker=speaker)
        assert isinstance(outcome, NotStarted)
        assert outcome.because == "unreachable"
        assert "takes too long to say what runs" in outcome.why
        assert speaker.of(PollFailed)
        assert posts(opened) == 0

    in_a_sandbox(story, "slow:seconds=20s")


def test_a_server_that_needs_eight_seconds_to_say_what_runs_gets_its_trigger() -> None:
    async def story(opened: Rig) -> None:
        assert isinstance(await opened.fire(opened.connection()), Answered)
        assert (opened.box.log.count("getConnection"), posts(opened)) == (1, 1)

    in_a_sandbox(story, "slow:endpoint=listJobs,seconds=8s")


def test_a_server_that_is_slow_for_a_while_gets_its_trigger_after_that() -> None:
    async def story(opened: Rig) -> None:
        assert isinstance(await opened.fire(opened.connection()), Answered)
        assert posts(opened) == 1

    in_a_sandbox(story, "slow:seconds=20s,count=3")


def test_a_schedule_that_fires_first_is_not_told_from_ours() -> None:
    async def story(opened: Rig) -> None:
        outcome = await opened.fire(opened.connection())
        assert isinstance(outcome, Answered)  # nothing in a job says who started it
        assert posts(opened) == 1

    in_a_sandbox(story, "swallowed-trigger")


def test_a_server_that_cannot_be_asked_gets_no_trigger() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        speaker = await opened.voice("r-1", connection)
        outcome = await opened.fire(connection, speaker=speaker)
        assert isinstance(outcome, NotStarted)
        assert outcome.because == "unreachable"
        assert speaker.of(PollFailed)
        assert posts(opened) == 0

    in_a_sandbox(story, "server-error:endpoint=listJobs")


def test_the_deadline_ends_a_wait_with_nothing_sent() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        opened.colleague_starts(connection)
        outcome = await opened.fire(
            connection,
            on_conflict=OnConflict.WAIT,
            deadline=opened.clock.now() + timedelta(seconds=20),
        )
        assert isinstance(outcome, NotStarted)
        assert outcome.because == "deadline"

    in_a_sandbox(story)


def test_the_deadline_ends_a_look_as_unresolved_with_its_suspects() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        outcome = await opened.fire(connection, deadline=opened.clock.now() + timedelta(seconds=60))
        assert isinstance(outcome, Unresolved)
        assert [s.job_id for s in outcome.suspects] == [j.id for j in opened.jobs_of(connection)]

    in_a_sandbox(story, "cut-after:endpoint=createJob")


def test_a_server_without_a_date_is_judged_by_our_clock() -> None:
    async def story(opened: Rig) -> None:
        outcome = await opened.fire(opened.connection())
        assert isinstance(outcome, Answered)
        assert outcome.how is Origin.ADOPTED

    in_a_sandbox(story, "no-date", "cut-after:endpoint=createJob")


def test_a_server_that_has_lost_its_jobs_is_not_believed() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        opened.colleague_starts(connection)
        await opened.clock.sleep(200)
        outcome = await opened.fire(connection)
        assert isinstance(outcome, Unresolved)
        assert "history changed" in outcome.why

    in_a_sandbox(story, "restart:endpoint=createJob,seconds=5s,keep=false,count=1")


def test_two_runs_on_one_connection_send_one_after_the_other() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        outcomes = await asyncio.gather(
            opened.fire(connection, run="r-1"), opened.fire(connection, run="r-2")
        )
        kinds = sorted(type(outcome).__name__ for outcome in outcomes)
        assert kinds == ["Answered", "Attached"]
        assert posts(opened) == 1

    in_a_sandbox(story, "slow-post:seconds=20s")


def test_a_run_that_was_detached_while_its_post_was_under_way_is_settled_by_recovery() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        task = asyncio.create_task(opened.fire(connection))
        while not opened.jobs_of(connection):
            await opened.clock.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        outcome = await opened.recover(connection)
        assert isinstance(outcome, Answered)
        assert outcome.how is Origin.ADOPTED
        assert posts(opened) <= 1

    in_a_sandbox(story, "slow-post:seconds=60s")


def test_an_answer_that_is_about_to_come_is_waited_for_when_a_run_is_detached() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        task = asyncio.create_task(opened.fire(connection))
        while not opened.jobs_of(connection):
            await opened.clock.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (record,) = await opened.journal.intents_of(RunId("r-1"))
        assert record.how is Became.STARTED
        outcome = await opened.recover(connection)
        assert isinstance(outcome, Answered)
        assert outcome.how is Origin.STARTED

    in_a_sandbox(story, "slow-post:seconds=3s")


def test_recovery_of_a_run_that_never_sent_says_so_and_sends_nothing() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        assert isinstance(await opened.recover(connection), NotSent)
        assert posts(opened) == 0

    in_a_sandbox(story)


def test_detaching_a_waiting_run_leaves_no_gate_behind() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        opened.colleague_starts(connection)
        task = asyncio.create_task(opened.fire(connection, on_conflict=OnConflict.WAIT))
        await opened.clock.sleep(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert isinstance(await opened.fire(connection, run="r-2"), Attached)

    in_a_sandbox(story)


def test_the_machines_checkpoint_is_written_with_the_answer() -> None:
    async def story(opened: Rig) -> None:

        connection = opened.connection()
        speaker = await opened.voice("r-1", connection)
        await opened.trigger.fire(
            order_for(connection, "r-1"), speaker, checkpoint=lambda answer: {"after": "trigger"}
        )
        (one,) = await opened.journal.unfinished()
        past = (await opened.journal.pasts([one.row.run], form="none"))[one.row.run]
        assert past.checkpoint == {"after": "trigger"}
        assert one.row.job_id is not None

    in_a_sandbox(story)


def test_a_disk_that_fills_up_during_the_post_does_not_lose_the_answer() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        speaker = await opened.voice("r-1", connection)
        task = asyncio.create_task(opened.fire(connection, speaker=speaker))
        while not opened.jobs_of(connection):
            await opened.clock.sleep(0.5)
        await opened.journal._threads.alone(lambda db: db.execute("PRAGMA query_only=ON") and None)
        outcome = await task
        assert isinstance(outcome, Answered)
        assert outcome.how is Origin.STARTED
        assert "read-only" in (opened.journal.healthy or "")
        await opened.journal._threads.alone(lambda db: db.execute("PRAGMA query_only=OFF") and None)
        (record,) = await opened.journal.intents_of(RunId("r-1"))
        assert record.how is Became.STARTED

    in_a_sandbox(story, "slow-post:seconds=20s")


def test_a_process_that_was_paused_behind_its_intent_looks_again_before_it_sends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = Shot._to_the_end
    pauses = [3600.0]

    async def paused(shot: Shot, move: Move) -> Move:
        if pauses:
            await shot._clock.sleep(pauses.pop())
        return await real(shot, move)

    monkeypatch.setattr(Shot, "_to_the_end", paused)

    async def story(opened: Rig) -> None:
        connection = opened.connection()
        outcome = await opened.fire(connection)
        assert isinstance(outcome, Answered)
        assert posts(opened) == 1
        first, second = await opened.journal.intents_of(RunId("r-1"))
        assert (first.how, second.how) == (Became.NOT_SENT, Became.STARTED)
        assert second.intent.at - first.intent.at > timedelta(hours=1)

    in_a_sandbox(story)


def test_old_servers_that_list_by_type_only_are_asked_for_each_type() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        opened.colleague_starts(connection, "refresh")
        outcome = await opened.fire(connection)
        assert isinstance(outcome, Conflict)
        assert opened.trigger.lists.by_type

    in_a_sandbox(story, "old-job-types")


async def test_it_is_the_same_over_a_real_socket(tmp_path: Path) -> None:
    clock = QuickClock()
    with running_sandbox(clock=clock, faults=("cut-after:endpoint=createJob,count=1",)) as server:
        door = Door(server.base_url, clock=clock, rng=Random(1))
        journal = await Journal.open(tmp_path / "journal.db", clock)

        connection = add_connection(server.world).connection_id
        created = Event(clock.now(), 1, RunCreated("prod", "w", ()), RunId("r-1"), None, connection)
        await journal.append([created], profile="prod")
        trigger = Trigger(Client(door, server.base_url), journal, clock)
        speaker = Speaker(RunId("r-1"), connection, journal, clock, seq=1)
        order = order_for(connection, "r-1", look=timedelta(seconds=30))
        outcome = await trigger.fire(order, speaker)
        await journal.aclose()
        await door.aclose()
        assert isinstance(outcome, Answered)
        assert outcome.how is Origin.ADOPTED
        assert server.log.count("createJob") == 1
