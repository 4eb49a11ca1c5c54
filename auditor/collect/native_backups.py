"""The backups that anybody has in a service itself, list by list (aws-backup.md 6.4, 6.7, 6.8).

They are listed page by page, where a tier accepts them; how long locks keep snapshots of volumes where it
accepts them for retention. A service that the Region does not have is not asked.
"""

from functools import partial
from typing import Final

from auditor.collect.collector import Collector, Scope
from auditor.collect.regional import named_types
from auditor.collect.service_backups import LISTS
from auditor.collect.volume_snapshots import locks, snapshot
from auditor.evidence.native_tables import BACKUP_LISTS, BACKUPS, KEPT_UNTIL, VOLUME_SNAPSHOTS
from auditor.model.resource_types import TYPES


def _read(scope: Scope) -> None:
    if VOLUME_SNAPSHOTS in scope.tables:
        kept = locks(scope) if KEPT_UNTIL in scope.tables else {}
        listed = scope.pages(
            "ec2",
            "DescribeSnapshots",
            "Snapshots",
            provides=(VOLUME_SNAPSHOTS,),
            OwnerIds=["self"],
            MaxResults=1000,
        )
        listed.write(BACKUPS, partial(snapshot, scope, kept))
    for word, lists in LISTS.items():
        if word in scope.tables and _is_offered(scope, word):
            for one in lists:
                listed = scope.pages(*one.call, one.items, provides=(word,), **one.parameters)
                listed.write(BACKUPS, partial(one.rows, scope))


def _is_offered(scope: Scope, word: str) -> bool:
    kinds, _ = BACKUP_LISTS[word]
    return any(TYPES[kind].offered(named_types(scope)) for kind in kinds)


NATIVE_BACKUPS: Final = Collector(
    name="snapshots",
    provides=(BACKUPS,),
    actions=tuple(
        sorted(
            (
                "ec2:DescribeLockedSnapshots",
                *(action for _, calls in BACKUP_LISTS.values() for action in calls.split(", ")),
            )
        )
    ),
    read=_read,
)
