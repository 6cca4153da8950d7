"""`syncdeck run` against a sandbox: targets, verdicts, exit codes, what is printed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx
import pytest

from tests.integration.cli.conftest import Serve, Syncdeck, connections, sent
from tests.support.events_page import examples, report

TWINS = """
workspaces: [W]
connections:
  - {name: orders, source: postgres, destination: snowflake}
  - {name: orders, source: mysql, destination: snowflake}
  - {name: Orders EU, source: mysql, destination: snowflake}
  - {name: asleep, source: mysql, destination: snowflake, status: inactive}
"""
HOSTILE = "[bold red]x[/] \x1b]0;owned\x07"


def world(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "world.yaml"
    path.write_text(text)
    return path


def test_runs_are_followed_to_their_verdicts(serve: Serve, syncdeck: Syncdeck) -> None:
    server = serve(speed=20)
    names = list(connections(server, 2))
    ended = syncdeck("run", *names)
    assert ended.code == 0
    assert ended.out.count("succeeded, ") == 2
    assert ended.out.splitlines()[-1].startswith("2 runs: 2 succeeded")
    assert "env (from the environment)" in ended.err
    assert sent(server, "createJob") == 2


def test_twenty_targets_keep_to_five_slots(serve: Serve, syncdeck: Syncdeck) -> None:
    server = serve(speed=60)
    ids = connections(server, 20).values()
    ended = syncdeck("run", *ids, "--max-parallel", "5", "--json")
    under_way: set[str] = set()
    most = 0
    for event in ended.events:
        if event["event"] == "step.started":
            under_way.add(event["run"])
        elif event["event"] == "run.finished":
            under_way.discard(event["run"])
        most = max(most, len(under_way))
    assert most == 5
    assert len(ended.verdicts) == 20
    assert ended.code == (1 if "failed" in ended.verdicts else 0)
    assert sent(server, "createJob") == 20


def test_json_lines_end_each_run_with_its_verdict(serve: Serve, syncdeck: Syncdeck) -> None:
    server = serve(speed=60)
    ended = syncdeck("run", *connections(server, 3), "--json")
    by_run: dict[str, list[dict[str, object]]] = {}
    for event in ended.events:
        if "run" in event:
            by_run.setdefault(event["run"], []).append(event)
    assert len(by_run) == 3
    for events in by_run.values():
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert events[-1]["event"] == "run.finished"
        assert isinstance(events[-1]["outputs"], dict)
    kinds = [event["event"] for event in ended.events]
    assert kinds.index("launch.finished") < len(kinds) - 1 - kinds[::-1].index("run.finished")
    assert ended.out.isascii()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("orders", "2 connections are called 'orders'"),
        ("order", "near: 'orders', 'Orders EU'"),
        ("00000000-0000-0000-0000-000000000000", "No connection has the id"),
        ("\x1b[2Jx", "No connection is called"),
    ],
)
def test_a_name_that_is_not_one_connection_stops_everything(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path, name: str, says: str
) -> None:
    server = serve(world_file=world(tmp_path, TWINS))
    ended = syncdeck("run", "Orders EU", name, "--json")
    assert ended.code == 2
    assert says in ended.err
    assert "\x1b" not in ended.err
    assert ended.out == ""
    assert sent(server, "createJob") == 0


def test_an_inactive_target_is_skipped(serve: Serve, syncdeck: Syncdeck, tmp_path: Path) -> None:
    server = serve(world_file=world(tmp_path, TWINS))
    ended = syncdeck("run", "asleep", "--json")
    assert (ended.code, ended.verdicts) == (0, ["skipped"])
    assert ended.last("warning")["warning"] == "inactive"
    assert sent(server, "createJob") == 0


def test_a_named_connection_that_is_inactive_is_told_even_to_who_wants_it_quiet(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    serve(world_file=world(tmp_path, TWINS), speed=60)
    assert "asleep: skipped: " in syncdeck("run", "asleep", "--quiet").out
    assert syncdeck("run", "Orders EU", "--quiet").out == ""


@pytest.mark.parametrize(
    ("hook", "says"),
    [
        ("sh -c 'exit 7'", "--on-end sh ended with code 7."),
        ("sh -c 'kill -9 $$'", "--on-end sh ended by signal 9."),
        ("{no_program}", "--on-end"),
        ("true", ""),
    ],
)
def test_what_becomes_of_the_command_that_is_told_is_not_what_became_of_the_runs(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path, hook: str, says: str
) -> None:
    serve(world_file=world(tmp_path, TWINS), speed=60)
    no_program = tmp_path / "no-program"
    no_program.write_bytes(b"\0")
    no_program.chmod(0o700)
    command = hook.format(no_program=no_program)
    ended = syncdeck("run", "Orders EU", "--on-end", command, "--quiet")
    assert ended.code == 0
    assert says in ended.err
    assert "Traceback" not in ended.err


def test_a_clear_is_sent_only_with_the_right_words(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    server = serve(world_file=world(tmp_path, TWINS), speed=60)
    refused = syncdeck("run", "Orders EU", "--job-type", "clear", "--confirm", "clear 2 env")
    assert refused.code == 2
    assert '--confirm "clear 1 env"' in refused.err
    assert sent(server, "createJob") == 0
    assert syncdeck("run", "Orders EU", "--job-type", "clear", "--confirm", "clear 1 env").code == 0
    assert sent(server, "createJob") == 1


@pytest.mark.parametrize("meant", [("--over-running",), ("--confirm", "clear 1 env")])
def test_what_is_for_wiping_is_refused_for_a_sync(
    serve: Serve, syncdeck: Syncdeck, meant: tuple[str, ...]
) -> None:
    server = serve()
    ended = syncdeck("run", next(iter(connections(server))), *meant)
    assert ended.code == 2
    assert f"{meant[0]} is for --job-type reset or clear, and this is a sync" in ended.err
    assert sent(server, "createJob") == 0


def test_a_sync_without_a_row_is_told_even_to_who_wants_it_quiet(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    empty = """
workspaces: [W]
connections:
  - {name: empty, source: mysql, destination: snowflake, behaviour: {duration: 20s, rows: 0}}
"""
    serve(world_file=world(tmp_path, empty), speed=60)
    ended = syncdeck("run", "empty", "--quiet")
    assert ended.code == 0
    assert [line.partition(" ")[2] for line in ended.out.splitlines()] == [
        "empty: warning: succeeded without a single row"
    ]


def test_a_job_in_the_way_is_said_to_be_so_once(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    server = serve(world_file=world(tmp_path, TWINS), speed=1)
    wanted = {"connectionId": connections(server)["Orders EU"], "jobType": "sync"}
    httpx.post(f"{server.base_url}/jobs", json=wanted, trust_env=False)
    ended = syncdeck("run", "Orders EU", "--on-conflict", "skip")
    assert ended.code == 0
    assert ended.out.count("skipped") == 1


def test_read_only_sends_nothing(serve: Serve, syncdeck: Syncdeck) -> None:
    server = serve()
    ended = syncdeck("run", next(iter(connections(server))), "--read-only")
    assert ended.code == 2
    assert "opened with --read-only: nothing was sent. Leave that out" in ended.err
    assert sent(server, "createJob") == 0


def test_a_deadline_ends_the_waiting_and_not_the_job(serve: Serve, syncdeck: Syncdeck) -> None:
    server = serve(speed=1)
    ended = syncdeck("run", next(iter(connections(server))), "--deadline", "20s", "--json")
    assert (ended.code, ended.verdicts) == (4, ["expired"])
    assert sent(server, "cancelJob") == 0


def test_a_failed_job_makes_the_code_1_and_can_be_found_again(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    broken = "{failure_chance: 1, max_attempts: 1}"
    text = TWINS.replace("name: Orders EU,", f"name: Orders EU, behaviour: {broken},")
    server = serve(world_file=world(tmp_path, text), speed=60)
    first = syncdeck("run", "Orders EU", "--quiet")
    assert first.code == 1
    assert "Orders EU: failed" in first.out
    again = syncdeck("run", "--last", "failed", "--json")
    assert again.verdicts == ["failed"]
    assert sent(server, "createJob") == 2


def test_a_hostile_name_is_harmless_wherever_it_is_printed(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    text = f"""
workspaces: [W]
connections:
  - {{name: {json.dumps(HOSTILE)}, source: mysql, destination: snowflake}}
"""
    serve(world_file=world(tmp_path, text), speed=60)
    plain = syncdeck("run", "--all")
    assert plain.code == 0
    assert "[bold red]x[/] ]0;owned" in plain.out
    as_json = syncdeck("run", "--all", "--json")
    listed = syncdeck("runs", "list")
    for text in (plain.out, plain.err, as_json.out, as_json.err, listed.out):
        assert "\x1b" not in text
        assert "\x07" not in text
    assert as_json.last("run.created")["connectionName"].startswith("[bold red]x[/]")


def test_the_report_reaches_the_command_that_is_to_be_told(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    server = serve(speed=60)
    told = tmp_path / "told.jsonl"
    script = f"import sys; open({str(told)!r}, 'a').write(sys.stdin.read() + chr(10))"
    hook = f'{sys.executable} -c "{script}"'
    assert syncdeck("run", *connections(server, 2), "--on-end", hook, "--json").code == 0
    (really,) = [json.loads(line) for line in told.read_text().splitlines()]
    assert really["verdicts"] == {"succeeded": 2}
    assert {run["connection"] for run in really["runs"]} == set(connections(server, 2))


def test_the_command_that_is_told_gets_no_credentials(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(speed=60)
    settings = tmp_path / "config" / "syncdeck" / "profiles.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        '[profiles.prod]\nurl = "http://h"\n'
        'client_id = "id"\nclient_secret = { env = "PROD_SECRET" }\n'
    )
    settings.chmod(0o600)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PROD_SECRET", "canary")
    monkeypatch.setenv("HARMLESS", "kept")
    told = tmp_path / "told"
    script = f"import os; open({str(told)!r}, 'w').write(repr(dict(os.environ)))"
    hook = f'{sys.executable} -c "{script}"'
    assert syncdeck("run", *connections(server, 1), "--on-end", hook).code == 0
    assert "canary" not in told.read_text()
    assert "kept" in told.read_text()


def test_many_ids_are_found_in_the_directory(serve: Serve, syncdeck: Syncdeck) -> None:
    server = serve(speed=60)
    assert syncdeck("run", *connections(server, 12).values(), "--max-parallel", "12").code in {0, 1}
    first = next(n for n, one in enumerate(server.log) if "connectionId=" in one.query)
    asked = [one for one in list(server.log)[:first] if one.endpoint == "getConnection"]
    assert len(asked) <= 4  # the first preflights' own, and none to find them


def test_a_program_to_be_told_that_is_not_there_stops_everything(
    serve: Serve, syncdeck: Syncdeck
) -> None:
    server = serve()
    ended = syncdeck("run", "--all", "--on-end", "no-such-program --now")
    assert ended.code == 2
    assert "no-such-program" in ended.err
    assert sent(server, "createJob") == 0


def test_wrong_credentials_are_one_sentence_without_them(
    serve: Serve, syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch, journal: Path
) -> None:
    serve(auth=True)
    monkeypatch.setenv("AIRBYTE_CLIENT_ID", "nobody")
    monkeypatch.setenv("AIRBYTE_CLIENT_SECRET", "canary-secret")
    ended = syncdeck("run", "--all")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 2  # which profile, and what is wrong
    assert "check them in AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET" in ended.err
    assert "canary-secret" not in ended.err + ended.out
    assert b"canary-secret" not in journal.read_bytes()


def test_a_server_that_is_not_there_is_one_sentence(
    syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_API_ROOT", "http://127.0.0.1:9")
    ended = syncdeck("run", "--all")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 2
    assert "127.0.0.1:9" in ended.err


def test_what_is_written_has_the_fields_that_the_page_about_events_tells(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path
) -> None:
    server = serve(speed=60)
    told = tmp_path / "told.json"
    script = f"import sys; open({str(told)!r}, 'w').write(sys.stdin.read())"
    hook = f'{sys.executable} -c "{script}"'
    ended = syncdeck("run", *connections(server, 2), "--json", "--on-end", hook)
    assert {"run.created", "reading", "feed.rate", "launch.finished"} <= {
        event["event"] for event in ended.events
    }
    for event in ended.events:
        assert list(event) == list(examples()[event["event"]])
    really, page = json.loads(told.read_text()), report()
    assert list(really) == list(page)
    assert list(really["runs"][0]) == list(page["runs"][0])
