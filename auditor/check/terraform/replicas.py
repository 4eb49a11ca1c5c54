"""The tables that a plan of Terraform makes in other Regions: the replicas of a table of DynamoDB.

Source: the provider's pages of `aws_dynamodb_table` (a `replica` has the table's tags where it propagates
them, and else those that `aws_dynamodb_tag`, which is not read, may give it) and of
`aws_dynamodb_table_replica`, which stands in place of such a block.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from auditor.check.declared import ALL_TAGS, Declaration, DeclaredResource, Place
from auditor.check.key_managers import SourceKey
from auditor.check.protections import PITR, PITR_DAYS, OwnProtection, unknown
from auditor.check.reading import Reading
from auditor.check.shapes import as_list, as_object
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.stand_ins import arn_of
from auditor.check.terraform.subjects import TerraformSubjects
from auditor.check.terraform.tags import tags_of
from auditor.check.terraform.types import REPLICA
from auditor.model.resource_types import TYPES

Json = Any

_TABLE, _BLOCK = "aws_dynamodb_table", "replica"
_KIND: Final = "DynamoDB"
_NAME: Final = ":table/"
_REGION, _TAGGED = "region_name", "propagate_tags"
#: Why the key of a replica is not known.
_KEY: Final = "its table and the Region decide on the key of a replica"


def add_replicas(reading: Reading, read: TerraformSubjects) -> None:
    """Add the replicas of the tables; one whose table or Region is not known is counted as not looked at."""
    tables = {one.arn: one for one in reading.resources if one.resource_type == _KIND}
    there = [one for one in read.instances if one.type in (REPLICA, _TABLE) and not one.gone]
    found: dict[str, DeclaredResource] = {}
    for instance in sorted(there, key=lambda one: one.type != REPLICA):
        own = instance.type == REPLICA
        for one in [_own(read, instance, tables)] if own else _of_blocks(read, instance, tables):
            if one is None:
                reading.not_looked_at[REPLICA if own else f"{_TABLE} {_BLOCK}"] += 1
            elif one.arn not in tables:
                found.setdefault(one.arn, one)
    reading.resources += found.values()


def _own(
    read: TerraformSubjects, instance: Instance, tables: Mapping[str, DeclaredResource]
) -> DeclaredResource | None:
    arn = read.references.value(instance, "global_table_arn", "arn")
    if not isinstance(arn, str) or _NAME not in arn:
        return None
    tags, hidden = tags_of(instance, read.configuration)
    place, table = read.located.of(instance), tables.get(arn)
    return DeclaredResource(
        place,
        _arn(place, arn),
        _KIND,
        tags.get("Name") or instance.name,
        tags,
        Declaration(read.file, instance.address),
        hidden,
        table.unknown_id if table else "",
        table.unknown_parts if table else (),
        prior=read.priors.of(instance),
        native=(_recovery(instance.type, instance.value(PITR)),),
        key=SourceKey(fault=_KEY),
    )


def _of_blocks(
    read: TerraformSubjects, instance: Instance, tables: Mapping[str, DeclaredResource]
) -> Iterator[DeclaredResource | None]:
    value, table = instance.value(_BLOCK), tables[read.stand_ins.arn(instance) or ""]
    prior = read.priors.of(instance)
    listed = [as_object(one).get(_REGION) for one in as_list(instance.before.get(_BLOCK))]
    before = {one for one in listed if isinstance(one, str)}
    for block in map(as_object, [value] if value is UNKNOWN else as_list(value)):
        region = block.get(_REGION)
        if not isinstance(region, str) or not region:
            yield None
            continue
        place = Place.of(table.place.account_id, region)
        arn, same = _arn(place, table.arn), block.get(_TAGGED) is True
        untold = f"the tags of the replica in {region} are not written: its {_TAGGED} is not true"
        yield replace(
            table,
            place=place,
            arn=arn,
            name=table.name if same else instance.name,
            tags=table.tags if same else {},
            declaration=Declaration(read.file, f"{instance.address} {_BLOCK} {region}"),
            unknown_tags=table.unknown_tags if same else {ALL_TAGS: untold},
            prior=replace(prior, key=arn if prior.key and region in before else ""),
            native=(_recovery(f"{_TABLE} {_BLOCK}", block.get(PITR)),),
            key=SourceKey(fault=_KEY),
        )


def _arn(place: Place, table: str) -> str:
    """The ARN of a replica, which has the name of its table."""
    return arn_of(place, TYPES[_KIND].arns[0], id=table.partition(_NAME)[2])


def _recovery(source: str, value: Json) -> OwnProtection:
    """Whether its point-in-time recovery is on, which the provider leaves off where nothing says it."""
    said = f"{source} {PITR}"
    if value is UNKNOWN:
        return unknown(PITR, said, "known only after the apply")
    return OwnProtection(PITR, said, enabled=value is True, days=PITR_DAYS if value is True else None)
