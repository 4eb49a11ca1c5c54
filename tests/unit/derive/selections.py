"""Selections and resources in a line each."""

from collections.abc import Mapping

from auditor.derive.selection import SelectionAnswer
from auditor.model.organization import Resource
from auditor.model.plans import Condition, Selection

YES, NO, UNKNOWN = SelectionAnswer.SELECTED, SelectionAnswer.NOT_SELECTED, SelectionAnswer.INDETERMINATE
VOLUME = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1"
INSTANCE = "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"
BUCKET = "arn:aws:s3:::ledger-logs"
CLUSTER = "arn:aws:rds:eu-west-1:111122223333:cluster:orders"
TYPES = {VOLUME: "EBS", INSTANCE: "EC2", BUCKET: "S3", CLUSTER: "Aurora"}
PREFIXED = "aws:ResourceTag/t"
ALL_IN = {"EBS": True, "EC2": True, "S3": True, "Aurora": True, "RDS": True}


def thing(
    arn: str = VOLUME, tags: Mapping[str, str] | None = None, kind: str = "", name: str = ""
) -> Resource:
    """A resource of one of the ARNs above."""
    return Resource(arn, "111122223333", "eu-west-1", kind or TYPES[arn], name, None, tags or {})


def chosen(
    resources: tuple[str, ...] = (),
    tags: Mapping[str, str] | None = None,
    where: tuple[tuple[str, str, str], ...] = (),
    without: tuple[str, ...] = (),
) -> Selection:
    """A selection: Resources, ListOfTags, Conditions and NotResources."""
    conditions = tuple(Condition(*entry) for entry in where)
    return Selection(
        "id", "name", "plan", "role", resources, without, tuple((tags or {}).items()), conditions
    )
