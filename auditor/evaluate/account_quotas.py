"""Facts of accounts: how much of the quotas of AWS Backup each takes, Region by Region (aws-backup.md 1.5).

A parameter asks for them, and says to what AWS has raised those that it raises: no listing tells that.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow.compute as pc

from auditor.derive.quotas import (
    FRAMEWORK_CONTROLS,
    FRAMEWORKS,
    HOLDS,
    PLANS,
    RECOVERY_POINTS,
    REPORT_PLANS,
    RESTORE_TESTING_PLANS,
    RESTORE_TESTING_SELECTIONS,
    VAULTS,
    Quota,
    QuotaCount,
)
from auditor.evaluate.columns import rows
from auditor.evaluate.facts import Hole
from auditor.evaluate.gaps import GapIndex, Scope, Unknowns
from auditor.evaluate.times import epoch_ms, long_after, parse
from auditor.evaluate.whereabouts import regions_left_out
from auditor.evidence import asked_tables
from auditor.evidence.asked_tables import AUDIT_FRAMEWORKS, ENDED, LEGAL_HOLDS, RESTORE_TESTS
from auditor.model.audit_manager import offers_audit_manager
from auditor.model.restore_testing import offers_restore_testing

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

QUOTAS, FULLEST = "account.quotas", "account.fullest"
OF_QUOTAS: Final = (QUOTAS, FULLEST)
_TABLES: Final = ("backup_plans", "backup_vaults", "recovery_points", LEGAL_HOLDS, AUDIT_FRAMEWORKS)
#: They are counted where something else asks for them.
_BESIDE: Final = (asked_tables.REPORT_PLANS, RESTORE_TESTS)
_OPERATION: Final = "account_quotas"


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """What AWS Backup takes in a Region of an account, as the parameter says it; AWS's defaults else.

    `recovery_points` are those of one vault, `framework_controls` those of all frameworks together.
    """

    vaults: int = VAULTS.limit
    plans: int = PLANS.limit
    recovery_points: int = RECOVERY_POINTS.limit
    frameworks: int = FRAMEWORKS.limit
    framework_controls: int = FRAMEWORK_CONTROLS.limit
    report_plans: int = REPORT_PLANS.limit

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """The limits by `parameters` (parameters.yaml, checked), whether or not accounts are asked about."""
        given = _given(parameters)
        return cls(**{one.name: int(given[one.name]) for one in fields(cls) if one.name in given})


#: Where nobody says that AWS has raised any.
AWS_LIMITS: Final = AccountLimits()


def account_limits(parameters: Mapping[str, Any]) -> AccountLimits | None:
    """The limits by `parameters` (parameters.yaml, checked); None where these do not ask for them."""
    return AccountLimits.of(parameters) if _given(parameters).get("asked", False) else None


def _given(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    given: Mapping[str, Any] = parameters.get("evidence", {}).get("account_quotas", {})
    return given


class AccountQuotas:
    """What is there of each thing that has a quota, by account; `asked` are the tables of the run."""

    def __init__(
        self,
        evidence: "Evidence",
        limits: AccountLimits | None,
        asked: Collection[str],
        known: GapIndex,
        unknowns: Unknowns,
    ) -> None:
        self._evidence, self._known, self._unknowns = evidence, known, unknowns
        self._limits = limits or AWS_LIMITS
        self._beside = [table for table in _BESIDE if table in asked]
        read, as_of = (epoch_ms(parse(evidence.metadata[name])) for name in ("collected_at", "as_of"))
        self._past = long_after(read, as_of)
        self._left_out = regions_left_out(evidence)

    def facts(self, account_id: str) -> tuple[dict[str, Any], dict[str, Hole]]:
        """The facts of an account by path, and what of them is not known.

        What is hidden could only be more. What is beyond a quota that AWS raises shows that it has raised it,
        nobody knows to what: that is a gap.
        """
        gaps = {*self._known.ids((*_TABLES, *self._beside), account_id)}
        if self._past:
            why = "What has a quota was listed long after as_of, and may have been made or deleted since."
            gaps.add(self._unknown((account_id, ""), "ReadLater", "", why))
        elif self._left_out:
            why = f"Regions of account {account_id} that the run was not asked to read have quotas too."
            gaps.add(self._unknown((account_id, ""), "NotRead", "Regions", why))
        found: list[QuotaCount] = []
        for place, one in () if self._past else self._counted(account_id):
            if one.unknown:
                why = (
                    f"There are {one.count} {one.what}, more than {one.limit}: AWS has raised the quota; say "
                    "to what in the parameter account_quotas."
                )
                gaps.add(self._unknown(place, "Unknown", one.what, why))
            else:
                found.append(one)
        fullest = max(found, key=lambda one: one.count / one.limit, default=None)
        facts: dict[str, Any] = {QUOTAS: [one.fact() for one in found]}
        facts |= {FULLEST: fullest.what} if fullest else {}
        return facts, {QUOTAS: Hole(tuple(sorted(gaps)), partial=True)} if gaps else {}

    def _unknown(self, place: Scope, error: str, about: str, why: str) -> str:
        return self._unknowns.add(*place, _OPERATION, error, about, why)

    def _counted(self, account_id: str) -> Iterator[tuple[Scope, QuotaCount]]:
        """What is there, and where; of the whole account where the Region is ""."""
        held = 0
        for place in self._evidence.partitions():
            if place[0] == account_id:
                yield from ((place, one) for one in self._of_region(place))
                statuses = self._evidence.read(LEGAL_HOLDS, *place, ["status"])["status"].to_pylist()
                held += sum(status not in ENDED for status in statuses)
        yield (account_id, ""), QuotaCount.of("active legal holds", held, HOLDS)

    def _of_region(self, place: Scope) -> Iterator[QuotaCount]:
        """Where there is no Audit Manager, or no restore testing, nothing of it is counted."""
        limits, read, partition = self._limits, self._evidence.read, self._evidence.metadata["partition"]
        yield _counted("vaults", place, len(read("backup_vaults", *place, ["arn"])), limits.vaults, VAULTS)
        plans = rows(read("backup_plans", *place, ["plan_id", "valid_until"]))
        current = {one["plan_id"] for one in plans if one["valid_until"] is None}
        yield _counted("plans", place, len(current), limits.plans, PLANS)
        points = read("recovery_points", *place, ["vault_arn"], words=["vault_arn"])
        counts = pc.value_counts(points["vault_arn"].combine_chunks())
        for one in sorted(counts.to_pylist(), key=lambda one: -one["counts"])[:1]:
            what = f"recovery points in the vault {str(one['values']).rpartition(':')[2]}"
            yield _counted(what, place, one["counts"], limits.recovery_points, RECOVERY_POINTS)
        if offers_audit_manager(partition, place[1]):
            yield from self._of_audit_manager(place)
        if RESTORE_TESTS in self._beside and offers_restore_testing(partition):
            yield from self._of_restore_testing(place)

    def _of_audit_manager(self, place: Scope) -> Iterator[QuotaCount]:
        limits, read = self._limits, self._evidence.read
        controls = read(AUDIT_FRAMEWORKS, *place, ["controls"])["controls"].to_pylist()
        yield _counted("frameworks", place, len(controls), limits.frameworks, FRAMEWORKS)
        what, held = "controls in frameworks", sum(controls)
        yield _counted(what, place, held, limits.framework_controls, FRAMEWORK_CONTROLS)
        if asked_tables.REPORT_PLANS in self._beside:
            there = len(read(asked_tables.REPORT_PLANS, *place, ["arn"]))
            yield _counted("report plans", place, there, limits.report_plans, REPORT_PLANS)

    def _of_restore_testing(self, place: Scope) -> Iterator[QuotaCount]:
        """The plans, and the selections of the one that has most."""
        tests = rows(self._evidence.read(RESTORE_TESTS, *place, ["plan_arn", "plan_name", "selection"]))
        plans = {one["plan_arn"] for one in tests}
        yield QuotaCount.of(f"restore-testing plans in {place[1]}", len(plans), RESTORE_TESTING_PLANS)
        chosen = Counter(one["plan_name"] for one in tests if one["selection"] is not None)
        for name, count in chosen.most_common(1):
            what = f"selections of the restore-testing plan {name} in {place[1]}"
            yield QuotaCount.of(what, count, RESTORE_TESTING_SELECTIONS)


def _counted(what: str, place: Scope, count: int, limit: int, quota: Quota) -> QuotaCount:
    return QuotaCount.of(f"{what} in {place[1]}", count, quota._replace(limit=limit))
