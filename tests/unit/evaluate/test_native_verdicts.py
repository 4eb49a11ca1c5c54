"""What is not known of a service's own backups makes neither a pass, a finding, nor "not applicable"."""

from collections.abc import Iterator

import pytest

from auditor.evaluate.ask import Asker
from auditor.judge.verdicts import ORDER, judge
from auditor.rego.engine import Engine
from tests.unit.evaluate import parity
from tests.unit.evaluate.conftest import AS_OF, World
from tests.unit.evaluate.parity import BAD, COMPLIANT, OUT, UNKNOWN
from tests.unit.evaluate.test_native import DATABASE, NEWEST, accept, database
from tests.unit.evaluate.test_native_times import DAY, HOUR

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
    assert verdicts(engine, world, "BKP-COV-001", "BKP-RET-008") == expected


def verdicts(engine: Engine, world: World, *controls: str) -> tuple[str, ...]:
    """What controls say of the one resource."""
    subjects = world.subjects()
    inventory = next(one for one in subjects.inventories if one.scope.region == world.home)
    (frame,) = (one for one in subjects.frames_of(inventory) if one.subject == "resource")
    asker = Asker(engine, parity.CATALOGUE.schemas, subjects.period.as_of)
    asked = (parity.CONTROLS[name] for name in controls)
    found = [judge(asker.ask(control, frame), (), AS_OF.date()) for control in asked]
    return tuple(str(ORDER[one.code[0]]) for one in found)


@pytest.mark.parametrize(
    ("newest", "point", "expected"),
    [
        (25, None, (BAD, BAD)),
        (24, None, (UNKNOWN, COMPLIANT)),
        (25, 1, (UNKNOWN, COMPLIANT)),
        (30, 25, (BAD, BAD)),
    ],
    ids=["proven", "before it began", "covered by AWS Backup", "by neither"],
)
def test_a_gap_until_now_is_found_by_both(
    engine: Engine, world: World, newest: int, point: int | None, expected: tuple[str, str]
) -> None:
    """BKP-FRQ-001 and BKP-FRQ-002: what may have been covered earlier takes that away no more."""
    times = {"earliest_at": AS_OF - 10 * DAY, "newest_at": AS_OF - newest * HOUR}
    database(world, enabled=True, retention_days=10, **times)
    if point:
        world.point("snap", AS_OF - point * HOUR, resource_arn=DATABASE, resource_type="RDS")
    accept(world, {"frequency": ["automated_backups"]})

    assert verdicts(engine, world, "BKP-FRQ-001", "BKP-FRQ-002") == expected
