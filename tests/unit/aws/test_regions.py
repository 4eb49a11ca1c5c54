"""Partitions and Regions from botocore's data."""

import pytest

from auditor.aws.regions import check_regions, known_regions, partition_of
from auditor.model.errors import UsageError


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-northwest-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eu-west-9", "aws"),  # newer than botocore: known by its form
    ],
)
def test_a_region_tells_its_partition(region: str, partition: str) -> None:
    """By name, and by the form of the name."""
    assert partition_of(region) == partition


def test_a_name_that_is_no_region_is_named_with_the_nearest() -> None:
    """A typing error anywhere in the world."""
    with pytest.raises(UsageError, match=r"There is no AWS Region 'cn_north_1'; did you mean cn-north-1\?"):
        partition_of("cn_north_1")


def test_the_regions_of_china() -> None:
    """Two, and no pseudo Region."""
    assert known_regions("aws-cn") == ("cn-north-1", "cn-northwest-1")


def test_regions_are_checked_against_the_partition() -> None:
    """A Region of another partition does not exist here."""
    check_regions(["cn-north-1", "cn-northwest-1"], "aws-cn")
    with pytest.raises(
        UsageError, match="Partition aws-cn has no Region 'eu-north-1'; did you mean cn-north-1"
    ):
        check_regions(["cn-north-1", "eu-north-1"], "aws-cn")
