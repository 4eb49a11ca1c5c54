"""The story, top to bottom: collect the evidence, derive facts, evaluate the controls, judge, publish.

Each step is replayable from the run folder that the step before it left:

    <out>/<run>/manifest.json, evidence/…      collect
    <out>/<run>/document.json, verdicts.parquet, gaps.parquet, judged_by/…  evaluate
    <out>/<run>/resources.parquet, slots.parquet, causes.parquet  evaluate
    <out>/<run>/scope.parquet, exempt.parquet, reconciliation.parquet  evaluate
    <out>/<run>/report.html, …  report, the files of `reports.formats.registry`
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from auditor import __version__, files
from auditor.aws.session import Sessions
from auditor.catalogue.attestations import Attestations, load_attestations
from auditor.catalogue.frameworks import allowed, for_framework, reported
from auditor.catalogue.load import Catalogue
from auditor.catalogue.moments import AUDIT
from auditor.catalogue.responses import load_responses
from auditor.catalogue.waivers import Limit, Waivers, load_waivers
from auditor.collect.provenance import collected_how, requests_table
from auditor.collect.run import collect
from auditor.evaluate.ask import Asker
from auditor.evaluate.earlier_runs import files_of
from auditor.evaluate.needs import needed_tables
from auditor.evaluate.records import count_accepted
from auditor.evaluate.subjects import Subjects
from auditor.evaluate.times import epoch_ms, rfc3339
from auditor.evidence.earlier_runs import look
from auditor.evidence.metadata import check_run, new_run_id
from auditor.evidence.store import Evidence, EvidenceWriter
from auditor.evidence.table_schemas import OU_PATHS
from auditor.judge.earlier import causes_part, earlier
from auditor.judge.every import judge_all
from auditor.judge.given_subjects import ATTESTATION, WAIVER
from auditor.judge.population import populations
from auditor.judge.provenance import JudgedBy
from auditor.judge.publish import READINGS, document, gap_place, write_gaps
from auditor.judge.sink import VerdictSink
from auditor.judge.sinks import VERDICTS, open_sinks
from auditor.judge.statements import statements
from auditor.judge.tiers import check_tiers
from auditor.judge.trend import trend
from auditor.judge.verdict_file import counted, opened
from auditor.judge.written import written
from auditor.judged_by import keep
from auditor.memory import return_free_memory, return_large_blocks
from auditor.model.errors import UsageError
from auditor.model.policy import Control
from auditor.model.resource_types import RESOURCE_TYPES
from auditor.model.settings import Progress, Settings
from auditor.model.verdicts import Gap
from auditor.rego.load import open_engine
from reports.document import AuditDocument, DocumentError, from_json, to_json
from reports.render import BegunReports, render

DOCUMENT: Final = "document.json"
GAPS: Final = "gaps.parquet"
#: How far the clocks of this machine and of the endpoint may be apart.
_SKEW: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit left: its run folder, the document, and the paths of the reports."""

    run: Path
    document: AuditDocument
    reports: Sequence[Path]


def audit(
    settings: Settings, sessions: Sessions, progress: Progress, warn: Callable[[str], None]
) -> AuditResult:
    """Collect, evaluate and report in one go.

    `warn` takes a sentence for each report that cannot be made here.
    """
    return_large_blocks()
    run = collect_run(settings, sessions, progress)
    return_free_memory()
    # its libraries are loaded while the controls are asked
    with BegunReports(settings.formats) as begun:
        found = evaluate_run(run, settings, progress)
        return_free_memory()
        return AuditResult(run, found, report_run(run, settings.formats, warn, begun))


def collect_run(settings: Settings, sessions: Sessions, progress: Progress) -> Path:
    """Read the evidence that the controls need into a new run folder and give its path.

    Raises:
        AuditorError: the caller has no credentials, the endpoint cannot be reached, or `out` cannot
        be written.
        UsageError: `as_of` is in the endpoint's future, a Region does not exist, or a policy or tiers file is
        wrong.
    """
    clock = sessions.caller.clock
    if clock is not None and settings.as_of > clock + _SKEW:
        raise UsageError(
            f"as_of {settings.as_of:%FT%TZ} is in the endpoint's future; set it to {clock:%FT%TZ} at most."
        )
    start = settings.as_of - timedelta(days=settings.period_days)
    run_id = new_run_id(clock or settings.as_of)
    policies = load_policies(settings)
    catalogue = for_framework(policies, settings.framework)
    check_tiers(catalogue.tiers)
    tables = needed_tables(audited(catalogue), catalogue)
    waivers = load_waivers(settings.waivers, policies.controls).entries
    if settings.accounts == "organization" or any(one.organizational_unit for one in waivers):
        tables |= {OU_PATHS}  # of the organization they come with the accounts
    with EvidenceWriter(settings.out, run_id) as writer:
        sessions.requests.hand_to(lambda part: writer.write("requests", requests_table(part)))
        collected = collect(settings, sessions, writer, progress, tables, totals=True)
        sessions.requests.flush()
        return writer.commit(
            {
                "run_id": run_id,
                "as_of": rfc3339(epoch_ms(settings.as_of)),
                "period_start": rfc3339(epoch_ms(start)),
                "period_end": rfc3339(epoch_ms(settings.as_of)),
                "collected_at": rfc3339(epoch_ms(clock or settings.as_of)),
                "partition": sessions.caller.partition,
                "regions": list(collected.regions),
                "tables": sorted(tables),
                "resource_types": list(RESOURCE_TYPES),
                "auditor_version": __version__,
                "management_account_id": collected.management_account_id,
                "provenance": collected_how(settings, sessions, collected.organization),
                "chain": look(settings.out, files_of(catalogue.data["parameters"])).told(),
            }
        )


def evaluate_run(run: Path, settings: Settings, progress: Progress) -> AuditDocument:
    """Judge the evidence of `run` and write `document.json` and `verdicts.parquet` beside it.

    What it was judged by is kept in the run too. The same evidence and policies give the same bytes.

    Raises:
        UsageError: `run` is not a run folder, or a policy, tiers, waivers or responses file is wrong.
        EngineError: the engine cannot load the policies or cannot be reached.
    """
    policies, before = load_policies(settings), last_document(run)
    catalogue = for_framework(policies, settings.framework)
    subjects = open_subjects(run, catalogue, settings)
    limit = Limit(subjects.as_of.date(), settings.max_waiver_days)
    waivers = load_waivers(settings.waivers, policies.controls, limit)
    attestations = load_attestations(settings.attestations, policies.controls, settings.max_attestation_days)
    controls = subjects.asked(_about(audited(catalogue), waivers, attestations))
    responses = load_responses(settings.responses)
    started = open_engine(settings.engine, catalogue.modules, catalogue.data, url=settings.engine_url)
    with (
        closing(started) as engine,
        open_sinks(run, subjects, controls, settings.owner_tag or "", catalogue.asked) as sinks,
    ):
        asker = Asker(engine, catalogue.schemas, subjects.period.as_of)
        judge_all(subjects, controls, asker, sinks, (waivers.entries, attestations.entries), progress)
        by = JudgedBy(settings, catalogue, waivers, attestations, responses, engine.version())
    gaps = _gaps(subjects, sinks.verdicts, needed_tables(controls, catalogue))
    said = statements(run, subjects, by, before.provenance if before else None)
    past = earlier(run, subjects.evidence.metadata["as_of"], said["provenance"], before)
    causes = sinks.verdicts.causes.entries(past.first_seen, subjects.evidence.metadata["as_of"])
    found = document(
        subjects.evidence,
        sink=sinks.verdicts,
        tally=sinks.tally,
        accounts=subjects.accounts,
        resources=Counter(str(kind) for one in subjects.inventories for kind in one.resource_type),
        gaps=gaps,
        controls=controls,
        given=(waivers, attestations),
        frameworks=(reported(policies, settings.framework), settings.framework, allowed(catalogue)),
        engine=settings.engine,
        policies_sha256=catalogue.sha256,
        tiers=catalogue.tiers,
        readings={name: getattr(settings, name) for name in READINGS},
        deleted=sorted(arn for one in subjects.deleted for arn in one.arn.tolist()),
        accepted=count_accepted(subjects.inventories, subjects.accepted),
        fail_on=settings.fail_on,
        said={
            **said,
            "causes": causes_part(run, causes, past, responses),
            "trend": trend(run, subjects.evidence.metadata["as_of"], said["provenance"], before),
            "populations": populations(run, sinks.population),
            "kept": sinks.kept.part(),
        },
    )
    keep(run, catalogue, waivers, attestations, responses)
    with written(run / GAPS) as file:
        write_gaps(file, gaps)
    with written(run / DOCUMENT) as file:
        file.write(to_json(found))
    return found


def _about(controls: Iterable[Control], waivers: Waivers, attestations: Attestations) -> Iterator[Control]:
    """Those of `controls` that have something to judge, where they judge what a file gives."""
    given = {WAIVER: waivers.entries, ATTESTATION: attestations.entries}
    return (one for one in controls if given.get(one.subject, True))


def _gaps(subjects: Subjects, sink: VerdictSink, needed: Collection[str]) -> list[Gap]:
    """What is not known and was needed, by the controls or by a verdict.

    The one list on which outcome, document and reports rest.
    """
    wanted = {gap.gap_id for gap in subjects.known if not {*needed}.isdisjoint(gap.provides)}
    return sorted((subjects.gaps[gap_id] for gap_id in wanted | sink.rests_on), key=gap_place)


def load_policies(settings: Settings) -> Catalogue:
    """The policies that the settings name; raises `UsageError`."""
    return Catalogue.load(settings.policies, settings.tiers, settings.audit_manager, settings.holds)


def last_document(run: Path) -> AuditDocument | None:
    """What `run` was judged to be before; None where there is none that can be read."""
    try:
        return from_json(files.read(run / DOCUMENT))
    except (OSError, DocumentError):
        return None


def judged_document(run: Path) -> AuditDocument:
    """The document of an evaluated run, which belongs to its verdicts; its tables are there.

    Raises:
        UsageError: the run has no `document.json` yet, or not that of its verdicts; a table is gone.
    """
    path = run / DOCUMENT
    if not path.is_file():
        raise UsageError(f"{run} has not been judged yet: run `auditor evaluate {run}` first.")
    try:
        found = from_json(files.read(path))
    except DocumentError as error:
        raise UsageError(f"{path}: {error}") from None
    for table in (VERDICTS, GAPS):
        if not (run / table).exists():
            raise UsageError(f"{run / table} is gone; write it again with `auditor evaluate {run}`.")
    if counted(run / VERDICTS) != found.summary.verdicts:
        raise UsageError(
            f"{DOCUMENT} and {VERDICTS} in {run} do not belong together: run `auditor evaluate {run}`."
        )
    return found


def report_run(
    run: Path, formats: Sequence[str], warn: Callable[[str], None], begun: BegunReports | None = None
) -> list[Path]:
    """Write the reports of an evaluated run into its folder and give their paths.

    `begun` are the same formats, begun before; without them they are begun here.

    Raises:
        UsageError: as `judged_document` says, or a table of the run is gone.
    """
    found = judged_document(run)
    with opened(run / GAPS), opened(run / VERDICTS):
        return render(found, run, run, formats, warn=warn, begun=begun)


def audited(catalogue: Catalogue) -> list[Control]:
    """The controls that judge recorded evidence."""
    return [control for control in catalogue.controls if AUDIT in control.moments]


def open_subjects(run: Path, catalogue: Catalogue, settings: Settings) -> Subjects:
    """Everything that the evidence of `run` can be asked about."""
    evidence = Evidence.open(run)
    check_run(evidence)
    return Subjects.judged_by(evidence, catalogue, settings)
