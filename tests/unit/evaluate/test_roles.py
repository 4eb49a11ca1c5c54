"""The roles of a plan's selections."""

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
