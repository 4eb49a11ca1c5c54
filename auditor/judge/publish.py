"""The audit document: what was judged, by whom, on which evidence."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor import __version__
from auditor.catalogue.waivers import Waivers
from auditor.evaluate.times import parse
from auditor.evidence.store import Evidence
from auditor.judge.sink import VerdictSink, written
from auditor.model.organization import Account
from auditor.model.policy import Control, Tiers
from auditor.model.verdicts import Gap, Verdict
from reports.document import (
    SEVERITIES,
    VERDICTS,
    AuditDocument,
    ControlEntry,
    Finding,
    GapEntry,
    Run,
    Summary,
)


def document(
    evidence: Evidence,
    *,
    sink: VerdictSink,
    accounts: Mapping[str, Account],
    resources: Mapping[str, int],
    gaps: Sequence[Gap],
    controls: Sequence[Control],
    waivers: Waivers,
    engine: str,
    policies_sha256: str,
    tiers: Tiers,
    readings: Mapping[str, str],
) -> AuditDocument:
    """Everything that a report may say, in its fixed order.

    `resources` counts the inventory by resource type.
    """
    return AuditDocument(
        run=replace(
            _run(evidence, accounts, engine, policies_sha256),
            readings=readings,
            waivers_sha256=waivers.sha256,
        ),
        summary=_summary(evidence, sink, resources, gaps=bool(gaps)),
        controls=tuple(_entry(control) for control in controls),
        findings=tuple(sorted(sink.findings, key=_place)),
        gaps=tuple(
            GapEntry(
                gap.gap_id, gap.account_id, gap.region, gap.service, gap.operation, gap.error, gap.message,
                tuple(gap.provides),
            )
            for gap in sorted(gaps, key=_gap_place)
        ),
        waivers=tuple(
            {
                **written(waiver),
                "expired": waiver.expires < parse(evidence.metadata["as_of"]).date(),
                "findings": sink.waived[waiver],
            }
            for waiver in waivers.entries
        ),
        tiers=tuple({"name": name, **demands} for name, demands in tiers.tiers.items()),
    )  # fmt: skip


def overall(verdicts: Mapping[str, int], *, gaps: bool) -> str:
    """The result of a run.

    A gap or an error is never a pass, and neither is a run that found nothing to judge.
    """
    if verdicts.get(Verdict.NON_COMPLIANT):
        return str(Verdict.NON_COMPLIANT)
    unknown = verdicts.get(Verdict.INSUFFICIENT_DATA) or verdicts.get(Verdict.ERROR) or gaps
    stated = verdicts.get(Verdict.COMPLIANT) or verdicts.get(Verdict.WAIVED)
    return str(Verdict.INSUFFICIENT_DATA if unknown or not stated else Verdict.COMPLIANT)


def _place(finding: Finding) -> tuple[int, str, str, str, str]:
    subject = finding.subject
    return (
        SEVERITIES.index(finding.severity),
        finding.control_id,
        subject.account_id,
        subject.region,
        subject.arn,
    )


def _gap_place(gap: Gap) -> tuple[str, str, str, str, str]:
    return gap.account_id, gap.region, gap.service, gap.operation, gap.gap_id


def _entry(control: Control) -> ControlEntry:
    return ControlEntry(
        control.id,
        control.title,
        control.description,
        str(control.severity),
        control.subject,
        control.reads,
        control.cites,
        control.remediation,
    )


def _run(evidence: Evidence, accounts: Mapping[str, Account], engine: str, policies_sha256: str) -> Run:
    about = evidence.metadata
    regions: dict[str, list[str]] = {account_id: [] for account_id in accounts}
    for account_id, region in evidence.partitions():
        regions[account_id].append(region)
    calls = evidence.read("calls", columns=["calls"])["calls"].to_pylist()
    return Run(
        id=about["run_id"],
        auditor_version=__version__,
        as_of=about["as_of"],
        period_start=about["period_start"],
        period_end=about["period_end"],
        partition=about["partition"],
        accounts=tuple(
            {
                "account_id": account.account_id,
                "name": account.name,
                "ou_path": list(account.ou_path or ()),
                "status": account.status,
                "regions": regions[account.account_id],
            }
            for account in sorted(accounts.values(), key=lambda account: account.account_id)
        ),
        regions=tuple(sorted({region for _, region in evidence.partitions()})),
        engine=engine,
        evidence_sha256=evidence.manifest_sha256,
        policies_sha256=policies_sha256,
        calls=sum(calls),
    )


def _summary(evidence: Evidence, sink: VerdictSink, resources: Mapping[str, int], *, gaps: bool) -> Summary:
    rows = {"recovery_points": 0, "backup_jobs": 0}
    for account_id, region in evidence.partitions():
        for table, column in (("recovery_points", "status"), ("backup_jobs", "state")):
            rows[table] += evidence.read(table, account_id, region, [column]).num_rows
    verdicts = _count(sink, lambda _: "")
    total = verdicts.get("", dict.fromkeys(VERDICTS, 0))
    return Summary(
        overall=overall(total, gaps=gaps),
        verdicts=total,
        by_control=_count(sink, lambda key: key[0]),
        by_account=_count(sink, lambda key: key[1]),
        by_severity=_count(sink, lambda key: key[2]),
        resources=dict(sorted(resources.items())),
        recovery_points=rows["recovery_points"],
        jobs=rows["backup_jobs"],
    )


def _count(sink: VerdictSink, group: Callable[[Any], str]) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {}
    for key, count in sink.counts.items():
        counted.setdefault(group(key), Counter())[key[3]] += count
    return {name: {verdict: counted[name][verdict] for verdict in VERDICTS} for name in sorted(counted)}
