"""Delete content that no recovery point of its group names any more.

A recovery point refers to content that earlier ones have stored. A job writes a marker, which says that it
may refer to content, before it reads which content there is; a deletion ends the claim before it looks for
markers. S3 shows at once what was written, so one of the two sees the other: either the job does not find the
deleted recovery point, or the sweep finds the job and leaves the given up content to a later sweep.

Content of an attempt that never became a recovery point belongs to nobody else and is deleted at once. The
order of writing tells it from the rest, whatever other executors do meanwhile: the claim is written before
the marker, the marker before anything is stored, `gone` before the claim ends, and `kept` before marker and
`gone` are removed. So a sweep reads in the opposite order: what is stored, then markers, claims, `gone` and
`kept`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby
from typing import Final, NamedTuple

from auditor.executor.seam.calls import error_code
from auditor.executor.seam.driver import DriverError, Place
from auditor.executor.store.attempts import BEGUN, OVER, WHOLE, token_of_attempt
from auditor.executor.store.layout import StoredPoint, StoreLayout

_DELETE_AT_ONCE: Final = 1000

#: Recovery points by token; None where nothing is left of one.
_Points = dict[str, StoredPoint | None]


class _Gone(NamedTuple):
    """An edition that was given up."""

    token: str
    attempt: str
    edition: str


class Sweeper:
    """Deletes what nothing needs. What it has decided to delete can safely be deleted at any later time."""

    def __init__(self, layout: StoreLayout) -> None:
        self._layout = layout

    def sweep(self, place: Place, group: str, *tokens: str) -> None:
        """Delete what failed attempts have left, and given up content that no recovery point names.

        `tokens` are always looked at, others where there is a reason to. While a job of the group is under
        way, given up content is left to a later sweep.
        """
        self._clear(place, group, tokens)
        gone = self._gone(place, group)
        if gone:
            self._delete_given_up(place, group, gone)
        for token in tokens:
            self._forget(place, group, token)

    def _clear(self, place: Place, group: str, tokens: Iterable[str]) -> None:
        """Delete what attempts have left that made no recovery point and never will."""
        layout = self._layout
        stored = layout.stored(place, group)
        markers = _by_attempt(layout.marked(place, group, "attempts"))
        asked = {*tokens, *_repeated(map(token_of_attempt, markers))}
        known = {name for name in markers if token_of_attempt(name) not in asked}
        suspects = (stored | set(markers)) - known
        if {token_of_attempt(name) for name in suspects} - asked:
            suspects -= set(layout.marked(place, group, "kept"))
        for token in {token_of_attempt(name) for name in suspects}:
            suspects -= _counting(layout.read(place, token))
        if suspects:
            suspects -= {name for gone in self._gone(place, group) for name in gone}
            suspects -= set(layout.marked(place, group, "kept"))
        for name in suspects:
            layout.discard(place, group, name, *((markers[name],) if name in markers else ()))

    def _gone(self, place: Place, group: str) -> list[_Gone]:
        return [_Gone(*name.split("/")) for name in self._layout.marked(place, group, "gone")]

    def _delete_given_up(self, place: Place, group: str, gone: list[_Gone]) -> None:
        """Delete the given up content that no recovery point names, unless a job is under way."""
        layout = self._layout
        markers = layout.marked(place, group, "attempts")
        tokens = {token_of_attempt(name) for name in _by_attempt(markers)} | {each.token for each in gone}
        points: _Points = {token: layout.read(place, token) for token in tokens}
        if any(point is not None and point.claim.state == BEGUN for point in points.values()):
            return
        if set(layout.marked(place, group, "attempts")) - set(markers):
            return  # begun meanwhile, on a recovery point that was there
        living = [point for point in points.values() if point is not None and point.claim.state == WHOLE]
        named = {(point.attempt, point.edition) for point in living}
        ended = [each for each in gone if (each.attempt, each.edition) not in named]
        try:
            self._delete_unnamed(place, group, ended, living)
        except DriverError as error:
            if error_code(error.__cause__) == "NoSuchKey":
                return  # deleted, or replaced, meanwhile: it is not known what it has named
            raise
        attempts = {point.attempt for point in living}
        for each in ended:
            layout.remove_entries(
                place, group, each.attempt, each.edition if each.attempt in attempts else ""
            )
        self._put_away(place, group, [each for each in ended if each.attempt not in attempts], points)
        layout.unmark(place, group, "gone", *("/".join(each) for each in ended))

    def _put_away(self, place: Place, group: str, ended: list[_Gone], points: _Points) -> None:
        """Remember what is kept of recovery points that have ended, and forget the rest."""
        layout = self._layout
        kept = set(layout.marked(place, group, "kept"))
        stored = layout.stored(place, group)
        for name in {name for each in ended for name in (each.attempt, each.edition)} & stored - kept:
            layout.mark(place, group, "kept", name, None)
        layout.unmark(place, group, "kept", *(kept - stored))
        markers = _by_attempt(layout.marked(place, group, "attempts"))
        attempts = {each.attempt for each in ended}
        layout.unmark(place, group, "attempts", *(markers[name] for name in attempts & set(markers)))
        for point in points.values():
            if point is not None and point.claim.state == OVER and point.attempt in attempts:
                layout.claims.remove(place, point.claim)

    def _forget(self, place: Place, group: str, token: str) -> None:
        """Delete the claim of an undone attempt, once nothing else is left of it."""
        point = self._layout.read(place, token)
        if point is None or point.claim.state != OVER:
            return
        markers = _by_attempt(self._layout.marked(place, group, "attempts"))
        left = {token_of_attempt(name) for name in markers} | {
            each.token for each in self._gone(place, group)
        }
        if token not in left:
            self._layout.claims.remove(place, point.claim)

    def _delete_unnamed(self, place: Place, group: str, gone: list[_Gone], living: list[StoredPoint]) -> None:
        """Delete the content of given up editions that no living recovery point names, key by key."""
        streams: list[Iterator[tuple[str, int, str]]] = [
            ((entry.key, 0, entry.content) for entry in self._layout.left(place, group, attempt, edition))
            for _, attempt, edition in gone
        ]
        streams += [
            ((entry.key, 1, entry.content) for entry in self._layout.entries(place, point))
            for point in living
        ]
        unnamed: list[str] = []
        for _, found in groupby(merge(*streams, key=lambda item: item[0]), key=lambda item: item[0]):
            contents: tuple[set[str], set[str]] = (set(), set())
            for _, named, content in found:
                contents[named].add(content)
            unnamed += contents[0] - contents[1] - {""}
            if len(unnamed) >= _DELETE_AT_ONCE:
                self._layout.store.delete_keys(place, unnamed)
                unnamed = []
        self._layout.store.delete_keys(place, unnamed)


def _by_attempt(markers: Iterable[str]) -> dict[str, str]:
    """Markers by the name of their attempt, the oldest first."""
    return {marker.partition("-")[2]: marker for marker in markers}


def _repeated(names: Iterable[str]) -> set[str]:
    """The names that come more than once."""
    return {name for name, times in Counter(names).items() if times > 1}


def _counting(point: StoredPoint | None) -> set[str]:
    """The names under which a recovery point, or what may become one, has stored something."""
    if point is None or point.claim.state == OVER:
        return set()
    looking = point.continuous.looking if point.continuous is not None else ""
    return {point.attempt, point.edition, looking}
