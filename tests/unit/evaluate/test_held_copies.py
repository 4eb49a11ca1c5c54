"""Under whose key and what lock copies in another account lie, and what is not known of that."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.evaluate.needs import source
from auditor.model.policy import TierAssignment, Tiers
from tests.unit.evaluate.conftest import ACCOUNT, GOLD, World
from tests.unit.evaluate.test_carriers import INSTANCE, carried

HOUR = timedelta(hours=1)
OTHER, THIRD = "444455556666", "555566667777"
VAULT = f"arn:aws:backup:eu-west-1:{OTHER}:backup-vault:far"
FACT = "account_copies.held"
BOTH = {"own_key": True, "lock": "compliance"}


def key(account_id: str) -> str:
    """The ARN of a key of an account."""
    return f"arn:aws:kms:eu-west-1:{account_id}:key/one"


def asking(world: World, **asked: Any) -> World:
    """The tier gold asks that of a copy in another account; there is a locked vault of that account."""
    under = {"under": asked} if asked else {}
    gold = {**GOLD, "account_copy": {"retention_days": 35, **under}}
    tiers = (TierAssignment("gold", {"tier": "gold"}),)
    world.tiers = Tiers({"gold": gold, "exempt": {"required": False}}, tiers, "exempt")
    world.plan()
    return vault(world, locked=True, lock_date=world.start)


def vault(world: World, arn: str = VAULT, **row: Any) -> World:
    """A vault of the other account; it stands in the evidence of the Region of its ARN."""
    base = {"arn": arn, "name": arn.rpartition(":")[2], "locked": False, "vault_type": "BACKUP_VAULT"}
    world.add("backup_vaults", world.away, **{**base, **row})
    return world


@pytest.fixture
def asked(world: World) -> World:
    """Both are asked for."""
    return asking(world, **BOTH)


def copy(world: World, name: str, hours: float, arn: str = VAULT, **row: Any) -> None:
    """A copy of the volume so many hours before `as_of`, under a key of the account that it lies in."""
    created = world.as_of - hours * HOUR
    lying = {"vault_arn": arn, "completed_at": created, "encryption_key_arn": key(OTHER), **row}
    world.point(name, created, world.away, **lying)


def held(world: World) -> Any:
    """The fact of the volume, and what of it is not known."""
    facts = world.facts("resource")[0].get("account_copies", {})
    return facts.get("held"), world.unknown("resource", FACT)


def told(age_hours: float, **changed: Any) -> dict[str, Any]:
    """What is told of a copy that lies as it should."""
    return {"vault": VAULT, "key": "own", "lock": "compliance", "age_hours": age_hours,
            "never_expires": False, "retention_days": 35.0, **changed}  # fmt: skip


def less(entry: dict[str, Any], *names: str) -> dict[str, Any]:
    """The same without these."""
    return {name: value for name, value in entry.items() if name not in names}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, told(1.0)),
        ({"encryption_key_type": "CUSTOMER_MANAGED_KMS_KEY"}, told(1.0)),
        ({"encryption_key_arn": key(ACCOUNT)}, told(1.0, key="another", key_account=ACCOUNT)),
        ({"encryption_key_arn": key(THIRD)}, told(1.0, key="another", key_account=THIRD)),
        ({"encryption_key_arn": key(THIRD), "encryption_key_type": "AWS_OWNED_KMS_KEY"}, told(1.0)),
        ({"encryption_key_arn": None, "encryption_key_type": "AWS_OWNED_KMS_KEY"}, told(1.0)),
        ({"encryption_key_arn": None, "encrypted": False}, told(1.0, key="none")),
    ],
    ids=["own", "customer's", "the source's", "a third one's", "AWS's", "AWS's without an ARN", "plain"],
)
def test_whose_key_it_has_is_told(asked: World, row: dict[str, Any], said: dict[str, Any]) -> None:
    """By the account in the key's ARN."""
    copy(asked, "copy-1", 1, **row)
    assert held(asked) == ([said], [])


@pytest.mark.parametrize("row", [{"encryption_key_arn": None}, {"encryption_key_arn": "alias/backups"}])
def test_a_key_that_is_not_told_is_open(asked: World, row: dict[str, Any]) -> None:
    """Another copy may pass."""
    copy(asked, "copy-1", 1, **row)
    gap = ("ListRecoveryPointsByBackupVault", "Unknown", True)
    assert held(asked) == ([less(told(1.0), "key")], [gap])


@pytest.mark.parametrize(
    ("row", "lock"),
    [
        ({"locked": False}, "none"),
        ({"locked": True}, "governance"),
        ({"locked": True, "lock_date": World.as_of + HOUR}, "pending"),
        ({"locked": True, "lock_date": World.as_of}, "compliance"),
        ({"vault_type": "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"}, "compliance"),
    ],
)
def test_the_lock_of_its_vault_is_told(asked: World, row: dict[str, Any], lock: str) -> None:
    """As it was at `as_of`."""
    near = f"{VAULT}-by"
    vault(asked, near, **row)
    copy(asked, "copy-1", 1, near)
    assert held(asked) == ([told(1.0, vault=near, lock=lock)], [])


@pytest.mark.parametrize("denied", [True, False])
def test_a_vault_that_was_not_read_is_open(asked: World, *, denied: bool) -> None:
    """By the call that failed, where one did."""
    asked.tables["backup_vaults", asked.away].clear()
    if denied:
        row: dict[str, Any] = {"gap_id": "gap-other", "account_id": OTHER, "region": asked.away,
               "service": "backup",
               "operation": "ListBackupVaults", "error": "AccessDeniedException", "message": "no",
               "provides": ["backup_vaults"]}  # fmt: skip
        asked.add("gaps", **row)
    copy(asked, "copy-1", 1)
    found, gaps = held(asked)
    assert found == [less(told(1.0), "lock")]
    assert ("ListBackupVaults", "AccessDeniedException" if denied else "NotRead", True) in gaps


def test_a_lock_that_was_read_long_after_is_open(asked: World) -> None:
    """But for a compliance lock that was in force by then."""
    near = f"{VAULT}-by"
    vault(asked, near, locked=True)
    copy(asked, "copy-1", 1)
    copy(asked, "copy-2", 2, near)
    asked.collected_at = asked.as_of + timedelta(days=1)
    found, gaps = held(asked)
    assert found == [told(1.0), less(told(2.0, vault=near), "lock")]
    assert ("ListBackupVaults", "ReadLater", True) in gaps


def test_of_each_vault_and_key_those_that_no_other_beats_are_told(asked: World) -> None:
    """The newest first; what is kept for longer is told too, and so is what lies otherwise."""
    copy(asked, "copy-1", 1, delete_at=asked.as_of + 23 * HOUR)
    copy(asked, "copy-2", 2)
    copy(asked, "copy-3", 3)
    copy(asked, "copy-4", 4, encryption_key_arn=key(ACCOUNT))
    copy(asked, "copy-5", 5, status="EXPIRED")
    copy(asked, "copy-6", 6, asked.far_vault)
    copy(asked, "copy-7", 7, delete_at=None, delete_after_days=None)
    endless = less(told(7.0, never_expires=True), "retention_days")
    foreign = told(4.0, key="another", key_account=ACCOUNT)
    assert held(asked) == ([told(1.0, retention_days=1.0), told(2.0), foreign, endless], [])


def test_no_copy_is_none(asked: World) -> None:
    """All was read."""
    assert held(asked) == ([], [])


def test_where_no_tier_asks_nothing_is_told(world: World) -> None:
    """Nor is anything unknown."""
    copy(asking(world), "copy-1", 1, encryption_key_arn=None)
    assert held(world) == (None, [])


@pytest.mark.parametrize("demand", [{"own_key": True}, {"lock": "governance"}])
def test_either_is_enough_to_ask(world: World, demand: dict[str, Any]) -> None:
    """Both are told then."""
    copy(asking(world, **demand), "copy-1", 1)
    assert held(world) == ([told(1.0)], [])


@pytest.mark.parametrize(
    ("demand", "named"),
    [
        ({"own_key": True}, ["Unknown"]),
        ({"own_key": False, "lock": "governance"}, ["ReadLater"]),
        (BOTH, ["ReadLater", "Unknown"]),
    ],
)
def test_only_what_is_asked_leaves_it_open(world: World, demand: dict[str, Any], named: list[str]) -> None:
    """Of a copy of which neither the key nor the lock is known."""
    near = f"{VAULT}-by"
    vault(asking(world, **demand), near, locked=True)
    copy(world, "copy-1", 1, near, encryption_key_arn=None)
    world.collected_at = world.as_of + timedelta(days=1)
    about = {"ListRecoveryPointsByBackupVault", "ListBackupVaults"}
    assert sorted(error for call, error, _ in held(world)[1] if call in about) == named


def test_where_copies_are_hidden_the_call_that_failed_says_so(asked: World) -> None:
    """Of the resources whose tier asks."""
    asked.gap("copy_jobs", operation="ListCopyJobs")
    assert held(asked) == (None, [("ListCopyJobs", "AccessDeniedException", False)])


def test_what_an_image_held_is_asked_for(asked: World) -> None:
    """An image of before the attachment may hold the volume or not: the list of images would tell."""
    carried(asked, {INSTANCE: asked.as_of - HOUR})
    copy(asked, "copy-1", 2, resource_arn=INSTANCE, resource_type="EC2")
    asked.gap("images", service="ec2", operation="DescribeImages")

    assert held(asked) == ([], [("DescribeImages", "AccessDeniedException", True)])
    assert "images" in source(Catalogue.load().schemas["resource"], FACT)
