"""`auditor check --against` with the tree of an organization: what accounts lose and gain by its policies."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Said
from tests.check.organization_plans import MEMBER, attach, member, unit
from tests.check.policies import ROLE, assign, policy, rule
from tests.check.recorded_run import COVER, against
from tests.check.terraform import Plan
from tests.check.test_check_command import written
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import ACCOUNT, HOME, World
from tests.loopback.standing import rule as recorded_rule

MEMBERS = ("222233334444", "333344445555")
PLAN = "orgs/gold"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def organization(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """The audit of two members with a volume each, which the organization's plan gold backs up by its tag."""
    world = World()
    for account in MEMBERS:
        world.account(account, f"shop-{account[0]}")
        world.volume("vol-1", account_id=account, Tags=[{"Key": "backup", "Value": "yes"}])
        world.vault(account_id=account)
        plan = world.plan([recorded_rule()], PLAN, account_id=account)
        plan["Versions"][0]["BackupPlan"]["BackupPlanName"] = "gold"
        world.selection(
            PLAN,
            account_id=account,
            SelectionName="tagged",
            ListOfTags=[{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "yes"}],
        )
    return audit(world, tmp_path_factory.mktemp("organization"), accounts="organization")


def tree(folder: Path, *, unit: bool = True, name: str = "tagged", tag: str = "backup", **more: Json) -> Path:
    """A folder with the policy as it is recorded, attached to both members; without `unit` to the first."""
    selects = {"iam_role_arn": assign(ROLE), "tag_key": assign(tag), "tag_value": assign(["yes"])}
    base = policy(
        regions=assign([HOME]),
        selections={"tags": {name: selects}},
        rules={
            "nightly": rule(
                schedule_expression="cron(0 1 * * ? *)", lifecycle={"delete_after_days": assign("14")}
            )
        },
    )
    first, second = ({"policies": ["base.json"]}, {"policies": ["base.json"] if unit else []})
    accounts = {ACCOUNT: {}, MEMBERS[0]: first, MEMBERS[1]: second}
    for file, document in {
        "base": base,
        "tree": {"organization": {"root": {"accounts": accounts}}},
        **more,
    }.items():
        (folder / f"{file}.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def cover(found: Json) -> set[tuple[str, str, str, str]]:
    """Whose cover changes: account, and the verdict before and after."""
    return {
        (one["subject"]["account_id"], one["way"], one["before"], one["after"])
        for one in found["changes"]
        if one["control_id"] == COVER
    }


@pytest.mark.long
def test_the_recorded_policies_change_nobodys_cover(
    command: Said, organization: Judgement, tmp_path: Path
) -> None:
    """Though a selection has another name."""
    for name in ("tagged", "other"):
        assert cover(against(command, organization, tree(tmp_path, name=name))[1]) == set()


def test_a_changed_tag_is_lost_in_every_account(
    command: Said, organization: Judgement, tmp_path: Path
) -> None:
    """Also in those that have the policies of another, and under another name of the selection."""
    for name in ("tagged", "other"):
        code, found = against(command, organization, tree(tmp_path, name=name, tag="Backup"))
        assert cover(found) == {(one, "loses", "COMPLIANT", "NON_COMPLIANT") for one in MEMBERS}
        assert code == 3


def test_a_policy_that_is_attached_no_more_is_lost(
    command: Said, organization: Judgement, tmp_path: Path
) -> None:
    """In the account that it is taken from, and in no other."""
    found = against(command, organization, tree(tmp_path, unit=False))[1]

    assert cover(found) == {(MEMBERS[1], "loses", "COMPLIANT", "NON_COMPLIANT")}


def test_an_account_whose_policy_is_not_known_becomes_unknown(
    command: Said, organization: Judgement, tmp_path: Path
) -> None:
    """What AWS refuses is not what will be in force."""
    folder = tree(tmp_path)
    (folder / "base.json").write_text(json.dumps(policy(regions=assign(["*"]))), encoding="utf-8")

    found = against(command, organization, folder)[1]

    assert cover(found) == {(one, "unknown", "COMPLIANT", "INSUFFICIENT_DATA") for one in MEMBERS}
    assert {(one["way"], one["aspects"][0]["after"]) for one in found["protection"]} == {
        ("unknown", "gold, perhaps others")
    }


@pytest.mark.parametrize(
    ("account", "losing"), [(ACCOUNT, MEMBERS), (MEMBERS[0], ())], ids=["above", "member"]
)
def test_what_the_management_account_opts_out_is_lost_in_every_member(
    command: Said, organization: Judgement, tmp_path: Path, account: str, losing: tuple[str, ...]
) -> None:
    """For plans of the organization its settings count, and those of the member do not."""
    name = "resource_type_opt_in_preference"
    before: Json = {"id": HOME, name: {"EBS": True}}
    after: Json = {"id": HOME, name: {"EBS": False}}
    made = Plan(region=HOME)
    made.add("aws_backup_region_settings.here", ("update",), before=before, **after)
    plan = written(tmp_path / "plan.json", made.first())

    found = against(command, organization, plan, "--account", account, "--region", HOME)[1]

    assert cover(found) == {(one, "loses", "COMPLIANT", "NON_COMPLIANT") for one in losing}
    assert found["unmapped"] == []


def test_an_account_that_moves_loses_its_recorded_plan(
    command: Said, organization: Judgement, tmp_path: Path
) -> None:
    """Without a file of the tree; the other account, and a plan that changes nothing of it, lose nothing."""
    content = json.loads((tree(tmp_path) / "base.json").read_text(encoding="utf-8"))
    made = Plan()
    production, sandbox = unit(made, "Production", "r-ab12"), unit(made, "Sandbox", "r-ab12")
    for account in MEMBERS:
        member(made, f"shop{account[0]}", production, account)
    attach(made, "base", content, [production])
    moved = made.second()
    for one in moved["resource_changes"]:
        if one["address"] == f"{MEMBER}.shop2":
            one["change"] = {**one["change"], "actions": ["update"]}
            one["change"]["after"] = {**one["change"]["after"], "parent_id": sandbox.value}
    files = [written(tmp_path / f"{number}.json", one) for number, one in enumerate((moved, made.second()))]

    found = [cover(against(command, organization, one)[1]) for one in files]

    assert found == [{(MEMBERS[0], "loses", "COMPLIANT", "NON_COMPLIANT")}, set()]
