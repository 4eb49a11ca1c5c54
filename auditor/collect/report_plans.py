"""Report plans of AWS Backup and the buckets that their reports come into, where a parameter asks for them.

An account has at most 20; of each bucket S3 is asked twice. Where there is no Audit Manager, there are none
(aws-backup.md 2.4).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import SECONDS, arn, member, optional
from auditor.collect.buckets import NO_OBJECT_LOCK, AskedBucket, object_lock_of, versioning_of
from auditor.collect.collector import Collector, Row, Scope
from auditor.evidence.asked_tables import REPORT_PLANS
from auditor.model.audit_manager import offers_audit_manager

_PROVIDES: Final = (REPORT_PLANS,)


def _read(scope: Scope) -> None:
    if not offers_audit_manager(scope.partition, scope.region):
        return
    pages = scope.pages("backup", "ListReportPlans", "ReportPlans", provides=_PROVIDES, MaxResults=1000)
    plans = [row for rows in pages.made(lambda item: [_row(item)]) for row in rows]
    buckets = {name: _bucket(scope, name) for name in dict.fromkeys(row["bucket"] for row in plans)}
    pages.write_rows(REPORT_PLANS, [{**row, **buckets[row["bucket"]]} for row in plans])


def _row(item: Mapping[str, Any]) -> Row:
    return {
        "arn": arn(item, "ReportPlanArn"),
        "name": member(item, "ReportPlanName"),
        "bucket": member(member(item, "ReportDeliveryChannel", dict), "S3BucketName"),
        "created_at": member(item, "CreationTime", SECONDS),
        "delivered_at": optional(item, "LastSuccessfulExecutionTime", SECONDS),
    }


def _bucket(scope: Scope, name: str) -> Row:
    """What S3 tells of a bucket; what it does not tell is left out, with a gap."""
    bucket, told = AskedBucket(scope, name), dict[str, Any]()
    for column, (operation, none, read) in _ASKED.items():
        answer = bucket.ask(operation, REPORT_PLANS, none)
        if bucket.is_gone:
            return {"there": False}
        if answer is None:
            continue
        try:
            told |= {"there": True, column: read(answer)}
        except MALFORMED as error:
            bucket.not_understood(operation, error, REPORT_PLANS)
    return told


#: By the column: the call, its error where there is none, and what its answer tells.
_ASKED: Final[Mapping[str, tuple[str, str, Callable[[Mapping[str, Any]], Any]]]] = {
    "versioning": ("GetBucketVersioning", "", versioning_of),
    "locked": ("GetObjectLockConfiguration", NO_OBJECT_LOCK, lambda answer: object_lock_of(answer)[0]),
}

REPORTS: Final = Collector(
    name="report plans",
    provides=_PROVIDES,
    actions=("backup:ListReportPlans", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketVersioning"),
    read=_read,
)
