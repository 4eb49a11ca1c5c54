"""The Regions that there are, from botocore's data."""

from functools import cache

from auditor.aws.regions import known_regions


@cache
def regions_of(partition: str) -> frozenset[str]:
    """The Regions of a partition; none of a partition that is not known."""
    try:
        return frozenset(known_regions(partition))
    except KeyError:
        return frozenset()
