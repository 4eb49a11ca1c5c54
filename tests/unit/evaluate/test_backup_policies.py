"""Facts of accounts: how backup policies, what is in force, and plans agree; what of that is not known."""

import json
from datetime import timedelta
from typing import Any

import pytest

from auditor.evaluate.accounts import NOTHING, Asked
from auditor.evaluate.facts import Column
from tests.unit.derive.test_effective_policy import EFFECTIVE, FAR, changed, written
from tests.unit.evaluate.conftest import World

MEMBER, MANAGEMENT = World.account, "999988887777"
PATHS = ("backup_policies", "policy_errors", "policy_differences", "plan_differences")
HOME_ONLY = changed(EFFECTIVE, "plans", "gold", "regions", value=["eu-central-1"])
LESS = changed(HOME_ONLY, "plans", "gold", "rules", "nightly", "lifecycle", "delete_after_days", value="7")
SAID = "plans/gold/rules/nightly/lifecycle/delete_after_days is 7 and not 35"
#: Nothing but that one policy is attached.
WELL: dict[str, Any] = {"backup_policies": 1} | {path: [] for path in PATHS[1:]}
#: What the rule of the plan has beside the defaults of `World.plan`.
MADE = {
    "StartWindowMinutes": 480,
    "CompletionWindowMinutes": 10080,
    "CopyActions": [{"DestinationBackupVaultArn": FAR, "Lifecycle": {"DeleteAfterDays": 90}}],
}
#: What the policy chooses, in the words of the API.
ROLE = f"arn:aws:iam::{MEMBER}:role/backup"
TAGS = [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": value}
        for value in ("iron", "gold")]  # fmt: skip
CHOSEN: dict[str, Any] = {"SelectionName": "Tagged", "IamRoleArn": ROLE, "ListOfTags": TAGS}
Said = tuple[dict[str, Any], dict[str, list[str]]]


def governed(world: World, effective: Any = HOME_ONLY, *, days: float = 2, plan: bool = True) -> World:
    """A member to which one policy is attached by the root, what is in force, and the plan made of it."""
    world.of_accounts, world.management = Asked(backup_policies=True), MANAGEMENT
    world.tables["accounts", ""].clear()
    for account in (MANAGEMENT, MEMBER):
        world.add("accounts", account_id=account, name="", partition="aws", ou_path=[], status="ACTIVE",
                  parents=["r-root"])  # fmt: skip
    attach(world, "one", written(HOME_ONLY))
    text = None if effective is None else json.dumps(effective)
    updated = world.as_of - timedelta(days=days)
    world.add("effective_policies", account_id=MEMBER, document=text, updated_at=updated)
    if plan:
        world.plan(MADE, plan_id="orgs/1", name="gold")
        selected(world, CHOSEN)
    return world


def selected(world: World, *documents: dict[str, Any]) -> None:
    """Let the plan of the organization have these selections and no other ones."""
    world.tables["backup_selections", world.home].clear()
    for document in documents:
        world.select("orgs/1", **document)


def attach(world: World, name: str, document: Any, *targets: str) -> None:
    """Attach a policy, to the root unless told."""
    world.add("backup_policies", policy_id=name, name=name, document=json.dumps(document),
              targets=[*targets] or ["r-root"])  # fmt: skip


def said(world: World) -> Said:
    """The facts of the member, and the errors of what is not known of each."""
    subjects = world.subjects()
    frame = next(one for one in subjects.account_frames() if one.account_id == MEMBER)
    facts = frame.cite([*frame.facts], 0)["account"]
    holes: dict[str, list[str]] = {}
    for path in PATHS:
        column = frame.facts[f"account.{path}"]
        assert isinstance(column, Column)
        assert all(hole.partial for hole in column.holes)
        names = [subjects.gaps[name].message for hole in column.holes for name in hole.gaps]
        holes |= {path: names} if names else {}
    return {path: facts[path] for path in PATHS if path in facts}, holes


def test_what_agrees_has_no_difference(world: World) -> None:
    """The policy, the effective one and the plan."""
    assert said(governed(world)) == (WELL, {})


def test_an_older_policy_that_is_still_in_force_is_a_difference(world: World) -> None:
    """AWS Organizations names the errors of the account; the plan is that of what is in force."""
    governed(world, LESS, plan=False)
    world.plan({**MADE, "Lifecycle": {"DeleteAfterDays": 7}}, plan_id="orgs/1", name="gold")
    selected(world, CHOSEN)
    for message, path in (("11 rules", "/plans/gold"), (None, None)):
        world.add("policy_errors", account_id=MEMBER, code="ELEMENTS_TOO_MANY", message=message, path=path)
    world.add("policy_errors", account_id=MANAGEMENT, code="KEY_REQUIRED")
    errors = ["/plans/gold: 11 rules", "ELEMENTS_TOO_MANY"]
    assert said(world) == (WELL | {"policy_errors": errors, "policy_differences": [SAID]}, {})


@pytest.mark.parametrize("document", [None, {}])
def test_policies_of_which_nothing_is_in_force(world: World, document: Any) -> None:
    """AWS says that there is no effective policy, and the plan of it is one too many."""
    expected = {"policy_differences": ["plans/gold is not in force"],
                "plan_differences": ["gold in eu-central-1 is in no policy"]}  # fmt: skip
    assert said(governed(world, document)) == (WELL | expected, {})


def test_a_plan_that_was_not_made_is_named(world: World) -> None:
    """A plan of the account's own of that name is none of the organization."""
    governed(world, plan=False).plan(plan_id="own", name="gold")
    assert said(world) == (WELL | {"plan_differences": ["gold in eu-central-1 is not there"]}, {})


def test_a_plan_that_was_deleted_is_not_there(world: World) -> None:
    """A version that is over counts for nothing."""
    governed(world, plan=False).plan(plan_id="orgs/1", name="gold", valid_until=world.as_of)
    assert said(world)[0]["plan_differences"] == ["gold in eu-central-1 is not there"]


def test_a_plan_that_is_otherwise_or_selects_nothing_is_named(world: World) -> None:
    """Each difference with plan and Region."""
    governed(world, plan=False).plan({"CopyActions": []}, plan_id="orgs/1", name="gold")
    world.tables["backup_selections", world.home].clear()
    windows = [f"of rule nightly its {one} window in minutes is {there} and not {wanted}"
               for one, there, wanted in (("start", 60, 480), ("completion", 120, 10080))]  # fmt: skip
    clauses = [*windows, "of rule nightly the copies are other ones", "it selects nothing"]
    expected = [f"gold in eu-central-1: {clause}" for clause in clauses]
    assert said(world) == (WELL | {"plan_differences": expected}, {})


def test_selections_are_compared_with_those_of_the_policy(world: World) -> None:
    """A role or a tag that is another one changes what is backed up, and how."""
    selected(governed(world), {**CHOSEN, "IamRoleArn": f"{ROLE}2", "ListOfTags": TAGS[:1]})
    clauses = [f"the role is {ROLE}2 and not {ROLE}", "the tags or resources are other ones"]
    expected = [f"gold in eu-central-1: of selection tagged {clause}" for clause in clauses]
    assert said(world) == (WELL | {"plan_differences": expected}, {})


def test_a_selection_that_was_not_read_leaves_open_what_is_missing(world: World) -> None:
    """Each difference that is certain stands."""
    selected(governed(world), {"SelectionName": "other", "Resources": ["*"]}, {})
    world.tables["backup_selections", world.home][1] |= {"document": None, "name": "tagged"}
    arn = f"arn:aws:backup:eu-central-1:{MEMBER}:backup-plan:orgs/1"
    why = f"The selections of {arn} cannot be compared: selection tagged: it was not read."
    expected = ["gold in eu-central-1: selection other chooses what is in no policy"]
    assert said(world) == (WELL | {"plan_differences": expected}, {"plan_differences": [why]})


@pytest.mark.parametrize("days", [0.5, None])
def test_within_a_day_after_a_change_a_difference_of_plans_is_open(world: World, days: float | None) -> None:
    """Nor is it known where AWS does not tell when it changed."""
    governed(world, plan=False, days=days or 2)
    if days is None:
        world.tables["effective_policies", ""][0]["updated_at"] = None
    why = f"The effective policy of {MEMBER} may be younger than a day: gold in eu-central-1 is not there."
    assert said(world) == (WELL, {"plan_differences": [why]})


def test_what_the_order_of_policies_leaves_open(world: World) -> None:
    """What both of them allow is no difference."""
    governed(world, LESS, plan=False)
    attach(world, "two", written(LESS))
    facts, holes = said(world)
    assert (facts["backup_policies"], facts["policy_differences"]) == (2, [])
    why = f"AWS does not tell which of several policies counts in {MEMBER}: {SAID}."
    assert holes["policy_differences"] == [why]


def test_a_policy_or_an_answer_that_is_not_understood_leaves_open_what_is_right(world: World) -> None:
    """A policy leaves the plans alone."""
    governed(world)
    attach(world, "new", {"plans": {"iron": {"unheard": {"@@assign": "1"}}}})
    facts, holes = said(world)
    assert facts == WELL | {"backup_policies": 2}
    assert holes == {"policy_differences": ["The backup policy new has something that is not known here."]}


def test_an_effective_policy_that_is_not_understood_says_nothing(world: World) -> None:
    """Neither of policies nor of plans."""
    why = [f"The effective backup policy of {MEMBER} cannot be understood."]
    found = said(governed(world, {"plans": {"gold": {"unheard": "1"}}}))
    assert found == (WELL, dict.fromkeys(PATHS[2:], why))


@pytest.mark.parametrize(
    ("table", "operation", "open_"),
    [
        ("backup_policies", "ListPolicies", PATHS),
        ("policy_errors", "ListAccountsWithInvalidEffectivePolicy", PATHS[1:2]),
        ("effective_policies", "DescribeEffectivePolicy", PATHS[2:]),
        ("backup_plans", "ListBackupPlans", PATHS[3:]),
    ],
)
def test_what_was_not_read_is_no_agreement(
    world: World, table: str, operation: str, open_: tuple[str, ...]
) -> None:
    """Each fact that is made of it may say more."""
    governed(world)
    place = (table, world.home if table == "backup_plans" else "")
    world.tables.get(place, []).clear()
    region, service = (world.home, "backup") if place[1] else ("", "organizations")
    world.gap(table, region=region, operation=operation, service=service)
    facts, holes = said(world)
    assert {*holes} == {*open_}
    assert [facts[path] for path in PATHS[1:]] == [[], [], []]


@pytest.mark.parametrize(
    ("left_out", "open_"), [(["eu-central-1", "eu-west-1"], True), (["eu-west-1"], False), (None, False)]
)
def test_regions_that_the_run_leaves_out_may_have_other_plans(
    world: World, left_out: list[str] | None, *, open_: bool
) -> None:
    """Where the policy is for one of them, that all plans are right is not known; what is found stands."""
    governed(world, plan=False).provenance = {"regions_left_out": left_out}
    why = f"The run was not asked to read the plans of {MEMBER} in eu-central-1."
    facts, holes = said(world)
    assert facts["plan_differences"] == ["gold in eu-central-1 is not there"]
    assert holes == ({"plan_differences": [why]} if open_ else {})


def test_what_is_not_known_of_another_account_says_nothing_here(world: World) -> None:
    """A call about one account hides that one alone."""
    governed(world)
    world.gap("effective_policies", region="", operation="DescribeEffectivePolicy", service="organizations")
    world.tables["gaps", ""][0]["account_id"] = MANAGEMENT
    assert said(world) == (WELL, {})


def test_policies_that_were_read_much_later_say_nothing(world: World) -> None:
    """They may have been attached in between."""
    governed(world, LESS).collected_at = world.as_of + timedelta(days=1)
    why = ["The backup policies were read long after as_of."]
    assert said(world) == (WELL, dict.fromkeys(PATHS, why))


def test_an_account_that_no_policy_is_for_has_none(world: World) -> None:
    """Whatever plans it has."""
    governed(world).tables["backup_policies", ""][0]["targets"] = [MANAGEMENT]
    assert said(world) == (WELL | {"backup_policies": 0}, {})


def test_without_the_parameter_nobody_is_asked(world: World) -> None:
    """Whatever the evidence has."""
    governed(world).of_accounts = NOTHING
    assert [*world.subjects().account_frames()] == []
