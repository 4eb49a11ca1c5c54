"""What the backup jobs of an account and Region say of recovery points."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.arrow import numbers
from auditor.evaluate.columns import among, coded_rows, flags, integers, named, words
from auditor.evaluate.history import JobHistory
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.membership import unread_rules
from auditor.evaluate.success import AcceptedCompletion, succeeded
from auditor.evaluate.times import DAY_MS
from auditor.model.arn import place_of
from auditor.model.calendar import FOREVER

#: What is asked of copy jobs about where they led.
LED: Final = (
    "resource_arn", "source_recovery_point_arn", "destination_vault_arn", "destination_recovery_point_arn",
    "state", "created_at", "completed_at", "plan_id",
)  # fmt: skip
Bools = NDArray[np.bool_]
Int64s = NDArray[np.int64]


class JobRecords:
    """The backup jobs of one account and Region, and what they say of recovery points."""

    def __init__(
        self,
        inventory: Inventory,
        history: JobHistory,
        spoilt_copies: pa.ChunkedArray,
        led: Sequence[pa.Table] = (),
    ) -> None:
        self.table, self.resource, self.created = history.table, history.resource, history.created
        self.carried, self.held_perhaps = history.carried, history.perhaps
        self.good, bad = history.good, history.bad
        self.made = self.table["recovery_point_arn"]
        self.spoilt = self.made.filter(numbers(bad))
        scope = inventory.scope
        #: without the copy jobs nobody knows which recovery point a copy was made of
        self.copies_known = not scope.missing("copy_jobs")
        self.spoilt_copies = spoilt_copies
        #: ids of the gaps that hide copies, by place, and for each job the number of its place (-1: none);
        #: behind them those of the other doubts about recovery points
        self.places: list[tuple[str, ...]] = []
        self.elsewhere = np.full(len(self.created), ABSENT, np.int64)
        self._look_elsewhere(inventory, [inventory.read("copy_jobs", LED), *led])
        self.rules = _Rules(inventory, self.table)
        self.ends_ms = self.created + self.rules.kept_ms
        #: whose recovery point had reached its end when the evidence was read
        self.over = self.rules.asked & (self.ends_ms <= inventory.scope.read_ms)
        #: resources of which a job of a continuous rule ended badly and names no recovery point
        nameless = bad & ~flags(pc.is_valid(self.made))
        self.interrupted = self._resources(nameless & self.rules.continuous)
        #: the same where the rule may have been continuous, as its plan was not read or not understood
        hidden = (
            *scope.missing("backup_plans"),
            *unread_rules(inventory, [plan for plan in inventory.plans if plan.fault]),
        )
        planned = flags(pc.is_valid(self.table["plan_id"]))
        self.perhaps = self._resources(nameless & planned & ~self.rules.known & bool(hidden))
        self.unread_rules = self.because(*hidden)
        said = (
            f"Continuous recovery points of account {scope.account.account_id} in {scope.region} that have "
            "stopped by now may have gone on at as_of."
        )
        self.stopped_since = (
            self.because(scope.unknown("continuous", "ReadLater", "", said)) if scope.past else ABSENT
        )

    def because(self, *ids: str) -> int:
        """The number in `places` of a doubt that these gaps leave."""
        self.places.append(ids)
        return len(self.places) - 1

    def _resources(self, rows: Bools) -> pa.ChunkedArray:
        """The ARNs of the resources of some jobs."""
        return self.table["resource_arn"].filter(numbers(rows)).cast(pa.string())

    def _look_elsewhere(self, inventory: Inventory, copies: Sequence[pa.Table]) -> None:
        """Mark the jobs of whose recovery points copies, or copies of these, may lie where nobody looked."""
        done = [table.filter(numbers(among(table["state"], ("COMPLETED",)))) for table in copies]
        hiding: dict[tuple[str, ...], list[str]] = {}
        for vault in {name for table in done for name in words(table["destination_vault_arn"])}:
            ids = hidden_there(inventory, vault)
            if ids:
                hiding.setdefault(ids, []).append(vault)
        for ids, vaults in sorted(hiding.items()):
            copied = named(self.made, _copied_into(vaults, done))
            if copied.any():
                self.elsewhere[copied] = self.because(*ids)

    @cached_property
    def well(self) -> pa.ChunkedArray:
        """ARNs of the recovery points that good jobs name."""
        return self.made.filter(numbers(self.good))

    def last_good(self, arns: pa.ChunkedArray) -> Int64s:
        """When the last good job that names each of `arns` was created, ms; -1 where none does."""
        chosen = np.flatnonzero(self.good & named(self.made, arns))
        last: dict[str, int] = {}
        for arn, created in zip(
            self.made.take(numbers(chosen)).to_pylist(), self.created[chosen].tolist(), strict=True
        ):
            last[arn] = max(created, last.get(arn, ABSENT))
        return np.array([last.get(arn, ABSENT) for arn in arns.to_pylist()], np.int64)


def _copied_into(vaults: Collection[str], done: Sequence[pa.Table]) -> pa.ChunkedArray:
    """ARNs of what was copied into `vaults`, and of what that was copied from in turn."""
    found = fresh = _plain(
        table["source_recovery_point_arn"].filter(numbers(among(table["destination_vault_arn"], vaults)))
        for table in done
    )
    while len(fresh):
        fresh = _plain(
            table["source_recovery_point_arn"].filter(
                numbers(named(table["destination_recovery_point_arn"], fresh))
            )
            for table in done
        )
        fresh = fresh.filter(numbers(~named(fresh, found)))
        found = _plain((found, fresh))
    return found


def _plain(columns: Iterable[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Text columns as one, without nulls."""
    chunks = [chunk for column in columns for chunk in column.cast(pa.string()).drop_null().chunks]
    return pa.chunked_array(chunks, pa.string())


def hidden_there(inventory: Inventory, vault_arn: str) -> tuple[str, ...]:
    """Ids of the gaps that hide the recovery points where a vault is, or what was copied on from there."""
    place = place_of(vault_arn)
    return inventory.scope.gaps.ids(("recovery_points", "copy_jobs"), *place) if all(place) else ()


def unread_there(inventory: Inventory, vault_arn: str) -> tuple[str, ...]:
    """Ids of the gaps that hide the recovery points where a vault is."""
    account_id, region = place_of(vault_arn)
    return inventory.scope.gaps.ids(("recovery_points",), account_id, region) if region else ()


class _Rules:
    """What is known of the rule of each job, and of the retention of what the job made.

    Retention is what the job itself was asked for, else its rule's: `kept_ms`, where that is known (`asked`).
    A rule is not `known` when its plan was not read or is no longer listed. What a `temporary` rule makes
    goes once it is copied into an air-gapped vault.
    """

    def __init__(self, inventory: Inventory, jobs: pa.Table) -> None:
        rules = {
            (plan.plan_id, plan.version_id, rule.rule_id): rule
            for plan in inventory.plans
            for rule in plan.rules
        }
        made_by, names = coded_rows(jobs["plan_id"], jobs["plan_version"], jobs["rule_id"])
        found = [rules.get(name) for name in names]
        kept = [0 if rule is None else _kept_ms(rule.lifecycle.delete_after_days) for rule in found]
        self.known = np.array([rule is not None for rule in found], bool)[made_by]
        asked = flags(pc.is_valid(jobs["delete_after_days"]))
        own = integers(jobs["delete_after_days"])
        own_ms = np.where(own < 0, FOREVER, own * DAY_MS)
        self.kept_ms = np.where(asked, own_ms, np.array(kept, np.int64)[made_by])
        self.asked = asked | self.known
        self.continuous = np.array([rule is not None and rule.continuous for rule in found], bool)[made_by]
        temporary = [rule is not None and bool(rule.air_gapped_vault_arn) for rule in found]
        self.temporary = np.array(temporary, bool)[made_by]


def _kept_ms(days: int | None) -> int:
    return FOREVER if days is None else days * DAY_MS


def count_accepted(
    inventories: Iterable[Inventory], accepted: Sequence[AcceptedCompletion]
) -> list[dict[str, Any]]:
    """Each of `accepted` with how many jobs it made a success; a job counts for the first that fits."""
    counts = [0] * len(accepted)
    for inventory in inventories if accepted else ():
        for table in ("backup_jobs", "copy_jobs"):
            jobs = inventory.read(table, ["resource_type", "state", "message", "message_category"])
            before = succeeded(jobs, ())
            for number in range(len(accepted)):
                now = succeeded(jobs, accepted[: number + 1])
                counts[number] += int((now & ~before).sum())
                before = now
    return [{**asdict(one), "jobs": count} for one, count in zip(accepted, counts, strict=True)]
