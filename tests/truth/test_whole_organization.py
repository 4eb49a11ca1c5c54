"""The same properties for two accounts, every resource type and findings of every control."""

import tempfile
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from tests.loopback.auditing import audit
from tests.loopback.standing import ACCOUNT, World
from tests.truth.situations import Change
from tests.truth.worlds import MEMBER, PERIOD, TIERS, ailing, healthy

WORLDS = {"healthy": healthy, "ailing": ailing}
Verdicts = Mapping[tuple[str, str], str]


def judged(world: World) -> tuple[int, Verdicts]:
    """The exit code and every verdict."""
    with tempfile.TemporaryDirectory() as folder:
        found = audit(world, Path(folder), tiers=TIERS, accounts="organization", period_days=PERIOD)
    return found.exit_code, found.verdicts


@cache
def as_told(name: str) -> tuple[int, Verdicts]:
    """What is said of the organization as it is."""
    return judged(WORLDS[name]())


def swapped(text: str) -> str:
    """The same text with the ids and names of the two accounts exchanged."""
    for one, other in ((ACCOUNT, MEMBER), ("shop", "orders-account")):
        text = text.replace(one, "\0").replace(other, one).replace("\0", other)
    return text


@pytest.mark.long
@pytest.mark.parametrize("name", WORLDS)
def test_accounts_may_change_their_ids_and_names(name: str) -> None:
    """Each is the other one."""
    code, verdicts = as_told(name)
    renamed = {(control_id, swapped(arn)): verdict for (control_id, arn), verdict in verdicts.items()}

    assert judged(Change(text=swapped).world(WORLDS[name]())) == (code, renamed)


@pytest.mark.long
@pytest.mark.parametrize("name", WORLDS)
def test_every_listing_may_come_three_by_three(name: str) -> None:
    """And with an empty page before the first."""
    world = WORLDS[name]()
    world.page_size, world.blank_pages = 3, True

    assert judged(world) == as_told(name)


@pytest.mark.long
@pytest.mark.parametrize("name", WORLDS)
def test_every_listing_may_come_backwards(name: str) -> None:
    """AWS promises no order."""
    world = WORLDS[name]()
    for account in world.accounts.values():
        for here in account.regions.values():
            lists = [here.volumes, here.instances, here.tables, here.buckets, here.vaults, here.plans]
            lists += [here.backup_jobs, here.copy_jobs, *here.recovery_points.values()]
            for items in lists:
                items.reverse()
    world.accounts = dict(reversed(world.accounts.items()))

    assert judged(world) == as_told(name)


@pytest.mark.long
@pytest.mark.parametrize("name", WORLDS)
def test_everything_may_be_seven_weeks_later(name: str) -> None:
    """The whole story, its clock included."""
    later = Change(time=lambda time: time + timedelta(weeks=7))

    assert judged(later.world(WORLDS[name]())) == as_told(name)
