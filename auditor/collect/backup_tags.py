"""Tags of what AWS Backup has, where a framework of Audit Manager asks for those with a tag.

AWS Backup tells them one by one. An account and Region has a few hundred plans and vaults at most
(aws-backup.md 1.5), so each of these is asked. Those of the recovery points that it manages fully are in the
list of the Resource Groups Tagging API, page by page (aws-backup.md 2.2); those of others in the lists of
their services (`auditor.collect.native_backups`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import member
from auditor.collect.collector import Row, Scope
from auditor.collect.columns import table_of
from auditor.collect.tagged import tagged, tagged_pages
from auditor.evidence.table_schemas import BACKUP_TAGS, POINT_TAGS

_TAGS: Final = (BACKUP_TAGS,)
TAG_ACTIONS: Final = ("backup:ListTags",)


def write_tags(scope: Scope, arns: Iterable[str]) -> None:
    """Write the tags of these; one of which they were not told has no row, and a gap says why.

    Nothing has more than 50 tags, so there is one page.
    """
    if BACKUP_TAGS not in scope.tables:
        return
    rows = []
    for arn in arns:
        answer = scope.ask("backup", "ListTags", provides=_TAGS, ResourceArn=arn, MaxResults=1000)
        if answer is None:
            continue
        try:
            told = member(answer, "Tags", dict)
            if not all(isinstance(value, str) for value in told.values()):
                raise TypeError("a value of its Tags is of another type than the API says")
            if answer.get("NextToken"):
                raise ValueError("it has another page, and nothing has so many tags")
            rows.append({"arn": arn, "tags": [{"Key": key, "Value": told[key]} for key in sorted(told)]})
        except MALFORMED as error:
            scope.not_understood("backup", "ListTags", f"The answer about {arn}", error, _TAGS)
    scope.write(BACKUP_TAGS, table_of(BACKUP_TAGS, rows))


def write_point_tags(scope: Scope) -> None:
    """Write the tags of the recovery points that have or had some, of those that AWS Backup manages fully."""
    if POINT_TAGS in scope.tables:
        tagged_pages(scope, ["backup"], (POINT_TAGS,)).write(BACKUP_TAGS, _of_point)


def _of_point(mapping: Mapping[str, Any]) -> Iterator[Row]:
    return (row for row in tagged(mapping) if row["arn"].split(":")[5] == "recovery-point")
