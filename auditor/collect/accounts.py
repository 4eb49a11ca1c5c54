"""Which accounts are read, where they are in the organization, and which Regions are enabled in each."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Final

import pyarrow as pa

from auditor.aws.organization import enabled_regions, find_accounts, organization_ids, unlisted
from auditor.aws.reader import CallFailed, Reader
from auditor.collect.columns import table_of
from auditor.collect.gaps import Gaps
from auditor.evidence.policy_tables import ORGANIZATION_SETTINGS
from auditor.evidence.table_schemas import OU_PATHS, PARTITIONED, PRINCIPALS
from auditor.model.organization import Account
from auditor.model.settings import Settings

#: IAM actions of the caller in the management account, or in one to which Organizations is delegated.
ORGANIZATION_ACTIONS: Final = (
    "organizations:DescribeOrganization",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListRoots",
)
#: IAM actions in each account, before its Regions are read.
ACCOUNT_ACTIONS: Final = ("ec2:DescribeRegions",)

#: What is unknown of an account that cannot be read.
ALL_TABLES: Final = tuple(sorted({*PARTITIONED, PRINCIPALS, ORGANIZATION_SETTINGS}))


def accounts_to_read(
    settings: Settings, caller: Account, reader: Reader, gaps: Gaps, tables: Collection[str]
) -> tuple[list[Account], tuple[str, str]]:
    """Give the accounts by id, and the organization's id with its management account's.

    These two are "" where only some accounts are read: the organization is not asked then.

    The number of calls grows with OUs and pages, not with accounts. Where the settings name the accounts,
    the organization is asked for their OU paths only, and only if these are among the `tables` that the run
    needs. If that call fails, there is a gap, and the accounts have no path. Raises `AuditorError` when the
    accounts cannot be listed at all. When they can, an OU that cannot be read is a gap in everything.
    """
    everyone = settings.accounts == "organization"
    unread = partial(add_gap, gaps, caller, (OU_PATHS, *(ALL_TABLES if everyone else ())))
    try:
        ids = organization_ids(reader) if everyone else ("", "")
        paths = OU_PATHS in tables
        return find_accounts(settings, caller, reader, paths=paths, unread=unread), ids
    except CallFailed as error:
        raise unlisted(error, "accounts of the organization") from error


def add_gap(gaps: Gaps, caller: Account, provides: tuple[str, ...], error: CallFailed) -> None:
    """Record that a call about the organization or an account, none of a Region, failed."""
    gaps.add(caller.account_id, "", error.service, error.operation, error.failure, provides)


def regions_of(account: Account, reader: Reader, gaps: Gaps) -> tuple[str, ...]:
    """Ask which Regions are enabled in `account`, sorted; a failed call is a gap in all that Regions have."""
    try:
        return enabled_regions(reader, account.partition)
    except CallFailed as error:
        add_gap(gaps, account, tuple(PARTITIONED), error)
        return ()


def accounts_table(
    accounts: list[Account], regions: Mapping[str, tuple[str, ...]], alone: Mapping[str, bool]
) -> pa.Table:
    """Make the table `accounts`; `regions` by account id, an account that was not read has none.

    `alone` says by account id whether it is in no organization, where that is known.
    """
    rows = [
        {
            "account_id": account.account_id,
            "name": account.name,
            "partition": account.partition,
            "ou_path": account.ou_path,
            "parents": account.parents,
            "status": account.status,
            "regions": list(regions.get(account.account_id, ())),
            "alone": alone.get(account.account_id),
        }
        for account in accounts
    ]
    return table_of("accounts", rows)
