"""The example of the engine's page runs as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import workflow.arazzo
from tests.support.sandbox import running_sandbox
from workflow import documents

PAGE = Path(workflow.arazzo.__file__).parent / "README.md"
ASKED = "http://localhost:8000"


def test_the_example_polls_a_job_of_the_sandbox_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    example = found[1]
    assert example.count(ASKED) == 1
    (tmp_path / "poll.arazzo.yaml").write_bytes(documents.read("trigger-sync-and-poll"))
    (tmp_path / "airbyte.openapi.yaml").write_bytes(documents.read("airbyte"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "*")

    with running_sandbox(speed=600) as server:
        exec(compile(example.replace(ASKED, server.root_url), "README.md", "exec"), {})

    assert re.fullmatch(
        r"ended \{'jobId': \d+, 'finalStatus': 'succeeded', 'rowsSynced': \d+\}\n",
        capsys.readouterr().out,
    )
    posted = [entry for entry in server.log if entry.endpoint == "createJob"]
    assert len(posted) == 1
