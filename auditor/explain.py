"""Why one resource is or is not protected: its selections, its slots with their evidence, its verdicts."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from auditor.audit import audited, open_subjects
from auditor.catalogue.load import Catalogue
from auditor.catalogue.waivers import load_waivers
from auditor.evaluate.ask import Asker
from auditor.evaluate.columns import NEVER
from auditor.evaluate.expected import expected_backups
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.resources import resource_frame
from auditor.evaluate.subjects import Subjects
from auditor.judge.verdicts import ORDER, gap_reason, judge
from auditor.model.errors import UsageError
from auditor.model.settings import Settings
from auditor.model.verdicts import Reason, Verdict
from auditor.rego.load import open_engine


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
class Explanation:
    """All that a run knows of one resource; `unread` says which calls stand in the way.

    `slots` are documents {due, state, plan, rule, job_id, recovery_point_arn, message}, oldest first;
    times RFC 3339.
    """

    arn: str
    name: str
    resource_type: str
    account_id: str
    account_name: str
    region: str
    tags: Mapping[str, str] | None
    tier: str | None
    selections: Sequence[SelectionSays]
    slots: Sequence[Mapping[str, Any]]
    verdicts: Sequence[ControlSays]
    unread: Sequence[str]


def explain(run: Path, arn: str, settings: Settings) -> Explanation:
    """What the evidence of `run` says of the resource `arn`.

    Raises:
        UsageError: the run's inventory has no such resource.
    """
    catalogue = Catalogue.load(settings.policies, settings.tiers)
    subjects = open_subjects(run, catalogue, settings)
    inventory = next((one for one in subjects.inventories if arn in one.index), None)
    if inventory is None:
        raise UsageError(_not_found(subjects, arn))
    index = inventory.index[arn]
    tier = int(inventory.tier[index])
    account = inventory.scope.account
    missing = inventory.scope.missing(*SELECTION_TABLES, "backup_jobs", "recovery_points")
    return Explanation(
        arn=arn,
        name=inventory.name[index],
        resource_type=inventory.resource_type[index],
        account_id=account.account_id,
        account_name=account.name,
        region=inventory.scope.region,
        tags=inventory.tags[index],
        tier=None if tier == NEVER else inventory.tier_names[tier],
        selections=_selections(inventory, index),
        slots=_slots(inventory, index, subjects),
        verdicts=_verdicts(inventory, index, subjects, catalogue, settings),
        unread=[gap_reason([subjects.gaps[gap_id]]).message for gap_id in missing],
    )


def _not_found(subjects: Subjects, arn: str) -> str:
    where = ", ".join(
        f"{account} {region or 'all Regions'}" for account, region in subjects.unread.scopes("resources")
    )
    unread = f"; the inventory of {where} could not be read" if where else ""
    return f"The inventory of this run has no resource {arn}{unread}; compare the ARN with verdicts.csv."


def _selections(inventory: Inventory, index: int) -> list[SelectionSays]:
    names = {plan.plan_id: plan.name for plan in inventory.current_plans}
    return [
        SelectionSays(
            names.get(selection.plan_id, selection.plan_id), selection.name, decision.outcome, decision.steps
        )
        for selection, decision in zip(inventory.selections, inventory.decide(index), strict=True)
    ]


def _slots(inventory: Inventory, index: int, subjects: Subjects) -> list[dict[str, Any]]:
    if inventory.scope.missing(*SELECTION_TABLES, "backup_jobs"):
        return []  # a job that nobody could look for was not missed
    found = expected_backups(inventory, subjects.period)
    mine = np.flatnonzero(found.slots.resource == index)
    return found.rows(mine[np.argsort(found.slots.due[mine], kind="stable")])


def _verdicts(
    inventory: Inventory, index: int, subjects: Subjects, catalogue: Catalogue, settings: Settings
) -> list[ControlSays]:
    frame = resource_frame(inventory, subjects.whole, subjects.period)
    waivers = load_waivers(settings.waivers, catalogue.control_ids).entries
    answer = []
    with closing(
        open_engine(settings.engine, catalogue.modules, catalogue.data, url=settings.engine_url)
    ) as engine:
        asker = Asker(engine, catalogue.schemas, subjects.period.as_of)
        for control in audited(catalogue):
            if control.subject == "resource":
                judged = judge(asker.ask(control, frame), waivers, subjects.as_of.date())
                verdict = ORDER[judged.code[index]]
                facts = frame.cite((*control.reads, *control.cites), index)
                reasons = judged.reasons(index, subjects.gaps)
                answer.append(ControlSays(control.id, control.title, verdict, reasons, facts))
    return answer
