"""What a run looked at: for each account, Region and kind of thing whether it was read, and why not.

    scope.parquet    a row for each account, Region and kind: its state, how much was found, the gaps

Nothing that was not looked at is counted as zero: it has a state and no count.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from auditor.aws.failures import UNREADABLE
from auditor.evaluate.arrow import texts
from auditor.evaluate.gaps import HISTORY_LIMIT
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.subjects import Subjects
from auditor.evidence.layout import file_name
from auditor.evidence.metadata import listed_types
from auditor.evidence.store import Evidence
from auditor.evidence.table_schemas import EVERYTHING
from auditor.model.resource_types import READ, RESOURCE_TYPES
from auditor.model.verdicts import Gap

#: Worst first. FAILED is a call that was not answered, for another reason than a refusal.
STATES: Final = ("DENIED", "FAILED", "PARTLY", "LEFT_OUT", "CLOSED", "NOT_OFFERED", "NOT_NEEDED", "READ")
#: The kinds of things that are read beside resources, and the tables of evidence that hold them.
NOUNS: Final[Mapping[str, tuple[str, ...]]] = {
    "plans": ("backup_plans", "backup_selections"),
    "vaults": ("backup_vaults",),
    "recovery points": ("recovery_points",),
    "backup jobs": ("backup_jobs",),
    "copy jobs": ("copy_jobs",),
    "restore jobs": ("restore_jobs",),
    "settings": ("region_settings",),
}
KINDS: Final = (*RESOURCE_TYPES, *NOUNS)
_DENIALS: Final = (
    "AccessDenied",
    "Unauthorized",
    "NotAuthorized",
    "Forbidden",
    "AuthFailure",
    "OptInRequired",
)
_TAGS: Final = ("resourcegroupstaggingapi", "GetResources")
#: The types that a call lists, or tells the tags of; any other call about resources is about all of them.
_LISTED_BY: Final = {
    (listing.service, operation): {row.name for row in READ if listing in row.listings}
    for row in READ
    for listing in row.listings
    for operation in (listing.operation, *(action.partition(":")[2] for action in listing.actions))
} | {_TAGS: {row.name for row in READ for listing in row.listings if listing.tag_filters}}
#: The types of which a call about one resource can fail: it tells since when it exists.
_ASKED: Final = {row.name for row in READ if row.creation == "asked"}


@dataclass(frozen=True, slots=True)
class PlaceScope:
    """What was looked at in one account and Region ("" is a whole account): by kind a state and a count.

    A count is None where nothing was looked at. `gaps` are ids by kind.
    """

    account_id: str
    region: str
    states: tuple[str, ...]
    counts: tuple[int | None, ...]
    gaps: tuple[tuple[str, ...], ...] = field(default=((),) * len(KINDS))


def places(subjects: Subjects, left_out: Mapping[str, tuple[str, str]]) -> Iterator[PlaceScope]:
    """Every account and Region, sorted; `left_out` as `accounts_left_out` gives it."""
    evidence = subjects.evidence
    needed = set(evidence.metadata.get("tables", EVERYTHING))
    read = {(one.scope.account.account_id, one.scope.region): one for one in subjects.inventories}
    by_account: dict[str, list[Gap]] = {}
    for gap in subjects.gaps.values():
        if gap.service == "organizations":  # of the organization, which the caller asked
            continue
        by_account.setdefault(gap.account_id, []).append(gap)
    silent = {*subjects.accounts, *left_out} - {account_id for account_id, _ in read}
    for account_id, region in sorted([*read, *((name, "") for name in silent)]):
        if account_id in left_out:
            state = left_out[account_id][1]
            yield PlaceScope(account_id, "", (state,) * len(KINDS), (None,) * len(KINDS))
            continue
        gaps = [gap for gap in by_account.get(account_id, ()) if gap.region in ("", region) or not region]
        inventory = read.get((account_id, region))
        yield _place(evidence, (account_id, region), gaps, inventory, needed)


def _place(
    evidence: Evidence,
    place: tuple[str, str],
    gaps: Sequence[Gap],
    inventory: Inventory | None,
    needed: set[str],
) -> PlaceScope:
    states, counts, ids = [], [], []
    kinds = [] if inventory is None else inventory.resource_type.tolist()
    found = Counter(kinds)
    tags = [] if inventory is None else inventory.tags
    untold = {kind for kind, told in zip(kinds, tags, strict=True) if told is None}
    listed = listed_types(evidence)
    absent = listed - (listed if inventory is None else inventory.listed)
    for kind in KINDS:
        tables = NOUNS.get(kind, ("resources",))
        rows = found.get(kind, 0) if kind not in NOUNS else _rows(evidence, tables[0], place)
        ours = [gap for gap in gaps if _is_about(gap, kind, tables, untold)]
        if needed.isdisjoint(tables):
            state = "NOT_NEEDED"
        elif kind not in NOUNS and kind not in listed:
            state = "LEFT_OUT"
        elif not ours and kind in absent and not rows:
            state = "NOT_OFFERED"
        elif not ours:
            state = "READ" if place[1] else "FAILED"
        else:
            state = _worst(ours, rows)
        states.append(state)
        counts.append(rows if state in ("READ", "PARTLY") else None)
        ids.append(tuple(sorted(gap.gap_id for gap in ours)))
    return PlaceScope(*place, tuple(states), tuple(counts), tuple(ids))


def _is_about(gap: Gap, kind: str, tables: Sequence[str], untold: Collection[str]) -> bool:
    """A gap may leave a part unknown of what is listed, such as `backup_plans.document`.

    One of tags is about the types of which there is a resource whose tags are `untold`.
    """
    if {name.partition(".")[0] for name in gap.provides}.isdisjoint(tables):
        return False
    if kind in NOUNS:
        return True
    asked = (gap.service, gap.operation)
    if asked == _TAGS and kind not in untold:
        return False
    return kind in _LISTED_BY.get(asked, (kind,) if "resources" in gap.provides else _ASKED)


def _worst(gaps: Sequence[Gap], rows: int) -> str:
    """Something was read where there are rows, or where only some items or days are not known."""
    if rows or all(gap.error in (UNREADABLE, HISTORY_LIMIT) for gap in gaps):
        return "PARTLY"
    denied = any(word in gap.error for gap in gaps for word in _DENIALS)
    return "DENIED" if denied else "FAILED"


def _rows(evidence: Evidence, table: str, place: tuple[str, str]) -> int:
    file = evidence.files.get(file_name(table, *place)) if place[1] else None
    return 0 if file is None else file.rows


def accounts_left_out(subjects: Subjects) -> dict[str, tuple[str, str]]:
    """Accounts of the organization of which nothing was asked: name and state by id.

    A closed one is CLOSED. Another is LEFT_OUT where the settings name accounts, else FAILED: it lies where
    the organization could not be read.
    """
    about = subjects.evidence.metadata.get("provenance") or {}
    stated = {entry["name"]: entry["value"] for entry in about.get("settings", ())}
    unnamed = "FAILED" if stated.get("accounts") == "organization" else "LEFT_OUT"
    listed = {
        row["account_id"]: (row["name"], row["status"])
        for row in subjects.evidence.read("organization_accounts").to_pylist()
    }
    closed = {
        one.account_id: (one.name, one.status)
        for one in subjects.accounts.values()
        if one.status not in ("ACTIVE", "")
    }
    asked = {account_id for account_id, _ in subjects.evidence.partitions()}
    asked |= {gap.account_id for gap in subjects.known} | (subjects.accounts.keys() - closed.keys())
    return {
        account_id: (name, unnamed if status in ("ACTIVE", "") else "CLOSED")
        for account_id, (name, status) in (listed | closed).items()
        if account_id not in asked
    }


def write_scope(file: BinaryIO, found: Sequence[PlaceScope], names: Mapping[str, str]) -> None:
    """Write every place as `scope.parquet`: a row for each kind; a count that is not known is null."""
    each = [(one, number) for one in found for number in range(len(KINDS))]
    columns = {
        "account_id": (one.account_id for one, _ in each),
        "account_name": (names.get(one.account_id, "") for one, _ in each),
        "region": (one.region for one, _ in each),
        "kind": (KINDS[number] for _, number in each),
        "state": (one.states[number] for one, number in each),
        "found": ("" if (count := one.counts[number]) is None else str(count) for one, number in each),
        "gaps": (" ".join(one.gaps[number]) for one, number in each),
    }
    pq.write_table(pa.Table.from_arrays([texts(values) for values in columns.values()], [*columns]), file)
