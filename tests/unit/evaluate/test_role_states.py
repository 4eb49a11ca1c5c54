"""Whether the roles of a plan's selections are there and open to AWS Backup, and what is not known of it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from auditor.evaluate.accounts import NOTHING, Asked
from auditor.evaluate.destroyers import Destroyers
from tests.unit.evaluate.conftest import World

ACCOUNT = World.account
ROLE, USER = f"arn:aws:iam::{ACCOUNT}:role/service-role/backup", f"arn:aws:iam::{ACCOUNT}:user/alice"
ROLES = Asked(roles=True)
UNDECIDED = [("GetAccountAuthorizationDetails", "Undecided", True)]


def trust(service: str = "backup", effect: str = "Allow", **more: Any) -> str:
    """A trust policy for a service."""
    statement = {
        "Effect": effect,
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    return json.dumps({"Statement": [{**statement, **more}]})


def given(world: World, role: str = ROLE, *, document: str | None = trust(), asked: Asked = ROLES) -> World:
    """A plan whose selection has `ROLE`, and an account with a user and with `role`."""
    world.of_accounts = asked
    world.plan()
    world.tables["backup_selections", world.home] = []
    world.select("p1", Resources=["*"], IamRoleArn=ROLE)
    world.add("principals", account_id=ACCOUNT, arn=USER, policies=[])
    world.add("principals", account_id=ACCOUNT, arn=role, policies=[], trust="d1")
    if document is not None:
        world.add("principal_policies", digest="d1", document=document)
    return world


def states(world: World) -> list[str] | None:
    """The states of the roles of the plan."""
    (plan,) = world.facts("plan")
    if "role_states" not in plan:
        return None
    told = plan["role_states"]
    assert [{**one, "state": ""} for one in told] == [
        {"selection": "choice 1", "role_arn": ROLE, "state": ""}
    ] * len(told)
    return [one["state"] for one in told]


CONFUSED = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
ANOTHER = {"StringEquals": {"aws:SourceAccount": "444455556666"}}


@pytest.mark.parametrize(
    ("role", "document", "state"),
    [
        (ROLE, trust(), "usable"),
        (ROLE, trust(Condition=CONFUSED), "usable"),
        (ROLE, trust(Condition=ANOTHER), "closed"),
        (ROLE, trust("ec2"), "closed"),
        (ROLE, trust(effect="Deny"), "closed"),
        (ROLE.replace("service-role/", ""), trust(), "missing"),
        (ROLE.replace(ACCOUNT, "444455556666"), trust(), "missing"),
    ],
    ids=["open", "own account", "other account", "other service", "denied", "other path", "elsewhere"],
)
def test_a_role_is_usable_closed_or_missing(world: World, role: str, document: str, state: str) -> None:
    """By its whole ARN, and by its trust policy."""
    given(world, role, document=document)
    assert states(world) == [state]
    assert world.unknown("plan", "role_states") == []


@pytest.mark.parametrize(
    ("role", "document"),
    [
        (ROLE, None),
        (ROLE, "{"),
        (ROLE, trust(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
        (ROLE.replace("backup", "Backup"), trust()),
        (USER, trust()),
    ],
    ids=["untold", "no policy", "condition", "capitals", "no roles"],
)
def test_what_is_not_decided_is_neither(world: World, role: str, document: str | None) -> None:
    """The role is not named, and a gap says why."""
    given(world, role, document=document)
    assert states(world) == []
    assert world.unknown("plan", "role_states") == UNDECIDED


def test_roles_that_were_not_read_leave_it_open(world: World) -> None:
    """The gap of the account counts in each of its Regions; so do selections that were not read."""
    given(world).gap("principals", region="", operation="GetAccountAuthorizationDetails", service="iam")
    assert states(world) == []
    assert world.unknown("plan", "role_states") == [(*UNDECIDED[0][:1], "AccessDeniedException", True)]
    assert world.unknown("plan", "roles") == []


def test_selections_that_were_not_read_leave_it_open(world: World) -> None:
    """What was read is told."""
    given(world).gap("backup_selections")
    assert states(world) == ["usable"]
    assert world.unknown("plan", "role_states") == [("ListX", "AccessDeniedException", True)]


def test_roles_that_were_read_much_later_say_nothing(world: World) -> None:
    """They may have been made, or deleted, since."""
    given(world).collected_at = world.as_of + timedelta(days=1)
    assert states(world) == []
    assert UNDECIDED[0] in world.unknown("plan", "role_states")


@pytest.mark.parametrize(
    ("asked", "told"),
    [(ROLES, True), (Asked(destroyers=Destroyers(("x",))), True), (NOTHING, False)],
    ids=["roles", "destroyers", "nothing"],
)
def test_it_is_told_where_a_parameter_asks_for_it(world: World, asked: Asked, *, told: bool) -> None:
    """Whoever asks for them."""
    given(world, asked=asked)
    assert states(world) == (["usable"] if told else None)
    assert world.unknown("plan", "role_states") == []


def test_a_role_of_another_account_is_another_control_s_question(world: World) -> None:
    """And nothing of it is not known."""
    given(world).tables["backup_selections", world.home] = []
    world.select("p1", Resources=["*"], IamRoleArn=ROLE.replace(ACCOUNT, "444455556666"))
    assert states(world) == []
    assert world.unknown("plan", "role_states") == []
