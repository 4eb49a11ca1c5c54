"""What a simulation says: the backups that come and that never do, and the recovery points at the end."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SimulatedPoints:
    """How many recovery points there are at the end; `region` is "" for the resources' own."""

    vault: str
    region: str
    cold: bool
    copied: bool
    count: int


@dataclass(frozen=True, slots=True)
class SimulatedRule:
    """One rule: how often it is due, what comes of it, and what never does.

    `absorbed` have no job, as an overlapping rule runs in their place; `why` are messages of what failed.
    """

    plan: str
    rule: str
    due: int
    came: int
    failed: int
    copies_failed: int
    why: Sequence[str]

    @property
    def absorbed(self) -> int:
        """How many have no job."""
        return max(0, self.due - self.came - self.failed)


@dataclass(frozen=True, slots=True)
class SimulatedResources:
    """What becomes of resources for which the same happens.

    `fault` says why that is not known, "" where it is.
    `worst_gap_hours` is the longest time without a backup after the first one, None without any backup.
    """

    names: Sequence[str]
    account_id: str
    region: str
    resource_type: str
    rules: Sequence[SimulatedRule] = ()
    worst_gap_hours: float | None = None
    points: Sequence[SimulatedPoints] = ()
    notes: Sequence[str] = ()
    fault: str = ""

    @property
    def worst_first(self) -> tuple[int, float, str]:
        """How they are sorted: what never has a backup, what is not known, then by the longest gap."""
        gap = self.worst_gap_hours
        rank = 1 if self.fault else 0 if gap is None else 2
        return rank, -(gap or 0), self.names[0]


@dataclass(frozen=True, slots=True)
class Simulation:
    """Everything that a simulation says of `days` from `start`, RFC 3339."""

    start: str
    days: int
    resources: Sequence[SimulatedResources]
