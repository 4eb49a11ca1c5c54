"""The made-up organizations that are measured: their accounts, tiers, plans, and how long they keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

AS_OF: Final = datetime(2026, 2, 9, tzinfo=UTC)
PERIOD: Final = timedelta(days=30)
REGIONS: Final = ("eu-central-1", "eu-west-1")
#: What the planted faults must make the audit find, by control: nothing more and nothing less.
PLANTED: Final[Mapping[str, int]] = {"BKP-COV-001": 1, "BKP-ENC-001": 1, "BKP-FRQ-001": 1, "BKP-RET-002": 1}


@dataclass(frozen=True, slots=True)
class Group:
    """Resources of one tier: their share of all, the plan's schedules, days kept, and whether it copies.

    Without schedules they have no plan. A group with a `plan` of its own has a tag for that, and the tier by
    default.
    """

    tier: str
    share: float
    schedules: tuple[str, ...]
    days: int
    copies: bool = False
    plan: str = ""

    @property
    def plan_name(self) -> str:
        """What its plan is called: as the tier, if it has no name of its own."""
        return self.plan or self.tier

    @property
    def tag(self) -> tuple[str, str]:
        """By which tag its plan selects."""
        return ("backup-plan", self.plan) if self.plan else ("backup-tier", self.tier)


@dataclass(frozen=True, slots=True)
class Shape:
    """An organization: accounts (of two Regions each), resources in each Region, and their groups."""

    accounts: int
    resources: int
    groups: tuple[Group, ...]
    planted: bool = True  # whether it has the faults of `PLANTED`


_NIGHT: Final = "cron(0 1 * * ? *)"
#: A mixed estate: 15 recovery points and 19 jobs for each resource.
ESTATE: Final = (
    Group("gold", 0.05, (_NIGHT, "cron(0 13 * * ? *)"), 35, copies=True),
    Group("silver", 0.45, (_NIGHT,), 14),
    Group("bronze", 0.5, ("cron(0 1 ? * SUN *)",), 28),
)
#: The same, but a tenth of it has no plan, and a tenth one that runs too seldom.
NEGLECTED: Final = (
    Group("gold", 0.05, (_NIGHT, "cron(0 13 * * ? *)"), 35, copies=True),
    Group("silver", 0.45, (_NIGHT,), 14),
    Group("bronze", 0.3, ("cron(0 1 ? * SUN *)",), 28),
    Group("bronze", 0.1, ("cron(0 1 1 * ? *)",), 28, plan="seldom"),
    Group("bronze", 0.1, (), 0, plan="none"),
)
#: Three backups a day, each kept for 34 days: 102 recovery points and 90 jobs for each resource.
HISTORY: Final = (Group("silver", 1.0, ("cron(0 1,9,17 * * ? *)",), 34),)
