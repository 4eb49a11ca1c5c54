"""The accounts of an organization and the Regions of an account, as their APIs list them."""

from collections.abc import Callable, Iterator
from typing import NoReturn

from auditor.aws.reader import CallFailed, Reader
from auditor.aws.regions import partition_of
from auditor.model.errors import UsageError
from auditor.model.organization import Account


def _refuse(error: CallFailed) -> NoReturn:
    raise error


def walk(
    reader: Reader, partition: str, *, unread: Callable[[CallFailed], None] = _refuse
) -> Iterator[Account]:
    """Give every account below the roots with its organizational units; calls grow with OUs and pages.

    Raises `CallFailed` when the roots cannot be listed. `unread` is told of a unit that cannot be read; left
    out, that raises as well.
    """
    for page in reader.pages("organizations", "ListRoots"):
        for root in page["Roots"]:
            yield from _below(reader, root["Id"], (), partition, unread)


def enabled_regions(reader: Reader, partition: str) -> tuple[str, ...]:
    """List the Regions that are enabled in the reader's account, sorted; raises `CallFailed`."""
    return tuple(
        sorted(
            region["RegionName"]
            for region in reader.ask("ec2", "DescribeRegions")["Regions"]
            if region.get("OptInStatus") != "not-opted-in" and _lies_in(region["RegionName"], partition)
        )
    )


def _below(
    reader: Reader,
    parent: str,
    path: tuple[str, ...],
    partition: str,
    unread: Callable[[CallFailed], None],
) -> Iterator[Account]:
    try:
        for page in reader.pages("organizations", "ListAccountsForParent", ParentId=parent):
            for account in page["Accounts"]:
                status = account.get("State") or account["Status"]
                yield Account(account["Id"], account.get("Name", ""), partition, path, status)
        for page in reader.pages("organizations", "ListOrganizationalUnitsForParent", ParentId=parent):
            for unit in page["OrganizationalUnits"]:
                yield from _below(reader, unit["Id"], (*path, unit["Name"]), partition, unread)
    except CallFailed as error:
        unread(error)


def _lies_in(region: str, partition: str) -> bool:
    """Say whether `region` is one of `partition`: some endpoints name those of others."""
    try:
        return partition_of(region) == partition
    except UsageError:
        return False
