"""What a run says of itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from auditor.evidence.metadata import listed_types


@pytest.mark.parametrize(
    ("metadata", "types"),
    [
        ({}, {"Aurora", "DynamoDB", "EBS", "EC2", "RDS", "S3"}),
        ({"resource_types": []}, set()),
        ({"resource_types": ["EFS", "EBS"]}, {"EBS", "EFS"}),
    ],
)
def test_a_run_says_which_types_it_asked_for(metadata: dict[str, Any], types: set[str]) -> None:
    """One of an earlier release does not: it asked for six."""
    evidence: Any = SimpleNamespace(metadata=metadata)

    assert listed_types(evidence) == types
