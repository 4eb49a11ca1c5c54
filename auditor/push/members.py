"""The accounts to push to, and their Regions."""

from collections.abc import Iterator

from auditor.aws.reader import CallFailed, Reader
from auditor.aws.regions import check_regions
from auditor.aws.session import Sessions
from auditor.model.errors import AuditorError
from auditor.model.organization import Account
from auditor.model.policy import Tiers
from auditor.model.settings import Settings

_NO_ORGANIZATION = "AWSOrganizationsNotInUseException"


def members(settings: Settings, sessions: Sessions, tiers: Tiers) -> list[Account]:
    """List the accounts that the settings ask for, sorted by id, with their organizational units.

    Where accounts are named, AWS Organizations may be closed to the caller as long as no tier goes by
    organizational unit; their names and paths are then empty. Raises `AuditorError`.
    """
    caller = sessions.caller
    check_regions(settings.regions or (), caller.partition)
    reader = Reader(sessions, caller.account_id, sessions.home_region)
    known: dict[str, Account] = {}
    try:
        known = {account.account_id: account for account in _accounts(reader, caller.partition)}
    except CallFailed as error:
        alone = error.failure.code == _NO_ORGANIZATION
        by_unit = any(entry.organizational_units for entry in tiers.assignment) and not alone
        if settings.accounts == "organization" or by_unit:
            why = "tiers.yaml assigns tiers by organizational unit" if by_unit else "it lists the accounts"
            raise AuditorError(
                f"AWS Organizations could not be read ({error.operation}: {error.failure.code}) and {why}; "
                "run from the management account or a delegated administrator, or name the accounts."
            ) from error
    finally:
        reader.close()
    if settings.accounts == "organization":
        return [account for _, account in sorted(known.items()) if account.status == "ACTIVE"]
    ids = (caller.account_id,) if settings.accounts == "caller" else settings.accounts
    return [known.get(one) or Account(one, "", caller.partition) for one in sorted(set(ids))]


def regions_of(account: Account, settings: Settings, sessions: Sessions) -> list[str]:
    """List the Regions to push to in `account`, sorted; raises `CallFailed` or `RoleNotAssumed`."""
    if settings.regions is not None:
        return sorted(set(settings.regions))
    reader = Reader(sessions, account.account_id, sessions.home_region)
    try:
        return sorted(region["RegionName"] for region in reader.ask("ec2", "DescribeRegions")["Regions"])
    finally:
        reader.close()


def _accounts(reader: Reader, partition: str) -> Iterator[Account]:
    """Walk the organization from its root; one listing of accounts and one of units for each unit."""
    for page in reader.pages("organizations", "ListRoots"):
        for root in page["Roots"]:
            yield from _below(reader, root["Id"], (), partition)


def _below(reader: Reader, parent: str, path: tuple[str, ...], partition: str) -> Iterator[Account]:
    for page in reader.pages("organizations", "ListAccountsForParent", ParentId=parent):
        for account in page["Accounts"]:
            yield Account(account["Id"], account["Name"], partition, path, account["Status"])
    for page in reader.pages("organizations", "ListOrganizationalUnitsForParent", ParentId=parent):
        for unit in page["OrganizationalUnits"]:
            yield from _below(reader, unit["Id"], (*path, unit["Name"]), partition)
