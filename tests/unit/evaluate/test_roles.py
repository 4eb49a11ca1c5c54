"""The roles of a plan's selections."""

from datetime import timedelta

import pytest

from tests.unit.evaluate.conftest import World

ROLE = "arn:aws:iam::111122223333:role/service-role/backup"


@pytest.mark.parametrize(
    ("role", "own"), [(ROLE, True), (ROLE.replace("111122223333", "444455556666"), False)]
)
def test_a_role_is_of_the_account_or_of_another(
    world: World,
    role: str,
    own: bool,  # noqa: FBT001 -- a case
) -> None:
    """By its ARN alone."""
    world.plan()
    world.tables["backup_selections", world.home] = []
    world.select("p1", Resources=["*"], IamRoleArn=role)
    (plan,) = world.facts("plan")

    assert plan["roles"] == [{"selection": "choice 1", "role_arn": role, "own_account": own}]
    assert world.unknown("plan", "roles") == []


def test_a_selection_without_a_role_leaves_it_open(world: World) -> None:
    """AWS Backup tells one of each."""
    world.plan()
    (plan,) = world.facts("plan")

    assert plan["roles"] == []
    assert world.unknown("plan", "roles") == [("GetBackupSelection", "Unreadable", True)]


def test_selections_that_were_not_read_leave_it_open(world: World) -> None:
    """Those that were are told."""
    world.plan()
    world.tables["backup_selections", world.home] = []
    world.select("p1", Resources=["*"], IamRoleArn=ROLE)
    world.gap("backup_selections")
    (plan,) = world.facts("plan")

    assert [one["own_account"] for one in plan["roles"]] == [True]
    assert world.unknown("plan", "roles") == [("ListX", "AccessDeniedException", True)]


def test_a_selection_whose_document_was_not_read_leaves_it_open(world: World) -> None:
    """The failed call is named."""
    world.plan()
    world.add("backup_selections", plan_id="p1", selection_id="s9", name="dark")
    world.tables["backup_selections", world.home] = world.tables["backup_selections", world.home][1:]
    world.gap("backup_selections.document", operation="GetBackupSelection")
    (plan,) = world.facts("plan")

    assert plan["roles"] == []
    assert world.unknown("plan", "roles") == [("GetBackupSelection", "AccessDeniedException", True)]


def with_a_role(world: World) -> None:
    """A plan with one selection, whose role is of the account."""
    world.plan()
    world.tables["backup_selections", world.home] = []
    world.select("p1", Resources=["*"], IamRoleArn=ROLE)


@pytest.mark.parametrize(
    ("later", "unknown"),
    [(timedelta(hours=1), []), (timedelta(hours=2), [("ListBackupSelections", "ReadLater", True)])],
)
def test_of_the_past_a_selection_may_not_be_listed_any_more(
    world: World, later: timedelta, unknown: list[tuple[str, str, bool]]
) -> None:
    """One that was deleted since may have had a role of another account; the others are told."""
    with_a_role(world)
    world.collected_at = world.as_of + later
    (plan,) = world.facts("plan")

    assert [one["own_account"] for one in plan["roles"]] == [True]
    assert world.unknown("plan", "roles") == unknown


def test_the_selections_of_a_plan_that_was_deleted_since_are_not_known(world: World) -> None:
    """They went with it."""
    world.plan(valid_until=world.as_of + timedelta(minutes=30))
    world.tables["backup_selections", world.home] = []
    (plan,) = world.facts("plan")

    assert plan["roles"] == []
    assert world.unknown("plan", "roles") == [("ListBackupSelections", "Deleted", True)]
