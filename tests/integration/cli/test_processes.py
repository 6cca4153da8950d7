"""Real `syncdeck` processes: what they import, how they are killed, interrupted and cut off."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.cli.conftest import connections, sent
from tests.support.cli import ROOT, Ended, read_until, start, wait
from tests.support.sandbox import running_sandbox
from workflow.sandbox.server import SandboxServer

HEAVY = ("textual", "httpx", "asyncio", "importlib.metadata")
SHIPPED = "workflow/documents/trigger-sync-and-poll.arazzo.yaml"
IMPORTED = f"""
import atexit, sys
@atexit.register
def tell():
    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
sys.argv[0] = "syncdeck"
from tui.cli import run
run()
"""


def imported(*arguments: str, **environ: str) -> str:
    """Say which heavy modules a fresh `syncdeck` imports for these arguments."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **environ},
        timeout=60,
    )
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("run", "--help")])
def test_help_and_version_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert imported(*arguments) == "[]"


def test_shell_completion_imports_nothing_heavy() -> None:
    words = {
        "_SYNCDECK_COMPLETE": "zsh_complete",
        "COMP_WORDS": "syncdeck run --",
        "COMP_CWORD": "2",
    }
    assert imported(**words) == "[]"


def test_a_headless_command_imports_no_textual() -> None:
    assert "textual" not in imported("attach", "nonsense")


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with running_sandbox(speed=400) as sandbox:
        yield sandbox


@pytest.fixture
def environ(server: SandboxServer, tmp_path: Path) -> dict[str, str]:
    return {
        "AIRBYTE_API_ROOT": server.base_url,
        "SYNCDECK_JOURNAL": str(tmp_path / "journal.db"),
    }


def test_a_killed_run_is_attached_again_and_never_posted_again(
    server: SandboxServer, environ: dict[str, str]
) -> None:
    first, second = connections(server, 2).values()
    killed = start(["run", first, second, "--max-parallel", "1", "--json"], environ)
    read_until(killed, '"how":"started"')
    killed.kill()
    wait(killed)
    ended = wait(start(["attach", "--json"], environ))
    assert ended.code == 0
    assert ended.verdicts == ["succeeded"]
    assert "1 run not started" in ended.err
    assert sent(server, "createJob") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_detaches_with_130(
    server: SandboxServer, environ: dict[str, str], number: signal.Signals
) -> None:
    (connection,) = connections(server, 1).values()
    process = start(["run", connection, "--json"], environ)
    before = read_until(process, '"how":"started"')
    process.send_signal(number)
    ended = wait(process)
    assert ended.code == 130
    assert "Detached from 1 run: its job goes on." in ended.err
    assert sent(server, "cancelJob") == 0
    last = Ended(0, "".join(before) + ended.out, "").events[-1]
    assert last["event"] != "run.finished"


@pytest.mark.parametrize("command", [("attach",), ("cancel", "--yes")])
def test_a_job_is_watched_by_the_unfinished_run_that_has_it(
    server: SandboxServer, environ: dict[str, str], command: tuple[str, ...]
) -> None:
    (connection,) = connections(server, 1).values()
    killed = start(["run", connection, "--json"], environ)
    settled = json.loads(read_until(killed, '"how":"started"')[-1])
    killed.kill()
    wait(killed)
    ended = wait(start([*command, str(settled["jobId"]), "--json"], environ))
    assert {event["run"] for event in ended.events if "run" in event} == {settled["run"]}
    left = wait(start(["runs", "list", "--unfinished", "--json"], environ))
    assert json.loads(left.out) == []


STUBBORN = """
import asyncio, sys
from tui.headless_signals import interruptible
async def command():
    try:
        print("begun", flush=True)
        await asyncio.Event().wait()
    finally:
        print("closing", flush=True)
        await asyncio.Event().wait()
sys.exit(asyncio.run(interruptible(command)))
"""


def test_a_second_interruption_quits_at_once() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    read_until(process, "begun")
    process.send_signal(signal.SIGINT)
    read_until(process, "closing")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert process.stdout is not None
    process.stdout.close()


def test_an_interruption_does_not_wait_for_a_file_that_never_comes(tmp_path: Path) -> None:
    pipe = tmp_path / "inputs.yml"
    os.mkfifo(pipe)
    process = start(["workflow", "run", SHIPPED, "--inputs", str(pipe), "--dry-run"], {})
    with pipe.open("wb"):  # opens when the other side does, which then waits for us
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(timeout=60) == 130
        finally:
            process.kill()
            wait(process)


def test_a_reader_that_has_gone_is_no_traceback(
    server: SandboxServer, environ: dict[str, str]
) -> None:
    (connection,) = connections(server, 1).values()
    process = start(["run", connection, "--json"], environ)
    assert process.stdout is not None
    read_until(process, '"how":"started"')  # before that there is nothing to detach from
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    assert process.wait(timeout=60) == 130
    assert "Detached" in said
    assert "Traceback" not in said
    assert "Error" not in said


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="pipes have one size here")
def test_a_reader_that_never_reads_does_not_keep_an_interrupted_run(
    server: SandboxServer, environ: dict[str, str]
) -> None:
    reader, writer = os.pipe()
    room = fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", "run", *connections(server, 6), "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **environ, "PYTHONUNBUFFERED": ""},  # a buffer has a lock
    )
    os.close(writer)
    waiting = bytearray(4)
    while int.from_bytes(waiting, sys.byteorder) < room // 2:  # as good as full
        fcntl.ioctl(reader, termios.FIONREAD, waiting)
        assert process.poll() is None
    while sent(server, "createJob") < 5:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    try:
        assert process.wait(timeout=30) == 130
    finally:
        process.kill()
        os.close(reader)
        assert process.stderr is not None
        process.stderr.close()


def test_the_sandbox_says_first_where_it_is_and_stops_when_told() -> None:
    process = start(["sandbox", "--control", "--auth", "--seed", "3"], {})
    assert process.stdout is not None
    base = process.stdout.readline().strip()
    assert httpx.get(f"{base}/health", trust_env=False).status_code == 200
    root = base.removesuffix("/api/public/v1")
    assert httpx.get(f"{root}/control/counters", trust_env=False).status_code == 200
    process.send_signal(signal.SIGINT)
    ended = wait(process)
    assert ended.code in {0, 130}
    assert "AIRBYTE_CLIENT_ID=" in ended.out
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("arguments", [(), ("demo",)])
def test_a_screen_without_a_terminal_is_one_sentence(arguments: tuple[str, ...]) -> None:
    ended = wait(start(arguments, {"AIRBYTE_API_ROOT": "http://127.0.0.1:9"}))
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert "needs a terminal" in ended.err


def test_without_a_profile_and_a_terminal_it_is_said_what_to_set() -> None:
    ended = wait(start((), {}))
    assert ended.code == 2
    assert "AIRBYTE_API_ROOT" in ended.err
    assert json.dumps(ended.out) == '""'


FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def redirected(where: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `syncdeck` with a shell's redirection, such as ``>&-``."""
    line = f'exec "$0" -m tui "$@" {where}'
    return subprocess.run(
        ["sh", "-c", line, sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environ},
        timeout=60,
    )


@needs_full
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [("--help",), ("profile", "show"), ("sandbox",)])
def test_a_full_disk_behind_stdout_is_one_sentence(
    arguments: tuple[str, ...], unbuffered: str
) -> None:
    done = redirected(
        f">{FULL}",
        *arguments,
        AIRBYTE_API_ROOT="http://127.0.0.1:9",
        PYTHONUNBUFFERED=unbuffered,
    )
    assert done.returncode == 2
    assert done.stderr == "syncdeck: stdout cannot be written: No space left on device.\n"


@needs_full
def test_a_full_disk_behind_the_events_is_said_and_detaches(
    server: SandboxServer, environ: dict[str, str]
) -> None:
    (connection,) = connections(server, 1).values()
    done = redirected(f">{FULL}", "run", connection, "--json", **environ)
    assert done.returncode == 130
    assert "stdout cannot be written: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("where", [">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_streams_that_are_not_there_keep_nobody_from_running(
    server: SandboxServer, environ: dict[str, str], where: str
) -> None:
    (connection,) = connections(server, 1).values()
    done = redirected(where, "run", connection, "--json", **environ)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert sent(server, "createJob") == 1


INTERRUPTED_IMPORT = """
import sys
class Interrupted:
    def find_spec(self, name, *rest):
        if name == "tui.cli":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from tui.__main__ import main
main()
"""


def test_an_interruption_while_modules_are_imported_is_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (130, "")
