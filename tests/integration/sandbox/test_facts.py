"""One row per fact about Airbyte's public API, each asserted over a real socket.

A row is a sentence and a check. Rows share two servers, one that asks for nothing (its user is an
instance admin, as in the local edition) and one with auth; each makes connections of its own.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.sandbox.rig import (
    STEADY,
    Rig,
    bearer,
    has_error_id,
    is_hal,
    message,
    rig,
    title,
)
from workflow.sandbox.auth import FIXED_BASIC, FIXED_BEARER_TOKEN, AuthSettings, Role
from workflow.sandbox.model import Cause, JobType

Check = Callable[[Rig], None]
FACTS: list[Any] = []
AUTH_FACTS: list[Any] = []


def fact(sentence: str) -> Callable[[Check], Check]:
    """Add a row to the table of the open server."""

    def add(check: Check) -> Check:
        FACTS.append(pytest.param(check, id=sentence))
        return check

    return add


def auth_fact(sentence: str) -> Callable[[Check], Check]:
    """Add a row to the table of the server with auth."""

    def add(check: Check) -> Check:
        AUTH_FACTS.append(pytest.param(check, id=sentence))
        return check

    return add


@pytest.fixture(scope="module")
def open_rig() -> Iterator[Rig]:
    with rig() as made:
        yield made


@pytest.fixture(scope="module")
def auth_rig() -> Iterator[Rig]:
    with rig(auth=True) as made:
        yield made


# -- where it is -------------------------------------------------------------------------------


@fact("the API is under /v1 and under /api/public/v1 alike")
def _(at: Rig) -> None:
    for mount in ("/v1", "/api/public/v1"):
        assert httpx.get(f"{at.server.root_url}{mount}/jobs").status_code == 200


@fact("a path with a doubled or a lost /v1 is not there")
def _(at: Rig) -> None:
    for path in (
        *("/v1/v1/jobs", "/jobs", "/api/public/jobs", "/v1/jobs/", "//v1/jobs", "/api/v1/jobs"),
    ):
        assert httpx.get(f"{at.server.root_url}{path}").status_code == 404


@fact("health is anonymous plain text")
def _(at: Rig) -> None:
    answer = at.get("/health")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")


# -- jobs: their shape -------------------------------------------------------------------------


@fact("createJob answers 200 with a job, without bytes and rows")
def _(at: Rig) -> None:
    answer = at.post(at.connection())
    assert answer.status_code == 200
    assert set(answer.json()) == {"jobId", "status", "jobType", "startTime", "connectionId"}


@fact("a job id is an int64 and not a UUID")
def _(at: Rig) -> None:
    assert isinstance(at.started(at.connection()), int)
    assert at.get(f"/jobs/{uuid4()}").status_code == 400
    assert at.get(f"/jobs/{2**63}").status_code == 400
    assert at.get(f"/jobs/{2**63 - 1}").status_code == 409


@fact("getJob always has bytes and rows")
def _(at: Rig) -> None:
    job = at.job(at.started(at.connection()))
    assert (job["rowsSynced"], job["bytesSynced"]) == (0, 0)


@fact("listJobs has bytes and rows")
def _(at: Rig) -> None:
    connection, _ = at.running()
    (row,) = at.jobs(connectionId=connection)
    assert row["bytesSynced"] == 10 * row["rowsSynced"] > 0


@fact("cancelJob answers 200 with a job without bytes and rows, not 204")
def _(at: Rig) -> None:
    _, job = at.running()
    answer = at.http.delete(f"/jobs/{job}")
    assert answer.status_code == 200
    assert answer.json()["jobId"] == job
    assert not {"rowsSynced", "bytesSynced"} & set(answer.json())


@fact("null fields are left out of jobs")
def _(at: Rig) -> None:
    assert None not in at.job(at.started(at.connection())).values()


@fact("there are no attempts, logs or reasons in a job")
def _(at: Rig) -> None:
    job = at.started(at.connection(replace(STEADY, first_failures=9)))
    at.statuses(job, step=20)
    assert set(at.job(job)) == {
        "jobId",
        "status",
        "jobType",
        "startTime",
        "connectionId",
        "lastUpdatedAt",
        "duration",
        "bytesSynced",
        "rowsSynced",
    }


@fact("startTime is when the job was created, not when it ran")
def _(at: Rig) -> None:
    job = at.started(at.connection())
    created = at.job(job)["startTime"]
    at.pass_time(30)
    assert at.job(job)["status"] == "running"
    assert at.job(job)["startTime"] == created


@fact("startTime is printed without seconds when they are zero")
def _(at: Rig) -> None:
    at.pass_time(60 - at.clock.now().second - at.clock.now().microsecond / 1e6)
    on_the_minute = at.job(at.started(at.connection()))["startTime"]
    at.pass_time(1)
    a_second_later = at.job(at.started(at.connection()))["startTime"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", on_the_minute)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", a_second_later)


@fact("lastUpdatedAt appears only on succeeded, failed and cancelled")
def _(at: Rig) -> None:
    good = at.started(at.connection(replace(STEADY, first_failures=1)))
    bad = at.started(at.connection(replace(STEADY, first_failures=9, max_attempts=1)))
    _, stopped = at.running()
    at.http.delete(f"/jobs/{stopped}")
    for job, end in ((stopped, "cancelled"), (bad, "failed"), (good, "succeeded")):
        while (seen := at.job(job))["status"] != end:
            assert "lastUpdatedAt" not in seen
            at.pass_time(5)
        assert "lastUpdatedAt" in seen


@fact("duration is absent while pending")
def _(at: Rig) -> None:
    assert "duration" not in at.job(at.started(at.connection()))


@fact("duration is frozen at the last status change")
def _(at: Rig) -> None:
    _, job = at.running()
    before = at.job(job)["duration"]
    at.pass_time(30)
    assert at.job(job)["duration"] == before
    at.pass_time(100)
    assert at.job(job)["duration"] != before


@fact("duration has hours and no days")
def _(at: Rig) -> None:
    job = at.started(at.connection(replace(STEADY, duration=130_000.0)))
    at.pass_time(140_000)
    assert at.job(job)["duration"].startswith("PT36H")


@fact("rows are committed in steps of ten seconds")
def _(at: Rig) -> None:
    _, job = at.running()
    seen = []
    for _ in range(30):
        seen.append(at.job(job)["rowsSynced"])
        at.pass_time(1)
    assert len(set(seen)) == 4
    assert seen == sorted(seen)


@fact("rows may stay 0 until the end")
def _(at: Rig) -> None:
    _, job = at.running(replace(STEADY, commits="end"))
    at.pass_time(60)
    assert at.job(job)["rowsSynced"] == 0
    at.pass_time(30)
    assert at.job(job)["rowsSynced"] == 1_000


@fact("rows may fall when a new attempt begins")
def _(at: Rig) -> None:
    behaviour = replace(STEADY, first_failures=1, retry="restarts", backoff=5.0)
    job = at.started(at.connection(behaviour))
    seen = []
    while at.job(job)["status"] != "succeeded":
        seen.append(at.job(job)["rowsSynced"])
        at.pass_time(3)
    assert seen != sorted(seen)


# -- jobs: their statuses and types ------------------------------------------------------------


@fact("a job goes from pending over running to succeeded")
def _(at: Rig) -> None:
    assert at.statuses(at.started(at.connection())) == ["pending", "running", "succeeded"]


@fact("incomplete means that an attempt failed and another follows")
def _(at: Rig) -> None:
    job = at.started(at.connection(replace(STEADY, first_failures=1)))
    assert at.statuses(job) == ["pending", "running", "incomplete", "running", "succeeded"]


@fact("a job is queued while there is no room for it, and a retry may be pending again")
def _(at: Rig) -> None:
    life = at.server.world.life
    life.capacity = len(at.jobs(status="running", limit=100)) + 1
    try:
        first = at.started(at.connection(replace(STEADY, first_failures=1, pending=1.0)))
        at.pass_time(2)
        second = at.started(at.connection(replace(STEADY, pending=1.0)))
        at.pass_time(2)
        assert at.job(first)["status"] == "running"
        assert at.job(second)["status"] == "queued"
        assert second in {row["jobId"] for row in at.jobs(status="queued")}
        seen = at.statuses(first)
    finally:
        life.capacity = None
    assert seen == ["running", "incomplete", "pending", "queued", "running", "succeeded"]


@fact("incomplete shows briefly before failed")
def _(at: Rig) -> None:
    job = at.started(at.connection(replace(STEADY, first_failures=9, max_attempts=1)))
    assert at.statuses(job) == ["pending", "running", "incomplete", "failed"]


@fact("incomplete shows briefly before cancelled")
def _(at: Rig) -> None:
    _, job = at.running()
    at.http.delete(f"/jobs/{job}")
    assert at.statuses(job) == ["incomplete", "cancelled"]


@fact("terminal stays terminal, also when it is cancelled afterwards")
def _(at: Rig) -> None:
    job = at.started(at.connection())
    at.statuses(job, step=30)
    assert at.http.delete(f"/jobs/{job}").status_code == 200
    at.pass_time(60)
    assert at.job(job)["status"] == "succeeded"


@fact("a reset is a job of type reset")
def _(at: Rig) -> None:
    assert at.post(at.connection(), "reset").json()["jobType"] == "reset"


@fact("a clear comes back as a reset")
def _(at: Rig) -> None:
    connection = at.connection()
    assert at.post(connection, "clear").json()["jobType"] == "reset"
    assert [job["jobType"] for job in at.jobs(connectionId=connection)] == ["reset"]


@fact("reset and clear cancel a running sync instead of being refused")
def _(at: Rig) -> None:
    for wipe in ("reset", "clear"):
        connection, sync = at.running()
        reset = at.started(connection, wipe)
        assert at.statuses(sync)[-1] == "cancelled"
        assert at.statuses(reset)[-1] == "succeeded"


@fact("a refresh is refused with 422 and a sentence")
def _(at: Rig) -> None:
    answer = at.post(at.connection(), "refresh")
    assert answer.status_code == 422
    assert message(answer) == "Refreshes are not supported in the public API"


@fact("refresh jobs that were started elsewhere show up in lists")
def _(at: Rig) -> None:
    connection = at.connection()
    found = at.server.world.catalogue.connection(connection)
    assert found is not None
    at.server.world.begin(found, JobType.REFRESH, Cause("colleague"))
    assert [job["jobType"] for job in at.jobs(connectionId=connection)] == ["refresh"]


# -- lists -------------------------------------------------------------------------------------


@fact("a page of jobs holds 20 unless asked otherwise")
def _(at: Rig) -> None:
    assert len(at.jobs()) == 20
    assert len(at.jobs(limit=100)) == 100


@fact("a limit outside 1 to 100 is 400 with an errorId")
def _(at: Rig) -> None:
    for path in ("/jobs", "/connections", "/workspaces", "/sources", "/destinations"):
        for limit in (0, -1, 101, 10_000):
            answer = at.get(path, limit=limit)
            assert answer.status_code == 400
            assert has_error_id(answer)


@fact("a bad orderBy is 400 bad-request")
def _(at: Rig) -> None:
    for order in ("createdAt", "createdAt|desc", "rows|DESC", "|", "createdAt|DESC|x"):
        answer = at.get("/jobs", orderBy=order)
        assert answer.status_code == 400
        assert title(answer) == "bad-request"


@fact("jobs are listed oldest first unless asked otherwise")
def _(at: Rig) -> None:
    ids = [job["jobId"] for job in at.jobs(limit=100)]
    assert ids == sorted(ids)


@fact("createdAt|DESC lists the newest first")
def _(at: Rig) -> None:
    newest = at.started(at.connection())
    ids = [job["jobId"] for job in at.jobs(orderBy="createdAt|DESC", limit=100)]
    assert ids[0] == newest
    assert ids == sorted(ids, reverse=True)


@fact("updatedAt|DESC begins with what changed its status last")
def _(at: Rig) -> None:
    _, first = at.running()
    at.pass_time(5)
    second = at.started(at.connection())
    at.pass_time(65)
    assert at.job(first)["status"] == "succeeded"
    ids = [job["jobId"] for job in at.jobs(orderBy="updatedAt|DESC", limit=100)]
    assert ids.index(first) < ids.index(second)


@fact("updatedAt moves with the status and not with rows")
def _(at: Rig) -> None:
    connection, _ = at.running()
    since = at.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    at.pass_time(30)
    assert at.jobs(connectionId=connection, updatedAtStart=since) == []
    at.pass_time(60)
    assert len(at.jobs(connectionId=connection, updatedAtStart=since)) == 1


@fact("date filters are inclusive")
def _(at: Rig) -> None:
    at.pass_time(1 - at.clock.now().microsecond / 1e6)
    connection = at.connection()
    at.started(connection)
    now = at.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    at.pass_time(1)
    later = at.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len(at.jobs(connectionId=connection, createdAtStart=now, createdAtEnd=now)) == 1
    assert at.jobs(connectionId=connection, createdAtStart=later) == []
    assert len(at.jobs(connectionId=connection, updatedAtStart=now, updatedAtEnd=now)) == 1


@fact("status filters by one value")
def _(at: Rig) -> None:
    at.running()
    assert {job["status"] for job in at.jobs(status="running", limit=100)} == {"running"}
    assert {job["status"] for job in at.jobs(status="failed", limit=100)} == {"failed"}


@fact("jobType filters, and left out it lists all four")
def _(at: Rig) -> None:
    connection = at.connection()
    at.started(connection, "reset")
    assert len(at.jobs(connectionId=connection, jobType="reset")) == 1
    assert at.jobs(connectionId=connection, jobType="sync") == []
    assert len(at.jobs(connectionId=connection)) == 1


@fact("with neither connectionId nor workspaceIds everything one may see is listed")
def _(at: Rig) -> None:
    connections = {job["connectionId"] for job in at.jobs(limit=100)}
    assert len(connections) > 10


@fact("workspaceIds is repeatable, and narrows every list")
def _(at: Rig) -> None:
    ids = [row["workspaceId"] for row in at.get("/workspaces").json()["data"]]
    each = [len(at.get("/connections", workspaceIds=i, limit=100).json()["data"]) for i in ids]
    both = at.get("/connections", workspaceIds=ids, limit=100).json()["data"]
    assert len(both) == sum(each)
    assert all(each)
    for path in ("/workspaces", "/sources", "/destinations", "/tags"):
        rows = at.get(path, workspaceIds=ids[1]).json()["data"]
        assert {row["workspaceId"] for row in rows} == {ids[1]}
    mine = {row["connectionId"] for row in both if row["workspaceId"] == ids[1]}
    jobs = at.jobs(workspaceIds=ids[1], limit=100)
    assert jobs
    assert {job["connectionId"] for job in jobs} <= mine
    assert len(at.jobs(workspaceIds=ids, limit=100, offset=20)) > len(jobs)


@fact("with a connectionId the workspaceIds are ignored")
def _(at: Rig) -> None:
    connection, _ = at.running()
    elsewhere = at.get("/workspaces").json()["data"][1]["workspaceId"]
    assert len(at.jobs(connectionId=connection, workspaceIds=elsewhere)) == 1


@fact("pages go by offset, to a short one; there is no total")
def _(at: Rig) -> None:
    whole, offset = [], 0
    while True:
        page = at.get("/jobs", limit=40, offset=offset).json()
        assert set(page) == {"data", "next", "previous"}
        whole += [job["jobId"] for job in page["data"]]
        offset += 40
        if len(page["data"]) < 40:
            break
    assert len(whole) == len(set(whole)) == len(at.server.world.jobs)


@fact("next and previous are empty texts when absent")
def _(at: Rig) -> None:
    page = at.get("/jobs", connectionId=at.connection()).json()
    assert (page["next"], page["previous"]) == ("", "")


@fact("next drops the status, the dates and the order")
def _(at: Rig) -> None:
    query = {
        "limit": 1,
        "status": "succeeded",
        "orderBy": "createdAt|DESC",
        "createdAtStart": "2020-01-01T00:00:00Z",
    }
    page = at.get("/jobs", **query).json()
    assert page["next"].endswith("/jobs?limit=1&offset=1")


@fact("next appears after a full page even when nothing follows")
def _(at: Rig) -> None:
    connection, _ = at.running()
    assert at.get("/jobs", connectionId=connection, limit=1).json()["next"] != ""


@fact("next uses the host the server believes to have, which may be wrong")
def _(at: Rig) -> None:
    with at.fault("wrong-next"):
        assert "airbyte-server-svc" in at.get("/jobs").json()["next"]


@fact("ascending pages skip rows that move")
def _(at: Rig) -> None:
    first = [job["jobId"] for job in at.jobs(orderBy="updatedAt|ASC", limit=5)]
    assert first == [job["jobId"] for job in at.jobs(orderBy="updatedAt|ASC", limit=5)]
    moved = at.server.world.jobs.get(first[0])
    assert moved is not None
    at.server.world.jobs.publish(moved, moved.shown_status, at.clock.now().timestamp())
    second = [job["jobId"] for job in at.jobs(orderBy="updatedAt|ASC", limit=5, offset=5)]
    assert first[0] not in second
    whole = [job["jobId"] for job in at.jobs(orderBy="updatedAt|ASC", limit=100)]
    # One that was never read slipped into the page already read.
    assert whole[4] not in first
    assert whole[4] not in second


# -- connections and the rest ------------------------------------------------------------------


@fact("a connection has the documented fields and no last job")
def _(at: Rig) -> None:
    row = at.get("/connections").json()["data"][0]
    assert {
        "connectionId",
        "name",
        "sourceId",
        "destinationId",
        "workspaceId",
        "status",
        "schedule",
        "configurations",
        "createdAt",
        "tags",
    } <= set(row)
    assert not {key for key in row if "job" in key.lower() or "sync" in key.lower()}


@fact("createdAt of a connection is in epoch seconds")
def _(at: Rig) -> None:
    created = at.get("/connections").json()["data"][0]["createdAt"]
    assert isinstance(created, int)
    assert 1_500_000_000 < created < 2_000_000_000


@fact("a schedule is manual, cron or basic, each with its own field")
def _(at: Rig) -> None:
    rows = at.get("/connections", limit=100).json()["data"]
    kinds = {row["schedule"]["scheduleType"]: set(row["schedule"]) for row in rows}
    assert kinds == {
        "manual": {"scheduleType"},
        "basic": {"scheduleType", "basicTiming"},
        "cron": {"scheduleType", "cronExpression"},
    }


@fact("a connection is active, inactive, deprecated or locked")
def _(at: Rig) -> None:
    for status in ("active", "inactive", "deprecated", "locked"):
        path = f"/connections/{at.connection(status=status)}"
        assert at.get(path).json()["status"] == status


@fact("configurations of a connection hold its streams")
def _(at: Rig) -> None:
    row = at.get("/connections").json()["data"][0]
    assert all(stream["name"] for stream in row["configurations"]["streams"])


@fact("tags are shown whole in a connection")
def _(at: Rig) -> None:
    rows = at.get("/connections", limit=100).json()["data"]
    tag = next(tag for row in rows for tag in row["tags"])
    assert set(tag) == {"tagId", "workspaceId", "name", "color"}


@fact("tagIds narrows the connections")
def _(at: Rig) -> None:
    tag = at.get("/tags").json()["data"][0]["tagId"]
    rows = at.get("/connections", tagIds=tag).json()["data"]
    assert rows
    assert all(tag in {t["tagId"] for t in row["tags"]} for row in rows)


@fact("a page of connections holds 20 unless asked otherwise")
def _(at: Rig) -> None:
    assert len(at.get("/connections").json()["data"]) == 20
    assert len(at.get("/connections", limit=100).json()["data"]) >= 24


@fact("deleted connections are listed only when asked for")
def _(at: Rig) -> None:
    connection = at.connection()
    assert at.http.delete(f"/connections/{connection}").status_code == 204

    def listed(**query: Any) -> set[str]:
        found: set[str] = set()
        for offset in (0, 100):
            page = at.get("/connections", limit=100, offset=offset, **query).json()
            found |= {row["connectionId"] for row in page["data"]}
        return found

    assert connection not in listed()
    assert connection in listed(includeDeleted="true")


@fact("patchConnection enables and disables")
def _(at: Rig) -> None:
    connection = at.connection()
    for status in ("inactive", "active"):
        answer = at.http.patch(f"/connections/{connection}", json={"status": status})
        assert answer.status_code == 200
        assert at.get(f"/connections/{connection}").json()["status"] == status


@fact("workspaces, sources and destinations are listed in pages")
def _(at: Rig) -> None:
    for path in ("/workspaces", "/sources", "/destinations"):
        page = at.get(path, limit=1).json()
        assert set(page) == {"data", "next", "previous"}
        assert len(page["data"]) == 1
        assert page["next"]


@fact("deleted workspaces, sources and destinations are listed only when asked for")
def _(at: Rig) -> None:
    workspace = at.http.post("/workspaces", json={"name": "gone"}).json()["workspaceId"]
    assert at.http.delete(f"/workspaces/{workspace}").status_code == 204
    for kind in ("source", "destination"):
        configuration = {f"{kind}Type": "x"}
        sent = {
            "name": "gone",
            "workspaceId": at.get("/workspaces").json()["data"][0]["workspaceId"],
        }
        made = at.http.post(f"/{kind}s", json={**sent, "configuration": configuration}).json()
        assert at.http.delete(f"/{kind}s/{made[f'{kind}Id']}").status_code == 204
    for path in ("/workspaces", "/sources", "/destinations"):
        shown, every = at.get(path, limit=100), at.get(path, limit=100, includeDeleted="true")
        assert "gone" not in {row["name"] for row in shown.json()["data"]}
        assert "gone" in {row["name"] for row in every.json()["data"]}


@fact("tags are not paginated")
def _(at: Rig) -> None:
    page = at.get("/tags", limit=1).json()
    assert set(page) == {"data"}
    assert len(page["data"]) == 5


@fact("streams are a bare array")
def _(at: Rig) -> None:
    source = at.get("/sources").json()["data"][0]["sourceId"]
    streams = at.get("/streams", sourceId=source).json()
    assert isinstance(streams, list)
    assert "streamName" in streams[0]


# -- errors ------------------------------------------------------------------------------------


@fact("an unknown connection is 404 resource-not-found for an instance admin")
def _(at: Rig) -> None:
    for answer in (at.get(f"/connections/{uuid4()}"), at.post(str(uuid4()))):
        assert answer.status_code == 404
        assert title(answer) == "resource-not-found"


@fact("an unknown job is 409 state-conflict for an instance admin")
def _(at: Rig) -> None:
    for answer in (at.get("/jobs/99999999"), at.http.delete("/jobs/99999999")):
        assert answer.status_code == 409
        assert title(answer) == "state-conflict"
        assert message(answer) == "Job is not currently running"


@fact("a sync over a running sync is 409 try-again-later without a job id")
def _(at: Rig) -> None:
    connection, job = at.running()
    answer = at.post(connection)
    assert answer.status_code == 409
    assert title(answer) == "try-again-later"
    assert message(answer) == f"A sync is already running for: {connection}"
    assert str(job) not in answer.text


@fact("a connection that is not active is 409 state-conflict with its reason dropped")
def _(at: Rig) -> None:
    for status in ("inactive", "deprecated", "locked"):
        answer = at.post(at.connection(status=status))
        assert answer.status_code == 409
        assert title(answer) == "state-conflict"
        assert message(answer) == "Could not fulfill request"


@fact("a job that was not created in time is the same 409, although the sync may start")
def _(at: Rig) -> None:
    connection = at.connection()
    with at.fault("lost-trigger:answer=state-conflict,after=0s,hold=60s"):
        answer = at.post(connection)
    assert (answer.status_code, title(answer)) == (409, "state-conflict")
    assert len(at.jobs(connectionId=connection)) == 1


@fact("a problem has its six members, any of which may be null")
def _(at: Rig) -> None:
    answer = at.post(at.connection(), "refresh")
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "documentationUrl", "data"}
    assert body["documentationUrl"] is None


@fact("what does not convert is Micronaut's HAL")
def _(at: Rig) -> None:
    for answer in (at.get("/jobs/x"), at.get("/jobs", status="asleep"), at.get("/nowhere")):
        assert is_hal(answer)


@fact("an uncaught error is an errorId, on older servers a message and a class name")
def _(at: Rig) -> None:
    with at.fault("server-error:status=500"):
        assert has_error_id(at.get("/jobs"))
    with at.fault("server-error:status=500,body=older"):
        assert {"message", "exceptionClassName"} <= set(at.get("/jobs").json())


@fact("overload is 429 with a bare message, often without Retry-After")
def _(at: Rig) -> None:
    with at.fault("rate-limit"):
        answer = at.get("/jobs")
    assert answer.status_code == 429
    assert answer.json() == {"message": "You are being rate limited."}
    assert "retry-after" not in answer.headers
    with at.fault("rate-limit:retry_after=7"):
        assert at.get("/jobs").headers["retry-after"] == "7"


@fact("proxies answer 502, 503 and 504 with HTML")
def _(at: Rig) -> None:
    for status in (502, 503, 504):
        with at.fault(f"server-error:status={status},body=html"):
            answer = at.get("/jobs")
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")


# -- trigger and cancel ------------------------------------------------------------------------


@fact("the same id may come back for a second POST before the first attempt")
def _(at: Rig) -> None:
    connection = at.connection()
    assert at.started(connection) == at.started(connection)


@fact("POST is not idempotent: after an end it makes another job")
def _(at: Rig) -> None:
    connection = at.connection()
    first = at.started(connection)
    at.statuses(first, step=30)
    assert at.started(connection) != first


@fact("POST may block for a minute or two after its effect")
def _(at: Rig) -> None:
    connection, before = at.connection(), at.clock.seconds
    with at.fault("slow-post"):
        assert at.post(connection).status_code == 200
    assert 30 <= at.clock.seconds - before <= 130


@fact("an answer that is lost may come after the effect")
def _(at: Rig) -> None:
    connection = at.connection()
    with at.fault("cut-after"), pytest.raises(httpx.TransportError):
        at.post(connection)
    assert len(at.jobs(connectionId=connection)) == 1


@fact("a 422 that is not a refresh's may come after the effect")
def _(at: Rig) -> None:
    connection = at.connection()
    with at.fault("lost-trigger:answer=unprocessable"):
        assert at.post(connection).status_code == 422
    assert len(at.jobs(connectionId=connection)) == 1


@fact("a 5xx may come after the effect")
def _(at: Rig) -> None:
    connection = at.connection()
    with at.fault("server-error:status=502,body=html,effect=done"):
        assert at.post(connection).status_code == 502
    assert len(at.jobs(connectionId=connection)) == 1


@fact("the effect of a lost POST may come minutes later")
def _(at: Rig) -> None:
    connection = at.connection()
    with at.fault("lost-trigger:after=3m,answer=gateway"):
        assert at.post(connection).status_code == 504
    at.pass_time(170)
    assert at.jobs(connectionId=connection) == []
    at.pass_time(20)
    assert len(at.jobs(connectionId=connection)) == 1


@fact("a try-again-later comes before any effect")
def _(at: Rig) -> None:
    connection, _ = at.running()
    at.post(connection)
    assert len(at.jobs(connectionId=connection)) == 1


@fact("a retried activity can make two jobs of one POST")
def _(at: Rig) -> None:
    connection = at.connection()
    with at.fault("double-job"):
        job = at.started(connection)
    ids = [row["jobId"] for row in at.jobs(connectionId=connection)]
    assert len(ids) == 2
    assert job in ids


@fact("a 409 with nothing running to be found is a known state")
def _(at: Rig) -> None:
    connection = at.connection()
    with at.fault("phantom-running"):
        assert title(at.post(connection)) == "try-again-later"
    assert at.jobs(connectionId=connection) == []


@fact("DELETE signals the connection: an old id cancels what runs there now")
def _(at: Rig) -> None:
    connection = at.connection()
    old = at.started(connection)
    at.statuses(old, step=30)
    new = at.started(connection)
    at.pass_time(30)
    assert at.http.delete(f"/jobs/{old}").json()["status"] == "succeeded"
    assert at.statuses(new)[-1] == "cancelled"


@fact("DELETE can answer 200 and cancel nothing")
def _(at: Rig) -> None:
    _, job = at.running()
    with at.fault("cancel-ignored"):
        assert at.http.delete(f"/jobs/{job}").status_code == 200
    assert at.statuses(job)[-1] == "succeeded"


@fact("DELETE can cancel nothing before the first attempt and between two")
def _(at: Rig) -> None:
    waiting = at.started(at.connection(replace(STEADY, first_failures=1, backoff=50.0)))
    with at.fault("cancel-ignored:when=waiting"):
        at.http.delete(f"/jobs/{waiting}")
        assert at.job(waiting)["status"] == "pending"
        at.until(waiting, "incomplete")
        at.http.delete(f"/jobs/{waiting}")
        at.until(waiting, "running")
        at.http.delete(f"/jobs/{waiting}")
        assert at.statuses(waiting)[-1] == "cancelled"


@fact("DELETE can hang until the workflow stops")
def _(at: Rig) -> None:
    _, job = at.running()
    before = at.clock.seconds
    with at.fault("hang-delete"):
        assert at.http.delete(f"/jobs/{job}").status_code == 200
    assert at.clock.seconds - before >= 600


@fact("a scheduled sync may start right after a cancel")
def _(at: Rig) -> None:
    connection, job = at.running()
    with at.fault("sync-after-cancel"):
        at.http.delete(f"/jobs/{job}")
    at.pass_time(10)
    assert [row["status"] for row in at.jobs(connectionId=connection)] == ["cancelled", "running"]


@fact("a schedule that fires first answers the POST with its own job")
def _(at: Rig) -> None:
    connection = at.connection()
    with at.fault("swallowed-trigger"):
        job = at.started(connection, "reset")
    assert at.job(job)["jobType"] == "sync"


@fact("a failed clear makes the connection's next job a reset")
def _(at: Rig) -> None:
    connection = at.connection()
    with at.fault("failed-clear"):
        assert at.post(connection, "clear").status_code == 500
    assert at.jobs(connectionId=connection) == []
    assert at.post(connection, "sync").json()["jobType"] == "reset"


@fact("a status nobody has heard of can be shown")
def _(at: Rig) -> None:
    _, job = at.running()
    with at.fault(f"unknown-status:job={job},status=hibernating"):
        assert at.job(job)["status"] == "hibernating"
        assert job not in {row["jobId"] for row in at.jobs(status="running", limit=100)}


@fact("older servers without jobType list only syncs and resets")
def _(at: Rig) -> None:
    connection = at.connection()
    found = at.server.world.catalogue.connection(connection)
    assert found is not None
    at.server.world.begin(found, JobType.REFRESH, Cause("colleague"))
    with at.fault("old-job-types"):
        assert at.jobs(connectionId=connection) == []
        assert len(at.jobs(connectionId=connection, jobType="refresh")) == 1


@fact("older servers have no Date, no filters and no tags")
def _(at: Rig) -> None:
    with at.fault("no-date"):
        assert "date" not in at.get("/health").headers
    with at.fault("no-filters"):
        assert at.jobs(createdAtStart="2100-01-01T00:00:00Z")
    with at.fault("no-tags"):
        assert at.get("/tags").status_code == 404
        assert "tags" not in at.get("/connections").json()["data"][0]


@fact("times on the wire are wall time")
def _(at: Rig) -> None:
    answer = at.get("/health")
    assert answer.headers["date"] == at.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")


# -- auth --------------------------------------------------------------------------------------


@auth_fact("a token is had with JSON and works until it expires")
def _(at: Rig) -> None:
    granted = at.token().json()
    assert granted["token_type"].lower() == "bearer"
    header = bearer(granted["access_token"])
    assert at.http.get("/jobs", headers=header).status_code == 200
    at.pass_time(granted["expires_in"])
    assert at.http.get("/jobs", headers=header).status_code == 401


@auth_fact("both spellings of the grant type are taken, and another grant is not")
def _(at: Rig) -> None:
    base = {"client_id": "syncdeck-sandbox", "client_secret": "not-a-secret-sandbox"}
    both = {"grant-type": "client_credentials", "grant_type": "client_credentials"}
    assert at.http.post("/applications/token", json=base | both).status_code == 200
    assert at.http.post("/applications/token", json=base).status_code == 200
    other = {"grant-type": "password"}
    assert at.http.post("/applications/token", json=base | other).status_code == 400


@auth_fact("form encoding gets 401 on some editions")
def _(at: Rig) -> None:
    form = {"client_id": "syncdeck-sandbox", "client_secret": "not-a-secret-sandbox"}
    assert at.http.post("/applications/token", data=form).status_code == 200
    with at.fault("no-form"):
        assert at.http.post("/applications/token", data=form).status_code == 401


@auth_fact("some old servers leave expires_in out")
def _(at: Rig) -> None:
    with at.fault("no-expiry"):
        assert "expires_in" not in at.token().json()


@auth_fact("wrong credentials give 400, 401 or 500, by edition")
def _(at: Rig) -> None:
    assert at.token("nobody", "nothing").status_code == 401
    for status in (400, 401, 500):
        with at.fault(f"wrong-credentials:status={status}"):
            assert at.token().status_code == status


@auth_fact("lifetimes of tokens differ: 3 minutes, 15 minutes and a day were seen")
def _(at: Rig) -> None:
    for lifetime in (180, 900, 86_400):
        at.server.auth.settings = AuthSettings(token_lifetime=lifetime)
        granted = at.token().json()
        header = bearer(granted["access_token"])
        assert granted["expires_in"] == lifetime
        at.pass_time(lifetime - 1)
        assert at.http.get("/jobs", headers=header).status_code == 200
        at.pass_time(1)
        assert at.http.get("/jobs", headers=header).status_code == 401
    at.server.auth.settings = AuthSettings()


@auth_fact("no credentials, broken ones and revoked ones get 401")
def _(at: Rig) -> None:
    token = at.token().json()["access_token"]
    at.server.auth.revoke_all()
    for header in ({}, bearer("nonsense"), bearer(token), {"Authorization": "x"}):
        assert at.http.get("/jobs", headers=header).status_code == 401


@auth_fact("a ready bearer token and HTTP basic are taken")
def _(at: Rig) -> None:
    basic = base64.b64encode(":".join(FIXED_BASIC).encode()).decode()
    for header in (bearer(FIXED_BEARER_TOKEN), {"Authorization": f"Basic {basic}"}):
        assert at.http.get("/jobs", headers=header).status_code == 200


@auth_fact("a ready bearer token does not expire")
def _(at: Rig) -> None:
    at.pass_time(30 * 86_400)
    assert at.http.get("/jobs", headers=bearer(FIXED_BEARER_TOKEN)).status_code == 200


@auth_fact("health and the token endpoint are anonymous")
def _(at: Rig) -> None:
    assert at.get("/health").status_code == 200
    assert at.token().status_code == 200


@auth_fact("an unknown connection or job is 403 forbidden for most users")
def _(at: Rig) -> None:
    header = at.login(Role.ADMIN)
    for path in (f"/connections/{uuid4()}", "/jobs/99999999", f"/jobs?connectionId={uuid4()}"):
        answer = at.http.get(path, headers=header)
        assert answer.status_code == 403
        assert title(answer) == "forbidden"
        assert message(answer)


@auth_fact("what cannot be read is refused before anybody looks whether it is there")
def _(at: Rig) -> None:
    header = at.login(Role.READER)
    for path in ("/jobs?connectionId", "/connections?workspaceIds", "/sources?workspaceIds"):
        assert at.http.get(f"{path}={uuid4()}", headers=header).status_code == 403
        answer = at.http.get(f"{path}={uuid4()}&limit=many", headers=header)
        assert answer.status_code == 400
        assert is_hal(answer)


@auth_fact("a reader may read and nothing else")
def _(at: Rig) -> None:
    header, connection = at.login(Role.READER), at.connection()
    assert at.http.get("/jobs", headers=header).status_code == 200
    body = {"connectionId": connection, "jobType": "sync"}
    answer = at.http.post("/jobs", json=body, headers=header)
    assert (answer.status_code, title(answer)) == (403, "forbidden")
    assert message(answer)
    assert at.http.delete("/jobs/1001", headers=header).status_code == 403


@auth_fact("a runner may sync and reset, but only an editor may clear or change")
def _(at: Rig) -> None:
    connection = at.connection()

    def post(kind: str, header: dict[str, str]) -> int:
        body = {"connectionId": connection, "jobType": kind}
        return at.http.post("/jobs", json=body, headers=header).status_code

    runner, editor = at.login(Role.RUNNER), at.login(Role.EDITOR)
    assert [post("sync", runner), post("reset", runner), post("clear", runner)] == [200, 200, 403]
    path, change = f"/connections/{connection}", {"name": "changed"}
    assert at.http.patch(path, json=change, headers=runner).status_code == 403
    assert post("clear", editor) == 200
    assert at.http.patch(path, json=change, headers=editor).status_code == 200


@auth_fact("somebody sees only the workspaces that are theirs")
def _(at: Rig) -> None:
    everything = at.login(Role.ADMIN)
    rows = at.http.get("/workspaces", headers=everything).json()["data"]
    here, there = (row["workspaceId"] for row in rows)
    header = at.login(Role.EDITOR, there)
    listed = at.http.get("/connections?limit=100", headers=header).json()["data"]
    assert {row["workspaceId"] for row in listed} == {there}
    jobs = at.http.get("/jobs?limit=100", headers=header).json()["data"]
    assert {job["connectionId"] for job in jobs} <= {row["connectionId"] for row in listed}
    asked = at.http.get(f"/jobs?workspaceIds={here}", headers=header)
    assert asked.status_code == 403


# -- the tables --------------------------------------------------------------------------------


@pytest.mark.parametrize("check", FACTS)
def test_fact(check: Check, open_rig: Rig) -> None:
    check(open_rig)


@pytest.mark.parametrize("check", AUTH_FACTS)
def test_fact_with_auth(check: Check, auth_rig: Rig) -> None:
    check(auth_rig)
