"""What protects resources apart from AWS Backup: the backups that a service makes by itself, and their like.

What a list tells anyhow is taken from it (aws-backup.md 6.1). What is not told has no row: that is not known,
and it does not say that there is nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import SECONDS, days, member, optional
from auditor.aws.items import arn as arn_of
from auditor.collect.collector import Row, Scope
from auditor.evidence.native_tables import EARLIEST, NATIVE, NATIVE_ASKED
from auditor.model.resource_types.row import OwnBackups

#: The list whose items do not tell from when on they can be restored.
_INSTANCES: Final = "rds:DescribeDBInstances"
_PITR: Final = "point_in_time_recovery"


def own_backups(
    scope: Scope, arn: str, item: Mapping[str, Any], members: OwnBackups, call: tuple[str, str]
) -> dict[str, Any]:
    """The rows of `native_protection` that an item tells of a resource, as `native` of its row in the list.

    `call` is the service and operation that answered. There is none where the item does not say for how many
    days its backups are kept; a value that cannot be understood is a gap.
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


def with_windows(scope: Scope, rows: Sequence[Row], windows: dict[str, float]) -> Sequence[Row]:
    """The rows of instances of RDS with the earliest time that can be restored, where a tier asks for times.

    `windows` has it by ARN; it is read with the first such rows. An instance that is not listed has none.
    """
    if EARLIEST not in scope.tables or not any(row["source"] == _INSTANCES for row in rows):
        return rows
    if not windows:
        listed = scope.pages(
            "rds",
            "DescribeDBInstanceAutomatedBackups",
            "DBInstanceAutomatedBackups",
            provides=(EARLIEST,),
            MaxRecords=100,
        )
        windows[""] = 0.0  # they were asked for
        windows.update(pair for found in listed.made(_window) for pair in found)
    return [{**row, "earliest_at": windows.get(row["arn"], row["earliest_at"])} for row in rows]


def _window(item: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The earliest time of an instance that is there, by its ARN."""
    arn = arn_of(item, "DBInstanceArn")
    if member(item, "Status") == "active":  # the others wait for the first, or outlive their instance
        yield arn, member(member(item, "RestoreWindow", dict), "EarliestTime", SECONDS)


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
