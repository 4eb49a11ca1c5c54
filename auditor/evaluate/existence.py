"""Since when a resource exists, and since when the backups under its ARN belong to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.selection import RESTORE_TEST
from auditor.evaluate.arrow import array, numbers, texts
from auditor.evaluate.columns import coded_rows, flags, local_index, milliseconds
from auditor.evaluate.times import DAY_MS
from auditor.model.resource_types import READ

#: In a column of times: nothing was heard of.
NO_SIGN: Final = np.iinfo(np.int64).max
#: Types whose recorded creation may be later than the true one: an earlier job or recovery point proves that
#: the resource is older.
_MOVING: Final = frozenset(row.name for row in READ if row.creation in ("late", "moves"))
#: Types with a creation date that stays, and whose ARN is a name that may be given again.
_RENEWED: Final = frozenset(row.name for row in READ if row.reusable_arn and row.creation != "moves")
#: Types whose date changes without a new resource: it says how old the resource is at least.
_RESTLESS: Final = frozenset(row.name for row in READ if row.creation == "moves")
#: Types whose listing tells no creation: those that no old job or recovery point names are asked one by one.
_ASKED: Final = frozenset(row.name for row in READ if row.creation == "asked")
#: A validation takes up to 7 days, and the deletion of a bucket several more (aws-backup.md 1.3).
_TEST_MS: Final = 14 * DAY_MS


def existing(
    resources: pa.Table, as_of_ms: int, read: Callable[[str, Sequence[str]], pa.Table]
) -> tuple[pa.Table, NDArray[np.int64]]:
    """The resources that existed at `as_of_ms`, each once, and since when (ms; -1 where that is not known).

    What a restore test made and AWS Backup is still to delete is none of them.

    `read` gives columns of the account's and Region's jobs and recovery points. Pages that moved while they
    were read may list a resource twice.
    """
    index = {arn: number for number, arn in enumerate(resources["arn"].to_pylist())}
    kinds = resources["resource_type"].to_pylist()
    since = milliseconds(resources["created_at"]).copy()
    moving = np.array([kind in _MOVING for kind in kinds], bool) & (since != ABSENT)
    if moving.any():
        since[moving] = np.minimum(since, first_signs(index, len(since), read))[moving]
    kept = np.array([*index.values()], np.int64)
    kept = kept[since[kept] <= as_of_ms]
    kept = kept[~_being_tested(resources, since, as_of_ms)[kept]]
    return (resources if len(kept) == len(resources) else resources.take(numbers(kept))), since[kept]


def _being_tested(resources: pa.Table, since: NDArray[np.int64], as_of_ms: int) -> NDArray[np.bool_]:
    """Which resources a restore test made not long ago (aws-backup.md 1.3): nobody backs these up.

    One that is older is there to stay, whatever it is called, and is judged as any other.
    """
    named = flags(pc.starts_with(resources["name"], RESTORE_TEST))
    tag = texts([RESTORE_TEST])[0]
    tagged = flags(pc.is_valid(pc.map_lookup(resources["tags"], tag, "first")))
    young: NDArray[np.bool_] = (since != ABSENT) & (as_of_ms - since <= _TEST_MS)
    return (named | tagged) & young


def first_signs(
    index: Mapping[str, int],
    size: int,
    read: Callable[[str, Sequence[str]], pa.Table],
    tables: Sequence[str] = ("backup_jobs", "recovery_points"),
) -> NDArray[np.int64]:
    """When each resource is first heard of: the creation of its first job or recovery point, ms.

    `index` gives its number by ARN. The largest number where there is none.
    """
    first = np.full(size, NO_SIGN, np.int64)
    for table in tables:
        signs = read(table, ("resource_arn", "created_at"))
        owner, times = local_index(signs["resource_arn"], index), milliseconds(signs["created_at"])
        told = np.flatnonzero((owner != ABSENT) & (times != ABSENT))
        np.minimum.at(first, owner[told], times[told])
    return first


def owned_since(kinds: Iterable[str], since: NDArray[np.int64]) -> NDArray[np.int64]:
    """Since when backups under each ARN are this resource's, ms; older ones may be of an earlier namesake."""
    return np.where([kind in _RENEWED for kind in kinds], since, ABSENT)


def asked(kinds: Iterable[str]) -> NDArray[np.bool_]:
    """Which resources were asked for their creation one by one."""
    return np.array([kind in _ASKED for kind in kinds], bool)


def restless(kinds: Iterable[str]) -> NDArray[np.bool_]:
    """Which resources may be older than their date says (S3: it moves when the bucket's policy is edited)."""
    return np.array([kind in _RESTLESS for kind in kinds], bool)


def newest_jobs(read: Callable[[str, Sequence[str]], pa.Table]) -> dict[tuple[str, str], tuple[int, str]]:
    """Creation, ms, and id of the newest job of each plan and resource ARN."""
    table = read("backup_jobs", ["plan_id", "resource_arn", "created_at", "job_id"])
    table = table.filter(pc.and_(pc.is_valid(table["plan_id"]), pc.is_valid(table["created_at"])))
    keys = [("created_at", "ascending"), ("job_id", "ascending")]
    order = array(pc.sort_indices(table, sort_keys=keys), np.uint64).astype(np.int64)
    pair, pairs = coded_rows(table["plan_id"], table["resource_arn"])
    newest = np.zeros(len(pairs), np.int64)
    newest[pair[order]] = order  # of several the last one stays
    created = milliseconds(table["created_at"])[newest].tolist()
    jobs = table["job_id"].take(numbers(newest)).to_pylist()
    return dict(zip(pairs, zip(created, jobs, strict=True), strict=True))
