"""The vaults that a plan's rules name, and whether they exist."""

from datetime import timedelta

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
