"""Where judged frames go: every verdict, the counts, and the populations."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auditor.evaluate.subjects import Subjects
from auditor.judge.compliance import CONTROLS_FILE, RESOURCES_FILE, Compliance, ComplianceSink, forget
from auditor.judge.kept import KeptTally
from auditor.judge.population import RESOURCES, SLOTS, PopulationSink
from auditor.judge.sink import VerdictSink
from auditor.judge.tally import Tally
from auditor.judge.written import written
from auditor.model.audit_manager import EVERY_CONTROL, FRAMEWORK, AskedFramework
from auditor.model.policy import Control

VERDICTS: Final = "verdicts.parquet"


@dataclass(frozen=True, slots=True)
class Sinks:
    """One of each kind, open."""

    verdicts: VerdictSink
    tally: Tally
    population: PopulationSink
    kept: KeptTally
    compliance: ComplianceSink | None = None


@contextmanager
def open_sinks(
    run: Path,
    subjects: Subjects,
    controls: Sequence[Control],
    owner_tag: str = "",
    asked: AskedFramework = EVERY_CONTROL,
) -> Iterator[Sinks]:
    """The sinks of a run; each of their files appears in its folder when the block ends without an error.

    `owner_tag` is the key of the tag that names a resource's owner. `asked` is the framework of
    Audit Manager, for an audit whose controls are that service's.

    Raises:
        AuditorError: the folder cannot be written.
    """
    with (
        written(run / VERDICTS) as verdicts,
        written(run / RESOURCES) as resources,
        written(run / SLOTS) as slots,
        VerdictSink(verdicts, subjects.gaps, subjects.accounts, owner_tag) as sink,
        PopulationSink(resources, slots, controls, subjects.accounts) as population,
    ):
        if not any(control.only_for == FRAMEWORK for control in controls):
            forget(run)
            yield Sinks(sink, Tally(), population, KeptTally())
            return
        with (
            written(run / CONTROLS_FILE) as of_controls,
            written(run / RESOURCES_FILE) as of_resources,
            ComplianceSink(Compliance.of(asked, subjects), of_controls, of_resources, controls) as told,
        ):
            yield Sinks(sink, Tally(), population, KeptTally(), told)
