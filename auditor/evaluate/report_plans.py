"""Facts of accounts: whether the reports of AWS Backup are delivered, into a bucket that keeps them.

A parameter asks for them. A report is made each day (aws-backup.md 2.4). Without Versioning and a retention
by Object Lock, whoever may write into the bucket can replace what a report says.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from auditor.evaluate.columns import rows
from auditor.evaluate.facts import Hole
from auditor.evaluate.gaps import GapIndex, Scope, Unknowns
from auditor.evaluate.shortened import first_ten
from auditor.evaluate.times import HOUR_MS, epoch_ms, long_after, parse
from auditor.evidence.asked_tables import REPORT_PLANS
from auditor.model.audit_manager import offers_audit_manager

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

PLANS, LATE, OPEN = "account.report_plans", "account.late_reports", "account.open_report_buckets"
OF_REPORTS: Final = (PLANS, LATE, OPEN)
_OPERATION: Final = "ListReportPlans"

Plan = Mapping[str, Any]


def report_hours(parameters: Mapping[str, Any]) -> int:
    """How old the newest report of a plan may be, hours; 0 where `parameters` do not ask for reports."""
    given = parameters.get("evidence", {}).get("report_plans", {})
    return int(given.get("max_age_hours", 0))


class Reports:
    """The report plans of the evidence, of which the newest report may be `hours` old; by account."""

    def __init__(self, evidence: "Evidence", hours: int, known: GapIndex, unknowns: Unknowns) -> None:
        self._evidence, self._hours, self._known, self._unknowns = evidence, hours, known, unknowns
        read, self._as_of = (epoch_ms(parse(evidence.metadata[name])) for name in ("collected_at", "as_of"))
        self._past = long_after(read, self._as_of)
        self._places = evidence.partitions()

    def facts(self, account_id: str) -> tuple[dict[str, Any], dict[str, Hole]]:
        """The facts of an account by path, and what of them is not known."""
        places = [place for place in self._places if place[0] == account_id]
        plans = [(place, plan) for place in places for plan in self._read(place)]
        gaps = {*self._known.ids((REPORT_PLANS,), account_id)}
        said: dict[str, list[str]] = {LATE: [], OPEN: []}
        partition = self._evidence.metadata["partition"]
        past = self._past and any(offers_audit_manager(partition, region) for _, region in places)
        if past:
            why = "The report plans were read long after as_of, and one that was deleted is not listed."
            gaps.add(self._unknowns.add(account_id, "", _OPERATION, "ReadLater", "report plans", why))
        for place, plan in () if past else plans:
            what = f"{plan['name']} in {place[1]}"
            said[LATE] += [f"{what}, {late}" for late in self._late(plan)]
            said[OPEN] += [f"{plan['bucket']} of {what} {fault}" for fault in _faults(plan)]
            if plan["there"] and plan["locked"] is None and plan["versioning"] == "enabled":
                why = f"Whether Object Lock keeps what comes into the bucket {plan['bucket']} is not told."
                gaps.add(self._unknowns.add(*place, _OPERATION, "Unknown", plan["bucket"], why))
        facts = {PLANS: len(plans), **{path: first_ten(told) for path, told in said.items()}}
        return facts, dict.fromkeys(OF_REPORTS, Hole(tuple(sorted(gaps)), partial=True)) if gaps else {}

    def _read(self, place: Scope) -> list[Plan]:
        listed = rows(self._evidence.read(REPORT_PLANS, *place))
        return [one for one in listed if epoch_ms(one["created_at"]) <= self._as_of]

    def _late(self, plan: Plan) -> Iterator[str]:
        since = plan["delivered_at"] or plan["created_at"]
        if self._as_of - epoch_ms(since) > self._hours * HOUR_MS:
            word = "last delivered" if plan["delivered_at"] else "which has delivered nothing since"
            yield f"{word} {since:%Y-%m-%dT%H:%MZ}"


def _faults(plan: Plan) -> Iterator[str]:
    """What is wrong with the bucket of a plan, as far as that is told."""
    if plan["there"] is False:
        yield "is not there"
    elif plan["versioning"] not in (None, "enabled"):
        yield "is not versioned"
    elif plan["locked"] is False:
        yield "has no Object Lock"
