"""What AWS Backup needs of a bucket: versioning, and events for EventBridge (aws-backup.md 4.10).

No list tells it: each is one call a bucket, some at a time, and asked where a tier demands whole backups.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import optional
from auditor.collect.collector import Row, Scope
from auditor.collect.columns import table_of
from auditor.evidence.asked_tables import BUCKET_SETTINGS
from auditor.threads import in_parallel

_TABLE: Final = (BUCKET_SETTINGS,)
_AT_ONCE: Final = 4
_GONE: Final = ("NoSuchBucket",)
_STATES: Final = {None: "off", "Enabled": "enabled", "Suspended": "suspended"}
#: What these calls need.
SETTINGS_ACTIONS: Final = ("s3:GetBucketNotification", "s3:GetBucketVersioning")


def write_bucket_settings(scope: Scope, rows: Sequence[Row]) -> None:
    """Ask for the settings of the buckets among the rows of `resources`, and write them in that order."""
    if BUCKET_SETTINGS not in scope.tables:
        return
    names = [row["name"] for row in rows if row["resource_type"] == "S3"]
    found = in_parallel(partial(_settings, scope), names, workers=_AT_ONCE)
    scope.write(BUCKET_SETTINGS, table_of(BUCKET_SETTINGS, [row for row in found if row is not None]))


def _settings(scope: Scope, name: str) -> Row | None:
    """The row of a bucket; None where it is gone, or one of both was not told."""
    arn = f"arn:{scope.partition}:s3:::{name}"
    answers: list[Mapping[str, Any]] = []
    for operation in ("GetBucketVersioning", "GetBucketNotificationConfiguration"):
        answer = scope.ask("s3", operation, provides=_TABLE, absent=_GONE, Bucket=name)
        if answer is None:
            return None
        answers.append(answer)
    versioning, events = answers
    try:
        told = optional(events, "EventBridgeConfiguration", dict)
        status = optional(versioning, "Status")
        if status not in _STATES:
            raise ValueError(f"its Status {status} is not known")
    except MALFORMED as error:
        scope.not_understood("s3", "GetBucketVersioning", f"The answer about {arn}", error, _TABLE)
        return None
    return {"arn": arn, "versioning": _STATES[status], "events": told is not None}
