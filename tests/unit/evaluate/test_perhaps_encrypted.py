"""Recovery points of Aurora of which it is said that they are not encrypted (aws-backup.md 4.18)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from auditor.evaluate.times import epoch_ms
from tests.unit.evaluate.conftest import World
from tests.unit.evaluate.test_copy_keys import asked as copied
from tests.unit.evaluate.test_held_copies import asked, copy, held, less, told

__all__ = ["asked", "copied"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Aurora encrypts what is made from then on, here.
SINCE = World.as_of - 2 * DAY
UNKNOWN = ("ListRecoveryPointsByBackupVault", "Unknown")


@pytest.fixture(autouse=True)
def _since(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.evaluate.plain.ENCRYPTED_SINCE", epoch_ms(SINCE))


def cluster(world: World, born: datetime | None, kind: str = "Aurora") -> World:
    """Make the resource of the world one of Aurora."""
    world.tables["resources", world.home][0].update(resource_type=kind, created_at=born)
    return world


BORN = pytest.mark.parametrize(
    ("kind", "born", "hours", "open_"),
    [
        ("Aurora", SINCE, 1, True),
        ("Aurora", SINCE - HOUR, 1, False),
        ("Aurora", None, 1, True),
        ("Aurora", None, 49, False),
        ("RDS", SINCE, 1, False),
    ],
    ids=["made since", "made before", "nobody knows", "backed up before", "of another type"],
)


@BORN
def test_a_point_is_encrypted_or_not(
    world: World, kind: str, born: datetime | None, hours: float, *, open_: bool
) -> None:
    """A cluster under a key that AWS owns is called not encrypted, which is no finding."""
    created = world.as_of - hours * HOUR
    cluster(world, born, kind).point("one", created, resource_type=kind, encrypted=False)
    (facts,) = world.facts("recovery_point")
    said = (
        facts["recovery_point"].get("encrypted"),
        world.unknown("recovery_point", "recovery_point.encrypted"),
    )
    assert said == ((None, [(*UNKNOWN, False)]) if open_ else (False, []))


@pytest.mark.parametrize(("born", "told"), [(None, None), (SINCE - HOUR, False)])
def test_a_point_that_nobody_dates(world: World, born: datetime | None, *, told: bool | None) -> None:
    """It may be of any day."""
    cluster(world, born).point("one", SINCE, resource_type="Aurora", encrypted=False, created_at=None)
    assert world.facts("recovery_point")[0]["recovery_point"].get("encrypted") is told


@BORN
def test_the_key_of_what_is_copied(
    copied: World, kind: str, born: datetime | None, hours: float, *, open_: bool
) -> None:
    """That there is none is a pass."""
    created = copied.as_of - hours * HOUR
    row: dict[str, Any] = {"encrypted": False, "encryption_key_arn": None, "completed_at": created}
    cluster(copied, born, kind).point("one", created, resource_type=kind, **row)
    facts = copied.facts("resource")[0].get("account_copies", {})
    assert facts.get("key") == (None if open_ else "NONE")
    assert bool(copied.unknown("resource", "account_copies.key")) is open_


@pytest.mark.parametrize(("born", "open_"), [(SINCE, True), (SINCE - HOUR, False)])
def test_the_key_of_a_copy(asked: World, born: datetime, *, open_: bool) -> None:
    """It may be one of AWS; no key is a finding."""
    cluster(asked, born)
    copy(asked, "copy-1", 1, resource_type="Aurora", encryption_key_arn=None, encrypted=False)
    plain = told(1.0, key="none")
    assert held(asked) == (([less(plain, "key")], [(*UNKNOWN, True)]) if open_ else ([plain], []))
