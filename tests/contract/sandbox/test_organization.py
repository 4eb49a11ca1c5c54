"""What a boto3 program finds in the sandbox: the organization, its accounts' resources, AWS Backup."""

from typing import Any

import pytest

from auditor.sandbox.organization import SampleOrganization
from tests.contract.sandbox.conftest import Running


def test_organizations_lists_every_account_in_its_unit(still: Running) -> None:
    """Accounts, units and parents are those of organization.yaml."""
    client = still.client("organizations")
    root = client.list_roots()["Roots"][0]["Id"]

    def below(parent: str, path: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        here = client.list_accounts_for_parent(ParentId=parent)["Accounts"]
        found = {account["Name"]: path for account in here}
        for unit in client.list_organizational_units_for_parent(ParentId=parent)["OrganizationalUnits"]:
            found |= below(unit["Id"], (*path, unit["Name"]))
        return found

    sample = SampleOrganization.load()
    assert below(root, ()) == {account.name: account.ou_path for account in sample.everyone()}
    assert (
        client.describe_organization()["Organization"]["MasterAccountId"]
        == (still.facts["management_account_id"])
    )


def test_resources_lie_in_their_account_and_region(still: Running) -> None:
    """Volumes by tag and encryption in a member's two Regions; the management account sees none."""
    keys = still.assume("payments", "AuditorRead")

    def volumes(credentials: Any, place: str) -> dict[str, tuple[str | None, bool]]:
        found = still.client("ec2", credentials, place).describe_volumes()["Volumes"]
        tags = [{tag["Key"]: tag["Value"] for tag in volume.get("Tags", ())} for volume in found]
        return {
            tag["Name"]: (tag.get("backup-tier"), volume["Encrypted"])
            for tag, volume in zip(tags, found, strict=True)
        }

    assert volumes(keys, "primary") == {
        **{f"payments-ledger-{number}": ("gold", True) for number in (1, 2, 3)},
        **{f"payments-worker-{number}": (None, True) for number in (1, 2, 3)},
        **{f"payments-scratch-{number}": ("exempt", True) for number in (1, 2)},
        **{f"payments-hsm-{number}": ("registers", True) for number in (1, 2)},
        "payments-keys": ("registers", True),
        "payments-tokens": ("records", True),
        "payments-switch-root": ("exempt", True),
    }
    assert volumes(keys, "secondary") == {
        **{f"payments-standby-{number}": ("silver", True) for number in (1, 2)},
        "payments-escrow": ("contracts", True),
    }
    assert volumes(None, "primary") == {}


def test_no_other_regions_are_enabled(still: Running) -> None:
    """EC2 of an account lists the two of the partition."""
    regions = still.client("ec2", still.assume("payments", "AuditorRead")).describe_regions()["Regions"]
    assert [region["RegionName"] for region in regions] == ["cn-north-1", "cn-northwest-1"]


def test_backup_is_answered_for_the_callers_account_and_region(still: Running) -> None:
    """A vault belongs to the account of the key and the Region of the signature, and nobody else sees it."""
    keys = still.assume("analytics", "AuditorPush")
    backup = still.client("backup", keys, "secondary")
    made = backup.create_backup_vault(BackupVaultName="by-hand")

    owner = f"{still.region('secondary')}:{still.facts['accounts']['analytics']}"
    assert made["BackupVaultArn"] == f"arn:aws-cn:backup:{owner}:backup-vault:by-hand"
    assert [vault["BackupVaultName"] for vault in backup.list_backup_vaults()["BackupVaultList"]] == [
        "by-hand"
    ]
    for other in (still.client("backup", keys, "primary"), still.client("backup", None, "secondary")):
        assert other.list_backup_vaults()["BackupVaultList"] == []


@pytest.mark.long
def test_two_sandboxes_are_equal(still: Running, roles_change: Running) -> None:
    """The same partition gives the same account ids, keys and resource ids."""
    assert roles_change.facts | {"endpoint_url": "", "now": ""} == still.facts | {
        "endpoint_url": "",
        "now": "",
    }
    ids = [
        sorted(volume["VolumeId"] for volume in client.describe_volumes()["Volumes"])
        for client in (
            each.client("ec2", each.assume("crm", "AuditorRead")) for each in (still, roles_change)
        )
    ]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 3
