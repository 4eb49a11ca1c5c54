"""Compliance reports of the executor, made of the runs of an auditor.

The executor judges nothing, and shares no code with what does: this is where both meet.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from auditor.model.errors import AuditorError

if TYPE_CHECKING:
    from auditor.executor.service import ComplianceQuestion, ComplianceRunner

#: A report is on a day: a run of an earlier one says nothing of it.
_DAY: Final = timedelta(days=1)

Row = dict[str, Any]


def compliance_of(runs: Path) -> "ComplianceRunner":
    """What answers the rows of compliance reports from the newest run in the folder `runs`.

    A stored framework is judged as `auditor evaluate --framework aws-backup-audit-manager` judges it. It
    raises `AuditorError` where there is no run of the report's day.
    """

    def answer(question: "ComplianceQuestion") -> Iterator[Row]:
        from auditor.audit_manager import compliance_rows
        from auditor.executor.service import SELECTION_SETTINGS
        from auditor.model.audit_manager import AskedFramework

        run, places = _newest(runs, question), list(product(question.accounts, question.regions))
        by_resource = question.template == "RESOURCE_COMPLIANCE_REPORT"
        frameworks = map(AskedFramework.of, question.frameworks)
        yield from compliance_rows(run, SELECTION_SETTINGS, frameworks, places, by_resource=by_resource)

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
