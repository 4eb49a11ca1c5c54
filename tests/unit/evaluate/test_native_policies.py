"""Policies of Data Lifecycle Manager as protection of volumes: that, none, or open."""

from typing import Any

import orjson
import pytest

from tests.unit.evaluate.conftest import World
from tests.unit.evaluate.test_native import NOTHING_TOLD, UNTOLD, accept, native

ACCEPTING = {"coverage": ["lifecycle_policy"]}
TARGETS = [{"Key": "tier", "Value": "gold"}]


def policy(world: World, name: str, tags: list[dict[str, str]] | None, state: str = "ENABLED") -> None:
    """A policy of the volumes with these tags; None: it was not read."""
    details = {"ResourceTypes": ["VOLUME"], "TargetTags": tags, "Schedules": [{"Name": "nightly"}]}
    document = None if tags is None else orjson.dumps({"PolicyDetails": details}).decode()
    world.add("lifecycle_policies", policy_id=name, state=state, document=document)


def test_policies_that_target_a_volume_protect_it_and_are_named(world: World) -> None:
    """Those that are switched on."""
    policy(world, "policy-2", TARGETS)
    policy(world, "policy-1", TARGETS)
    policy(world, "policy-3", None, "DISABLED")
    accept(world, ACCEPTING)

    said = "policy policy-1, policy-2 of Data Lifecycle Manager"
    assert native(world)["on"] == [{"kind": "lifecycle_policy", "said": said}]
    assert native(world)["told"][0]["policy"] == "policy-1, policy-2"
    assert world.unknown("resource", "protection.native_on") == []


@pytest.mark.parametrize("tags", [[], [{"Key": "tier", "Value": "silver"}]])
def test_policies_that_target_others_leave_it_bare(world: World, tags: list[dict[str, str]]) -> None:
    """All were read: none is a fact."""
    policy(world, "policy-1", tags)
    accept(world, ACCEPTING)

    assert (native(world)["on"], world.unknown("resource", "protection.native_on")) == ([], [])


def test_one_that_was_not_read_leaves_it_open(world: World) -> None:
    """The call that failed is the gap; one that surely targets it is enough all the same."""
    policy(world, "policy-1", None)
    world.gap("lifecycle_policies", operation="GetLifecyclePolicy")
    accept(world, ACCEPTING)

    denied = [("GetLifecyclePolicy", "AccessDeniedException", False)]
    assert ("on" in native(world), world.unknown("resource", "protection.native_on")) == (False, denied)


def test_one_that_leaves_it_undecided_is_a_gap_of_its_own(world: World) -> None:
    """It has one of two tags."""
    policy(world, "policy-1", [*TARGETS, {"Key": "env", "Value": "prod"}])
    accept(world, ACCEPTING)

    assert ("on" in native(world), world.unknown("resource", "protection.native_on")) == (False, NOTHING_TOLD)


def test_volumes_with_equal_tags_are_asked_about_once(world: World) -> None:
    """What is told of one is told of the other; one with other tags, or none that were read, has its own."""
    for name, tags in (("a", {"tier": "gold"}), ("b", {"tier": "none"}), ("c", None)):
        world.add("resources", arn=f"{world.volume}-{name}", resource_type="EBS", name=name, tags=tags,
                  created_at=world.start)  # fmt: skip
    policy(world, "policy-1", TARGETS)
    accept(world, ACCEPTING)
    (inventory, *_) = world.subjects().inventories

    told = inventory.native.told
    assert {index: [row["enabled"] for row in rows] for index, rows in told.items()} == {
        0: [True],
        1: [True],
        2: [False],
    }
    assert told[0][0] is told[1][0]


@pytest.mark.parametrize("tiers", [{}, {"coverage": ["automated_backups"]}])
def test_where_no_tier_accepts_them_nothing_is_told(world: World, tiers: dict[str, Any]) -> None:
    """They were not asked for then."""
    policy(world, "policy-1", TARGETS)
    accept(world, tiers)

    assert (native(world), world.unknown("resource", "protection.native_on")) == ({}, [])


@pytest.mark.parametrize(
    ("satisfies", "unknown"),
    [(("coverage",), []), (("retention",), []), (("coverage", "retention"), UNTOLD)],
)
def test_for_how_long_one_keeps_is_open_where_its_tier_asks_that(
    world: World, satisfies: tuple[str, ...], unknown: list[Any]
) -> None:
    """A policy tells no days; it counts for retention only where it stands in place of a plan."""
    policy(world, "policy-1", TARGETS)
    accept(world, {name: ["lifecycle_policy"] for name in satisfies})

    assert world.unknown("resource", "protection.native_on") == unknown
