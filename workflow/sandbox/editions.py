"""What one edition of Airbyte does otherwise than another, as faults that are always on.

Cloud is the measure. The local edition (abctl) serves the whole API from five threads and takes
no form at its token endpoint; servers of 2025 and before lack what came since.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Edition = Literal["cloud", "local", "older"]

EDITIONS: Final[Mapping[Edition, tuple[str, ...]]] = {
    "cloud": (),
    "local": ("few-threads:threads=5", "no-form"),
    "older": ("old-job-types", "no-filters", "no-tags", "no-date", "no-expiry", "no-form"),
}
