"""What protects resources apart from AWS Backup: the backups that a service makes by itself, and their like.

What a list tells anyhow is taken from it (aws-backup.md 6.1). What is not told has no row: that is not known,
and it does not say that there is nothing.
"""

from collections.abc import Mapping
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import SECONDS, days, member, optional
from auditor.collect.collector import Scope
from auditor.evidence.table_schemas import NATIVE, NATIVE_ASKED
from auditor.model.resource_types.row import OwnBackups

_PITR: Final = "point_in_time_recovery"


def own_backups(
    scope: Scope, arn: str, item: Mapping[str, Any], members: OwnBackups, call: tuple[str, str]
) -> dict[str, Any]:
    """The rows of `native_protection` that an item tells of a resource, as `native` of its row in the list.

    `call` is the service and operation that answered. None where the item does not say for how many days its
    backups are kept; a value that cannot be understood is a gap.
    """
    try:
        kept = days(item, members.days)
        if kept is None:
            return {}
        if kept < 0:
            raise ValueError(f"its {members.days} is below 0")
        row = {
            "arn": arn,
            "kind": "automated_backups",
            "enabled": kept > 0 and not (members.managed and item.get(members.managed)),
            "retention_days": kept,
            "earliest_at": optional(item, members.earliest, SECONDS),
            "newest_at": optional(item, members.newest, SECONDS),
            "schedule": optional(item, members.window),
            "source": ":".join(call),
        }
    except MALFORMED as error:
        scope.not_understood(*call, f"What is said of the backups of {arn}", error, (NATIVE,))
        return {}
    return {"native": [row]}


def point_in_time_recovery(scope: Scope, arn: str, name: str) -> dict[str, Any]:
    """The same of a table of DynamoDB: a call for each, so it is asked where a tier accepts it."""
    provides = (NATIVE_ASKED[_PITR],)
    if provides[0] not in scope.tables:
        return {}
    call, absent = ("dynamodb", "DescribeContinuousBackups"), ("TableNotFoundException",)
    answer = scope.ask(*call, provides=provides, absent=absent, TableName=name)
    if not answer:
        return {}
    try:
        described = member(answer, "ContinuousBackupsDescription", dict)
        about = member(described, "PointInTimeRecoveryDescription", dict)
        row = {
            "arn": arn,
            "kind": _PITR,
            "enabled": member(about, "PointInTimeRecoveryStatus") == "ENABLED",
            "retention_days": days(about, "RecoveryPeriodInDays"),
            "earliest_at": optional(about, "EarliestRestorableDateTime", SECONDS),
            "newest_at": optional(about, "LatestRestorableDateTime", SECONDS),
            "source": ":".join(call),
        }
    except MALFORMED as error:
        scope.not_understood(*call, f"What is said of the backups of {arn}", error, provides)
        return {}
    return {"native": [row]}
