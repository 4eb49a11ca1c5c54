"""The audit document: what was judged, by whom, on which evidence."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from auditor import __version__
from auditor.catalogue.attestations import Attestations
from auditor.catalogue.frameworks import Framework
from auditor.catalogue.waivers import Waivers
from auditor.evaluate.arrow import texts
from auditor.evaluate.times import parse
from auditor.evidence.store import Evidence
from auditor.judge.frameworks import frameworks_part
from auditor.judge.outcome import Counts, outcome
from auditor.judge.sink import VerdictSink
from auditor.judge.tally import Tally
from auditor.model.organization import Account
from auditor.model.policy import Control, Tiers
from auditor.model.verdicts import Gap, Verdict, Waiver
from reports.document import (
    MAX_ACCOUNTS,
    MAX_GAPS,
    VERDICTS,
    AuditDocument,
    ControlEntry,
    GapEntry,
    Run,
    Summary,
)

#: Settings that say how AWS's documents are read where they disagree, or what is judged.
READINGS: Final = (
    "absent_tag",
    "arn_wildcards",
    "empty_selection",
    "list_of_tags_prefix",
    "like_whitespace",
    "deleted_resources",
    "copy_lifecycle",
)
_DELETED: Final = 100  # resources that were deleted, named in the document
#: What an account is listed by, where not all of them are.
_WORST_FIRST: Final = (Verdict.NON_COMPLIANT, Verdict.ERROR, Verdict.INSUFFICIENT_DATA, Verdict.WAIVED)
_MESSAGE: Final = 300  # characters of a gap's message that the document has; `gaps.parquet` has all


def document(
    evidence: Evidence,
    *,
    sink: VerdictSink,
    tally: Tally,
    accounts: Mapping[str, Account],
    resources: Mapping[str, int],
    gaps: Collection[Gap],
    controls: Sequence[Control],
    given: tuple[Waivers, Attestations],
    frameworks: tuple[Sequence[Framework], str | None, Mapping[str, float]],
    engine: str,
    policies_sha256: str,
    tiers: Tiers,
    readings: Mapping[str, str],
    deleted: Sequence[str],
    accepted: Sequence[Mapping[str, Any]],
    fail_on: str,
    said: Mapping[str, Any],
) -> AuditDocument:
    """Everything that a report may say, in its fixed order.

    `resources` counts the inventory by resource type. `gaps` are all gaps that the outcome counts, sorted.
    `deleted` are the ARNs of resources that were deleted within the period, sorted. `said` has the parts that
    say how the document came about, by their names. `frameworks` are those of the policies, the id of the
    one that is audited for, and what the policies allow at most.
    """
    (waivers, attestations), day = given, parse(evidence.metadata["as_of"]).date()
    run = replace(
        _run(evidence, accounts, {gap.account_id for gap in gaps}, engine, policies_sha256),
        readings=readings,
        waivers_sha256=waivers.sha256,
        deleted={"count": len(deleted), "shown": list(deleted[:_DELETED])},
        accepted=tuple(accepted),
    )
    classes, findings = sink.classes.published()
    summary = _summary(evidence, run, sink, tally, resources, gaps, fail_on)
    made = AuditDocument(
        run=run,
        summary=summary,
        controls=tuple(_entry(control) for control in controls),
        classes=classes,
        findings=findings,
        gaps=tuple(
            GapEntry(
                gap.gap_id, gap.account_id, gap.region, gap.service, gap.operation, gap.error,
                gap.message[:_MESSAGE], tuple(gap.provides),
            )
            for gap in [*gaps][:MAX_GAPS]
        ),
        waivers=tuple(_given(one, sink, evidence) for one in waivers.entries),
        attestations=tuple(one.given(day, sink.attested[one]) for one in attestations.entries),
        frameworks=frameworks_part(*frameworks, {one.id for one in controls}, summary.by_control),
        tiers=tuple({"name": name, **demands} for name, demands in tiers.tiers.items()),
        **said,
    )  # fmt: skip
    return _without_the_last_accounts(made)


def _given(waiver: Waiver, sink: VerdictSink, evidence: Evidence) -> Mapping[str, Any]:
    """A waiver with what it covers in the run."""
    undecided = sink.undecided[waiver]
    return {
        **waiver.told(),
        "expired": waiver.expires < parse(evidence.metadata["as_of"]).date(),
        "findings": sink.waived[waiver],
        **({"undecided": undecided} if undecided else {}),
        **({"unused": True} if waiver in sink.unused else {}),
    }


def _without_the_last_accounts(made: AuditDocument) -> AuditDocument:
    """The document with at most `MAX_ACCOUNTS` accounts one by one: those with the most findings."""
    by_account = made.summary.by_account

    def worst_first(account_id: str) -> tuple[Any, ...]:
        return *(-by_account.get(account_id, {}).get(verdict, 0) for verdict in _WORST_FIRST), account_id

    ids = {str(account["account_id"]) for account in made.run.accounts} | set(by_account)
    if len(ids) <= MAX_ACCOUNTS:
        return made
    listed = set(sorted(ids, key=worst_first)[:MAX_ACCOUNTS])

    def some(counts: Mapping[str, Mapping[str, int]]) -> dict[str, Mapping[str, int]]:
        return {account_id: counted for account_id, counted in counts.items() if account_id in listed}

    accounts = tuple(account for account in made.run.accounts if account["account_id"] in listed)
    return replace(
        made,
        run=replace(made.run, accounts=accounts),
        summary=replace(
            made.summary,
            by_account=some(by_account),
            resources_by_account=some(made.summary.resources_by_account),
        ),
    )


def gap_place(gap: Gap) -> tuple[str, str, str, str, str]:
    """The order of gaps: account, Region, call."""
    return gap.account_id, gap.region, gap.service, gap.operation, gap.gap_id


def write_gaps(file: BinaryIO, gaps: Sequence[Gap]) -> None:
    """Write every gap as `gaps.parquet`: a column for each field, `provides` separated by blanks."""
    names = [field.name for field in fields(Gap)]
    columns = [texts(_plain(getattr(gap, name)) for gap in gaps) for name in names]
    pq.write_table(pa.Table.from_arrays(columns, names), file)


def _plain(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)


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
        {
            code: {"problem": one.problem, "remediation": one.remediation}
            for code, one in control.causes.items()
        },
    )


def _run(
    evidence: Evidence, accounts: Mapping[str, Account], silent: Collection[str], engine: str, policies: str
) -> Run:
    """What was looked at; `silent` accounts have gaps, and `policies` is a digest."""
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
                "left_out": (
                    account.status not in ("ACTIVE", "")
                    and not regions[account.account_id]
                    and account.account_id not in silent
                ),
            }
            for account in sorted(accounts.values(), key=lambda account: account.account_id)
        ),
        regions=tuple(sorted({region for _, region in evidence.partitions()})),
        engine=engine,
        evidence_sha256=evidence.manifest_sha256,
        policies_sha256=policies,
        calls=sum(calls),
    )


def _summary(
    evidence: Evidence,
    run: Run,
    sink: VerdictSink,
    tally: Tally,
    resources: Mapping[str, int],
    gaps: Collection[Gap],
    fail_on: str,
) -> Summary:
    rows = {"recovery_points": 0, "backup_jobs": 0}
    for account_id, region in evidence.partitions():
        for table, column in (("recovery_points", "status"), ("backup_jobs", "state")):
            rows[table] += evidence.read(table, account_id, region, [column]).num_rows
    verdicts = _count(sink, lambda _: "").get("", dict.fromkeys(VERDICTS, 0))
    by_account, by_severity = _count(sink, lambda key: key[1]), _count(sink, lambda key: key[2])
    required: Counter[str] = sum(tally.required.values(), Counter())
    found = outcome(
        Counts(
            verdicts=verdicts,
            by_severity=by_severity,
            gaps=len(gaps),
            resources=required.total() + tally.exempt + tally.unknown,
            exempt=tally.exempt,
            judged=tally.judged,
        ),
        fail_on,
    )
    silent = {gap.account_id for gap in gaps}
    return Summary(
        overall=str(found.overall),
        headline=str(found.headline),
        exit_code=int(found.exit_code),
        fail_on=fail_on,
        verdicts=verdicts,
        by_control=_count(sink, lambda key: key[0]),
        by_account=by_account,
        by_severity=by_severity,
        findings=sink.classes.findings,
        gaps=len(gaps),
        accounts=len(run.accounts),
        accounts_with_findings=sum(counts[Verdict.NON_COMPLIANT] > 0 for counts in by_account.values()),
        accounts_left_out=Counter(account["status"] for account in run.accounts if account["left_out"]),
        accounts_unread=sum(
            not account["regions"] and account["account_id"] in silent for account in run.accounts
        ),
        resources=dict(sorted(resources.items())),
        resources_required=required.total(),
        resources_with_findings=required[Verdict.NON_COMPLIANT],
        resources_exempt=tally.exempt,
        resources_unknown=tally.unknown,
        resources_by_verdict=_words(required),
        resources_by_account={name: _words(tally.required[name]) for name in sorted(tally.required)},
        deleted_resources=tally.deleted.total(),
        deleted_resources_with_findings=tally.deleted[Verdict.NON_COMPLIANT],
        recovery_points=rows["recovery_points"],
        recovery_points_with_findings=tally.recovery_points[Verdict.NON_COMPLIANT],
        recovery_points_by_verdict=_words(tally.recovery_points),
        jobs=rows["backup_jobs"],
    )


def _count(sink: VerdictSink, group: Callable[[Any], str]) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {}
    for key, count in sink.counts.items():
        counted.setdefault(group(key), Counter())[key[3]] += count
    return {name: _words(counted[name]) for name in sorted(counted)}


def _words(counted: Mapping[str, int]) -> dict[str, int]:
    return {verdict: counted.get(verdict, 0) for verdict in VERDICTS}
