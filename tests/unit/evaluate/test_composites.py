"""Of a composite's parts, those that name the whole resource are no backups of it (aws-backup.md 4.13)."""

from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from auditor.evaluate.composites import of_parts, read_whole

ROWS: dict[str, list[Any]] = {
    "arn": ["whole", "template", "unsaid", "volume", "state"],
    "resource_type": ["CloudFormation", "CloudFormation", "CloudFormation", "EBS", "EKS"],
    "is_parent": [True, False, None, False, False],
}


def inventory(*chosen: int) -> tuple[Any, list[list[str]]]:
    """An inventory that has these rows, and what is read of it."""
    asked: list[list[str]] = []

    def read(_table: str, columns: list[str]) -> pa.Table:
        asked.append(columns)
        return pa.table({name: [ROWS[name][number] for number in chosen] for name in columns})

    return SimpleNamespace(read=read), asked


def test_a_part_that_names_the_whole_is_left_out() -> None:
    """A point of a volume in the stack counts for the volume, and one that does not say what it is stays."""
    found, _ = inventory(0, 1, 2, 3, 4)

    assert read_whole(found, "recovery_points", ["arn"]).to_pydict() == {"arn": ["whole", "unsaid", "volume"]}
    types = found.read("", ["resource_type"])["resource_type"]
    assert of_parts(found, "recovery_points", types).tolist() == [False, True, False, False, True]


def test_where_there_is_no_composite_nothing_more_is_read() -> None:
    """The types of the rows tell so."""
    found, asked = inventory(3)

    assert read_whole(found, "backup_jobs", ["arn"]).to_pydict() == {"arn": ["volume"]}
    assert asked == [["arn", "resource_type"]]
