"""/control: what no Airbyte tells, for tests and benchmarks; open only when asked for.

``GET /control/log`` (``?since=N``), ``GET /control/counters``, ``GET /control/jobs`` with each
job's true cause, ``POST /control/jobs`` to start one as a colleague would, and
``GET``/``POST``/``DELETE /control/faults`` (``DELETE /control/faults/N`` for one).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workflow.sandbox.answers import Answer, Refused, hal, no_content, ok
from workflow.sandbox.api import with_known_endpoint
from workflow.sandbox.call import Call, Operation
from workflow.sandbox.faultbox import ActiveFault
from workflow.sandbox.faults import make_fault, parse_fault
from workflow.sandbox.jobs import Job
from workflow.sandbox.log import LoggedRequest
from workflow.sandbox.model import Cause, JobType, Json
from workflow.sandbox.options import SandboxError
from workflow.sandbox.params import unreadable


def get_log(call: Call) -> Answer:
    """Return the requests that are over, from a number on."""
    since = call.query().text("since") or "0"
    if not (since.isascii() and since.isdigit() and len(since) < 19):
        raise unreadable(call.path, "since: must be a whole number")
    requests: list[Json] = [
        _entry_json(entry) for entry in call.service.log if entry.number > int(since)
    ]
    return ok({"requests": requests})


def _entry_json(entry: LoggedRequest) -> dict[str, Json]:
    return {
        "number": entry.number,
        "endpoint": entry.endpoint,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "status": entry.status or "cut",
        "arrived": entry.arrived,
        "answered": entry.answered,
        "userAgent": entry.user_agent,
        "principal": entry.principal,
        "faults": list(entry.faults),
    }


def get_counters(call: Call) -> Answer:
    """Return how many requests ended, by endpoint and status."""
    counts: dict[str, Json] = {}
    for (endpoint, status), number in sorted(call.service.log.counters.items()):
        by_status = counts.setdefault(endpoint, {})
        if isinstance(by_status, dict):
            by_status[str(status or "cut")] = number
    return ok({"total": call.service.log.count(), "endpoints": counts})


def get_jobs(call: Call) -> Answer:
    """Return every job with its true cause and every status it had."""
    jobs: list[Json] = [_job_json(job) for job in call.world.jobs]
    return ok({"jobs": jobs})


def _job_json(job: Job) -> dict[str, Json]:
    return {
        "jobId": job.id,
        "connectionId": job.connection_id,
        "jobType": job.type.value,
        "status": job.status.value,
        "shownStatus": job.shown_status.value,
        "cause": {"kind": job.cause.kind, "request": job.cause.request, "note": job.cause.note},
        "history": [[status.value, when] for status, when in job.history],
        "attempt": job.attempt,
    }


def start_job(call: Call) -> Answer:
    """Start a job as somebody else would, beside whatever runs on the connection."""
    body = call.body()
    connection = call.connection(body.uuid("connectionId"))
    kinds = [kind.value for kind in JobType if kind is not JobType.CLEAR]
    job_type = JobType(body.choice("jobType", kinds) if body.has("jobType") else "sync")
    return ok(_job_json(call.world.begin(connection, job_type, Cause("colleague"))))


def get_faults(call: Call) -> Answer:
    """Return the faults that are on."""
    return ok({"faults": [_fault_json(one) for one in call.service.faults.active]})


def add_fault(call: Call) -> Answer:
    """Switch a fault on: ``{"fault": "NAME:key=value"}`` or ``{"name": NAME, key: value}``."""
    body = call.body()
    try:
        if body.has("fault"):
            fault = parse_fault(body.text("fault"))
        else:
            fault = make_fault(body.text("name"), body.texts_but("name"))
        with_known_endpoint(fault)
    except SandboxError as error:
        raise Refused(hal(400, "Bad Request", str(error), call.path)) from None
    return ok({"number": call.service.faults.add(fault)})


def clear_faults(call: Call) -> Answer:
    """Switch all faults off."""
    call.service.faults.clear()
    return no_content()


def remove_fault(call: Call) -> Answer:
    """Switch one fault off."""
    number = call.path_values["number"]
    known = number.isascii() and number.isdigit() and len(number) < 19
    if not known or not call.service.faults.remove(int(number)):
        raise Refused(hal(404, "Not Found", "There is no such fault", call.path))
    return no_content()


def _fault_json(one: ActiveFault) -> dict[str, Json]:
    fault = one.fault
    return {
        "number": one.number,
        "name": fault.name.value,
        "endpoint": fault.endpoint,
        "probability": fault.probability,
        "count": fault.count,
        "skip": fault.skip,
        "job": fault.job,
        "connection": fault.connection,
        "begins": fault.begins,
        "ends": fault.ends,
        "matches": one.matches,
        "strikes": one.strikes,
    }


CONTROL: Final[Mapping[str, Mapping[str, Operation]]] = {
    "/control/log": {"GET": Operation("control", get_log, role=None, internal=True)},
    "/control/counters": {"GET": Operation("control", get_counters, role=None, internal=True)},
    "/control/jobs": {
        "GET": Operation("control", get_jobs, role=None, internal=True),
        "POST": Operation("control", start_job, role=None, internal=True),
    },
    "/control/faults": {
        "GET": Operation("control", get_faults, role=None, internal=True),
        "POST": Operation("control", add_fault, role=None, internal=True),
        "DELETE": Operation("control", clear_faults, role=None, internal=True),
    },
    "/control/faults/{number}": {
        "DELETE": Operation("control", remove_fault, role=None, internal=True)
    },
}
"""These are never struck by a fault and never counted."""
