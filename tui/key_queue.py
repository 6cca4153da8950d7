"""Keys reach the screen one at a time: the next when what the one before did has been done.

Textual hands a key to whoever has the focus when it arrives, and what the key does may come later.
Of keys that come together, typed over a slow line or pasted, all would go to whoever had the focus
before the first of them: a filter would swallow what is meant for the row it found, and enter
would open a row under the form that is just coming.

So a mark goes behind each key, through the same queues, and the next key goes when the app has got
the mark back. What is pasted keeps its place among the keys.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

from textual import events
from textual.dom import DOMNode
from textual.message import Message

PATIENCE: Final = 1.0
"""Seconds after which the next key goes all the same: a mark is lost with a screen that went."""
Typed: TypeAlias = events.Key | events.Paste


class KeyDone(Message):
    """Comes to the app behind a key that has done what it does."""


class KeyQueue:
    """The keys that wait for the one that is under way."""

    def __init__(self, tell: Callable[[KeyDone], object]) -> None:
        """`tell` brings a mark to the app by the shortest way."""
        self._tell = tell
        self._waiting: deque[Typed] = deque()
        self._mark: KeyDone | None = None
        self._patience: asyncio.TimerHandle | None = None

    def holds(self, key: Typed) -> bool:
        """Keep a key while another is under way; says whether it does."""
        if self.idle:
            return False
        self._waiting.append(key)
        return True

    @property
    def idle(self) -> bool:
        """Whether no key is under way."""
        return self._mark is None

    def begin(self) -> KeyDone:
        """Let a key go, and return the mark to send behind it."""
        self._mark = mark = KeyDone()
        self._patience = asyncio.get_running_loop().call_later(PATIENCE, self._tell, mark)
        return mark

    def done(self, mark: KeyDone) -> Typed | None:
        """Take a mark back, once, and return the key whose turn it is."""
        if mark is not self._mark:
            return None
        self._mark = None
        if self._patience is not None:
            self._patience.cancel()
        return self._waiting.popleft() if self._waiting else None


async def beside(
    node: DOMNode, work: Coroutine[Any, Any, object], *, group: str, exclusive: bool = False
) -> None:
    """Do something beside a screen, from a key's action; what it asks first is up at the end.

    So the next key is for the question, which drops it if it was typed before anybody read it.
    """
    node.run_worker(work, group=group, exclusive=exclusive, exit_on_error=False)
    await asyncio.sleep(0)  # a worker's first step is taken: up to what it waits for
