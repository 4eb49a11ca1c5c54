"""Types that the run did not list in a Region although they are there: gaps of their own.

A type that is not in every Region is asked for where AWS Backup's settings of the Region name it. Where a job
or a recovery point is of another one, its resources are unknown all the same.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from auditor.evaluate.arrow import numbers
from auditor.evaluate.columns import among, coded, coded_rows
from auditor.evaluate.departed import NOT_FOUND
from auditor.evaluate.inventory import Inventory
from auditor.evidence.metadata import listed_types
from auditor.model.arn import place_of
from auditor.model.resource_types import TYPES
from auditor.model.verdicts import Gap

#: The `error` of such a gap.
NOT_LISTED: Final = "NotListed"


def unlisted(inventories: Sequence[Inventory]) -> Iterator[Gap]:
    """A gap for each type of each account and Region that was not listed there, but that was backed up."""
    for inventory in inventories:
        account_id, region = inventory.scope.account.account_id, inventory.scope.region
        left = listed_types(inventory.evidence).intersection(TYPES) - inventory.listed
        for kind in sorted(_backed_up(inventory, left)) if left else ():
            listing = TYPES[kind].listings[0]
            yield Gap(
                gap_id=f"unlisted-{account_id}-{region}-{kind.replace(' ', '-').lower()}",
                account_id=account_id,
                region=region,
                service=listing.service,
                operation=listing.operation,
                error=NOT_LISTED,
                message=(
                    f"AWS Backup's settings of {region} do not name {kind}, so account {account_id} was not "
                    "asked for it there; but it has jobs or recovery points of it."
                ),
                provides=("resources",),
            )


def _backed_up(inventory: Inventory, kinds: Collection[str]) -> set[str]:
    """Of which of `kinds` there are jobs or recovery points of resources here."""
    here = (inventory.scope.account.account_id, inventory.scope.region)
    found: set[str] = set()
    for table, more in (("backup_jobs", "message_category"), ("recovery_points", "source_vault_arn")):
        # of most places nothing is unlisted, and the types alone tell so
        there = coded(inventory.read(table, ["resource_type"])["resource_type"])[1]
        wanted = {kind for kind in kinds if kind in there} - found
        if not wanted:
            continue
        rows = inventory.read(table, ["resource_arn", "resource_type", more])
        rows = rows.filter(numbers(among(rows["resource_type"], wanted)))
        _, words = coded_rows(rows["resource_arn"], rows["resource_type"], rows[more])
        for arn, kind, word in words:
            if arn is not None and word != NOT_FOUND:
                account_id, region = place_of(arn)
                if (account_id or here[0], region or here[1]) == here:
                    found.add(kind)
    return found
