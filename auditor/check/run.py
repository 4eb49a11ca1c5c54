"""The story of a check: read the inputs, gather what they declare, ask the controls, count."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.catalogue.load import Catalogue
from auditor.catalogue.moments import CHECK
from auditor.catalogue.waivers import Limit, load_waivers
from auditor.check.circumstances import circumstances_of, units_of
from auditor.check.code_lines import excerpts, with_lines
from auditor.check.control_versions import Facts, FactsOf
from auditor.check.declared import Assumed
from auditor.check.declared_frames import Circumstances, declared_frames, declared_inventories
from auditor.check.difference import ToldVerdict
from auditor.check.engine import asked, opening
from auditor.check.inputs import Inputs, InputsThen, read_inputs
from auditor.check.judgement import (
    UNKNOWN_VERDICT,
    CheckedFrame,
    Judgement,
    judged_frames,
    judgements,
)
from auditor.check.lowered_judged import failing_before, judged_lowered, unasked
from auditor.check.own_policies import COMPARED, demanded, policy_readings, waivers_of_change
from auditor.check.own_settings import ReadSettings, unread
from auditor.check.places import Gathered, gather
from auditor.check.reading import Reading
from auditor.check.result import CheckEntry, CheckResult, NotWhole
from auditor.check.simulated import Simulation
from auditor.check.simulation import Simulator
from auditor.check.stacks import Stacks
from auditor.check.suggestions import Suggestions
from auditor.check.told import NOTHING_TOLD
from auditor.evaluate.ask import Asker
from auditor.evaluate.gaps import Unknowns
from auditor.evaluate.opt_in import of_the_organization
from auditor.evaluate.times import epoch_ms, rfc3339
from auditor.judge.verdicts import CODE, ORDER
from auditor.model.errors import ExitCode
from auditor.model.policy import Control
from auditor.model.settings import Settings
from auditor.model.verdicts import Severity, Verdict
from auditor.rego.engine import Engine

if TYPE_CHECKING:
    from auditor.check.against.run import RecordedRun
    from auditor.check.baseline import Baseline

_STATED: Final = (Verdict.COMPLIANT, Verdict.NON_COMPLIANT, Verdict.WAIVED)


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What only a check is told.

    `account` and `region` stand where an input does not name them, "" for nothing; `unit` is the path of
    organizational units of the accounts, None where it is not known. `assume_opted_in` says that a resource
    type is opted in where no input says it. With a `baseline`, only what is not in it counts. The change is
    held `against` a run too, where one is given. Parameters of templates are those of `stacks`.
    `hcl` is the folder of the code of Terraform plans, None where it is the one that they lie in.
    A `simulator` shows what the plans will do. `read_settings` reads a file of settings among the inputs.
    """

    account: str = ""
    region: str = ""
    unit: str | None = None
    assume_opted_in: bool = True
    fail_on_unknown: bool = False
    baseline: "Baseline | None" = None
    against: "RecordedRun | None" = None
    stacks: Stacks = field(default_factory=Stacks)
    hcl: Path | None = None
    simulator: Simulator | None = None
    read_settings: ReadSettings = unread


def check(
    paths: Sequence[Path],
    catalogue: Catalogue,
    settings: Settings,
    options: CheckOptions,
    earlier: InputsThen | None = None,
) -> CheckResult:
    """Judge what `paths` declare by the controls that can be asked before anything exists.

    With `earlier`, what they declared then.

    Raises:
        AuditorError: an input cannot be read, or is of no known format.
        UsageError: a policy, tiers or waivers file is wrong.
        EngineError: the engine cannot load the policies or cannot be reached.
    """
    each = options.against.accounts if options.against else frozenset()
    lifecycle, base = settings.copy_lifecycle, options.baseline
    place = (options.account, options.region)
    assumed = Assumed(*place, lifecycle, stacks=options.stacks, accounts=each, hcl=options.hcl)
    ours = settings.policies is not None or options.against is not None
    with opening(catalogue, settings, whole=ours) as engine:
        inputs = read_inputs(tuple(paths), assumed, earlier)
        policies = demanded(inputs.own, catalogue, settings, options.read_settings)
        facts = FactsOf(settings.as_of, partial(_facts, [*inputs.readings], catalogue, settings, options))
        inputs.readings += policy_readings(policies, base.demanded if base else None, facts)
        return replace(judge_inputs(inputs, engine(), catalogue, settings, options), demanded=policies)


def _facts(
    readings: Sequence[Reading], catalogue: Catalogue, settings: Settings, options: CheckOptions
) -> Iterator[Facts]:
    """What the inputs declare and a run has recorded, for another version of a control."""
    gathered = gather(readings, catalogue.tiers)
    circumstances = circumstances_of(
        catalogue, settings, options.unit, assume_opted_in=options.assume_opted_in
    )
    for unit in units_of(catalogue.tiers, options.unit):
        for one in declared_frames(gathered, circumstances, unit):
            yield Facts(one.frame, CHECK, partial(one.called, gathered))
    yield from options.against.facts(settings) if options.against else ()


def judge_inputs(
    inputs: Inputs, engine: Engine, catalogue: Catalogue, settings: Settings, options: CheckOptions
) -> CheckResult:
    """Judge what was read, by an engine that has the policies of `catalogue` loaded."""
    limit = Limit(settings.as_of.date(), settings.max_waiver_days)
    waivers = load_waivers(settings.waivers, catalogue.controls, limit).entries
    before = options.baseline.demanded if options.baseline else None
    added = waivers_of_change(waivers, before, limit.as_of)
    own = [one for one in inputs.readings if one.kind in COMPARED]
    others = [one for one in inputs.readings if one.kind not in COMPARED]
    controls = asked(catalogue)
    run = options.against
    applied = run.applied(others, catalogue, settings) if run else None
    gathered = gather(others, catalogue.tiers, applied.told if applied else NOTHING_TOLD)
    circumstances = circumstances_of(
        catalogue, settings, options.unit, assume_opted_in=options.assume_opted_in
    )
    as_of = rfc3339(epoch_ms(settings.as_of))
    asker = Asker(engine, catalogue.schemas, as_of)
    runs = [
        [*judged_frames(gathered, circumstances, unit, asker, controls, waivers)]
        for unit in units_of(catalogue.tiers, options.unit)
    ]
    kept = [one for one in waivers if one not in added]
    lowered, less = judged_lowered(own, before, asker, catalogue, circumstances, kept, settings)
    found = [*judgements(runs, gathered), *less]
    undecided = [*_undecided([*runs, lowered])]
    if run is None or applied is None:
        result = _result(inputs, found, controls, settings, options, catalogue, as_of, undecided)
        return replace(result, simulation=_simulated(gathered, circumstances, options.simulator))
    unknown = {
        (one.entry.control_id, one.entry.arn) for one in found if one.entry and one.code == UNKNOWN_VERDICT
    }
    difference = run.changed_by(applied, engine, catalogue, settings, unknown, options.simulator)
    found = [_settled(one, difference.told) for one in found]
    result = _result(inputs, found, controls, settings, options, catalogue, as_of, undecided)
    code = difference.exit_code(_fatal(settings.fail_on), fail_on_unknown=options.fail_on_unknown)
    together = _together(result, found, code)
    return replace(result, against=difference, exit_code=together, simulation=difference.simulation)


def _undecided(runs: Sequence[Sequence[CheckedFrame]]) -> Iterator[str]:
    """Say of each waiver that may cover something that it does not, as nothing says whether it does."""
    asked = (one for run in runs for checked in run for one in (checked.judged, checked.otherwise) if one)
    for waiver in dict.fromkeys(waiver for judged in asked for waiver in judged.undecided):
        unit = f"organizational unit {waiver.organizational_unit}" if waiver.organizational_unit else ""
        tag = f"tag {waiver.tag[0]}={waiver.tag[1]}" if waiver.tag else ""
        by = " and ".join(filter(None, (unit, tag)))
        yield f"nothing is waived of {waiver.control_id} by {by} where the inputs leave that unknown"


def _simulated(
    gathered: Gathered, circumstances: Circumstances, simulator: Simulator | None
) -> Simulation | None:
    """What the declared plans will do to what is declared; whose units decides nothing of that."""
    if simulator is None:
        return None
    inventories = declared_inventories(gathered.nouns, gathered, circumstances, (), Unknowns())
    names = {one.arn: one.declaration.address for nouns in gathered.nouns for one in nouns.resources}
    return simulator.simulated(inventories, names, circumstances.as_of)


def _settled(one: Judgement, told: Mapping[tuple[str, str], ToldVerdict]) -> Judgement:
    """A judgement; where the inputs alone leave it unknown, with the verdict that a run tells, if any."""
    entry = one.entry
    found = told.get((entry.control_id, entry.arn)) if entry and one.code == UNKNOWN_VERDICT else None
    if entry is None or found is None or found.verdict is Verdict.INSUFFICIENT_DATA:
        return one
    code = CODE[found.verdict]
    failed = code < CODE[Verdict.COMPLIANT]
    said = replace(entry, verdict=found.verdict, reasons=found.reasons) if failed else None
    return replace(one, code=code, entry=said)


def _together(result: CheckResult, found: Sequence[Judgement], against: ExitCode) -> ExitCode:
    """The worse of two exit codes; where the inputs alone have nothing to judge, that of the run counts."""
    alone = result.exit_code
    nothing = not any(ORDER[one.code] in _STATED for one in found)
    unjudged = nothing and not result.entries and not result.incomplete
    codes = [against] if alone is ExitCode.INCOMPLETE and unjudged else [alone, against]
    return next((code for code in (ExitCode.FINDINGS, ExitCode.INCOMPLETE) if code in codes), against)


def _result(
    inputs: Inputs,
    found: Sequence[Judgement],
    controls: Sequence[Control],
    settings: Settings,
    options: CheckOptions,
    catalogue: Catalogue,
    as_of: str,
    undecided: Sequence[str],
) -> CheckResult:
    entries = sorted((one.entry for one in found if one.entry is not None), key=lambda one: one.worst_first)
    new, old = options.baseline.split(entries) if options.baseline else (entries, [])
    mended = Suggestions(controls, catalogue.tiers, inputs.readings, inputs.sources)
    new, code = with_lines([*mended.added(new)], inputs.readings, options.hcl)
    counts = Counter(str(ORDER[one.code]) for one in found)
    counts.subtract(str(one.verdict) for one in old)
    stated = bool(inputs.own) or any(ORDER[one.code] in _STATED for one in found)
    incomplete = [NotWhole(one.file, one.incomplete) for one in inputs.readings if one.incomplete]
    before = options.baseline.demanded if options.baseline else None
    incomplete += [NotWhole(*one) for one in unasked(inputs.readings, before, catalogue)]
    fails = (settings.fail_on, new), failing_before(new, inputs.readings, before)
    return CheckResult(
        inputs=[{"file": file, "kind": kind} for file, kind in inputs.kinds()],
        controls=[control.id for control in controls],
        entries=new,
        counts=counts,
        resources=sum(len(one.resources) for one in inputs.readings),
        not_looked_at=inputs.not_looked_at(),
        passed_over=inputs.passed_over,
        incomplete=incomplete,
        assumed=[*_assumed(inputs, options), *undecided],
        exit_code=_exit_code(fails, options, whole=stated and not incomplete),
        policies_sha256=catalogue.sha256,
        as_of=as_of,
        old=old,
        baseline=options.baseline.read if options.baseline else None,
        excerpts=excerpts([*inputs.sources, *code], new),
        lasting=inputs.lasting_locks(settings.as_of),
    )


def _assumed(inputs: Inputs, options: CheckOptions) -> Iterator[str]:
    """What is taken to be so; first what concerns all inputs."""
    apart = (one for one in inputs.readings if not (one.stack or one.kind in COMPARED))
    nameless = [one for one in apart if any(place.unnamed for place in one.places())]
    if len(nameless) > 1:
        yield "inputs that name no account or Region are of one and the same"
    if options.assume_opted_in and any(one.kind not in COMPARED for one in inputs.readings):
        yield from _opted_in(inputs)
    for reading in inputs.readings:
        yield from reading.assumed


def _opted_in(inputs: Inputs) -> Iterator[str]:
    """Where the opt-in of resource types is taken for granted."""
    declared = {one.place for reading in inputs.readings for one in reading.opt_ins}
    plans = (one.plan for reading in inputs.readings for one in reading.plans)
    if declared and any(of_the_organization(plan.plan_id) for plan in plans):
        yield "resource types are opted in in the management account, for plans of the organization"
    if not declared:
        yield "resource types are opted in (no input declares the opt-in of a Region)"
        return
    places = {one.place for reading in inputs.readings for one in reading.resources}
    for place in sorted(places - declared, key=lambda one: (one.account_id, one.region)):
        where = f"{place.account_id} {place.region}"
        yield f"resource types are opted in in {where} (no input declares it)"


def _exit_code(
    fails: Sequence[tuple[str, Sequence[CheckEntry]]], options: CheckOptions, *, whole: bool
) -> ExitCode:
    """Findings come first; then what leaves nothing proven; an unknown only where it is asked for.

    `fails` has a severity from which on findings fail, with the entries that it is for.
    """
    verdicts = {one.verdict for _, entries in fails for one in entries}
    for fail_on, entries in fails:
        fatal = _fatal(fail_on)
        if any(one.verdict is Verdict.NON_COMPLIANT and one.severity in fatal for one in entries):
            return ExitCode.FINDINGS
    unknown = Verdict.INSUFFICIENT_DATA in verdicts and options.fail_on_unknown
    if not whole or unknown or Verdict.ERROR in verdicts:
        return ExitCode.INCOMPLETE
    return ExitCode.COMPLIANT


def _fatal(fail_on: str) -> list[str]:
    """The severities of which a finding fails."""
    severities = [str(severity) for severity in Severity]
    return [] if fail_on == "never" else severities[: severities.index(fail_on) + 1]
