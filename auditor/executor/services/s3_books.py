"""How recovery points of buckets and file systems are begun, made and deleted (`s3_shelf`, `s3_sweep`)."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from auditor.executor.services.attempts import BEGUN, OVER, WHOLE, Claim, TakenOverError, new_attempt
from auditor.executor.services.attempts import token_of_attempt as token_of
from auditor.executor.services.base import DriverError, Place
from auditor.executor.services.s3_shelf import Book, Shelf
from auditor.executor.services.s3_sweep import Sweeper
from auditor.executor.services.store import Store


class Books:
    """The recovery points of buckets and file systems in a store."""

    def __init__(self, store: Store) -> None:
        self.shelf = Shelf(store)
        self._sweeper = Sweeper(self.shelf)

    def find(self, place: Place, token: str) -> Book | None:
        """The recovery point that was made whole under `token` and is not deleted."""
        book = self.shelf.read(place, token)
        return book if book is not None and book.claim.state == WHOLE else None

    @contextmanager
    def attempting(self, place: Place, book: Book) -> Iterator[Book]:
        """Begin what `book` says, which may refer to content of its group from now on, and make it.

        Its edition is the attempt. Raises `TakenOverError` where another attempt counts by the end, and takes
        away what was stored.
        """
        claim, old = self.shelf.claims.begin(place, book.claimed(BEGUN))
        book = replace(book, claim=replace(claim, about={}), edition=claim.attempt)
        with self.shelf.claims.attempting(place, claim, lambda: self.sweep(place, book.group, book.token)):
            self.shelf.mark(place, book.group, "attempts", book.marker, claim.kms_key)
            if old is not None and old.state == BEGUN:
                before = Book.of(old)
                self.shelf.discard(place, before.group, before.attempt, before.marker)
            yield book

    @contextmanager
    def looking(self, place: Place, book: Book) -> Iterator[tuple[Book, str]]:
        """Make a new edition of a continuous recovery point; gives the book that says so, and its name.

        Raises `TakenOverError` where another look, or a deletion, came between, and takes away what was
        stored.
        """
        if book.continuous is None:
            raise AssertionError(f"{book.token} is no continuous recovery point")
        left, mine = book.continuous.looking, new_attempt(book.token)
        book = self.shelf.write(
            place, replace(book, continuous=replace(book.continuous, looking=mine)), WHOLE
        )
        if left:
            self._drop_look(place, book, left)
        try:
            yield book, mine
        except DriverError as error:
            found = self.find(place, book.token)
            continuous = None if found is None else found.continuous
            if found is not None and mine in {found.edition, continuous.looking if continuous else ""}:
                raise
            with suppress(DriverError):  # else a later sweep does it
                self._clear_look(place, book, mine)
            raise TakenOverError(book.token, gone=found is None) from error

    def newest(self, place: Place, book: Book) -> Book | None:
        """The newest recovery point of the group, whose content the job of `book` may refer to."""
        for marker in reversed(self.shelf.marked(place, book.group, "attempts")):
            token = token_of(marker.partition("-")[2])
            found = None if token == book.token else self.find(place, token)
            if found is not None and found.group == book.group:
                return found
        return None

    def publish(self, place: Place, book: Book) -> Book:
        """Make a recovery point of what was written, or replace an earlier edition of it.

        Raises `TakenOverError` where the attempt, or the look, is not the last one, or was undone.
        """
        return self.shelf.write(place, book, WHOLE)

    def publish_edition(self, place: Place, before: Book, book: Book, *, gives_up: bool) -> Book:
        """Put an edition of a continuous recovery point in the place of the one before.

        `gives_up` says whether something of that one is not in this one. Raises `TakenOverError`.
        """
        continuous = before.continuous
        if continuous is not None and continuous.took and before.edition != before.attempt:
            self.shelf.mark(place, book.group, "kept", before.edition, book.claim.kms_key)
        if gives_up:
            self.give_up(place, before)
        return self.publish(place, book)

    def give_up(self, place: Place, book: Book) -> None:
        """Remember that the content of an edition is to be looked at."""
        name = f"{book.token}/{book.attempt}/{book.edition}"
        self.shelf.mark(place, book.group, "gone", name, book.claim.kms_key)

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
            self.give_up(place, Book.of(claim))

        claim = self.shelf.claims.end(place, token, states, give_up)
        if claim is not None:
            self.sweep(place, Book.of(claim).group, token)

    def _clear_look(self, place: Place, book: Book, edition: str) -> None:
        """Delete what a look has stored that made no edition."""
        found = self.shelf.read(place, book.token)
        if found is not None and found.claim.state != OVER and found.continuous is not None:
            if edition in {found.edition, found.continuous.previous}:
                return
            gone = self.shelf.marked(place, book.group, f"gone/{book.token}")
            if f"{book.attempt}/{edition}" not in gone:
                self.shelf.remove_entries(place, book.group, book.attempt, edition)
        self.sweep(place, book.group, book.token)

    def _drop_look(self, place: Place, book: Book, edition: str) -> None:
        """Delete what a look has stored that another one has taken the place of: it makes no edition."""
        self.shelf.remove_entries(place, book.group, book.attempt, edition)
        self.shelf.discard(place, book.group, edition)
