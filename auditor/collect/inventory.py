"""The resources that could be backed up, with tags, of the types that `auditor.model.resource_types` reads.

This is one collector, because the rows of all types go into one table, in the order of the types.

A type that is not in every Region is asked for where AWS Backup's settings of the Region name it, or where
they name none.

The number of calls grows with pages only, except for types whose listing does not tell the creation
(`creation` is "asked"). A resource of such a type existed when a job or a recovery point of it was made. If
no job or recovery point is as old as the period's first day, the resource itself is asked for: its age tells
since when a backup was due. So the number of calls grows with new resources and with those that nobody backs
up.

A resource that is being created may have no date yet: null.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Final

from auditor.aws.items import SECONDS, arn, member, name_tag, optional, tags
from auditor.collect.bucket_settings import SETTINGS_ACTIONS, write_bucket_settings
from auditor.collect.buckets import ACTIONS, buckets_of, protection_of
from auditor.collect.collector import Collector, Pages, Scope
from auditor.collect.columns import table_of
from auditor.collect.listings import dated_by, rows_by
from auditor.collect.native import own_backups, with_windows
from auditor.collect.regional import named_types
from auditor.collect.tagged import TAGGED_ACTIONS, tagged, tagged_pages
from auditor.evidence.asked_tables import BUCKET_SETTINGS
from auditor.evidence.native_tables import NATIVE
from auditor.evidence.table_schemas import AGES
from auditor.model.resource_types import LISTINGS, READ, TYPES, offered_listings
from auditor.model.resource_types.row import ListingCall

_RESOURCES: Final = ("resources",)

#: Types of which a listing without `kinds` lists one.
_ONLY: Final = {
    (listing.service, listing.operation): row.name
    for row in READ
    for listing in row.listings
    if listing.kinds is None
}


def _read(scope: Scope) -> None:
    lacking = []
    windows: dict[str, float] = {}
    for listing in offered_listings(named_types(scope)):
        pages, held = _pages(scope, listing), []
        for rows in pages.made(_rows(scope, listing)):
            native = [one for row in rows for one in row.pop("native", ())]
            buckets = buckets_of(scope, rows)
            native += protection_of(scope, buckets)
            write_bucket_settings(scope, buckets)
            if NATIVE in scope.tables:
                scope.write(NATIVE, table_of(NATIVE, with_windows(scope, native, windows)))
            here = [row for row in rows if "tags" in row or not listing.tag_filters]
            held += [row for row in rows if "tags" not in row and listing.tag_filters]
            pages.write_rows("resources", here)
        if held:
            lacking.append((listing, pages, held))
    if lacking:
        _write_tagged(scope, lacking)


def _pages(scope: Scope, listing: ListingCall) -> Pages:
    given = {
        name: scope.region if value == "{region}" else value for name, value in listing.parameters.items()
    }
    called = (listing.service, listing.operation, listing.items)
    return scope.pages(*called, provides=_RESOURCES, closed=listing.closed, **given)


def _rows(scope: Scope, listing: ListingCall) -> Callable[[Any], Iterator[dict[str, Any]]]:
    """Say how rows are made of an item of `listing`."""
    return partial(rows_by(listing.code), scope) if listing.code else partial(_row, scope, listing)


def _row(scope: Scope, listing: ListingCall, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Make the row of an item; none where it is gone, part of another, or of a type that is not read."""
    kind = _kind(listing, item)
    if kind is None or (listing.part_of and item.get(listing.part_of)):
        return
    if listing.state and item.get(listing.state) in listing.gone:
        return
    row: dict[str, Any] = {
        "arn": _arn(scope, listing, item),
        "resource_type": kind,
        "name": member(item, listing.name) if listing.name else name_tag(item, listing.tags),
        "created_at": item.get(listing.created),
    }
    if listing.tags and not (listing.tag_filters and item.get(listing.tags) is None):
        row["tags"] = tags(item, listing.tags)
    if listing.encrypted:
        row["encrypted"] = item.get(listing.encrypted)
    if listing.key:
        row["kms_key_arn"] = _key_arn(item.get(listing.key))
    if listing.attachments:
        row["attached"] = _attached(scope, optional(item, listing.attachments, list) or ())
    if listing.own:
        row |= own_backups(scope, row["arn"], item, listing.own, (listing.service, listing.operation))
    yield row


def _kind(listing: ListingCall, item: Mapping[str, Any]) -> str | None:
    """Give the type of an item; None where it is not read."""
    if listing.kinds is None:
        return _ONLY[listing.service, listing.operation]
    name, kinds = listing.kinds
    value = member(item, name)
    for pattern, kind in kinds.items():
        if fnmatchcase(value, pattern):
            return kind if listing in TYPES[kind].listings else None
    raise ValueError(f"its {name} {value} is not known")


def _arn(scope: Scope, listing: ListingCall, item: Mapping[str, Any]) -> str:
    if not listing.arn.startswith("arn:"):
        return arn(item, listing.arn)
    return listing.arn.format_map(_Filled(scope, item))


class _Filled(dict[str, str]):
    """The values for the braces of an ARN's form: partition, Region or account, else a member of the item."""

    def __init__(self, scope: Scope, item: Mapping[str, Any]) -> None:
        super().__init__(partition=scope.partition, region=scope.region, account=scope.account_id)
        self._item = item

    def __missing__(self, name: str) -> str:
        text: str = member(self._item, name)
        return text


def _attached(scope: Scope, attachments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the instances that a volume is attached to, each with since when.

    What a service of AWS has attached to something of its own names no instance.
    """
    return [
        {
            "Key": scope.arn("ec2", f"instance/{member(one, 'InstanceId')}"),
            "Value": optional(one, "AttachTime", SECONDS),
        }
        for one in attachments
        if one.get("State") != "detached" and one.get("InstanceId") is not None
    ]


def _key_arn(key: str | None) -> str | None:
    return key if key and key.startswith("arn:") else None


def _write_tagged(scope: Scope, lacking: Sequence[tuple[ListingCall, Pages, list[dict[str, Any]]]]) -> None:
    """Write the rows of which lists told no tags: those come from the tagging API.

    It returns only what is tagged or was once, so the lists come first.
    Where its pages were not all answered, the tags of what it did not name are unknown: null.
    """
    kinds = sorted({word for listing, _, _ in lacking for word in listing.tag_filters})
    mappings = tagged_pages(scope, kinds, _RESOURCES)
    told = {row["arn"]: row["tags"] for rows in mappings.made(tagged) for row in rows}
    untagged = () if mappings.complete else None
    for listing, pages, rows in lacking:
        for row in rows:
            row["tags"] = told.get(row["arn"], untagged)
        if any(one.creation == "asked" for one in READ if listing in one.listings):
            scope.waiting.append((dated_by(listing.code), rows))
        else:
            pages.write_rows("resources", rows)


def _write_waiting(scope: Scope) -> None:
    """Write the rows that waited, each with its creation where nothing else tells its age."""
    asked = AGES in scope.tables
    for dated, waiting in scope.waiting:
        found = (dated(scope, row) if asked and row["arn"] not in scope.old else row for row in waiting)
        scope.write("resources", table_of("resources", [row for row in found if row is not None]))


INVENTORY: Final = Collector(
    name="inventory",
    provides=(*_RESOURCES, NATIVE, BUCKET_SETTINGS),
    actions=tuple(
        sorted(
            {
                *TAGGED_ACTIONS,
                *ACTIONS,
                *SETTINGS_ACTIONS,
                *(action for one in LISTINGS for action in one.actions),
            }
        )
    ),
    read=_read,
    finish=_write_waiting,
)
