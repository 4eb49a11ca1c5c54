"""The accounts to push to, and their Regions."""

from auditor.aws.organization import ALONE, enabled_regions, find_accounts, unlisted
from auditor.aws.reader import CallFailed
from auditor.aws.regions import check_regions
from auditor.model.organization import Account
from auditor.model.policy import Tiers
from auditor.model.settings import Settings
from auditor.push.access import Access


def members(settings: Settings, access: Access, tiers: Tiers) -> list[Account]:
    """List the accounts that the settings ask for, sorted by id, with their organizational units.

    Where accounts are named, AWS Organizations may be closed to the caller as long as no tier goes by
    organizational unit; their names and paths are then empty. Raises `AuditorError`, and `UsageError` for a
    Region that does not exist.
    """
    caller = Account(access.sessions.caller.account_id, "", access.sessions.caller.partition)
    check_regions(settings.regions or (), caller.partition)
    everyone = settings.accounts == "organization"
    try:
        reader = access.reader(caller.account_id, access.sessions.home_region)
        found = find_accounts(settings, caller, reader, paths=True)
    except CallFailed as error:
        by_unit = error.failure.code != ALONE and any(one.organizational_units for one in tiers.assignment)
        if everyone or by_unit:
            what = "organizational units, by which tiers are assigned," if by_unit else "accounts"
            raise unlisted(error, what, units=by_unit) from error
        found = find_accounts(settings, caller, reader, paths=False)
    return [account for account in found if account.status == "ACTIVE" or not everyone]


def regions_of(account: Account, settings: Settings, access: Access) -> tuple[str, ...]:
    """List the Regions to push to in `account`, sorted; raises `CallFailed` or `RoleNotAssumed`."""
    access.sessions.assume(account.account_id)
    if settings.regions is not None:
        return tuple(sorted(set(settings.regions)))
    return enabled_regions(access.reader(account.account_id, access.sessions.home_region), account.partition)
