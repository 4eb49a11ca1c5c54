"""The accounts to push to, and their Regions."""

from auditor.aws.organization import enabled_regions, walk
from auditor.aws.reader import CallFailed
from auditor.aws.regions import check_regions
from auditor.model.errors import AuditorError
from auditor.model.organization import Account
from auditor.model.policy import Tiers
from auditor.model.settings import Settings
from auditor.push.access import Access

_NO_ORGANIZATION = "AWSOrganizationsNotInUseException"


def members(settings: Settings, access: Access, tiers: Tiers) -> list[Account]:
    """List the accounts that the settings ask for, sorted by id, with their organizational units.

    Where accounts are named, AWS Organizations may be closed to the caller as long as no tier goes by
    organizational unit; their names and paths are then empty. Raises `AuditorError`, and `UsageError` for a
    Region that does not exist.
    """
    caller = access.sessions.caller
    check_regions(settings.regions or (), caller.partition)
    known = _organization(settings, access, tiers)
    if settings.accounts == "organization":
        return [account for _, account in sorted(known.items()) if account.status == "ACTIVE"]
    ids = (caller.account_id,) if settings.accounts == "caller" else settings.accounts
    return [known.get(one) or Account(one, "", caller.partition) for one in sorted(set(ids))]


def regions_of(account: Account, settings: Settings, access: Access) -> tuple[str, ...]:
    """List the Regions to push to in `account`, sorted; raises `CallFailed` or `RoleNotAssumed`."""
    access.sessions.assume(account.account_id)
    if settings.regions is not None:
        return tuple(sorted(set(settings.regions)))
    return enabled_regions(access.reader(account.account_id, access.sessions.home_region), account.partition)


def _organization(settings: Settings, access: Access, tiers: Tiers) -> dict[str, Account]:
    """Every account of the organization by id; none where it may stay unknown."""
    caller = access.sessions.caller
    try:
        reader = access.reader(caller.account_id, access.sessions.home_region)
        return {account.account_id: account for account in walk(reader, caller.partition)}
    except CallFailed as error:
        alone = error.failure.code == _NO_ORGANIZATION
        by_unit = not alone and any(entry.organizational_units for entry in tiers.assignment)
        if settings.accounts != "organization" and not by_unit:
            return {}
        what = "organizational units, by which tiers are assigned," if by_unit else "accounts"
        remedy = "" if by_unit else ", or set `accounts` to account ids or to `caller`"
        raise AuditorError(
            f"The {what} cannot be listed ({error.operation}: {error.failure.code}); use credentials of the "
            f"organization's management account{remedy}."
        ) from error
