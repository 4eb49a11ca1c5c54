"""What was read beside what others count of the same: both numbers, and where they differ, why.

    reconciliation.parquet    a row for each number that was compared, or could not be

A number that nobody told is not zero: its row is UNKNOWN and says why. Nothing here changes a verdict.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import pyarrow as pa

from auditor.collect.jobs import HISTORY_DAYS
from auditor.collect.totals import JOBS, TAGGED, VAULTS
from auditor.evaluate.arrow import texts
from auditor.evaluate.columns import milliseconds
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.subjects import Subjects
from auditor.evaluate.times import DAY_MS, epoch_ms, parse
from auditor.evidence.metadata import listed_types
from auditor.evidence.store import Evidence
from auditor.evidence.table_schemas import TOTALS
from auditor.judge.row_groups import RowGroups
from auditor.model.resource_types import TAGGED_AS, tagged_as

#: Days that AWS Backup's own counts reach back (aws-backup.md 1.1 row 26).
_DAYS: Final = 14
_SHOWN: Final = 10
_TEXT: Final = 300
_APPROXIMATE: Final = (
    "no recorded reason; AWS calls its number approximate, and points may have come or gone meanwhile"
)
_ONCE_TAGGED: Final = "the tagging API also lists what once had tags, and what was just deleted"
_UNREAD_TYPES: Final = "the tagging API counts types with it that were not listed here: {}"
_NO_REASON: Final = "no recorded reason"
_NOT_ASKED: Final = "it was not asked, or its answer was not recorded"
_NAMES: Final = ("what", "source", "account_id", "region", "about", "ours", "theirs", "state", "why", "gaps")
SCHEMA: Final = pa.schema([(name, pa.string()) for name in _NAMES])


class Comparison(NamedTuple):
    """Two counts of one thing; `ours` or `theirs` is None where it is not known, as `why` then says."""

    what: str
    source: str
    account_id: str
    region: str
    about: str
    ours: int | None
    theirs: int | None
    why: str = ""
    gaps: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """AGREES, DIFFERS or UNKNOWN."""
        if self.ours is None or self.theirs is None:
            return "UNKNOWN"
        return "AGREES" if self.ours == self.theirs else "DIFFERS"


@dataclass(slots=True)
class _Sums:
    ours: int = 0
    theirs: int = 0
    states: Counter[str] = field(default_factory=Counter)
    explained: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    shown: list[Comparison] = field(default_factory=list)


class Reconciliation:
    """The comparisons of a run, written to `rows` as they are made, and their sums by what is counted."""

    def __init__(self, rows: RowGroups) -> None:
        self._rows = rows
        self._sums: dict[tuple[str, str], _Sums] = {}
        self.tagged: dict[str, int | None] = {}

    def compare(self, subjects: Subjects) -> None:
        """Make every comparison of a run."""
        self._add([_accounts(subjects)])
        for inventory in subjects.inventories:
            place = (inventory.scope.account.account_id, inventory.scope.region)
            totals = subjects.evidence.read(TOTALS, *place).to_pylist()
            for row in totals:
                if row["source"] == TAGGED and row["count"] is not None:
                    self.tagged[row["about"]] = (self.tagged.get(row["about"]) or 0) + row["count"]
            self._add(_of_place(subjects, inventory, totals))

    def document(self) -> tuple[dict[str, Any], ...]:
        """Sums by what is counted, each with the first differences: those without a reason first."""
        return tuple(
            {
                "what": what,
                "source": source,
                "ours": sums.ours if sums.states["UNKNOWN"] < sums.states.total() else None,
                "theirs": sums.theirs if sums.states["UNKNOWN"] < sums.states.total() else None,
                "compared": sums.states["AGREES"] + sums.states["DIFFERS"],
                "unknown": sums.states["UNKNOWN"],
                "differing": sums.states["DIFFERS"],
                "explained": sums.explained,
                "notes": [note for note, _ in sums.notes.most_common(3)],
                "shown": [_shown(one) for one in sums.shown],
            }
            for (what, source), sums in self._sums.items()
        )

    def _add(self, found: Iterable[Comparison]) -> None:
        rows = list(found)
        if rows:
            columns = (
                *(texts(getattr(one, name) for one in rows) for name in _NAMES[:5]),
                *(texts(_number(one.ours) for one in rows), texts(_number(one.theirs) for one in rows)),
                *(texts(one.state for one in rows), texts(one.why for one in rows)),
                texts(" ".join(one.gaps) for one in rows),
            )
            self._rows.add(pa.Table.from_arrays([*columns], schema=SCHEMA))
        for one in rows:
            sums = self._sums.setdefault((one.what, one.source), _Sums())
            sums.states[one.state] += 1
            if one.state == "UNKNOWN":
                sums.notes[one.why[:_TEXT]] += 1
                continue
            sums.ours += one.ours or 0
            sums.theirs += one.theirs or 0
            if one.state == "DIFFERS":
                sums.explained += _is_explained(one)
                sums.shown = sorted([*sums.shown, one], key=_open_first)[:_SHOWN]


def _number(count: int | None) -> str:
    return "" if count is None else str(count)


def _is_explained(one: Comparison) -> bool:
    return bool(one.gaps) or not one.why.startswith(_NO_REASON)


def _open_first(one: Comparison) -> tuple[Any, ...]:
    apart = abs((one.ours or 0) - (one.theirs or 0))
    return _is_explained(one), -apart, one.account_id, one.region, one.about


def _shown(one: Comparison) -> dict[str, Any]:
    return {
        "account_id": one.account_id,
        "region": one.region,
        "about": one.about[:_TEXT],
        "ours": one.ours,
        "theirs": one.theirs,
        "why": one.why[:_TEXT],
        "gaps": list(one.gaps[:_SHOWN]),
    }


def _accounts(subjects: Subjects) -> Comparison:
    """The accounts of the run beside those that Organizations lists."""
    about = subjects.evidence.metadata.get("provenance") or {}
    organization = about.get("organization") or {}
    listed, ours = organization.get("accounts"), len(subjects.accounts)
    stated = {entry["name"]: entry["value"] for entry in about.get("settings", ())}
    why = ""
    gaps: tuple[str, ...] = ()
    if listed is None:
        why = "; ".join(organization.get("notes", ())) or _NOT_ASKED
    elif listed != ours:
        gaps = subjects.unread.anywhere("accounts")
        named = stated.get("accounts", "organization") != "organization"
        why = f"the setting accounts is {stated['accounts']}" if named else "" if gaps else _NO_REASON
    return Comparison("accounts", "ListAccounts", "", "", "", ours, listed, why[:_TEXT], gaps)


def _of_place(subjects: Subjects, inventory: Inventory, totals: list[dict[str, Any]]) -> Iterator[Comparison]:
    place = (inventory.scope.account.account_id, inventory.scope.region)
    by_source: dict[str, list[dict[str, Any]]] = {JOBS: [], VAULTS: [], TAGGED: []}
    for row in totals:
        by_source.setdefault(row["source"], []).append(row)
    yield _jobs(subjects, place, by_source[JOBS])
    yield from _vaults(subjects, place, by_source[VAULTS])
    yield from _tags(subjects, inventory, by_source[TAGGED])


def _jobs(subjects: Subjects, place: tuple[str, str], rows: list[dict[str, Any]]) -> Comparison:
    """Jobs by the day of their creation, UTC, over the whole days that both sides have."""
    what, evidence = ("backup jobs", JOBS, *place), subjects.evidence
    collected = parse(evidence.metadata["collected_at"])
    end = epoch_ms(collected) // DAY_MS
    since = max(subjects.period.start_ms, epoch_ms(collected - timedelta(days=HISTORY_DAYS)))
    first = max(end - _DAYS, -(-since // DAY_MS))
    days = [_day(number) for number in range(first, end)]
    gaps = subjects.unread.ids(("backup_jobs",), *place)
    if not days or not rows or any(row["count"] is None for row in rows):
        why = next((row["note"] for row in rows if row["note"]), "" if days else "no whole day is in both")
        return Comparison(*what, "", None, None, why or _NOT_ASKED, gaps)
    if "backup_jobs" not in evidence.metadata.get("tables", ("backup_jobs",)):
        return Comparison(*what, "", None, None, "no control needed the jobs, so they were not read")
    created = milliseconds(evidence.read("backup_jobs", *place, columns=["created_at"])["created_at"])
    ours = int(((created >= first * DAY_MS) & (created < end * DAY_MS)).sum())
    theirs = sum(row["count"] for row in rows if row["about"] in set(days))
    why = "" if ours == theirs or gaps else _NO_REASON
    return Comparison(*what, f"{days[0]} to {days[-1]}", ours, theirs, why, gaps if ours != theirs else ())


def _day(number: int) -> str:
    return f"{datetime.fromtimestamp(number * DAY_MS / 1000, UTC):%Y-%m-%d}"


def _vaults(subjects: Subjects, place: tuple[str, str], rows: list[dict[str, Any]]) -> Iterator[Comparison]:
    what = ("recovery points", VAULTS, *place)
    gaps = subjects.unread.ids(("recovery_points",), *place)
    read = _counted(subjects.evidence, "recovery_points", place, "vault_arn")
    for row in rows:
        if row["count"] is None:
            yield Comparison(*what, row["about"], read.get(row["about"], 0), None, row["note"])
            continue
        ours = read.get(row["about"], 0)
        same = ours == row["count"]
        why = "" if same or gaps else _APPROXIMATE
        yield Comparison(*what, row["about"], ours, row["count"], why, () if same else gaps)
    if not rows and gaps:
        yield Comparison(*what, "", None, None, "the vaults were not listed", gaps)


def _tags(subjects: Subjects, inventory: Inventory, rows: list[dict[str, Any]]) -> Iterator[Comparison]:
    """Resources with tags, by the API's word for their type; only types of which some are read."""
    place = (inventory.scope.account.account_id, inventory.scope.region)
    what = ("resources with tags", TAGGED, *place)
    gaps = subjects.unread.ids(("resources",), *place)
    tagged = zip(inventory.arn, inventory.tags, strict=True)
    asked = listed_types(subjects.evidence)
    ours = Counter(tagged_as(arn) for arn, tags in tagged if tags)
    for row in rows:
        kinds = TAGGED_AS.get(row["about"], ())
        if asked.isdisjoint(kinds):
            continue
        count = ours[row["about"]]
        if row["count"] is None:
            yield Comparison(*what, row["about"], count, None, row["note"])
            continue
        same = count == row["count"]
        why = "" if same or gaps else _why_tags(kinds, inventory.listed, count, row["count"])
        yield Comparison(*what, row["about"], count, row["count"], why, () if same else gaps)


def _why_tags(kinds: Iterable[str], listed: Collection[str], ours: int, theirs: int) -> str:
    if ours > theirs:
        return _NO_REASON
    unread = [kind for kind in kinds if kind not in listed]
    return _UNREAD_TYPES.format(", ".join(unread)) if unread else _ONCE_TAGGED


def _counted(evidence: Evidence, table: str, place: tuple[str, str], column: str) -> Mapping[str, int]:
    counts = evidence.read(table, *place, columns=[column])[column].value_counts().to_pylist()
    return {one["values"]: one["counts"] for one in counts}
