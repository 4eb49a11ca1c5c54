"""Values of templates: what is worked out, and what is not known and so neither passes nor fails."""

import gc
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from auditor.check.cloudformation.functions import UnknownInTemplate
from auditor.check.cloudformation.reader import is_template
from auditor.check.cloudformation.values import Values
from auditor.check.declared import Place
from tests.check.conftest import Check, said_of
from tests.check.test_cloudformation import TEMPLATE, changed, yaml_value

UNKNOWN = "unknown"
FLAG = "ConditionKey: on, ConditionValue: true"
DECLARED: dict[str, Any] = {
    "Parameters": {
        "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Text": {"Type": "String", "Default": "a, b"},
        "Hidden": {"Type": "String"},
    },
    "Mappings": {"M": {"a": {"b": "found"}}},
    "Conditions": {
        "Yes": {"Fn::Equals": ["a", "a"]},
        "No": {"Fn::Equals": ["a", "b"]},
        "Open": {"Fn::Equals": [{"Ref": "Hidden"}, "x"]},
        "YesOrOpen": {"Fn::Or": [{"Condition": "Open"}, {"Condition": "Yes"}]},
        "NoOrOpen": {"Fn::Or": [{"Condition": "No"}, {"Condition": "Open"}]},
        "NoAndOpen": {"Fn::And": [{"Condition": "Open"}, {"Condition": "No"}]},
        "YesAndOpen": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "Open"}]},
        "Nothing": {"Fn::And": []},
    },
}


def chosen_by(condition: str) -> dict[str, Any]:
    """A value that says whether a condition holds."""
    return {"Fn::If": [condition, "holds", "does not"]}


@pytest.mark.parametrize(
    ("value", "known"),
    [
        (chosen_by("YesOrOpen"), "holds"),
        (chosen_by("NoOrOpen"), UNKNOWN),
        (chosen_by("NoAndOpen"), "does not"),
        (chosen_by("YesAndOpen"), UNKNOWN),
        (chosen_by("Nothing"), UNKNOWN),
        ({"Fn::Join": ["-", {"Ref": "List"}]}, "a-b"),
        ({"Fn::Join": ["-", {"Ref": "Text"}]}, UNKNOWN),
        ({"Fn::Select": ["1", {"Ref": "List"}]}, "b"),
        ({"Fn::Select": [0, {"Fn::Split": [", ", {"Ref": "Text"}]}]}, "a"),
        ({"Fn::FindInMap": ["M", "a", "b"]}, "found"),
        ({"Fn::FindInMap": ["M", "a", "c", {"DefaultValue": "x"}]}, UNKNOWN),
        ({"Fn::FindInMap": ["M", "a"]}, UNKNOWN),
        ("{{resolve:ssm:tier}}", UNKNOWN),
        ({"Fn::Join": ["", ["{{resolve:", "ssm:tier}}"]]}, UNKNOWN),
        ("{{resolved}}", "{{resolved}}"),
        ({"Fn::Sub": "${Text}/${!Text}"}, "a, b/${Text}"),
        ({"Fn::Sub": ["${a}", {"a": 1.5}]}, UNKNOWN),
        ({"Fn::Sub": ["${a}", {"a": 15}]}, "15"),
    ],
)
def test_a_value_is_worked_out_or_unknown(value: Any, known: str) -> None:
    """What does not matter for the answer may be unknown; what CloudFormation looks up is."""
    values = Values(DECLARED, Place("111122223333", "eu-west-1"), lambda name, attribute: name + attribute)

    if known == UNKNOWN:
        with pytest.raises(UnknownInTemplate):
            values.told(value)
    else:
        assert values.told(value) == known


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ({"Fn::Join": ["", [{"Ref": "Made"}, chosen_by("YesOrOpen")]]}, UNKNOWN),
        ({"Fn::Join": ["", [{"Ref": "Made"}, chosen_by("YesOrMade")]]}, UNKNOWN),
        ({"Fn::Join": ["", [chosen_by("YesOrOpen"), {"Ref": "Made"}]]}, UNKNOWN),
        ({"Fn::Join": ["", [{"Ref": "Made"}, chosen_by("Yes")]]}, UNKNOWN),
        ({"Fn::Join": ["", ["it ", chosen_by("YesOrOpen")]]}, "it holds"),
        ({"Fn::Join": ["", ["it ", chosen_by("YesOrMade")]]}, "it holds"),
    ],
)
def test_a_condition_that_is_settled_hides_nothing_and_reveals_nothing(value: Any, known: str) -> None:
    """What stands in for a name that AWS gives counts where it stands, whatever is decided beside it."""
    made = {"Fn::Or": [{"Fn::Equals": [{"Ref": "Made"}, "x"]}, {"Condition": "Yes"}]}
    conditions = {**DECLARED["Conditions"], "YesOrMade": made}
    declared = {**DECLARED, "Conditions": conditions, "Resources": {"Made": {"Type": "AWS::EC2::Volume"}}}
    values = Values(declared, Place("111122223333", "eu-west-1"), lambda name, attribute: name + attribute)

    if known == UNKNOWN:
        with pytest.raises(UnknownInTemplate, match="Ref Made"):
            values.told(value)
    else:
        assert values.told(value) == known


@pytest.mark.parametrize("condition", ["NoOrOpen", "YesAndOpen", "YesOrOpen"])
def test_a_value_that_is_not_known_leaves_no_circle_behind(condition: str) -> None:
    """A check runs without the search for them, so each would stay until its end."""
    values = Values(DECLARED, Place("111122223333", "eu-west-1"), lambda name, attribute: name + attribute)
    gc.collect()
    gc.disable()
    try:
        with suppress(UnknownInTemplate):
            values.told(chosen_by(condition))
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ("{backup-tier: gold}", set()),
        ("{backup-tier: silver}", {"NON_COMPLIANT"}),
        ("{backup-tier: !Ref Unsaid}", {"INSUFFICIENT_DATA"}),
        ("[{Key: backup-tier, Value: gold}]", {"INSUFFICIENT_DATA"}),
    ],
)
def test_a_table_of_sam_is_a_table(check: Check, tmp_path: Path, tags: str, said: set[str]) -> None:
    """With its tags as an object; of which key its backups have is not asked here."""
    table = f"  Other: {{Type: AWS::Serverless::SimpleTable, Properties: {{Tags: {tags}}}}}\n"
    text = f"Transform: AWS::Serverless-2016-10-31\n{changed(('  Data:', f'{table}  Data:'))}"

    found = said_of(check(yaml_value(tmp_path, text)))
    assert {verdict for control, _, verdict, _ in found if not control.startswith("BKP-ENC")} == said


@pytest.mark.parametrize(
    ("kind", "property_", "said"),
    [
        ("AWS::RDS::DBInstance", "DBClusterIdentifier: !Ref Unsaid", set()),
        ("AWS::RDS::DBInstance", "DBClusterIdentifier: !Ref AWS::NoValue", {"NON_COMPLIANT"}),
        (
            "AWS::RDS::DBInstance",
            "DBClusterIdentifier: !If [Copied, c, !Ref AWS::NoValue]",
            {"NON_COMPLIANT"},
        ),
        ("AWS::RDS::DBInstance", "DBClusterIdentifier: !If [Gold, c, !Ref AWS::NoValue]", set()),
        ("AWS::RDS::DBInstance", "DBClusterIdentifier: !If [Nobody, c, d]", {"INSUFFICIENT_DATA"}),
        ("AWS::RDS::DBCluster", "Engine: !Ref Tier", {"NON_COMPLIANT"}),
        ("AWS::RDS::DBCluster", "Engine: !Ref Unsaid", {"INSUFFICIENT_DATA"}),
    ],
)
def test_what_a_resource_is_may_depend_on_a_value(
    check: Check, tmp_path: Path, kind: str, property_: str, said: set[str]
) -> None:
    """Whether an instance is part of a cluster, and whether a cluster is Aurora's."""
    other = f"  Other: {{Type: {kind}, Properties: {{{property_}}}}}\n"

    result = check(yaml_value(tmp_path, changed(("  Data:", f"{other}  Data:"))))

    assert {verdict for _, _, verdict, _ in said_of(result)} == said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RuleName: main", "RuleName: 2026"),
        ("RuleName: main", "RuleName: true"),
        ("SelectionName: gold", "SelectionName: 1"),
        (
            "{ConditionType: STRINGEQUALS,",
            f"{{ConditionType: STRINGEQUALS, {FLAG}}}\n          - {{ConditionType: STRINGEQUALS,",
        ),
        ("      BackupSelection:\n", "      BackupSelection: !If\n       - Gold\n       -\n"),
    ],
    ids=range(5),
)
def test_texts_may_be_written_as_numbers_and_flags(check: Check, tmp_path: Path, old: str, new: str) -> None:
    """As CloudFormation takes them."""
    text = changed((old, new))
    if "!If" in new:
        text = text.replace("  Data:\n", "       - !Ref AWS::NoValue\n  Data:\n")

    assert said_of(check(yaml_value(tmp_path, text))) == set()


def test_what_a_template_takes_for_granted_is_said(check: Check, tmp_path: Path) -> None:
    """Tags of the stack go to its resources."""
    own = "input-1.json: the stack has no tags of its own"

    assert own in "\n".join(check(yaml_value(tmp_path, changed())).assumed)


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        ("!If [Hidden, {ChangeableForDays: 3}, !Ref AWS::NoValue]", {"INSUFFICIENT_DATA"}),
        ("!If [Gold, {ChangeableForDays: 3}, !Ref AWS::NoValue]", set()),
        ("{MinRetentionDays: 7}", {"NON_COMPLIANT"}),
        ("!If [Copied, {ChangeableForDays: 3}, !Ref AWS::NoValue]", {"NON_COMPLIANT"}),
    ],
    ids=range(4),
)
def test_a_vault_whose_lock_is_not_known_is_counted_as_unknown(
    check: Check, tmp_path: Path, lock: str, said: set[str]
) -> None:
    """Neither as locked nor as open."""
    text = changed(
        ("  Copied:", "  Hidden: !Equals [!Ref Unsaid, x]\n  Copied:"),
        ('{MinRetentionDays: 7, MaxRetentionDays: "35", ChangeableForDays: 3}', lock),
    )

    found = said_of(check(yaml_value(tmp_path, text)))

    assert {verdict for control, _, verdict, _ in found if control == "BKP-IMM-003"} == said


def test_a_vault_of_which_no_lock_is_demanded_may_have_any(check: Check, tmp_path: Path) -> None:
    """What is not known of it does not matter."""
    text = changed(
        ("ConditionValue: !Ref Tier", "ConditionValue: bronze"),
        ('Value: !Join ["", [go, ld]]', "Value: bronze"),
        ("ChangeableForDays: 3", "ChangeableForDays: !Ref Unsaid"),
    )

    assert "BKP-IMM-003" not in {control for control, *_ in said_of(check(yaml_value(tmp_path, text)))}


def test_a_selection_that_is_not_known_may_be_of_any_tier(check: Check, tmp_path: Path) -> None:
    """So it is not known whether a vault without a lock needs one, though no resource is declared."""
    alone = TEMPLATE[: TEMPLATE.index("  Data:")].replace(", ChangeableForDays: 3", "")
    for text, said in (
        (alone, "NON_COMPLIANT"),
        (alone.replace("ConditionValue: !Ref Tier", "ConditionValue: !Ref Unsaid"), "INSUFFICIENT_DATA"),
        (alone.replace("ConditionValue: !Ref Tier", "ConditionValue: silver"), None),
    ):
        found = said_of(check(yaml_value(tmp_path, text)))
        assert {one[2] for one in found if one[0] == "BKP-IMM-003"} == ({said} if said else set())


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("BackupPolicy: {Status: ENABLED}", {"INSUFFICIENT_DATA"}),
        ("BackupPolicy: {Status: DISABLED}", {"NON_COMPLIANT"}),
        ("BackupPolicy: {Status: !Ref Unsaid}", {"INSUFFICIENT_DATA"}),
        ("BackupPolicy: !If [Copied, {Status: ENABLED}, !Ref AWS::NoValue]", {"NON_COMPLIANT"}),
        ("AvailabilityZoneName: eu-west-1a", {"INSUFFICIENT_DATA"}),
        ("Encrypted: true", {"NON_COMPLIANT"}),
        ("BackupPolicy: {Status: ENABLED}, FileSystemTags: [{Key: backup-tier, Value: gold}]", set()),
    ],
    ids=range(7),
)
def test_a_file_system_may_be_backed_up_by_efs_itself(
    check: Check, tmp_path: Path, properties: str, said: set[str]
) -> None:
    """By a plan that no template declares."""
    other = f"  Other: {{Type: AWS::EFS::FileSystem, Properties: {{{properties}}}}}\n"

    found = said_of(check(yaml_value(tmp_path, changed(("  Data:", f"{other}  Data:")))))

    assert {verdict for _, address, verdict, _ in found if address == "Other"} == said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("      Size: 8\n", "      <<: {Tags: []}\n", {"INSUFFICIENT_DATA"}),
        ("  Data:\n", "  <<: {}\n  Data:\n", {"INSUFFICIENT_DATA"}),
        ("      Size: 8\n", "      Size: {<<: {}}\n", set()),
    ],
    ids=range(3),
)
def test_merges_of_yaml_may_bring_anything(
    check: Check, tmp_path: Path, old: str, new: str, said: set[str]
) -> None:
    """CloudFormation does not know them, and programs that send templates may."""
    found = said_of(check(yaml_value(tmp_path, changed((old, new)))))

    assert {verdict for _, _, verdict, _ in found} == said


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::A": []}}, True),
        ({"Resources": {"Fn::Transform": {"Name": "M"}}}, True),
        ({"Transform": "M", "Resources": {}}, False),
        ({"Resources": {"a": {"Type": "x"}}}, False),
    ],
    ids=range(4),
)
def test_a_template_of_nothing_but_macros_is_one(document: dict[str, Any], *, said: bool) -> None:
    """So that it is not passed over in a folder."""
    assert is_template(document) is said
