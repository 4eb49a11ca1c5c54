"""Virtual time: the time that every part of this process takes as now.

Time stands still between advances, so that what is done together is dated together however slow the machine;
each request from outside moves it by one millisecond (`tick`), so that a later change has a later date.
time-machine replaces the clock of the whole process, all threads included: a process has one virtual clock.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import time_machine

TICK: Final = timedelta(milliseconds=1)


class VirtualClock:
    """The clock of this process from `start` (UTC) on, until `stop`."""

    def __init__(self, start: datetime) -> None:
        self._travel = time_machine.travel(start.astimezone(UTC), tick=False)
        self._traveller = self._travel.start()

    def now(self) -> datetime:
        """The virtual time, UTC."""
        return datetime.now(UTC)

    def set_time(self, moment: datetime) -> None:
        """Make `moment` the virtual time; a scheduler that works account by account may step back."""
        self._traveller.shift(moment - self.now())

    def tick(self) -> None:
        """Move by one millisecond."""
        self._traveller.shift(TICK)

    def stop(self) -> None:
        """Give the process its real clock back."""
        self._travel.stop()

    @staticmethod
    def real_now() -> datetime:
        """The time of the machine, UTC, whatever the virtual one is."""
        return time_machine.escape_hatch.datetime.datetime.now(UTC)
