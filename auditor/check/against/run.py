"""A change applied to the evidence of a run: what judged the run, and what will judge it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from auditor import files
from auditor.catalogue.frameworks import for_framework
from auditor.catalogue.load import Catalogue
from auditor.catalogue.moments import AUDIT, CHECK
from auditor.catalogue.waivers import Limit, load_waivers
from auditor.check.against.applied import Applied, apply
from auditor.check.against.judging import Situation, VerdictComparison
from auditor.check.against.mapped import Mapped
from auditor.check.against.protection import protection_changes
from auditor.check.control_versions import Facts
from auditor.check.difference import Difference
from auditor.check.reading import Reading
from auditor.check.simulated import Simulation
from auditor.check.simulation import Simulator
from auditor.evaluate.ask import Asker
from auditor.evaluate.facts import Frame
from auditor.evaluate.subjects import Subjects
from auditor.evidence.metadata import check_run
from auditor.evidence.store import Evidence
from auditor.judged_by import FOLDER, as_judged, recalled, waivers_of
from auditor.model.errors import UsageError
from auditor.model.policy import Control
from auditor.model.settings import Settings
from auditor.model.verdicts import Waiver
from auditor.rego.engine import Engine
from auditor.rego.load import OWN, open_engine
from reports.document import AuditDocument, DocumentError, from_json
from reports.frameworks import audited_for

_DOCUMENT: Final = "document.json"
_POLICIES: Final = "policies"
_TIERS: Final = "tiers.yaml"


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run that was judged: its evidence, its document, and what it was judged by."""

    path: Path
    evidence: Evidence
    document: AuditDocument
    catalogue: Catalogue

    @classmethod
    def open(cls, run: Path) -> "RecordedRun":
        """Open the run in the folder `run`.

        Raises:
            UsageError: it holds no evidence, was not judged, is of another format, or what judged it is gone.
            AuditorError: its evidence was changed.
        """
        evidence = Evidence.open(run)
        check_run(evidence)
        try:
            document = from_json(files.read(run / _DOCUMENT))
        except OSError:
            raise UsageError(f"{run} has not been judged yet: run `auditor evaluate {run}` first.") from None
        except DocumentError as error:
            raise UsageError(f"{run / _DOCUMENT}: {error}") from None
        return cls(run, evidence, document, recalled(run, document))

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts of which it has evidence."""
        return frozenset(account for account, _ in self.evidence.partitions())

    def catalogue_after(self, settings: Settings) -> Catalogue:
        """The policies after the change: what the settings name, else those of the run.

        Of them the controls that the run was asked for, by its framework.

        Raises:
            UsageError: a policy or the tiers are wrong, or the framework of the run is no longer there.
        """
        if settings.policies is None and settings.tiers is None:
            return self.catalogue
        kept = self.path / FOLDER / _POLICIES
        tiers = settings.tiers or (kept / _TIERS if settings.policies is None else None)
        return for_framework(Catalogue.load(settings.policies or kept, tiers), audited_for(self.document))

    def check_engine(self, catalogue: Catalogue, settings: Settings) -> None:
        """Refuse a server that would have to hold the policies of both sides at once."""
        shared = settings.engine == "opa-server" and settings.engine_url != OWN
        if shared and catalogue.sha256 != self.catalogue.sha256:
            raise UsageError(
                f"{settings.engine_url} holds one set of policies at a time, and {self.path} was judged by "
                "another than what it is held against: use --engine-url own, or --engine embedded."
            )

    def readings_before(self, settings: Settings) -> Settings:
        """The settings with the readings that the run was judged with."""
        return as_judged(self.path, self.document, settings)

    def readings_after(self, settings: Settings) -> Settings:
        """The same, with those that are named now."""
        named = [name for name in self.document.run.readings if name in settings.origins.given]
        return replace(self.readings_before(settings), **{name: getattr(settings, name) for name in named})

    def facts(self, settings: Settings) -> Iterator[Facts]:
        """The facts of everything that it was asked about, for another version of a control."""
        before = self.readings_before(settings)
        for frame in Subjects.judged_by(self.evidence, self.catalogue, before).frames():
            yield Facts(frame, AUDIT, partial(self._called, frame))

    def _called(self, frame: Frame, index: int) -> str:
        return f"{frame.arn[index].as_py()} (in {files.shown(self.path)})"

    def applied(self, readings: Sequence[Reading], catalogue: Catalogue, settings: Settings) -> Applied:
        """Apply what `readings` declare, and other policies, to the evidence.

        Raises:
            UsageError: the run is of another partition than the inputs.
            AuditorError: there is more to decide than anybody would wait for.
        """
        self._check_partition(readings)
        readings_of = (self.readings_before(settings), self.readings_after(settings))
        return apply(self.evidence, (self.catalogue, catalogue), readings_of, readings)

    def changed_by(
        self,
        applied: Applied,
        engine: Engine,
        catalogue: Catalogue,
        settings: Settings,
        unknown: Collection[tuple[str, str]] = (),
        simulator: Simulator | None = None,
    ) -> Difference:
        """Judge the evidence as it is, and as what is `applied` would make it.

        `engine` has the policies of `catalogue` loaded. `unknown` are controls and ARNs of the inputs whose
        verdict these alone leave unknown. `simulator` shows what plans will do in what changes.

        Raises:
            UsageError: the waivers are wrong.
            EngineError: the engine cannot load the policies of the run.
        """
        before, after, found = applied.before, applied.after, applied.found
        own, as_of = waivers_of(self.document), before.period.as_of
        waivers = _waivers(settings, catalogue, own)
        with _engine_of(self, catalogue, engine, settings) as first:
            comparison = VerdictComparison(
                Situation(before, asked(self.catalogue), Asker(first, self.catalogue.schemas, as_of), own),
                Situation(after, asked(catalogue), Asker(engine, catalogue.schemas, as_of), waivers),
                found.places,
                {(control_id, found.aliases.get(arn, arn)) for control_id, arn in unknown},
            )
            changes = sorted(comparison.changes(), key=lambda one: one.worst_first)
        told = {(one, arn): comparison.told.get((one, found.aliases.get(arn, arn))) for one, arn in unknown}
        earlier, later = applied.settings
        judged = ((self.catalogue.sha256, earlier, own), (catalogue.sha256, later, [*waivers]))
        return Difference(
            run=files.shown(self.path),
            as_of=self.evidence.metadata["as_of"],
            accounts=len(before.accounts),
            policies_before=self.catalogue.sha256,
            policies_after=catalogue.sha256,
            changes=changes,
            compared=comparison.compared,
            still_unknown=comparison.still_unknown,
            only_later=sorted(one.id for one in catalogue.controls if CHECK not in one.moments),
            matched=found.matched,
            failing=found.failing,
            unmapped=found.unmapped,
            protection=sorted(
                protection_changes(before, after, found.places), key=lambda one: one.worst_first
            ),
            told={key: one for key, one in told.items() if one and applied.whole and found.tells(key[1])},
            open=found.open,
            simulation=_simulated(simulator, after, found) if simulator else None,
            applied=judged[0] != judged[1] or any(one.anything for one in found.places.values()),
        )

    def _check_partition(self, readings: Sequence[Reading]) -> None:
        partition = self.evidence.metadata["partition"]
        for reading in readings:
            named = (one for one in reading.places() if not one.unknown)
            other = next((one.partition for one in named if one.partition != partition), None)
            if other is not None:
                raise UsageError(
                    f"{self.path} is of the partition {partition}, and {reading.file} of {other}: name a run "
                    "of the same partition."
                )


def _simulated(simulator: Simulator, after: Subjects, found: Mapped) -> Simulation:
    """What plans will do in the accounts and Regions that the change is about."""
    places = {place for place, change in found.places.items() if change.anything}
    inventories = [
        one for one in after.inventories if (one.scope.account.account_id, one.scope.region) in places
    ]
    names = {
        arn: one.declaration.address
        for place in places
        for arn, one in found.places[place].resources_in.items()
    }
    return simulator.simulated(inventories, names, after.as_of)


def asked(catalogue: Catalogue) -> dict[str, Control]:
    """The controls that judge what is only declared, by id."""
    return {control.id: control for control in catalogue.controls if CHECK in control.moments}


def _waivers(settings: Settings, catalogue: Catalogue, own: Sequence[Waiver]) -> Sequence[Waiver]:
    """The waivers after the change: those of the file that is named, else those of the run."""
    if settings.waivers is None:
        return own
    limit = Limit(settings.as_of.date(), settings.max_waiver_days)
    return load_waivers(settings.waivers, catalogue.controls, limit).entries


@contextmanager
def _engine_of(
    recorded: RecordedRun, catalogue: Catalogue, engine: Engine, settings: Settings
) -> Iterator[Engine]:
    """An engine with the policies of the run: the one that is open, where they are the same."""
    held = recorded.catalogue
    if held.sha256 == catalogue.sha256:
        yield engine
        return
    with closing(open_engine(settings.engine, held.modules, held.data, url=settings.engine_url)) as earlier:
        yield earlier
