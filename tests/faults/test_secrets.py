"""A canary as client secret and as token: whatever the program leaves behind, it is not in there.

What is searched: every file under the user's folders (journal, its companions, log) but the one
that secrets are kept in, all that commands print, pictures of the screens, tracebacks, and the
list of processes. Tokens that the server hands out count as secrets too, and so does what a server
says back that was told one.
"""

from __future__ import annotations

import base64
import io
import logging
import os
import random
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from tests.integration.cli.conftest import Syncdeck
from tests.support import screens
from tests.support.cli import Ended, FastClock, read_until, start, wait
from tests.support.sandbox import running_sandbox
from tui import cli
from tui.app import SyncdeckApp
from tui.session import Session, Wiring, open_session
from tui.widgets.live_table import LiveTable
from workflow.runs.launch import Order, Target
from workflow.sandbox.auth import Application, Role
from workflow.sandbox.server import SandboxServer
from workflow.settings import BearerAuth, ClientCredentialsAuth, InEnvironment, Plain, Profile
from workflow.text import safe

SECRET = "canary-secret-7f3a9c1e"
TOKEN = "canary-token-51b2d8e0"
CLIENT = "canaries-id"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's folders, with a log that takes everything."""
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("SYNCDECK_JOURNAL", str(tmp_path / "journal.db"))
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield tmp_path
    for handler in [one for one in root.handlers if one not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """A sandbox that knows the canaries, on a quick clock that both sides share."""
    clock = FastClock()
    monkeypatch.setattr("tui.session.SystemClock", lambda: clock)
    with running_sandbox(clock=clock, auth=True, seed=3, speed=40.0) as running:
        know_the_canaries(running)
        monkeypatch.setenv("AIRBYTE_API_ROOT", running.base_url)
        yield running


def know_the_canaries(server: SandboxServer) -> None:
    server.auth.applications["canary"] = Application(
        "canary", "canary", CLIENT, SECRET, Role.ADMIN
    )  # fmt: skip
    server.auth._bearers[TOKEN] = Role.ADMIN


@pytest.fixture(params=["client secret", "token"])
def credentials(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "token":
        monkeypatch.setenv("AIRBYTE_BEARER_TOKEN", TOKEN)
    else:
        monkeypatch.setenv("AIRBYTE_CLIENT_ID", CLIENT)
        monkeypatch.setenv("AIRBYTE_CLIENT_SECRET", SECRET)
    return str(request.param)


@pytest.fixture
def syncdeck(home: Path, capsys: pytest.CaptureFixture[str]) -> Syncdeck:
    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        code = cli.run([*arguments, "--log-level", "debug"])
        return Ended(code, *capsys.readouterr())

    return call


def secrets_of(server: SandboxServer | None = None) -> tuple[str, ...]:
    """Every secret there is: ours, and the tokens that were handed out."""
    return (SECRET, TOKEN, *(server.auth._tokens if server else ()))


def leaks(text: str, server: SandboxServer | None = None) -> list[str]:
    return [secret for secret in secrets_of(server) if any(form in text for form in forms(secret))]


def forms(secret: str) -> tuple[str, ...]:
    """A secret as it is, and as a careless hand would disguise it."""
    raw = secret.encode()
    return (secret, base64.b64encode(raw).decode().rstrip("="), raw.hex())


def files_with_secrets(home: Path, server: SandboxServer | None = None) -> list[str]:
    return [
        f"{file.name}: {secret}"
        for file in home.rglob("*")
        if file.is_file() and file.name != "secrets.toml"
        for secret in leaks(file.read_bytes().decode("latin-1"), server)
    ]


def active(server: SandboxServer) -> str:
    every = server.world.catalogue.connections.values()
    return next(str(one.id) for one in every if one.status == "active")


# ------------------------------------------------------------------ commands


def test_a_run_leaves_no_secret_behind(
    home: Path, server: SandboxServer, credentials: str, syncdeck: Syncdeck
) -> None:
    as_json = syncdeck("run", active(server), "--json")
    plain = syncdeck("run", active(server))
    assert {event["event"] for event in as_json.events} >= {"run.created", "run.finished"}
    run = as_json.last("run.finished")["run"]
    said = [as_json, plain]
    said += [syncdeck("runs", "list"), syncdeck("runs", "show", run), syncdeck("runs", "export")]
    said += [syncdeck("doctor"), syncdeck("doctor", "--json"), syncdeck("profile", "show")]
    assert [leaks(one.out + one.err, server) for one in said] == [[]] * len(said)
    assert (home / "journal.db").stat().st_size > 0
    assert server.auth._tokens or credentials == "token"
    assert files_with_secrets(home, server) == []


@pytest.mark.parametrize("status", [400, 401, 500])
def test_credentials_that_are_refused_are_not_repeated(
    home: Path, server: SandboxServer, credentials: str, syncdeck: Syncdeck, status: int
) -> None:
    server.auth.applications.clear()
    server.auth._bearers.clear()
    server.auth.settings = type(server.auth.settings)(wrong_credentials=status)  # type: ignore[arg-type]
    said = [syncdeck("doctor"), syncdeck("run", active(server), "--json", "--deadline", "30s")]
    assert all(one.code != 0 for one in said)
    assert [leaks(one.out + one.err) for one in said] == [[], []]
    assert files_with_secrets(home) == []


def test_a_profile_shows_where_its_secret_is_and_not_what_it_is(
    home: Path, server: SandboxServer, syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    url = ("--url", server.base_url)
    said = [syncdeck("profile", "add", "p", *url, "--client-id", CLIENT)]
    said += [syncdeck("profile", "show", "p"), syncdeck("profile", "list")]
    said += [syncdeck("doctor", "--profile", "p")]
    assert [one.code for one in said] == [0, 0, 0, 0]
    assert [leaks(one.out + one.err, server) for one in said] == [[]] * 4
    assert [file.name for file in home.rglob("secrets.toml") if SECRET in file.read_text()]
    assert files_with_secrets(home, server) == []


def test_a_secret_that_no_header_can_carry_is_not_shown(
    home: Path, server: SandboxServer, syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_BEARER_TOKEN", f"{TOKEN}\r\nx-more: 1")
    said = [syncdeck("doctor"), syncdeck("run", active(server))]
    assert all(one.code != 0 for one in said)
    assert [leaks(one.out + one.err) for one in said] == [[], []]
    assert files_with_secrets(home) == []


def test_the_list_of_processes_shows_no_secret(
    home: Path, server: SandboxServer, credentials: str, tmp_path: Path
) -> None:
    report = tmp_path / "report.txt"
    hook = tmp_path / "hook.py"
    hook.write_text(
        "import pathlib, sys\n"
        "mine = pathlib.Path('/proc/self')\n"
        f"out = open({str(report)!r}, 'wb')\n"
        "out.write(mine.joinpath('cmdline').read_bytes() + mine.joinpath('environ').read_bytes())\n"
        "out.write(sys.stdin.buffer.read())\n"
    )
    process = start(
        ["run", active(server), "--json", "--deadline", "2s", "--on-end", f"python3 {hook}"],
        dict(os.environ),
    )
    lines = read_until(process, "step.started")
    command = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode()
    ended = wait(process)
    assert "run" in command
    told = report.read_text()
    assert '"verdict"' in told
    assert leaks(command + told + "".join(lines) + ended.out + ended.err, server) == []
    assert files_with_secrets(home, server) == []


# ------------------------------------------------------------------ servers that repeat


class Parrot(httpx.AsyncBaseTransport):
    """A server that says back whatever it was told, in every place where it can."""

    def __init__(self, status: int, *, token_works: bool) -> None:
        self.status = status
        self.token_works = token_works
        self.heard = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        told = f"{request.headers.get('authorization', '')} {request.content.decode()}"
        self.heard += told
        if self.token_works and request.url.path.endswith("/applications/token"):
            return httpx.Response(200, json={"access_token": TOKEN, "expires_in": 900})
        body = {"title": told, "detail": told, "message": told, "data": {"message": told}}
        return httpx.Response(self.status, json=body, headers={"x-told": told.replace("\n", " ")})


@pytest.mark.parametrize("token_works", [True, False], ids=["by calls", "by the token request"])
@pytest.mark.parametrize("status", [200, 400, 401, 403, 409, 418, 429, 500, 503])
async def test_what_a_server_repeats_of_a_secret_is_not_passed_on(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    status: int,
    token_works: bool,
) -> None:
    monkeypatch.setenv("S", SECRET)
    parrot = Parrot(status, token_works=token_works)
    auth = ClientCredentialsAuth(Plain(CLIENT), InEnvironment("S"))
    profile = Profile("p", "http://parrot.test/v1", auth=auth, read_only=False)
    texts = await said_by_a_run(profile, home / "journal.db", parrot)
    assert SECRET in parrot.heard
    assert leaks("".join(texts) + caplog.text) == []
    assert files_with_secrets(home) == []


async def said_by_a_run(
    profile: Profile, journal: Path, wire: httpx.AsyncBaseTransport
) -> list[str]:
    """Launch a run that comes to nothing; return every text that anybody could be shown."""
    texts: list[str] = []
    wiring = Wiring(transport=wire, rng=random.Random(1))
    clock = FastClock(2_000)
    async with open_session(profile, journal=journal, clock=clock, wiring=wiring) as session:
        fleet = session.fleet
        fleet.subscribe(lambda event: texts.append(repr(event)))
        order = Order((Target("c", safe("c")),), deadline=timedelta(minutes=3))
        texts += [repr(check) async for check in fleet.check(order)]
        await fleet.launch(order)
        await fleet.end()
        texts += [repr(run) for run in fleet.runs.values()]
        texts += [repr(fleet.feed.status), repr(fleet.watch.error)]
        for call in (session.client.list_workspaces(), session.client.get_health()):
            try:
                await call
            except Exception:  # noqa: BLE001 - its text is what is looked at
                texts.append(traceback.format_exc())
    return texts


# ------------------------------------------------------------------ screens and tracebacks


class Broken(httpx.AsyncBaseTransport):
    """A network that fails in a way nobody thought of, at the requests it is told to."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.broken = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.broken:
            raise RuntimeError("nobody thought of this")
        return await self._inner.handle_async_request(request)


def opening(server: SandboxServer, home: Path, wire: Broken) -> Callable[[], Any]:
    profile = Profile(
        "prod",
        server.base_url,
        auth=ClientCredentialsAuth(Plain(CLIENT), InEnvironment("S")),
        read_only=False,
    )

    def opened() -> AbstractAsyncContextManager[Session]:
        return open_session(
            profile, journal=home / "journal.db", clock=FastClock(), wiring=Wiring(transport=wire)
        )

    return opened


async def test_no_picture_of_a_screen_shows_a_secret(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S", SECRET)
    with running_sandbox(auth=True, seed=3, speed=100.0) as server:
        know_the_canaries(server)
        wire = Broken(httpx.AsyncHTTPTransport())
        app = SyncdeckApp(opening(server, home, wire), profile_name="prod", server=safe("server"))
        pictures = []
        async with app.run_test(size=(200, 50)) as pilot:
            await screens.until(pilot, lambda: app.session is not None, turns=6_000)
            session = app.session
            assert session is not None
            await screens.until(
                pilot, lambda: len(session.fleet.watch.connections) > 20, turns=6_000
            )
            table = app.screen.query_one("#connections", LiveTable)
            await screens.until(pilot, lambda: len(table.order) >= 20, turns=6_000)
            pictures.append(app.export_screenshot())
            for keys in (("t",), ("escape", "?"), ("escape", "4"), ("escape", "ctrl+k")):
                await pilot.press(*keys)
                pictures.append(app.export_screenshot())
            server.auth.applications.clear()  # and now an error is shown
            server.auth.revoke_all()
            await pilot.press("escape")
            await session.fleet.watch.reload()
            assert session.fleet.watch.error is not None
            await pilot.pause(0.3)
            pictures.append(app.export_screenshot())
        assert "Stripe" in pictures[0] or "stripe" in pictures[0]
        assert [leaks(picture, server) for picture in pictures] == [[]] * len(pictures)
        assert files_with_secrets(home, server) == []


async def test_the_traceback_of_a_deck_that_breaks_shows_no_secret(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Textual prints the variables of every frame, and headers are among them."""
    monkeypatch.setenv("S", TOKEN)
    wire = Broken(httpx.MockTransport(lambda _: httpx.Response(200, json={"data": []})))
    profile = Profile("p", "http://x.test/v1", auth=BearerAuth(InEnvironment("S")))

    def opened() -> AbstractAsyncContextManager[Session]:
        return open_session(profile, journal=None, wiring=Wiring(transport=wire))

    app, printed = SyncdeckApp(opened, profile_name="p", server=safe("x.test")), io.StringIO()
    app.error_console = Console(file=printed, width=400)

    async def broken_by_a_request() -> None:
        async with app.run_test() as pilot:
            await screens.until(pilot, lambda: app.session is not None, turns=6_000)
            session = app.session
            assert session is not None
            wire.broken = True
            app.call_later(session.client.list_workspaces)
            await app._exception_event.wait()

    with pytest.raises(RuntimeError, match="nobody thought of this"):
        await broken_by_a_request()
    shown = printed.getvalue()
    assert "nobody thought of this" in shown
    assert "exchange.py" in shown
    assert leaks(shown) == []
