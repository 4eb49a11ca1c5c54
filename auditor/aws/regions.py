"""Partitions and their Regions, from botocore's partition data: nothing here is asked of AWS."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache

from botocore.exceptions import UnknownRegionError

from auditor.aws.session import new_session
from auditor.model.errors import UsageError


@cache
def partition_of(region: str) -> str:
    """Name the partition (aws, aws-cn, aws-us-gov …) of `region`; raises `UsageError` when none has it."""
    try:
        return str(new_session().get_partition_for_region(region))
    except UnknownRegionError:
        raise UsageError(
            f"There is no AWS Region {region!r}; did you mean {_nearest(region, None)}?"
        ) from None


def known_regions(partition: str) -> tuple[str, ...]:
    """List the Regions of `partition` that this botocore knows, sorted."""
    return tuple(sorted(new_session().get_available_regions("ec2", partition_name=partition)))


def check_regions(regions: Iterable[str], partition: str) -> None:
    """Raise `UsageError`, naming the nearest one, when `partition` has no such Region."""
    known = known_regions(partition)
    for region in regions:
        if region not in known:
            raise UsageError(
                f"Partition {partition} has no Region {region!r}; did you mean "
                f"{_nearest(region, partition)}? (A newer Region needs a newer botocore.)"
            )


def _nearest(region: str, partition: str | None) -> str:
    session = new_session()
    partitions = [partition] if partition else session.get_available_partitions()
    known = sorted(region for name in partitions for region in known_regions(name))
    return (get_close_matches(region, known, n=1, cutoff=0) or known)[0]
