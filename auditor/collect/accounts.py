"""Which accounts are read, where they are in the organization, and which Regions are enabled in each."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyarrow as pa

from auditor.aws.failures import Failure
from auditor.aws.reader import CallFailed, Reader
from auditor.aws.regions import partition_of
from auditor.collect.columns import table_of
from auditor.collect.gaps import Gaps
from auditor.evidence.tables import PARTITIONED
from auditor.model.errors import AuditorError, UsageError
from auditor.model.organization import Account
from auditor.model.settings import Settings

#: IAM actions of the caller in the management account, or in one to which Organizations is delegated.
ORGANIZATION_ACTIONS: Final = (
    "backup:DescribeGlobalSettings",
    "organizations:DescribeOrganization",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListRoots",
)
#: IAM actions in each account, before its Regions are read.
ACCOUNT_ACTIONS: Final = ("ec2:DescribeRegions",)

EVERYTHING: Final = tuple(sorted(PARTITIONED))


def find_accounts(
    settings: Settings, caller: Account, reader: Reader, gaps: Gaps
) -> tuple[list[Account], str]:
    """Give the accounts by id and the id of the management account.

    Where the organization is not asked, the id is "" and the accounts' OU paths are not known: None.

    In an organization the calls grow with its OUs and pages, not with its accounts. Raises `AuditorError`
    when its accounts cannot be listed at all; an OU that cannot be read is a gap in everything.
    """
    if settings.accounts == "caller":
        return [caller], ""
    if settings.accounts != "organization":
        ids = sorted(set(settings.accounts))
        return [Account(account_id, "", caller.partition, ou_path=None) for account_id in ids], ""
    try:
        organization = reader.ask("organizations", "DescribeOrganization")["Organization"]
        roots = [root for page in reader.pages("organizations", "ListRoots") for root in page["Roots"]]
    except CallFailed as error:
        raise AuditorError(
            f"The accounts of the organization cannot be listed ({error.operation}: {error.failure.code}); "
            "use credentials of its management account, or set `accounts` to account ids or to `caller`."
        ) from error
    accounts = [
        Account(
            account["Id"],
            account.get("Name", ""),
            caller.partition,
            path,
            account.get("State") or account["Status"],
        )
        for root in roots
        for path, account in _below(root["Id"], (), caller, reader, gaps)
    ]
    return sorted(accounts, key=lambda account: account.account_id), organization["MasterAccountId"]


def _below(
    parent: str, path: tuple[str, ...], caller: Account, reader: Reader, gaps: Gaps
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    try:
        for page in reader.pages("organizations", "ListAccountsForParent", ParentId=parent):
            for account in page["Accounts"]:
                yield path, account
        for page in reader.pages("organizations", "ListOrganizationalUnitsForParent", ParentId=parent):
            for unit in page["OrganizationalUnits"]:
                yield from _below(unit["Id"], (*path, unit["Name"]), caller, reader, gaps)
    except CallFailed as error:
        gaps.add(
            caller.account_id, "", error.service, error.operation, error.failure, ("accounts", *EVERYTHING)
        )


def enabled_regions(account: Account, reader: Reader, gaps: Gaps) -> tuple[str, ...]:
    """Ask which Regions are enabled in `account`, sorted; a failed call is a gap in everything of it."""
    try:
        answer = reader.ask("ec2", "DescribeRegions")
    except CallFailed as error:
        gaps.add(account.account_id, "", error.service, error.operation, error.failure, EVERYTHING)
        return ()
    return tuple(
        sorted(
            region["RegionName"]
            for region in answer["Regions"]
            if region.get("OptInStatus") != "not-opted-in" and _in_partition(region["RegionName"], account)
        )
    )


def _in_partition(region: str, account: Account) -> bool:
    """Say whether `region` is one of the account's partition: some endpoints name those of others."""
    try:
        return partition_of(region) == account.partition
    except UsageError:
        return False


def accounts_table(accounts: list[Account], regions: Mapping[str, tuple[str, ...]]) -> pa.Table:
    """Make the table `accounts`; `regions` by account id, an account that was not read has none."""
    rows = [
        {
            "account_id": account.account_id,
            "name": account.name,
            "partition": account.partition,
            "ou_path": account.ou_path,
            "status": account.status,
            "regions": list(regions.get(account.account_id, ())),
        }
        for account in accounts
    ]
    return table_of("accounts", rows)


def global_settings_table(management_account_id: str, reader: Reader, gaps: Gaps) -> pa.Table:
    """Read the settings of AWS Backup for the organization, kept in its management account."""
    rows: list[dict[str, str]] = []
    if management_account_id == reader.account_id:
        try:
            answer = reader.ask("backup", "DescribeGlobalSettings")
            settings = sorted(answer.get("GlobalSettings", {}).items())
            rows = [{"name": name, "value": value} for name, value in settings]
        except CallFailed as error:
            gaps.add(
                reader.account_id, "", error.service, error.operation, error.failure, ("global_settings",)
            )
    elif management_account_id:
        failure = Failure("NotManagementAccount", "Only the management account can read the global settings.")
        gaps.add(reader.account_id, "", "backup", "DescribeGlobalSettings", failure, ("global_settings",))
    return table_of("global_settings", rows)
