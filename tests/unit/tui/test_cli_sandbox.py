"""`syncdeck sandbox` as it is parsed: what its help tells, and what is refused before it serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui import cli
from workflow.sandbox.faultkinds import FaultName


def test_its_help_names_every_fault_and_the_keys_of_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.run(("sandbox", "--help")) == 0
    said = capsys.readouterr().out

    assert [name for name in FaultName if f"\n  {name} " not in said] == []
    assert "takes endpoint, probability, count, skip, job, connection" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--fault", "slow-pots"), "did you mean slow-post?"),
        (("--fault", "slow:endpoint=getJobs"), "did you mean getJob?"),
        (("--fault", "@nowhere.yaml"), "cannot be read"),
        (("--speed", "0"), "not between"),
        (("--token-lifetime", "0s"), "between 1s and a year"),
        (("--edition", "newer"), "'newer' is not one of"),
        (("--world", "nowhere.yaml"), "cannot be read"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert cli.run(("sandbox", *arguments)) == 2
    out, err = capsys.readouterr()

    assert out == ""
    assert said in err
    assert "Traceback" not in err


def test_a_world_file_made_to_hurt_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bomb = tmp_path / "bomb.yaml"
    bomb.write_text("a: &a [x, x]\nb: &b [*a, *a]\nconnections: *b\n")

    assert cli.run(("sandbox", "--world", str(bomb))) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "aliases (*name) are not read here" in line
