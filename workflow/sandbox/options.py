"""What a sandbox can be told when it starts, and the error for what it cannot do.

:class:`SandboxOptions` is what the command line and tests fill in; :class:`WorldSettings` is the
part that the world itself needs. Both are plain values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workflow.sandbox.editions import Edition
    from workflow.sandbox.faults import Fault


class SandboxError(Exception):
    """The sandbox was asked for something impossible; the message is one clear sentence."""


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """How time and room are in a world; `start` is epoch seconds."""

    seed: int
    start: float
    speed: float = 1.0
    capacity: int | None = None
    first_job_id: int = 1_001
    schedules: bool = False
    """Whether connections with a schedule start by themselves."""
    colleagues: float | None = None
    """Nominal seconds between two syncs that somebody else starts, or None for nobody."""


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """Everything `syncdeck sandbox` can be told; None leaves it to the world file."""

    port: int = 0
    """The TCP port on 127.0.0.1; 0 takes a free one."""
    seed: int = 0
    """The same seed gives the same ids, histories, scripts and fault draws."""
    speed: float = 1.0
    """How many times faster jobs go than they would; times on the wire stay wall time."""
    connections: int | None = None
    """Generate so many connections in place of the world's own."""
    world_file: Path | None = None
    """A YAML world; None is the built-in one."""
    auth: bool = False
    """Ask for the fixed credentials; otherwise everybody is an instance admin."""
    faults: Sequence[Fault | str] = ()
    """Faults that are on from the start: values, ``NAME:key=value,...`` or ``@FILE``."""
    control: bool = False
    """Open /control; it is for tests and benchmarks, and asks for no credentials."""
    capacity: int | None = None
    """How many jobs run at once; more are `queued`. None: no limit."""
    schedules: bool | None = None
    """Whether scheduled connections start by themselves."""
    colleagues: float | None = None
    """Nominal seconds between two syncs that somebody else starts."""
    token_lifetime: float | None = None
    """Seconds until an access token expires; 180, 900 and 86,400 were seen."""
    edition: Edition = "cloud"
    """Whose quirks the server has."""

    def checked(self) -> SandboxOptions:
        """Return these options, or raise :class:`SandboxError` naming the one that cannot be."""
        if not 0 <= self.port <= 65_535:
            raise SandboxError(f"The port {self.port} does not exist; use 0 to 65535.")
        if not 0.001 <= self.speed <= 100_000:
            raise SandboxError(f"The speed {self.speed:g} is not between 0.001 and 100000.")
        if self.connections is not None and not 0 <= self.connections <= 100_000:
            raise SandboxError(f"{self.connections} connections is not between 0 and 100000.")
        if self.capacity is not None and self.capacity < 1:
            raise SandboxError(f"A capacity of {self.capacity} would run nothing; use 1 or more.")
        if self.token_lifetime is not None and not 1 <= self.token_lifetime <= 10**9:
            raise SandboxError(
                f"A token of {self.token_lifetime:g} seconds is of no use; give it 1 or more."
            )
        return self


def demo_options(*, seed: int = 7) -> SandboxOptions:
    """Return the options of a lively demo: syncs of tens of seconds, and a queue."""
    return SandboxOptions(seed=seed, speed=20.0, capacity=4)
