"""Accounts and Regions that nobody looked at."""

from collections.abc import Sequence

import pytest

from auditor.evaluate.facts import Column
from auditor.evidence.table_schemas import PARTITIONED
from auditor.model.organization import Account
from tests.unit.evaluate.conftest import World


def test_the_account_of_a_gap_is_known_though_no_listing_named_it(world: World) -> None:
    """The caller's account may lie in the very OU that could not be read."""
    (account,) = world.tables.pop(("accounts", ""))
    world.add("accounts", **{**account, "account_id": "444455556666"})
    world.tables = {place: rows for place, rows in world.tables.items() if not place[1]}
    world.gap("accounts", "resources", region="", operation="ListAccountsForParent")
    assert world.subjects().accounts["111122223333"] == Account("111122223333", "", "aws", None, "")


@pytest.mark.parametrize("status", ["ACTIVE", ""])
def test_an_account_of_which_nothing_was_read_is_a_gap(world: World, status: str) -> None:
    """No Region of it was enabled, or none that the partition knows; only one said to be closed is none."""
    world.add("accounts", account_id="444455556666", name="idle", partition="aws", status=status)
    world.add("accounts", account_id="777788889999", name="closed", partition="aws", status="SUSPENDED")
    subjects = world.subjects()
    assert [(gap.account_id, gap.region, gap.error) for gap in subjects.gaps.values()] == [
        ("444455556666", "", "NotRead")
    ]
    assert subjects.unread.scopes("resources") == [("444455556666", "")]


@pytest.mark.parametrize(
    ("tables", "unread"),
    [(("accounts",), sorted(PARTITIONED)), (sorted({"accounts", *PARTITIONED} - {"keys"}), ["keys"])],
)
def test_a_failed_call_hides_its_own_tables_only(
    world: World, tables: Sequence[str], unread: list[str]
) -> None:
    """Of an account of which nothing was read the others are unknown all the same."""
    world.tables = {place: rows for place, rows in world.tables.items() if not place[1]}
    world.gap(*tables, region="", operation="ListAccountsForParent")
    found = [gap for gap in world.subjects().unread.gaps if gap.error == "NotRead"]
    assert [list(gap.provides) for gap in found] == [unread]


@pytest.mark.parametrize(
    ("hidden", "call", "tables"),
    [
        ("recovery_points", "ListBackupVaults", ("backup_vaults",)),
        ("backup_vaults", "ListRecoveryPointsByBackupVault", ("recovery_points",)),
    ],
)
def test_of_a_destination_each_table_is_unknown_by_itself(
    world: World, hidden: str, call: str, tables: tuple[str, ...]
) -> None:
    """What another gap hides is left to that gap."""
    far = world.far_vault.replace("west-1", "west-3")
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": far}]})
    world.gap(hidden, region="eu-west-3")
    found = [(gap.operation, gap.provides) for gap in world.subjects().gaps.values()]
    assert found == [("ListX", (hidden,)), (call, tables)]


@pytest.mark.parametrize("account_id", ["111122223333", "444455556666"])
def test_a_destination_that_nobody_read_is_a_gap(world: World, account_id: str) -> None:
    """A Region outside the run, or an account: neither "no copy" nor "no lock" may come from it."""
    arn = f"arn:aws:backup:us-east-1:{account_id}:backup-vault:far"
    world.add("backup_vaults", arn=world.vault, name="main", locked=True, min_retention_days=7)
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": arn}]})
    subjects = world.subjects()
    (gap,) = subjects.gaps.values()
    assert (gap.account_id, gap.region, gap.error, gap.provides) == (
        account_id, "us-east-1", "NotRead", ("backup_vaults", "recovery_points"),
    )  # fmt: skip
    assert subjects.unread.scopes("recovery_points") == []
    assert ["lock" in entry for entry in world.facts("plan")[0]["lifecycles"]] == [True, False]
    assert world.unknown("plan", "lifecycles") == [("ListRecoveryPointsByBackupVault", "NotRead", True)]
    assert world.holes("resource", "copies.count") == [gap.gap_id]


def test_a_destination_behind_a_gap_has_that_gap_only(world: World) -> None:
    """The call that was denied is named, not a second gap for the same place."""
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": world.far_vault.replace("west-1", "west-3")}]})
    world.gap("backup_vaults", "recovery_points", region="", operation="AssumeRole")
    assert list(world.subjects().gaps) == ["gap-AssumeRole"]


@pytest.mark.parametrize(
    ("region", "gaps"), [("us-east-1", ["unread-111122223333-us-east-1"]), ("eu-west-1", [])]
)
def test_the_tier_of_a_copy_from_outside_the_run_is_unknown(
    world: World, region: str, gaps: list[str]
) -> None:
    """Nobody looked for its resource there; one that is in no inventory of a Region that was read is gone."""
    arn = f"arn:aws:ec2:{region}:111122223333:volume/elsewhere"
    world.point("copy", world.night(3), resource_arn=arn, source_vault_arn=world.far_vault)
    subjects = world.subjects()
    frame = next(one for one in subjects.frames() if one.subject == "recovery_point")
    column = frame.facts["tier"]
    assert isinstance(column, Column)
    assert (
        list(subjects.gaps),
        [any(hole.gaps and hole.mask(1)[0] for hole in column.holes)],
    ) == (gaps, [bool(gaps)])


@pytest.mark.parametrize(
    ("region", "gaps"),
    [("us-east-1", [("us-east-1", "ListCopyJobs", ("copy_jobs",))]), ("eu-west-1", []), ("eu-central-1", [])],
)
def test_copy_jobs_where_nobody_read_are_a_gap(
    world: World, region: str, gaps: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    """A copy of what was read came from a vault outside the run: how its job ended is not known."""
    source = f"arn:aws:backup:{region}:111122223333:backup-vault:hop"
    world.point("copy", world.night(3), source_vault_arn=source)
    found = world.subjects().gaps.values()
    assert [(gap.region, gap.operation, gap.provides) for gap in found] == gaps


@pytest.mark.parametrize(("state", "regions"), [("COMPLETED", ["us-east-1"]), ("FAILED", [])])
def test_only_where_a_copy_arrived_it_may_lie(world: World, state: str, regions: list[str]) -> None:
    """A copy job that failed left nothing where it led to, beside one that completed elsewhere."""
    far = f"arn:aws:backup:us-east-1:{world.account}:backup-vault:far"
    for number, (end, vault) in enumerate([(state, far), ("COMPLETED", world.far_vault)]):
        world.add("copy_jobs", job_id=f"c{number}", state=end, destination_vault_arn=vault,
                  resource_arn=world.volume, created_at=world.night(3))  # fmt: skip
    assert [gap.region for gap in world.subjects().gaps.values()] == regions


def test_a_text_that_is_no_arn_does_not_stop_the_run(world: World) -> None:
    """A recovery point of something that AWS names otherwise: its resource is not in the inventory."""
    world.point("snap", world.night(3), resource_arn="virtual machine 7")
    (point,) = world.facts("recovery_point")
    assert "tier" not in point
