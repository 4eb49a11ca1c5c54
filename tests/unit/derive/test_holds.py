"""What legal holds leave out of what a matter demands, by vaults, resources and days."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from auditor.derive.holds import TakenIn, left_out
from auditor.model.holds import Matter

ON = date(2026, 6, 1)
DISK = "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1"


def matter(**demands: Any) -> Matter:
    """A matter that demands this."""
    return Matter("m", "hold", ("111122223333",), ("eu-central-1",), "legal", **demands)


def hold(
    *,
    vaults: Sequence[str] = (),
    resources: Sequence[str] = (),
    first: date | None = None,
    last: date = date(2026, 5, 1),
) -> TakenIn:
    """What a hold takes in; without limits, everything until it was made."""
    return TakenIn(tuple(vaults), tuple(resources), first, last)


def day(month: int, number: int = 1) -> date:
    """A day of the year."""
    return date(2026, month, number)


@pytest.mark.parametrize(
    ("demands", "holds"),
    [
        ({}, [hold()]),
        ({"vaults": ("a", "b")}, [hold(vaults=["a"]), hold(vaults=["b", "c"])]),
        ({"resources": ("EBS", DISK)}, [hold(resources=["EBS"])]),
        ({"resources": (DISK,)}, [hold(resources=[DISK])]),
        ({"vaults": ("a",), "resources": (DISK,)}, [hold()]),
        ({"first": day(1), "last": day(4)}, [hold(first=day(1), last=day(4))]),
        ({"first": day(1), "last": day(4)}, [hold(first=day(3), last=day(4)), hold(last=day(2, 28))]),
        ({"last": day(12)}, [hold(last=ON)]),
        ({"last": day(12)}, [hold(last=day(5, 31))]),
        ({"first": ON, "last": day(12)}, [hold(last=day(5, 31))]),
        ({"first": day(2)}, [hold(first=day(2), last=day(2))]),
        ({"first": day(5, 2)}, [hold(last=day(5))]),
    ],
)
def test_what_holds_take_in_together_is_enough(demands: dict[str, Any], holds: list[TakenIn]) -> None:
    """A day that is not over yet, or has not come, is not demanded."""
    assert list(left_out(matter(**demands), holds, ON)) == []


@pytest.mark.parametrize(
    ("demands", "holds", "said"),
    [
        ({}, [hold(vaults=["a"])], ["every resource in every vault"]),
        ({}, [hold(resources=["EBS"])], ["every resource in every vault"]),
        ({"vaults": ("a", "b")}, [hold(vaults=["a"])], ["every resource in vault b"]),
        ({"resources": (DISK, "RDS")}, [hold(resources=["EBS"])], ["RDS in every vault"]),
        ({"resources": ("EBS",)}, [hold(resources=[DISK])], ["EBS in every vault"]),
        ({"first": day(1)}, [hold(first=day(1, 2))], ["every resource in every vault from 2026-01-01 on"]),
        ({}, [hold(first=day(1))], ["every resource in every vault from its beginning on"]),
        ({"last": day(5, 2)}, [hold()], ["every resource in every vault from 2026-05-02 on"]),
        ({"last": day(12)}, [hold(last=day(5, 30))], ["every resource in every vault from 2026-05-31 on"]),
        (
            {"first": day(1), "last": day(4)},
            [hold(first=day(3, 2), last=day(4)), hold(last=day(2, 28))],
            ["every resource in every vault from 2026-03-01 on"],
        ),
    ],
)
def test_what_they_leave_out_is_said(demands: dict[str, Any], holds: list[TakenIn], said: list[str]) -> None:
    """The vaults, the resources, and from which day on."""
    assert list(left_out(matter(**demands), holds, ON)) == said
