"""The job endpoints: createJob, getJob, cancelJob, listJobs.

The faults that change what a trigger or a cancel does to the world are here, because only here is
it known what the request was to do; those that only delay or replace answers are the site's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from workflow.sandbox.answers import (
    Answer,
    Refused,
    bad_request,
    forbidden,
    ok_text,
    proxy_page,
    state_conflict,
    try_again_later,
    uncaught,
    unprocessable,
)
from workflow.sandbox.auth import Role
from workflow.sandbox.call import Call, Operation
from workflow.sandbox.faultkinds import FaultName
from workflow.sandbox.faults import Fault
from workflow.sandbox.jobs import Job, JobFilter
from workflow.sandbox.model import Cause, Connection, JobStatus, JobType
from workflow.sandbox.pages import page_links, page_of
from workflow.sandbox.params import Query, path_job_id
from workflow.sandbox.rendered import job_text
from workflow.sandbox.world import AlreadyRunning, Began, NotActive, scheduled

_WIPES: Final = frozenset({JobType.RESET, JobType.CLEAR})
_ORDERS: Final[dict[str, tuple[Literal["created", "updated"], bool]]] = {
    "createdAt|ASC": ("created", False),
    "createdAt|DESC": ("created", True),
    "updatedAt|ASC": ("updated", False),
    "updatedAt|DESC": ("updated", True),
}


def create_job(call: Call) -> Answer:
    """POST /jobs."""
    body = call.body()
    connection_id = body.uuid("connectionId")
    job_type = JobType(body.choice("jobType", [kind.value for kind in JobType]))
    connection = call.connection(connection_id)
    if job_type is JobType.CLEAR:
        call.require(Role.EDITOR)
    if job_type is JobType.REFRESH:
        raise Refused(unprocessable("Refreshes are not supported in the public API"))
    strikes = call.strikes
    if strikes.get(FaultName.PHANTOM_RUNNING):
        raise Refused(_already(connection))
    failed_clear = strikes.get(FaultName.FAILED_CLEAR)
    if failed_clear is not None and job_type in _WIPES:
        call.world.reset_marks.add(connection.id)
        raise Refused(uncaught(failed_clear.number("status"), call.fresh_error_id()))
    if strikes.get(FaultName.SWALLOWED_TRIGGER) and not call.world.life.lane(connection.id):
        return _began(call, call.world.begin(connection, JobType.SYNC, scheduled(connection)))
    if lost := strikes.get(FaultName.LOST_TRIGGER):
        return _lose(call, connection, job_type, lost)
    return _trigger(call, connection, job_type)


def _trigger(call: Call, connection: Connection, job_type: JobType) -> Answer:
    cause = Cause("request", call.number)
    match call.world.trigger(connection, job_type, cause):
        case NotActive():
            return state_conflict("Could not fulfill request")
        case AlreadyRunning():
            return _already(connection)
        case Began(job):
            if call.strikes.get(FaultName.DOUBLE_JOB):
                twin = Cause("request", call.number, "a retried activity made it twice")
                call.world.begin(connection, job_type, twin)
            return _began(call, job)


def _lose(call: Call, connection: Connection, job_type: JobType, lost: Fault) -> Answer:
    """Let the trigger act now, later or never, and answer nothing that helps."""
    world, cause = call.world, Cause("request", call.number, "its answer was lost")
    after = lost.seconds("after")
    if after is not None:
        wait = after

        def act(_: float) -> None:
            current = world.catalogue.connection(connection.id)
            if current is not None:
                world.trigger(current, job_type, cause)

        world.life.at(world.now + wait, act)
        world.advance(world.now)
    match lost.word("answer"):
        case "state-conflict":
            return state_conflict("Could not fulfill request")
        case "unprocessable":
            return unprocessable(None)
        case "error":
            return uncaught(500, call.fresh_error_id())
        case _:
            return proxy_page(504, "Gateway Time-out")


def _already(connection: Connection) -> Answer:
    return try_again_later(f"A sync is already running for: {connection.id}")


def _began(call: Call, job: Job) -> Answer:
    return ok_text(_job(call, job, totals=False))


def get_job(call: Call) -> Answer:
    """GET /jobs/{jobId}."""
    return ok_text(_job(call, _known(call), totals=True))


def cancel_job(call: Call) -> Answer:
    """DELETE /jobs/{jobId}: a signal to the connection, whatever job id it came with."""
    job = _known(call)
    ignored = call.strikes.get(FaultName.CANCEL_IGNORED)
    running = any(
        one.status is JobStatus.RUNNING for one in call.world.life.lane(job.connection_id)
    )
    if ignored is None or (ignored.word("when") == "waiting" and running):
        cancelled = call.world.cancel_on(job.connection_id)
        connection = call.world.catalogue.connection(job.connection_id)
        if cancelled and connection and call.strikes.get(FaultName.SYNC_AFTER_CANCEL):
            call.world.begin(connection, JobType.SYNC, scheduled(connection))
    return ok_text(_job(call, job, totals=False))


def _known(call: Call) -> Job:
    job_id = path_job_id(call.path_values["jobId"], call.path)
    job = call.world.jobs.get(job_id)
    if job is not None and call.principal.sees(job.workspace_id):
        return job
    if call.is_instance_admin:
        raise Refused(state_conflict("Job is not currently running"))
    raise Refused(forbidden("User does not have access to the requested resource"))


def list_jobs(call: Call) -> Answer:
    """GET /jobs."""
    query = call.query()
    wanted = _filter(call, query)
    shown, status = call.service.faults.shown_status, wanted.status
    # A status in disguise does not answer to its real name.
    jobs = call.world.jobs.page(
        wanted, unless=lambda job: status is not None and shown(job) != status.value
    )
    data = [_job(call, job, totals=True) for job in jobs]
    links = page_links(
        call,
        "/jobs",
        _kept(query),
        limit=wanted.limit,
        offset=wanted.offset,
        found=len(data),
    )
    return page_of(links, data)


def _filter(call: Call, query: Query) -> JobFilter:
    connection_id = query.uuid("connectionId")
    workspace_ids = query.uuids("workspaceIds")
    order, descending = _order(query.text("orderBy"))
    wanted = JobFilter(
        types=_types(call, query.choice("jobType", JobType)),
        status=query.choice("status", JobStatus),
        created_start=query.instant("createdAtStart"),
        created_end=query.instant("createdAtEnd"),
        updated_start=query.instant("updatedAtStart"),
        updated_end=query.instant("updatedAtEnd"),
        order=order,
        descending=descending,
        limit=query.limit(),
        offset=query.offset(),
    )
    # What cannot be read is refused before anything is looked up. With a connection the server
    # does not look at the workspaces at all.
    if connection_id is not None:
        wanted = replace(wanted, connection_id=call.connection(connection_id).id)
    else:
        wanted = replace(wanted, workspace_ids=call.workspaces(workspace_ids))
    if not call.strikes.get(FaultName.NO_FILTERS):
        return wanted
    return replace(
        wanted,
        created_start=None,
        created_end=None,
        updated_start=None,
        updated_end=None,
        order="created",
        descending=False,
    )


def _kept(query: Query) -> list[tuple[str, str]]:
    """Return the filters that the links keep: not the status, the dates and the order."""
    kept: list[tuple[str, str]] = []
    if job_type := query.text("jobType"):
        kept.append(("jobType", job_type))
    if connection_id := query.uuid("connectionId"):
        kept.append(("connectionId", connection_id))
    elif workspace_ids := query.uuids("workspaceIds"):
        kept.append(("workspaceIds", ",".join(workspace_ids)))
    return kept


def _types(call: Call, job_type: JobType | None) -> frozenset[JobType] | None:
    if job_type is None:
        old = call.strikes.get(FaultName.OLD_JOB_TYPES)
        return frozenset({JobType.SYNC, JobType.RESET}) if old else None
    return frozenset({job_type})


def _order(text: str | None) -> tuple[Literal["created", "updated"], bool]:
    if text is None:
        return ("created", False)
    if text not in _ORDERS:
        raise Refused(bad_request(f"Invalid order by clause provided: {text[:60]}"))
    return _ORDERS[text]


def _job(call: Call, job: Job, *, totals: bool) -> bytes:
    world = call.world
    status = call.service.faults.shown_status(job)
    return job_text(job, status, world.now, world.speed, totals=totals)


CREATE_JOB: Final = Operation("createJob", create_job, Role.RUNNER)
GET_JOB: Final = Operation("getJob", get_job)
CANCEL_JOB: Final = Operation("cancelJob", cancel_job, Role.RUNNER)
LIST_JOBS: Final = Operation("listJobs", list_jobs)
