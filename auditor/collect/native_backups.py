"""The backups that anybody has in a service itself, list by list (aws-backup.md 6.4, 6.7, 6.8).

They are listed page by page, where a tier accepts them; how long locks keep snapshots of volumes where it
accepts them for retention. Their tags are in the same pages: these are read where a framework of Audit
Manager asks for the recovery points with a tag (aws-backup.md 2.2). What images of instances hold is read
where a vault has some. A service that the Region does not have is not asked.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from auditor.collect.collector import Collector, Row, Scope
from auditor.collect.images import OF_IMAGES, image, note_volume
from auditor.collect.regional import named_types
from auditor.collect.service_backups import LISTS, Rows
from auditor.collect.volume_snapshots import image_tags, locks, snapshot, snapshot_tags
from auditor.evidence.native_tables import BACKUP_LISTS, BACKUPS, KEPT_UNTIL, VOLUME_SNAPSHOTS
from auditor.evidence.table_schemas import BACKUP_TAGS, IMAGES, SNAPSHOT_TAGS
from auditor.model.resource_types import TYPES

#: By the words of a gap's `provides` that want them: the table, and what of an item are its rows.
_Makers = Mapping[str, tuple[str, Rows | None]]


def _read(scope: Scope) -> None:
    for word, lists in LISTS.items():
        if {word, SNAPSHOT_TAGS}.intersection(scope.tables) and _is_offered(scope, word):
            for one in lists:
                makers = {word: (BACKUPS, one.rows), SNAPSHOT_TAGS: (BACKUP_TAGS, one.tagged)}
                _write(scope, one.call, one.items, makers, **one.parameters)


def _finish(scope: Scope) -> None:
    """Read the lists of EC2, once the recovery points say whether there are images."""
    kept = locks(scope) if {VOLUME_SNAPSHOTS, KEPT_UNTIL} <= set(scope.tables) else {}
    volumes: dict[str, str] = {}
    made: _Makers = {
        VOLUME_SNAPSHOTS: (BACKUPS, partial(snapshot, kept=kept)),
        SNAPSHOT_TAGS: (BACKUP_TAGS, snapshot_tags),
    }
    asked = {} if set(made).intersection(scope.tables) else OF_IMAGES
    made = {**made, IMAGES: (IMAGES, partial(note_volume, volumes=volumes))}
    own = {"OwnerIds": ["self"], "MaxResults": 1000}
    _write(scope, ("ec2", "DescribeSnapshots"), "Snapshots", made, **own, **asked)
    made = {SNAPSHOT_TAGS: (BACKUP_TAGS, image_tags), IMAGES: (IMAGES, partial(image, volumes=volumes))}
    own = {"Owners": ["self"], "IncludeDisabled": True, "MaxResults": 1000}
    _write(scope, ("ec2", "DescribeImages"), "Images", made, **own)


def _write(scope: Scope, call: tuple[str, str], items: str, made: _Makers, **parameters: Any) -> None:
    """Ask for a list once, and write what the run needs of it; images, where there are recovery points."""
    wanted = {of for of in scope.tables if of != IMAGES or scope.imaged.is_set()}
    makers = {of: (table, rows) for of, (table, rows) in made.items() if rows is not None and of in wanted}
    if not makers:
        return

    def make(item: Any) -> Iterator[tuple[str, Row]]:
        for table, rows in makers.values():
            yield from ((table, row) for row in rows(scope, item))

    listed = scope.pages(*call, items, provides=tuple(makers), **parameters)
    for found in listed.made(make):
        for table, _ in makers.values():
            listed.write_rows(table, [row for of, row in found if of == table])


def _is_offered(scope: Scope, word: str) -> bool:
    kinds, _ = BACKUP_LISTS[word]
    return any(TYPES[kind].offered(named_types(scope)) for kind in kinds)


NATIVE_BACKUPS: Final = Collector(
    name="snapshots",
    provides=(BACKUPS, BACKUP_TAGS, IMAGES),
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
    finish=_finish,
    parts=(SNAPSHOT_TAGS,),
)
