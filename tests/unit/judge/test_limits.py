"""What a report says that this version does not look at."""

from dataclasses import replace
from unittest import mock

from auditor.judge import limits
from auditor.model.resource_types import TYPES


def test_types_that_are_not_read_are_named_with_what_the_tags_show_of_them() -> None:
    """A number where the tagging API told one, none where it has no word for the type."""
    two = {name: replace(TYPES[name], listings=()) for name in ("Timestream", "CloudFormation")}
    with mock.patch.object(limits, "TYPES", {"EBS": TYPES["EBS"], **two}):
        said = limits.unexamined({"cloudformation:stack": 0, "ec2:volume": 3})

    assert said["types"] == [{"name": "CloudFormation", "tagged": 0}, {"name": "Timestream", "tagged": None}]
