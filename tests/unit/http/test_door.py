"""What the door lets out and in."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections.abc import AsyncIterator, Callable, Coroutine

import httpx
import pytest

from tests.support.virtual_time import clock, run_virtual
from workflow.http.door import Auth, Door, Send
from workflow.http.failures import BadBody, NetworkFailure
from workflow.http.messages import Request, Response, Timeout
from workflow.http.meter import Budget, CountKey

HOME = "https://airbyte.example.com/api/public/v1"
JOBS = f"{HOME}/jobs"

Handler = Callable[[httpx.Request], httpx.Response]
AsyncHandler = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


class Tokens:
    """Credentials that can be had again, and count how often."""

    def __init__(self) -> None:
        self.number = 1

    async def authorization(self, send: Send) -> str | None:
        return f"Bearer token-{self.number}"

    def refused(self, authorization: str) -> bool:
        self.number += 1
        return True


def door(handler: Handler | AsyncHandler, **settings: object) -> Door:
    transport = httpx.MockTransport(handler)
    return Door(HOME, clock=clock(), rng=random.Random(1), transport=transport, **settings)  # type: ignore[arg-type]


def through(
    handler: Handler | AsyncHandler, *requests: Request, **settings: object
) -> list[Response | NetworkFailure]:
    """Send requests one after the other, in virtual time; say what came of each."""

    async def send_all() -> list[Response | NetworkFailure]:
        opened = door(handler, **settings)
        outcomes: list[Response | NetworkFailure] = []
        for request in requests:
            try:
                outcomes.append(await opened.send(request))
            except NetworkFailure as failure:
                outcomes.append(failure)
        await opened.aclose()
        return outcomes

    return run_virtual(send_all())


def failure_of(
    handler: Handler | AsyncHandler, request: Request, **settings: object
) -> NetworkFailure:
    [outcome] = through(handler, request, **settings)
    assert isinstance(outcome, NetworkFailure), outcome
    return outcome


def response_of(handler: Handler | AsyncHandler, request: Request, **settings: object) -> Response:
    [outcome] = through(handler, request, **settings)
    assert isinstance(outcome, Response), outcome
    return outcome


class Script:
    """Answers in turn; remembers what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def ok(body: object = None) -> httpx.Response:
    return httpx.Response(200, json=body)


class TestHosts:
    def test_a_host_that_is_not_the_profiles_is_not_asked(self) -> None:
        script = Script(ok())

        failure = failure_of(script, Request("GET", "https://elsewhere.example/x"))

        assert (failure.kind, failure.sent, script.asked) == ("host", False, [])

    @pytest.mark.parametrize(
        "url",
        [
            "https://airbyte.example.com:8443/x",
            "http://airbyte.example.com/x",
            "ftp://airbyte.example.com/x",
            "https://user:secret@airbyte.example.com/x",
            "https://[::1/x",
            "/jobs",
        ],
    )
    def test_another_scheme_or_port_is_another_host(self, url: str) -> None:
        failure = failure_of(Script(ok()), Request("GET", url))

        assert failure.kind == "host"
        assert "secret" not in failure.text

    def test_credentials_go_to_the_profiles_own_host_only(self) -> None:
        script = Script(ok())
        other = "https://other.example"

        through(script, Request("GET", JOBS), Request("GET", other), auth=Tokens(), also=[other])

        assert [request.headers.get("authorization") for request in script.asked] == [
            "Bearer token-1",
            None,
        ]


class TestRedirects:
    def test_one_on_the_same_host_is_followed(self) -> None:
        script = Script(httpx.Response(302, headers={"location": "/v1/jobs?limit=5"}), ok([1]))

        response = response_of(script, Request("GET", JOBS), auth=Tokens())

        assert response.json() == [1]
        assert str(script.asked[1].url) == "https://airbyte.example.com/v1/jobs?limit=5"

    def test_one_to_another_host_is_refused_with_its_name(self) -> None:
        script = Script(httpx.Response(302, headers={"location": "https://evil.example/jobs?t=1"}))

        failure = failure_of(script, Request("GET", JOBS), auth=Tokens())

        assert failure.kind == "redirect"
        assert "another host, https://evil.example/jobs" in failure.text
        assert len(script.asked) == 1

    def test_one_to_another_port_of_the_host_is_refused_as_another_address(self) -> None:
        elsewhere = "https://airbyte.example.com:8443/api/public/v1/jobs"
        script = Script(httpx.Response(302, headers={"location": elsewhere}))

        failure = failure_of(script, Request("GET", JOBS), auth=Tokens())

        assert f"another address, {elsewhere}, which is refused" in failure.text
        assert len(script.asked) == 1

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_none_is_followed_for_a_post(self, status: int) -> None:
        script = Script(httpx.Response(status, headers={"location": JOBS}), ok())

        failure = failure_of(script, Request("POST", JOBS, content=b"{}", replay="never"))

        assert (failure.kind, failure.sent, len(script.asked)) == ("redirect", True, 1)

    def test_circles_end(self) -> None:
        script = Script(httpx.Response(302, headers={"location": JOBS}))

        assert failure_of(script, Request("GET", JOBS)).kind == "redirect"


class TestBodies:
    def test_a_body_beyond_the_cap_is_not_read_on(self) -> None:
        read = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal read
            while True:
                read += 1
                yield b"x" * 1_000

        failure = failure_of(
            lambda _: httpx.Response(200, content=endless()), Request("GET", JOBS), cap=10_000
        )

        assert failure.kind == "too_large"
        assert read == 11

    def test_a_small_body_that_unfolds_beyond_the_cap_is_stopped(self) -> None:
        bomb = gzip.compress(b"0" * 50_000_000)
        answer = httpx.Response(
            200, stream=httpx.ByteStream(bomb), headers={"content-encoding": "gzip"}
        )

        failure = failure_of(lambda _: answer, Request("GET", JOBS), cap=1 << 20)

        assert failure.kind == "too_large"

    def test_gzip_is_unfolded(self) -> None:
        packed = gzip.compress(json.dumps({"data": []}).encode())
        answer = httpx.Response(
            200, stream=httpx.ByteStream(packed), headers={"content-encoding": "gzip"}
        )

        assert response_of(lambda _: answer, Request("GET", JOBS)).json() == {"data": []}

    @pytest.mark.parametrize(
        ("encoding", "content"),
        [
            ("gzip", b"not gzip"),
            ("gzip", gzip.compress(b"cut short", mtime=0)[:-6]),
            ("br", b"anything"),
        ],
    )
    def test_a_broken_or_unknown_encoding_is_said(self, encoding: str, content: bytes) -> None:
        answer = httpx.Response(
            200, stream=httpx.ByteStream(content), headers={"content-encoding": encoding}
        )

        failure = failure_of(lambda _: answer, Request("GET", JOBS))

        assert failure.kind == "decode"
        assert encoding in failure.text

    def test_an_answer_that_never_ends_runs_out_of_time(self) -> None:
        async def hang(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(1e6)
            return ok()

        failure = failure_of(hang, Request("GET", JOBS, timeout=Timeout(total=150)))

        assert (failure.kind, failure.sent) == ("timeout", True)
        assert "150 s" in failure.text


@pytest.mark.parametrize(
    ("error", "kind", "sent"),
    [
        (httpx.ConnectError("refused"), "connect", False),
        (httpx.ConnectTimeout("slow"), "timeout", False),
        (httpx.PoolTimeout("busy"), "timeout", False),
        (httpx.ProxyError("403"), "connect", False),
        (httpx.ReadTimeout("slow"), "timeout", True),
        (httpx.WriteTimeout("slow"), "timeout", True),
        (httpx.ReadError("reset"), "cut", True),
        (httpx.WriteError("reset"), "cut", True),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), "cut", True),
        (httpx.RemoteProtocolError("illegal status line"), "protocol", True),
    ],
)
def test_each_trouble_is_one_sentence_of_its_kind(
    error: Exception, kind: str, *, sent: bool
) -> None:
    failure = failure_of(Script(error), Request("POST", JOBS, query=(("token", "canary"),)))

    assert (failure.kind, failure.sent) == (kind, sent)
    assert "POST airbyte.example.com/api/public/v1/jobs" in failure.text
    assert "canary" not in failure.text


class TestReplay:
    def test_a_safe_request_is_repeated_until_it_is_answered(self) -> None:
        script = Script(httpx.Response(503), httpx.ReadError("reset"), ok("there"))

        response = response_of(script, Request("GET", JOBS, replay="safe"))

        assert (response.json(), len(script.asked)) == ("there", 3)

    def test_the_last_answer_is_given_when_none_is_good(self) -> None:
        script = Script(httpx.Response(503))

        assert response_of(script, Request("GET", JOBS, replay="safe")).status == 503
        assert len(script.asked) == 4

    def test_nothing_is_repeated_unless_it_was_said_to_be_safe(self) -> None:
        for request in (Request("GET", JOBS), Request("POST", JOBS, content=b"{}")):
            script = Script(httpx.ReadError("reset"), ok())

            assert failure_of(script, request).kind == "cut"
            assert len(script.asked) == 1

    @pytest.mark.parametrize(("wished", "least", "most"), [("7", 7, 8), ("9999", 20, 21)])
    def test_retry_after_is_kept_up_to_a_cap(self, wished: str, least: int, most: int) -> None:
        script = Script(httpx.Response(429, headers={"retry-after": wished}), ok())

        async def timed() -> float:
            await door(script).send(Request("GET", JOBS, replay="safe"))
            return asyncio.get_running_loop().time()

        assert least <= run_virtual(timed()) <= most

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500])
    def test_an_answer_that_will_not_change_is_not_asked_for_again(self, status: int) -> None:
        script = Script(httpx.Response(status))

        response_of(script, Request("GET", JOBS, replay="safe"))

        assert len(script.asked) == 1


class TestUnauthorised:
    def test_a_safe_request_is_replayed_once_with_new_credentials(self) -> None:
        script = Script(httpx.Response(401), ok("there"))

        response = response_of(script, Request("GET", JOBS), auth=Tokens())

        assert response.status == 200
        assert [request.headers["authorization"] for request in script.asked] == [
            "Bearer token-1",
            "Bearer token-2",
        ]

    def test_the_second_refusal_is_reported(self) -> None:
        script = Script(httpx.Response(401))

        assert response_of(script, Request("GET", JOBS), auth=Tokens()).status == 401
        assert len(script.asked) == 2

    @pytest.mark.parametrize("method", ["POST", "DELETE"])
    def test_a_request_with_an_effect_is_its_senders_to_repeat(self, method: str) -> None:
        script = Script(httpx.Response(401), ok())
        tokens = Tokens()

        assert response_of(script, Request(method, JOBS), auth=tokens).status == 401
        assert (len(script.asked), tokens.number) == (1, 2)


class TestBudget:
    def test_few_requests_are_in_flight_at_a_time(self) -> None:
        flying, most = 0, 0

        async def slow(request: httpx.Request) -> httpx.Response:
            nonlocal flying, most
            flying += 1
            most = max(most, flying)
            await asyncio.sleep(5)
            flying -= 1
            return ok()

        async def twenty() -> None:
            opened = door(slow, budget=Budget(in_flight=3))
            await asyncio.gather(*(opened.send(Request("GET", JOBS)) for _ in range(20)))

        run_virtual(twenty())

        assert most == 3

    def test_a_post_does_not_wait_for_its_turn(self) -> None:
        async def slow(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(0 if request.method == "POST" else 50)
            return ok()

        async def post_among_gets() -> float:
            opened = door(slow, budget=Budget(in_flight=1))
            gets = [asyncio.create_task(opened.send(Request("GET", JOBS))) for _ in range(3)]
            await asyncio.sleep(1)
            await opened.send(Request("POST", JOBS))
            posted = asyncio.get_running_loop().time()
            await asyncio.gather(*gets)
            return posted

        assert run_virtual(post_among_gets()) == 1

    def test_a_minute_holds_no_more_than_the_budget(self) -> None:
        left: list[float] = []

        def note(request: httpx.Request) -> httpx.Response:
            left.append(asyncio.get_running_loop().time())
            return ok()

        through(note, *[Request("GET", JOBS)] * 25, budget=Budget(per_minute=10))

        assert all(after - before >= 60 for before, after in zip(left, left[10:], strict=False))

    def test_requests_are_counted_by_name_and_outcome(self) -> None:
        script = Script(ok(), httpx.Response(503), httpx.ReadError("reset"))

        async def three() -> tuple[dict[CountKey, int], int, int]:
            opened = door(script)
            for _ in range(3):
                try:
                    await opened.send(Request("GET", JOBS, name="listJobs"))
                except NetworkFailure:
                    continue
            before = opened.requests_per_minute
            await asyncio.sleep(61)
            return dict(opened.meter.counts), before, opened.requests_per_minute

        counts, before, after = run_virtual(three())

        assert counts == {
            CountKey("GET", "listJobs", "2xx"): 1,
            CountKey("GET", "listJobs", "5xx"): 1,
            CountKey("GET", "listJobs", "cut"): 1,
        }
        assert (before, after) == (3, 0)


class TestCircuit:
    def test_a_server_that_is_down_is_left_alone(self) -> None:
        script = Script(httpx.ConnectError("refused"))

        outcomes = through(script, *[Request("GET", JOBS)] * 8)

        kinds = [outcome.kind for outcome in outcomes if isinstance(outcome, NetworkFailure)]
        assert kinds == ["connect"] * 5 + ["circuit"] * 3
        assert len(script.asked) == 5

    def test_one_probe_closes_it_again(self) -> None:
        script = Script(*[httpx.ConnectError("refused")] * 5, ok())

        async def come_back() -> tuple[bool, list[int], bool]:
            opened = door(script)
            for _ in range(5):
                with pytest.raises(NetworkFailure):
                    await opened.send(Request("GET", JOBS))
            down = opened.is_down
            await asyncio.sleep(10)
            answers = [(await opened.send(Request("GET", JOBS))).status for _ in range(3)]
            return down, answers, opened.is_down

        assert run_virtual(come_back()) == (True, [200, 200, 200], False)

    def test_a_herd_sends_one_probe_and_waits_for_it(self) -> None:
        down = True
        asked: list[float] = []

        async def flaky(request: httpx.Request) -> httpx.Response:
            now = asyncio.get_running_loop().time()
            asked.append(now)
            await asyncio.sleep(0.5)
            if down:
                raise httpx.ConnectError("refused")
            return ok()

        async def herd() -> list[int]:
            nonlocal down
            opened = door(flaky)
            for _ in range(5):
                with pytest.raises(NetworkFailure):
                    await opened.send(Request("GET", JOBS))
            await asyncio.sleep(7)
            asked.clear()
            waiting = [
                asyncio.create_task(opened.send(Request("GET", JOBS, replay="safe")))
                for _ in range(50)
            ]
            await asyncio.sleep(0.1)
            first = len(asked)
            down = False
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
            return [first, sum(isinstance(outcome, Response) for outcome in outcomes)]

        first, answered = run_virtual(herd())

        assert first == 1
        assert answered == 50

    def test_a_post_is_certainly_not_sent_while_it_is_open(self) -> None:
        outcomes = through(
            Script(httpx.ConnectError("refused")),
            *[Request("GET", JOBS)] * 5,
            Request("POST", JOBS),
        )

        last = outcomes[-1]
        assert isinstance(last, NetworkFailure)
        assert (last.kind, last.sent) == ("circuit", False)

    def test_who_spaces_his_own_tries_is_let_through(self) -> None:
        script = Script(*[httpx.ConnectError("refused")] * 5, ok())

        outcomes = through(
            script,
            *[Request("GET", JOBS)] * 5,
            Request("GET", JOBS, probe=True),
            Request("GET", JOBS),
        )

        assert [isinstance(outcome, Response) for outcome in outcomes[5:]] == [True, True]


def test_what_the_profiles_credentials_raise_comes_through_and_nothing_is_sent() -> None:
    class Broken:
        async def authorization(self, send: Send) -> str | None:
            raise NetworkFailure("connect", "No token.", sent=False, final=True)

        def refused(self, authorization: str) -> bool:
            return False

    broken: Auth = Broken()
    script = Script(ok())

    assert failure_of(script, Request("GET", JOBS, replay="safe"), auth=broken).text == "No token."
    assert script.asked == []


def test_a_body_that_is_not_json_says_why() -> None:
    response = response_of(lambda _: httpx.Response(200, text="<html>"), Request("GET", JOBS))

    with pytest.raises(BadBody, match="web page"):
        response.json()


class TestHeaders:
    def test_what_a_document_gives_takes_the_place_of_ours_in_any_spelling(self) -> None:
        script = Script(httpx.Response(200))
        given = (("Accept", "text/csv"), ("USER-AGENT", "mine"), ("Authorization", "Basic no"))
        response_of(script, Request("GET", JOBS, headers=given), auth=Tokens())
        [asked] = script.asked
        named = [name.decode() for name, _ in asked.headers.raw]
        assert len(named) == len({name.lower() for name in named})
        assert asked.headers["accept"] == "text/csv"
        assert asked.headers["user-agent"] == "mine"
        assert asked.headers["authorization"] == "Bearer token-1"

    def test_a_cookie_that_was_set_is_not_sent_with_the_next_request(self) -> None:
        script = Script(httpx.Response(200, headers={"set-cookie": "seen=1"}), httpx.Response(200))
        through(script, Request("GET", JOBS), Request("GET", JOBS))
        assert ["cookie" in request.headers for request in script.asked] == [False, False]

    def test_are_read_whatever_bytes_they_are(self) -> None:
        pairs = [(b"X-Name", "zürich".encode()), (b"X-Old", b"z\xfcrich"), (b"x-name", b"2")]

        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, headers=pairs, content=b"{}")

        (response,) = through(answer, Request("GET", JOBS))

        assert isinstance(response, Response)
        assert (response.headers["x-name"], response.headers["X-Old"]) == ("zürich, 2", "zürich")
