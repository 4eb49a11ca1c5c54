"""Facts of accounts: which users and roles may destroy backups, and what of that is not known."""

import json
from datetime import timedelta
from typing import Any

import pytest

from auditor.evaluate.accounts import NOTHING, Asked
from auditor.evaluate.destroyers import Destroyers
from auditor.evaluate.facts import Column
from tests.unit.evaluate.conftest import World

DELETE = "backup:DeleteRecoveryPoint"
MANAGEMENT, MEMBER = "999988887777", World.account
ADMIN, RUNS = {"Effect": "Allow", "Action": DELETE, "Resource": "*"}, "backup:CreateBackupPlan"
RUNNER = {**ADMIN, "Action": [DELETE, RUNS]}
FULL = {**ADMIN, "Action": "*"}
SOME = {**ADMIN, "Resource": "arn:aws:backup:*:*:recovery-point:1"}
GUARDIANS = ("arn:aws:iam::*:role/break-*",)
Said = dict[str, Any]


def organization(world: World, *denials: Any, apart: bool = False) -> World:
    """A member below the root; `denials` are of a service control policy there."""
    world.of_accounts = Asked(destroyers=Destroyers(GUARDIANS, apart))
    world.management = MANAGEMENT
    world.tables["accounts", ""].clear()
    for account in (MANAGEMENT, MEMBER):
        world.add("accounts", account_id=account, name="", partition="aws", ou_path=[], status="ACTIVE",
                  parents=["r-root"])  # fmt: skip
    document = json.dumps({"Statement": [FULL, *denials]})
    world.add("control_policies", kind="SERVICE_CONTROL_POLICY", policy_id="p-1", name="one",
              document=document, targets=["r-root", MANAGEMENT, MEMBER])  # fmt: skip
    return world


def role(world: World, name: str, *statements: Any, account: str = MEMBER) -> str:
    """Add a role with one policy, and give its ARN."""
    arn, digest = f"arn:aws:iam::{account}:role/{name}", f"digest of {name}"
    world.add(
        "principals", account_id=account, arn=arn, policies=[("own", digest)], boundary=None, trust=None
    )
    world.add("principal_policies", digest=digest, document=json.dumps({"Statement": statements}))
    return arn


def said(world: World, account: str = MEMBER) -> tuple[Said, dict[str, tuple[str, bool]]]:
    """The facts of an account, and by path the error of what is not known and whether more may be."""
    world.folder /= "next"
    subjects = world.subjects()
    (frame,) = (one for one in subjects.account_frames() if one.account_id == account)
    columns = {path: column for path, column in frame.facts.items() if isinstance(column, Column)}
    holes = {
        path: (subjects.gaps[name].error, hole.partial)
        for path, column in columns.items()
        for hole in column.holes
        for name in hole.gaps
    }
    facts = frame.cite([*frame.facts], 0)["account"]
    return {name: value for name, value in facts.items() if name != "management"}, holes


def named(*destroyers: str, **more: Any) -> Said:
    """What is said where these are named."""
    return {"destroyers": [*destroyers], "destroyers_count": len(destroyers), **more}


def test_guardians_and_those_who_may_not_are_not_named(world: World) -> None:
    """A role of the same policy that is no guardian is, with the action and the policy."""
    role(organization(world), "break-glass", ADMIN)
    role(world, "reader", {**ADMIN, "Action": "backup:List*"})
    assert said(world) == (named(), {})
    other = role(world, "dev", ADMIN)
    assert said(world) == (named(f"{other} ({DELETE} by own)"), {})


def test_what_a_service_control_policy_denies_nobody_may_but_in_the_management_account(world: World) -> None:
    """There it does not count."""
    deny = {**ADMIN, "Effect": "Deny"}
    role(organization(world, deny), "dev", ADMIN)
    other = role(world, "dev", ADMIN, account=MANAGEMENT)
    assert said(world) == (named(), {})
    assert said(world, MANAGEMENT) == (named(f"{other} ({DELETE} by own)"), {})


@pytest.mark.parametrize(("targets", "may"), [(["r-root"], False), ([MEMBER], False), (["ou-other"], True)])
def test_what_a_resource_control_policy_on_the_path_denies_of_keys_nobody_may(
    world: World, targets: list[str], *, may: bool
) -> None:
    """In the management account it does not count."""
    action = "kms:ScheduleKeyDeletion"
    denial = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    organization(world)
    world.add("control_policies", kind="RESOURCE_CONTROL_POLICY", policy_id="p-2", name="keys",
              targets=targets, document=json.dumps({"Statement": [denial]}))  # fmt: skip
    arns = [role(world, "dev", {**ADMIN, "Action": action}, account=one) for one in (MEMBER, MANAGEMENT)]
    found = [named(f"{arn} ({action} by own)") for arn in arns]
    assert said(world) == (found[0] if may else named(), {})
    assert said(world, MANAGEMENT) == (found[1], {})


def test_ten_are_named_and_all_are_counted(world: World) -> None:
    """Of the rest it is said how many they are."""
    organization(world)
    arns = [role(world, f"dev-{number:02}", ADMIN) for number in range(12)]
    facts, _ = said(world)
    wanted = [*(f"{arn} ({DELETE} by own)" for arn in arns[:10]), "and 2 more"]
    assert facts == {"destroyers": wanted, "destroyers_count": 12}


def test_what_is_left_open_is_more_at_most(world: World) -> None:
    """Who may destroy some is not known, whoever else surely may."""
    role(organization(world), "some", SOME)
    assert said(world) == (named(), {"account.destroyers": ("Undecided", True)})
    other = role(world, "dev", ADMIN)
    assert said(world) == (named(f"{other} ({DELETE} by own)"), {"account.destroyers": ("Undecided", True)})


def test_service_control_policies_that_were_not_read_leave_open_what_is_allowed(world: World) -> None:
    """And not what no policy of the identity allows."""
    role(organization(world), "reader", {**ADMIN, "Action": "backup:List*"})
    world.gap("control_policies", region="", service="organizations", operation="ListPolicies")
    assert said(world) == (named(), {})
    role(world, "dev", ADMIN)
    assert said(world) == (named(), {"account.destroyers": ("AccessDeniedException", True)})


def test_identities_that_were_not_read_are_not_known(world: World) -> None:
    """Nor where none was listed, or long after as_of."""
    organization(world)
    assert said(world) == ({}, {"account.destroyers": ("Undecided", False)})
    role(world, "reader")
    assert said(world) == (named(), {})
    world.collected_at = world.as_of + timedelta(days=1)
    assert said(world) == ({}, {"account.destroyers": ("Undecided", False)})
    world.collected_at = None
    world.gap("principals", region="", service="iam")
    assert said(world) == ({}, {"account.destroyers": ("AccessDeniedException", False)})


def test_who_runs_and_destroys_is_named_where_that_is_asked(world: World) -> None:
    """Guardians too; not who does one of both."""
    guardian = role(organization(world, apart=True), "break-glass", RUNNER)
    role(world, "break-only", ADMIN)
    role(world, "runner", {**ADMIN, "Action": RUNS})
    both = [f"{guardian} ({RUNS} by own; {DELETE} by own)"]
    assert said(world) == (named(unseparated=both, unseparated_count=1), {})


def test_who_perhaps_does_both_is_not_known(world: World) -> None:
    """Where one of both is left open."""
    role(organization(world, apart=True), "break-glass", SOME, {**ADMIN, "Action": RUNS})
    assert said(world) == (
        named(unseparated=[], unseparated_count=0), {"account.unseparated": ("Undecided", True)}
    )  # fmt: skip


def test_without_guardians_nobody_is_asked(world: World) -> None:
    """Whatever the evidence has."""
    role(organization(world), "dev", ADMIN)
    world.of_accounts = NOTHING
    assert [*world.subjects().account_frames()] == []


def test_no_control_policy_bounds_an_account_of_no_organization(world: World) -> None:
    """Who may destroy is known there; a condition on an organization is met by nobody of it."""
    world.of_accounts = Asked(destroyers=Destroyers(GUARDIANS))
    world.tables["accounts", ""][0]["alone"] = True
    open_ = role(world, "open", ADMIN)
    perimeter = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    role(world, "of-members", {**ADMIN, "Condition": perimeter})
    assert said(world) == (named(f"{open_} ({DELETE} by own)"), {})
    world.tables["accounts", ""][0]["alone"] = None
    world.opened, world.folder = None, world.folder / "not-told"
    assert [*world.subjects().account_frames()] == []
