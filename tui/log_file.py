"""Where log records go: a file, never the screen they would be written across."""

from __future__ import annotations

import logging
import logging.handlers
import os
from pathlib import Path
from typing import Final

from workflow.settings_paths import make_private_folder

_HANDLER: Final = "syncdeck"
_LOG_BYTES: Final = 2_000_000


def log_to_file(path: Path, level: str) -> None:
    """Send log records to a file that only its owner reads; stderr belongs to people and screens.

    A log that cannot be written is no reason not to work.
    """
    root = logging.getLogger()
    if any(handler.name == _HANDLER for handler in root.handlers):
        return
    root.setLevel(level.upper())
    # Libraries' own chatter names every request's URL; ours is what is wanted.
    for noisy in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        make_private_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND, 0o600))
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8", delay=True
        )
    except OSError:
        return
    handler.name = _HANDLER
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
