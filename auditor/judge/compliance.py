"""The compliance reports of AWS Backup Audit Manager, of the verdicts of its controls (aws-backup.md 2.4).

control_compliance.parquet    a row for each control, account and Region
resource_compliance.parquet   a row for each resource, plan, vault or recovery point that a control judged

A value that is not known is null. That service knows no waivers: what is waived does not comply.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import numpy as np
import orjson
import pyarrow as pa

from auditor.evaluate.subjects import Subjects
from auditor.evidence.metadata import listed_types
from auditor.judge.row_groups import WORD, RowGroups
from auditor.judge.sink import TABLE_OF
from auditor.judge.verdicts import ORDER, Judged
from auditor.model.audit_manager import AskedControl, AskedFramework
from auditor.model.policy import Control
from auditor.model.resource_types import TYPES
from auditor.model.verdicts import Verdict

Row = dict[str, Any]
#: An account id and a Region.
Place = tuple[str, str]

CONTROLS_FILE: Final = "control_compliance.parquet"
RESOURCES_FILE: Final = "resource_compliance.parquet"

_UNKNOWN: Final = "INSUFFICIENT_DATA"
_SLICE: Final = 8_192  # rows that are objects at the same time: recovery points are counted in millions
_STATUS: Final = {
    Verdict.COMPLIANT: "COMPLIANT",
    Verdict.NON_COMPLIANT: "NON_COMPLIANT",
    Verdict.WAIVED: "NON_COMPLIANT",
}
_ABOUT: Final = ("accountId", "region", "frameworkName", "frameworkDescription", "controlName")
_NUMBERS: Final = ("numResourcesCompliant", "numResourcesNonCompliant")
CONTROL_SCHEMA: Final = pa.schema([
    *((name, WORD) for name in _ABOUT), ("controlComplianceStatus", WORD), ("lastEvaluationTime", WORD),
    *((name, pa.int64()) for name in _NUMBERS),
    *((name, WORD) for name in ("controlFrequency", "controlScope", "controlParameters")),
])  # fmt: skip
RESOURCE_SCHEMA: Final = pa.schema([
    *((name, WORD) for name in _ABOUT), ("resourceId", pa.string()), ("resourceType", WORD),
    ("resourceComplianceStatus", WORD), ("lastEvaluationTime", WORD),
])  # fmt: skip
#: AWS Config's type of each subject that is no resource, and of types whose row has none.
_CONFIG: Final = {
    "plan": "AWS::Backup::BackupPlan",
    "vault": "AWS::Backup::BackupVault",
    "recovery_point": "AWS::Backup::RecoveryPoint",
    "Storage Gateway": "AWS::StorageGateway::Volume",
    "VirtualMachine": "AWS::BackupGateway::VirtualMachine",
}


@dataclass(frozen=True, slots=True)
class Compliance:
    """Makes the rows of both reports for one framework."""

    framework: AskedFramework
    as_of: str
    listed: frozenset[str]
    subjects: Subjects

    @classmethod
    def of(cls, framework: AskedFramework, subjects: Subjects) -> Self:
        """The rows that the evidence of `subjects` gives."""
        metadata = subjects.evidence.metadata
        return cls(framework, metadata["as_of"], listed_types(subjects.evidence), subjects)

    def control_row(self, name: str, place: Place, judged: Judged | None) -> Row:
        """How many comply. Where it is not known of one, or there is none, the control does not pass.

        None of `judged` is a place that was not read, or a control that nothing here judges.
        """
        asked = self.framework.asks(name)
        row = self._about(name, place) | {
            "controlComplianceStatus": _UNKNOWN,
            "numResourcesCompliant": None,
            "numResourcesNonCompliant": None,
            "controlFrequency": "TwentyFour_Hours" if asked and asked.kind.daily else None,
            "controlScope": _scope_text(asked),
            "controlParameters": _json(dict(asked.parameters)) if asked else None,
        }
        if judged is None:
            return row
        told = dict(zip(ORDER, np.bincount(judged.code, minlength=len(ORDER)).tolist(), strict=True))
        good, bad = told[Verdict.COMPLIANT], told[Verdict.NON_COMPLIANT] + told[Verdict.WAIVED]
        unknown = len(judged.code) - good - bad - told[Verdict.NOT_APPLICABLE]
        if bad:
            row["controlComplianceStatus"] = "NON_COMPLIANT"
        elif good and not unknown and self._whole(judged.answered.control, place):
            row["controlComplianceStatus"] = "COMPLIANT"
        return row | {"numResourcesCompliant": good, "numResourcesNonCompliant": bad}

    def resource_rows(self, name: str, place: Place, judged: Judged | None) -> Iterator[Row]:
        """Each resource; one row without any where there is none, or there may be more."""
        about, is_there = self._about(name, place), False
        if judged is not None:
            frame = judged.answered.frame
            columns = (frame.arn.to_pylist(), frame.resource_type.to_pylist(), judged.code.tolist())
            for arn, kind, code in zip(*columns, strict=True):
                if ORDER[code] != Verdict.NOT_APPLICABLE:
                    is_there = True
                    named = _config(frame.subject, arn, kind)
                    status = {"resourceComplianceStatus": _STATUS.get(ORDER[code], _UNKNOWN)}
                    yield about | named | status
        if judged is None or not is_there or not self._whole(judged.answered.control, place):
            yield about | {"resourceId": None, "resourceType": None, "resourceComplianceStatus": _UNKNOWN}

    def _about(self, name: str, place: Place) -> Row:
        return {
            "accountId": place[0],
            "region": place[1],
            "frameworkName": self.framework.name,
            "frameworkDescription": self.framework.description,
            "controlName": name,
            "lastEvaluationTime": self.as_of,
        }

    def _whole(self, control: Control, place: Place) -> bool:
        """Whether the subjects that were judged are all: no gap hides one, and their types are listed."""
        asked = self.framework.asks(control.id)
        if asked is None or self.subjects.unread.ids((TABLE_OF[control.subject],), *place):
            return False
        kinds = [kind for kind in asked.kind.types if not asked.types or kind in asked.types]
        return self.listed.issuperset(kinds)


class ComplianceSink:
    """Takes the verdicts of an audit for Audit Manager and writes both tables.

    A context manager; raises `OSError` where it cannot write.
    """

    def __init__(
        self, compliance: Compliance, controls: BinaryIO, resources: BinaryIO, asked: Sequence[Control]
    ) -> None:
        self._of, self._controls = compliance, {control.id: control for control in asked}
        self._places: set[Place] = set()
        self._files = (RowGroups(controls, CONTROL_SCHEMA), RowGroups(resources, RESOURCE_SCHEMA))

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the rest and the ends of the files."""
        for file in self._files:
            file.__exit__(kind, error, trace)

    def add(self, place: Place, judged: Mapping[str, Judged]) -> None:
        """Record what the controls of the framework came to in one account and Region, by their names."""
        self._places.add(place)
        for asked in self._of.framework.controls:
            self._write(asked.name, place, judged.get(asked.name))

    def add_unread(self) -> None:
        """Record the places that could not be read."""
        for asked in self._of.framework.controls:
            control = self._controls.get(asked.name)
            places = self._of.subjects.unread.scopes(TABLE_OF[control.subject]) if control else ()
            for place in places:
                if place not in self._places:
                    self._write(asked.name, place, None)

    def _write(self, name: str, place: Place, judged: Judged | None) -> None:
        controls, resources = self._files
        row = self._of.control_row(name, place, judged)
        controls.add(pa.Table.from_pylist([row], schema=CONTROL_SCHEMA))
        rows = self._of.resource_rows(name, place, judged)
        while some := [*islice(rows, _SLICE)]:
            resources.add(pa.Table.from_pylist(some, schema=RESOURCE_SCHEMA))


def forget(run: Path) -> None:
    """Take away the tables of an earlier judgement."""
    for name in (CONTROLS_FILE, RESOURCES_FILE):
        (run / name).unlink(missing_ok=True)


def _scope_text(asked: AskedControl | None) -> str | None:
    scope = (asked.document.get("ControlScope") or {}) if asked else {}
    return _json({name: value for name, value in scope.items() if value})


def _json(value: Mapping[str, Any]) -> str | None:
    """JSON; nothing where AWS writes an empty text."""
    return orjson.dumps(value).decode() if value else None


def _config(subject: str, arn: str, kind: str) -> Row:
    """The id and type of a resource as AWS Config has them."""
    if subject in _CONFIG:
        config = _CONFIG[subject]
        name = arn if subject == "recovery_point" else arn.rpartition(":")[2]
    else:
        types = TYPES[kind].cloudformation if kind in TYPES else ()
        clusters = [one for one in types if one.endswith("DBCluster")] if ":cluster:" in arn else []
        volumes = [one for one in types if one.endswith("::Volume")] if ":volume/" in arn else []
        config = next(iter((*clusters, *volumes, *types)), _CONFIG.get(kind, kind))
        name = arn.split(":", 5)[-1].replace("/", ":").rpartition(":")[2]
    return {"resourceId": f"{config}/{name}", "resourceType": config}
