"""Whether service control policies are in force, as the root of an organization tells it."""

from typing import Any

import pytest

from tests.loopback.collecting import Directly
from tests.loopback.standing import ACCOUNT, standing


@pytest.mark.parametrize(
    ("types", "unread"),
    [
        ({"PolicyTypes": []}, []),
        ({"PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "PENDING_ENABLE"}]}, []),
        ({}, [(ACCOUNT, "ListRoots", ("backup_policies", "control_policies"))]),
    ],
    ids=["none", "not-yet", "not-told"],
)
def test_a_root_that_tells_no_types_does_not_say_that_none_is_on(types: Any, unread: Any) -> None:
    """What it does not tell is a gap; where none is turned on, there is none."""
    made = standing()
    root = {"Id": "r-root", "Name": "Root", "Arn": "arn:aws:organizations::r-root"}
    made.operations["organizations", "ListRoots"] = lambda _place, _given: {"Roots": [{**root, **types}]}
    with Directly(made, accounts="organization", regions=()) as directly:
        found = directly.read()
    assert [(gap.account_id, gap.operation, gap.provides) for gap in found.gaps] == unread
