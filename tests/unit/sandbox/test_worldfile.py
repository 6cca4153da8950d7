"""World files: what they describe, and how their mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sandbox.worlds import START, complaint
from workflow.sandbox import yamlread
from workflow.sandbox.auth import AuthSettings
from workflow.sandbox.build import build, plan_of
from workflow.sandbox.options import SandboxError, SandboxOptions
from workflow.sandbox.worldfile import builtin_world, load_world_file, read_world
from workflow.sandbox.yamlread import read_yaml

SMALL = """\
workspaces: [Home, Away]
tags: [{name: gold, workspace: Home, color: FFD700}]
capacity: 3
schedules: true
colleagues: 10m
first_job_id: 5000000000
connections:
  - name: a → b
    workspace: Home
    source: {name: The source, type: postgres}
    destination: big-query
    tags: [gold]
    schedule: every 2 hours
    streams: [one, two]
    behaviour: {duration: 2h, rows: 7, failure_chance: 25%, commits: end, past_jobs: 1}
"""


def test_the_built_in_world_is_a_world_file() -> None:
    plan = builtin_world()

    assert len(plan.connections) == 24
    assert len({connection.name for connection in plan.connections}) == 24


def test_the_built_in_world_has_every_kind_of_trouble() -> None:
    plans = builtin_world().connections

    assert any(p.status == "inactive" for p in plans)
    assert any(p.behaviour.rows == 0 for p in plans)
    assert any(p.behaviour.duration >= 3_600 for p in plans)
    assert any(p.behaviour.first_failures >= p.behaviour.max_attempts for p in plans)
    assert any(0 < p.behaviour.first_failures < p.behaviour.max_attempts for p in plans)
    assert any(p.behaviour.commits == "end" for p in plans)
    assert any(p.behaviour.retry == "restarts" for p in plans)


def test_the_built_in_world_queues_nothing_and_starts_nothing_by_itself() -> None:
    plan = builtin_world()

    assert (plan.capacity, plan.schedules, plan.colleagues) == (None, False, None)


def test_a_world_file_says_what_a_world_is_like(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(SMALL, encoding="utf-8")
    options = SandboxOptions(world_file=file)
    built = build(plan_of(options), options, START)
    (connection,) = built.catalogue.connections.values()

    assert connection.name == "a → b"
    assert connection.behaviour.duration == 7_200.0
    assert connection.behaviour.failure_chance == 0.25
    assert built.settings.capacity == 3
    assert built.settings.schedules
    assert [job.id for job in built.jobs] == [5_000_000_000]
    assert [tag.name for tag in built.catalogue.tags.values()] == ["gold"]


def test_the_keys_that_the_built_in_world_tells_of_are_read() -> None:
    text = """\
workspaces: [Staging]
capacity: 4
schedules: true
colleagues: 10m
first_job_id: 5000000000
faults: ["rate-limit:probability=2%", {name: slow-post, seconds: 30s-130s, count: 1}]
auth: {token_lifetime: 3m, wrong_credentials: 400, form_tokens: false}
applications: [{name: ci, client_id: ci, client_secret: x, role: runner, workspaces: [Staging]}]
connections: []
"""
    plan = read_world(read_yaml(text, "world.yaml"))

    assert plan.auth == AuthSettings(180.0, 400, form_tokens=False)
    assert plan.applications[0].workspaces == ("Staging",)
    assert len(plan.faults) == 2


def test_a_name_may_hold_anything_that_yaml_can_write() -> None:
    text = SMALL.replace("a → b", r'"[bold red]x[/] \e]0;owned\a \uD83D\uDE00"')
    (plan,) = read_world(read_yaml(text, "world.yaml")).connections

    assert plan.name.startswith("[bold red]x[/] \x1b]0;owned\x07")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("duration: 2h", "duration: soon"), "world.yaml:15: connections[0].behaviour.duration"),
        (("rows: 7", "rows: many"), "is not a whole number from 0 to"),
        (
            ("rows: 7", "rowz: 7"),
            "connections[0].behaviour.rowz: is not a key here; did you mean rows?",
        ),
        (("tags: [gold]", "tags: [tin]"), "'tin' is not a tag of the workspace 'Home'"),
        (("every 2 hours", "on"), "world.yaml:13: connections[0].schedule: 'on' is not a schedule"),
        (
            ("schedules: true", "schedules: on"),
            "world.yaml:4: schedules: 'on' is not true or false",
        ),
        (
            ("workspace: Home\n    source", "workspace: Moon\n    source"),
            "'Moon' is not known; there are Home, Away.",
        ),
        (("commits: end", "commits: stpes"), "'stpes' is not known; did you mean steps?"),
        (("25%", "250%"), "is not a number from 0 to 1"),
        (("FFD700", "gold"), "is not six hex digits"),
        (("first_job_id: 5000000000", "first_job_id: 0"), "first_job_id"),
        (("capacity: 3", "capacity: 3\ncapacity: 4"), "is given twice"),
        (("capacity: 3", "capacity: {}"), "capacity: must be a text"),
        (("[one, two]", "[one, two"), "not readable as YAML"),
        (("    destination: big-query\n", ""), "needs a destination"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(change: tuple[str, str], said: str) -> None:
    text = SMALL.replace(*change)
    assert text != SMALL

    with pytest.raises(SandboxError) as refused:
        read_world(read_yaml(text, "world.yaml"))

    assert said in str(refused.value)
    assert str(refused.value).startswith("world.yaml:")


HURTING = {
    "nothing": "",
    "a list": "- a",
    "a number for a list": "connections: 3",
    "deep": "[" * 5_000,
    "an endless alias": "a: &x [*x]",
    "a bomb of aliases": "a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nconnections: *c",
    "a merge": "connections: [{<<: {name: x}, source: s, destination: d}]",
    "wide": "connections: [" + "1, " * 2_000 + "1]",
    "a huge number": "connections: []\ncapacity: " + "9" * 5_000,
    "a key that is a list": "? [a, b]\n: c",
    "two documents": "connections: []\n---\nconnections: []",
    "long": "a" * 1_000_001,
    "code": "a: !!python/object:os.system x",
    "a zero byte": "\x00",
}


@pytest.mark.parametrize("text", HURTING.values(), ids=HURTING)
def test_files_made_to_hurt_are_refused_in_a_sentence(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yamlread, "_MOST_VALUES", 1_000)
    with pytest.raises(SandboxError) as refused:
        read_world(read_yaml(text, "world.yaml"))

    assert "\n" not in str(refused.value)


def test_a_file_is_read_only_as_far_as_it_may_be_long(tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    with file.open("wb") as long:
        long.truncate(10_000_000)

    for path in (file, Path("/dev/zero")):
        with pytest.raises(SandboxError, match="make it smaller"):
            load_world_file(path)


def test_a_folder_is_no_world_file(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot be read"):
        load_world_file(tmp_path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot be read"):
        load_world_file(tmp_path / "nowhere.yaml")


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"connections: [\xe9]")

    with pytest.raises(SandboxError, match="not UTF-8"):
        load_world_file(file)


@given(st.text(max_size=200))
def test_no_text_is_worse_than_a_sentence(text: str) -> None:
    assert "\n" not in complaint(lambda: read_world(read_yaml(text, "world.yaml")))


def test_the_same_seed_gives_the_same_ids() -> None:
    one, two = (
        build(plan_of(options), options, start)
        for options, start in ((SandboxOptions(seed=5), START), (SandboxOptions(seed=5), START + 9))
    )

    assert list(one.catalogue.connections) == list(two.catalogue.connections)
    assert [job.id for job in one.jobs] == [job.id for job in two.jobs]


def test_another_seed_gives_other_ids() -> None:
    one, two = SandboxOptions(seed=5), SandboxOptions(seed=6)
    first, second = build(plan_of(one), one, START), build(plan_of(two), two, START)

    assert set(first.catalogue.connections).isdisjoint(second.catalogue.connections)


@pytest.mark.parametrize("count", [0, 3, 24, 300])
def test_as_many_connections_as_asked_for_are_made_with_names_of_their_own(count: int) -> None:
    options = SandboxOptions(connections=count)
    built = build(plan_of(options), options, START)
    connections = built.catalogue.connections.values()

    assert len({connection.name for connection in connections}) == count


@pytest.mark.parametrize(
    "options",
    [
        SandboxOptions(port=70_000),
        SandboxOptions(speed=0),
        SandboxOptions(speed=float("nan")),
        SandboxOptions(connections=-1),
        SandboxOptions(capacity=0),
        SandboxOptions(token_lifetime=0.5),
    ],
)
def test_impossible_options_are_refused(options: SandboxOptions) -> None:
    with pytest.raises(SandboxError):
        options.checked()
