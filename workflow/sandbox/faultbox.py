"""The faults that are on, and which of them strike a request or a job.

Each fault draws from a generator of its own, seeded by the sandbox's seed and the fault's number,
so that a run is repeatable and one fault's draws do not move another's.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from workflow.sandbox.faultkinds import JOB_FAULTS, KINDS, FaultName
from workflow.sandbox.faults import Fault
from workflow.sandbox.jobs import Job
from workflow.sandbox.model import Connection
from workflow.sandbox.world import World


@dataclass(slots=True)
class ActiveFault:
    """A fault that is on: its number, how often it matched and how often it struck."""

    number: int
    fault: Fault
    rng: random.Random
    since: float | None = None
    """When it was switched on; None until the world that says what time it is is known."""
    matches: int = 0
    strikes: int = 0


@dataclass(frozen=True, slots=True)
class Strikes:
    """The faults that struck one request."""

    active: tuple[ActiveFault, ...] = ()

    def get(self, name: FaultName) -> Fault | None:
        """Return the first fault of that name that struck."""
        for one in self.active:
            if one.fault.name is name:
                return one.fault
        return None

    def span(self, fault: Fault, key: str) -> float:
        """Draw seconds from a fault's range."""
        low, high = fault.span(key)
        for one in self.active:
            if one.fault is fault:
                return one.rng.uniform(low, high)
        return low

    def latency(self) -> float:
        """Draw the seconds of all latency faults together."""
        return sum(
            _latency(one.fault, one.rng)
            for one in self.active
            if one.fault.name is FaultName.LATENCY
        )

    @property
    def names(self) -> tuple[str, ...]:
        """What struck, for the log."""
        return tuple(one.fault.name.value for one in self.active)


NO_STRIKES = Strikes()


class FaultBox:
    """The faults of one sandbox; they come and go while it runs."""

    def __init__(self, seed: int, faults: Iterable[Fault] = ()) -> None:
        self._seed = seed
        self._next = 1
        # Replaced as a whole, never changed in place: another thread may be adding.
        self._request: tuple[ActiveFault, ...] = ()
        self._job: tuple[ActiveFault, ...] = ()
        self._world: World | None = None
        for fault in faults:
            self.add(fault)

    def know(self, world: World) -> None:
        """Learn what time it is and what connections are called."""
        self._world = world
        for one in self.active:
            one.since = world.now

    @property
    def active(self) -> tuple[ActiveFault, ...]:
        """All faults that are on, oldest first."""
        return tuple(sorted((*self._request, *self._job), key=lambda one: one.number))

    def add(self, fault: Fault) -> int:
        """Switch a fault on and return its number."""
        number = self._next
        self._next += 1
        rng = random.Random(f"{self._seed}/fault/{number}/{fault.name}")  # noqa: S311 - repeatable
        one = ActiveFault(number, fault, rng, since=self._world.now if self._world else None)
        if fault.name in JOB_FAULTS:
            self._job = (*self._job, one)
        else:
            self._request = (*self._request, one)
        return number

    def remove(self, number: int) -> bool:
        """Switch one off; say whether it was on."""
        before = len(self._request) + len(self._job)
        self._request = tuple(one for one in self._request if one.number != number)
        self._job = tuple(one for one in self._job if one.number != number)
        return len(self._request) + len(self._job) < before

    def clear(self) -> None:
        """Switch all off."""
        self._request = self._job = ()

    @property
    def strikes_requests(self) -> bool:
        """Whether any fault is on that could strike a request."""
        return bool(self._request)

    # -- requests --------------------------------------------------------------------------

    def strike(self, endpoint: str, job: int | None, connection: Connection | None) -> Strikes:
        """Return what strikes this request."""
        if not self._request:
            return NO_STRIKES
        struck = tuple(
            one
            for one in self._request
            if self._is_time(one) and _aims_at(one.fault, endpoint, job, connection) and _falls(one)
        )
        return Strikes(struck) if struck else NO_STRIKES

    # -- jobs ------------------------------------------------------------------------------

    def skew(self, job: Job) -> float:
        """Return how far off the clock of this job's next writer is."""
        total = 0.0
        for one in self._on_job(job, FaultName.WRITER_SKEW):
            seconds = abs(one.fault.seconds("seconds") or 0.0)
            total += one.rng.uniform(-seconds, seconds)
        return total

    def commit_delay(self, job: Job) -> float:
        """Return after how long this job's next write becomes visible."""
        return sum(
            one.rng.uniform(*one.fault.span("seconds"))
            for one in self._on_job(job, FaultName.LATE_COMMIT)
        )

    def shown_status(self, job: Job) -> str:
        """Return the status word that answers show for this job."""
        word: str = job.shown_status
        if not self._job:
            return word
        for one in self._on_job(job, FaultName.UNKNOWN_STATUS):
            if one.fault.word("when") == word:
                return one.fault.word("status")
        return word

    def _on_job(self, job: Job, name: FaultName) -> Iterable[ActiveFault]:
        for one in self._job:
            fault = one.fault
            if (
                fault.name is name
                and self._is_time(one)
                and (fault.job is None or fault.job == job.id)
                and (fault.connection is None or self._is_of(job, fault.connection))
                and (fault.probability >= 1 or self._chosen(one, job))
            ):
                yield one

    def _is_time(self, one: ActiveFault) -> bool:
        fault = one.fault
        if not fault.begins and fault.ends is None:
            return True
        if self._world is None or one.since is None:
            return False
        on_for = self._world.now - one.since
        return fault.begins <= on_for and (fault.ends is None or on_for < fault.ends)

    def _is_of(self, job: Job, named: str) -> bool:
        if named == job.connection_id or self._world is None:
            return named == job.connection_id
        connection = self._world.catalogue.connection(job.connection_id)
        return connection is not None and connection.name == named

    def _chosen(self, one: ActiveFault, job: Job) -> bool:
        draw = random.Random(f"{self._seed}/{one.number}/{job.id}").random()  # noqa: S311
        return draw < one.fault.probability


def _aims_at(fault: Fault, endpoint: str, job: int | None, connection: Connection | None) -> bool:
    only = KINDS[fault.name].only
    if fault.endpoint is not None:
        if fault.endpoint != endpoint:
            return False
    elif only is not None and endpoint not in only:
        return False
    if fault.job is not None and fault.job != job:
        return False
    return fault.connection is None or (
        connection is not None and fault.connection in {connection.id, connection.name}
    )


def _falls(one: ActiveFault) -> bool:
    fault = one.fault
    one.matches += 1
    if one.matches <= fault.skip or (fault.count is not None and one.strikes >= fault.count):
        return False
    if fault.probability < 1 and one.rng.random() >= fault.probability:
        return False
    one.strikes += 1
    return True


def _latency(fault: Fault, rng: random.Random) -> float:
    low, high = fault.span("seconds")
    middle, half = (low + high) / 2, (high - low) / 2
    match fault.word("dist"):
        case "normal":
            return max(0.0, rng.gauss(middle, half))
        case "lognormal":
            # `low` is the median; `high` is met by about one in forty.
            return low * rng.lognormvariate(0.0, _sigma(low, high))
        case "exponential":
            return low + rng.expovariate(1 / half) if half else low
        case _:
            return rng.uniform(low, high)


def _sigma(low: float, high: float) -> float:
    return max(0.0, (high / low - 1) / 2) if low > 0 else 0.0
