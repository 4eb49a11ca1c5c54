"""The tags of backup plans and vaults, where a framework of Audit Manager asks for those with a tag.

AWS Backup tells them one by one, and an account and Region has a few hundred plans and vaults at most
(aws-backup.md 1.5). It tells those of recovery points one by one too: of these they are not read.
"""

from collections.abc import Iterable
from typing import Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import member
from auditor.collect.collector import Scope
from auditor.collect.columns import table_of
from auditor.evidence.table_schemas import BACKUP_TAGS

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
