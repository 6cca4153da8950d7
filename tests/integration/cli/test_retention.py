"""What the settings say of the journal's retention is what a command keeps to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Serve, Syncdeck

WORLD = """
workspaces: [W]
connections:
  - {name: one, source: mysql, destination: snowflake, behaviour: {duration: 2m}}
"""


def test_a_command_forgets_what_the_settings_do_not_keep(
    serve: Serve, syncdeck: Syncdeck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, settings = tmp_path / "world.yaml", tmp_path / "config" / "syncdeck" / "profiles.toml"
    world.write_text(WORLD)
    settings.parent.mkdir(parents=True)
    settings.write_text("[retention]\nruns = 1\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    serve(world_file=world, speed=60)
    for _ in range(3):
        assert syncdeck("run", "one", "--quiet").code == 0
    # The third may have begun before it looked for what is not the newest any more, or after.
    assert len(json.loads(syncdeck("runs", "list", "--json").out)) in {1, 2}
