"""`syncdeck attach`, `cancel` and `runs`: what is there already, and what the journal knows."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.integration.cli.conftest import Serve, Syncdeck, connections, sent

LONG = """
workspaces: [W]
connections:
  - {name: long, source: mysql, destination: snowflake, behaviour: {duration: 40m}}
  - {name: other, source: mysql, destination: snowflake, behaviour: {duration: 2m}}
"""

ASLEEP = """
workspaces: [W]
connections:
  - {name: asleep, source: mysql, destination: snowflake, status: inactive}
"""


@pytest.fixture
def long_world(tmp_path: Path) -> Path:
    path = tmp_path / "world.yaml"
    path.write_text(LONG)
    return path


def expired(syncdeck: Syncdeck, name: str) -> int:
    """Start a job and stop waiting for it; return its id."""
    ended = syncdeck("run", name, "--deadline", "2m", "--json")
    assert ended.verdicts == ["expired"]
    return int(ended.last("run.finished")["jobId"])


def test_a_job_is_attached_by_its_number_and_nothing_is_triggered(
    serve: Serve, syncdeck: Syncdeck, long_world: Path
) -> None:
    server = serve(world_file=long_world, speed=12)
    job = expired(syncdeck, "long")
    ended = syncdeck("attach", str(job), "--json")
    assert (ended.code, ended.verdicts) == (0, ["succeeded"])
    assert ended.last("trigger.settled")["how"] == "attached"
    assert sent(server, "createJob") == 1


def test_a_job_that_is_attached_or_cancelled_goes_by_its_connections_name(
    serve: Serve, syncdeck: Syncdeck, long_world: Path
) -> None:
    serve(world_file=long_world, speed=1)
    job = str(expired(syncdeck, "long"))
    ended = syncdeck("cancel", job, "--yes")
    assert f"long: attached to job {job}" in ended.out
    assert "long: cancelled" in syncdeck("attach", job).out


def test_without_the_connection_a_job_goes_by_its_id(
    serve: Serve, syncdeck: Syncdeck, long_world: Path
) -> None:
    server = serve(world_file=long_world, speed=60, faults=("server-error:endpoint=getConnection",))
    connection = connections(server)["other"]
    wanted = {"connectionId": connection, "jobType": "sync"}
    job = httpx.post(f"{server.base_url}/jobs", json=wanted, trust_env=False).json()["jobId"]
    ended = syncdeck("attach", str(job))
    assert ended.code == 0
    assert f"{connection}: succeeded" in ended.out


def test_cancel_waits_for_the_outcome(serve: Serve, syncdeck: Syncdeck, long_world: Path) -> None:
    server = serve(world_file=long_world, speed=1)
    job = expired(syncdeck, "long")
    unasked = syncdeck("cancel", str(job))
    assert unasked.code == 2
    assert "--yes" in unasked.err
    ended = syncdeck("cancel", str(job), "--yes", "--json")
    assert (ended.code, ended.verdicts) == (3, ["cancelled"])
    assert sent(server, "cancelJob") == 1


def test_what_has_ended_says_so_and_sends_nothing(
    serve: Serve, syncdeck: Syncdeck, long_world: Path
) -> None:
    server = serve(world_file=long_world, speed=60)
    ran = syncdeck("run", "other", "--json")
    run = ran.last("run.finished")["run"]
    before = len(server.log)
    for command in ("attach", "cancel"):
        flags = ("--yes",) if command == "cancel" else ()
        ended = syncdeck(command, run, *flags)
        assert ended.code == 2
        assert "has ended: succeeded" in ended.err
    assert sent(server, "cancelJob") == 0
    assert len(server.log) >= before


@pytest.mark.parametrize("word", ["nonsense", "r-NOTTHERE00", "-5"])
def test_a_word_that_is_no_run_and_no_job_is_refused(
    serve: Serve, syncdeck: Syncdeck, word: str
) -> None:
    serve()
    assert syncdeck("attach", "--", word).code == 2


def test_with_nothing_unfinished_attach_ends_at_once(serve: Serve, syncdeck: Syncdeck) -> None:
    serve()
    ended = syncdeck("attach")
    assert ended.code == 0
    assert "Nothing of profile env is unfinished" in ended.err


def test_the_journal_lists_shows_exports_and_replays(
    serve: Serve, syncdeck: Syncdeck, long_world: Path, tmp_path: Path
) -> None:
    serve(world_file=long_world, speed=60)
    live = syncdeck("run", "other", "--json")
    run = live.last("run.finished")["run"]
    (row,) = json.loads(syncdeck("runs", "list", "--json").out)
    assert (row["run"], row["verdict"]) == (run, "succeeded")
    assert "other" in syncdeck("runs").out
    shown = syncdeck("runs", "show", run).out
    assert "step 2 pollJob" in shown
    assert "succeeded, " in shown
    target = tmp_path / "events.jsonl"
    assert syncdeck("runs", "export", run, "-o", str(target)).code == 0
    assert target.read_text().splitlines()[-1] == live.out.splitlines()[-1]
    assert syncdeck("runs", "replay", run, "--json").out == target.read_text()
    replayed = syncdeck("runs", "replay", run)
    assert "other: succeeded, " in replayed.out.splitlines()[-1]
    assert syncdeck("runs", "resolve", run).code == 2


def test_an_unresolved_trigger_is_shown_and_can_be_dismissed(
    serve: Serve, syncdeck: Syncdeck, long_world: Path
) -> None:
    server = serve(world_file=long_world, speed=10, faults=("lost-trigger:after=never,count=1",))
    connection = connections(server)["other"]
    ended = syncdeck("run", connection, "--look", "5", "--json")
    assert (ended.code, ended.verdicts) == (5, ["unresolved"])
    run = ended.last("run.finished")["run"]
    (listed,) = json.loads(syncdeck("runs", "--json").out)
    assert (listed["run"], listed["suspects"]) == (run, [])
    assert f"suspects: none so far; see `syncdeck runs resolve {run}`" in (
        syncdeck("runs", "show", run).out
    )
    asked = syncdeck("runs", "resolve", run)
    assert asked.code == 2
    assert "no job at the server may be its effect, as of now" in asked.err
    assert "--dismiss" in asked.err
    assert syncdeck("runs", "resolve", run, "--dismiss").code == 0
    assert sent(server, "createJob") == 1


def test_resolving_looks_for_what_came_since_nobody_looked(
    serve: Serve, syncdeck: Syncdeck, long_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(world_file=long_world, speed=10, faults=("lost-trigger:after=never,count=1",))
    connection = connections(server)["other"]
    run = syncdeck("run", connection, "--look", "5", "--json").last("run.finished")["run"]
    job = httpx.post(
        f"{server.base_url}/jobs",
        json={"connectionId": connection, "jobType": "sync"},
        trust_env=False,
    ).json()["jobId"]
    assert f"suspects: {job} (sync, " in syncdeck("runs", "resolve", run).err
    monkeypatch.setenv("AIRBYTE_API_ROOT", "http://127.0.0.1:9/api/public/v1")
    unasked = syncdeck("runs", "resolve", run)
    assert unasked.code == 2
    assert f"suspects known so far: {job}; the server was not asked now: the run was" in unasked.err


def test_a_profile_that_nobody_has_is_no_profile_without_runs(
    serve: Serve, syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()
    syncdeck("attach")
    ended = syncdeck("--profile", "nope", "runs")
    assert ended.code == 2
    assert "There is no profile 'nope'" in ended.err
    assert syncdeck("--profile", "env", "runs").code == 0


def test_a_run_that_never_had_a_job_is_shown_with_its_reason(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    world = tmp_path / "world.yaml"
    world.write_text(ASLEEP)
    serve(world_file=world)
    run = syncdeck("run", "asleep", "--json").last("run.finished")["run"]
    shown = syncdeck("runs", "show", run)
    assert (shown.code, shown.out.splitlines()[-1][:9]) == (0, "skipped: ")


@pytest.mark.parametrize("command", ["show", "export", "replay", "resolve"])
def test_a_run_of_another_profile_is_not_taken_for_one_of_the_profile_named(
    serve: Serve, syncdeck: Syncdeck, long_world: Path, command: str
) -> None:
    serve(world_file=long_world, speed=60)
    run = syncdeck("run", "other", "--json").last("run.finished")["run"]
    ended = syncdeck("runs", command, run, "--profile", "prod")
    assert (ended.code, ended.out) == (2, "")
    assert f"Run {run} is of profile env, not of prod." in ended.err


@pytest.mark.parametrize(
    ("command", "damage"),
    [
        ("show", "UPDATE runs SET created = 'yesterday'"),
        ("show", "UPDATE events SET body = '{'"),
        ("export", "UPDATE events SET body = '{}'"),
        ("replay", "UPDATE events SET time = 'yesterday', body = '[]'"),
    ],
)
def test_an_entry_that_cannot_be_read_is_one_sentence(
    serve: Serve, syncdeck: Syncdeck, long_world: Path, journal: Path, damage: str, command: str
) -> None:
    serve(world_file=long_world, speed=60)
    run = syncdeck("run", "other", "--json").last("run.finished")["run"]
    with closing(sqlite3.connect(journal)) as db, db:
        db.execute(damage)
    named = () if command == "list" else (run,)
    ended = syncdeck("runs", command, *named)
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert f"Run {run} cannot be shown. In the journal {journal} " in ended.err


def test_what_can_be_read_beside_a_damaged_entry_is_shown_with_one_sentence(
    serve: Serve, syncdeck: Syncdeck, long_world: Path, journal: Path
) -> None:
    serve(world_file=long_world, speed=60)
    first, second = (
        syncdeck("run", "other", "--json").last("run.finished")["run"] for _ in range(2)
    )
    with closing(sqlite3.connect(journal)) as db, db:
        db.execute("UPDATE runs SET created = 'yesterday', verdict = NULL WHERE run = ?", (first,))
        db.execute("UPDATE events SET body = '{' WHERE run = ? AND seq = 2", (second,))
    listed = syncdeck("runs", "list", "--json")
    assert [one["run"] for one in json.loads(listed.out)] == [second]
    assert (listed.code, len(listed.err.splitlines())) == (0, 1)
    assert f"an entry is damaged: the row of run {first}." in listed.err
    shown = syncdeck("runs", "show", second)
    assert (shown.code, len(shown.err.splitlines())) == (0, 1)
    assert f"an entry is damaged: event 2 of run {second}." in shown.err
    assert "succeeded" in shown.out
    doctor = syncdeck("doctor")
    assert f"an entry is damaged: the row of run {first}." in doctor.out + doctor.err


def test_an_attach_says_what_of_the_journal_it_could_not_read(
    serve: Serve, syncdeck: Syncdeck, long_world: Path, journal: Path
) -> None:
    serve(world_file=long_world, speed=60)
    run = syncdeck("run", "other", "--json").last("run.finished")["run"]
    with closing(sqlite3.connect(journal)) as db, db:
        db.execute("UPDATE runs SET verdict = NULL, ended = NULL WHERE run = ?", (run,))
        db.execute("DELETE FROM snapshots")
        db.execute("UPDATE events SET body = '{' WHERE run = ? AND seq = 3", (run,))
    attached = syncdeck("attach")
    assert f"an entry is damaged: event 3 of run {run}." in attached.err
    assert "Traceback" not in attached.err


def test_no_journal_yet_is_one_sentence(syncdeck: Syncdeck) -> None:
    ended = syncdeck("runs", "list")
    assert ended.code == 2
    assert "nothing has been run" in ended.err
