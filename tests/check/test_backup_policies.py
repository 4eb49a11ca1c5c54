"""Backup policies of AWS Organizations as files, in plans of Terraform and in templates, each by itself."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.model.errors import AuditorError
from tests.check.conftest import Check, Said, messages, said_of
from tests.check.policies import COPY, WHOLE, assign, at, by_tag, by_type, policy, rule
from tests.check.terraform import Later, Plan, backup_plan, selection, vault, volume

EFFECT, RPO, RETENTION, COLD, LOCK, COVERED = (
    "BKP-GOV-002", "BKP-FRQ-003", "BKP-RET-001", "BKP-RET-004", "BKP-IMM-002", "BKP-COV-001",
)  # fmt: skip
#: The lock of the vault that its rules lead into is not known, of the plan in its one Region.
VAULT = (LOCK, "plans/gold eu-west-1", "INSUFFICIENT_DATA", "evidence_gap")


ALONE = "no other backup policy changes its plans in the accounts that it is attached to"


def with_rule(**changes: Any) -> dict[str, Any]:
    """A policy whose one rule differs."""
    return policy(rules={"daily": rule(**changes)})


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (policy(), set()),
        (with_rule(start_backup_window_minutes="1081"), {(RPO, "interval_exceeds_rpo")}),
        (with_rule(start_backup_window_minutes="1080"), set()),
        (with_rule(lifecycle={"delete_after_days": assign("34")}), {(RETENTION, "retention_too_short")}),
        (with_rule(lifecycle={"delete_after_days": assign(34)}), {(RETENTION, "retention_too_short")}),
        (with_rule(lifecycle=None), {(RETENTION, "never_expires")}),
        (policy(selections=by_tag("silver", "gold")), set()),
        (
            policy(
                selections=by_type(
                    "*", conditions=WHOLE["plans"]["gold"]["selections"]["resources"]["typed"]["conditions"]
                )
            ),
            set(),
        ),
    ],
    ids=["kept", "rpo", "rpo-edge", "short", "number", "never", "values", "types"],
)
def test_a_policy_is_judged_as_the_plan_that_it_writes(
    check: Check, document: dict[str, Any], said: set[tuple[str, str]]
) -> None:
    """Against the tier that its selections name, in an account that is not known."""
    result = check(document)

    assert said_of(result) == {
        (control, "plans/gold eu-west-1", "NON_COMPLIANT", code) for control, code in said
    } | {VAULT}
    assert [one for one in result.assumed if "backup policy" in one] == [
        f"{result.inputs[0]['file']}: {ALONE}"
    ]


def test_every_region_is_one_plan(check: Check) -> None:
    """Each with vaults of its own."""
    result = check(policy(regions=assign(["eu-west-1", "us-east-1", "eu-west-1"])))

    assert {(entry.region, entry.account_id) for entry in result.entries} == {
        ("eu-west-1", "000000001001"),
        ("us-east-1", "000000001001"),
    }


def test_all_that_the_syntax_knows_is_read(check: Check) -> None:
    """Nothing of it is refused, and cold storage is held against its 90 days."""
    document = at(WHOLE, f"rules.Daily.copy_actions.{COPY}.lifecycle.delete_after_days", assign("119"))
    short = at(document, "rules.Daily.lifecycle.delete_after_days", assign("119"))

    assert EFFECT not in {control for control, *_ in said_of(check(WHOLE))}
    assert COLD not in {control for control, *_ in said_of(check(WHOLE))}
    assert COLD in {control for control, *_ in said_of(check(short))}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"regions": None}, "plans/gold: regions is missing"),
        ({"regions": {"@@remove": ["eu-west-1"]}}, "plans/gold: regions is missing"),
        ({"selections": {}}, "plans/gold: selections is missing"),
        ({"rules": {"daily": rule(target_backup_vault_name=None)}}, "target_backup_vault_name is missing"),
    ],
    ids=range(4),
)
def test_a_part_of_a_plan_is_unknown(check: Check, changes: dict[str, Any], said: str) -> None:
    """Another policy may give the rest; it is no pass, and nothing is judged of the plan."""
    result = check(policy(**changes))

    assert said_of(result) == {(EFFECT, "plans", "INSUFFICIENT_DATA", "policy_not_known")}
    assert f"{said}, which another policy may give it" in messages(result)
    assert result.exit_code == 4


def test_a_whole_plan_beside_a_part_is_judged(check: Check) -> None:
    """The part stays unknown."""
    document = with_rule(start_backup_window_minutes="1081")
    document["plans"]["part"] = {"regions": assign(["eu-west-1"])}

    found = {(control, verdict) for control, _, verdict, _ in said_of(check(document))}

    assert found >= {(RPO, "NON_COMPLIANT"), (EFFECT, "INSUFFICIENT_DATA")}


@pytest.mark.parametrize("left_out", ["schedule_expression", "resource_types"])
def test_what_aws_may_do_without_is_unknown(check: Check, left_out: str) -> None:
    """The guide demands it, and AWS takes the policy."""
    document = with_rule(schedule_expression=None)
    if left_out == "resource_types":
        typed = by_type("*", conditions={})["resources"]["typed"]
        document = policy(selections={"resources": {"typed": {"iam_role_arn": typed["iam_role_arn"]}}})
    result = check(document)

    assert {verdict for _, _, verdict, _ in said_of(result)} == {"INSUFFICIENT_DATA"}
    assert EFFECT in {control for control, *_ in said_of(result)}
    assert f"{left_out} is missing" in messages(result)


def test_what_aws_refuses_is_a_finding_with_its_line(command: Said, tmp_path: Path) -> None:
    """Each thing by its path; nothing is judged of plans that cannot be."""
    document = at(policy(), "rules.daily.lifecycle.delete_after", assign("3"))
    file = tmp_path / "base.json"
    file.write_text(json.dumps(document, indent=1), encoding="utf-8")
    line = file.read_text(encoding="utf-8").splitlines().index('      "delete_after": {') + 1

    code, out, _ = command("check", file, "--unit", "")

    address = "plans/gold/rules/daily/lifecycle/delete_after"
    assert f"finding high {EFFECT} {address} ({file}:{line})" in out.splitlines()
    assert (code, out.splitlines()[-1]) == (
        3, "0 compliant, 1 finding, 0 unknown, 0 not looked at, 0 waived"
    )  # fmt: skip


def test_too_many_rules_are_a_finding_alone(check: Check) -> None:
    """No other policy makes them fewer."""
    result = check(policy(rules={f"r{number}": rule() for number in range(11)}))

    assert said_of(result) == {(EFFECT, "plans/gold/rules", "NON_COMPLIANT", "invalid")}


def test_a_policy_may_be_yaml(command: Said, tmp_path: Path) -> None:
    """As an input of a tool that makes JSON of it."""
    file = tmp_path / "base.yaml"
    file.write_text(yaml.safe_dump(policy()), encoding="utf-8")

    assert (
        command("check", file, "--unit", "")[1]
        .splitlines()[-1]
        .startswith("3 compliant, 0 findings, 1 unknown")
    )


@pytest.mark.parametrize(
    "document",
    [
        {"plans": []},
        {"plans": {"basic": {"price": 3}}},
        {"plans": {"basic": {"regions": ["eu"]}}},
        {"plans": "@@"},
    ],
    ids=range(4),
)
def test_other_files_with_plans_are_none(check: Check, document: Any) -> None:
    """They are of no known format."""
    with pytest.raises(AuditorError, match="it is of no format that is known here"):
        check(document)


def test_an_effective_policy_is_none_that_can_be_attached(check: Check) -> None:
    """It has no operators."""
    result = check({"plans": {"gold": {"regions": ["eu-west-1"], "rules": {}}}})

    assert said_of(result) == {(EFFECT, "plans/gold/regions", "NON_COMPLIANT", "malformed")}


def test_what_it_protects_is_unknown(check: Check) -> None:
    """It may be attached to the account of a volume, and may not."""
    resource = volume(Plan(), "data", backup_tier="gold").first()
    alone, beside = check(resource), check(resource, policy())
    elsewhere = check(resource, policy(regions=assign(["us-east-1"])))

    assert {verdict for control, _, verdict, _ in said_of(alone) if control == COVERED} == {
        "INSUFFICIENT_DATA"
    }
    assert "name the tree of the organization among the inputs" in messages(beside)
    assert "name the tree" not in messages(elsewhere)
    for result in (beside, elsewhere):
        assert (COVERED, "INSUFFICIENT_DATA") in {(one, verdict) for one, _, verdict, _ in said_of(result)}


def terraform(content: Any, **changes: Any) -> Plan:
    """A plan with a policy, and its attachment to a unit."""
    plan = Plan().add(
        "aws_organizations_policy.base",
        **{"name": "base", "type": "BACKUP_POLICY", "content": content, "id": Later("p-11111111"), **changes},
    )
    return plan.add(
        "aws_organizations_policy_attachment.base",
        policy_id=Later("p-11111111", ["aws_organizations_policy.base.id"]),
        target_id="ou-abcd-11111111",
    )


@pytest.mark.parametrize("state", ["first", "second"])
def test_a_plan_of_terraform_says_the_same(check: Check, state: str) -> None:
    """Before the apply and after it."""
    plan = terraform(json.dumps(with_rule(start_backup_window_minutes="1081")))
    result = check(getattr(plan, state)())
    address = "aws_organizations_policy.base plans/gold eu-west-1"

    assert said_of(result) == {
        (RPO, address, "NON_COMPLIANT", "interval_exceeds_rpo"),
        (LOCK, address, "INSUFFICIENT_DATA", "evidence_gap"),
    }
    assert dict(result.not_looked_at) == {}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (terraform(Later("{}", ["aws_backup_vault.main.name"])), "its content is known only after the apply"),
        (
            terraform("{}", type=Later("BACKUP_POLICY", ["var.type"])),
            "its type is known only after the apply",
        ),
        (terraform(None), "it has no content"),
    ],
    ids=range(3),
)
def test_what_a_plan_does_not_know_of_a_policy_is_unknown(check: Check, plan: Plan, said: str) -> None:
    """With what hides it."""
    result = check(plan.first())

    assert {verdict for _, _, verdict, _ in said_of(result)} == {"INSUFFICIENT_DATA"}
    assert said in messages(result)


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (Later("{}", ["local.policy"]), "INSUFFICIENT_DATA"),
        (json.dumps(policy(regions=None)), "INSUFFICIENT_DATA"),
        ("{", "NON_COMPLIANT"),
    ],
    ids=["unknown", "a-part", "refused"],
)
def test_a_policy_that_is_not_known_may_protect(check: Check, content: Any, verdict: str) -> None:
    """What the plans of the inputs do not select; one that AWS refuses protects nothing."""
    plan = selection(
        backup_plan(vault(terraform(content)), "other"), "other", "other", resources=["arn:aws:s3:::a"]
    )
    result = check(volume(plan, "data", backup_tier="gold").first())

    said = {(control, verdict) for control, _, verdict, _ in said_of(result)}
    assert {one for one in said if one[0] == COVERED} == {(COVERED, verdict)}


def test_other_policies_are_not_looked_at(check: Check) -> None:
    """Of another type or of none, and what attaches them; of a deleted one nothing is read."""
    scp = terraform("{}", type="SERVICE_CONTROL_POLICY")
    scp.add("aws_organizations_policy.none", name="none", content="{}")
    gone = Plan().add(
        "aws_organizations_policy.base", ["delete"], before={"type": "BACKUP_POLICY", "content": "{}"}
    )

    assert dict(check(scp.first()).not_looked_at) == {
        "aws_organizations_policy": 2,
        "aws_organizations_policy_attachment": 1,
    }
    assert {control for control, *_ in said_of(check(gone.first()))} == {"BKP-GOV-001"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        ("[]", "it has no plans"),
        ('{"plans": {}, "plans": {}}', "the key plans is given twice"),
        ("[" * 60 + "]" * 60, "more than 50 levels"),
        ("[" * 5000, "it is not JSON"),
        ('{"plans": {"a\\u0000b": {}}}', "the name is not letters"),
        (json.dumps({"plans": {}, "x": "y" * 10_000}), "characters without white space; 10,000 are allowed"),
    ],
    ids=range(8),
)
def test_texts_that_aws_refuses(check: Check, content: str, said: str) -> None:
    """Each is a finding, and nothing of it is judged."""
    result = check(terraform(content).first())

    assert {(control, verdict) for control, _, verdict, _ in said_of(result)} == {(EFFECT, "NON_COMPLIANT")}
    assert said in messages(result)


def test_a_file_with_a_key_twice_is_refused(command: Said, tmp_path: Path) -> None:
    """A reader of JSON sees one of them."""
    file = tmp_path / "base.json"
    file.write_text(json.dumps(policy()).replace('"rules"', '"regions": {}, "rules"', 1), encoding="utf-8")

    code, _, err = command("check", file, "--unit", "")

    assert (code, err) == (1, f"auditor: {file}: the key 'regions' is given twice; keep one of them.")


TEMPLATE = """\
Parameters:
  Days: {Type: String, Default: "34"}
  Vault: {Type: String}
Resources:
  Base:
    Type: AWS::Organizations::Policy
    Properties:
      Name: base
      Type: BACKUP_POLICY
      TargetIds: [ou-abcd-11111111]
      Content: CONTENT
  Other:
    Type: AWS::Organizations::Policy
    Properties: {Name: other, Type: TAG_POLICY, Content: {tags: {}}}
"""


@pytest.mark.parametrize("text", [False, True], ids=["object", "text"])
def test_a_template_has_it_as_an_object_or_a_text(command: Said, tmp_path: Path, *, text: bool) -> None:
    """With its functions worked out, and the lines of an object."""
    content = json.dumps(with_rule(lifecycle={"delete_after_days": assign("34")}))
    written = (
        json.dumps(content) if text else content.replace('{"@@assign": "34"}', '{"@@assign": !Ref Days}')
    )
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE.replace("CONTENT", written), encoding="utf-8")

    code, out, _ = command("check", file, "--unit", "")

    assert f"finding medium {RETENTION} Base plans/gold eu-west-1 ({file}:11)" in out.splitlines()
    assert (code, out.splitlines()[-1]) == (
        3, "2 compliant, 1 finding, 1 unknown, 1 not looked at, 0 waived"
    )  # fmt: skip


def test_what_a_template_does_not_tell_is_unknown(check: Check) -> None:
    """A parameter without a default anywhere in it, or a name that AWS makes."""
    for hidden in ({"Ref": "Vault"}, {"Fn::GetAtt": ["Made", "BackupVaultName"]}):
        template = {
            "Parameters": {"Vault": {"Type": "String"}},
            "Resources": {
                "Made": {"Type": "AWS::Backup::BackupVault"},
                "Base": {
                    "Type": "AWS::Organizations::Policy",
                    "Properties": {
                        "Type": "BACKUP_POLICY",
                        "Content": with_rule(target_backup_vault_name=assign(hidden)),
                    },
                },
            },
        }
        result = check(template)

        assert {(address, code) for control, address, _, code in said_of(result) if control == EFFECT} == {
            ("Base", "policy_not_known")
        }
