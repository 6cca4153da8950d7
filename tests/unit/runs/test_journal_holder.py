"""Who is told to keep a journal locked, by the lines of /proc/locks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workflow.runs.journal.holder import Holder, holder_of

GONE = 2**22 + 1
"""No process has this number."""


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    (tmp_path / "journal.db-shm").touch()
    return tmp_path / "journal.db"


def told(journal: Path, *lines: str) -> Holder | None:
    inode = journal.with_name("journal.db-shm").stat().st_ino
    locks = journal.with_name("locks")
    locks.write_text("".join(f"{line.format(inode=inode)}\n" for line in lines))
    return holder_of(journal, locks)


def test_the_one_that_writes_is_found_among_those_that_read(journal: Path) -> None:
    lines = (
        "1: FLOCK  ADVISORY  WRITE 11 fe:00:{inode} 0 EOF",
        "2: POSIX  ADVISORY  READ 12 fe:00:{inode} 124 124",
        f"3: POSIX  ADVISORY  WRITE {GONE} fe:00:{{inode}} 120 120",
    )
    assert told(journal, *lines) == Holder(GONE, stopped=False)
    assert told(journal, *lines[:2]) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "1: -> POSIX  ADVISORY  WRITE 12 fe:00:{inode} 120 120",
        "1: POSIX  ADVISORY  WRITE 12 fe:00:{inode} 121 EOF",
        "1: POSIX  ADVISORY  WRITE 12 fe:00:1{inode} 120 120",
        "1: POSIX  ADVISORY  WRITE 0 fe:00:{inode} 120 120",
        "1: POSIX  ADVISORY  WRITE many fe:00:{inode} 120 120",
        "1: POSIX  ADVISORY  WRITE {ours} fe:00:{inode} 120 120",
    ],
)
def test_no_other_line_is_taken_for_it(journal: Path, line: str) -> None:
    assert told(journal, line.replace("{ours}", str(os.getpid()))) is None


def test_a_system_that_tells_nothing_is_asked_in_vain(journal: Path) -> None:
    assert holder_of(journal, journal.with_name("nothing")) is None
    assert holder_of(journal.with_name("other.db")) is None
