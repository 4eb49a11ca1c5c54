"""Why one subject has its verdicts: its selections, its slots with their evidence, the controls' answers.

A run is explained with what it was judged by: the policies and tiers that its folder keeps, and the waivers
and readings that its document names.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from auditor import __version__, files
from auditor.audit import DOCUMENT, audited, open_subjects
from auditor.catalogue.load import Catalogue
from auditor.derive.columns import ABSENT
from auditor.evaluate.ask import Asker
from auditor.evaluate.carriers import carrier_decisions
from auditor.evaluate.expected import expected_backups
from auditor.evaluate.facts import Column, Frame, Lazy
from auditor.evaluate.history import JobHistory
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.subjects import Subjects
from auditor.evidence.table_schemas import DOCUMENTS
from auditor.judge.given_subjects import said_of
from auditor.judge.sink import TABLE_OF
from auditor.judge.sinks import VERDICTS
from auditor.judge.verdicts import ORDER, gap_reason, judge
from auditor.judged_by import as_judged, attestations_of, recalled, waivers_of
from auditor.lookup import TOLD_WITH, FoundSubject, find, finding_of, recorded
from auditor.model.errors import UsageError
from auditor.model.settings import Settings
from auditor.model.verdicts import Attestation, Reason, Verdict, Waiver
from auditor.rego.load import open_engine
from auditor.surroundings import of_plan, of_tier, of_vault
from reports.document import AuditDocument, DocumentError, from_json


@dataclass(frozen=True, slots=True)
class SelectionSays:
    """What one selection of a plan says of the resource, with its steps in order."""

    plan: str
    selection: str
    outcome: str
    steps: Sequence[str]


@dataclass(frozen=True, slots=True)
class ControlSays:
    """One control's verdict, why, and the facts that it read and cites."""

    control_id: str
    title: str
    verdict: Verdict
    reasons: Sequence[Reason]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResourceSays:
    """What protects a resource; `tags`, `tier`, `selections` and `slots` are None where they are unknown.

    `assigned` has a line for each entry of the assignment, up to the one that decides. `slots` are documents
    {due, state, plan, rule, job_id, recovery_point_arn, message}, oldest first; times RFC 3339.
    """

    tags: Mapping[str, str] | None
    tier: str | None
    assigned: Sequence[str]
    selections: Sequence[SelectionSays] | None
    slots: Sequence[Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that a run knows of one subject; `unread` says which failed calls hide more.

    `asked` is the control whose finding was asked for, "" where none was. `resource` is of a resource,
    `facts` are all of another subject; `related` are the selections of a plan, or the rules that lead into a
    vault, each a line.
    """

    subject: FoundSubject
    account_name: str
    asked: str
    verdicts: Sequence[ControlSays]
    unread: Sequence[str]
    facts: Mapping[str, Any]
    resource: ResourceSays | None = None
    related: Sequence[str] = ()


def explain(run: Path, wanted: str, settings: Settings, given: frozenset[str] = frozenset()) -> Explanation:
    """What `run` says of the subject that `wanted` names: an ARN, id or name, or the id of a finding.

    Of `settings`, the engine counts. The fields in `given` were asked for by name: they must be as they were
    when the run was judged.

    Raises:
        UsageError: the run was not judged; what it was judged by is gone or has changed; or `wanted` names no
        subject of it, or several.
    """
    found = _document(run)
    catalogue = recalled(
        run,
        found,
        settings.policies if "policies" in given else None,
        settings.tiers if "tiers" in given else None,
    )
    settings = as_judged(run, found, settings, given)
    subjects = open_subjects(run, catalogue, settings)
    subject = find(run / VERDICTS, wanted, subjects)
    own = recorded(run / VERDICTS, subject)
    asked = finding_of(subject, wanted, tuple(own))
    account = subjects.accounts[subject.account_id]
    place = (subject.account_id, subject.region)
    inventory = next(
        (one for one in subjects.inventories if (one.scope.account.account_id, one.scope.region) == place),
        None,
    )
    kind = subject.type.removeprefix("deleted_")
    if inventory is None or kind not in TABLE_OF:
        return Explanation(
            subject, account.name, asked, _told(own, catalogue), (), said_of(found, kind, subject.arn)
        )
    frame = _frame(subjects, inventory, subject)
    if frame.deleted:
        inventory = next(one for one in subjects.deleted if one.living is inventory)
    index = inventory.index.get(subject.arn) if kind == "resource" else None
    told = Explanation(
        subject,
        account.name,
        asked,
        _verdicts(
            [frame, *_told_with(subjects, inventory, subject)],
            subjects,
            catalogue,
            settings,
            (waivers_of(found), attestations_of(found)),
        ),
        _unread(subjects, inventory, kind),
        frame.cite(list(frame.facts), 0) if index is None else {},
        None if index is None else _resource(inventory, index, subjects),
        _related(subjects, inventory, subject),
    )
    _agree(run, found, told, own)
    return told


def _document(run: Path) -> AuditDocument:
    for name in (DOCUMENT, VERDICTS):
        if not (run / name).is_file():
            raise UsageError(f"{run} has no {name}: judge the run with `auditor evaluate {run}`.")
    try:
        return from_json(files.read(run / DOCUMENT))
    except DocumentError as error:
        raise UsageError(f"{run / DOCUMENT}: {error}") from None


def _told(own: Mapping[str, tuple[str, str]], catalogue: Catalogue) -> list[ControlSays]:
    """The run's verdicts of what is no frame's subject: of an entry of a file, or an unread place."""
    titles = {control.id: control.title for control in catalogue.controls}

    def reasons(message: str) -> tuple[Reason, ...]:
        return (Reason("", message, {}),) if message else ()

    return [
        ControlSays(name, titles.get(name, ""), Verdict(verdict), reasons(message), {})
        for name, (verdict, message) in sorted(own.items())
    ]


def _agree(run: Path, found: AuditDocument, told: Explanation, own: Mapping[str, tuple[str, str]]) -> None:
    """Refuse to explain a verdict that is not the run's."""
    for control in told.verdicts:
        verdict = own.get(control.control_id, ("none", ""))[0]
        if verdict != control.verdict:
            raise UsageError(
                f"{run} was judged by auditor {found.run.auditor_version}, which gave {verdict} for "
                f"{control.control_id}; this release, {__version__}, gives {control.verdict}: "
                f"judge the run again with `auditor evaluate {run}`."
            )


def _unread(subjects: Subjects, inventory: Inventory, kind: str) -> list[str]:
    """The gaps in the tables that say what protects or makes a subject of that kind."""
    plans = (*SELECTION_TABLES, *DOCUMENTS.values())
    resources = (*plans, "backup_jobs", "recovery_points")
    tables = {"resource": resources, "plan": plans}.get(kind, (TABLE_OF[kind],))
    return [gap_reason([subjects.gaps[name]]).message for name in inventory.scope.missing(*tables)]


def _frame(subjects: Subjects, inventory: Inventory, subject: FoundSubject) -> Frame:
    """The subject alone as a frame."""
    for frame in subjects.frames_of(inventory):
        if frame.called == subject.type:
            index = pc.index(frame.arn, subject.arn).as_py()
            if index >= 0:
                return _only(frame, index)
    raise UsageError(
        f"The evidence does not have {subject} any more as it was judged; judge the run again with "
        "`auditor evaluate`."
    )


def _told_with(subjects: Subjects, inventory: Inventory, subject: FoundSubject) -> Iterator[Frame]:
    """What has the ARN of a subject and is told with it, alone as frames."""
    for frame in subjects.frames_of(inventory):
        index = pc.index(frame.arn, subject.arn).as_py()
        if TOLD_WITH.get(frame.called) == subject.type and index >= 0:
            yield _only(frame, index)


def _only(frame: Frame, index: int) -> Frame:
    """One subject of a frame: the controls need not be asked about the others."""

    def one(column: Column | Lazy) -> Column | Lazy:
        if isinstance(column, Lazy):
            return Lazy(lambda _: column.at(index), 1)
        holes = tuple(
            replace(hole, where=None if hole.where is None else hole.where[[index]]) for hole in column.holes
        )
        return Column(column.codes[[index]], column.values, holes)

    has_tag = frame.has_tag
    return replace(
        frame,
        arn=frame.arn.slice(index, 1),
        resource_type=frame.resource_type.slice(index, 1),
        name=frame.name.slice(index, 1),
        facts={name: one(column) for name, column in frame.facts.items()},
        has_tag=None if has_tag is None else lambda _, key, value: has_tag(index, key, value),
    )


def _related(subjects: Subjects, inventory: Inventory, subject: FoundSubject) -> list[str]:
    if subject.type == "plan":
        return of_plan(inventory, subject.arn)
    return of_vault(subjects.inventories, subject.arn) if subject.type == "vault" else []


def _resource(inventory: Inventory, index: int, subjects: Subjects) -> ResourceSays:
    tier = int(inventory.tier[index])
    missing = inventory.scope.missing
    selections = _selections(inventory, index)
    return ResourceSays(
        inventory.tags[index],
        None if tier == ABSENT else inventory.tier_names[tier],
        of_tier(inventory, index),
        selections if selections or not missing("backup_plans", "backup_selections") else None,
        # a job that nobody could look for was not missed
        None if missing(*SELECTION_TABLES, "backup_jobs") else _slots(inventory, index, subjects),
    )


def _selections(inventory: Inventory, index: int) -> list[SelectionSays]:
    names = {plan.plan_id: plan.name for plan in inventory.current_plans}
    decisions = (*enumerate(inventory.decide(index)), *carrier_decisions(inventory, index))
    return [
        SelectionSays(
            names.get(selection.plan_id, selection.plan_id), selection.name, decision.outcome, decision.steps
        )
        for selection, decision in ((inventory.selections[row], decision) for row, decision in decisions)
    ]


def _slots(inventory: Inventory, index: int, subjects: Subjects) -> list[dict[str, Any]] | None:
    """The slots that are known of a resource, by time; None where none is, and there may be some."""
    found = expected_backups(inventory, JobHistory(inventory), subjects.period)
    mine = np.flatnonzero(found.slots.resource == index)
    if not len(mine) and found.unreadable[index]:
        return None
    return found.rows(mine[np.argsort(found.slots.due[mine], kind="stable")])


def _verdicts(
    frames: Sequence[Frame],
    subjects: Subjects,
    catalogue: Catalogue,
    settings: Settings,
    given: tuple[Sequence[Waiver], Sequence[Attestation]],
) -> list[ControlSays]:
    answer, (waivers, attestations) = [], given
    with closing(
        open_engine(settings.engine, catalogue.modules, catalogue.data, url=settings.engine_url)
    ) as engine:
        asker = Asker(engine, catalogue.schemas, subjects.period.as_of)
        for control, frame in product(subjects.asked(audited(catalogue)), frames):
            if control.subject == frame.subject and (control.deleted_resources or not frame.deleted):
                judged = judge(asker.ask(control, frame), waivers, subjects.as_of.date(), attestations)
                verdict = ORDER[judged.code[0]]
                facts = frame.cite((*control.reads, *control.cites), 0)
                reasons = judged.reasons(0, subjects.gaps)
                answer.append(ControlSays(control.id, control.title, verdict, reasons, facts))
    return answer
