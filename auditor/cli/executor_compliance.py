"""Compliance reports of the executor, made of the runs of an auditor.

The executor judges nothing, and shares no code with what does: this is where both meet.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from auditor.model.errors import AuditorError

if TYPE_CHECKING:
    from auditor.audit_manager import AuditManagerJudge, JudgedPlace
    from auditor.executor.service import ComplianceQuestion, ComplianceRunner

#: A report is on a day: a run of an earlier one says nothing of it.
_DAY: Final = timedelta(days=1)
_UNKNOWN: Final = "INSUFFICIENT_DATA"

Row = dict[str, str]


def compliance_of(runs: Path) -> "ComplianceRunner":
    """What answers the rows of compliance reports from the newest run in the folder `runs`.

    It raises `AuditorError` where there is none of the report's day.
    """

    def answer(question: "ComplianceQuestion") -> Iterator[Row]:
        from auditor.audit_manager import Asked, AuditManagerJudge
        from auditor.executor.service import SELECTION_SETTINGS

        run, places = _newest(runs, question), set(product(question.accounts, question.regions))
        with closing(AuditManagerJudge(run, SELECTION_SETTINGS)) as judge:
            for framework in question.frameworks:
                for control in framework["FrameworkControls"]:
                    found = judge.judged(Asked.of(control), places)
                    yield from _rows(question, framework, control, found, judge)

    return answer


def _newest(runs: Path, question: "ComplianceQuestion") -> Path:
    """The folder of the newest run of the report's day that this release reads."""
    from auditor import files
    from auditor.evaluate.times import parse
    from auditor.evidence.layout import MANIFEST, Manifest

    found, unfit = [], []
    for file in runs.glob(f"[!.]*/{MANIFEST}"):
        if file.parent.is_symlink():
            continue
        try:
            about = Manifest.from_bytes(files.read(file), file).metadata
            moment, partition = parse(about["as_of"]), about["partition"]
        except AuditorError as error:
            unfit.append(error)
            continue
        except (OSError, KeyError, TypeError, ValueError):
            unfit.append(AuditorError(f"{file} is not a manifest of a run; remove it, or collect again"))
            continue
        if question.as_of - _DAY < moment <= question.as_of and partition == question.partition:
            found.append((moment, file.parent))
    if not found:
        raise next(iter(unfit), None) or AuditorError(
            f"{runs} has no run of the day before {question.as_of:%Y-%m-%dT%H:%M:%SZ}; let `auditor audit` "
            "make one there each day"
        )
    return max(found)[1]


def _rows(
    question: "ComplianceQuestion",
    framework: Mapping[str, Any],
    control: Mapping[str, Any],
    found: "Mapping[tuple[str, str], JudgedPlace]",
    judge: "AuditManagerJudge",
) -> Iterator[Row]:
    """The rows of one control: of the control for each place, or of each resource there."""
    for account_id in question.accounts:
        for region in question.regions:
            about = {
                "accountId": account_id,
                "region": region,
                "frameworkName": framework["FrameworkName"],
                "frameworkDescription": framework.get("FrameworkDescription", ""),
                "controlName": control["ControlName"],
                "lastEvaluationTime": judge.evidence.metadata["as_of"],
            }
            here = found.get((account_id, region))
            if question.template == "RESOURCE_COMPLIANCE_REPORT":
                yield from (about | row for row in _of_resources(here))
            else:
                yield about | _of_control(control, here)


def _of_control(control: Mapping[str, Any], found: "JudgedPlace | None") -> Row:
    """How many comply. Where it is not known of one, or there is none, the control does not pass."""
    row = {
        "controlComplianceStatus": _UNKNOWN,
        "controlScope": orjson.dumps(control.get("ControlScope") or {}).decode(),
        "controlParameters": orjson.dumps(control.get("ControlInputParameters") or []).decode(),
    }
    if found is None:
        return row
    good, bad, unknown = _counts(found)
    if bad:
        row["controlComplianceStatus"] = "NON_COMPLIANT"
    elif good and not unknown and found.whole:
        row["controlComplianceStatus"] = "COMPLIANT"
    return row | {"numResourcesCompliant": str(good), "numResourcesNonCompliant": str(bad)}


def _counts(found: "JudgedPlace") -> tuple[int, int, int]:
    """Of how many the control holds, of how many not, and of how many that is not known."""
    import numpy as np

    from auditor.judge.verdicts import ORDER
    from auditor.model.verdicts import Verdict

    of = dict(zip(ORDER, np.bincount(found.codes, minlength=len(ORDER)).tolist(), strict=True))
    good, bad = of[Verdict.COMPLIANT], of[Verdict.NON_COMPLIANT]
    return good, bad, len(found.codes) - good - bad - of[Verdict.NOT_APPLICABLE]


def _of_resources(found: "JudgedPlace | None") -> Iterator[Row]:
    """Each resource; one row without any where there is none, or there may be more."""
    is_whole = False
    if found is not None:
        for arn, kind, status in _statuses(found):
            is_whole = found.whole
            yield {"resourceId": arn, "resourceType": kind, "resourceComplianceStatus": status}
    if not is_whole:
        yield {"resourceComplianceStatus": _UNKNOWN}


def _statuses(found: "JudgedPlace") -> Iterator[tuple[str, str, str]]:
    """ARN, type and status of what the control applies to."""
    from auditor.judge.verdicts import ORDER
    from auditor.model.verdicts import Verdict

    told = {Verdict.COMPLIANT: "COMPLIANT", Verdict.NON_COMPLIANT: "NON_COMPLIANT"}
    columns = (found.arn.to_pylist(), found.resource_type.to_pylist(), found.codes.tolist())
    for arn, kind, code in zip(*columns, strict=True):
        if ORDER[code] != Verdict.NOT_APPLICABLE:
            yield arn, kind, told.get(ORDER[code], _UNKNOWN)
