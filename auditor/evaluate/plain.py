"""Recovery points that are not encrypted, as far as AWS Backup's word for it can be taken.

Aurora encrypts each cluster that was made since 18 February 2026, where nobody names a key with one that AWS
owns, and says of it that it is not encrypted (aws-backup.md 4.18). Whether AWS Backup says so of its recovery
points too is not stated.
"""

from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.derive.columns import ABSENT, Bools
from auditor.evaluate.columns import among, flags, local_index, milliseconds
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.times import epoch_ms
from auditor.model.key_managers import PERHAPS_OWNED

ENCRYPTED_SINCE: Final = epoch_ms(datetime(2026, 2, 18, tzinfo=UTC))


def plain(table: pa.Table) -> Bools:
    """The rows of `recovery_points` that AWS Backup says are not encrypted."""
    said: Bools = flags(pc.is_valid(table["encrypted"])) & ~flags(table["encrypted"])
    return said


def perhaps_owned(table: pa.Table, inventory: Inventory) -> Bools:
    """Those of `plain` that may lie under a key that AWS owns: of a cluster that may be made since then.

    When a cluster was made is known of one that is in the same account and Region.
    """
    found: Bools = plain(table) & among(table["resource_type"], (PERHAPS_OWNED,))
    if not found.any():
        return found
    owner = local_index(table["resource_arn"], inventory.index)
    born = np.append(inventory.created_ms, ABSENT)[owner]
    made = milliseconds(table["created_at"])
    for since in (born, made):
        found &= (since == ABSENT) | (since >= ENCRYPTED_SINCE)
    return found


def without_doubt(table: pa.Table, inventory: Inventory) -> pa.Table:
    """The same rows, in which `encrypted` is null of `perhaps_owned`."""
    doubted = perhaps_owned(table, inventory)
    if not doubted.any():
        return table
    told = pc.if_else(pa.array(doubted), pa.scalar(None, pa.bool_()), table["encrypted"])
    return table.set_column(table.schema.get_field_index("encrypted"), "encrypted", told)
