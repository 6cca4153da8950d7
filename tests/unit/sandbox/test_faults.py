"""Faults: how they are read, and whom they strike."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sandbox.worlds import START, complaint, connection, world
from workflow.sandbox.faultbox import FaultBox
from workflow.sandbox.faultkinds import KINDS, FaultName
from workflow.sandbox.faults import Fault, describe_faults, load_faults, parse_fault
from workflow.sandbox.model import Cause, JobType
from workflow.sandbox.options import SandboxError


@pytest.mark.parametrize("name", list(FaultName), ids="fault-{}".format)
def test_every_fault_can_be_switched_on_by_its_name_alone(name: FaultName) -> None:
    assert parse_fault(name.value).name is name


@pytest.mark.parametrize("name", list(FaultName), ids="fault-{}".format)
def test_every_fault_says_what_it_does(name: FaultName) -> None:
    assert KINDS[name].summary


def test_the_description_names_every_fault_and_its_keys() -> None:
    lines = dict(describe_faults())

    assert len(lines) == len(FaultName)
    assert lines["slow-post"].startswith("POST /jobs blocks after its effect (seconds: a span")


def test_a_fault_is_read_with_its_keys() -> None:
    fault = parse_fault("slow-post:seconds=30s-130s,count=2,skip=1,probability=25%")

    assert fault == Fault(
        FaultName.SLOW_POST,
        probability=0.25,
        count=2,
        skip=1,
        params={"seconds": (30.0, 130.0)},
    )


def test_a_quoted_value_may_hold_a_comma() -> None:
    assert parse_fault('rate-limit:connection="a, b",count=1').connection == "a, b"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "There is no fault 'nonsense'; there are latency, "),
        ("slow-pots", "There is no fault 'slow-pots'; did you mean slow-post?"),
        ("slow:second=3", "has no key 'second'; did you mean seconds?"),
        ("slow:x=3", "has no key 'x'; there are seconds, endpoint, "),
        ("slow:seconds=soon", "which is not a span"),
        ("slow:seconds", "where key=value should be"),
        ("latency:probability=2", "a number from 0 to 1"),
        ("latency:probability=nan", "a number from 0 to 1"),
        ("cut-after:count=many", "a whole number"),
        ("double-job:endpoint=getJob", "works on createJob, not on 'getJob'"),
        ("server-error:status=200", "a status from 400 to 599"),
        ("slow:seconds=5-2", "which is not a span"),
        ("slow:begins=later", "which is not a span"),
        ("rate-limit:retry_after=\n", "which is not seconds"),
    ],
)
def test_a_wrong_fault_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(SandboxError) as refused:
        parse_fault(text)

    assert said in str(refused.value)
    assert str(refused.value)[-1] in ".?"


@given(st.text(max_size=60))
def test_no_text_is_worse_than_a_sentence(text: str) -> None:
    assert "\n" not in complaint(lambda: parse_fault(text))


def test_a_scenario_file_holds_texts_and_mappings(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text("faults:\n- rate-limit:count=3\n- {name: slow, seconds: 2s}\n")

    assert [fault.name for fault in load_faults(file)] == [FaultName.RATE_LIMIT, FaultName.SLOW]


def test_a_mistake_in_a_scenario_file_is_shown_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text("faults:\n- rate-limit\n- slow:seconds=soon\n")

    with pytest.raises(SandboxError) as refused:
        load_faults(file)

    assert f"{file}:3: faults[1]: The fault slow" in str(refused.value)


def strikes(box: FaultBox, endpoint: str = "getJob", times: int = 1) -> list[bool]:
    return [bool(box.strike(endpoint, None, None).active) for _ in range(times)]


def test_skip_and_count_choose_which_requests_are_struck() -> None:
    box = FaultBox(0, [parse_fault("cut-before:skip=2,count=1")])

    assert strikes(box, times=5) == [False, False, True, False, False]


def test_an_endpoint_limits_a_fault() -> None:
    box = FaultBox(0, [parse_fault("cut-before:endpoint=createJob")])

    assert strikes(box, "getJob") == [False]
    assert strikes(box, "createJob") == [True]


def test_a_fault_of_one_endpoint_strikes_no_other_by_itself() -> None:
    box = FaultBox(0, [parse_fault("hang-delete")])

    assert strikes(box, "createJob") == [False]
    assert strikes(box, "cancelJob") == [True]


def test_a_connection_is_chosen_by_id_or_by_name() -> None:
    here, there = connection(1), connection(2)
    box = FaultBox(0, [parse_fault(f'cut-before:connection="{here.name}"')])
    box.add(parse_fault(f"cut-after:connection={here.id}"))

    assert len(box.strike("createJob", None, here).active) == 2
    assert box.strike("createJob", None, there).active == ()
    assert box.strike("createJob", None, None).active == ()


def test_probability_draws_the_same_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[bool]:
        return strikes(FaultBox(seed, [parse_fault("cut-before:probability=0.5")]), times=64)

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert 10 < sum(drawn(1)) < 54


def test_another_fault_does_not_move_the_draws_of_the_first() -> None:
    alone = FaultBox(1, [parse_fault("cut-before:probability=0.5")])
    beside = FaultBox(
        1, [parse_fault("cut-before:probability=0.5"), parse_fault("latency:probability=0.5")]
    )

    def first(box: FaultBox) -> list[bool]:
        return [box.strike("getJob", None, None).get(FaultName.CUT_BEFORE) is not None] * 1

    assert [first(alone) for _ in range(50)] == [first(beside) for _ in range(50)]


def test_a_fault_can_be_switched_off_again() -> None:
    box = FaultBox(0)
    number = box.add(parse_fault("cut-before"))

    assert box.remove(number)
    assert not box.remove(number)
    assert strikes(box) == [False]


@pytest.mark.parametrize("dist", ["uniform", "normal", "lognormal", "exponential"])
def test_latency_is_never_negative(dist: str) -> None:
    box = FaultBox(0, [parse_fault(f"latency:seconds=10ms-2s,dist={dist}")])

    assert all(box.strike("getJob", None, None).latency() >= 0 for _ in range(300))


def test_a_late_commit_shows_an_old_stamp_late() -> None:
    target = connection()
    played = world(target)
    played.life.disturbance = FaultBox(0, [parse_fault("late-commit:seconds=5s")])
    played.trigger(target, JobType.SYNC, Cause("request", 1))

    assert len(played.jobs) == 0
    played.advance(START + 5)
    (job,) = played.jobs
    assert job.shown_updated_at == START
    played.advance(START + 8)
    assert (job.status.value, job.shown_status.value) == ("running", "pending")


def test_late_commits_of_one_job_become_visible_in_order() -> None:
    target = connection()
    played = world(target)
    played.life.disturbance = FaultBox(3, [parse_fault("late-commit:seconds=0s-60s")])
    outcome = played.trigger(target, JobType.SYNC, Cause("request", 1))
    ranks = ["pending", "running", "succeeded"]
    seen = []
    for second in range(300):
        played.advance(START + second)
        seen += [ranks.index(job.shown_status.value) for job in played.jobs]

    assert outcome
    assert seen == sorted(seen)
    assert seen[-1] == 2


def test_writers_whose_clocks_differ_stamp_out_of_order() -> None:
    places = [connection(n) for n in range(6)]
    played = world(*places)
    played.life.disturbance = FaultBox(0, [parse_fault("writer-skew:seconds=30s")])
    for place in places:
        played.trigger(place, JobType.SYNC, Cause("request", 1))
    stamps = [job.created_at for job in sorted(played.jobs, key=lambda job: job.id)]

    assert stamps != sorted(stamps)
    assert all(abs(stamp - START) <= 30 for stamp in stamps)


def test_an_unknown_status_is_shown_in_place_of_the_real_one() -> None:
    target = connection()
    played = world(target)
    box = FaultBox(0, [parse_fault("unknown-status:status=hibernating,when=running")])
    played.trigger(target, JobType.SYNC, Cause("request", 1))
    (job,) = played.jobs

    assert box.shown_status(job) == "pending"
    played.advance(START + 50)
    assert box.shown_status(job) == "hibernating"


def test_a_fault_on_jobs_can_aim_at_a_connection_by_its_name() -> None:
    here, there = connection(1), connection(2)
    played = world(here, there)
    box = FaultBox(0, [parse_fault(f'unknown-status:when=pending,connection="{here.name}"')])
    box.know(played)
    for place in (here, there):
        played.trigger(place, JobType.SYNC, Cause("request", 1))

    assert [box.shown_status(job) for job in played.jobs] == ["paused", "pending"]


def test_a_scenario_has_an_order_in_time() -> None:
    played = world(connection())
    box = FaultBox(0, [parse_fault("cut-before:begins=10s,ends=30s")])
    box.know(played)
    seen = []
    for second in (0, 9, 10, 29, 30, 60):
        played.advance(START + second)
        seen += strikes(box)

    assert seen == [False, False, True, True, False, False]


def test_a_fault_that_is_switched_on_later_counts_from_then() -> None:
    played = world(connection())
    box = FaultBox(0)
    box.know(played)
    played.advance(START + 100)
    box.add(parse_fault("cut-before:begins=10s"))

    assert strikes(box) == [False]
    played.advance(START + 110)
    assert strikes(box) == [True]
