"""Partitions and their Regions, from botocore's partition data: nothing here is asked of AWS."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from auditor.aws.base import new_session
from auditor.model.errors import UsageError


def partition_of(region: str) -> str:
    """Name the partition (aws, aws-cn, aws-us-gov …) of `region`; raises `UsageError` when none has it.

    A Region newer than botocore is known by the form of its name.
    """
    for name, partition in _partitions().items():
        if re.fullmatch(partition["regionRegex"], region):
            return name
    everywhere = [known for name in _partitions() for known in known_regions(name)]
    raise UsageError(f"There is no AWS Region {region!r}; did you mean {_nearest(region, everywhere)}?")


def known_regions(partition: str) -> tuple[str, ...]:
    """List the Regions of `partition` that this botocore knows, sorted."""
    return tuple(sorted(name for name in _partitions()[partition]["regions"] if not name.endswith("-global")))


def check_regions(regions: Iterable[str], partition: str) -> None:
    """Raise `UsageError`, naming the nearest one, when `partition` has no such Region."""
    known = known_regions(partition)
    for region in regions:
        if region not in known:
            raise UsageError(
                f"Partition {partition} has no Region {region!r}; did you mean {_nearest(region, known)}? "
                "(A newer Region needs a newer botocore.)"
            )


def check_partition(regions: Iterable[str], configured: str | None) -> None:
    """Raise `UsageError` unless `regions` are of one partition, that of the Region that is `configured`.

    A configured name that is no Region, as endpoints other than AWS's may have, is of every partition.
    """
    first, *others = [(region, partition_of(region)) for region in regions] or [("", "")]
    for region, partition in others:
        if partition != first[1]:
            raise UsageError(
                f"{first[0]} is a Region of the partition {first[1]} and {region} of {partition}; "
                "name Regions of one partition, and its credentials."
            )
    try:
        own = partition_of(configured or first[0])
    except UsageError:
        return
    if first[0] and own != first[1]:
        raise UsageError(
            f"{first[0]} is a Region of the partition {first[1]}, and the configured Region {configured} is "
            f"of {own}; name Regions of {own}, or use credentials of {first[1]} and one of its Regions in "
            "AWS_REGION."
        )


@cache
def _partitions() -> Mapping[str, Any]:
    document = new_session().get_component("data_loader").load_data("partitions")
    return {partition["id"]: partition for partition in document["partitions"]}


def _nearest(region: str, known: Iterable[str]) -> str:
    return get_close_matches(region, known, n=1, cutoff=0)[0]
