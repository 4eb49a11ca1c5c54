"""How content goes that no recovery point of its group names.

A recovery point refers to content that others have taken in. A job says that it may refer to content before
it reads what there is, and a deletion ends the claim before it looks for such jobs. S3 shows at once what was
written, so one of the two sees the other: either the job does not find the recovery point, or the sweep finds
the job and leaves what was given up to a later one.

What never was a recovery point is no one else's and goes at once. It is told from the rest by what is written
before and after, whatever other executors do meanwhile: a claim before the marker, the marker before anything
is stored, `gone` before the claim ends, `kept` before marker and `gone` go. So a sweep asks in the opposite
order: for what is stored, then for markers, claims, `gone` and `kept`.
"""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby
from typing import Final, NamedTuple

from auditor.executor.services.attempts import BEGUN, OVER, WHOLE, token_of_attempt
from auditor.executor.services.aws import error_code
from auditor.executor.services.base import DriverError, Place
from auditor.executor.services.s3_shelf import Book, Shelf

_DELETE_AT_ONCE: Final = 1000

#: Books by token; None where nothing is left of one.
_Books = dict[str, Book | None]


class _Gone(NamedTuple):
    """An edition that was given up."""

    token: str
    attempt: str
    edition: str


class Sweeper:
    """Deletes what nothing needs. What it has decided to delete may go at any later time."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def sweep(self, place: Place, group: str, *tokens: str) -> None:
        """Delete what attempts have left that came to nothing, and given up content that nothing names.

        `tokens` are looked at in any case; others where there is reason to. Given up content is left to a
        later sweep while a job is under way.
        """
        self._clear(place, group, tokens)
        gone = self._gone(place, group)
        if gone:
            self._spend(place, group, gone)
        for token in tokens:
            self._forget(place, group, token)

    def _clear(self, place: Place, group: str, tokens: Iterable[str]) -> None:
        """Delete what attempts have left that never made a recovery point, and never will."""
        shelf = self._shelf
        stored = shelf.stored(place, group)
        markers = _by_attempt(shelf.marked(place, group, "attempts"))
        asked = {*tokens, *_repeated(map(token_of_attempt, markers))}
        known = {name for name in markers if token_of_attempt(name) not in asked}
        suspects = (stored | set(markers)) - known - set(shelf.marked(place, group, "kept"))
        for token in {token_of_attempt(name) for name in suspects}:
            suspects -= _counting(shelf.read(place, token))
        if suspects:
            suspects -= {name for gone in self._gone(place, group) for name in gone}
            suspects -= set(shelf.marked(place, group, "kept"))
        for name in suspects:
            shelf.discard(place, group, name, *((markers[name],) if name in markers else ()))

    def _gone(self, place: Place, group: str) -> list[_Gone]:
        return [_Gone(*name.split("/")) for name in self._shelf.marked(place, group, "gone")]

    def _spend(self, place: Place, group: str, gone: list[_Gone]) -> None:
        """Delete the given up content that no recovery point names, unless a job is under way."""
        shelf = self._shelf
        markers = shelf.marked(place, group, "attempts")
        tokens = {token_of_attempt(name) for name in _by_attempt(markers)} | {each.token for each in gone}
        books: _Books = {token: shelf.read(place, token) for token in tokens}
        if any(book is not None and book.claim.state == BEGUN for book in books.values()):
            return
        if set(shelf.marked(place, group, "attempts")) - set(markers):
            return  # begun meanwhile, on a recovery point that was there
        living = [book for book in books.values() if book is not None and book.claim.state == WHOLE]
        named = {(book.attempt, book.edition) for book in living}
        spent = [each for each in gone if (each.attempt, each.edition) not in named]
        try:
            self._delete_unnamed(place, group, spent, living)
        except DriverError as error:
            if error_code(error.__cause__) == "NoSuchKey":
                return  # deleted, or replaced, meanwhile: it is not known what it has named
            raise
        attempts = {book.attempt for book in living}
        for each in spent:
            shelf.remove_entries(place, group, each.attempt, each.edition if each.attempt in attempts else "")
        self._put_away(place, group, [each for each in spent if each.attempt not in attempts], books)
        shelf.unmark(place, group, "gone", *("/".join(each) for each in spent))

    def _put_away(self, place: Place, group: str, ended: list[_Gone], books: _Books) -> None:
        """Remember what is kept of recovery points that have ended, and forget the rest."""
        shelf = self._shelf
        kept = set(shelf.marked(place, group, "kept"))
        stored = shelf.stored(place, group)
        for name in {name for each in ended for name in (each.attempt, each.edition)} & stored - kept:
            shelf.mark(place, group, "kept", name, None)
        shelf.unmark(place, group, "kept", *(kept - stored))
        markers = _by_attempt(shelf.marked(place, group, "attempts"))
        attempts = {each.attempt for each in ended}
        shelf.unmark(place, group, "attempts", *(markers[name] for name in attempts & set(markers)))
        for book in books.values():
            if book is not None and book.claim.state == OVER and book.attempt in attempts:
                shelf.claims.remove(place, book.claim)

    def _forget(self, place: Place, group: str, token: str) -> None:
        """Delete the claim of what was undone, once nothing else is left of it."""
        book = self._shelf.read(place, token)
        if book is None or book.claim.state != OVER:
            return
        markers = _by_attempt(self._shelf.marked(place, group, "attempts"))
        left = {token_of_attempt(name) for name in markers} | {
            each.token for each in self._gone(place, group)
        }
        if token not in left:
            self._shelf.claims.remove(place, book.claim)

    def _delete_unnamed(self, place: Place, group: str, gone: list[_Gone], living: list[Book]) -> None:
        """Delete the content of given up editions that no living recovery point names, key by key."""
        streams: list[Iterator[tuple[str, int, str]]] = [
            ((entry.key, 0, entry.content) for entry in self._shelf.left(place, group, attempt, edition))
            for _, attempt, edition in gone
        ]
        streams += [
            ((entry.key, 1, entry.content) for entry in self._shelf.entries(place, book)) for book in living
        ]
        unnamed: list[str] = []
        for _, found in groupby(merge(*streams, key=lambda item: item[0]), key=lambda item: item[0]):
            contents: tuple[set[str], set[str]] = (set(), set())
            for _, named, content in found:
                contents[named].add(content)
            unnamed += contents[0] - contents[1] - {""}
            if len(unnamed) >= _DELETE_AT_ONCE:
                self._shelf.store.delete_keys(place, unnamed)
                unnamed = []
        self._shelf.store.delete_keys(place, unnamed)


def _by_attempt(markers: Iterable[str]) -> dict[str, str]:
    """Markers by the name of their attempt, the oldest first."""
    return {marker.partition("-")[2]: marker for marker in markers}


def _repeated(names: Iterable[str]) -> set[str]:
    """What comes more than once."""
    seen: set[str] = set()
    return {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]


def _counting(book: Book | None) -> set[str]:
    """The names under which a recovery point, or what may become one, has stored something."""
    if book is None or book.claim.state == OVER:
        return set()
    looking = book.continuous.looking if book.continuous is not None else ""
    return {book.attempt, book.edition, looking}
