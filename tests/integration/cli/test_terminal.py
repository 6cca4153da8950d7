"""What leaves for the terminal itself: title, bell and notice, and nothing of anybody's name."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unicodedata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PATIENCE = 120.0
"""Seconds for a process to start, draw and leave on a machine that is busy."""
COMMAND = re.compile(r"\x1b\](\d*);?([^\x07\x1b]*)(\x07|\x1b\\)")
"""A command to the terminal: its number, what comes with it, its end."""


def written(tmux: bool) -> str:
    """Return all that a deck writes to its terminal from its start to its end."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    env = {key: value for key, value in os.environ.items() if key not in {"TMUX", "NO_COLOR"}}
    env |= {"TERM": "xterm-256color"} | ({"TMUX": "/tmp/tmux,1,0"} if tmux else {})
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.support.terminal_process"],
        cwd=ROOT,
        env=env,
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    until, taken = time.monotonic() + PATIENCE, b""
    try:
        while select.select([ours], [], [], max(0.0, until - time.monotonic()))[0]:
            try:
                taken += os.read(ours, 65_536)
            except OSError:  # nobody has the other end any more
                break
        assert child.wait(10) == 0, taken[-2_000:]
    finally:
        child.kill()
        child.wait()
        os.close(ours)
    return taken.decode()


@pytest.mark.parametrize("tmux", [False, True])
def test_a_launchs_end_is_told_to_the_terminal_and_names_stay_text(tmux: bool) -> None:
    out = written(tmux)
    passed_on = re.findall(r"\x1bPtmux;(.*?)(?<!\x1b)\x1b\\", out, re.DOTALL)
    assert len(passed_on) == tmux
    if tmux:
        assert passed_on[0].count("\x1b\x1b") == 1  # what is doubled is passed on as one
        out = out.replace("\x1bPtmux;" + passed_on[0], passed_on[0].replace("\x1b\x1b", "\x1b"))
    commands = [(number, text) for number, text, _ in COMMAND.findall(out)]
    notices = [text for number, text in commands if number == "9"]
    assert len(notices) == 1
    assert notices[0].startswith("syncdeck prod: launch 1 [bold red]x[/] ]0;owned")
    assert len(notices[0]) <= len("syncdeck ") + 200
    titles = [text for number, text in commands if number == "0"]
    assert titles[0].startswith("syncdeck prod")
    assert titles[-1] == ""  # the terminal has its own again
    assert not [text for _, text in commands if text.startswith("owned")]
    assert "\x07" in COMMAND.sub("", out)  # the bell
    inside = "".join(text for _, text in commands)
    assert not [char for char in inside if unicodedata.category(char) in {"Cc", "Cf", "Cs"}]
