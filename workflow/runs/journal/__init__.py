"""What happened to every run and what was about to happen, in one SQLite file.

:class:`Journal` is the door; the words for a POST that is about to leave are in
:mod:`~workflow.runs.journal.intents`, the tables in :mod:`~workflow.runs.journal.schema`, who looks
after which run in :mod:`~workflow.runs.journal.ownership`, and what is wrong with a file in
:mod:`~workflow.runs.journal.problems` and :mod:`~workflow.runs.journal.damage`.
"""

from workflow.runs.journal.journal import Journal
from workflow.runs.journal.problems import DamagedEntryError, JournalError
from workflow.runs.journal.records import Records, open_records
from workflow.runs.journal.retention import Retention
from workflow.runs.journal.rows import Past, RunRow, Unfinished

__all__ = [
    "DamagedEntryError",
    "Journal",
    "JournalError",
    "Past",
    "Records",
    "Retention",
    "RunRow",
    "Unfinished",
    "open_records",
]
