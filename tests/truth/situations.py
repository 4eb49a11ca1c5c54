"""Situations at random, told as data: the same one can be built again with something changed."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    AWAY,
    MAIN,
    START,
    VOLUME,
    World,
    copy_action,
    nights,
    rule,
    standing,
    vault_arn,
)

FAR = vault_arn("far", AWAY)
STATES = ("good", "good", "good", "good", "good", "failed", "missing", "late", "issues", "deleted", "running")


@dataclass(frozen=True)
class Night:
    """One night: how it went, and for how many days (0: not at all) its backup is kept elsewhere too."""

    due: datetime
    state: str
    copied: int = 0


@dataclass(frozen=True)
class Situation:
    """A volume, what its plan and its tier ask for, its nights, and older or on-demand points.

    `older` are (hours before `as_of`, days kept or None) of points that no rule made. With `noon` a second
    rule backs up at 13:00 for three days. `changed` is the day of the period at which the plan got a version
    that keeps for five days more.
    """

    keep: int | None
    rpo_hours: int
    retention_days: int
    copies: bool
    nights: tuple[Night, ...]
    older: tuple[tuple[int, int | None], ...] = ()
    tagged: bool = False
    noon: bool = False
    changed: int | None = None

    @property
    def tier(self) -> dict[str, Any]:
        """The demands of `daily` that differ from the standing ones."""
        copy = {"copy": {"retention_days": self.retention_days}} if self.copies else {}
        return {"rpo_hours": self.rpo_hours, "retention_days": self.retention_days, **copy}

    def build(self) -> World:
        """The organization in which this is so."""
        actions = [copy_action(FAR, self.keep)] if self.copies else None
        world = standing(self.keep, (), {"team": "shop"} if self.tagged else None, CopyActions=actions)
        world.vault("far", AWAY)
        self._plan(world)
        for night in self.nights:
            _live(world, night, self.keep)
            if self.noon and night.state == "good":
                maker = world.created_by(BackupRuleId="rule-2")
                world.night(night.due + timedelta(hours=12), 3, CreatedBy=maker)
        for hours, keep in self.older:
            created = AS_OF - timedelta(hours=hours)
            if keep is None or created + timedelta(days=keep) > AS_OF:
                world.point(created, keep=keep, CreatedBy=None)
        return world

    def _plan(self, world: World) -> None:
        """The second rule and the second version."""
        (plan,) = world.at().plans
        rules = plan["Versions"][0]["BackupPlan"]["Rules"]
        if self.noon:
            second = {"RuleId": "rule-2", "RuleName": "noon", "ScheduleExpression": "cron(0 13 * * ? *)"}
            rules.append(rule(3, **second))
        if self.changed is not None and self.keep is not None:
            kept = [{**one, "Lifecycle": {"DeleteAfterDays": self.keep + 5}} for one in rules]
            world.version(plan, kept, START + timedelta(days=self.changed))


def _live(world: World, night: Night, keep: int | None) -> None:
    """What a night leaves behind. A point that is `deleted` is gone before its time."""
    if night.state == "missing":
        return
    if night.state == "failed":
        world.job(night.due, State="FAILED", MessageCategory="ACCESS_DENIED")
        return
    if night.state == "running":
        world.job(night.due, State="RUNNING", CompletionDate=None, MessageCategory=None)
        return
    created = night.due + timedelta(hours=5 if night.state == "late" else 0)
    job = world.night(created, keep)
    if night.state == "issues":
        job["MessageCategory"] = "VSS_ERROR"
    points = world.at().recovery_points.setdefault(MAIN, [])
    if night.state == "deleted" and points and points[-1]["RecoveryPointArn"] == job["RecoveryPointArn"]:
        points.pop()
    if night.copied:
        world.copied(created, FAR, keep=night.copied, source=job["RecoveryPointArn"])


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Any of them; most nights are good, as in life."""
    keep = draw(st.sampled_from([1, 7, 14, 30, 35, 60, None]))
    copies = draw(st.booleans())
    kept = [0, 1, 7, 35] if copies else [0]
    bad = draw(st.lists(st.integers(0, len(_DUE) - 1), max_size=6, unique=True))
    copied = draw(st.sampled_from(kept))
    told = [Night(due, "good", copied) for due in _DUE]
    for number in bad:
        told[number] = Night(_DUE[number], draw(st.sampled_from(STATES)), draw(st.sampled_from(kept)))
    older = draw(
        st.lists(st.tuples(st.integers(30 * 24, 100 * 24), st.sampled_from([30, 365, None])), max_size=2)
    )
    return Situation(
        keep=keep,
        rpo_hours=draw(st.sampled_from([23, 24, 26, 48, 72, 400])),
        retention_days=draw(st.sampled_from([1, 7, 14, 35])),
        copies=copies,
        nights=tuple(told),
        older=tuple(older),
        tagged=draw(st.booleans()),
        noon=draw(st.booleans()),
        changed=draw(st.sampled_from([None, None, 3, 17])),
    )


#: From five nights before the period: their jobs are not listed any more.
_DUE = nights(START - timedelta(days=5), AS_OF)


@dataclass(frozen=True)
class Change:
    """Every text and every time of an organization, told otherwise."""

    text: Callable[[str], str] = field(default=lambda text: text)
    time: Callable[[datetime], datetime] = field(default=lambda time: time)

    def of(self, value: Any) -> Any:
        """The same document with other texts and times."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, datetime):
            return self.time(value)
        if isinstance(value, Mapping):
            return {self.of(name): self.of(item) for name, item in value.items()}
        if isinstance(value, Sequence):
            return [self.of(item) for item in value]
        return value

    def world(self, world: World) -> World:
        """A copy of an organization with other texts and times; the names of Regions and members stay."""
        told = deepcopy(world)
        told.as_of, told.clock = self.time(world.as_of), self.time(world.clock)
        told.caller, told.management = self.text(world.caller), self.text(world.management)
        told.accounts = {}
        for account in deepcopy(world).accounts.values():
            account.account_id, account.name = self.text(account.account_id), self.text(account.name)
            for regional in account.regions.values():
                for name, value in vars(regional).items():
                    setattr(regional, name, self.of(value))
            told.accounts[account.account_id] = account
        return told


def crowd(world: World) -> None:
    """Add what has nothing to do with the volume: an account, volumes, a table, a vault, a plan, points."""
    world.account("999988887777", "another")
    other = world.volume("vol-other", account_id="999988887777")
    world.plan([], "plan-empty", account_id="999988887777")
    world.point(AS_OF - timedelta(days=3), other, 1, "theirs")
    beside = world.volume("vol-beside")
    world.volume("vol-away", AWAY)
    for created in nights(AS_OF - timedelta(days=9), AS_OF):
        world.point(created, beside, 60, "beside")
        world.job(created, beside, "beside", CreatedBy=None, State="FAILED")
    here = world.at()
    here.tables.append({"TableName": "t", "TableArn": f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/t",
                        "CreationDateTime": START, "TableStatus": "ACTIVE"})  # fmt: skip
    assert VOLUME not in (other, beside)
