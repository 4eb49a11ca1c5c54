"""Retention and locks are counted beside the demand; what is not known is in no bar."""

import json

import numpy as np
import pyarrow as pa
import pytest

from auditor.evaluate.facts import Column, Frame, Hole, constant, encode
from auditor.judge.kept import KeptTally
from reports.document import from_json, to_json
from tests.golden.sample_document import build

GOLD = {"name": "gold", "required": True, "retention_days": 35, "copy": {"retention_days": 90}}
EXEMPT = {"name": "exempt", "required": False}


def frame(subject: str, facts: dict[str, Column]) -> Frame:
    """A frame of those facts."""
    size = len(next(iter(facts.values())).codes)
    texts = pa.array(["x"] * size)
    return Frame(subject, "111122223333", "eu-west-1", texts, texts, texts, facts)


def points(
    days: list[float | None], *, never: int = 0, copies: int = 0, unknown: int = 0, event: str | None = None
) -> Frame:
    """Recovery points of gold kept so long; the last ones never expire, are copies, or are not known.

    The last one of all is deleted after `event`.
    """
    size = len(days)
    last = [np.arange(size) >= size - count for count in (never, copies, unknown)]
    events = [*[None] * (size - 1), event]
    return frame(
        "recovery_point",
        {
            "tier": constant(GOLD, size),
            "recovery_point.retention_days": encode(days, Hole(("g",), last[2])),
            "recovery_point.never_expires": encode(last[0].tolist()),
            "recovery_point.is_copy": encode(last[1].tolist()),
            "recovery_point.delete_after_event": encode(events),
            "recovery_point.in_another_account": encode([False] * size),
            "recovery_point.in_another_region": encode(last[1].tolist()),
        },
    )


def test_recovery_points_are_counted_on_both_sides_of_the_demand() -> None:
    """By tier and whether they are copies, which have a demand of their own; over several frames."""
    kept = KeptTally()
    kept.add(points([35.0, 34.99, 36.0, None], never=1))
    kept.add(points([90.0], copies=1))
    kept.add(points([14.0, None], unknown=2))
    told = {
        "tier": "gold",
        "copy": False,
        "account_copy": False,
        "demanded_days": 35,
        "points": 6,
        "short": 1,
        "unknown": 2,
    }
    copies = {**told, "copy": True, "demanded_days": 90, "points": 1, "short": 0, "unknown": 0}
    assert kept.part()["retention"] == [
        {**told, "for_ever": 1, "least_days": 34.99}, {**copies, "for_ever": 0, "least_days": 90.0},
    ]  # fmt: skip
    sample = build()[0]
    assert (
        from_json(to_json(sample).replace(b'"kept": {}', b'"kept": ' + json.dumps(kept.part()).encode())).kept
        == kept.part()
    )


def test_copies_are_counted_by_where_they_lie() -> None:
    """One in another account and Region by the smaller demand; one beside its resource serves none."""
    tier = {**GOLD, "account_copy": {"retention_days": 7}}
    facts = points([8.0, 8.0, 8.0, 8.0], copies=4).facts
    away = {
        "recovery_point.in_another_account": encode([True, False, True, False]),
        "recovery_point.in_another_region": encode([False, True, True, False]),
    }
    kept = KeptTally()
    kept.add(frame("recovery_point", {**facts, **away, "tier": constant(tier, 4)}))  # type: ignore[dict-item]  # all are columns
    names = ("copy", "account_copy", "demanded_days", "points", "short")
    assert [tuple(row[name] for name in names) for row in kept.part()["retention"]] == [
        (True, True, 7, 2, 0),
        (True, False, 90, 1, 1),
    ]


def test_a_tier_without_a_demand_and_for_ever() -> None:
    """Nothing is compared where nothing is demanded; what is kept for ever has no shortest retention."""
    kept = KeptTally()
    exempt = points([7.0])
    kept.add(frame("recovery_point", {**exempt.facts, "tier": constant(EXEMPT, 1)}))  # type: ignore[dict-item]  # all are columns
    assert kept.part()["retention"] == []
    kept.add(points([None], never=1))
    (one,) = kept.part()["retention"]
    assert (one["points"], one["for_ever"], one["least_days"], one["short"]) == (1, 1, None, 0)


@pytest.mark.parametrize(("event", "count", "short"), [("DELETE_AFTER_COPY", 1, 0), ("ANOTHER", 2, 1)])
def test_what_is_on_its_way_into_another_vault_is_left_out(event: str, count: int, short: int) -> None:
    """As BKP-RET-002 does, which asks nothing of it; another event is none of those."""
    kept = KeptTally()
    kept.add(points([36.0, 1.0], event=event))
    (one,) = kept.part()["retention"]
    assert (one["points"], one["short"]) == (count, short)


@pytest.mark.parametrize(
    ("days", "shown", "short"),
    [(35.0, 35.0, 0), (34.996, 34.99, 1), (34.99, 34.99, 1), (0.29, 0.29, 1), (35.006, 35.0, 0)],
)
def test_the_shortest_retention_is_cut_and_not_rounded(days: float, shown: float, short: int) -> None:
    """What is too brief never looks like what is demanded."""
    kept = KeptTally()
    kept.add(points([days]))
    (one,) = kept.part()["retention"]
    assert (one["least_days"], one["short"]) == (shown, short)


def test_vaults_are_counted_by_demand_and_lock_in_force() -> None:
    """A compliance lock before its date is none in force; without a known mode it is not known."""
    locks = [
        {"mode": "compliance", "in_force": True, "compliance_in_force": True},
        {"mode": "compliance", "in_force": False, "compliance_in_force": False},
        {"mode": "none", "in_force": False, "compliance_in_force": False},
        {"compliance_in_force": False},
    ]
    demanded = encode(["compliance"] * 4, Hole(("g",), np.array([False, False, True, False])))
    kept = KeptTally()
    kept.add(frame("vault", {"vault.demanded_lock": demanded, "vault.lock": encode(locks)}))
    assert kept.part()["locks"] == [
        {"demanded": "compliance", "lock": "compliance", "vaults": 1},
        {"demanded": "compliance", "lock": "none", "vaults": 1},
        {"demanded": "compliance", "lock": "unknown", "vaults": 1},
        {"demanded": "unknown", "lock": "none", "vaults": 1},
    ]
