"""How much of AWS Backup's quotas accounts take, and what of that is not known."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.evaluate.account_quotas import AWS_LIMITS, AccountLimits, account_limits
from auditor.evaluate.accounts import NOTHING, Asked
from auditor.evaluate.facts import Column
from auditor.model.audit_manager import offers_audit_manager
from auditor.model.policy import Tiers
from tests.unit.evaluate.conftest import GOLD, World

HOME, AWAY = World.home, World.away
OWN = {"vaults": 4, "plans": 2, "recovery_points": 3, "frameworks": 2, "framework_controls": 20}
LIMITS = AccountLimits(**OWN)


def filled(world: World) -> World:
    """Of each thing something, in one Region."""
    world.management = "999988887777"
    if world.of_accounts is NOTHING:
        world.of_accounts = Asked(limits=LIMITS)
    for name in ("a", "b", "c"):
        world.add("backup_vaults", arn=name, name=name)
    for version, until in (("v1", world.night(3)), ("v2", None)):
        world.add("backup_plans", plan_id="p", arn="p", name="p", version_id=version, valid_until=until)
    for number in range(3):
        world.point(f"snap-{number}", world.night(number))
    world.point("other", world.night(4), vault_arn=f"{world.vault}-other")
    for name, controls in (("f", 11), ("g", 4)):
        world.add("audit_frameworks", arn=name, name=name, controls=controls)
    for status in ("ACTIVE", "CREATING", "CANCELED", "CANCELING"):
        hold(world, status)
    hold(world, "ACTIVE", AWAY)
    return world


def hold(world: World, status: str, region: str | None = None) -> None:
    """A legal hold in that state."""
    world.add("legal_holds", region, arn=f"arn:{status}", hold_id=status, title="t", status=status,
              created_at=world.start)  # fmt: skip


def said(world: World) -> tuple[dict[str, tuple[int, int]], str | None, list[tuple[str, str]]]:
    """What is counted, that of which most is taken, and what is not known: region and error."""
    subjects = world.subjects()
    frame = next(one for one in subjects.account_frames() if one.account_id == world.account)
    told = frame.cite([*frame.facts], 0)["account"]
    column = frame.facts["account.quotas"]
    assert isinstance(column, Column)
    assert all(hole.partial and not hole.passes for hole in column.holes)
    gaps = [subjects.gaps[name] for hole in column.holes for name in hole.gaps]
    counts = {one["what"]: (one["count"], one["limit"]) for one in told["quotas"]}
    return counts, told.get("fullest"), sorted((gap.region, gap.error) for gap in gaps)


NOTHING_THERE = {
    f"{what} in {AWAY}": (0, limit)
    for what, limit in (("vaults", 4), ("plans", 2), ("frameworks", 2), ("controls in frameworks", 20))
}
ALL = {
    f"vaults in {HOME}": (3, 4),
    f"plans in {HOME}": (1, 2),
    f"recovery points in the vault main in {HOME}": (3, 3),
    f"frameworks in {HOME}": (2, 2),
    f"controls in frameworks in {HOME}": (15, 20),
    **NOTHING_THERE,
    "active legal holds": (3, 50),
}


def test_each_region_has_its_quotas_and_the_account_that_of_holds(world: World) -> None:
    """Versions of a plan are one plan, a hold that has ended is none, and of vaults the fullest is told."""
    assert said(filled(world)) == (ALL, f"recovery points in the vault main in {HOME}", [])


def test_what_is_beyond_what_the_parameter_says_is_not_known(world: World) -> None:
    """AWS has raised it, nobody knows to what; it is no finding, and no pass."""
    filled(world).point("one more", world.night(5))
    counts, fullest, gaps = said(world)
    rest = {name: count for name, count in ALL.items() if "recovery points" not in name}
    assert (counts, fullest, gaps) == (rest, f"frameworks in {HOME}", [(HOME, "Unknown")])


def test_what_was_not_listed_could_only_be_more(world: World) -> None:
    """Findings stand; so do Regions that the run was not asked to read leave it open."""
    filled(world).gap("legal_holds", region=AWAY)
    assert said(world)[2] == [(AWAY, "AccessDeniedException")]
    world.folder, world.provenance = world.folder / "next", {"regions_left_out": ["eu-west-2"]}
    assert said(world)[2] == [("", "NotRead"), (AWAY, "AccessDeniedException")]


def beside(world: World, partition: str = "aws") -> dict[str, tuple[int, int]]:
    """What is counted beside what always is, of two report plans and three restore-testing plans."""
    filled(world)
    world.tables["accounts", ""][0]["partition"] = world.partition = partition
    for name in ("daily", "weekly"):
        world.add("report_plans", arn=name, name=name, bucket="b", created_at=world.start)
    for name, choices in (("full", ("a", "b")), ("one", ("a",)), ("none", (None,))):
        for choice in choices:
            world.add("restore_tests", plan_arn=name, plan_name=name, created_at=world.start,
                      schedule="cron(0 5 ? * MON *)", selection=choice)  # fmt: skip
    counts = said(world)[0]
    return {what: count for what, count in counts.items() if what not in ALL}


OF_REPORTS = {f"report plans in {HOME}": (2, 5), f"report plans in {AWAY}": (0, 5)}
OF_TESTS = {
    f"restore-testing plans in {HOME}": (3, 100),
    f"selections of the restore-testing plan full in {HOME}": (2, 30),
    f"restore-testing plans in {AWAY}": (0, 100),
}
MORE = AccountLimits(report_plans=5, **OWN)


@pytest.mark.parametrize(
    ("hours", "tests", "partition", "found"),
    [
        (48, "asked", "aws", OF_REPORTS | OF_TESTS),
        (48, "", "aws", OF_REPORTS),
        (0, "asked", "aws", OF_TESTS),
        (0, "", "aws", {}),
        (48, "asked", "aws-us-gov", OF_REPORTS),
        (48, "asked", "aws-cn", {}),
    ],
)
def test_what_something_else_has_read_is_counted_too(
    world: World, hours: int, tests: str, partition: str, found: dict[str, tuple[int, int]]
) -> None:
    """Report plans and restore-testing plans, one without selections too; not where AWS has none of them."""
    world.of_accounts = Asked(limits=MORE, report_hours=hours)
    if tests:
        world.tiers = Tiers({"gold": {**GOLD, "restore_test": {"max_age_days": 90}}}, (), "gold")
    assert beside(world, partition) == found


@pytest.mark.parametrize("table", ["report_plans", "restore_tests"])
@pytest.mark.parametrize("asked", ["asked", ""])
def test_what_of_them_was_not_listed_could_only_be_more(world: World, table: str, asked: str) -> None:
    """Where nothing has them read, nothing is missing."""
    filled(world).gap(table, region=AWAY)
    if asked:
        world.of_accounts = Asked(limits=LIMITS, report_hours=48)
        world.tiers = Tiers({"gold": {**GOLD, "restore_test": {"max_age_days": 90}}}, (), "gold")
    assert said(world)[2] == ([(AWAY, "AccessDeniedException")] if asked else [])


def test_what_was_listed_much_later_says_nothing(world: World) -> None:
    """It may have been made since, or deleted."""
    filled(world).collected_at = world.as_of + timedelta(days=1)
    assert said(world) == ({}, None, [("", "ReadLater")])


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ({}, None),
        ({"account_quotas": {"asked": False, "plans": 1}}, None),
        ({"account_quotas": {"asked": True}}, AccountLimits(300, 300, 1_000_000, 15, 50, 20)),
        ({"account_quotas": {"asked": True, "vaults": 500}}, AccountLimits(vaults=500)),
    ],
)
def test_the_parameter_asks_and_says_what_aws_has_raised(
    given: dict[str, Any], limits: AccountLimits | None
) -> None:
    """AWS's own numbers where it does not."""
    assert account_limits({"evidence": given}) == limits


def test_the_numbers_of_the_parameter_are_those_of_the_check_asked_or_not() -> None:
    """AWS's own where there is none."""
    assert AccountLimits.of({"evidence": {"account_quotas": {"plans": 400}}}) == AccountLimits(plans=400)
    assert AccountLimits.of({}) == AccountLimits.of({"evidence": {}}) == AWS_LIMITS


def test_audit_manager_is_not_everywhere() -> None:
    """Where it is not, nothing is asked, and no frameworks are counted for none."""
    places = (
        ("aws", "eu-west-1"),
        ("aws", "ca-west-1"),
        ("aws-cn", "cn-north-1"),
        ("aws-us-gov", "us-gov-west-1"),
    )
    assert [offers_audit_manager(*one) for one in places] == [True, False, False, True]
