"""Facts of accounts: what service control policies deny there, and what of that is not known."""

import json
from datetime import timedelta
from typing import Any

from auditor.evaluate.accounts import NOTHING, Asked
from auditor.evaluate.facts import Column
from auditor.evaluate.guard_rails import GuardRails
from tests.unit.evaluate.conftest import World

UNLOCK = "backup:DeleteBackupVaultLockConfiguration"
MANAGEMENT, MEMBER = "999988887777", World.account
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": UNLOCK, "Resource": "*"}
Said = dict[str, tuple[dict[str, Any], list[tuple[str, bool]]]]


def guarded(world: World, *statements: Any, parents: list[str] | None = None) -> World:
    """An organization with a member below the root, to which one policy is attached."""
    world.of_accounts, world.management = Asked(GuardRails((UNLOCK,))), MANAGEMENT
    world.tables["accounts", ""].clear()
    for account, status in ((MANAGEMENT, "ACTIVE"), (MEMBER, "ACTIVE"), ("111111111111", "SUSPENDED")):
        world.add("accounts", account_id=account, name="", partition="aws", ou_path=[], status=status,
                  parents=["r-root"] if parents is None else parents)  # fmt: skip
    document = json.dumps({"Statement": [FULL, *statements]})
    world.add("control_policies", kind="SERVICE_CONTROL_POLICY", policy_id="p-1", name="one",
              document=document, targets=["r-root", MANAGEMENT, MEMBER])  # fmt: skip
    return world


def said(world: World) -> Said:
    """The facts of each account, with the errors of what is not known, and whether more may be."""
    subjects, found = world.subjects(), {}
    for frame in subjects.account_frames():
        column = frame.facts["account.unguarded"]
        assert isinstance(column, Column)
        holes = [(subjects.gaps[name].error, hole.partial) for hole in column.holes for name in hole.gaps]
        found[frame.account_id] = (frame.cite([*frame.facts], 0)["account"], holes)
    return found


def member(unguarded: list[str], *holes: tuple[str, bool]) -> Said:
    """What is said where the policies are known, of the two accounts that are not closed."""
    facts = {"management": False, "unguarded": unguarded, "excepted": []}
    return {MANAGEMENT: ({"management": True}, []), MEMBER: (facts, [*holes])}


def unknown(error: str) -> Said:
    """What is said where they are not."""
    return {MANAGEMENT: ({"management": True}, []), MEMBER: ({"management": False}, [(error, False)])}


def test_what_the_path_denies_is_guarded(world: World) -> None:
    """A closed account is no subject, and of the management account nothing is said."""
    assert said(guarded(world, DENY)) == member([])


def test_what_nothing_denies_is_not(world: World) -> None:
    """It is named."""
    assert said(guarded(world)) == member([UNLOCK])


def test_a_resource_control_policy_guards_keys(world: World) -> None:
    """Also where no service control policy is in force; on another path it guards nothing."""
    action = "kms:ScheduleKeyDeletion"
    deny = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}
    guarded(world).of_accounts = Asked(GuardRails((action,)))
    policy = world.tables["control_policies", ""][0]
    policy |= {"kind": "RESOURCE_CONTROL_POLICY", "document": json.dumps({"Statement": [deny]})}
    assert said(world) == member([])
    policy["targets"] = ["ou-other"]
    world.folder /= "next"
    assert said(world) == member([action])


def test_what_a_condition_leaves_open_may_be_more(world: World) -> None:
    """The gap is of the account."""
    region = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    assert said(guarded(world, {**DENY, "Condition": region})) == member([], ("Undecided", True))


def test_where_the_path_of_an_account_is_not_known_nothing_is(world: World) -> None:
    """Nor where something on it has no policy, which AWS Organizations does not leave so."""
    assert said(guarded(world, DENY, parents=["r-root", "ou-bare"])) == unknown("Undecided")


def test_policies_that_were_read_much_later_say_nothing(world: World) -> None:
    """They may have been attached in between."""
    world.collected_at = world.as_of + timedelta(days=1)
    assert said(guarded(world, DENY)) == unknown("Undecided")


def test_where_only_some_accounts_are_audited_nobody_is_asked(world: World) -> None:
    """Such a run knows no management account."""
    guarded(world, DENY).management = ""
    assert said(world) == {}


def test_without_a_parameter_nobody_is_asked(world: World) -> None:
    """Whatever the evidence has."""
    guarded(world, DENY).of_accounts = NOTHING
    assert said(world) == {}


def alone(world: World, *, told: bool | None) -> World:
    """One account is audited, and AWS Organizations says this of whether it is in none."""
    world.of_accounts = Asked(GuardRails((UNLOCK,)))
    world.tables["accounts", ""][0]["alone"] = told
    return world


def test_nothing_guards_an_account_of_no_organization(world: World) -> None:
    """It is a subject though no organization was read; one of which that is not known is none."""
    found = said(alone(world, told=True))
    assert found == {MEMBER: ({"management": False, "unguarded": [UNLOCK], "excepted": []}, [])}
    for told in (False, None):
        world.opened, world.folder = None, world.folder / str(told)
        assert said(alone(world, told=told)) == {}


def test_what_was_told_long_after_as_of_says_nothing(world: World) -> None:
    """The account may have been in one then."""
    alone(world, told=True).collected_at = world.as_of + timedelta(days=1)
    assert said(world) == {MEMBER: ({"management": False}, [("Undecided", False)])}
