"""Facts of vaults and of recovery points, and of copies in other Regions."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.evaluate.conftest import World


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        ({"locked": False}, {"mode": "none", "in_force": False, "compliance_in_force": False}),
        (
            {"locked": True, "min_retention_days": 7},
            {"mode": "governance", "in_force": True, "compliance_in_force": False, "min_retention_days": 7},
        ),
        (
            {"locked": True, "after": 0},
            {
                "mode": "compliance",
                "in_force": True,
                "compliance_in_force": True,
                "lock_date": "2026-02-09T00:00:00Z",
            },
        ),
        (
            {"locked": True, "after": 1},
            {
                "mode": "compliance",
                "in_force": False,
                "compliance_in_force": False,
                "lock_date": "2026-02-09T00:00:01Z",
            },
        ),
    ],
)
def test_a_lock_is_judged_by_mode_and_date(
    world: World, lock: dict[str, Any], expected: dict[str, Any]
) -> None:
    """The flag alone says nothing; a compliance lock is in force from its lock date on."""
    after = lock.pop("after", None)
    date: dict[str, Any] = {} if after is None else {"lock_date": world.as_of + timedelta(seconds=after)}
    world.add("backup_vaults", arn=world.vault, name="main", **lock, **date)
    assert world.facts("vault")[0]["vault"]["lock"] == expected


@pytest.mark.parametrize(
    ("row", "mode"),
    [
        ({}, None),
        ({"lock_date": World.as_of}, "compliance"),
        ({"min_retention_days": 7}, "governance"),
        ({"max_retention_days": 90}, "governance"),
        ({"vault_type": "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"}, "compliance"),
    ],
)
def test_a_vault_of_which_aws_does_not_say_whether_it_is_locked(
    world: World, row: dict[str, Any], mode: str | None
) -> None:
    """Its lock is not known, unless something else that is told of it is a lock's."""
    world.plan()
    world.add("backup_vaults", arn=world.vault, name="main", **row)
    world.point("snap", world.night(3))
    assert world.facts("vault")[0]["vault"]["lock"].get("mode") == mode
    facts = (
        ("vault", "vault.lock"),
        ("plan", "lifecycles"),
        ("recovery_point", "recovery_point.locked_for_good"),
    )
    gaps = [world.unknown(*one) for one in facts]
    assert gaps == (
        [[]] * 3 if mode else [[("ListBackupVaults", "Unreadable", one)] for one in (True, True, False)]
    )
    ((entry,), (point,)) = world.facts("plan")[0]["lifecycles"], world.facts("recovery_point")
    assert (entry["vault_exists"], entry.get("lock", {}).get("mode")) == (True, mode)
    assert point["recovery_point"].get("locked_for_good") == (mode and mode == "compliance")


def test_the_strictest_tier_that_leads_into_a_vault_demands_its_lock(world: World) -> None:
    """By the plans, across Regions; a vault that nothing leads into owes nothing."""
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": world.far_vault}]})
    for region, arn in (
        (world.home, world.vault),
        (world.home, f"{world.vault}2"),
        (world.away, world.far_vault),
    ):
        world.add("backup_vaults", region, arn=arn, name=arn.rpartition(":")[2], locked=False)
    demands = [
        (vault["vault"]["demanded_lock"], vault["vault"]["demanded_by"])
        for region in (world.home, world.away)
        for vault in world.facts("vault", region)
    ]
    assert demands == [("compliance", ["gold"]), ("none", []), ("compliance", ["gold"])]


def test_what_lies_in_a_vault_demands_its_lock_too(world: World) -> None:
    """Recovery points of a gold resource, though no plan leads there any more."""
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    world.point("snap", world.night(3))
    assert world.facts("vault")[0]["vault"]["demanded_lock"] == "compliance"


@pytest.mark.parametrize("table", ["backup_plans", "recovery_points", "resources"])
def test_a_vault_behind_a_gap_has_no_known_demand(world: World, table: str) -> None:
    """Where not everything that leads into it was read, "none" is not sure."""
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    world.gap(table)
    assert world.facts("vault")[0]["vault"]["demanded_lock"] == "none"
    assert world.unknown("vault", "vault.demanded_lock") == [("ListX", "AccessDeniedException", True)]


@pytest.mark.parametrize(
    ("tags", "demanded", "unsure"), [({}, "none", True), ({"tier": "gold"}, "compliance", False)]
)
def test_copies_of_unread_resources_leave_a_vaults_demand_open(
    world: World,
    tags: dict[str, str],
    demanded: str,
    unsure: bool,  # noqa: FBT001 -- a parameter
) -> None:
    """Their tiers may demand more than those that are known, unless these demand the strictest lock."""
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    world.tables["resources", world.home][0]["tags"] = tags
    world.point("snap", world.night(3))
    elsewhere = world.volume.replace(world.home, world.away)
    world.point("copy", world.night(3), resource_arn=elsewhere, source_vault_arn=world.far_vault)
    world.gap("resources", region=world.away)
    assert world.facts("vault")[0]["vault"]["demanded_lock"] == demanded
    assert bool(world.unknown("vault", "vault.demanded_lock")) == unsure


def test_a_recovery_point_has_its_resources_tier_and_its_own_dates(world: World) -> None:
    """Retention is from its own calculated dates; its job is named."""
    key = "arn:aws:kms:eu-central-1:111122223333:key/k"
    world.add("keys", arn=key, key_manager="CUSTOMER")
    world.backup(3, point=False)
    arn = "arn:aws:ec2:eu-central-1::snapshot/snap-3"
    world.point(arn, world.night(3), encryption_key_arn=key, delete_at=world.night(3) + timedelta(days=34.5))
    (told,) = world.facts("recovery_point")
    point = dict(told)
    assert point.pop("audit_manager")["set_days"] == 35
    assert (point.pop("tier")["name"], point) == (
        "gold",
        {
            "recovery_point": {
                "status": "COMPLETED",
                "is_copy": False,
                "in_another_account": False,
                "in_another_region": False,
                "never_expires": False,
                "retention_days": 34.5,
                "expired": False,
                "resource_gone": False,
                "continuous": False,
                "encrypted": True,
                "key_manager": "CUSTOMER",
                "created_at": "2026-01-13T01:00:00Z",
                "delete_at": "2026-02-16T13:00:00Z",
                "key_arn": key,
                "vault_arn": world.vault,
                "resource_arn": world.volume,
                "job_id": "job-3",
            }
        },
    )


@pytest.mark.parametrize(
    ("manager", "kind", "expected"),
    [
        ("CUSTOMER", "AWS_OWNED_KMS_KEY", "CUSTOMER"),
        (None, "AWS_OWNED_KMS_KEY", "AWS"),
        (None, "CUSTOMER_MANAGED_KMS_KEY", None),
    ],
)
def test_only_kms_proves_a_customers_key(world: World, manager: str, kind: str, expected: str | None) -> None:
    """AWS Backup's word for a key tells AWS owned ones from all others, a key managed by AWS among them."""
    key = "arn:aws:kms:eu-central-1:111122223333:key/k"
    world.add("keys", arn=key, key_manager=manager)
    world.point("snap", world.night(3), encryption_key_arn=key, encryption_key_type=kind)
    assert world.facts("recovery_point")[0]["recovery_point"].get("key_manager") == expected


@pytest.mark.parametrize(
    ("row", "never", "days"),
    [
        ({"delete_at": None, "delete_after_days": None}, True, None),
        ({"delete_at": None}, False, 35.0),
        (
            {"delete_at": None, "delete_after_days": None, "delete_after_event": "DELETE_AFTER_COPY"},
            False,
            None,
        ),
        ({}, False, 35.0),
    ],
)
def test_never_expires_is_stated_by_both_dates(
    world: World, row: dict[str, None], never: Any, days: float | None
) -> None:
    """A lifecycle without a calculated date is not "for ever": it says how long itself."""
    world.point("snap", world.night(3), **row)
    found = world.facts("recovery_point")[0]["recovery_point"]
    assert (found["never_expires"], found.get("retention_days")) == (never, days)


def test_a_recovery_point_of_a_resource_that_is_gone_has_no_tier(world: World) -> None:
    """The inventory was read and has no such resource: nobody demands anything."""
    world.point("snap", world.night(3), resource_arn="arn:aws:ec2:eu-central-1:111122223333:volume/gone")
    assert "tier" not in world.facts("recovery_point")[0]


def test_a_copy_arrived_is_seen_from_its_resource(world: World) -> None:
    """The newest usable copy in the other Region: how many, how old, how long kept."""
    for number in (27, 28):
        world.point(f"copy-{number}", world.night(number), world.away, source_vault_arn=world.vault)
    world.point("broken", world.night(29), world.away, source_vault_arn=world.vault, status="PARTIAL")
    assert world.facts("resource")[0]["copies"] == {
        "count": 2,
        "candidates": [{"age_hours": 47.0, "never_expires": False, "retention_days": 35.0}],
        "newest": "copy-28",
        "failures": [],
        "cause": {"kind": "account", "why": "no_plan"},
    }


def test_copies_that_another_one_beats_are_not_candidates(world: World) -> None:
    """One that is both older and kept no longer than another adds nothing; one that is kept longer does."""
    when = world.night(28)
    for region, days in (("eu-west-3", 7), ("us-east-1", 35), ("us-east-2", 14)):
        world.point(
            f"copy-{days}", when, region, delete_after_days=days, delete_at=when + timedelta(days=days)
        )
    earlier = world.night(27)
    world.point("old-35", earlier, "eu-west-3", delete_at=earlier + timedelta(days=35))
    world.point("old-ever", earlier, "us-east-1", delete_after_days=None, delete_at=None)
    copies = world.facts("resource")[0]["copies"]
    assert (copies["count"], copies["newest"], copies["candidates"]) == (
        5,
        "copy-35",
        [
            {"age_hours": 47.0, "never_expires": False, "retention_days": 35.0},
            {"age_hours": 71.0, "never_expires": True},
        ],
    )


@pytest.mark.parametrize(
    ("region", "source", "expected"),
    [
        ("eu-central-1", None, False),
        ("eu-central-1", "arn:aws:backup:eu-central-1:111122223333:backup-vault:main", False),
        ("eu-central-1", "arn:aws:backup:eu-central-1:111122223333:backup-vault:other", True),
        ("eu-west-1", None, True),
    ],
)
def test_what_a_copy_is(world: World, region: str, source: str | None, expected: Any) -> None:
    """Another vault is its source; AWS may leave that out within an account, but not in another Region."""
    world.point("snap", world.night(3), region, source_vault_arn=source)
    (point,) = world.facts("recovery_point", region)
    assert point["recovery_point"]["is_copy"] == expected


@pytest.mark.parametrize(
    ("resource", "region", "row", "expected"),
    [
        (World.volume, "eu-central-1", {}, (False, False, False)),
        (World.volume, "eu-west-1", {}, (True, False, True)),
        ("arn:aws:ec2:eu-central-1:444455556666:volume/vol-9", "eu-central-1", {}, (True, True, False)),
        ("arn:aws:ec2:eu-west-1:444455556666:volume/vol-9", "eu-central-1", {}, (True, True, True)),
        ("arn:aws:s3:::gone", "eu-central-1", {"source_vault_arn": World.far_vault}, (True, None, None)),
        (None, "eu-central-1", {}, (False, None, None)),
    ],
    ids=["beside it", "Region", "account", "both", "an ARN without a place", "not told"],
)
def test_where_a_point_lies_beside_its_resource(
    world: World, resource: str | None, region: str, row: dict[str, Any], expected: Any
) -> None:
    """AWS need not name a copy's source: its account and Region are held against its resource's."""
    world.point("snap", world.night(3), region, resource_arn=resource, **row)
    found = world.facts("recovery_point", region)[0]["recovery_point"]
    names = ("is_copy", "in_another_account", "in_another_region")
    assert tuple(found.get(name) for name in names) == expected


def test_a_failed_copy_job_is_named(world: World) -> None:
    """No copy is there, and the job says why."""
    world.add("copy_jobs", job_id="c1", resource_arn=world.volume, state="FAILED", created_at=world.night(3),
              destination_vault_arn=world.far_vault, message="no such vault")  # fmt: skip
    copies = world.facts("resource")[0]["copies"]
    assert (copies["count"], copies["failures"]) == (
        0,
        [
            {
                "job_id": "c1",
                "state": "FAILED",
                "created_at": "2026-01-13T01:00:00Z",
                "destination": world.far_vault,
                "message": "no such vault",
            }
        ],
    )


def test_unread_copy_jobs_leave_copies_unknown(world: World) -> None:
    """Nobody knows where copies went, nor of what they are copies."""
    world.gap("copy_jobs")
    assert "copies" not in world.facts("resource")[0]


def test_an_unread_destination_leaves_copies_unknown(world: World) -> None:
    """No copy was seen because nobody could look: that is no missing copy."""
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": world.far_vault}]})
    world.gap("recovery_points", region=world.away)
    assert world.holes("resource", "copies.count") == ["gap-ListX"]


def test_how_far_back_a_continuous_recovery_point_goes_is_its_retention(world: World) -> None:
    """Begun long ago and kept for five days: five, whatever date it is calculated to be deleted."""
    world.point("arn:aws:rds:eu-central-1:111122223333:auto-backup:ab-1", world.start - timedelta(days=60),
                status="AVAILABLE", resource_type="RDS", delete_after_days=5,
                delete_at=world.as_of + timedelta(days=5))  # fmt: skip
    assert world.facts("recovery_point")[0]["recovery_point"]["retention_days"] == 5.0
