"""The accounts of an organization and the Regions of an account, as their APIs list them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TypeVar

from auditor.aws.failures import MALFORMED, not_understood, unreadable
from auditor.aws.items import member, optional
from auditor.aws.reader import CallFailed, Reader
from auditor.aws.regions import partition_of
from auditor.model.errors import UsageError
from auditor.model.organization import Account

_SERVICE: Final = "organizations"
#: Units that lie in each other: five at most (AWS Organizations, quotas). An endless answer has more.
_DEEPEST: Final = 10
Made = TypeVar("Made")


def _refuse(error: CallFailed) -> NoReturn:
    raise error


def walk(
    reader: Reader, partition: str, *, unread: Callable[[CallFailed], None] = _refuse
) -> Iterator[Account]:
    """Give every account below the roots with its organizational units; calls grow with OUs and pages.

    Raises `CallFailed` when the roots cannot be listed. `unread` is told of a unit that cannot be read; left
    out, that raises as well.
    """
    roots = list(_listed(reader, "ListRoots", "Roots", _root))
    if not roots:  # every organization has one
        raise CallFailed(_SERVICE, "ListRoots", unreadable("The answer names no root."))
    for root in roots:
        yield from _below(reader, root, (), partition, unread)


def management_account(reader: Reader) -> str:
    """Give the id of the organization's management account; raises `CallFailed`."""
    answer = reader.ask(_SERVICE, "DescribeOrganization")
    with _understood("DescribeOrganization"):
        return str(member(member(answer, "Organization", dict), "MasterAccountId"))


def enabled_regions(reader: Reader, partition: str) -> tuple[str, ...]:
    """List the Regions that are enabled in the reader's account, sorted; raises `CallFailed`."""
    answer = reader.ask("ec2", "DescribeRegions")
    with _understood("DescribeRegions", "ec2"):
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
    parent: str,
    path: tuple[str, ...],
    partition: str,
    unread: Callable[[CallFailed], None],
) -> Iterator[Account]:
    if len(path) > _DEEPEST:
        failure = unreadable(f"Organizational units lie more than {_DEEPEST} deep.")
        unread(CallFailed(_SERVICE, "ListOrganizationalUnitsForParent", failure))
        return
    try:
        for account_id, name, status in _listed(
            reader, "ListAccountsForParent", "Accounts", _account, ParentId=parent
        ):
            yield Account(account_id, name, partition, path, status)
        for unit, name in _listed(
            reader, "ListOrganizationalUnitsForParent", "OrganizationalUnits", _unit, ParentId=parent
        ):
            yield from _below(reader, unit, (*path, name), partition, unread)
    except CallFailed as error:
        unread(error)


def _listed(
    reader: Reader, operation: str, name: str, make: Callable[[Any], Made], **parameters: str
) -> Iterator[Made]:
    for page in reader.pages(_SERVICE, operation, **parameters):
        with _understood(operation):
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
def _understood(operation: str, service: str = _SERVICE) -> Iterator[None]:
    """Take an answer that is not as the API says for a failed call."""
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
