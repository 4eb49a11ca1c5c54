"""What Audit Manager of AWS Backup has: its report plans, and its frameworks with how many controls each has.

Frameworks are asked for where a parameter asks for quotas: one listing of each Region that has them
(aws-backup.md 1.5).
"""

from collections.abc import Mapping
from typing import Any, Final

from auditor.aws.items import arn, member
from auditor.collect.collector import Collector, Row, Scope
from auditor.collect.report_plans import REPORTS
from auditor.evidence.asked_tables import AUDIT_FRAMEWORKS
from auditor.model.audit_manager import offers_audit_manager

_PROVIDES: Final = (AUDIT_FRAMEWORKS,)


def _read(scope: Scope) -> None:
    if not offers_audit_manager(scope.partition, scope.region):
        return
    pages = scope.pages("backup", "ListFrameworks", "Frameworks", provides=_PROVIDES, MaxResults=1000)
    pages.write(AUDIT_FRAMEWORKS, lambda item: [_row(item)])


def _row(item: Mapping[str, Any]) -> Row:
    controls = member(item, "NumberOfControls", int)
    if controls < 0:
        raise ValueError("it has no number of controls")
    return {"arn": arn(item, "FrameworkArn"), "name": member(item, "FrameworkName"), "controls": controls}


_FRAMEWORKS: Final = Collector(
    name="frameworks of Audit Manager",
    provides=_PROVIDES,
    actions=("backup:ListFrameworks",),
    read=_read,
)
#: Its collectors.
AUDIT_MANAGER: Final = (REPORTS, _FRAMEWORKS)
