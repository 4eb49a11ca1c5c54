"""Continuous backups of buckets: every version and delete marker, with the times at which the bucket had it.

A look lists the versions of the bucket and takes in new ones. What was written and overwritten since the last
look is still there as a noncurrent version, so the bucket can be restored to any second; only a version that
was deleted for good before a look came by is unknown.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from heapq import merge
from itertools import groupby
from typing import Final

from auditor.executor.drivers.s3_intake import Intake, KnownEntries, ObjectSource
from auditor.executor.seam.continuous import LOOK_MS
from auditor.executor.seam.driver import DriverError, Place
from auditor.executor.store.buckets import UNREADABLE, Bucket, Entry
from auditor.executor.store.layout import Continuous, StoredPoint, content_of
from auditor.executor.store.objects import Store
from auditor.executor.store.stored_points import StoredPoints
from auditor.executor.times import DAY_MS

_SECOND_MS: Final = 1000


class Journals:
    """Continuous recovery points of buckets."""

    def __init__(self, store: Store, points: StoredPoints, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._points = points
        self._clock = clock

    def begin(
        self, place: Place, point: StoredPoint, bucket: Bucket, source: ObjectSource, days: int
    ) -> StoredPoint:
        """Make the continuous recovery point of `point`, with whatever versions there are now."""
        points, now = self._points, self._now()
        check_versioning(bucket)
        moment = now - _SECOND_MS
        continuous = Continuous(since=moment, until=moment, days=days, pruned=now)
        with points.attempting(place, replace(point, continuous=continuous)) as begun:
            base = points.newest(place, begun)
            known = KnownEntries(() if base is None else points.layout.entries(place, base))
            made, _ = self._edit(place, begun, begun.edition, bucket, source, known, now)
            if made.parts:
                made = points.publish(place, made)
        if not made.parts:
            points.undo(place, point.token)
            raise DriverError(f"No objects were backed up: bucket {bucket.name} is empty.", "INVALID_STATE")
        points.sweep(place, point.group)
        return made

    def refresh(self, place: Place, point: StoredPoint, bucket: Bucket, source: ObjectSource) -> StoredPoint:
        """Take in what is new, unless the last look is not long ago.

        The edition before stays until the next look, for whoever is reading it, unless something in it was
        given up. Raises `TakenOverError` where another look has begun meanwhile.
        """
        points, now, before = self._points, self._now(), point.continuous
        if before is None or now - before.until < LOOK_MS:
            return point
        check_versioning(bucket)
        with points.looking(place, point) as (begun, edition):
            made, dropped = self._edit(place, begun, edition, bucket, source, KnownEntries(()), now)
            made = points.publish_edition(place, begun, made, gives_up=dropped)
        if before.previous:
            points.layout.remove_entries(place, point.group, point.attempt, before.previous)
        if dropped:
            points.sweep(place, point.group)
        return made

    def _edit(
        self,
        place: Place,
        point: StoredPoint,
        edition: str,
        bucket: Bucket,
        source: ObjectSource,
        known: KnownEntries,
        now: int,
    ) -> tuple[StoredPoint, bool]:
        """Store a new edition of `point`; gives it, and whether it lacks something that `point` has."""
        layout, before = self._points.layout, point.continuous
        if before is None:
            raise AssertionError(f"{point.token} is not a continuous recovery point")
        intake = Intake(self._store, place, content_of(point.group, edition), point.claim.kms_key, source)
        editor = _Editor(point, before, intake, known, now)
        entries = editor.edit(bucket.versions(), KnownEntries(layout.entries(place, point)))
        parts = layout.write_entries(place, replace(point, edition=edition), entries)
        if not point.parts:
            intake.check()
        backup = intake.told(point.backup, editor.size)
        until = max(before.until, now - _SECOND_MS)
        continuous = replace(
            before,
            since=max(before.since, until - before.days * DAY_MS),
            until=until,
            pruned=now if editor.dropped else before.pruned,
            previous="" if editor.dropped or not point.parts else point.edition,
            took=intake.took,
            looking="",
        )
        made = replace(point, edition=edition, parts=parts, backup=backup, continuous=continuous)
        return made, editor.dropped

    def _now(self) -> int:
        """The clock in whole seconds, as milliseconds since 1970: S3 dates versions with no more."""
        return int(self._clock().timestamp()) * _SECOND_MS


class _Editor:
    """Makes the entries of an edition of those of the one before and of what the bucket has now."""

    def __init__(
        self, point: StoredPoint, before: Continuous, intake: Intake, known: KnownEntries, now: int
    ) -> None:
        self._is_first = not point.parts
        self._before = before
        self._intake = intake
        self._known = known
        self._now = now
        self._earliest = now - before.days * DAY_MS
        self._may_drop = now - before.pruned >= DAY_MS
        self.size = 0
        self.dropped = False

    def edit(self, pages: Iterable[list[Entry]], old: KnownEntries) -> Iterator[Entry]:
        """The new entries, in the order of keys; of a key the newest first."""
        for page in pages:
            yield from self._kept(self._merged(page, old.up_to(page[-1].key)))
        yield from self._kept(self._merged([], old.rest()))

    def _merged(self, page: list[Entry], old: Iterable[Entry]) -> Iterator[Entry]:
        before = {entry.identity: entry for entry in old}
        new = [self._dated(e, before.get(e.identity)) for e in page if not _is_in(before.get(e.identity))]
        known = self._known.up_to(page[-1].key) if page else ()
        taken = {entry.identity: entry for entry in self._intake.take(new, known)}
        listed = [taken.get(entry.identity) or before[entry.identity] for entry in page]
        there = {entry.identity for entry in page}
        gone = [
            entry if entry.gone is not None else replace(entry, gone=self._now)
            for entry in before.values()
            if entry.identity not in there
        ]
        return merge(listed, gone, key=lambda entry: (entry.key, -entry.appeared))

    def _dated(self, entry: Entry, before: Entry | None) -> Entry:
        """What the last look did not see came after it, whatever its date says."""
        if before is not None:
            return replace(entry, appeared=before.appeared)
        if self._is_first:
            return entry
        return replace(entry, appeared=max(entry.modified, self._before.until + _SECOND_MS))

    def _kept(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The entries without those that no restorable second needs."""
        for _, found in groupby(entries, key=lambda entry: entry.key):
            versions = list(found)
            current = next((entry for entry in versions if entry.gone is None), None)
            self.size += 0 if current is None else current.size
            for position, entry in enumerate(versions):
                if self._may_drop and self._is_over(entry, versions[:position]):
                    self.dropped = True
                else:
                    yield entry

    def _is_over(self, entry: Entry, newer: list[Entry]) -> bool:
        """Whether a version that is gone was not the newest in any restorable second."""
        if entry.gone is None:
            return False
        gone = entry.gone
        return gone <= self._earliest or any(
            other.appeared <= self._earliest and (other.gone is None or other.gone >= gone) for other in newer
        )


def at(entries: Iterable[Entry], second: int) -> Iterator[Entry]:
    """The objects that the bucket had at the end of a second, one entry a key."""
    for _, found in groupby(entries, key=lambda entry: entry.key):
        newest = next((entry for entry in found if was_there(entry, second)), None)
        if newest is not None and not newest.marker:
            yield newest


def was_there(entry: Entry, second: int) -> bool:
    """Whether the bucket had this version, or delete marker, at the end of a second since 1970."""
    return entry.appeared // _SECOND_MS <= second and (
        entry.gone is None or entry.gone // _SECOND_MS > second
    )


def check_versioning(bucket: Bucket) -> None:
    """Versioning is a precondition of every backup of a bucket (aws-backup.md 4.10)."""
    if bucket.versioning() != "Enabled":
        message = f"Bucket {bucket.name} cannot be backed up: versioning is not enabled on it."
        raise DriverError(message, "FEATURE_NOT_ENABLED")


def _is_in(entry: Entry | None) -> bool:
    """Whether an entry is stored completely, so that nothing more of it is needed."""
    return entry is not None and (entry.marker or bool(entry.content) or entry.storage_class in UNREADABLE)
