"""The versioning of buckets, of what all inputs say; AWS Backup needs it (aws-backup.md 4.10)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from auditor.check.declared_subjects import DeclaredSubject, FactDoubt, Versioning
from auditor.check.inventory import DeclaredInventory
from auditor.check.reading import Reading
from auditor.check.told import ToldByRun
from auditor.derive.columns import ABSENT
from auditor.evaluate.facts import Frame

ENABLED: Final = "enabled"
#: How the ARN of a bucket begins, behind the partition.
_NAME: Final = ":::"
_UNDECIDED: Final = "whether a plan selects it is not known"


def name_of(arn: str) -> str:
    """The name of a bucket."""
    return arn.rpartition(_NAME)[2]


def versionings(readings: Iterable[Reading]) -> dict[str, Versioning]:
    """The versioning of each bucket, by its name: what is said about it goes before what it says itself."""
    own: dict[str, Versioning] = {}
    said: defaultdict[str, list[Versioning]] = defaultdict(list)
    for reading in readings:
        hidden = [one for one in reading.versionings if not one.bucket]
        for one in reading.versionings:
            if one.own:
                own[one.bucket] = _beside(one, hidden)
            elif one.bucket:
                said[one.bucket].append(one)
    return {**own, **{name: _together(found) for name, found in said.items()}}


def _beside(own: Versioning, hidden: Sequence[Versioning]) -> Versioning:
    """What a bucket says of itself, beside versionings of which it is not known whose they are."""
    for other in hidden:
        if other.fault or (other.status == ENABLED) != (own.status == ENABLED):
            clause = f"the bucket of {other.declaration.address} is not known"
            return replace(own, status="", fault=own.fault or clause)
    if own.missing and own.status != ENABLED:
        return replace(own, status="", fault=own.fault or own.missing)
    return own


def _together(found: Sequence[Versioning]) -> Versioning:
    """What several say; two that are not the same leave it open."""
    first = found[0]
    for other in found[1:]:
        if other.status != first.status:
            clause = f"{first.declaration.address} and {other.declaration.address} do not say the same"
            return replace(first, status="", fault=first.fault or other.fault or clause)
    return first


def buckets(
    inventory: DeclaredInventory, resources: Frame, known: Mapping[str, Versioning], told: ToldByRun
) -> Iterator[DeclaredSubject]:
    """Each bucket that a plan selects, or may: then nothing is said where its tier asks for no backups.

    What a run tells of the plans that select one goes before what the inputs alone do.
    """
    for index in np.flatnonzero(inventory.resource_type == "S3").tolist():
        one = inventory.nouns.resources[index]
        selected, plans = (resources.facts[f"protection.{name}"] for name in ("selected", "plans"))
        names = told.buckets.get(one.arn)
        sure = selected.at(index) if names is None else bool(names)
        versioning = known.get(name_of(one.arn))
        if versioning is None or sure is False:
            continue
        facts: dict[str, Any] = {"bucket.name": one.name, "bucket.was_versioned": versioning.was == ENABLED}
        doubts: dict[str, tuple[FactDoubt, str]] = {}
        if sure or _asked(inventory, index):
            facts["bucket.versioning"] = versioning.status or None
            if versioning.fault:
                said = f"its versioning is not known: {versioning.fault}"
                doubts["bucket.versioning"] = (FactDoubt.MISSING, said)
            elif not sure:
                doubts["bucket.versioning"] = (FactDoubt.LESS, _UNDECIDED)
        if sure:
            facts["bucket.plans"] = plans.at(index) if names is None else names
        yield DeclaredSubject(one.place, "bucket", one.arn, one.name, one.declaration, facts, doubts)


def _asked(inventory: DeclaredInventory, index: int) -> bool:
    """Whether the tier of a resource asks for backups, or may."""
    code = int(inventory.tier[index])
    return code == ABSENT or bool(inventory.scope.tiers.tiers[inventory.tier_names[code]]["required"])
