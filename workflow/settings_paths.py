"""Where syncdeck's files are: settings, journal, log.

The operating system's own folders, by platformdirs; on Linux its ``XDG_*`` variables move them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import platformdirs

_APP: Final = "syncdeck"


def settings_file() -> Path:
    """Return the path of `profiles.toml`; it need not exist."""
    return platformdirs.user_config_path(_APP, appauthor=False) / "profiles.toml"


def secrets_file() -> Path:
    """Return the path of `secrets.toml`, beside the settings; it need not exist."""
    return settings_file().with_name("secrets.toml")


def log_file() -> Path:
    """Return the path of `syncdeck.log`; it need not exist."""
    return platformdirs.user_log_path(_APP, appauthor=False) / "syncdeck.log"


def kept_file() -> Path:
    """Return the path of `deck.json`, what the deck keeps by itself; it need not exist."""
    return platformdirs.user_state_path(_APP, appauthor=False) / "deck.json"


def journal_file(
    flag: Path | None, environ: Mapping[str, str], configured: Path | None = None
) -> Path:
    """Return the journal's path: the flag, else ``SYNCDECK_JOURNAL``, else settings, else state."""
    if flag is not None:
        return flag
    if named := environ.get("SYNCDECK_JOURNAL", ""):
        return Path(named).expanduser()
    return configured or platformdirs.user_state_path(_APP, appauthor=False) / "journal.db"


def make_private_folder(folder: Path) -> None:
    """Create a folder, and its parents, that only its owner can enter."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 so that a reader sees all of it or what was there before.

    Raises:
        OSError: the folder or the file cannot be written.
    """
    make_private_folder(path.parent)
    # A link (settings kept in a dotfiles repository) stays one; its target is replaced.
    target = path.resolve()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
