"""Whatever is thrown at an endpoint: the documented 4xx, and never a 500 that nobody asked for."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.sandbox.rig import Rig, rig
from workflow.sandbox.api import API, MOUNTS
from workflow.sandbox.control import CONTROL

ENDPOINTS = [(f"{MOUNTS[1]}{path}", method) for path, table in API.items() for method in table] + [
    (path, method) for path, table in CONTROL.items() for method in table
]
NAMES = [f"{method} {path}" for path, method in ENDPOINTS]
WITH_BODY = [one for one in ENDPOINTS if one[1] in {"POST", "PATCH", "PUT"}]
WITH_ID = [one for one in ENDPOINTS if "{" in one[0]]
DOCUMENTED = {400, 401, 403, 404, 405, 409, 413, 415, 422}


@pytest.fixture(scope="module")
def at() -> Iterator[Rig]:
    with rig(control=True) as made:
        yield made


@pytest.fixture(scope="module")
def ids(at: Rig) -> dict[str, str]:
    """An id that exists for every name in a path."""
    catalogue = at.server.world.catalogue
    application = at.http.post("/applications", json={"name": "x"}).json()["id"]
    return {
        "jobId": "1001",
        "connectionId": next(iter(catalogue.connections)),
        "workspaceId": next(iter(catalogue.workspaces)),
        "sourceId": next(iter(catalogue.actors["source"])),
        "destinationId": next(iter(catalogue.actors["destination"])),
        "tagId": next(iter(catalogue.tags)),
        "applicationId": application,
        "number": "1",
    }


def url(at: Rig, path: str, ids: dict[str, str]) -> str:
    return at.server.root_url + path.format(**ids)


def is_documented(answer: httpx.Response) -> bool:
    """A success or a documented refusal; a bug of the sandbox gives itself away by a header."""
    assert "x-sandbox-bug" not in answer.headers, answer.request.url
    return answer.status_code < 300 or answer.status_code in DOCUMENTED


@pytest.mark.parametrize(("path", "method"), ENDPOINTS, ids=NAMES)
def test_queries_made_to_hurt(at: Rig, ids: dict[str, str], path: str, method: str) -> None:
    if method == "DELETE":
        # Queries mean nothing to a DELETE, and the things are needed by the other rows.
        path = path.replace("{", "").replace("}", "")
    queries = [
        "limit=x",
        "limit=1&limit=x",
        "limit=" + "9" * 5_000,
        "limit=%D9%A3",
        "offset=-1",
        "offset=99999999999",
        "workspaceIds=,,,",
        "workspaceIds=1234",
        "workspaceIds=" + ",".join(["0"] * 500),
        "connectionId=%00",
        "connectionId=%FF%FE",
        "status=succeeded%0d%0aX:y",
        "createdAtStart=yesterday",
        "createdAtStart=2026-13-45T99:99:99Z",
        "orderBy=%7C",
        "includeDeleted=perhaps",
        "unknown=1&unknown=2",
        "&&&===",
        "%",
        "a=" * 2_000,
        "sourceId=" + "a" * 36,
        "since=x",
    ]
    for query in queries:
        answer = at.http.request(method, f"{url(at, path, ids)}?{query}")
        assert is_documented(answer), (query, answer.status_code)


BODIES: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("broken", b'{"connectionId": "'),
    ("not json", b"connectionId=1"),
    ("null", b"null"),
    ("a list", b"[]"),
    ("a text", b'"x"'),
    ("a number", b"1e999"),
    ("not utf-8", b'{"name": "\xff\xfe"}'),
    ("utf-16", '{"name": "x"}'.encode("utf-16")),
    ("deep", b"[" * 100_000),
    ("deep objects", b'{"a":' * 50_000),
    ("huge number", b'{"limit": ' + b"9" * 100_000 + b"}"),
    ("constants", b'{"name": NaN, "color": Infinity}'),
]
WRONG_VALUES: list[Any] = [None, 1, True, [None], {"a": 1}, "", "\x00 \ud800"]
KEYS = [
    "connectionId",
    "jobType",
    "name",
    "status",
    "schedule",
    "configurations",
    "configuration",
    "tags",
    "color",
    "workspaceId",
    "sourceId",
    "destinationId",
    "definitionId",
    "prefix",
    "namespaceDefinition",
    "client_id",
    "client_secret",
    "grant-type",
    "fault",
    "dataResidency",
    "notifications",
    "resourceAllocation",
    "organizationId",
    "regionId",
]


@pytest.mark.parametrize(("path", "method"), WITH_BODY, ids=[f"{m} {p}" for p, m in WITH_BODY])
def test_bodies_made_to_hurt(at: Rig, ids: dict[str, str], path: str, method: str) -> None:
    for name, body in BODIES:
        answer = at.http.request(
            method,
            url(at, path, ids),
            content=body,
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code in DOCUMENTED, (name, answer.status_code, answer.text)
        assert "x-sandbox-bug" not in answer.headers


@pytest.mark.parametrize(("path", "method"), WITH_BODY, ids=[f"{m} {p}" for p, m in WITH_BODY])
def test_wrong_types_for_every_key(at: Rig, ids: dict[str, str], path: str, method: str) -> None:
    right: dict[str, Any] = {
        "connectionId": ids["connectionId"],
        "jobType": "sync",
        "workspaceId": ids["workspaceId"],
        "sourceId": ids["sourceId"],
        "destinationId": ids["destinationId"],
        "configuration": {"sourceType": "x", "destinationType": "y"},
        "name": "right",
        "color": "00FF00",
    }
    for key in KEYS:
        for value in WRONG_VALUES:
            answer = at.http.request(
                method,
                url(at, path, ids),
                content=json.dumps({**right, key: value}),
                headers={"Content-Type": "application/json"},
            )
            assert is_documented(answer), (key, value, answer.status_code)


@pytest.mark.parametrize(("path", "method"), WITH_BODY, ids=[f"{m} {p}" for p, m in WITH_BODY])
def test_a_huge_body_is_413(at: Rig, ids: dict[str, str], path: str, method: str) -> None:
    answer = at.http.request(
        method,
        url(at, path, ids),
        content=b'{"name": "' + b"x" * 2_000_000 + b'"}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 413


@pytest.mark.parametrize(("path", "method"), WITH_BODY, ids=[f"{m} {p}" for p, m in WITH_BODY])
def test_another_content_type_is_refused(
    at: Rig, ids: dict[str, str], path: str, method: str
) -> None:
    answer = at.http.request(
        method, url(at, path, ids), content=b"<x/>", headers={"Content-Type": "text/xml"}
    )

    assert answer.status_code == 415


@pytest.mark.parametrize(("path", "method"), WITH_ID, ids=[f"{m} {p}" for p, m in WITH_ID])
def test_ids_made_to_hurt(at: Rig, ids: dict[str, str], path: str, method: str) -> None:
    for wrong in ("x", "-1", "9" * 400, "%00", "%FF", "..%2f..", "%E2%80%AE", str(uuid4()), "1.5"):
        target = url(at, path, dict.fromkeys(ids, wrong))
        answer = at.http.request(method, target, json={})
        assert answer.status_code in DOCUMENTED, (wrong, answer.status_code)


@pytest.mark.parametrize(("path", "method"), ENDPOINTS, ids=NAMES)
def test_a_method_that_is_not_offered_is_405(
    at: Rig, ids: dict[str, str], path: str, method: str
) -> None:
    offered = {m for p, m in ENDPOINTS if p == path}
    for other in {"POST", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"} - offered:
        answer = at.http.request(other, url(at, path, ids), json={})
        assert answer.status_code == 405, (other, answer.status_code)
        assert set(answer.headers["allow"].split(", ")) == offered


def raw(at: Rig, request: bytes) -> bytes:
    """Send bytes as they are and return the status line."""
    with socket.create_connection(("127.0.0.1", at.server.port), timeout=10) as line:
        line.sendall(request)
        return line.makefile("rb").readline()


@pytest.mark.parametrize(
    "target",
    [
        b"/v1/../v1/jobs",
        b"/v1/%2e%2e/control/log",
        b"/v1//jobs",
        b"/v1/jobs/%2e%2e",
        b"/v1/jobs/1001/..",
        b"/v1/jobs/1001%00",
        b"/v1/connections/%FF%FE",
        b"/%2fv1/jobs",
        b"/v1\\jobs",
        b"/v1;x/jobs",
        b"/" + b"a/" * 2_000,
        b"*",
        b"http://elsewhere.test/v1/nothing",
    ],
)
def test_path_tricks_lead_nowhere(at: Rig, target: bytes) -> None:
    status = raw(at, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert status.split()[1] in {b"400", b"404"}


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET /v1/jobs HTTP/1.1\r\n\r\n",
        b"GET  HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_http_is_400(at: Rig, request_bytes: bytes) -> None:
    assert raw(at, request_bytes).split()[1] == b"400"


headers = st.dictionaries(
    st.sampled_from(["authorization", "content-type", "accept", "user-agent", "host"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30),
    max_size=3,
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=8,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    one=st.sampled_from([e for e in ENDPOINTS if e[1] != "DELETE" and "faults" not in e[0]]),
    query=st.dictionaries(
        st.sampled_from(
            ["limit", "offset", "status", "jobType", "orderBy", "workspaceIds", "createdAtEnd"]
        ),
        st.text(max_size=20),
        max_size=3,
    ),
    sent=headers,
    body=st.dictionaries(st.sampled_from(KEYS), json_values, max_size=5),
)
def test_anything_at_all_gives_a_documented_answer(
    at: Rig,
    ids: dict[str, str],
    one: tuple[str, str],
    query: dict[str, str],
    sent: dict[str, str],
    body: dict[str, Any],
) -> None:
    path, method = one
    content = json.dumps(body).encode() if method != "GET" else None
    answer = at.http.request(
        method,
        url(at, path, ids),
        params={key: value.encode("utf-8", "replace").decode() for key, value in query.items()},
        content=content,
        headers=sent,
    )

    assert is_documented(answer)
