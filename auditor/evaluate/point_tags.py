"""The tags of recovery points, for scopes of AWS Backup Audit Manager with a tag (aws-backup.md 2.2)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.evaluate.facts import Hole
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.scope import ScopeFacts
from auditor.evidence.table_schemas import BACKUP_TAGS, POINT_TAGS, SNAPSHOT_TAGS
from auditor.model.audit_manager import AskedControl

Bools = NDArray[np.bool_]

#: The services whose lists of backups have their tags.
_LISTED: Final = ("ec2", "fsx", "rds", "redshift")


def tags_of_points(inventory: Inventory, arns: Sequence[str]) -> list[Mapping[str, str] | None]:
    """The tags of the recovery points with these ARNs; None where they are not told.

    One of this account and Region that AWS Backup manages fully and the list does not name has none
    (aws-backup.md 1.8, 2.2), if the list was read to its end and names others: else it may tell of none at
    all. The tags of others are those of the snapshot, image or backup with their ARN.
    """
    told = {row["arn"]: dict(row["tags"]) for row in inventory.read(BACKUP_TAGS).to_pylist()}
    scope = inventory.scope
    here = f":backup:{scope.region}:{scope.account.account_id}:recovery-point:"
    whole = any(here in arn for arn in told) and not scope.missing(POINT_TAGS)
    untagged: Mapping[str, str] | None = {} if whole else None
    return [told.get(arn, untagged if here in arn else None) for arn in arns]


def untold_points(
    inventory: Inventory, asked: AskedControl, arns: Sequence[str], untold: Bools
) -> Iterator[Hole]:
    """Why the tags of some are not told, by the service of their ARNs; "" of what is none."""
    open_ = zip(arns, untold.tolist(), strict=True)
    services = np.array([(*arn.split(":", 3), "", "")[2] if lacking else "" for arn, lacking in open_])
    for service in sorted({*services[untold].tolist()}):
        missing = _missing(inventory.scope, service)
        why = (not_known(inventory.scope, asked, _why(service), service),)
        yield Hole(missing or why, untold & (services == service))


def _missing(scope: ScopeFacts, service: str) -> tuple[str, ...]:
    """Ids of the gaps in the list that tells of this service."""
    if service == "backup":
        return scope.missing(POINT_TAGS)
    found = scope.gaps.of((SNAPSHOT_TAGS,), scope.account.account_id, scope.region)
    others = {one for one in _LISTED if one != service}
    return tuple(gap.gap_id for gap in found if gap.service not in others)


def _why(service: str) -> str:
    if service == "backup":
        return "GetResources named no recovery point of this account and Region, and tells of no others"
    if service in _LISTED:
        return f"the lists of {service} do not have the backups behind them, or not with tags"
    return f"no list of {service or 'an unknown service'} has the tags of its backups"


def not_known(scope: ScopeFacts, asked: AskedControl, why: str, about: str = "") -> str:
    """The id of a gap: which subjects of a control are in its scope is not known."""
    said = (
        f"Which of the {asked.name} subjects of account {scope.account.account_id} in {scope.region} are "
        f"in its scope is not known: {why}."
    )
    return scope.unknown("ListTags", "NotRead", f"{asked.name} {about}".strip(), said)
