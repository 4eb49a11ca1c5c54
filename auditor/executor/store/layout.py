"""Where recovery points of buckets and file systems lie in the store, and the content that they share.

    <token>/job.json                     a `Claim` that has a `StoredPoint`: the attempt that counts
    groups/<group>/attempts/<time>-<attempt>    who may refer to content of the group
    groups/<group>/gone/<token>/<attempt>/<edition>    entries that were given up: their content is to be
                                                looked at
    groups/<group>/kept/<edition>        content that outlives the edition that has taken it in
    groups/<group>/stored/<edition>/content/<digest>    an object, or a chunk, that an edition has taken in
    groups/<group>/stored/<attempt>/entries/<edition>/<number>.json    entries in the order of keys
    groups/<group>/stored/<attempt>/entries/tree/<number>.json    the files of a file system

A group is a bucket, or a file system, under a vault's key. An edition is what an attempt has made, and has
its name; only a continuous recovery point has further ones, each under a name of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from typing import Any, Final, Self

from auditor.executor.seam.driver import NativeBackup, Place
from auditor.executor.store.attempts import Claim, Claims
from auditor.executor.store.buckets import Entry
from auditor.executor.store.objects import Store

#: Entries in one object of the store.
_PART: Final = 5000


@dataclass(frozen=True, slots=True)
class Continuous:
    """What a continuous recovery point knows beyond its entries. Times are milliseconds since 1970, UTC.

    `since` and `until` bound the times that it can be restored to; `days` is its retention. `pruned` is when
    it was last freed of what is older; `previous` is the edition that the next look removes; `took` says
    whether the edition has content of its own. `looking` is the edition that a look is making.
    """

    since: int
    until: int
    days: int
    pruned: int
    previous: str = ""
    took: bool = False
    looking: str = ""


@dataclass(frozen=True, slots=True)
class StoredPoint:
    """A recovery point of a bucket, or of a file system, whose name is `bucket`.

    `created` is milliseconds since 1970, UTC. `continuous` is None where it is no continuous one. `left_out`
    are the parts of a bucket's objects that were not wanted (`ACLs`, `ObjectTags`), with spaces between.
    """

    claim: Claim
    group: str
    bucket: str
    created: int
    has_acls: bool
    backup: NativeBackup
    edition: str = ""
    parts: int = 0
    continuous: Continuous | None = None
    left_out: str = ""

    @classmethod
    def of(cls, claim: Claim) -> Self:
        """Read what a claim has."""
        about: dict[str, Any] = dict(claim.about)
        continuous = about.pop("continuous")
        return cls(
            claim=replace(claim, about={}),
            backup=NativeBackup(**about.pop("backup")),
            continuous=None if continuous is None else Continuous(**continuous),
            **about,
        )

    def claimed(self, state: str) -> Claim:
        """The claim that has this."""
        names = (field.name for field in fields(self) if field.name != "claim")
        values = ((name, getattr(self, name)) for name in names)
        plain = {n: asdict(v) if isinstance(v, NativeBackup | Continuous) else v for n, v in values}
        return replace(self.claim, state=state, about=plain)

    @property
    def token(self) -> str:
        """The token that it was made under, in small letters."""
        return self.claim.token

    @property
    def attempt(self) -> str:
        """The attempt that has begun it."""
        return self.claim.attempt

    @property
    def marker(self) -> str:
        """The name by which its group knows the attempt; markers are in the order of time."""
        return f"{self.created:015d}-{self.attempt}"


def group_of(bucket: str, kms_key: str | None) -> str:
    """The group of a bucket's recovery points under a vault's key."""
    return sha256(f"{bucket}\0{kms_key or ''}".encode()).hexdigest()[:32]


def content_of(group: str, edition: str) -> str:
    """Where content lies that an edition takes in."""
    return f"groups/{group}/stored/{edition}/content"


def tree_of(point: StoredPoint) -> str:
    """Where the files of a file system are described."""
    return f"{_entries(point.group, point.attempt)}/tree"


class StoreLayout:
    """Recovery points and what belongs to them, one call each."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.claims = Claims(store)

    def read(self, place: Place, token: str) -> StoredPoint | None:
        """What is made, or was made, under `token`; its claim has the state."""
        claim = self.claims.read(place, token)
        return None if claim is None else StoredPoint.of(claim)

    def write(self, place: Place, point: StoredPoint, state: str) -> StoredPoint:
        """Replace what `point` was read as; raises `TakenOverError`."""
        return replace(point, claim=self.claims.write(place, point.claimed(state)))

    def entries(self, place: Place, point: StoredPoint) -> Iterator[Entry]:
        """What is in a recovery point, in the order of keys; of a key the newest first."""
        for number in range(1, point.parts + 1):
            key = f"{_entries(point.group, point.attempt)}/{point.edition}/{number:06d}.json"
            yield from (Entry(**entry) for entry in self.store.get_json(place, key))

    def entry_keys(self, place: Place, point: StoredPoint) -> Iterator[str]:
        """The keys of what says what is in a recovery point, and of the files of a file system."""
        prefix = _entries(point.group, point.attempt)
        for item in self.store.below(place, prefix):
            yield f"{prefix}/{item.name}"

    def left(self, place: Place, group: str, attempt: str, edition: str) -> Iterator[Entry]:
        """The entries of a given up edition that other sweeps have not deleted yet."""
        prefix = f"{_entries(group, attempt)}/{edition}"
        for item in self.store.below(place, prefix):
            found = self.store.find_version(place, f"{prefix}/{item.name}")
            yield from (Entry(**entry) for entry in (() if found is None else found[0]))

    def write_entries(self, place: Place, point: StoredPoint, entries: Iterable[Entry]) -> int:
        """Store the entries of an edition; gives the number of parts."""
        prefix = f"{_entries(point.group, point.attempt)}/{point.edition}"
        return write_parts(self.store, place, prefix, map(asdict, entries), kms_key=point.claim.kms_key)

    def remove_entries(self, place: Place, group: str, attempt: str, edition: str = "") -> None:
        """Delete the entries of an edition, or all that an attempt has, but no content."""
        self.store.delete(place, f"{_entries(group, attempt)}/{edition}".removesuffix("/"))

    def discard(self, place: Place, group: str, edition: str, *markers: str) -> None:
        """Delete all that was stored for what never was a recovery point, and then its markers."""
        self.store.delete(place, f"groups/{group}/stored/{edition}")
        self.unmark(place, group, "attempts", *markers)

    def mark(self, place: Place, group: str, kind: str, name: str, kms_key: str | None) -> None:
        """Remember a name: of "attempts", "gone" or "kept"."""
        self.store.put(place, f"groups/{group}/{kind}/{name}", b"", kms_key=kms_key)

    def unmark(self, place: Place, group: str, kind: str, *names: str) -> None:
        """Forget names."""
        self.store.delete_keys(place, [f"groups/{group}/{kind}/{name}" for name in names])

    def marked(self, place: Place, group: str, kind: str) -> list[str]:
        """The names that are remembered, in their order: of markers the oldest first."""
        return [item.name for item in self.store.below(place, f"groups/{group}/{kind}")]

    def stored(self, place: Place, group: str) -> set[str]:
        """The editions and attempts of which something is stored."""
        return self.store.folders(place, f"groups/{group}/stored")


def write_parts(
    store: Store, place: Place, prefix: str, entries: Iterable[dict[str, Any]], *, kms_key: str | None
) -> int:
    """Store entries in objects that are numbered from 1; gives how many."""
    part: list[dict[str, Any]] = []
    number = 0
    for entry in entries:
        part.append(entry)
        if len(part) == _PART:
            number += 1
            store.put_json(place, f"{prefix}/{number:06d}.json", part, kms_key=kms_key)
            part = []
    if part:
        number += 1
        store.put_json(place, f"{prefix}/{number:06d}.json", part, kms_key=kms_key)
    return number


def _entries(group: str, attempt: str) -> str:
    return f"groups/{group}/stored/{attempt}/entries"
