"""Backups that would have more tags than a recovery point takes, and what of that is not known."""

from collections.abc import Mapping
from typing import Any

import pytest

from auditor.derive.quotas import tags_of_a_backup
from auditor.model.plans import Rule
from tests.unit.evaluate.conftest import World

PATH = "plan.overtagged"
TABLE = f"arn:aws:dynamodb:eu-central-1:{World.account}:table/orders"


def keys(number: int, start: str = "own") -> dict[str, str]:
    """So many tags."""
    return {f"{start}-{one}": "v" for one in range(number)}


def tagged(world: World, own: Mapping[str, str] | None, added: Mapping[str, str], **row: Any) -> World:
    """The volume has such tags beside that of its tier, and the rule of its plan adds others."""
    tags = None if own is None else {"tier": "gold", **own}
    world.tables["resources", world.home][0] |= {"tags": tags, **row}
    world.plan({"RecoveryPointTags": dict(added)})
    return world


def found(world: World) -> list[tuple[str, str, int]]:
    """The resource, the rule and how many tags, of what is said of the plan."""
    said: list[dict[str, Any]] = world.facts("plan")[0]["plan"]["overtagged"]
    return [(one["resource"], one["rule"], one["count"]) for one in said]


@pytest.mark.parametrize(
    ("own", "added", "count"),
    [
        (keys(44), keys(5, "rule"), None),
        (keys(45), keys(5, "rule"), 51),
        (keys(45), keys(4, "rule") | {"own-0": "other"}, None),
        (keys(44) | {"aws:cloudformation:stack-id": "s"}, keys(5, "rule"), None),
        (keys(45) | {"aws:cloudformation:stack-id": "s"}, keys(5, "rule"), 51),
        (keys(49), {}, None),
        (keys(49), keys(10, "rule"), 60),
    ],
    ids=["50", "51", "a key of both", "and one of AWS", "51 and one of AWS", "none added", "60"],
)
def test_a_recovery_point_takes_fifty_tags(
    world: World, own: dict[str, str], added: dict[str, str], count: int | None
) -> None:
    """Those of the resource and of the rule together, and one more is too many."""
    expected = [] if count is None else [(world.volume, "nightly", count)]
    assert found(tagged(world, own, added)) == expected
    assert world.unknown("plan", PATH) == []


def test_what_the_plan_does_not_select_is_none_of_it(world: World) -> None:
    """Nor is what another plan's rule adds."""
    world.add("resources", arn="arn:other", resource_type="EBS", tags=keys(50), created_at=world.start)
    assert found(tagged(world, {}, keys(5, "rule"))) == []


@pytest.mark.parametrize(("added", "open_"), [({}, False), ({"a": "b"}, True)], ids=["none", "one"])
def test_tags_that_were_not_read_are_not_few(world: World, added: dict[str, str], open_: object) -> None:
    """Where a rule adds tags; no resource has too many of its own."""
    tagged(world, None, added).gap("resources", operation="GetResources")
    world.select("p1", Resources=[world.volume])
    assert found(world) == []
    gap = [("GetResources", "AccessDeniedException", True)]
    assert world.unknown("plan", PATH) == (gap if open_ else [])


def test_a_finding_stands_beside_what_was_not_read(world: World) -> None:
    """What is hidden could only be more."""
    tagged(world, keys(45), keys(5, "rule")).gap("resources", operation="DescribeFileSystems")
    assert found(world) == [(world.volume, "nightly", 51)]
    assert world.unknown("plan", PATH) == [("DescribeFileSystems", "AccessDeniedException", True)]


def test_what_a_selection_leaves_undecided_is_not_known(world: World) -> None:
    """Its condition goes by a tag that the volume does not have, which AWS's documents leave open."""
    tagged(world, keys(45), keys(5, "rule"))
    world.tables["backup_selections", world.home].clear()
    without = [{"ConditionKey": "aws:ResourceTag/x", "ConditionValue": "y"}]
    world.select("p1", Resources=["*"], Conditions={"StringNotEquals": without})
    assert found(world) == []
    assert world.unknown("plan", PATH) == [("GetBackupSelection", "Undecided", True)]


@pytest.mark.parametrize(
    ("managed", "count", "open_"), [(True, 51, []), (False, None, []), (None, None, ["Unknown"])]
)
def test_own_backups_of_dynamodb_get_no_tags(
    world: World, managed: object, count: int | None, open_: list[str]
) -> None:
    """Those that AWS Backup manages fully do; where nothing says which they are, it is not known."""
    world.add("region_settings", resource_type="DynamoDB", opted_in=True, managed=managed)
    tagged(world, keys(45), keys(5, "rule"), arn=TABLE, resource_type="DynamoDB")
    assert found(world) == ([] if count is None else [(TABLE, "nightly", count)])
    assert [error for _, error, _ in world.unknown("plan", PATH)] == open_


def test_ten_are_named_those_with_most_tags_first(world: World) -> None:
    """Of a plan that backs up many."""
    tagged(world, keys(45), keys(5, "rule"))
    for number in range(12):
        tags = {"tier": "gold", **keys(46 if number == 11 else 45)}
        arn = f"{world.volume}-{number:02}"
        world.add("resources", arn=arn, resource_type="EBS", tags=tags, created_at=world.start)
    first, second, *more = found(world)
    assert (first, second) == ((f"{world.volume}-11", "nightly", 52), (world.volume, "nightly", 51))
    assert [count for *_, count in more] == [51] * 8


def test_a_rule_has_the_keys_of_the_tags_that_it_adds() -> None:
    """Which values they have is of no account."""
    document = {"TargetBackupVaultName": "main", "RecoveryPointTags": {"b": "1", "a": "2"}}
    rule = Rule.from_document(document)
    assert (rule.point_tags, tags_of_a_backup(["a", "c", "aws:x"], rule)) == (("a", "b"), 3)
