"""Resources that go to a tier which demands less, by whatever in the assignment takes them there."""

from typing import Any

import pytest

from auditor.check import lowered_tiers
from auditor.check.lowered import less
from auditor.check.lowered_tiers import weaker_tiers
from auditor.model.policy import TierAssignment, Tiers

Entry = dict[str, Any]
TIERS: dict[str, dict[str, Any]] = {
    "gold": {"required": True, "rpo_hours": 24},
    "silver": {"required": True, "rpo_hours": 26},
    "exempt": {"required": False},
    "unsorted": {"required": True, "rpo_hours": 26, "unclassified": True},
}
EXEMPT, RPO = "(required true becomes false)", "(rpo_hours 24 becomes 26)"
GOLD = {"tier": "gold", "tags": {"t": "gold"}}
SANDBOX = {"tier": "exempt", "organizational_units": ["Sandbox"]}


def tiers(*entries: Entry, default: str = "exempt") -> Tiers:
    """Tiers with this assignment."""
    return Tiers(TIERS, tuple(TierAssignment.of(one) for one in entries), default)


def units(tier: str, *names: str, **more: Any) -> Entry:
    """An entry by units."""
    return {"tier": tier, "organizational_units": [*names], **more}


def accounts(tier: str, *names: str, **more: Any) -> Entry:
    """An entry by accounts."""
    return {"tier": tier, "accounts": [*names], **more}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ([GOLD, SANDBOX], [SANDBOX, GOLD],
         [("resources t=gold in Sandbox", f"gold becomes exempt {EXEMPT}", ("assignment", 0))]),
        ([GOLD], [SANDBOX, GOLD],
         [("resources t=gold in Sandbox", f"gold becomes exempt {EXEMPT}", ("assignment", 0))]),
        ([GOLD], [{"tier": "exempt", "tags": {"x": "y"}}, GOLD],
         [("resources t=gold x=y", f"gold becomes exempt {EXEMPT}", ("assignment", 0))]),
        ([units("gold", "A", "B"), units("silver", "C")], [units("silver", "C"), units("gold", "A", "B")],
         [("resources in A or B and in C", f"gold becomes silver {RPO}", ("assignment", 0))]),
        ([units("gold", "A", "B")], [units("gold", "A")],
         [("resources in A or B", f"gold becomes exempt {EXEMPT}", ("default",))]),
        ([units("gold", "A", "B")], [units("gold", "A"), units("gold", "B")], []),
        ([accounts("gold", "1", "2")], [accounts("gold", "2"), accounts("gold", "1")], []),
        ([accounts("gold", "1", "2")], [accounts("silver", "2", "3"), accounts("gold", "1")],
         [("resources of account 2", f"gold becomes silver {RPO}", ("assignment", 0))]),
        ([accounts("gold", "1", resource_types=["EBS", "S3"])],
         [accounts("gold", "1", resource_types=["EBS"])],
         [("resources of account 1 of type EBS or S3", f"gold becomes exempt {EXEMPT}", ("default",))]),
        ([GOLD, SANDBOX], [{"tier": "exempt", "tags": {"t": "bronze"}}, GOLD, SANDBOX], []),
        ([SANDBOX, GOLD], [GOLD, SANDBOX], []),
        ([GOLD, units("silver", "P")], [accounts("exempt", "1"), GOLD, units("silver", "P")],
         [("resources t=gold of account 1", f"gold becomes exempt {EXEMPT}", ("assignment", 0)),
          ("resources in P of account 1", f"silver becomes exempt {EXEMPT}", ("assignment", 0))]),
    ],
)  # fmt: skip
def test_what_two_entries_are_about_is_compared(
    before: list[Entry], after: list[Entry], found: list[tuple[str, str, tuple[str | int, ...]]]
) -> None:
    """Also where each of them has its tier as before, and only their order is another."""
    lowered = weaker_tiers(tiers(*before), tiers(*after))
    assert [(one.name, one.said, one.path) for one in lowered] == [
        (f"of {who}", said, path) for who, said, path in found
    ]


def test_what_lies_within_others_is_said_with_them() -> None:
    """One finding for one entry."""
    (found,) = weaker_tiers(
        tiers(GOLD, default="silver"), tiers(accounts("exempt", "1"), GOLD, default="silver")
    )
    assert (found.name, found.said) == (
        "of resources of account 1",
        f"silver becomes exempt {EXEMPT}; resources t=gold of account 1: gold becomes exempt",
    )


def test_an_assignment_without_end_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not passed over, and does not take for ever."""
    monkeypatch.setattr(lowered_tiers, "_MOST", 100)
    many = [accounts("gold", *map(str, range(30))), *(accounts("gold", str(one)) for one in range(30))]
    held = [accounts("exempt", *map(str, range(30))), *many]
    (found,) = weaker_tiers(tiers(*many), tiers(*many[1:], *held))
    assert found.fault == "it has too many entries to compare, so whether it is less is not known"


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"required": False, "unclassified": True}, {"required": False}, "unclassified true is gone"),
        ({"required": False, "unclassified": True}, {"required": True, "unclassified": False},
         "unclassified true becomes false"),
        ({"required": False}, {"required": False, "unclassified": True}, None),
    ],
)  # fmt: skip
def test_what_nobody_has_classified_is_found_in_a_tier_without_backups_too(
    before: dict[str, bool], after: dict[str, bool], found: str | None
) -> None:
    """It is a finding whatever else the tier demands."""
    assert [said for _, said, _ in less(before, after)] == ([found] if found else [])


def test_who_is_given_a_tier_that_demands_backups_loses_nothing() -> None:
    """Being classified is what was asked for; being exempt, or given less, is told."""
    unsorted = tiers(default="unsorted")
    assert not [*weaker_tiers(unsorted, tiers(units("gold", "A"), default="unsorted"))]
    (found,) = weaker_tiers(unsorted, tiers(units("exempt", "A"), default="unsorted"))
    assert found.said == f"unsorted becomes exempt {EXEMPT}"
