"""What the controls of a framework of AWS Backup Audit Manager come to for a run (aws-backup.md 2.2, 2.4).

The controls are those that an audit for `aws-backup-audit-manager` asks, and the rows those that it writes.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from auditor.catalogue.frameworks import for_framework
from auditor.catalogue.load import Catalogue
from auditor.derive.selection import SelectionSettings
from auditor.evaluate.ask import Asker
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.subjects import Subjects
from auditor.evidence.metadata import check_run
from auditor.evidence.store import Evidence
from auditor.judge.compliance import Compliance, Place, Row
from auditor.judge.verdicts import Judged, judge
from auditor.model.audit_manager import FRAMEWORK, AskedFramework
from auditor.model.policy import Control
from auditor.rego.load import open_engine


def compliance_rows(
    run: Path,
    selection: SelectionSettings,
    frameworks: Iterable[AskedFramework],
    places: Sequence[Place],
    *,
    by_resource: bool,
) -> Iterator[Row]:
    """The rows of a report on `places`: for each control of `frameworks`, or for each resource `by_resource`.

    The plans' selections are read as `selection` says. What was not read, or is judged by nothing here, is
    INSUFFICIENT_DATA.

    Raises:
        UsageError: the folder is no run.
        AuditorError: the run was changed, or the engine cannot be started.
    """
    evidence, policies = Evidence.open(run), Catalogue.load()
    check_run(evidence)
    with closing(open_engine("embedded", policies.modules, policies.data)) as engine:
        for framework in frameworks:
            catalogue = for_framework(replace(policies, asked=framework), FRAMEWORK)
            subjects = Subjects(evidence, catalogue.tiers, selection, (), "ignore", asked=framework)
            asker = Asker(engine, catalogue.schemas, subjects.period.as_of)
            told = Compliance.of(framework, subjects)
            yield from _rows(told, catalogue.controls, asker, places, by_resource=by_resource)


def _rows(
    told: Compliance,
    controls: Sequence[Control],
    asker: Asker,
    places: Sequence[Place],
    *,
    by_resource: bool,
) -> Iterator[Row]:
    subjects, wanted = told.subjects, told.framework.controls
    known = {one.id: one for one in controls}
    asked = [known[one.name] for one in wanted if one.name in known]
    here = {(one.scope.account.account_id, one.scope.region): one for one in subjects.inventories}
    for place in places:
        found = dict(_judged(subjects, here[place], asked, asker)) if place in here else {}
        for one in wanted:
            judged = found.get(one.name)
            if by_resource:
                yield from told.resource_rows(one.name, place, judged)
            else:
                yield told.control_row(one.name, place, judged)


def _judged(
    subjects: Subjects, inventory: Inventory, controls: Sequence[Control], asker: Asker
) -> Iterator[tuple[str, Judged]]:
    for frame in subjects.frames_of(inventory):
        for control in controls:
            if control.subject == frame.subject:
                yield control.id, judge(asker.ask(control, frame), (), subjects.as_of.date())
