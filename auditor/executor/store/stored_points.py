"""How recovery points of buckets and file systems are begun, made and deleted (`layout`, `sweep`)."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from auditor.executor.seam.driver import DriverError, NativeBackup, Place
from auditor.executor.store.attempts import (
    BEGUN,
    OVER,
    WHOLE,
    Claim,
    TakenOverError,
    new_attempt,
    token_of_attempt,
)
from auditor.executor.store.layout import StoredPoint, StoreLayout
from auditor.executor.store.objects import Store
from auditor.executor.store.sweep import Sweeper


class StoredPoints:
    """The recovery points of buckets and file systems in a store."""

    def __init__(self, store: Store) -> None:
        self.layout = StoreLayout(store)
        self._sweeper = Sweeper(self.layout)

    def find(self, place: Place, token: str) -> StoredPoint | None:
        """The recovery point that was made whole under `token` and is not deleted."""
        point = self.layout.read(place, token)
        return point if point is not None and point.claim.state == WHOLE else None

    def find_backup(self, place: Place, token: str) -> NativeBackup | None:
        """The backup that this recovery point is."""
        point = self.find(place, token)
        return None if point is None else point.backup

    def objects(self, place: Place, token: str) -> Iterator[str]:
        """The keys of what a recovery point needs besides its claim: content, which others may need too.

        Raises `DriverError`.
        """
        point = self.find(place, token)
        if point is None:
            raise DriverError(f"Recovery point {token} is not stored whole.", "RESOURCE_NOT_FOUND")
        yield from (entry.content for entry in self.layout.entries(place, point) if entry.content)
        yield from self.layout.entry_keys(place, point)

    @contextmanager
    def attempting(self, place: Place, point: StoredPoint) -> Iterator[StoredPoint]:
        """Begin what `point` says, which may refer to content of its group from now on, and make it.

        Its edition is the attempt. Raises `TakenOverError` where another attempt counts by the end, and takes
        away what was stored.
        """
        claim, old = self.layout.claims.begin(place, point.claimed(BEGUN))
        point = replace(point, claim=replace(claim, about={}), edition=claim.attempt)
        with self.layout.claims.attempting(place, claim, lambda: self.sweep(place, point.group, point.token)):
            self.layout.mark(place, point.group, "attempts", point.marker, claim.kms_key)
            if old is not None and old.state == BEGUN:
                before = StoredPoint.of(old)
                self.layout.discard(place, before.group, before.attempt, before.marker)
            yield point

    @contextmanager
    def looking(self, place: Place, point: StoredPoint) -> Iterator[tuple[StoredPoint, str]]:
        """Make a new edition of a continuous recovery point; gives the point that says so, and its name.

        Raises `TakenOverError` where another look, or a deletion, came between, and takes away what was
        stored.
        """
        if point.continuous is None:
            raise AssertionError(f"{point.token} is not a continuous recovery point")
        left, mine = point.continuous.looking, new_attempt(point.token)
        point = self.layout.write(
            place, replace(point, continuous=replace(point.continuous, looking=mine)), WHOLE
        )
        if left:
            self._drop_look(place, point, left)
        try:
            yield point, mine
        except DriverError as error:
            found = self.find(place, point.token)
            continuous = None if found is None else found.continuous
            if found is not None and mine in {found.edition, continuous.looking if continuous else ""}:
                raise
            with suppress(DriverError):  # else a later sweep does it
                self._clear_look(place, point, mine)
            raise TakenOverError(point.token, gone=found is None) from error

    def newest(self, place: Place, point: StoredPoint) -> StoredPoint | None:
        """The newest recovery point of the group, whose content the job of `point` may refer to."""
        for marker in reversed(self.layout.marked(place, point.group, "attempts")):
            token = token_of_attempt(marker.partition("-")[2])
            found = None if token == point.token else self.find(place, token)
            if found is not None and found.group == point.group:
                return found
        return None

    def publish(self, place: Place, point: StoredPoint) -> StoredPoint:
        """Make a recovery point of what was written, or replace an earlier edition of it.

        Raises `TakenOverError` where the attempt, or the look, is not the last one, or was undone.
        """
        return self.layout.write(place, point, WHOLE)

    def publish_edition(
        self, place: Place, before: StoredPoint, point: StoredPoint, *, gives_up: bool
    ) -> StoredPoint:
        """Put an edition of a continuous recovery point in the place of the one before.

        `gives_up` says whether something of that one is not in this one. Raises `TakenOverError`.
        """
        continuous = before.continuous
        if continuous is not None and continuous.took and before.edition != before.attempt:
            self.layout.mark(place, point.group, "kept", before.edition, point.claim.kms_key)
        if gives_up:
            self.give_up(place, before)
        return self.publish(place, point)

    def give_up(self, place: Place, point: StoredPoint) -> None:
        """Remember that the content of an edition is to be looked at."""
        name = f"{point.token}/{point.attempt}/{point.edition}"
        self.layout.mark(place, point.group, "gone", name, point.claim.kms_key)

    def delete(self, place: Place, token: str) -> None:
        """Delete a recovery point, and the content that nothing else needs."""
        self._end(place, token, WHOLE)

    def undo(self, place: Place, token: str) -> None:
        """Delete whatever was made under `token`, whole or in part.

        Raises `TakenOverError` for what is begun anew while it looks.
        """
        self._end(place, token, WHOLE, BEGUN)

    def sweep(self, place: Place, group: str, *tokens: str) -> None:
        """Delete what no recovery point of the group needs (`Sweeper.sweep`)."""
        self._sweeper.sweep(place, group, *tokens)

    def _end(self, place: Place, token: str, *states: str) -> None:
        def give_up(claim: Claim) -> None:
            self.give_up(place, StoredPoint.of(claim))

        claim = self.layout.claims.end(place, token, states, give_up)
        if claim is not None:
            self.sweep(place, StoredPoint.of(claim).group, token)

    def _clear_look(self, place: Place, point: StoredPoint, edition: str) -> None:
        """Delete what a look has stored that made no edition."""
        found = self.layout.read(place, point.token)
        if found is not None and found.claim.state != OVER and found.continuous is not None:
            if edition in {found.edition, found.continuous.previous}:
                return
            gone = self.layout.marked(place, point.group, f"gone/{point.token}")
            if f"{point.attempt}/{edition}" not in gone:
                self.layout.remove_entries(place, point.group, point.attempt, edition)
        self.sweep(place, point.group, point.token)

    def _drop_look(self, place: Place, point: StoredPoint, edition: str) -> None:
        """Delete what a look has stored that another look has replaced: it makes no edition."""
        self.layout.remove_entries(place, point.group, point.attempt, edition)
        self.layout.discard(place, point.group, edition)
