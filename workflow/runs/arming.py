"""Whether a profile may send anything but GETs, and until when.

A profile that can be written to always may. A read-only one may while it is armed: until an
instant, after which it falls back by itself, whatever screens are open and however long the
machine slept. One that was opened as read-only for this time cannot be armed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from workflow.clock import Clock
from workflow.text import SafeText, safe

USUAL: Final = timedelta(minutes=15)
"""How long a profile is armed unless somebody says otherwise."""
LONGEST: Final = timedelta(hours=8)
"""A working day; whoever needs more has a profile that is not read-only."""


class ArmingRefused(Exception):  # noqa: N818 - what became of the wish
    """The profile was not armed; the text says why."""

    def __init__(self, text: SafeText) -> None:
        super().__init__(text)
        self.text: Final = text


class Arming:
    """The lock on one profile.

    Args:
        profile_name: for the sentences.
        clock: says when it has fallen back.
        read_only: nothing but GETs may be sent unless it is armed.
        may_arm: False where read-only was asked for this once, with a flag.
        headless: there is no screen to arm it on.
    """

    def __init__(
        self,
        profile_name: str,
        clock: Clock,
        *,
        read_only: bool,
        may_arm: bool = True,
        headless: bool = False,
    ) -> None:
        self._profile = safe(profile_name)
        self._clock = clock
        self._saved_read_only = read_only
        self._may_arm = may_arm
        self._headless = headless
        self._until: datetime | None = None

    @property
    def read_only(self) -> bool:
        """Whether nothing but GETs may be sent now."""
        return self._saved_read_only and self.left is None

    @property
    def until(self) -> datetime | None:
        """When it falls back; None while it is not armed."""
        if self._until is not None and self._until <= self._clock.now():
            self._until = None
        return self._until

    @property
    def left(self) -> timedelta | None:
        """How long it stays armed; None while it is not."""
        until = self.until
        return None if until is None else until - self._clock.now()

    def arm(self, span: timedelta = USUAL) -> datetime:
        """Let things be sent for `span` from now; says until when.

        Raises:
            ArmingRefused: it cannot be armed, or not for so long.
        """
        why_not = self.why_not_arm()
        if why_not is not None:
            raise ArmingRefused(why_not)
        if not timedelta() < span <= LONGEST:
            hours = int(LONGEST.total_seconds()) // 3600
            raise ArmingRefused(
                SafeText(f"A profile is armed for at most {hours} hours: say a shorter time.")
            )
        self._until = self._clock.now() + span
        return self._until

    def disarm(self) -> None:
        """Fall back now."""
        self._until = None

    def why_not_arm(self) -> SafeText | None:
        """Return why it cannot be armed; None when it can."""
        if not self._saved_read_only:
            return SafeText(f"Profile {self._profile} is not read-only: there is nothing to arm.")
        if not self._may_arm:
            return SafeText(
                f"Profile {self._profile} was opened with --read-only, which holds to the end: "
                "start syncdeck without it to send anything."
            )
        return None

    def why_not_send(self) -> SafeText | None:
        """Return why nothing but GETs may be sent now; None when it may."""
        if not self.read_only:
            return None
        if not self._may_arm:
            return SafeText(
                f"Profile {self._profile} was opened with --read-only: nothing was sent. "
                "Leave that out to send anything."
            )
        how = "Set" if self._headless else "Arm it in the deck, or set"
        return SafeText(
            f"Profile {self._profile} is read-only: nothing was sent. {how} read_only = false "
            "in its settings."
        )
