"""/control: what tests and benchmarks know that no Airbyte tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.integration.sandbox.rig import Rig, rig


@pytest.fixture
def at() -> Iterator[Rig]:
    with rig(control=True) as made:
        yield made


def control(at: Rig, method: str, path: str, body: object = None) -> httpx.Response:
    return httpx.request(method, f"{at.server.root_url}/control{path}", json=body)


def read(at: Rig, path: str) -> dict[str, Any]:
    return dict(control(at, "GET", path).json())


def test_control_is_closed_unless_asked_for() -> None:
    with rig() as closed:
        assert control(closed, "GET", "/log").status_code == 404


def test_control_is_not_under_the_mounts(at: Rig) -> None:
    assert at.get("/control/log").status_code == 404


def test_the_log_has_endpoint_status_time_and_user_agent(at: Rig) -> None:
    at.http.get("/jobs/1001", headers={"User-Agent": "tests/1.0"})
    (entry,) = read(at, "/log")["requests"]

    assert (entry["endpoint"], entry["status"], entry["userAgent"]) == ("getJob", 200, "tests/1.0")
    assert entry["arrived"] == at.clock.now().timestamp()


def test_the_log_can_be_read_from_a_number_on(at: Rig) -> None:
    for _ in range(3):
        at.get("/jobs")

    assert [e["number"] for e in read(at, "/log?since=1")["requests"]] == [2, 3]


def test_counters_are_by_endpoint_and_status(at: Rig) -> None:
    at.get("/jobs")
    at.get("/jobs")
    at.get("/jobs", limit=0)

    assert read(at, "/counters") == {"total": 3, "endpoints": {"listJobs": {"200": 2, "400": 1}}}


def test_control_itself_is_neither_counted_nor_struck(at: Rig) -> None:
    control(at, "POST", "/faults", {"fault": "server-error"})

    assert read(at, "/counters")["total"] == 0


def test_each_job_has_its_true_cause(at: Rig) -> None:
    connection = at.connection()
    mine = at.started(connection)
    other = control(at, "POST", "/jobs", {"connectionId": at.connection()}).json()["jobId"]
    causes = {job["jobId"]: job["cause"] for job in read(at, "/jobs")["jobs"]}

    assert (causes[mine]["kind"], causes[mine]["request"]) == ("request", 1)
    assert causes[other]["kind"] == "colleague"
    assert causes[1001]["kind"] == "history"


def test_a_colleague_can_start_a_second_job_on_a_connection(at: Rig) -> None:
    connection = at.connection()
    at.started(connection)
    control(at, "POST", "/jobs", {"connectionId": connection, "jobType": "refresh"})

    assert [job["status"] for job in at.jobs(connectionId=connection)] == ["pending", "pending"]


def test_faults_are_switched_on_and_off(at: Rig) -> None:
    text = control(at, "POST", "/faults", {"fault": "rate-limit:endpoint=listTags"}).json()
    keys = control(at, "POST", "/faults", {"name": "slow", "seconds": "2s", "count": 1}).json()
    assert [fault["name"] for fault in read(at, "/faults")["faults"]] == ["rate-limit", "slow"]
    assert at.get("/tags").status_code == 429

    assert control(at, "DELETE", f"/faults/{text['number']}").status_code == 204
    assert at.get("/tags").status_code == 200
    assert [fault["number"] for fault in read(at, "/faults")["faults"]] == [keys["number"]]
    assert control(at, "DELETE", "/faults").status_code == 204
    assert read(at, "/faults")["faults"] == []


def test_a_fault_that_is_none_is_refused_with_a_sentence(at: Rig) -> None:
    answer = control(at, "POST", "/faults", {"fault": "nonsense"})

    assert answer.status_code == 400
    assert "There is no fault" in answer.text


def test_a_fault_that_aims_at_no_endpoint_is_refused_with_the_nearest(at: Rig) -> None:
    answer = control(at, "POST", "/faults", {"fault": "rate-limit:endpoint=listjobs"})

    assert answer.status_code == 400
    assert "did you mean listJobs?" in answer.text
