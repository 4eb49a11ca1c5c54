"""What controls of AWS Backup Audit Manager ask, answered from a run (aws-backup.md 2.2).

Four of its controls ask of a place what a shipped control asks of a tier. Their parameters become the demands
of one tier, and the shipped control judges the run's evidence under it. Whatever has no such control, or is
asked in a way that none of ours asks, is not judged, and never passes.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.catalogue.load import Catalogue
from auditor.derive.selection import SelectionSettings
from auditor.evaluate.ask import Asker
from auditor.evaluate.facts import Frame, constant
from auditor.evaluate.gaps import Scope
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.recovery_points import recovery_point_frame
from auditor.evaluate.resources import resource_frame
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.subjects import Subjects
from auditor.evaluate.success import accepted_completions
from auditor.evidence.metadata import check_run, listed_types
from auditor.evidence.store import Evidence
from auditor.judge.sink import TABLE_OF
from auditor.judge.verdicts import judge
from auditor.model.policy import Control, TierAssignment, Tiers
from auditor.rego.load import open_engine

Tier = Mapping[str, Any]

#: What every tier says; a control of ours reads of it what the framework's control is about.
_LEAST: Final[Tier] = {
    "required": True,
    "rpo_hours": 24,
    "retention_days": 1,
    "customer_key": False,
    "lock": "none",
}
_HOURS: Final = {"hours": 1, "days": 24}


def _kept(parameters: Mapping[str, str]) -> Tier | None:
    """Recovery points, and copies too, are kept for so many days; None where it is not said for how many."""
    if "requiredRetentionDays" not in parameters:
        return None
    days = int(parameters["requiredRetentionDays"])
    return {"retention_days": days, "copy": {"retention_days": days}}


def _recent(parameters: Mapping[str, str]) -> Tier | None:
    """The newest recovery point is no older than that; None where it is not said than what."""
    if not {"recoveryPointAgeUnit", "recoveryPointAgeValue"} <= parameters.keys():
        return None
    hours = _HOURS[parameters["recoveryPointAgeUnit"]] * int(parameters["recoveryPointAgeValue"])
    return {"rpo_hours": hours}


#: The shipped control that asks the same, and what its tier then demands.
_EQUALS: Final[Mapping[str, tuple[str, Callable[[Mapping[str, str]], Tier | None]]]] = {
    "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN": ("BKP-COV-001", lambda _: {}),
    "BACKUP_RECOVERY_POINT_ENCRYPTED": ("BKP-ENC-001", lambda _: {}),
    "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK": ("BKP-RET-002", _kept),
    "BACKUP_LAST_RECOVERY_POINT_CREATED": ("BKP-FRQ-002", _recent),
}


class Alone(Inventory):
    """An account and Region in which volumes are what is made of them by themselves (aws-backup.md 4.15)."""

    def __init__(self, evidence: Evidence, scope: ScopeFacts) -> None:
        super().__init__(evidence, scope)
        self.attached = {}


@dataclass(frozen=True, slots=True)
class Asked:
    """A control of Audit Manager. Its scope is resource types (none: all), tags, or one resource."""

    name: str
    parameters: Mapping[str, str]
    types: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    resources: tuple[str, ...] = ()

    @classmethod
    def of(cls, control: Mapping[str, Any]) -> Self:
        """From a FrameworkControl of AWS Backup's API."""
        scope = control.get("ControlScope") or {}
        given = control.get("ControlInputParameters") or ()
        return cls(
            control["ControlName"],
            {one["ParameterName"]: one["ParameterValue"] for one in given},
            tuple(scope.get("ComplianceResourceTypes") or ()),
            tuple((scope.get("Tags") or {}).items()),
            tuple(scope.get("ComplianceResourceIds") or ()),
        )


@dataclass(frozen=True, slots=True)
class JudgedPlace:
    """The subjects that a control is about in one account and Region; `codes` into `ORDER` of verdicts.

    `whole` says that these are all: no gap hides one, and the scope names resource types that an auditor
    lists. Recovery points are listed whatever their type.
    """

    arn: pa.Array
    resource_type: pa.Array
    codes: NDArray[np.int8]
    whole: bool


class AuditManagerJudge:
    """Judges a run's evidence by controls of Audit Manager.

    Its plans' selections are read as `selection` says. Close it after use.

    Raises:
        UsageError: the folder is no run.
        AuditorError: the run was changed, or the engine cannot be started.
    """

    def __init__(self, run: Path, selection: SelectionSettings) -> None:
        self.evidence = Evidence.open(run)
        check_run(self.evidence)
        self._selection = selection
        self._catalogue = Catalogue.load()
        self._controls = {control.id: control for control in self._catalogue.controls}
        self._engine = open_engine("embedded", self._catalogue.modules, self._catalogue.data)

    def close(self) -> None:
        """End the engine."""
        self._engine.close()

    def judged(self, asked: Asked, places: Container[Scope]) -> Mapping[Scope, JudgedPlace]:
        """What is found in each of `places`; one that was not read, or not judged, is not in it."""
        if asked.name not in _EQUALS:
            return {}
        control_id, demands = _EQUALS[asked.name]
        control, demanded = self._controls[control_id], demands(asked.parameters)
        if demanded is None or not _can_be_asked(asked, control):
            return {}
        tier = {**_LEAST, **demanded}
        accepted = accepted_completions(self._catalogue.data["parameters"])
        tiers = _tiers(tier, asked)
        subjects = Subjects(self.evidence, tiers, self._selection, accepted, "ignore", inventory_of=Alone)
        asker = Asker(self._engine, self._catalogue.schemas, subjects.period.as_of)
        listed = _are_listed(asked, control, listed_types(self.evidence))
        found = {}
        for inventory in subjects.inventories:
            place = (inventory.scope.account.account_id, inventory.scope.region)
            if place in places:
                frame = _frame(subjects, inventory, control, tier)
                codes = judge(asker.ask(control, frame), (), subjects.as_of.date()).code
                whole = listed and not subjects.unread.ids((TABLE_OF[control.subject],), *place)
                found[place] = _found(frame, codes, asked.types, whole=whole)
        return found


def _can_be_asked(asked: Asked, control: Control) -> bool:
    """Whether we know of what is in the scope; tags are those of the resources that tiers go by."""
    by_tag = control.subject == "resource" and all(value for _, value in asked.tags)
    return not asked.resources and (not asked.tags or by_tag)


def _are_listed(asked: Asked, control: Control, types: frozenset[str]) -> bool:
    """Whether the run listed all that may be in the scope: without types, whatever AWS Backup backs up."""
    is_about_points = control.subject == "recovery_point"
    return is_about_points or (bool(asked.types) and types.issuperset(asked.types))


def _tiers(tier: Tier, asked: Asked) -> Tiers:
    """One tier for what is in the scope, and none for the rest."""
    names = {"scope": tier, "rest": {"required": False}}
    if not asked.tags:
        return Tiers(names, (), "scope")
    return Tiers(names, (TierAssignment("scope", dict(asked.tags)),), "rest")


def _frame(subjects: Subjects, inventory: Inventory, control: Control, tier: Tier) -> Frame:
    """What the control is about; as no tag of recovery points is asked, each is in the tier of the scope."""
    if control.subject == "resource":
        return resource_frame(inventory, subjects.whole, subjects.period)
    frame = recovery_point_frame(inventory, subjects.whole)
    return replace(frame, facts={**frame.facts, "tier": constant({"name": "scope", **tier}, frame.size)})


def _found(frame: Frame, codes: NDArray[np.int8], types: Sequence[str], *, whole: bool) -> JudgedPlace:
    if not types:
        return JudgedPlace(frame.arn, frame.resource_type, codes, whole)
    chosen = pc.is_in(frame.resource_type, value_set=pa.array(types, frame.resource_type.type))
    rows = np.flatnonzero(chosen.to_numpy(zero_copy_only=False))
    whole = whole and not pc.any(pc.equal(frame.resource_type, "")).as_py()  # it may be of the scope
    return JudgedPlace(frame.arn.take(rows), frame.resource_type.take(rows), codes[rows], whole)
