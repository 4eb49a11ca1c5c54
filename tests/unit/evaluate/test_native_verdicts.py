"""What is not known of a service's own backups makes neither a pass, a finding, nor "not applicable"."""

from collections.abc import Iterator

import pytest

from auditor.evaluate.ask import Asker
from auditor.judge.verdicts import ORDER, judge
from auditor.rego.engine import Engine
from tests.unit.evaluate import parity
from tests.unit.evaluate.conftest import AS_OF, World
from tests.unit.evaluate.parity import BAD, COMPLIANT, OUT, UNKNOWN
from tests.unit.evaluate.test_native import NEWEST, accept, database

BOTH = {"coverage": ["automated_backups"], "retention": ["automated_backups"]}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One engine for all cases."""
    yield from parity.engine()


@pytest.mark.parametrize(
    ("told", "planned", "expected"),
    [
        (None, False, (UNKNOWN, UNKNOWN)),
        (None, True, (COMPLIANT, OUT)),
        ({"enabled": False, "retention_days": 0}, False, (BAD, OUT)),
        ({"enabled": True, "retention_days": 34}, False, (COMPLIANT, BAD)),
        ({"enabled": True, "retention_days": 35}, False, (COMPLIANT, COMPLIANT)),
    ],
    ids=["untold", "untold-and-planned", "off", "short", "long-enough"],
)
def test_what_stands_in_place_of_a_plan(
    engine: Engine,
    world: World,
    told: dict[str, object] | None,
    expected: tuple[str, str],
    *,
    planned: bool,
) -> None:
    """BKP-COV-001 and BKP-RET-008: untold, it may be there and be kept for too short a time."""
    database(world, **({} if told is None else {**told, "newest_at": NEWEST}))
    accept(world, BOTH)
    if planned:
        world.add("region_settings", resource_type="RDS", opted_in=True)
        world.plan()
    subjects = world.subjects()
    inventory = next(one for one in subjects.inventories if one.scope.region == world.home)
    (frame,) = (one for one in subjects.frames_of(inventory) if one.subject == "resource")
    asker = Asker(engine, parity.CATALOGUE.schemas, subjects.period.as_of)
    asked = (parity.CONTROLS[name] for name in ("BKP-COV-001", "BKP-RET-008"))
    found = [judge(asker.ask(control, frame), (), AS_OF.date()) for control in asked]

    assert tuple(str(ORDER[one.code[0]]) for one in found) == expected
