"""What protects the objects of a bucket in S3: Versioning, Object Lock, Replication (aws-backup.md 6.6).

No list tells it: each is one call a bucket, some at a time, and asked where a tier accepts it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import days, member, optional
from auditor.aws.reader import CallFailed
from auditor.collect.collector import Row, Scope
from auditor.evidence.native_tables import NATIVE_ASKED, VERSIONS_KEPT
from auditor.threads import in_parallel

#: Buckets that are asked about at a time.
_AT_ONCE: Final = 4
_YEAR_DAYS: Final = 365

#: What an answer tells of the protection: whether it is on (None: not told), and for how many days it keeps.
Told = tuple[bool | None, int | None]


def of_buckets(scope: Scope, rows: Sequence[Row]) -> list[Row]:
    """The rows of `native_protection` of the buckets among the rows of `resources`, in their order."""
    wanted = [kind for kind in _READ if NATIVE_ASKED[kind] in scope.tables]
    names = [row["name"] for row in rows if wanted and row["resource_type"] == "S3"]
    found = in_parallel(partial(_of_bucket, scope, wanted), names, workers=_AT_ONCE)
    return [row for of_one in found for row in of_one]


def _of_bucket(scope: Scope, kinds: Sequence[str], name: str) -> list[Row]:
    return [row for kind in kinds if (row := _row(scope, kind, name)) is not None]


def _row(scope: Scope, kind: str, name: str) -> Row | None:
    """The row of one kind; None where that is not told."""
    operation, none, read = _READ[kind]
    provides, arn = NATIVE_ASKED[kind], f"arn:{scope.partition}:s3:::{name}"
    answer = _ask(scope, operation, name, provides, none)
    if answer is None:
        return None
    try:
        on, kept = read(scope, name, answer)
    except MALFORMED as error:
        what = f"The answer about {arn}"
        scope.not_understood("s3", operation, what, error, (provides,))
        return None
    row = {"arn": arn, "kind": kind, "enabled": on, "retention_days": kept, "source": f"s3:{operation}"}
    return None if on is None else row


def _ask(scope: Scope, operation: str, name: str, provides: str, none: str) -> Mapping[str, Any] | None:
    """The answer about a bucket, empty where it has none; None where the call failed or it is gone."""
    try:
        return scope.reader.ask("s3", operation, Bucket=name)
    except CallFailed as error:
        if error.failure.code == none:
            return {}
        if error.failure.code != "NoSuchBucket":
            scope.gap(error, (provides,))
        return None


def _versioning(scope: Scope, name: str, answer: Mapping[str, Any]) -> Told:
    """Whether it is switched on, and after how many days some versions end; None: none ends by a rule."""
    status = optional(answer, "Status")
    if status not in (None, "Enabled", "Suspended"):
        raise ValueError(f"its Status {status} is not known")
    if status != "Enabled" or VERSIONS_KEPT not in scope.tables:
        return status == "Enabled", None
    operation, absent = "GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration"
    rules = _ask(scope, operation, name, VERSIONS_KEPT, absent)
    try:
        return True, min(_ends(rules or {}), default=None)
    except MALFORMED as error:
        what = f"The answer about arn:{scope.partition}:s3:::{name}"
        scope.not_understood("s3", operation, what, error, (VERSIONS_KEPT,))
        return True, None


def _ends(answer: Mapping[str, Any]) -> Iterator[int]:
    """After how many days enabled rules end versions, of whichever objects."""
    for rule in optional(answer, "Rules", list) or ():
        ended = optional(rule, "NoncurrentVersionExpiration", dict) or {}
        if member(rule, "Status") == "Enabled" and (kept := days(ended, "NoncurrentDays")) is not None:
            yield kept


def _object_lock(_scope: Scope, _name: str, answer: Mapping[str, Any]) -> Told:
    """Whether new versions get a retention; not told where each version may have its own, or none."""
    about = optional(answer, "ObjectLockConfiguration", dict) or {}
    if optional(about, "ObjectLockEnabled") != "Enabled":
        return False, None
    rule = optional(about, "Rule", dict) or {}
    default = optional(rule, "DefaultRetention", dict) or {}
    years = days(default, "Years")
    kept = days(default, "Days") if years is None else years * _YEAR_DAYS
    return (None, None) if kept is None else (True, kept)


def _replication(scope: Scope, _name: str, answer: Mapping[str, Any]) -> Told:
    """Whether a rule replicates all objects into another account; not told where it does not say whose."""
    about = optional(answer, "ReplicationConfiguration", dict) or {}
    found = {_elsewhere(scope, rule) for rule in optional(about, "Rules", list) or ()}
    return True if True in found else None if None in found else False, None


def _elsewhere(scope: Scope, rule: Mapping[str, Any]) -> bool | None:
    """Whether a rule does so; None where others may add to it, or it does not say whose the replicas are."""
    owner = optional(member(rule, "Destination", dict), "Account")
    if member(rule, "Status") != "Enabled" or owner == scope.account_id:
        return False
    chosen = optional(rule, "Filter", dict) or {}
    some = chosen.get("Prefix") or rule.get("Prefix") or chosen.keys() - {"Prefix"}
    encrypted = optional(rule, "SourceSelectionCriteria", dict) or {}
    keys = optional(encrypted, "SseKmsEncryptedObjects", dict) or {}
    return True if owner is not None and not some and keys.get("Status") == "Enabled" else None


#: By the kind of protection: the call, its error where there is none, and what its answer tells.
_READ: Final[Mapping[str, tuple[str, str, Callable[[Scope, str, Mapping[str, Any]], Told]]]] = {
    "versioning": ("GetBucketVersioning", "", _versioning),
    "object_lock": (
        "GetObjectLockConfiguration",
        "ObjectLockConfigurationNotFoundError",
        _object_lock,
    ),
    "replication": ("GetBucketReplication", "ReplicationConfigurationNotFoundError", _replication),
}
#: What these calls need.
ACTIONS: Final = (
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketVersioning",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
)
