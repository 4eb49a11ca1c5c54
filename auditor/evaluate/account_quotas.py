"""Facts of accounts: how much of the quotas of AWS Backup each takes, Region by Region (aws-backup.md 1.5).

A parameter asks for them, and says to what AWS has raised those that it raises: no listing tells that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import pyarrow.compute as pc

from auditor.derive.quotas import (
    FRAMEWORK_CONTROLS,
    FRAMEWORKS,
    HOLDS,
    PLANS,
    RECOVERY_POINTS,
    VAULTS,
    Quota,
    QuotaCount,
)
from auditor.evaluate.columns import rows
from auditor.evaluate.facts import Hole
from auditor.evaluate.gaps import GapIndex, Scope, Unknowns
from auditor.evaluate.times import epoch_ms, long_after, parse
from auditor.evidence.asked_tables import AUDIT_FRAMEWORKS, ENDED, LEGAL_HOLDS
from auditor.model.audit_manager import offers_audit_manager

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

QUOTAS, FULLEST = "account.quotas", "account.fullest"
OF_QUOTAS: Final = (QUOTAS, FULLEST)
_TABLES: Final = ("backup_plans", "backup_vaults", "recovery_points", LEGAL_HOLDS, AUDIT_FRAMEWORKS)
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


def account_limits(parameters: Mapping[str, Any]) -> AccountLimits | None:
    """The limits by `parameters` (parameters.yaml, checked); None where these do not ask for them."""
    given = parameters.get("evidence", {}).get("account_quotas", {})
    named = {one.name: int(given[one.name]) for one in fields(AccountLimits) if one.name in given}
    return AccountLimits(**named) if given.get("asked", False) else None


class AccountQuotas:
    """What is there of each thing that has a quota, by account."""

    def __init__(
        self, evidence: "Evidence", limits: AccountLimits | None, known: GapIndex, unknowns: Unknowns
    ) -> None:
        self._evidence, self._known, self._unknowns = evidence, known, unknowns
        self._limits = limits or AccountLimits()
        read, as_of = (epoch_ms(parse(evidence.metadata[name])) for name in ("collected_at", "as_of"))
        self._past = long_after(read, as_of)
        self._left_out = evidence.metadata.get("provenance", {}).get("regions_left_out")

    def facts(self, account_id: str) -> tuple[dict[str, Any], dict[str, Hole]]:
        """The facts of an account by path, and what of them is not known.

        What is hidden could only be more. What is beyond a quota that AWS raises shows that it has raised it,
        nobody knows to what: that is a gap.
        """
        gaps = {*self._known.ids(_TABLES, account_id)}
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
        """Where there is no Audit Manager, its frameworks are not counted."""
        limits, read, where = self._limits, self._evidence.read, f"in {place[1]}"

        def counted(what: str, count: int, limit: int, quota: Quota) -> QuotaCount:
            return QuotaCount.of(f"{what} {where}", count, quota._replace(limit=limit))

        yield counted("vaults", len(read("backup_vaults", *place, ["arn"])), limits.vaults, VAULTS)
        plans = rows(read("backup_plans", *place, ["plan_id", "valid_until"]))
        current = {one["plan_id"] for one in plans if one["valid_until"] is None}
        yield counted("plans", len(current), limits.plans, PLANS)
        points = read("recovery_points", *place, ["vault_arn"], words=["vault_arn"])
        counts = pc.value_counts(points["vault_arn"].combine_chunks())
        for one in sorted(counts.to_pylist(), key=lambda one: -one["counts"])[:1]:
            vault = str(one["values"]).rpartition(":")[2]
            what = f"recovery points in the vault {vault}"
            yield counted(what, one["counts"], limits.recovery_points, RECOVERY_POINTS)
        if not offers_audit_manager(self._evidence.metadata["partition"], place[1]):
            return
        controls = read(AUDIT_FRAMEWORKS, *place, ["controls"])["controls"].to_pylist()
        yield counted("frameworks", len(controls), limits.frameworks, FRAMEWORKS)
        what, held = "controls in frameworks", sum(controls)
        yield counted(what, held, limits.framework_controls, FRAMEWORK_CONTROLS)
