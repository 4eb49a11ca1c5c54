"""A plan that selects a stack of CloudFormation protects what is in it: surely where it backed that up."""

from typing import Any

import pytest

from auditor.evaluate.membership import answering, memberships
from auditor.evaluate.population import _protected_by
from auditor.evaluate.stacks import in_stacks
from tests.unit.evaluate.conftest import ACCOUNT, START, World

PREFIX = f"arn:aws:cloudformation:{World.home}:{ACCOUNT}:stack"
SHOP, OTHER = f"{PREFIX}/shop/1", f"{PREFIX}/other/2"
#: Volumes by name: the stack that their tag names (none: "").
MADE_BY = {
    "held": SHOP,
    "failed": SHOP,
    "alone": SHOP,
    "nested": f"{PREFIX}/shop-db/3",
    "pointed": SHOP,
    "else": OTHER,
    "bare": "",
}


def volume(name: str) -> str:
    """The ARN of a volume."""
    return f"arn:aws:ec2:{World.home}:{ACCOUNT}:volume/{name}"


def job(world: World, name: str, resource: str, **row: Any) -> None:
    """Add a job of the period."""
    base = {"job_id": name, "resource_arn": resource, "state": "COMPLETED", "created_at": world.night(3)}
    world.add(
        "backup_jobs", **{**base, "completed_at": world.night(3, 2), "message_category": "SUCCESS", **row}
    )


@pytest.fixture
def stacked(world: World) -> World:
    """Two stacks of which the plan selects one, and volumes that these and a nested one have made."""
    world.add("region_settings", resource_type="CloudFormation", opted_in=True)
    for arn in (SHOP, OTHER):
        world.add("resources", arn=arn, resource_type="CloudFormation", tags={}, created_at=START)
    for name, stack in MADE_BY.items():
        tags = {"aws:cloudformation:stack-id": stack} if stack else {}
        world.add("resources", arn=volume(name), resource_type="EBS", tags=tags, created_at=START)
    world.plan()
    world.select("p1", Resources=[SHOP])
    whole = {"resource_type": "CloudFormation", "is_parent": True}
    job(world, "whole", SHOP, plan_id="p1", **whole)
    job(world, "theirs", OTHER, plan_id="p2", **whole)
    for name, parent, state in (("held", "whole", "COMPLETED"), ("failed", "whole", "FAILED"),
                                ("alone", "theirs", "COMPLETED")):  # fmt: skip
        job(world, name, volume(name), resource_type="EBS", parent_job_id=parent, state=state)
    points: dict[str, dict[str, Any]] = {
        "composite": {"resource_arn": SHOP, "resource_type": "CloudFormation", "plan_id": "p1"},
        "part": {"resource_arn": volume("pointed"), "parent_arn": "composite"},
    }
    for name, row in points.items():
        world.point(name, world.night(4), **row)
    job(world, "by itself", volume("alone"), resource_type="EBS", plan_id="p1")
    return world


def test_what_a_stack_holds_is_protected_where_a_job_for_it_shows_that(stacked: World) -> None:
    """Else it may be: it has left the stack, is excluded, or never was in it; no other stack counts."""
    inventory = next(one for one in stacked.subjects().inventories if one.scope.region == World.home)

    member = memberships(inventory)["p1"]

    names = [arn.rpartition("/")[2] for arn in inventory.arn.tolist()]
    sure = {name for name, one in zip(names, member.sure.tolist(), strict=True) if one}
    open_ = {name for name, one in zip(names, member.undecided.tolist(), strict=True) if one}
    assert (sure, open_) == ({"vol-1", "1", "held", "pointed"}, {"failed", "alone", "nested"})
    (gap,) = {doubt.gap_id for doubt in member.doubts}
    assert gap.startswith("unknown-")


def test_what_has_no_tags_that_were_read_may_lie_in_a_stack(stacked: World) -> None:
    """The gap is that of its tags, where one says so."""
    stacked.add("resources", arn=volume("untold"), resource_type="EBS", tags=None, created_at=START)
    stacked.gap("resources", operation="GetResources", service="tagging")
    subjects = stacked.subjects()
    inventory = next(one for one in subjects.inventories if one.scope.region == World.home)

    member = memberships(inventory)["p1"]

    where = inventory.arn == volume("untold")
    assert (member.sure[where].tolist(), member.undecided[where].tolist()) == ([False], [True])
    assert {subjects.gaps[gap].operation for gap in member.gaps(where)} == {"GetResources"}


def test_the_demands_of_what_is_in_a_stack_are_not_those_of_its_plan(stacked: World) -> None:
    """Its tier asks of its own backups; a plan that selects no stack has nothing to do with any."""
    inventory = next(one for one in stacked.subjects().inventories if one.scope.region == World.home)

    assert answering(inventory)["p1"].sure.sum() == 2
    none = inventory.resource_type == "EBS"
    assert in_stacks(inventory, {"p1": none}) == {}


def test_what_protects_it_is_told(stacked: World) -> None:
    """In the list of all resources; of what is open nothing is."""
    inventory = next(one for one in stacked.subjects().inventories if one.scope.region == World.home)

    told = dict(zip(inventory.arn.tolist(), _protected_by(inventory), strict=True))
    assert {name: told[volume(name)] for name in MADE_BY} == {
        **dict.fromkeys(("held", "pointed"), "p1: A job of this plan for a stack has backed it up."),
        **dict.fromkeys(("failed", "alone", "nested")),
        **dict.fromkeys(("else", "bare"), ""),
    }


def test_coverage_of_what_is_in_a_stack(stacked: World) -> None:
    """The fact is true, unknown or false, as its stack is backed up, selected or neither."""
    stacked.tiers = type(stacked.tiers)(stacked.tiers.tiers, (), "gold")
    inventory = next(one for one in stacked.subjects().inventories if one.scope.region == World.home)
    names = [arn.rpartition("/")[2] for arn in inventory.arn.tolist()]
    facts = [fact["protection"].get("selected") for fact in stacked.facts("resource")]
    said = dict(zip(names, facts, strict=True))

    assert said == {
        "1": True, "2": False, "vol-1": True, "held": True, "pointed": True, "failed": None, "alone": None,
        "nested": None,        "else": False, "bare": False,
    }  # fmt: skip
    open_ = stacked.unknown("resource", "protection.selected", names.index("failed"))
    assert open_ == [("ListBackupJobs", "Unknown", False)]


@pytest.mark.parametrize(("state", "held"), [("COMPLETED", False), ("PARTIAL", True), ("RUNNING", True)])
def test_what_the_last_whole_backup_of_its_stack_lacks_is_open(
    stacked: World, state: str, *, held: bool
) -> None:
    """It has left the stack, though its tag stays; one that is not whole says nothing of that."""
    job(stacked, "later", SHOP, plan_id="p1", resource_type="CloudFormation", is_parent=True, state=state,
        created_at=stacked.night(5))  # fmt: skip
    inventory = next(one for one in stacked.subjects().inventories if one.scope.region == World.home)

    kept = set(inventory.arn[inventory.held_in_stacks["p1"]])

    assert kept == {volume("pointed"), *([volume("held")] if held else [])}
