"""What all runs of a fleet share: the server, the feed, the trigger, the books, the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workflow.airbyte.client import Client
from workflow.clock import Clock
from workflow.runs.journal import Journal
from workflow.runs.ledger import Ledger
from workflow.runs.relay import Readings, Relay
from workflow.runs.trigger.driver import Trigger
from workflow.runs.wishes import Wishes
from workflow.text import SafeText


@dataclass(frozen=True, slots=True)
class Services:
    """Passed to every run; belongs to one event loop."""

    profile: str
    client: Client
    feed: Readings
    relay: Relay
    trigger: Trigger
    ledger: Ledger
    journal: Journal
    clock: Clock
    wishes: Wishes
    heartbeat: Callable[[], float]
    """Seconds after which a document that polls gets the last reading again."""
    why_not_send: Callable[[], SafeText | None]
    """Why nothing but GETs may be sent now; None when it may."""
    partial_server: bool = False
    """The server may have nothing but the document's own endpoints."""
