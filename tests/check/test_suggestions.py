"""What mends a finding, in the language of the input, with the values of the finding."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.catalogue.load import Catalogue, policies_folder
from auditor.check.formats.base import CheckSource
from auditor.check.formats.registry import FORMATS
from auditor.check.result import CheckResult, Suggestion
from tests.check.conftest import Check, Said
from tests.check.policies import assign, policy, rule, tree
from tests.check.terraform import Json, Plan, backup_plan, by_tag, selection, vault, volume
from tests.check.terraform import rule as block
from tests.check.test_backup_documents import plan as api_plan
from tests.check.test_backup_documents import selection as api_selection
from tests.check.test_cloudformation import changed, yaml_value

KEPT, PACE, COVER = "BKP-RET-001", "BKP-FRQ-003", "BKP-COV-001"
SHORT: Json = {"lifecycle": [{"delete_after": 34, "cold_storage_after": None}]}


def suggested(result: CheckResult, control: str) -> Suggestion | None:
    """What mends the first finding of a control."""
    return next(one.suggestion for one in result.entries if one.control_id == control)


def gold(**changes: Any) -> Plan:
    """A plan of Terraform for a volume of the tier gold, with a rule that is not good enough."""
    plan = vault(Plan())
    backup_plan(plan, "gold", block(**changes))
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    return volume(plan, "data", backup_tier="gold")


def test_hcl_of_a_terraform_plan(check: Check) -> None:
    """The days that the tier demands, and the rule that they are of."""
    text = "lifecycle {\n  delete_after = 35  # of rule main\n}"
    assert suggested(check(gold(**SHORT).first()), KEPT) == Suggestion("hcl", text)


def test_json_of_a_template_in_json(check: Check, tmp_path: Path) -> None:
    """What is written as YAML, in the form of the file."""
    text = changed(("DeleteAfterDays: !Ref Days", "DeleteAfterDays: 34"))
    found = suggested(check(yaml_value(tmp_path, text)), KEPT)

    assert found is not None
    assert (found.language, json.loads(found.text)) == ("json", {"Lifecycle": {"DeleteAfterDays": 35}})


@pytest.mark.long
def test_yaml_of_a_template_and_json_of_one_in_json(tmp_path: Path, command: Said) -> None:
    """The same words in the form of the file."""
    text = changed(("DeleteAfterDays: !Ref Days", "DeleteAfterDays: 34"))
    found = []
    for name, data in (("t.yaml", text), ("t.json", json.dumps(yaml_value(tmp_path, text)))):
        (tmp_path / name).write_text(data, encoding="utf-8")
        _, out, _ = command("check", tmp_path / name, "--format", "json", "--unit", "")
        entries = [one for one in json.loads(out)["entries"] if one["control_id"] == KEPT]
        found.append(entries[0]["suggestion"])

    assert [one["language"] for one in found] == ["yaml", "json"]
    expected = {"Lifecycle": {"DeleteAfterDays": 35}}
    assert yaml.safe_load(found[0]["text"]) == json.loads(found[1]["text"]) == expected


def test_json_of_plans_of_the_api_and_of_policies(check: Check) -> None:
    """AWS Backup's own names, and the operators of AWS Organizations, be it in Terraform or not."""
    made = volume(Plan(), "data", backup_tier="gold").second()
    of_api = check(api_plan(Lifecycle={"DeleteAfterDays": 34}), api_selection(), made)
    of_policy = check(
        tree(account=["input-2.json"]),
        policy(rules={"daily": rule(lifecycle={"delete_after_days": assign("34")})}),
        made,
    )
    found = [suggested(one, KEPT) for one in (of_api, of_policy)]

    assert [one and (one.language, json.loads(one.text)) for one in found] == [
        ("json", {"Lifecycle": {"DeleteAfterDays": 35}}),
        ("json", {"lifecycle": {"delete_after_days": {"@@assign": "35"}}}),
    ]


@pytest.mark.parametrize(
    ("asked", "tag", "said"),
    [
        (["gold"], "Gold", "gold"),
        (["silver", "gold"], "Gold", "gold"),
        (["silver", "bronze"], "", "bronze"),
        (["silver"], "gold", "silver"),
        ([], "", "bronze"),
        (["bronze"], "bronze", None),
    ],
)
def test_the_tag_is_one_that_a_selection_asks_for(
    check: Check, asked: list[str], tag: str, said: str | None
) -> None:
    """The nearest first: other in its case only, or that of the tier, which is the one without selections."""
    plan = backup_plan(vault(Plan()), "gold")
    for one in asked:
        selection(plan, one, "gold", selection_tag=by_tag(one))
    result = check(volume(plan, "data", **({"backup_tier": tag} if tag else {})).first())
    text = f'tags = {{\n  "backup-tier" = "{said}"  # what a selection asks for\n}}'
    found = [one.suggestion for one in result.entries if one.control_id == COVER]

    assert found == ([Suggestion("hcl", text)] if said else [])


def test_a_key_is_spelled_as_the_selection_spells_it(check: Check) -> None:
    """The resource has it in another case."""
    plan = backup_plan(vault(Plan()), "gold")
    selection(plan, "gold", "gold", selection_tag=by_tag("gold", "Backup-Tier"))
    result = check(volume(plan, "data", backup_tier="gold").first())
    text = 'tags = {\n  "Backup-Tier" = "gold"  # what a selection asks for\n}'

    assert suggested(result, COVER) == Suggestion("hcl", text)


@pytest.mark.parametrize(
    ("value", "said"), [("täglich", "täglich"), ("\U00020bb7", "\U00020bb7"), ("a\u2028b", "a\\u2028b")]
)
def test_letters_are_shown_as_they_are(check: Check, value: str, said: str) -> None:
    """HCL and YAML have no pairs of escapes for a letter; what begins a line is an escape all the same."""
    plan = backup_plan(vault(Plan()), "gold")
    selection(plan, "gold", "gold", selection_tag=by_tag(value))
    text = f'tags = {{\n  "backup-tier" = "{said}"  # what a selection asks for\n}}'

    assert suggested(check(volume(plan, "data").first()), COVER) == Suggestion("hcl", text)


@pytest.mark.parametrize("schedule", ["cron(0 1 ? * MON-FRI *)", "cron(0 1 ? * * *)", "cron(0 1 1 1 ? 2020)"])
def test_a_suggested_schedule_keeps_the_rpo(check: Check, schedule: str) -> None:
    """It takes the finding away."""
    bad = check(gold(schedule=schedule, start_window=480).first())
    found = suggested(bad, PACE)
    assert found is not None
    assert found.language == "hcl"
    assert 'schedule     = "cron(0 1/12 ? * * *)"' in found.text
    mended = check(gold(schedule="cron(0 1/12 ? * * *)", start_window=60).first())
    assert PACE not in {one.control_id for one in mended.entries}


def test_names_of_the_input_stay_within_their_quotes(check: Check) -> None:
    """Of a rule that somebody has named so that it ends a line, a quote or a template."""
    odd = block(rule_name='a"\n} ${x} ```', **SHORT)
    plan = vault(Plan())
    backup_plan(plan, "gold", odd)
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    found = suggested(check(volume(plan, "data", backup_tier="gold").first()), KEPT)

    assert found is not None
    assert found.text == 'lifecycle {\n  delete_after = 35  # of rule a\\"\\n} $${x} ```\n}'


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("terminal", "\n      lifecycle {\n        delete_after = 35  # of rule main\n      }\n"),
        ("markdown", "\n````````hcl\nlifecycle {\n  delete_after = 35  # of rule main\n}\n````````\n"),
        ("sarif", '\\n\\nlifecycle {\\n  delete_after = 35  # of rule main\\n}"'),
        ("json", '"text": "lifecycle {\\n  delete_after = 35  # of rule main\\n}"'),
    ],
)
def test_formats_show_it(check: Check, name: str, shown: str) -> None:
    """As code, below the reasons."""
    made = next(one for one in FORMATS if one.name == name)
    source = CheckSource(check(gold(**SHORT).first()), lambda _: None)
    assert shown in made().render(source).decode()


def test_every_suggestion_is_of_a_control_of_a_check() -> None:
    """A dozen and more controls have them, each for Terraform and for CloudFormation."""
    controls = [one for one in Catalogue.load(policies_folder()).controls if one.suggestions]

    assert len(controls) >= 12
    assert {moment for one in controls for moment in one.moments} >= {"check"}
    for control in controls:
        assert "check" in control.moments
        for texts in control.suggestions.values():
            assert {"terraform", "cloudformation"} <= texts.keys()
