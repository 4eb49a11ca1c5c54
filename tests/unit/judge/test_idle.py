"""A control that judges a key of the tiers says nothing of what no tier demands, whatever is not known."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from auditor.catalogue.load import Catalogue
from auditor.evaluate.ask import Asker
from auditor.evaluate.facts import Column, Frame, Hole
from auditor.judge.verdicts import ORDER, judge
from auditor.model.policy import Control, Tiers, demands
from auditor.rego.engine import Engine
from auditor.rego.load import open_engine

CATALOGUE = Catalogue.load()
DEMANDED = [one for one in CATALOGUE.controls if one.demanded_by]
GOLD = {"name": "gold", "required": True, "rpo_hours": 24, "retention_days": 7}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """The shipped policies, asked in this process."""
    with closing(open_engine("embedded", CATALOGUE.modules, CATALOGUE.data)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("tier", "path", "expected"),
    [
        ({"copy": {"retention_days": 7}}, "tier.copy", True),
        ({"copy": {"retention_days": 7}}, "tier.account_copy", False),
        ({"whole_backups": False}, "tier.whole_backups", False),
        ({"attainment_percent": 0}, "tier.attainment_percent", True),
        ({"restore_test": {"max_age_days": 7}}, "tier.restore_test.max_minutes", False),
        ({"restore_test": {"max_minutes": 7}}, "tier.restore_test.max_minutes", True),
        ({"restore_test": 7}, "tier.restore_test.max_minutes", False),
    ],
)
def test_a_tier_demands_what_it_has_a_key_for(tier: dict[str, object], path: str, *, expected: bool) -> None:
    """At the end of the path, and not as false."""
    assert demands(tier, path) is expected
    assert Tiers({"none": {}, "one": tier}, (), "none").demand(path) is expected


def test_no_path_is_always_demanded() -> None:
    """A control that names none is asked about all."""
    assert Tiers({}, (), "none").demand("")


def test_the_controls_that_a_tier_demands_say_so() -> None:
    """Those of restores, copies, clean points, whole backups and attainment."""
    assert {one.id for one in DEMANDED} >= {
        "BKP-FRQ-004",
        "BKP-ISO-001",
        "BKP-ISO-002",
        "BKP-REC-001",
        "BKP-REC-002",
    }


@pytest.mark.parametrize("control", DEMANDED, ids=lambda one: one.id)
def test_what_a_known_tier_does_not_demand_needs_nothing_else(engine: Engine, control: Control) -> None:
    """One that demands it, or may, leaves it unknown; the policy says so too. Where none does, none may."""
    asking: Any = GOLD
    for key in reversed(control.demanded_by.split(".")[1:]):
        asking = GOLD | {key: asking if asking is not GOLD else {}}
    everyone = np.ones(3, bool)
    lost = {
        path.split(".")[0]: Column(np.full(3, -1), [], (Hole(("g",), everyone),))
        for path in control.reads
        if path != "tier"
    }
    asker = Asker(engine, {"resource": {"properties": {}, "type": "object"}}, "2026-02-09T00:00:00Z")

    def verdicts(codes: list[int], values: list[Any]) -> list[str]:
        untold = Hole(("g",), np.array([one < 0 for one in codes]))
        facts = {"tier": Column(np.array(codes), values, (untold,)), **lost}
        names, kinds = pa.array(["a", "b", "c"]), pa.array(["EBS"] * 3)
        frame = Frame("resource", "1", "eu-west-1", names, kinds, names, facts)
        judged = judge(asker.ask(control, frame), (), date(2026, 2, 9))
        found = [ORDER[one] for one in judged.code]
        assert {judged.reasons(row, {}) for row, said in enumerate(found) if said == "NOT_APPLICABLE"} <= {()}
        return found

    assert verdicts([0, 1, -1], [GOLD, asking]) == ["NOT_APPLICABLE", *["INSUFFICIENT_DATA"] * 2]
    assert verdicts([0, 0, -1], [GOLD]) == ["NOT_APPLICABLE"] * 3
    (answer,) = engine.ask(control.package, [{"as_of": "2026-02-09T00:00:00Z", "tier": GOLD}])
    assert not answer.applicable
