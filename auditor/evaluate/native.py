"""What protects resources apart from AWS Backup, and whether a tier accepts it (docs/what-protects-what.md).

Nothing follows from what is not told: it is neither protection nor a lack of it. That is a gap where the tier
of a resource accepts that kind of protection for a resource of its type, and nowhere else.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.lifecycle_policy import Tags, backs_up
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, Hole, Lazy, encode
from auditor.evaluate.native_backups import SNAPSHOT, NativeBackups, snapshot_rows
from auditor.evaluate.native_words import VERSIONING, WORDS, Row, as_on, as_told, line, no_days
from auditor.evaluate.needs import accepted_kinds
from auditor.evaluate.times import HOUR_MS, epoch_ms
from auditor.evidence.native_tables import (
    BACKUP_LISTS,
    BACKUPS,
    KEPT_UNTIL,
    NATIVE,
    NATIVE_ASKED,
    VERSIONS_KEPT,
)
from auditor.evidence.table_schemas import TABLES
from auditor.model.resource_types import TYPES

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory

Bools = NDArray[np.bool_]

_POLICY: Final = "lifecycle_policy"
_COVERAGE: Final = "coverage"
#: What else may be missing that tells for how many days a kind keeps.
_DAYS_TOLD_BY: Final = {SNAPSHOT: KEPT_UNTIL, VERSIONING: VERSIONS_KEPT}
#: For both a tier accepts what stands in place of a plan.
_IN_PLACE: Final = (_COVERAGE, "retention")


class Native:
    """What is told of the resources of one account and Region.

    Evidence that was read long after `as_of` does not say what was switched on then: nothing is told by it
    but the backups of then that are still there. `policies` are the rows of `lifecycle_policies`; None where
    nothing is recorded, which can tell neither them nor backups.
    """

    def __init__(self, inventory: "Inventory", policies: Sequence[Row] | None) -> None:
        self.inventory, self._policies = inventory, policies

    @cached_property
    def told(self) -> Mapping[int, Sequence[Row]]:
        """The rows of `native_protection` by the number of their resource."""
        found: dict[int, list[Row]] = {}
        for index, row in self._each():
            found.setdefault(index, []).append(row)
        return found

    def _each(self) -> Iterator[tuple[int, Row]]:
        inventory = self.inventory
        if not inventory.scope.past:
            for row in _rows(inventory.read(NATIVE)):
                if row["arn"] in inventory.index:
                    yield inventory.index[row["arn"]], row
            yield from self._of_policies()
        if self.backups is not None and SNAPSHOT in accepted_kinds(inventory.scope.tiers):
            yield from snapshot_rows(inventory, self.backups)

    @cached_property
    def backups(self) -> NativeBackups | None:
        """The backups that are there, of which a tier may accept some; None: nothing can tell them."""
        return None if self._policies is None else NativeBackups.of(self.inventory)

    def tags_of(self, index: int) -> Tags | None:
        """The tags of a resource; None where one that may decide about a policy is not known."""
        return self.inventory.tags[index]

    def on(self, index: int) -> list[dict[str, Any]] | None:
        """What is switched on for a resource, by kind, in words, with days; None: nothing is told of it."""
        rows = self.told.get(index)
        return (
            None if rows is None else [as_on(row, self._kept(index, row)) for row in rows if row["enabled"]]
        )

    def _kept(self, index: int, row: Row) -> int | None:
        """For how many days it keeps what it makes; None where it promises none that its tier demands.

        The rules of a bucket's lifecycle end versions; none keeps them from whoever may delete them before.
        """
        days: int | None = row["retention_days"]
        code = int(self.inventory.tier[index])
        if row["kind"] != VERSIONING or days is None or code == ABSENT:
            return days
        tier = self.inventory.scope.tiers.tiers[self.inventory.tier_names[code]]
        return days if days < tier.get("retention_days", 0) else None

    def _is_without_days(self, index: int, kind: str) -> bool:
        """Whether it has that kind, switched on, and no number of days."""
        of_kind = (row for row in self.told[index] if row["kind"] == kind and row["enabled"])
        return any(self._kept(index, row) is None for row in of_kind)

    def accepted(self, satisfies: str) -> list[Sequence[str]]:
        """The kinds that each tier, by its code, accepts for something."""
        tiers = self.inventory.scope.tiers.tiers
        return [tiers[name].get("native", {}).get(satisfies, ()) for name in self.inventory.tier_names]

    def holes(self, satisfies: str) -> Iterator[Hole]:
        """The resources of which it is not told whether that is on which their tier accepts for something."""
        accepted = self.accepted(satisfies)
        for kind in sorted({kind for kinds in accepted for kind in kinds}):
            codes = [code for code, kinds in enumerate(accepted) if kind in kinds]
            where = np.isin(self.inventory.tier, codes) & self._untold(kind)
            for word, told_there in self.lists_of(kind):
                if (where & told_there).any():
                    yield Hole(self.gaps(kind, word), where & told_there, partial=True, passes=True)

    def lists_of(self, kind: str) -> Iterator[tuple[str, Bools]]:
        """What tells a kind, in the words of a gap's `provides`, and of which resources."""
        if kind != SNAPSHOT:
            yield NATIVE_ASKED.get(kind, NATIVE), np.ones(self.inventory.size, bool)
            return
        for word, (kinds, _) in BACKUP_LISTS.items():
            yield word, np.isin(self.inventory.resource_type, kinds)

    def holes_of_days(self) -> Iterator[Hole]:
        """The resources of which it is not told for how long that keeps which counts in place of a plan."""
        held = [{*one}.intersection(two) for one, two in zip(*map(self.accepted, _IN_PLACE), strict=True)]
        tier, scope = self.inventory.tier, self.inventory.scope
        for kind in sorted({kind for kinds in held for kind in kinds}):
            where = np.zeros(self.inventory.size, bool)
            where[[index for index in self.told if self._is_without_days(index, kind)]] = True
            where &= np.isin(tier, [code for code, kinds in enumerate(held) if kind in kinds])
            place = f"account {scope.account.account_id} in {scope.region}"
            locked = where if kind != SNAPSHOT else where & (self.inventory.resource_type == "EBS")
            ids = scope.missing(_DAYS_TOLD_BY[kind]) if kind in _DAYS_TOLD_BY else ()
            for part, missing in ((locked, ids), (where & ~locked, ())):
                if part.any():
                    untold = scope.unknown(NATIVE, "Untold", f"{kind} days", no_days(kind, place))
                    yield Hole(missing or (untold,), part, partial=True, passes=True)

    def _of_policies(self) -> Iterator[tuple[int, Row]]:
        """Rows of what a policy of Data Lifecycle Manager backs up, and of what none does."""
        inventory, policies = self.inventory, self._policies
        if policies is None or _POLICY not in accepted_kinds(inventory.scope.tiers):
            return
        whole = not inventory.scope.missing(NATIVE_ASKED[_POLICY])
        read = [
            (row["policy_id"], None if row["document"] is None else orjson.loads(row["document"]))
            for row in sorted(policies, key=lambda row: row["policy_id"])
            if row["state"] == "ENABLED"
        ]
        seen: dict[Hashable, Row | None] = {}  # many resources have the same tags
        for index, kind in enumerate(inventory.resource_type):
            if _POLICY not in TYPES[kind].native:
                continue
            tags, carriers = self.tags_of(index), self._carriers(index)
            alike = (kind, _key(tags), *map(_key, carriers))
            if alike not in seen:
                answers = {name: _backs_up(policy, kind, tags, carriers) for name, policy in read}
                seen[alike] = _row(answers, whole=whole)
            row = seen[alike]
            if row is not None:
                yield index, row

    def _carriers(self, index: int) -> list[Tags | None]:
        """The tags of the instances that a volume is attached to; None: not known."""
        inventory = self.inventory
        return [
            self.tags_of(inventory.index[arn]) if arn in inventory.index else None
            for arn in inventory.attached.get(inventory.arn[index], ())
        ]

    def _untold(self, kind: str) -> Bools:
        """The resources that can have a kind of protection, and of which that is not told."""
        possible = [name in TYPES and kind in TYPES[name].native for name in self.inventory.resource_type]
        untold = np.array(possible, bool)
        untold[[index for index, rows in self.told.items() if any(row["kind"] == kind for row in rows)]] = (
            False
        )
        return untold

    def gaps(self, kind: str, word: str) -> tuple[str, ...]:
        """Ids of the gaps that say why a kind is not told of resources of which `word` tells it."""
        scope = self.inventory.scope
        where = f"account {scope.account.account_id} in {scope.region}"
        if scope.past:
            hours = (scope.read_ms - epoch_ms(scope.as_of)) / HOUR_MS
            said = (
                f"The settings of resources of {where} were read {hours:.0f} h after as_of: which had "
                f"{WORDS[kind]} then is not known."
            )
            return (scope.unknown(NATIVE, "ReadLater", kind, said),)
        said = f"Whether resources of {where} have {WORDS[kind]} is not told of all of them."
        if kind == SNAPSHOT:
            said = (
                f"Resources of {where} are, or may be, younger than their tier's RPO, with no new snapshot: "
                "whether anybody makes snapshots of them is not known."
            )
        words = (BACKUPS, word) if kind == SNAPSHOT else (word,)
        return scope.missing(*words) or (scope.unknown(NATIVE, "Untold", kind, said),)


def native_facts(inventory: "Inventory", selected: Callable[[], Column | Lazy]) -> Mapping[str, Fact]:
    """What is switched on for each resource apart from AWS Backup; `selected` says whether a plan does."""
    native = inventory.native
    return {
        "protection.native_on": lambda: encode(
            [native.on(index) for index in range(inventory.size)],
            *_holes_of_cover(native, selected),
            *native.holes_of_days(),
        ),
        "protection.native_told": Lazy(
            lambda index: as_told(native.told.get(index, ())) or None, inventory.size
        ),
    }


def _holes_of_cover(native: Native, selected: Callable[[], Column | Lazy]) -> Iterator[Hole]:
    """What is not told of what stands in place of a plan.

    Where no plan and nothing that is told does, it is not known at all: what is there may be kept for too
    short a time. Elsewhere more of it could only take a finding away.
    """
    holes = [*native.holes(_COVERAGE)]
    if not holes:
        return
    inventory, accepted = native.inventory, native.accepted(_COVERAGE)
    required = [code for code, name in enumerate(inventory.tier_names) if _demands(inventory, name)]
    found = selected()
    column = found.column() if isinstance(found, Lazy) else found
    bare: Bools = np.array([*(value is False for value in column.values), False], bool)[column.codes]
    bare &= np.isin(inventory.tier, required)
    for index, rows in native.told.items():
        if bare[index]:
            kinds = accepted[int(inventory.tier[index])]
            bare[index] = not any(row["enabled"] and row["kind"] in kinds for row in rows)
    for hole in holes:
        where = hole.mask(inventory.size)
        yield Hole(hole.gaps, where & bare)
        yield Hole(hole.gaps, where & ~bare, partial=True, passes=True)


def _demands(inventory: "Inventory", tier: str) -> bool:
    return bool(inventory.scope.tiers.tiers[tier]["required"])


def lines(inventory: "Inventory") -> Iterator[str | None]:
    """For each resource a line for each kind of protection that is told, on or off; None where none is."""
    told = inventory.native.told
    for index in range(inventory.size):
        yield "\n".join(map(line, told[index])) if index in told else None


def _row(answers: Mapping[str, bool | None], *, whole: bool) -> Row | None:
    """What the answers of policies say, by their ids; `whole`: these are all policies."""
    row = {**dict.fromkeys(TABLES[NATIVE].names), "kind": _POLICY, "source": "dlm:GetLifecyclePolicy"}
    names = [name for name, answer in answers.items() if answer]
    if names:
        return {**row, "enabled": True, "policy": ", ".join(names)}
    return {**row, "enabled": False} if whole and None not in answers.values() else None


def _key(tags: Tags | None) -> Hashable:
    return None if tags is None else frozenset(tags.items())


def _backs_up(
    policy: Mapping[str, Any] | None, kind: str, tags: Tags | None, carriers: Sequence[Tags | None]
) -> bool | None:
    if policy is None:
        return None
    try:
        return backs_up(policy, kind, tags, carriers)
    except (AttributeError, KeyError, TypeError):  # it is not as the API says
        return None


def _rows(table: pa.Table) -> list[Row]:
    """The rows by ARN and kind, times in milliseconds since the epoch."""
    whole = pa.table(
        {
            name: table[name].cast(pa.int64()) if name.endswith("_at") else table[name]
            for name in table.column_names
        }
    )
    return sorted(whole.to_pylist(), key=lambda row: (row["arn"], row["kind"]))
