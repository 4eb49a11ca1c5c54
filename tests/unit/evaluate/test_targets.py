"""The vaults that a plan's rules name, and whether they exist."""

from datetime import timedelta

from auditor.evaluate.facts import Column
from tests.unit.evaluate.conftest import World

COPY = "CopyActions"


def named(world: World) -> list[tuple[str, str, bool | None]]:
    """Of each vault that the plan names: what goes there, its name, and whether it exists."""
    (plan,) = world.facts("plan")
    return [(one["kind"], one["vault_arn"].rpartition(":")[2], one.get("exists")) for one in plan["targets"]]


def test_every_vault_that_a_rule_names_is_told(world: World) -> None:
    """Its own, an air-gapped one, and those of its copies: there or not."""
    gapped = world.vault.replace("main", "gapped")
    world.plan(
        {
            "TargetLogicallyAirGappedBackupVaultArn": gapped,
            COPY: [{"DestinationBackupVaultArn": world.far_vault}],
        }
    )
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    world.add("backup_vaults", world.away, arn=world.far_vault, name="far", locked=False)

    assert named(world) == [("backup", "main", True), ("backup", "gapped", False), ("copy", "far", True)]
    assert world.unknown("plan", "targets") == []


def test_of_a_place_that_was_not_read_nothing_is_told(world: World) -> None:
    """A gap where the copy goes hides that vault only."""
    world.plan({COPY: [{"DestinationBackupVaultArn": world.far_vault}]})
    world.gap("backup_vaults", region=world.away)

    assert named(world) == [("backup", "main", False), ("copy", "far", None)]
    assert world.unknown("plan", "targets") == [("ListX", "AccessDeniedException", True)]


def test_of_the_past_a_vault_that_is_gone_by_now_may_have_been_there(world: World) -> None:
    """One that is there was there, whatever its lock was then."""
    world.plan({COPY: [{"DestinationBackupVaultArn": world.far_vault}]})
    world.add("backup_vaults", arn=world.vault, name="main", locked=True)
    world.collected_at = world.as_of + timedelta(hours=2)

    assert named(world) == [("backup", "main", True), ("copy", "far", None)]
    assert world.unknown("plan", "targets") == [("ListBackupVaults", "ReadLater", True)]


def test_of_the_past_a_vault_that_is_gone_has_one_gap(world: World) -> None:
    """Its existence, and with it its lock: the plan's two facts about it tell the same."""
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    world.plan({COPY: [{"DestinationBackupVaultArn": world.far_vault}]})
    world.collected_at = world.as_of + timedelta(hours=2)

    subjects = world.subjects()
    frames = [frame for one in subjects.inventories for frame in subjects.frames_of(one)]
    (plan,) = [frame for frame in frames if frame.subject == "plan" and frame.size]
    columns = [plan.facts[name] for name in ("targets", "lifecycles")]
    told = {
        gap_id
        for column in columns
        if isinstance(column, Column)
        for hole in column.holes
        for gap_id in hole.gaps
        if world.far_vault in subjects.gaps[gap_id].message
    }
    assert len(told) == 1


def test_an_air_gapped_vault_in_an_account_that_was_not_read_is_unknown(world: World) -> None:
    """As a copy's destination there would be."""
    gapped = f"arn:aws:backup:{world.away}:444455556666:backup-vault:gapped"
    world.plan({"TargetLogicallyAirGappedBackupVaultArn": gapped})
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)

    assert named(world) == [("backup", "main", True), ("backup", "gapped", None)]
    assert world.unknown("plan", "targets") == [("ListRecoveryPointsByBackupVault", "NotRead", True)]


def test_an_arn_that_names_no_place_is_unknown(world: World) -> None:
    """It is no vault that was looked for and not found."""
    world.plan({COPY: [{"DestinationBackupVaultArn": "far"}]})
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)

    assert named(world) == [("backup", "main", True), ("copy", "far", None)]
    assert world.unknown("plan", "targets") == [("GetBackupPlan", "Unreadable", True)]
