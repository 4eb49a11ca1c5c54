"""S3 Object Lock: stored recovery points that nobody can delete, not the root user either.

The bucket has versions then (Amazon S3 User Guide, "Locking objects with Object Lock"): who deletes a locked
object puts a delete marker before it, and who writes over it a newer version; the locked one stays. A rule of
the bucket's lifecycle removes what was replaced or deleted a day later, or when its lock is over.

What recovery points share is locked for the longest of them: a lock can be made longer, and never shorter.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any, Final

from auditor.executor.seam.calls import call, error_code
from auditor.executor.seam.driver import Clients, DriverError, Place
from auditor.executor.store.attempts import claim_key
from auditor.executor.store.objects import bucket_name, token_of_point
from auditor.threads import in_parallel

#: Until when objects of recovery points without an end are locked.
FOREVER: Final = datetime(2126, 1, 1, tzinfo=UTC)
#: How many objects are locked in a run, and at once: a large bucket is locked by and by.
A_RUN: Final = 5000
_AT_ONCE: Final = 8

_RULE: Final[Mapping[str, Any]] = {
    "ID": "auditor-replaced-versions",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    "Expiration": {"ExpiredObjectDeleteMarker": True},
}


class ObjectLocks:
    """Locks the objects of recovery points in stores, and remembers what it has locked."""

    def __init__(self, clients: Clients, a_run: int = A_RUN) -> None:
        self._clients = clients
        self._a_run = a_run
        self._ready: set[Place] = set()
        self._done: dict[str, datetime] = {}
        self._begun: dict[str, int] = {}

    def lock(
        self,
        place: Place,
        until: Mapping[str, datetime | None],
        objects_of: Callable[[str], Iterable[str]],
    ) -> dict[str, str]:
        """Lock recovery points (ARNs) of a store in compliance mode until a time, None: for a century.

        `objects_of(token)` gives the keys of what a recovery point needs besides its claim, which is locked
        last. Gives the ARNs of those that S3 did not lock, and its words. Raises `DriverError` where the
        bucket cannot be locked at all.
        """
        wanted = {arn: end or FOREVER for arn, end in until.items()}
        wanted = {arn: end for arn, end in sorted(wanted.items()) if self._done.get(arn) != end}
        if not wanted:
            return {}
        self._prepare(place)
        refused, left = {}, self._a_run
        for arn, end in wanted.items():
            try:
                left -= self._lock_point(place, arn, end, objects_of, left)
            except DriverError as error:
                refused[arn] = error.message
            if left <= 0:
                break
        return refused

    def _lock_point(
        self, place: Place, arn: str, end: datetime, objects_of: Callable[[str], Iterable[str]], most: int
    ) -> int:
        """Lock up to `most` more objects of a recovery point; gives how many."""
        token = token_of_point(arn)
        begun = self._begun.get(arn, 0)
        if not begun and self._is_locked(place, claim_key(token), end):
            self._done[arn] = end
            return 1
        keys = list(islice(objects_of(token), begun, begun + most))
        in_parallel(partial(self._lock_object, place, end), keys, workers=_AT_ONCE)
        self._begun[arn] = begun + len(keys)
        if len(keys) < most:
            self._lock_object(place, end, claim_key(token))
            self._done[arn] = end
            del self._begun[arn]
        return len(keys) + 1

    def _lock_object(self, place: Place, end: datetime, key: str) -> None:
        if not self._is_locked(place, key, end):
            retention = {"Mode": "COMPLIANCE", "RetainUntilDate": end}
            where = {"Bucket": bucket_name(*place), "Key": key}
            call(self._clients("s3", *place), "put_object_retention", **where, Retention=retention)

    def _is_locked(self, place: Place, key: str, end: datetime) -> bool:
        """Whether the object is locked until `end` or longer; to the second, as S3 tells it."""
        head = call(self._clients("s3", *place), "head_object", Bucket=bucket_name(*place), Key=key)
        if head.get("ObjectLockMode") != "COMPLIANCE":
            return False
        return bool(head["ObjectLockRetainUntilDate"] >= end.replace(microsecond=0))

    def _prepare(self, place: Place) -> None:
        """Have the bucket keep versions and take locks, and remove versions that are not needed any more."""
        if place in self._ready:
            return
        client, where = self._clients("s3", *place), {"Bucket": bucket_name(*place)}
        rules = _found(client, "get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration", where)
        kept = [] if rules is None else rules["Rules"]
        if all(rule.get("ID") != _RULE["ID"] for rule in kept):
            configuration = {"Rules": [*kept, dict(_RULE)]}
            call(client, "put_bucket_lifecycle_configuration", **where, LifecycleConfiguration=configuration)
        missing = "ObjectLockConfigurationNotFoundError"
        if _found(client, "get_object_lock_configuration", missing, where) is None:
            call(client, "put_bucket_versioning", **where, VersioningConfiguration={"Status": "Enabled"})
            enabled = {"ObjectLockEnabled": "Enabled"}
            call(client, "put_object_lock_configuration", **where, ObjectLockConfiguration=enabled)
        self._ready.add(place)


def _found(client: Any, operation: str, missing: str, where: Mapping[str, str]) -> dict[str, Any] | None:
    """What an operation answers; None where S3 says that there is none."""
    try:
        return call(client, operation, **where)
    except DriverError as error:
        if error_code(error.__cause__) != missing:
            raise
        return None
