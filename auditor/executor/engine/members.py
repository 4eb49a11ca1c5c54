"""The accounts of an organization, and those that may look at all of them."""

from auditor.executor.database.places import places
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService


def is_administrator(service: BackupService, account_id: str) -> bool:
    """Whether the account may look at its whole organization."""
    membership = service.membership(account_id)
    if membership is None:
        return False
    return account_id == membership.management_account_id or account_id in membership.delegated_account_ids


def members(service: BackupService, scope: AccountRegion) -> list[str]:
    """The accounts of the caller's organization that have, or had, vaults or plans; and the caller's own."""
    with service.database.read() as connection:
        known = {place.account_id for place in places(connection) if place.partition == scope.partition}
    own = {scope.account_id}
    return sorted(own | {account for account in known if are_together(service, scope.account_id, account)})


def are_together(service: BackupService, one: str, other: str) -> bool:
    """Whether both accounts are of one organization."""
    here, there = service.membership(one), service.membership(other)
    return here is not None and there is not None and here.organization_id == there.organization_id
