"""A process owns what it owns until it is gone, and not a moment less."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

from workflow.runs.journal import ownership
from workflow.runs.journal.ownership import NoLocksError, Owner, OwnerId


def held(folder: Path, seed: int) -> Owner:
    owner = Owner(folder, random.Random(seed))
    owner.hold()
    return owner


def test_an_owner_is_alive_to_itself_and_others_while_it_holds(tmp_path: Path) -> None:
    one, two = held(tmp_path, 1), held(tmp_path, 2)
    assert one.alive(one.id)
    assert two.alive(one.id)
    one.give_up()
    assert not two.alive(one.id)
    two.give_up()


def test_a_name_nobody_ever_had_is_nobodys(tmp_path: Path) -> None:
    assert not Owner(tmp_path, random.Random(1)).alive(OwnerId("nobody"))


def test_looking_whether_an_owner_lives_does_not_end_it(tmp_path: Path) -> None:
    one, two, three = held(tmp_path, 1), held(tmp_path, 2), held(tmp_path, 3)
    assert [two.alive(one.id), three.alive(one.id), two.alive(one.id)] == [True] * 3
    for owner in (one, two, three):
        owner.give_up()


def test_only_the_files_of_the_gone_are_swept(tmp_path: Path) -> None:
    one, two = held(tmp_path, 1), held(tmp_path, 2)
    (tmp_path / "0000.lock").touch()
    two.sweep()
    assert sorted(file.stem for file in tmp_path.glob("*.lock")) == sorted([one.id, two.id])
    for owner in (one, two):
        owner.give_up()


def test_a_lock_is_swept_only_while_nobody_can_take_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0000.lock").touch()
    watcher, taken = held(tmp_path, 1), []
    unlink = Path.unlink

    def noting(file: Path) -> None:
        taken.append(watcher.alive(OwnerId(file.stem)))
        unlink(file)

    monkeypatch.setattr(Path, "unlink", noting)
    held(tmp_path, 2).sweep()
    assert taken[0] is True
    monkeypatch.undo()
    watcher.give_up()


def child_that_owns(folder: Path, seed: int) -> int:
    """Fork a process that holds a lock and waits; return its id once it holds."""
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        owner = held(folder, seed)
        os.write(tell, owner.id.encode())
        signal.pause()
        os._exit(0)
    os.read(ready, 100)
    os.close(ready)
    os.close(tell)
    return child


def test_a_killed_process_owns_nothing(tmp_path: Path) -> None:
    child = child_that_owns(tmp_path, 5)
    watcher = held(tmp_path, 6)
    (theirs,) = [OwnerId(f.stem) for f in tmp_path.glob("*.lock") if f.stem != watcher.id]
    assert watcher.alive(theirs)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert not watcher.alive(theirs)
    watcher.give_up()


def test_a_stopped_process_still_owns_what_it_owned(tmp_path: Path) -> None:
    child = child_that_owns(tmp_path, 5)
    watcher = held(tmp_path, 6)
    (theirs,) = [OwnerId(f.stem) for f in tmp_path.glob("*.lock") if f.stem != watcher.id]
    os.kill(child, signal.SIGSTOP)
    os.waitpid(child, os.WUNTRACED)
    assert watcher.alive(theirs)
    os.kill(child, signal.SIGKILL)
    os.kill(child, signal.SIGCONT)
    os.waitpid(child, 0)
    watcher.give_up()


def test_a_file_system_without_such_locks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = Owner(tmp_path, random.Random(1))
    monkeypatch.setattr(ownership, "SoftFileLock", type(owner._lock))
    with pytest.raises(NoLocksError, match="without file locks"):
        owner.hold()
