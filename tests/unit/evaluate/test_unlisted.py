"""Types that were not listed in a Region, although a job or a recovery point shows that they are there."""

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from auditor.evaluate.unlisted import unlisted
from auditor.model.resource_types import may_be_left_out

ACCOUNT, REGION = "111122223333", "eu-central-1"
HERE = f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:dw"
ELSEWHERE = f"arn:aws:redshift:eu-west-1:{ACCOUNT}:cluster:dw"


def found(
    table: str, *, listed: bool = False, asked: list[list[str]] | None = None, **row: Any
) -> list[tuple[str, str, str]]:
    """The gaps of a Region that has one row, in one table, of the type Redshift; `asked`: what is read."""
    given = {"resource_arn": HERE, "resource_type": "Redshift", **row}

    def read(name: str, columns: list[str]) -> pa.Table:
        if asked is not None:
            asked.append([name, *columns])
        values = {column: [given.get(column)] if name == table else [] for column in columns}
        return pa.table({column: pa.array(held, pa.string()) for column, held in values.items()})

    inventory: Any = SimpleNamespace(
        scope=SimpleNamespace(account=SimpleNamespace(account_id=ACCOUNT), region=REGION),
        evidence=SimpleNamespace(metadata={"resource_types": ["EBS", "Redshift"]}),
        listed=frozenset({"EBS", "Redshift"} if listed else {"EBS"}),
        read=read,
    )
    return [(gap.gap_id, gap.operation, gap.error) for gap in unlisted([inventory])]


@pytest.mark.parametrize(
    ("table", "row", "shown"),
    [
        ("backup_jobs", {}, True),
        ("backup_jobs", {"message_category": "RESOURCE_NOT_FOUND"}, False),
        ("recovery_points", {}, True),
        ("recovery_points", {"resource_arn": ELSEWHERE}, False),
        ("recovery_points", {"resource_arn": None}, False),
        ("recovery_points", {"resource_type": "Timestream"}, False),
        ("recovery_points", {"resource_type": None}, False),
    ],
)
def test_what_shows_a_type_that_was_not_listed(table: str, row: dict[str, Any], shown: bool) -> None:  # noqa: FBT001 -- a case
    """A job or a point of a resource here; not a copy of one elsewhere, nor a job that found nothing."""
    gap = (f"unlisted-{ACCOUNT}-{REGION}-redshift", "DescribeClusters", "NotListed")
    assert found(table, **row) == ([gap] if shown else [])


def test_a_type_that_was_listed_is_no_gap() -> None:
    """Whatever is backed up."""
    assert found("backup_jobs", listed=True) == []


def test_only_where_a_type_was_not_listed_resources_are_read() -> None:
    """Else the types of jobs and points are enough, however many there are."""
    asked: list[list[str]] = []
    assert found("backup_jobs", resource_type="EBS", asked=asked) == []
    assert asked == [["backup_jobs", "resource_type"], ["recovery_points", "resource_type"]]
    assert found("backup_jobs", asked=asked) != []
    assert asked[2:] == [
        ["backup_jobs", "resource_type"],
        ["backup_jobs", "resource_arn", "resource_type", "message_category"],
        ["recovery_points", "resource_type"],
    ]


@pytest.mark.parametrize(
    ("kind", "arn", "perhaps"),
    [
        ("FSx", f"arn:aws:fsx:{REGION}:{ACCOUNT}:volume/fs-1/fsvol-1", True),
        ("FSx", f"arn:aws:fsx:{REGION}:{ACCOUNT}:file-system/fs-1", False),
        ("EBS", f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1", False),
        ("A type of tomorrow", "arn:aws:x:::volume/1", False),
    ],
)
def test_what_a_listing_may_leave_out(kind: str, arn: str, perhaps: bool) -> None:  # noqa: FBT001 -- a case
    """Volumes of FSx, of which mirrors are not listed."""
    assert may_be_left_out(kind, arn) == perhaps
