"""The accounts of an organization and the Regions of an account, as their APIs list them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TypeVar

from auditor.aws.failures import MALFORMED, not_understood, unreadable
from auditor.aws.items import member, optional
from auditor.aws.reader import CallFailed, Reader
from auditor.aws.regions import partition_of
from auditor.model.errors import AuditorError, UsageError
from auditor.model.organization import Account
from auditor.model.settings import Settings

_SERVICE: Final = "organizations"
#: The failure of an account that is in no organization.
ALONE: Final = "AWSOrganizationsNotInUseException"
#: Units that lie in each other: five at most (AWS Organizations, quotas). An endless answer has more.
_DEEPEST: Final = 10
Made = TypeVar("Made")


def _refuse(error: CallFailed) -> NoReturn:
    raise error


def find_accounts(
    settings: Settings,
    caller: Account,
    reader: Reader,
    *,
    paths: bool,
    unread: Callable[[CallFailed], None] = _refuse,
) -> list[Account]:
    """Give the accounts that the settings ask for, by id: all of the organization, or the named ones.

    Where they are named, the organization is asked only where `paths` are wanted. The status of one of which
    it says nothing is "", and its path None where others may be hidden. An account of no organization is
    alone and has no units.

    Raises:
        CallFailed: the accounts cannot be listed, or one call failed and no `unread` is there to be told.
    """
    everyone = settings.accounts == "organization"
    known: dict[str, Account] = {}
    hidden = not paths and not everyone

    def told(error: CallFailed) -> None:
        nonlocal hidden
        hidden = True
        unread(error)

    try:
        if paths or everyone:
            known = {one.account_id: one for one in walk(reader, caller.partition, unread=told)}
    except CallFailed as error:
        if everyone:
            raise
        if error.failure.code != ALONE:
            told(error)
    if everyone:
        return [account for _, account in sorted(known.items())]
    ids = (caller.account_id,) if settings.accounts == "caller" else settings.accounts
    path = None if hidden else ()
    return [
        known.get(one) or Account(one, "", caller.partition, ou_path=path, status="")
        for one in sorted(set(ids))
    ]


def unlisted(error: CallFailed, what: str, *, units: bool = False) -> AuditorError:
    """Say that `what` cannot be listed; where `units` are needed, to name accounts is no way out."""
    remedy = "" if units else ", or set `accounts` to account ids or to `caller`"
    return AuditorError(
        f"The {what} cannot be listed ({error.operation}: {error.failure.code}); use credentials of the "
        f"organization's management account{remedy}."
    )


def walk(
    reader: Reader, partition: str, *, unread: Callable[[CallFailed], None] = _refuse
) -> Iterator[Account]:
    """Give every account below the roots with its organizational units; calls grow with OUs and pages.

    Raises `CallFailed` when the roots cannot be listed. `unread` is called for a unit that cannot be read;
    without it, such a unit raises `CallFailed` too.
    """
    roots = list(listed(reader, "ListRoots", "Roots", _root))
    if not roots:  # every organization has one
        raise CallFailed(_SERVICE, "ListRoots", unreadable("The answer names no root."))
    for root in roots:
        yield from _below(reader, (root,), (), partition, unread)


def organization_ids(reader: Reader) -> tuple[str, str]:
    """Give the organization's id ("" where it has none) and its management account's; raises `CallFailed`."""
    answer = reader.ask(_SERVICE, "DescribeOrganization")
    with understood("DescribeOrganization"):
        found = member(answer, "Organization", dict)
        return optional(found, "Id") or "", str(member(found, "MasterAccountId"))


def enabled_regions(reader: Reader, partition: str) -> tuple[str, ...]:
    """List the Regions that are enabled in the reader's account, sorted; raises `CallFailed`."""
    answer = reader.ask("ec2", "DescribeRegions")
    with understood("DescribeRegions", "ec2"):
        names = sorted(
            member(region, "RegionName")
            for region in member(answer, "Regions", list)
            if optional(region, "OptInStatus") != "not-opted-in"
        )
    regions = tuple(name for name in names if _lies_in(name, partition))
    if not regions:  # every account has some that cannot be disabled
        failure = unreadable(f"The answer names no Region of the partition {partition}.")
        raise CallFailed("ec2", "DescribeRegions", failure)
    return regions


def _below(
    reader: Reader,
    parents: tuple[str, ...],
    path: tuple[str, ...],
    partition: str,
    unread: Callable[[CallFailed], None],
) -> Iterator[Account]:
    if len(path) > _DEEPEST:
        failure = unreadable(f"Organizational units lie more than {_DEEPEST} deep.")
        unread(CallFailed(_SERVICE, "ListOrganizationalUnitsForParent", failure))
        return
    try:
        for account_id, name, status in listed(
            reader, "ListAccountsForParent", "Accounts", _account, ParentId=parents[-1]
        ):
            yield Account(account_id, name, partition, path, status, parents)
        for unit, name in listed(
            reader, "ListOrganizationalUnitsForParent", "OrganizationalUnits", _unit, ParentId=parents[-1]
        ):
            yield from _below(reader, (*parents, unit), (*path, name), partition, unread)
    except CallFailed as error:
        unread(error)


def listed(
    reader: Reader, operation: str, name: str, make: Callable[[Any], Made], **parameters: str
) -> Iterator[Made]:
    """Give what `make` makes of each item of a listing of AWS Organizations; raises `CallFailed`."""
    for page in reader.pages(_SERVICE, operation, **parameters):
        with understood(operation):
            made = [make(item) for item in member(page, name, list)]
        yield from made


def _root(item: Any) -> str:
    return str(member(item, "Id"))


def _account(item: Any) -> tuple[str, str, str]:
    status = optional(item, "State") or member(item, "Status")
    return str(member(item, "Id")), optional(item, "Name") or "", str(status)


def _unit(item: Any) -> tuple[str, str]:
    return str(member(item, "Id")), str(member(item, "Name"))


@contextmanager
def understood(operation: str, service: str = _SERVICE) -> Iterator[None]:
    """Treat an answer that does not have the form of the API as a failed call."""
    try:
        yield
    except MALFORMED as error:
        raise CallFailed(service, operation, not_understood("The answer", error)) from error


def _lies_in(region: str, partition: str) -> bool:
    """Say whether `region` is one of `partition`: some endpoints name those of others."""
    try:
        return partition_of(region) == partition
    except UsageError:
        return False
