"""Tokens: early, once for everybody, again after a 401, and clear words when there are none."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine
from typing import TypeVar

import httpx
import pytest

from tests.support.virtual_time import clock, run_virtual
from workflow.airbyte.auth import TokenAuth, auth_for
from workflow.airbyte.credentials import Bearer, ClientCredentials, NoAuth, Secret
from workflow.airbyte.problems import ApiProblem, ProblemKind
from workflow.http.door import Door
from workflow.http.failures import NetworkFailure
from workflow.http.messages import Request
from workflow.http.strict_json import Json

BASE = "https://airbyte.example.com/api/public/v1"
CREDENTIALS = ClientCredentials("the-id", Secret("canary"))
ResultT = TypeVar("ResultT")


class Server:
    """Gives tokens, and takes those it gave last."""

    def __init__(self, expires_in: Json = 180, token_status: int = 200) -> None:
        self.expires_in = expires_in
        self.token_status = token_status
        self.tokens = 0
        self.asked_at: list[float] = []
        self.bodies: list[dict[str, str]] = []
        self.refuse_all = False
        self.seconds = 0.0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/applications/token"):
            await asyncio.sleep(self.seconds)
            self.asked_at.append(asyncio.get_running_loop().time())
            self.bodies.append(json.loads(request.content))
            if self.token_status != 200:
                return httpx.Response(self.token_status, json={"message": "canary is wrong"})
            self.tokens += 1
            body: dict[str, Json] = {"access_token": f"token-{self.tokens}"}
            if self.expires_in is not None:
                body["expires_in"] = self.expires_in
            return httpx.Response(200, json=body)
        current = f"Bearer token-{self.tokens}"
        good = request.headers.get("authorization") == current and not self.refuse_all
        return httpx.Response(200 if good else 401, json={})


def with_server(server: Server, story: Callable[[Door], Coroutine[None, None, ResultT]]) -> ResultT:
    async def run() -> ResultT:
        now = clock()
        auth = auth_for(CREDENTIALS, BASE, now)
        transport = httpx.MockTransport(server)
        door = Door(BASE, clock=now, rng=random.Random(1), auth=auth, transport=transport)
        try:
            return await story(door)
        finally:
            await door.aclose()

    return run_virtual(run())


async def get(door: Door) -> int:
    return (await door.send(Request("GET", f"{BASE}/jobs"))).status


def test_it_is_asked_for_in_json_under_both_spellings() -> None:
    server = Server()

    assert with_server(server, get) == 200
    assert server.bodies == [
        {
            "client_id": "the-id",
            "client_secret": "canary",
            "grant-type": "client_credentials",
            "grant_type": "client_credentials",
        }
    ]


def test_a_hundred_callers_share_one_request() -> None:
    server = Server()
    server.seconds = 2

    async def hundred(door: Door) -> list[int]:
        return await asyncio.gather(*(get(door) for _ in range(100)))

    assert with_server(server, hundred) == [200] * 100
    assert server.tokens == 1


def test_a_caller_that_gives_up_does_not_take_the_token_from_the_others() -> None:
    server = Server()
    server.seconds = 5

    async def give_up(door: Door) -> int:
        first = asyncio.create_task(get(door))
        await asyncio.sleep(1)
        second = asyncio.create_task(get(door))
        await asyncio.sleep(1)
        first.cancel()
        return await second

    assert with_server(server, give_up) == 200
    assert server.tokens == 1


@pytest.mark.parametrize(
    ("expires_in", "renewed_at"),
    [
        (180, 144),
        (900, 840),
        (86_400, 86_340),
        (None, 144),
        ("900", 840),
        (0, 144),
        (-5, 144),
        ([], 144),
        (True, 144),
        (10**30, 31_535_940),
    ],
)
def test_it_is_renewed_a_little_early(expires_in: Json, renewed_at: float) -> None:
    server = Server(expires_in)

    async def around(door: Door) -> list[int]:
        await get(door)
        await asyncio.sleep(renewed_at - 1)
        await get(door)
        before = server.tokens
        await asyncio.sleep(1)
        await get(door)
        return [before, server.tokens]

    assert with_server(server, around) == [1, 2]


def test_an_early_renewal_that_fails_leaves_the_old_one_in_use() -> None:
    server = Server(180)

    async def trouble(door: Door) -> int:
        await get(door)
        await asyncio.sleep(150)
        server.token_status = 400
        return await get(door)

    assert with_server(server, trouble) == 200


def test_after_a_401_there_is_one_new_token_for_all() -> None:
    server = Server(86_400)

    async def revoked(door: Door) -> list[int]:
        await get(door)
        # The server forgets the token it gave.
        server.tokens += 10
        return await asyncio.gather(*(get(door) for _ in range(20)))

    assert with_server(server, revoked) == [200] * 20
    assert len(server.asked_at) == 2


def test_a_server_that_refuses_every_token_is_reported_and_not_asked_for_ever() -> None:
    server = Server()
    server.refuse_all = True

    assert with_server(server, get) == 401
    assert server.tokens == 2


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_wrong_credentials_are_said_clearly(status: int) -> None:
    async def ask(door: Door) -> ApiProblem:
        with pytest.raises(ApiProblem) as caught:
            await get(door)
        return caught.value

    problem = with_server(Server(token_status=status), ask)

    assert "client id and secret" in problem.sentence
    assert problem.sent is False
    assert (problem.kind is ProblemKind.UNAUTHORIZED) == (status != 500)
    assert "canary" not in problem.sentence + problem.answer


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", "{}", '{"access_token": 3}', '{"access_token": "two words"}']
)
def test_a_token_answer_that_makes_no_sense_is_one_sentence(body: str) -> None:
    async def ask() -> ApiProblem:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, text=body))
        now = clock()
        auth = TokenAuth(CREDENTIALS, BASE, now)
        door = Door(BASE, clock=now, rng=random.Random(1), auth=auth, transport=transport)
        with pytest.raises(ApiProblem) as caught:
            await get(door)
        return caught.value

    problem = run_virtual(ask())

    assert problem.kind is ProblemKind.UNREADABLE
    assert problem.sentence.startswith("Asking for a token: the server answered 200, but")


def test_a_token_that_cannot_be_had_means_that_nothing_was_sent() -> None:
    asked: list[str] = []

    def cut(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        raise httpx.ReadError("reset")

    async def ask() -> NetworkFailure:
        now = clock()
        auth = TokenAuth(CREDENTIALS, BASE, now)
        transport = httpx.MockTransport(cut)
        door = Door(BASE, clock=now, rng=random.Random(1), auth=auth, transport=transport)
        with pytest.raises(NetworkFailure) as caught:
            await door.send(Request("POST", f"{BASE}/jobs", content=b"{}"))
        return caught.value

    failure = run_virtual(ask())

    assert (failure.kind, failure.sent) == ("cut", False)
    assert set(asked) == {"/api/public/v1/applications/token"}


def test_other_credentials_need_no_request() -> None:
    async def headers() -> list[str | None]:
        async def send(request: Request) -> object:
            raise AssertionError("nothing is asked")

        bearer = auth_for(Bearer(Secret("t")), BASE, clock())
        assert bearer is not None
        assert auth_for(NoAuth(), BASE, clock()) is None
        return [await bearer.authorization(send)]  # type: ignore[arg-type]

    assert run_virtual(headers()) == ["Bearer t"]
