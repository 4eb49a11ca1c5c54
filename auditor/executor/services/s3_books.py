"""Recovery points of buckets as they lie in the store: what is in them, and content that they share.

    <token>/job.json                   the group of what is made under a token, written first
    <token>/<edition>/<number>.json    entries in the order of keys
    <token>/manifest.json              a `Book`, written last: without it there is no recovery point
    content/<group>/<token>/<digest>   an object that was taken in under a token
    groups/<group>/points/<time>-<token>          who may refer to content of the group
    groups/<group>/gone/<token>/<edition>.json    entries that were given up; their content is to be looked at

A group is a bucket under a vault's key. A recovery point refers to content that others have taken in, so
content goes only when no manifest of its group names it (`Books.sweep`). A job says that it may refer to
content before it reads what there is, and a deletion removes the manifest before it looks for such jobs.
S3 shows at once what was written, so one of the two sees the other: either the job does not find the
manifest, or the sweep finds the job and leaves everything to a later one.

A job whose executor was given up for dead, and goes on after another one has begun it anew, publishes
nothing: each attempt has an id, and a manifest of another attempt than job.json's is none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from heapq import merge
from itertools import groupby
from typing import Any, Final, Self
from uuid import uuid4

from auditor.executor.services.aws import error_code
from auditor.executor.services.base import DriverError, NativeBackup, Place
from auditor.executor.services.s3_objects import Entry
from auditor.executor.services.store import Store

#: Entries in one object of the store.
_PART: Final = 5000
_DELETE_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Continuous:
    """What a continuous recovery point knows beyond its entries. Times are milliseconds since 1970, UTC.

    `since` and `until` bound the times that it can be restored to; `days` is its retention. `pruned` is when
    it was last freed of what is older; `previous` is the edition that the next look removes.
    """

    since: int
    until: int
    days: int
    pruned: int
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """A recovery point of a bucket.

    `created` is milliseconds since 1970, UTC; `attempt` is what `Books.begin` gives.
    """

    token: str
    attempt: str
    group: str
    bucket: str
    created: int
    edition: str
    parts: int
    has_acls: bool
    backup: NativeBackup
    continuous: Continuous | None = None

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Read a manifest back."""
        continuous = document["continuous"]
        return cls(
            **document
            | {
                "backup": NativeBackup(**document["backup"]),
                "continuous": None if continuous is None else Continuous(**continuous),
            }
        )


def group_of(bucket: str, kms_key: str | None) -> str:
    """The group of a bucket's recovery points under a vault's key."""
    return sha256(f"{bucket}\0{kms_key or ''}".encode()).hexdigest()[:32]


class Books:
    """The recovery points of buckets in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, place: Place, token: str) -> Book | None:
        """The recovery point that was made whole under `token` and is not deleted."""
        document, job = self._store.find_json(place, f"{token}/manifest.json"), self._job(place, token)
        if document is None or job is None or document["attempt"] != job["attempt"]:
            return None
        return Book.from_json(document)

    def entries(self, place: Place, book: Book) -> Iterator[Entry]:
        """What is in a recovery point, in the order of keys; of a key the newest first."""
        for number in range(1, book.parts + 1):
            key = f"{book.token}/{book.edition}/{number:06d}.json"
            yield from (Entry(**entry) for entry in self._store.get_json(place, key))

    def begin(self, place: Place, book: Book) -> Book:
        """Say that the job of `book` may refer to content of its group from now on; gives the attempt."""
        self.undo(place, book.token)
        book = replace(book, attempt=uuid4().hex)
        marker = f"groups/{book.group}/points/{book.created:015d}-{book.token}"
        document = {"group": book.group, "marker": marker, "attempt": book.attempt}
        kms_key = book.backup.kms_key_arn
        self._store.put_json(place, f"{book.token}/job.json", document, kms_key=kms_key)
        self._store.put(place, marker, b"", kms_key=kms_key)
        return book

    def newest(self, place: Place, token: str, group: str) -> Book | None:
        """The newest recovery point of `group`, whose content the job under `token` may refer to."""
        for other in reversed(self._members(place, group)):
            book = None if other == token else self.find(place, other)
            if book is not None:
                return book
        return None

    def write(
        self, place: Place, token: str, edition: str, entries: Iterable[Entry], *, kms_key: str | None
    ) -> int:
        """Store entries; gives the number of parts."""
        part: list[dict[str, Any]] = []
        number = 0
        for entry in entries:
            part.append(asdict(entry))
            if len(part) == _PART:
                number += 1
                self._store.put_json(place, f"{token}/{edition}/{number:06d}.json", part, kms_key=kms_key)
                part = []
        if part:
            number += 1
            self._store.put_json(place, f"{token}/{edition}/{number:06d}.json", part, kms_key=kms_key)
        return number

    def publish(self, place: Place, book: Book, *, kms_key: str | None) -> None:
        """Make a recovery point of what was written, or replace an earlier edition of it.

        Raises `DriverError` where the attempt is not the last one, or was undone.
        """
        job = self._job(place, book.token)
        if job is None or job["attempt"] != book.attempt:
            raise DriverError(f"{book.backup.arn} was taken over or deleted meanwhile.", "RESOURCE_NOT_FOUND")
        self._store.put_json(place, f"{book.token}/manifest.json", asdict(book), kms_key=kms_key)

    def give_up(self, place: Place, book: Book) -> None:
        """Remember that the content of an edition is to be looked at."""
        key = f"groups/{book.group}/gone/{book.token}/{book.edition}.json"
        self._store.put_json(place, key, {"bucket": book.bucket}, kms_key=book.backup.kms_key_arn)

    def delete(self, place: Place, token: str) -> None:
        """Delete a recovery point, and the content that nothing else needs."""
        job = self._job(place, token)
        if job is None:
            return
        book = self.find(place, token)
        if book is not None:
            self.give_up(place, book)
            self._store.delete_keys(place, [f"{token}/manifest.json"])
        self.sweep(place, job["group"])

    def undo(self, place: Place, token: str) -> None:
        """Delete whatever was made under `token`, whole or in part."""
        job = self._job(place, token)
        if job is None:
            return
        group = job["group"]
        if self.find(place, token) is not None or list(self._below(place, f"groups/{group}/gone/{token}")):
            self.delete(place, token)
            return
        self._remove(place, f"content/{group}/{token}")
        self._forget(place, token, job["marker"])
        self.sweep(place, group)

    def sweep(self, place: Place, group: str) -> None:
        """Delete the given up content of `group` that no recovery point names.

        It leaves everything to a later sweep while a job is under way.
        """
        gone = [name.removesuffix(".json").split("/") for name in self._below(place, f"groups/{group}/gone")]
        if not gone:
            return
        members = self._members(place, group)
        books = {token: self.find(place, token) for token in members}
        dead = {token for token, _ in gone}
        if any(book is None and token not in dead for token, book in books.items()):
            return
        if set(self._members(place, group)) - set(members):  # begun meanwhile, on a manifest that was there
            return
        living = [book for book in books.values() if book is not None]
        kept = {(book.token, book.edition) for book in living}
        given_up = [(token, edition) for token, edition in gone if (token, edition) not in kept]
        self._delete_unnamed(place, given_up, living)
        for token, edition in given_up:
            self._remove(place, f"{token}/{edition}")
            if books.get(token) is None:
                job = self._job(place, token)
                if job is not None:
                    self._forget(place, token, job["marker"])
            self._store.delete_keys(place, [f"groups/{group}/gone/{token}/{edition}.json"])

    def remove_edition(self, place: Place, token: str, edition: str) -> None:
        """Delete the entries of an edition that was replaced, if there was one."""
        if edition:
            self._remove(place, f"{token}/{edition}")

    def _delete_unnamed(self, place: Place, given_up: list[tuple[str, str]], living: list[Book]) -> None:
        """Delete the content of given up editions that no living recovery point names, key by key."""
        streams = [
            ((entry.key, 0, entry.content) for entry in self._left(place, token, edition))
            for token, edition in given_up
        ]
        streams += [((entry.key, 1, entry.content) for entry in self.entries(place, book)) for book in living]
        unnamed: list[str] = []
        for _, found in groupby(merge(*streams, key=lambda item: item[0]), key=lambda item: item[0]):
            contents: tuple[set[str], set[str]] = (set(), set())
            for _, named, content in found:
                contents[named].add(content)
            unnamed += contents[0] - contents[1] - {""}
            if len(unnamed) >= _DELETE_AT_ONCE:
                self._store.delete_keys(place, unnamed)
                unnamed = []
        self._store.delete_keys(place, unnamed)

    def _left(self, place: Place, token: str, edition: str) -> Iterator[Entry]:
        """The entries of a given up edition, as far as an earlier sweep has left them."""
        for name in self._below(place, f"{token}/{edition}"):
            yield from (Entry(**entry) for entry in self._store.get_json(place, f"{token}/{edition}/{name}"))

    def _members(self, place: Place, group: str) -> list[str]:
        """The tokens of the group's recovery points and of jobs under way, the oldest first."""
        return [name.split("-", 1)[1] for name in self._below(place, f"groups/{group}/points")]

    def _job(self, place: Place, token: str) -> dict[str, str] | None:
        job: dict[str, str] | None = self._store.find_json(place, f"{token}/job.json")
        return job

    def _forget(self, place: Place, token: str, marker: str) -> None:
        """Delete what is left under a token; the entry by which it is found goes last."""
        self._remove(place, token, but="job.json")
        self._store.delete_keys(place, [marker])
        self._store.delete_keys(place, [f"{token}/job.json"])

    def _remove(self, place: Place, prefix: str, *, but: str = "") -> None:
        keys = [f"{prefix}/{name}" for name in self._below(place, prefix) if name != but]
        self._store.delete_keys(place, keys)

    def _below(self, place: Place, prefix: str) -> list[str]:
        """Names below a prefix, in their order; none where there is no store yet."""
        try:
            return [item.name for item in self._store.below(place, prefix)]
        except DriverError as error:
            if error_code(error.__cause__) == "NoSuchBucket":
                return []
            raise
