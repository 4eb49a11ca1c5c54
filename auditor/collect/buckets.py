"""What protects the objects of a bucket in S3: Versioning, Object Lock, Replication (aws-backup.md 6.6).

No list tells it: each is one call a bucket, some at a time, and asked where a tier accepts it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import days, member, optional
from auditor.aws.reader import CallFailed
from auditor.collect.collector import Row, Scope
from auditor.evidence.native_tables import NATIVE_ASKED, VERSIONS_KEPT
from auditor.threads import in_parallel

#: Buckets that are asked about at a time.
AT_ONCE: Final = 4
#: What S3 says where a bucket has no Object Lock.
NO_OBJECT_LOCK: Final = "ObjectLockConfigurationNotFoundError"
_GONE: Final = "NoSuchBucket"
_YEAR_DAYS: Final = 365
_STATES: Final = {None: "off", "Enabled": "enabled", "Suspended": "suspended"}

#: What an answer tells of the protection: whether it is on (None: not told), and for how many days it keeps.
Told = tuple[bool | None, int | None]


@dataclass(frozen=True, slots=True)
class AskedBucket:
    """A bucket about which S3 is asked, each operation once."""

    scope: Scope
    name: str
    _said: dict[str, Mapping[str, Any] | CallFailed] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:{self.scope.partition}:s3:::{self.name}"

    def ask(self, operation: str, provides: str, none: str = "") -> Mapping[str, Any] | None:
        """What an operation says, empty on the error `none`; None where it failed or the bucket is gone."""
        if operation not in self._said:
            try:
                self._said[operation] = self.scope.reader.ask("s3", operation, Bucket=self.name)
            except CallFailed as error:
                self._said[operation] = error
        said = self._said[operation]
        if not isinstance(said, CallFailed):
            return said
        if said.failure.code == none:
            return {}
        if said.failure.code != _GONE:
            self.scope.gap(said, (provides,))
        return None

    @property
    def is_gone(self) -> bool:
        """Whether S3 said of something that was asked that the bucket is not there."""
        return any(isinstance(one, CallFailed) and one.failure.code == _GONE for one in self._said.values())

    def not_understood(self, operation: str, error: Exception, provides: str) -> None:
        """Record that an answer about it cannot be understood."""
        self.scope.not_understood("s3", operation, f"The answer about {self.arn}", error, (provides,))


def buckets_of(scope: Scope, rows: Sequence[Row]) -> list[AskedBucket]:
    """The buckets among the rows of `resources`, in their order."""
    return [AskedBucket(scope, row["name"]) for row in rows if row["resource_type"] == "S3"]


def protection_of(scope: Scope, buckets: Sequence[AskedBucket]) -> list[Row]:
    """The rows of `native_protection` of buckets, in their order."""
    wanted = [kind for kind in _READ if NATIVE_ASKED[kind] in scope.tables]
    found = in_parallel(partial(_of_bucket, wanted), buckets if wanted else (), workers=AT_ONCE)
    return [row for of_one in found for row in of_one]


def versioning_of(answer: Mapping[str, Any]) -> str:
    """What GetBucketVersioning says: enabled, suspended or off; raises one of `MALFORMED`."""
    status = optional(answer, "Status")
    if status not in _STATES:
        raise ValueError(f"its Status {status} is not known")
    return _STATES[status]


def _of_bucket(kinds: Sequence[str], bucket: AskedBucket) -> list[Row]:
    return [row for kind in kinds if (row := _row(bucket, kind)) is not None]


def _row(bucket: AskedBucket, kind: str) -> Row | None:
    """The row of one kind; None where that is not told."""
    operation, none, read = _READ[kind]
    answer = bucket.ask(operation, NATIVE_ASKED[kind], none)
    if answer is None:
        return None
    try:
        on, kept = read(bucket, answer)
    except MALFORMED as error:
        bucket.not_understood(operation, error, NATIVE_ASKED[kind])
        return None
    row = {"arn": bucket.arn, "kind": kind, "enabled": on, "retention_days": kept}
    return None if on is None else {**row, "source": f"s3:{operation}"}


def _versioning(bucket: AskedBucket, answer: Mapping[str, Any]) -> Told:
    """Whether it is switched on, and after how many days some versions end; None: none ends by a rule."""
    on = versioning_of(answer) == "enabled"
    if not on or VERSIONS_KEPT not in bucket.scope.tables:
        return on, None
    operation = "GetBucketLifecycleConfiguration"
    rules = bucket.ask(operation, VERSIONS_KEPT, "NoSuchLifecycleConfiguration")
    try:
        return True, min(_ends(rules or {}), default=None)
    except MALFORMED as error:
        bucket.not_understood(operation, error, VERSIONS_KEPT)
        return True, None


def _ends(answer: Mapping[str, Any]) -> Iterator[int]:
    """After how many days enabled rules end versions, of whichever objects."""
    for rule in optional(answer, "Rules", list) or ():
        ended = optional(rule, "NoncurrentVersionExpiration", dict) or {}
        if member(rule, "Status") == "Enabled" and (kept := days(ended, "NoncurrentDays")) is not None:
            yield kept


def object_lock_of(answer: Mapping[str, Any]) -> Told:
    """Whether new versions get a retention; not told where each version may have its own, or none.

    Raises one of `MALFORMED`.
    """
    about = optional(answer, "ObjectLockConfiguration", dict) or {}
    if optional(about, "ObjectLockEnabled") != "Enabled":
        return False, None
    rule = optional(about, "Rule", dict) or {}
    default = optional(rule, "DefaultRetention", dict) or {}
    years = days(default, "Years")
    kept = days(default, "Days") if years is None else years * _YEAR_DAYS
    return (None, None) if kept is None else (True, kept)


def _replication(bucket: AskedBucket, answer: Mapping[str, Any]) -> Told:
    """Whether a rule replicates all objects into another account; not told where it does not say whose."""
    about = optional(answer, "ReplicationConfiguration", dict) or {}
    found = {_elsewhere(bucket.scope, rule) for rule in optional(about, "Rules", list) or ()}
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
_READ: Final[Mapping[str, tuple[str, str, Callable[[AskedBucket, Mapping[str, Any]], Told]]]] = {
    "versioning": ("GetBucketVersioning", "", _versioning),
    "object_lock": (
        "GetObjectLockConfiguration",
        NO_OBJECT_LOCK,
        lambda _, answer: object_lock_of(answer),
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
