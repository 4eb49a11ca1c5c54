"""Values at both sides of what a shape allows."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.model import ShapeResolver

from auditor.executor.api.errors import ServiceError
from auditor.executor.api.shapes import decoder, encoder

MODELS: dict[str, Any] = {
    "Root": {
        "type": "structure",
        "required": ["Name"],
        "members": {
            "Name": {"shape": "Name"},
            "Days": {"shape": "Days"},
            "Big": {"shape": "Big"},
            "Flag": {"shape": "Flag"},
            "When": {"shape": "When"},
            "Names": {"shape": "Names"},
            "Tags": {"shape": "Tags"},
            "Kind": {"shape": "Kind"},
            "Inner": {"shape": "Inner"},
        },
    },
    "Inner": {
        "type": "structure",
        "required": ["Name"],
        "members": {"Name": {"shape": "Name", "locationName": "n"}},
    },
    "Name": {"type": "string", "pattern": "^[a-z]{2,4}$"},
    "Kind": {"type": "string", "enum": ["A", "B"]},
    "Days": {"type": "integer", "min": 1, "max": 1000},
    "Big": {"type": "long"},
    "Flag": {"type": "boolean"},
    "When": {"type": "timestamp"},
    "Names": {"type": "list", "member": {"shape": "Name"}, "min": 1, "max": 2},
    "Tags": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Text"}},
    "Text": {"type": "string", "max": 3},
}
SHAPES = ShapeResolver(MODELS)
ROOT: Any = SHAPES.get_shape_by_name("Root", {"shape": "Root"})
GOOD = [
    ({"Name": "ab"}, {"Name": "ab"}),
    ({"Name": "abcd", "Days": None, "Unknown": 1}, {"Name": "abcd"}),
    ({"Name": "ab", "Days": 1}, {"Name": "ab", "Days": 1}),
    ({"Name": "ab", "Days": 1000.0}, {"Name": "ab", "Days": 1000}),
    ({"Name": "ab", "Big": 2**63 - 1}, {"Name": "ab", "Big": 2**63 - 1}),
    ({"Name": "ab", "Flag": False}, {"Name": "ab", "Flag": False}),
    ({"Name": "ab", "When": 0.5}, {"Name": "ab", "When": datetime(1970, 1, 1, 0, 0, 0, 500_000, UTC)}),
    (
        {"Name": "ab", "When": "2026-01-05T00:00:00Z"},
        {"Name": "ab", "When": datetime(2026, 1, 5, tzinfo=UTC)},
    ),
    ({"Name": "ab", "When": "2026-01-05"}, {"Name": "ab", "When": datetime(2026, 1, 5, tzinfo=UTC)}),
    ({"Name": "ab", "Names": ["ab", "cd"]}, {"Name": "ab", "Names": ["ab", "cd"]}),
    ({"Name": "ab", "Tags": {"ab": "xyz"}}, {"Name": "ab", "Tags": {"ab": "xyz"}}),
    ({"Name": "ab", "Kind": "B"}, {"Name": "ab", "Kind": "B"}),
    ({"Name": "ab", "Inner": {"n": "ab"}}, {"Name": "ab", "Inner": {"Name": "ab"}}),
]
BAD = [
    ({}, "MissingParameterValueException", "Missing required parameter: Name"),
    ({"Name": "ab", "Inner": {}}, "MissingParameterValueException", "Missing required parameter: Inner.Name"),
    ([], "InvalidParameterValueException", "The request body must be an object."),
    ({"Name": 1}, "InvalidParameterValueException", "Name must be a string."),
    ({"Name": "a"}, "InvalidParameterValueException", "Value 'a' at Name failed to satisfy constraint"),
    (
        {"Name": "ab\n"},
        "InvalidParameterValueException",
        "Value 'ab\\n' at Name failed to satisfy constraint",
    ),
    ({"Name": "ab", "Days": 0}, "InvalidParameterValueException", "Days must be at least 1."),
    ({"Name": "ab", "Days": 1001}, "InvalidParameterValueException", "Days must be at most 1000."),
    ({"Name": "ab", "Days": 1.5}, "InvalidParameterValueException", "Days must be a whole number."),
    ({"Name": "ab", "Days": True}, "InvalidParameterValueException", "Days must be a whole number."),
    ({"Name": "ab", "Days": "1"}, "InvalidParameterValueException", "Days must be a whole number."),
    ({"Name": "ab", "Big": 2**63}, "InvalidParameterValueException", "Big is out of range."),
    ({"Name": "ab", "Flag": "true"}, "InvalidParameterValueException", "Flag must be true or false."),
    ({"Name": "ab", "When": "soon"}, "InvalidParameterValueException", "When must be a time."),
    ({"Name": "ab", "When": 1e300}, "InvalidParameterValueException", "When must be a time."),
    ({"Name": "ab", "When": "nan"}, "InvalidParameterValueException", "When must be a time."),
    ({"Name": "ab", "Names": []}, "InvalidParameterValueException", "Names must have at least 1 members."),
    (
        {"Name": "ab", "Names": ["ab"] * 3},
        "InvalidParameterValueException",
        "Names must have at most 2 members.",
    ),
    ({"Name": "ab", "Names": ["ab", 1]}, "InvalidParameterValueException", "Names[1] must be a string."),
    ({"Name": "ab", "Tags": {"ab": "wxyz"}}, "InvalidParameterValueException", "Tags.ab must have at most 3"),
    ({"Name": "ab", "Tags": []}, "InvalidParameterValueException", "Tags must be an object."),
    (
        {"Name": "ab", "Kind": "C"},
        "InvalidParameterValueException",
        "Value 'C' at Kind failed to satisfy constraint",
    ),
]


@pytest.mark.parametrize(("sent", "expected"), GOOD)
def test_accepted(sent: dict[str, Any], expected: dict[str, Any]) -> None:
    """What a shape allows, at its edges; unknown members and nulls are passed over as AWS does."""
    assert decoder(ROOT)(sent, "") == expected


@pytest.mark.parametrize(("sent", "code", "message"), BAD)
def test_refused(sent: Any, code: str, message: str) -> None:
    """What it does not allow, with a message that names the member."""
    with pytest.raises(ServiceError) as caught:
        decoder(ROOT)(sent, "")

    assert caught.value.code == code
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("name", "text", "expected"), [("Days", "7", 7), ("Flag", "true", True), ("Name", "ab", "ab")]
)
def test_values_in_a_query(name: str, text: str, expected: Any) -> None:
    """In path and query everything is text."""
    assert decoder(ROOT.members[name], text=True)(text, name) == expected


@pytest.mark.parametrize(("name", "text"), [("Days", "7.0"), ("Days", ""), ("Flag", "True"), ("Flag", "1")])
def test_values_in_a_query_that_are_refused(name: str, text: str) -> None:
    """Other spellings are refused."""
    with pytest.raises(ServiceError):
        decoder(ROOT.members[name], text=True)(text, name)


def test_an_unknown_output_member_is_a_bug() -> None:
    """It is never dropped in silence."""
    encode = encoder(ROOT)

    assert encode is not None
    assert encode({"Name": "ab", "When": datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "Days": None}) == {
        "Name": "ab",
        "When": 1.0,
    }
    with pytest.raises(KeyError):
        encode({"Nme": "ab"})
