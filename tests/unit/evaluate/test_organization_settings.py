"""The organization as a subject: whether AWS Backup copies between its accounts, and what is not known."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from auditor.evaluate.facts import Column, Frame
from auditor.model.policy import TierAssignment, Tiers
from tests.unit.evaluate.conftest import GOLD, World

MANAGEMENT = "999988887777"
ARN = f"arn:aws:organizations::{MANAGEMENT}:organization"
COPYING = {"a": GOLD | {"account_copy": {}}, "b": GOLD, "c": GOLD | {"account_copy": {"retention_days": 7}}}
Told = tuple[str, dict[str, Any], list[tuple[str, str]]]


def organization(world: World, enabled: Sequence[bool | None] = (True,), tiers: Any = COPYING) -> World:
    """An organization whose tiers are these; of its settings there is a row for each of `enabled`."""
    world.management = MANAGEMENT
    world.tiers = Tiers(tiers, (TierAssignment("b", {"tier": "gold"}),), "b")
    for value in enabled:
        world.add(
            "organization_settings", organization_id="o-1", account_id=MANAGEMENT, cross_account_backup=value
        )
    return world


def frames(world: World) -> list[Frame]:
    """The organization, if it is a subject."""
    return [one for one in world.subjects().account_frames() if one.subject == "organization"]


def told(world: World) -> Told:
    """Its ARN, its facts, and the gaps that leave the setting open."""
    (frame,) = frames(world)
    assert (frame.account_id, frame.region) == (MANAGEMENT, "")
    column = frame.facts["organization.cross_account_backup"]
    assert isinstance(column, Column)
    assert not any(hole.partial for hole in column.holes)
    assert world.opened is not None
    gaps = [world.opened.gaps[name] for hole in column.holes for name in hole.gaps]
    return (
        frame.arn[0].as_py(),
        frame.cite([*frame.facts], 0)["organization"],
        [(one.account_id, one.error) for one in gaps],
    )


@pytest.mark.parametrize("enabled", [True, False])
def test_the_setting_is_told_with_the_tiers_that_need_it(world: World, *, enabled: bool) -> None:
    """Of the account that manages it."""
    facts = {"cross_account_backup": enabled, "copying_tiers": ["a", "c"]}
    assert told(organization(world, [enabled])) == (f"{ARN}/o-1", facts, [])


@pytest.mark.parametrize(("rows", "arn"), [([None], f"{ARN}/o-1"), ([], ARN)], ids=["null", "no row"])
def test_what_was_not_told_is_not_known(world: World, rows: list[bool | None], arn: str) -> None:
    """Neither on nor off, as in evidence that has no such table."""
    facts = {"copying_tiers": ["a", "c"]}
    assert told(organization(world, rows)) == (arn, facts, [(MANAGEMENT, "NotTold")])


@pytest.mark.parametrize(
    ("account", "gaps"), [(MANAGEMENT, [(MANAGEMENT, "AccessDeniedException")]), (World.account, [])]
)
def test_a_call_that_failed_leaves_it_open(world: World, account: str, gaps: list[tuple[str, str]]) -> None:
    """One of the management account, and not of another one."""
    organization(world).gap("organization_settings", region="", operation="DescribeGlobalSettings")
    world.tables["gaps", ""][0]["account_id"] = account
    assert told(world)[2] == gaps


def test_what_was_read_much_later_says_nothing(world: World) -> None:
    """It may have been turned on, or off, since."""
    organization(world).collected_at = world.as_of + timedelta(days=1)
    assert told(world)[1:] == ({"copying_tiers": ["a", "c"]}, [(MANAGEMENT, "NotTold")])


def test_it_is_no_subject_where_no_tier_demands_copies(world: World) -> None:
    """Whatever the setting."""
    assert frames(organization(world, tiers={"b": GOLD})) == []


def test_it_is_no_subject_where_only_some_accounts_are_audited(world: World) -> None:
    """Then nobody asks which organization they are of."""
    organization(world).management = ""
    assert frames(world) == []
