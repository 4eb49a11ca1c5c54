"""The backups that anybody has in a service itself, list by list (aws-backup.md 6.4, 6.7, 6.8).

They are listed page by page, where a tier accepts them; how long locks keep snapshots of volumes where it
accepts them for retention. Their tags are in the same pages: these are read where a framework of Audit
Manager asks for the recovery points with a tag (aws-backup.md 2.2). A service that the Region does not have
is not asked.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from auditor.collect.collector import Collector, Row, Scope
from auditor.collect.regional import named_types
from auditor.collect.service_backups import LISTS, BackupList
from auditor.collect.volume_snapshots import image_tags, locks, snapshot, snapshot_tags
from auditor.evidence.native_tables import BACKUP_LISTS, BACKUPS, KEPT_UNTIL, VOLUME_SNAPSHOTS
from auditor.evidence.table_schemas import BACKUP_TAGS, SNAPSHOT_TAGS
from auditor.model.resource_types import TYPES

_OWN: Final = {"OwnerIds": ["self"], "MaxResults": 1000}
_IMAGES: Final = BackupList(
    ("ec2", "DescribeImages"),
    "Images",
    None,
    {"Owners": ["self"], "IncludeDisabled": True, "MaxResults": 1000},
    image_tags,
)


def _read(scope: Scope) -> None:
    kept = locks(scope) if {VOLUME_SNAPSHOTS, KEPT_UNTIL} <= set(scope.tables) else {}
    rows = partial(snapshot, kept=kept)
    _write(
        scope,
        VOLUME_SNAPSHOTS,
        BackupList(("ec2", "DescribeSnapshots"), "Snapshots", rows, _OWN, snapshot_tags),
    )
    _write(scope, VOLUME_SNAPSHOTS, _IMAGES)
    for word, lists in LISTS.items():
        if {word, SNAPSHOT_TAGS}.intersection(scope.tables) and _is_offered(scope, word):
            for one in lists:
                _write(scope, word, one)


def _write(scope: Scope, word: str, one: BackupList) -> None:
    """Ask for a list once, and write what the run needs of it: its rows (`word`), their tags, or both."""
    wanted = {word: (BACKUPS, one.rows), SNAPSHOT_TAGS: (BACKUP_TAGS, one.tagged)}
    makers = {of: made for of, made in wanted.items() if made[1] is not None and of in scope.tables}
    if not makers:
        return

    def make(item: Any) -> Iterator[tuple[str, Row]]:
        for table, rows in makers.values():
            if rows is not None:
                yield from ((table, row) for row in rows(scope, item))

    listed = scope.pages(*one.call, one.items, provides=tuple(makers), **one.parameters)
    for found in listed.made(make):
        for table, _ in makers.values():
            listed.write_rows(table, [row for of, row in found if of == table])


def _is_offered(scope: Scope, word: str) -> bool:
    kinds, _ = BACKUP_LISTS[word]
    return any(TYPES[kind].offered(named_types(scope)) for kind in kinds)


NATIVE_BACKUPS: Final = Collector(
    name="snapshots",
    provides=(BACKUPS, BACKUP_TAGS),
    actions=tuple(
        sorted(
            (
                "ec2:DescribeImages",
                "ec2:DescribeLockedSnapshots",
                *(action for _, calls in BACKUP_LISTS.values() for action in calls.split(", ")),
            )
        )
    ),
    read=_read,
    parts=(SNAPSHOT_TAGS,),
)
