"""Vault locks in a whole audit: both targets of a rule, copies, what is undecided, and the past."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import DAILY, Reason, audit
from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    AWAY,
    HOME,
    MAIN,
    PLAN,
    SINCE,
    World,
    plan_arn,
    rule,
    standing,
    vault_arn,
)

LOCKED, INSIDE = "BKP-IMM-001", "BKP-IMM-002"
PLAN_ARN, OWN, GAPPED, FAR = plan_arn(PLAN), vault_arn(MAIN), vault_arn("gapped"), vault_arn("far", AWAY)
AIR_GAPPED: dict[str, Any] = {
    "VaultType": "LOGICALLY_AIR_GAPPED_BACKUP_VAULT",
    "Locked": True,
    "MinRetentionDays": 30,
    "MaxRetentionDays": 90,
}
COMPLIANCE = {"lock": "compliance"}
BUCKET = "arn:aws:s3:::papers"


def gapped(keep: int) -> World:
    """The standing volume under a rule with an air-gapped vault too."""
    world = standing(keep, TargetLogicallyAirGappedBackupVaultArn=GAPPED)
    world.vault("gapped", **AIR_GAPPED)
    return world


def out(code: str, kind: str, vault: str, **figures: int) -> list[Reason]:
    """The finding about one lifecycle of the standing rule."""
    return [Reason(code, {"rule": "nightly", "kind": kind, "vault_arn": vault, **figures})]


def inside(world: World, tmp_path: Path, **settings: Any) -> tuple[str, list[Reason]]:
    """The verdict on the plan's lifecycles and its reasons, without what the control cites."""
    found = audit(world, tmp_path, **settings)
    return found.verdict(INSIDE, PLAN_ARN), [
        Reason(one.code, {name: fact for name, fact in one.evidence.items() if name != "plan"})
        for one in found.reasons(INSIDE, PLAN_ARN)
    ]


@pytest.mark.parametrize(
    ("keep", "verdict", "reasons"),
    [
        (29, "NON_COMPLIANT",
         out("below_minimum", "backup", GAPPED, delete_after_days=29, min_retention_days=30)),
        (30, "COMPLIANT", []),
        (90, "COMPLIANT", []),
        (91, "NON_COMPLIANT",
         out("above_maximum", "backup", GAPPED, delete_after_days=91, max_retention_days=90)),
    ],
)  # fmt: skip
def test_a_rule_lies_inside_the_lock_of_its_air_gapped_vault(
    tmp_path: Path, keep: int, verdict: str, reasons: list[Reason]
) -> None:
    """Though its own vault has no lock."""
    assert inside(gapped(keep), tmp_path) == (verdict, reasons)


@pytest.mark.parametrize(
    ("lifecycle", "setting", "verdict", "code"),
    [
        ({"MoveToColdStorageAfterDays": 1}, "inherit", "COMPLIANT", []),
        ({"MoveToColdStorageAfterDays": 1}, "never", "COMPLIANT", []),
        (None, "inherit", "COMPLIANT", []),
        ({}, "inherit", "COMPLIANT", []),
        (None, "never", "NON_COMPLIANT", ["never_expires"]),
        ({}, "never", "NON_COMPLIANT", ["never_expires"]),
        ({"DeleteAfterDays": -1}, "inherit", "COMPLIANT", []),
        (
            {"DeleteAfterDays": -1, "MoveToColdStorageAfterDays": -1},
            "inherit",
            "NON_COMPLIANT",
            ["never_expires"],
        ),
    ],
)
def test_a_copy_that_names_no_deletion_is_kept_as_long_as_its_backup(
    tmp_path: Path, lifecycle: dict[str, int] | None, setting: str, verdict: str, code: list[str]
) -> None:
    """The lock admits 30 to 90 days and the rule keeps 35; the setting decides without any lifecycle."""
    action = {"DestinationBackupVaultArn": FAR} | ({} if lifecycle is None else {"Lifecycle": lifecycle})
    world = standing(35, CopyActions=[action])
    world.vault("far", AWAY, Locked=True, MinRetentionDays=30, MaxRetentionDays=90)

    found, reasons = inside(world, tmp_path, copy_lifecycle=setting)

    assert (found, [reason.code for reason in reasons]) == (verdict, code)


def test_a_copy_that_inherits_too_little_is_below_the_minimum(tmp_path: Path) -> None:
    """The other end of the lock: 14 days, where no fewer than 30 are admitted."""
    action = {"DestinationBackupVaultArn": FAR, "Lifecycle": {"MoveToColdStorageAfterDays": 1}}
    world = standing(14, CopyActions=[action])
    world.vault("far", AWAY, Locked=True, MinRetentionDays=30)

    expected = out("below_minimum", "copy", FAR, delete_after_days=14, min_retention_days=30)
    assert inside(world, tmp_path) == ("NON_COMPLIANT", expected)


def test_the_setting_is_named_in_the_document(tmp_path: Path) -> None:
    """Among those where AWS's documents disagree."""
    found = audit(standing(), tmp_path, copy_lifecycle="never")
    assert found.document["run"]["readings"]["copy_lifecycle"] == "never"


def bucket(world: World) -> World:
    """A bucket in place of the volume."""
    world.at().volumes.clear()
    world.at().recovery_points.clear()
    world.at().backup_jobs.clear()
    world.at().buckets.append({"Name": "papers", "CreationDate": SINCE})
    world.at().selections[PLAN] = []
    world.selection(Resources=[BUCKET])
    return world


@pytest.mark.long
def test_a_vault_that_fully_managed_types_never_enter_owes_no_lock(tmp_path: Path) -> None:
    """A bucket goes straight into the air-gapped vault, a volume by way of the rule's own."""
    of_bucket = audit(bucket(gapped(30)), tmp_path, tier=COMPLIANCE)
    of_volume = audit(gapped(30), tmp_path, tier=COMPLIANCE)

    verdicts = [[found.verdict(LOCKED, arn) for arn in (OWN, GAPPED)] for found in (of_bucket, of_volume)]
    assert verdicts == [["NOT_APPLICABLE", "COMPLIANT"], ["NON_COMPLIANT", "COMPLIANT"]]


@pytest.mark.parametrize(
    ("sure", "lock", "verdict"),
    [
        ("none", {}, "INSUFFICIENT_DATA"),
        ("compliance", {}, "NON_COMPLIANT"),
        ("compliance", {"Locked": True, "LockDate": SINCE}, "COMPLIANT"),
        ("governance", {}, "NON_COMPLIANT"),
        ("governance", {"Locked": True}, "INSUFFICIENT_DATA"),
    ],
)
def test_a_volume_that_is_undecided_takes_no_finding_from_a_vault(
    tmp_path: Path, sure: str, lock: dict[str, Any], verdict: str
) -> None:
    """Volume 1 demands `sure` for certain, and volume 2, which may be selected, a compliance lock."""
    world = standing(14, tags={"disable_backup": "false"})
    world.at().selections[PLAN] = []
    unequal = [{"ConditionKey": "aws:ResourceTag/disable_backup", "ConditionValue": "true"}]
    world.selection(Resources=["*"], Conditions={"StringNotEquals": unequal})
    world.volume("vol-2")
    world.vault(**lock)
    tiers = {
        "tiers": {"first": {**DAILY, "lock": sure}, "second": {**DAILY, "lock": "compliance"}},
        "assignment": [{"tier": "first", "tags": {"disable_backup": "false"}}],
        "default": "second",
    }

    assert audit(world, tmp_path, tiers=tiers).verdict(LOCKED, OWN) == verdict


@pytest.mark.parametrize(
    ("lock", "demanded", "verdict", "codes"),
    [
        ({"Locked": True}, "governance", "INSUFFICIENT_DATA", ["evidence_gap"]),
        ({"Locked": True}, "compliance", "NON_COMPLIANT", ["no_compliance_lock"]),
        ({}, "governance", "INSUFFICIENT_DATA", ["evidence_gap"]),
        ({}, "compliance", "NON_COMPLIANT", ["no_compliance_lock"]),
        ({"Locked": True, "LockDate": SINCE}, "compliance", "COMPLIANT", []),
        ({"Locked": True, "LockDate": SINCE}, "governance", "COMPLIANT", []),
        ({"Locked": True, "LockDate": AS_OF + timedelta(days=1)}, "compliance", "NON_COMPLIANT",
         ["no_compliance_lock"]),
    ],
)  # fmt: skip
def test_of_the_past_only_a_compliance_lock_in_force_is_known(
    tmp_path: Path, lock: dict[str, Any], demanded: str, verdict: str, codes: list[str]
) -> None:
    """The evidence is read three days after `as_of`: a governance lock may have been put since."""
    world = standing()
    world.vault(**lock)
    world.clock = AS_OF + timedelta(days=3)

    found = audit(world, tmp_path, tier={"lock": demanded}, as_of=AS_OF)

    assert (found.verdict(LOCKED, OWN), found.codes(LOCKED, OWN)) == (verdict, codes)


@pytest.mark.long
def test_a_vault_of_which_aws_does_not_say_whether_it_is_locked(tmp_path: Path) -> None:
    """Neither a finding nor a pass; a range without the word is a lock's, and has no date."""
    verdicts = []
    ranges: tuple[dict[str, Any], ...] = ({}, {"MinRetentionDays": 1})
    for members in ranges:
        world = standing()
        del world.vault(**members)["Locked"]
        found = audit(world, tmp_path, tier=COMPLIANCE)
        verdicts.append((found.verdict(LOCKED, OWN), found.codes(LOCKED, OWN)))
    assert verdicts == [("INSUFFICIENT_DATA", ["evidence_gap"]), ("NON_COMPLIANT", ["mode_too_weak"])]


@pytest.mark.long
def test_a_range_of_a_lock_of_the_past_is_known_of_a_compliance_lock(tmp_path: Path) -> None:
    """The same range in governance mode may have been put since."""
    verdicts = []
    cases: tuple[dict[str, Any], ...] = ({"LockDate": SINCE}, {})
    for lock in cases:
        world = standing(14)
        world.vault(Locked=True, MinRetentionDays=30, **lock)
        world.clock = AS_OF + timedelta(days=3)
        verdicts.append(audit(world, tmp_path, as_of=AS_OF).verdict(INSIDE, PLAN_ARN))
    assert verdicts == ["NON_COMPLIANT", "INSUFFICIENT_DATA"]


@pytest.mark.parametrize(
    ("members", "known"),
    [
        ({"CopyActions": None}, True),
        ({"Lifecycle": None}, True),
        ({"StartWindowMinutes": "sixty"}, False),
        ({"CopyActions": [{"DestinationBackupVaultArn": 5}]}, False),
    ],
)
def test_an_odd_plan_ends_no_run(tmp_path: Path, members: dict[str, Any], known: bool) -> None:  # noqa: FBT001 -- pytest gives it by name
    """The other plan is judged; of the odd one what it says is known or a gap."""
    world = standing()
    odd = rule(14, RuleId="rule-2")
    odd.update(members)
    world.plan([odd], "plan-2")
    world.selection("plan-2", Resources=[f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/vol-2"])
    world.volume("vol-2")

    found = audit(world, tmp_path)

    assert found.verdict("BKP-RET-001", PLAN_ARN) == "COMPLIANT"
    assert (found.verdict("BKP-RET-001", plan_arn("plan-2")) == "INSUFFICIENT_DATA") != known
    assert [gap["error"] for gap in found.gaps] == ([] if known else ["Unreadable"])
