"""Lists of what cannot exist here: empty, and whatever would make one is refused by its name."""

import pytest
from botocore.exceptions import ClientError

from tests.contract.executor.world import World

ACCOUNT = "123456789012"
VOLUME = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-0abc"
POINT = "arn:aws:ec2:eu-west-1::snapshot/snap-0abc"
LISTS = [
    ("list_backup_access_points", "BackupAccessPoints", {}),
    ("list_backup_access_points_by_recovery_point", "BackupAccessPoints", {"RecoveryPointArn": POINT}),
    ("list_backup_access_points_by_resource", "BackupAccessPoints", {"ResourceArn": VOLUME}),
    ("list_indexed_recovery_points", "IndexedRecoveryPoints", {}),
    ("list_restore_access_backup_vaults", "RestoreAccessBackupVaults", {"BackupVaultName": "night"}),
    ("list_tiering_configurations", "TieringConfigurations", {}),
]


@pytest.mark.parametrize(("operation", "member", "params"), LISTS)
def test_what_cannot_exist_is_an_empty_list(
    world: World, operation: str, member: str, params: dict[str, str]
) -> None:
    """The list member is there and empty, without a next page; a token that was never given is refused."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    found = getattr(backup, operation)(**params)
    assert found[member] == []
    assert "NextToken" not in found
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        getattr(backup, operation)(**params, NextToken="bogus")


def test_what_they_are_about_must_be_there(world: World) -> None:
    """A vault that does not exist is refused here as in every list."""
    backup = world.backup()
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.list_restore_access_backup_vaults(BackupVaultName="none")


def test_one_of_them_does_not_exist(world: World) -> None:
    """Whatever id is asked for."""
    backup = world.backup()
    arn = f"arn:aws:backup:eu-west-1:{ACCOUNT}:accesspoint/point-1"
    for ask in (
        lambda: backup.get_tiering_configuration(TieringConfigurationName="one"),
        lambda: backup.describe_backup_access_point(AccessPointArn=arn),
    ):
        with pytest.raises(backup.exceptions.ResourceNotFoundException):
            ask()


def test_what_would_make_one_is_refused_by_name(world: World) -> None:
    """501 and the operation's name, never an empty success."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    team = f"arn:aws:mpa:eu-west-1:{ACCOUNT}:approval-team/a"
    for name, ask in {
        "AssociateBackupVaultMpaApprovalTeam": lambda: backup.associate_backup_vault_mpa_approval_team(
            BackupVaultName="night", MpaApprovalTeamArn=team
        ),
        "DeleteTieringConfiguration": lambda: backup.delete_tiering_configuration(
            TieringConfigurationName="one"
        ),
    }.items():
        with pytest.raises(ClientError) as caught:
            ask()
        answer = caught.value.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
        assert answer["Error"]["Message"] == f"{name} is not implemented by this backup service."
