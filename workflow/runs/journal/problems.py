"""What can be wrong with a journal, in sentences for people: what, where, and what to do."""

from __future__ import annotations

import errno
from pathlib import Path

from workflow.runs.journal.holder import Holder, holder_of
from workflow.runs.journal.schema import VERSION
from workflow.text import SafeText, safe


class JournalError(Exception):
    """The journal cannot be used for what was asked. One sentence, for people."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text: SafeText = safe(text)


class DamagedEntryError(JournalError):
    """What was read is no entry of ours; the rest of the journal may be well."""


def name_of(path: Path | None) -> str:
    """How sentences call the journal at `path`."""
    return "the journal in memory" if path is None else f"the journal {path}"


def newer(name: str, version: int) -> str:
    """The sentence for a file that a later version of this program wrote."""
    return (
        f"Not opening {name}: a newer syncdeck wrote it (version {version}, this one knows"
        f" {VERSION}). Update syncdeck, or name another file with --journal."
    )


def sentence(name: str, error: Exception, path: Path | None = None) -> str:
    """Say what is wrong with the journal called `name`, at `path`, and what to do about it."""
    code = getattr(error, "sqlite_errorname", "") or ""
    number = getattr(error, "errno", None)
    if code.startswith("SQLITE_FULL") or number in {errno.ENOSPC, errno.EDQUOT}:
        return f"No space is left for {name}. Free some; nothing is triggered until then."
    read_only = {errno.EACCES, errno.EPERM, errno.EROFS}
    if code.startswith(("SQLITE_READONLY", "SQLITE_PERM")) or number in read_only:
        return f"Cannot write to {name}: it is read-only. Make it writable, or use --journal FILE."
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return (
            f"Cannot read {name}: it is damaged. Move it away to begin a new one, or use"
            " --journal FILE; nothing in it was changed."
        )
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return _locked(name, None if path is None else holder_of(path))
    if code.startswith("SQLITE_CANTOPEN") or isinstance(error, OSError):
        why = getattr(error, "strerror", None) or error
        return f"Cannot open {name}: {why}. Check the path, or use --journal FILE."
    return f"Cannot use {name}: {error}. Check its disk, or use --journal FILE."


def _locked(name: str, holder: Holder | None) -> str:
    if holder is None:
        return f"Another program keeps {name} locked. End it, or use --journal FILE."
    if holder.stopped:
        return (
            f"Process {holder.pid} was stopped while it wrote and keeps {name} locked. Wake it"
            f" (fg, or kill -CONT {holder.pid}) or end it; nothing is lost."
        )
    return f"Process {holder.pid} keeps {name} locked. End it, or use --journal FILE."
