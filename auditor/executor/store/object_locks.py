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
#: How many objects are locked in a run: a large bucket is locked by and by.
A_RUN: Final = 5000
#: How many objects are looked at before those among them are locked that are not, and how many at once.
_LOOKED_AT: Final = 1000
_AT_ONCE: Final = 8

#: A recovery point's ARN, and until when it is locked.
_Point = tuple[str, datetime]

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
        #: Of how many objects of each recovery point it is known that they are locked; None: of all.
        self._known: dict[Place, dict[_Point, int | None]] = {}

    def lock(
        self,
        place: Place,
        until: Mapping[str, datetime | None],
        objects_of: Callable[[str], Iterable[str]],
    ) -> dict[str, str | None]:
        """Lock recovery points (ARNs) of a store in compliance mode until a time, None: for a century.

        `objects_of(token)` gives the keys of what a recovery point needs besides its claim, which is locked
        last. Gives the ARNs of those that S3 did not lock, and its words; None for those that later runs
        carry on: each has its share of this one. Raises `DriverError` where the bucket cannot be locked at
        all.
        """
        before = self._known.get(place, {})
        points = [(arn, end or FOREVER) for arn, end in sorted(until.items())]
        known = self._known[place] = {point: before.get(point, 0) for point in points}
        asked = [point for point in points if known[point] is not None]
        if not asked:
            return {}
        self._prepare(place)
        left_over: dict[str, str | None] = {}
        waiting = []
        found = in_parallel(partial(self._claim_is_locked, place), asked, workers=_AT_ONCE)
        for point, is_locked in zip(asked, found, strict=True):
            if isinstance(is_locked, DriverError):
                left_over[point[0]] = is_locked.message
            elif is_locked:
                known[point] = None
            else:
                waiting.append(point)
        left = self._a_run
        for number, point in enumerate(waiting):
            share = min(left, max(1, left // (len(waiting) - number)))
            try:
                left -= self._lock_point(place, point, objects_of, share) if share else 0
            except DriverError as error:
                left_over[point[0]] = error.message
            if known[point] is not None:
                left_over.setdefault(point[0], None)
        return left_over

    def _claim_is_locked(self, place: Place, point: _Point) -> bool | DriverError:
        """Whether all of a recovery point is locked, or why that is not known."""
        arn, end = point
        try:
            return self._is_locked(place, end, claim_key(token_of_point(arn)))
        except DriverError as error:
            return error

    def _lock_point(
        self, place: Place, point: _Point, objects_of: Callable[[str], Iterable[str]], most: int
    ) -> int:
        """Lock up to `most` more objects of a recovery point, its claim last; gives how many were locked."""
        (arn, end), known, made = point, self._known[place], 0
        token, count = token_of_point(arn), known[point] or 0
        keys = islice(objects_of(token), count, None)
        while some := list(islice(keys, _LOOKED_AT)):
            locked = in_parallel(partial(self._is_locked, place, end), some, workers=_AT_ONCE)
            free = [key for key, is_locked in zip(some, locked, strict=True) if not is_locked]
            now, later = free[: most - made], free[most - made :]
            in_parallel(partial(self._lock_object, place, end), now, workers=_AT_ONCE)
            made += len(now)
            count += some.index(later[0]) if later else len(some)
            known[point] = count
            if later:
                return made
        if made < most:
            self._lock_object(place, end, claim_key(token))
            known[point] = None
            made += 1
        return made

    def _lock_object(self, place: Place, end: datetime, key: str) -> None:
        retention = {"Mode": "COMPLIANCE", "RetainUntilDate": end}
        where = {"Bucket": bucket_name(*place), "Key": key}
        call(self._clients("s3", *place), "put_object_retention", **where, Retention=retention)

    def _is_locked(self, place: Place, end: datetime, key: str) -> bool:
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
