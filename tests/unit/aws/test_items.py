"""Lists of an answer: what is in them is of the type that the API says, or the answer is not understood."""

from typing import Any

import pytest

from auditor.aws.failures import MALFORMED
from auditor.aws.items import each


@pytest.mark.parametrize(
    ("item", "kind", "given"),
    [
        ({"Names": ["a", "b"]}, str, ["a", "b"]),
        ({"Names": [{"a": 1}]}, dict, [{"a": 1}]),
        ({"Names": []}, str, []),
        ({"Names": None}, str, []),
        ({}, str, []),
    ],
    ids=["texts", "structures", "empty", "null", "missing"],
)
def test_a_list_gives_what_is_in_it(item: Any, kind: type, given: list[Any]) -> None:
    """One that is missing or null has nothing in it."""
    assert each(item, "Names", kind) == given


@pytest.mark.parametrize("listed", ["a", {"a": "b"}, ["a", 1], ["a", None], [""], [["a"]]])
def test_a_list_of_something_else_is_not_understood(listed: Any) -> None:
    """No part of it is taken, and the sentence names the member."""
    with pytest.raises(MALFORMED, match="its Names is "):
        each({"Names": listed}, "Names")
