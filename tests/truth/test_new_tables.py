"""DynamoDB's list of tables tells no creation: a new table with good backups is not unknown."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, World, nights, rule

GAP, NEWEST = "BKP-FRQ-001", "BKP-FRQ-002"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TABLE = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/orders"


def new_table(created: datetime, backups: list[datetime]) -> World:
    """The standing plan and vault with a table in place of the volume."""
    world = World()
    world.vault()
    world.plan([rule(14)])
    world.selection(Resources=[TABLE])
    world.at().tables.append(
        {"TableName": "orders", "TableArn": TABLE, "CreationDateTime": created, "TableStatus": "ACTIVE"}
    )
    for night in backups:
        world.night(night, 14, TABLE)
    return world


@pytest.mark.parametrize("age", [24 * HOUR, 20 * DAY])
def test_a_new_table_with_every_backup_is_compliant(tmp_path: Path, age: timedelta) -> None:
    """A day old with its one backup, and twenty days old with all of them."""
    found = audit(new_table(AS_OF - age, nights(AS_OF - age)), tmp_path)
    assert (found.verdict(GAP, TABLE), found.verdict(NEWEST, TABLE)) == ("COMPLIANT", "COMPLIANT")
    assert (found.exit_code, found.gaps) == (0, [])


@pytest.mark.parametrize(("age", "hours"), [(20 * DAY, 49.0), (90 * DAY, 289.0)])
def test_a_table_owes_backups_from_its_creation_on(tmp_path: Path, age: timedelta, hours: float) -> None:
    """The first backup came late: two days after a table was made, or twelve days into the period."""
    first = AS_OF - min(age, 30 * DAY) + (2 * DAY if age < 30 * DAY else 12 * DAY)
    found = audit(new_table(AS_OF - age, nights(first)), tmp_path)
    (reason,) = found.reasons(GAP, TABLE)
    assert (found.verdict(GAP, TABLE), reason.evidence["worst_gap_hours"]) == ("NON_COMPLIANT", hours)


def test_a_new_table_whose_age_is_not_told_stays_unknown(tmp_path: Path) -> None:
    """Nothing but its creation tells whether a backup was due before the first one."""
    world = new_table(AS_OF - 20 * DAY, nights(AS_OF - 20 * DAY))
    found = audit(world, tmp_path, faults=[denied("DescribeTable")])
    assert (found.verdict(GAP, TABLE), found.exit_code) == ("INSUFFICIENT_DATA", 4)
