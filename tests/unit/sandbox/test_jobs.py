"""The table of jobs: its pages are what a plain sort and filter would give."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.sandbox.worlds import HOME
from workflow.sandbox.behaviour import Behaviour, draw
from workflow.sandbox.catalogue import seeded_uuid
from workflow.sandbox.jobs import Job, JobFilter, JobTable
from workflow.sandbox.model import TERMINAL, Cause, ConnectionId, JobId, JobStatus, JobType

SCRIPT = draw(Behaviour(), random.Random(0))
PLACES = [ConnectionId(seeded_uuid(0, n)) for n in range(3)]

stamps = st.integers(0, 20).map(float)
rows = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(list(JobType)),
        stamps,
        st.lists(st.tuples(st.sampled_from(list(JobStatus)), stamps), min_size=1, max_size=3),
    ),
    max_size=25,
)
filters = st.builds(
    JobFilter,
    connection_id=st.none() | st.sampled_from(PLACES),
    workspace_ids=st.none() | st.sampled_from([frozenset({HOME}), frozenset[str]()]),
    types=st.none() | st.sampled_from([frozenset({JobType.SYNC})]),
    status=st.none() | st.sampled_from(list(JobStatus)),
    created_start=st.none() | stamps,
    created_end=st.none() | stamps,
    updated_start=st.none() | stamps,
    updated_end=st.none() | stamps,
    order=st.sampled_from(["created", "updated"]),
    descending=st.booleans(),
    limit=st.integers(1, 8),
    offset=st.integers(0, 6),
)


def table_of(spec: list[tuple[int, JobType, float, list[tuple[JobStatus, float]]]]) -> JobTable:
    table = JobTable(keep_per_connection=1_000)
    for number, (place, kind, created, states) in enumerate(spec):
        job = Job(
            id=JobId(number + 1),
            connection_id=PLACES[place],
            workspace_id=HOME,
            type=kind,
            cause=Cause("request"),
            script=SCRIPT,
            created_at=created,
        )
        for status, stamp in states:
            table.publish(job, status, stamp)
    return table


@settings(max_examples=150, deadline=None)
@given(rows, filters)
def test_a_page_is_what_a_plain_sort_and_filter_gives(
    spec: list[tuple[int, JobType, float, list[tuple[JobStatus, float]]]], wanted: JobFilter
) -> None:
    table = table_of(spec)

    def key(job: Job) -> tuple[float, int]:
        return (job.created_at if wanted.order == "created" else job.shown_updated_at, job.id)

    admitted = sorted(filter(wanted.admits, table), key=key, reverse=wanted.descending)

    assert table.page(wanted) == admitted[wanted.offset : wanted.offset + wanted.limit]


@given(rows)
def test_live_jobs_are_those_that_are_not_terminal(
    spec: list[tuple[int, JobType, float, list[tuple[JobStatus, float]]]],
) -> None:
    table = table_of(spec)

    assert set(table.live) == {job for job in table if job.shown_status not in TERMINAL}


def test_the_oldest_ended_job_of_a_connection_is_forgotten() -> None:
    table = JobTable(keep_per_connection=3)
    for number in range(5):
        job = Job(
            id=JobId(number),
            connection_id=PLACES[0],
            workspace_id=HOME,
            type=JobType.SYNC,
            cause=Cause("request"),
            script=SCRIPT,
            created_at=float(number),
        )
        table.publish(job, JobStatus.SUCCEEDED, float(number))

    assert [job.id for job in table.of(PLACES[0])] == [2, 3, 4]
    assert [job.id for job in table.page(JobFilter())] == [2, 3, 4]
    assert table.get(1) is None
