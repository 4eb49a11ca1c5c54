"""What AWS Backup needs of a bucket: versioning, and events for EventBridge (aws-backup.md 4.10).

No list tells it: each is one call a bucket, some at a time, and asked where a tier demands whole backups.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import optional
from auditor.collect.buckets import AT_ONCE, AskedBucket, versioning_of
from auditor.collect.collector import Row, Scope
from auditor.collect.columns import table_of
from auditor.evidence.asked_tables import BUCKET_SETTINGS
from auditor.threads import in_parallel

#: What these calls need.
SETTINGS_ACTIONS: Final = ("s3:GetBucketNotification", "s3:GetBucketVersioning")


def write_bucket_settings(scope: Scope, buckets: Sequence[AskedBucket]) -> None:
    """Ask for the settings of buckets, and write them in their order."""
    if BUCKET_SETTINGS not in scope.tables:
        return
    found = in_parallel(_settings, buckets, workers=AT_ONCE)
    scope.write(BUCKET_SETTINGS, table_of(BUCKET_SETTINGS, [row for row in found if row is not None]))


def _settings(bucket: AskedBucket) -> Row | None:
    """The row of a bucket; None where it is gone, or one of both was not told."""
    row: dict[str, Any] = {"arn": bucket.arn}
    for column, (operation, read) in _READ.items():
        answer = bucket.ask(operation, BUCKET_SETTINGS)
        if answer is None:
            return None
        try:
            row[column] = read(answer)
        except MALFORMED as error:
            bucket.not_understood(operation, error, BUCKET_SETTINGS)
            return None
    return row


def _events(answer: Mapping[str, Any]) -> bool:
    return optional(answer, "EventBridgeConfiguration", dict) is not None


#: By the column: the call, and what its answer tells.
_READ: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Any]]]] = {
    "versioning": ("GetBucketVersioning", versioning_of),
    "events": ("GetBucketNotificationConfiguration", _events),
}
