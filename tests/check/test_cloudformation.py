"""CloudFormation's templates: YAML and JSON, functions, conditions, lines, and what stays unknown."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.check.cloudformation.functions import UnknownInTemplate
from auditor.check.cloudformation.values import Values
from auditor.check.declared import Place, Source
from auditor.check.lines import document_of
from tests.check.conftest import Check, Said, messages, said_of

COVERED, RPO, RETENTION, LOCK, LOCKED = (
    "BKP-COV-001", "BKP-FRQ-003", "BKP-RET-001", "BKP-IMM-002", "BKP-IMM-003",
)  # fmt: skip

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Tier: {Type: String, Default: gold}
  Days: {Type: Number, Default: 35}
  Unsaid: {Type: String}
Conditions:
  Gold: !Equals [!Ref Tier, gold]
  Copied: !Not [{Condition: Gold}]
Mappings:
  Windows: {gold: {Minutes: 60}}
Resources:
  Main:
    Type: AWS::Backup::BackupVault
    Properties:
      BackupVaultName: !Sub "main-${AWS::Region}"
      LockConfiguration: {MinRetentionDays: 7, MaxRetentionDays: "35", ChangeableForDays: 3}
  Plan:
    Type: AWS::Backup::BackupPlan
    Properties:
      BackupPlan:
        BackupPlanName: gold
        BackupPlanRule:
          - RuleName: main
            TargetBackupVault: !Ref Main
            ScheduleExpression: cron(0 0/6 ? * * *)
            StartWindowMinutes: !FindInMap [Windows, !Ref Tier, Minutes]
            Lifecycle: {DeleteAfterDays: !Ref Days}
            CopyActions: !If
              - Copied
              - - DestinationBackupVaultArn: !GetAtt Main.BackupVaultArn
              - !Ref AWS::NoValue
  Selection:
    Type: AWS::Backup::BackupSelection
    Properties:
      BackupPlanId: !Ref Plan
      BackupSelection:
        SelectionName: gold
        IamRoleArn: !ImportValue role
        ListOfTags:
          - {ConditionType: STRINGEQUALS, ConditionKey: backup-tier, ConditionValue: !Ref Tier}
  Data:
    Type: AWS::EC2::Volume
    Properties:
      Size: 8
      Encrypted: true
      KmsKeyId: alias/data
      Tags:
        - {Key: backup-tier, Value: !Join ["", [go, ld]]}
"""


def write(path: Path, text: str) -> Path:
    """A template in a file."""
    path.write_text(text, encoding="utf-8")
    return path


def changed(*pairs: tuple[str, str]) -> str:
    """The template with other words; each must be there."""
    text = TEMPLATE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def found(command: Said, file: Path, *more: str) -> tuple[int, set[tuple[str, str, str, int]]]:
    """The exit code, and control, address, verdict and line of each entry."""
    code, out, _ = command("check", file, "--unit", "", "--format", "json", *more)
    return code, {
        (
            entry["control_id"],
            entry["subject"]["address"],
            entry["verdict"],
            entry["subject"]["line"],
        )
        for entry in json.loads(out)["entries"]
    }


def test_a_template_that_protects_as_its_tier_demands_passes(command: Said, tmp_path: Path) -> None:
    """With Ref, Sub, GetAtt, Join, FindInMap, If and conditions worked out."""
    file = write(tmp_path / "template.yaml", TEMPLATE)

    code, out, _ = command("check", file, "--unit", "")

    assert code == 0
    assert out.splitlines()[-1] == "6 compliant, 0 findings, 0 unknown, 0 not looked at, 0 waived"
    assert f"assumed: {file}: parameters have their defaults" in out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'Value: !Join ["", [go, ld]]',
            "Value: !ImportValue tier",
            {(COVERED, "Data", "INSUFFICIENT_DATA", 41)},
        ),
        ("[go, ld]", "[Go, ld]", {(COVERED, "Data", "NON_COMPLIANT", 41)}),
        ("{Minutes: 60}", "{Minutes: 1081}", {(RPO, "Plan", "NON_COMPLIANT", 17)}),
        ("Default: 35", "Default: 34", {(RETENTION, "Plan", "NON_COMPLIANT", 17)}),
        ('MaxRetentionDays: "35"', 'MaxRetentionDays: "34"', {(LOCK, "Plan", "NON_COMPLIANT", 17)}),
        (
            "MinRetentionDays: 7",
            "MinRetentionDays: !Ref Unsaid",
            {(LOCK, "Plan", "INSUFFICIENT_DATA", 17), (LOCKED, "Main", "INSUFFICIENT_DATA", 12)},
        ),
    ],
    ids=["function", "tag", "window", "retention", "lock", "unknown-lock"],
)
def test_a_change_of_one_word_is_found_with_its_line(
    command: Said, tmp_path: Path, old: str, new: str, said: set[tuple[str, str, str, int]]
) -> None:
    """Each by its logical id and the line on which that stands."""
    _, entries = found(command, write(tmp_path / "t.yaml", changed((old, new))))

    assert said <= entries
    assert {entry for entry in entries if entry[2] == "NON_COMPLIANT"} == {
        entry for entry in said if entry[2] == "NON_COMPLIANT"
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ConditionValue: !Ref Tier", "ConditionValue: !Ref Unsaid"),
        ("DeleteAfterDays: !Ref Days", "DeleteAfterDays: !Ref Unsaid"),
        ("ScheduleExpression: cron(0 0/6 ? * * *)", "ScheduleExpression: !Ref Unsaid"),
    ],
)
def test_a_parameter_without_a_default_is_unknown(check: Check, tmp_path: Path, old: str, new: str) -> None:
    """Named, and neither a pass nor a finding of what depends on it."""
    result = check(yaml_value(tmp_path, changed((old, new))))

    assert {verdict for _, _, verdict, _ in said_of(result)} == {"INSUFFICIENT_DATA"}
    assert "it depends on Ref Unsaid, which the template does not tell" in messages(result)


def yaml_value(tmp_path: Path, text: str) -> Any:
    """A template of YAML as the JSON that it stands for."""
    return document_of(Source(str(tmp_path), text.encode())).value


def test_json_says_the_same_as_yaml(check: Check, tmp_path: Path) -> None:
    """The long forms of the functions; what CDK synthesises is JSON too."""
    assert said_of(check(yaml_value(tmp_path, TEMPLATE))) == set()
    spoilt = yaml_value(tmp_path, changed(("[go, ld]", "[Go, ld]")))
    assert {(control, address) for control, address, *_ in said_of(check(spoilt))} == {(COVERED, "Data")}


def test_a_resource_whose_condition_does_not_hold_is_not_made(check: Check, tmp_path: Path) -> None:
    """One whose condition is not known leaves everything open; of what backups need not, it does not."""
    volume = "  Data:\n    Type: AWS::EC2::Volume\n"
    other = "  Other:\n    Type: {}\n    Condition: {}\n"

    def with_other(kind: str, condition: str) -> Any:
        text = changed((volume, other.format(kind, condition) + volume))
        return yaml_value(
            tmp_path, text.replace("  Copied:", "  Hidden: !Equals [!Ref Unsaid, x]\n  Copied:")
        )

    assert said_of(check(with_other("AWS::EC2::Volume", "Copied"))) == set()
    assert {address for _, address, *_ in said_of(check(with_other("AWS::EC2::Volume", "Gold")))} == {"Other"}
    hidden = check(with_other("AWS::EC2::Volume", "Hidden"))
    assert {verdict for _, _, verdict, _ in said_of(hidden)} == {"INSUFFICIENT_DATA"}
    assert said_of(check(with_other("AWS::SNS::Topic", "Hidden"))) == set()


@pytest.mark.parametrize(
    ("written", "where", "other"),
    [
        ('!Equals [!Ref On, "true"]', {}, "made"),
        ('!Equals [!Ref On, "True"]', {}, "not made"),
        ('!Equals [!Sub "${On}-${Days}", true-35]', {}, "made"),
        ("!Equals [!Ref Days, '35']", {}, "made"),
        ("!Equals [!Ref AWS::Region, eu-west-1]", {}, "unknown"),
        ("!Equals [!Ref AWS::Region, eu-west-1]", {"region": "eu-west-1"}, "made"),
        ("!Equals [!Ref AWS::Region, eu-west-1]", {"region": "eu-west-2"}, "not made"),
        ("!Equals [!Sub 'in-${AWS::Partition}', in-aws]", {}, "unknown"),
        ("!Equals [!Sub 'in-${AWS::Partition}', in-aws]", {"region": "eu-west-2"}, "made"),
        ('!Equals [!Ref AWS::AccountId, "111122223333"]', {"region": "eu-west-1"}, "unknown"),
        ('!Equals [!Ref AWS::AccountId, "111122223333"]', {"account": "111122223333"}, "made"),
        ("!Equals [!GetAtt Main.BackupVaultName, main]", {"region": "eu-west-1"}, "unknown"),
        ("!Equals [!Ref Unsaid, x]", {}, "unknown"),
    ],
)
def test_a_condition_compares_texts_that_are_known(
    check: Check, tmp_path: Path, written: str, where: dict[str, str], other: str
) -> None:
    """A flag is the text `true`; what stands in for an account or a Region that no input names is unknown."""
    text = changed(
        ("  Copied:", f"  Here: {written}\n  Copied:"),
        ("  Unsaid:", "  On: {Type: String, Default: true}\n  Unsaid:"),
        ("  Data:\n", "  Other:\n    Type: AWS::EC2::Volume\n    Condition: Here\n  Data:\n"),
    )

    result = check(yaml_value(tmp_path, text), **where)

    found = {(address, verdict) for _, address, verdict, _ in said_of(result)}
    if other == "unknown":
        assert {verdict for _, verdict in found} == {"INSUFFICIENT_DATA"}
        assert result.exit_code == 4
    else:
        assert found == ({("Other", "NON_COMPLIANT")} if other == "made" else set())


KEYED = "Encrypted: true, KmsKeyId: alias/data"
GOLD, SILVER = "{Key: backup-tier, Value: gold}", "{Key: backup-tier, Value: silver}"


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (f"[!If [Gold, {GOLD}, {SILVER}]]", set()),
        (f"[!If [Copied, {GOLD}, {SILVER}]]", {"NON_COMPLIANT"}),
        (f"[!If [Gold, {GOLD}, !Ref AWS::NoValue]]", set()),
        (f"[!If [Copied, {SILVER}, !Ref AWS::NoValue], {GOLD}]", set()),
        (f"!If [Gold, [{GOLD}], !Ref AWS::NoValue]", set()),
        (f"[!If [Hidden, {SILVER}, !Ref AWS::NoValue]]", {"INSUFFICIENT_DATA"}),
        (f"!If [Hidden, [{GOLD}], !Ref AWS::NoValue]", {"INSUFFICIENT_DATA"}),
        (f"[{GOLD}, {{Fn::Transform: {{Name: AWS::Include}}}}]", set()),
        ("[{Key: backup-tier, Fn::Transform: {Name: AWS::Include}}]", {"INSUFFICIENT_DATA"}),
        ("[{Key: backup-tier, Value: !Ref AWS::Region}]", {"INSUFFICIENT_DATA"}),
        (f"[{GOLD}, {{Key: on, Value: true}}]", set()),
        ("[{Key: backup-tier, Value: [gold]}]", {"INSUFFICIENT_DATA"}),
    ],
)
def test_tags_that_depend_on_conditions(check: Check, tmp_path: Path, tags: str, said: set[str]) -> None:
    """Worked out where the condition is known; what cannot be hides the tags, and is never no tag."""
    text = changed(
        ("  Copied:", "  Hidden: !Equals [!Ref Unsaid, x]\n  Copied:"),
        (
            "  Data:\n",
            f"  Other: {{Type: AWS::EC2::Volume, Properties: {{{KEYED}, Tags: {tags}}}}}\n  Data:\n",
        ),
    )

    verdicts = {verdict for _, _, verdict, _ in said_of(check(yaml_value(tmp_path, text)))}

    assert verdicts == said


def test_a_flag_in_a_tag_is_the_text_true(check: Check, tmp_path: Path) -> None:
    """As CloudFormation passes it on; `True` is another value."""
    for chosen, said in (("true", set()), ("True", {"NON_COMPLIANT"})):
        text = changed(
            (
                "ConditionKey: backup-tier, ConditionValue: !Ref Tier",
                f'ConditionKey: on, ConditionValue: "{chosen}"',
            ),
            ('Value: !Join ["", [go, ld]]}', "Value: gold}\n        - {Key: on, Value: true}"),
        )
        verdicts = {verdict for _, _, verdict, _ in said_of(check(yaml_value(tmp_path, text)))}
        assert verdicts == said


INCLUDE = "{Name: AWS::Include, Parameters: {Location: s3://b/x}}"


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        (f"Transform: OurMacro\n{TEMPLATE}", True),
        (f"Transform: [{{Name: OurMacro}}]\n{TEMPLATE}", True),
        (f"Transform: {INCLUDE}\n{TEMPLATE}", True),
        (f"Fn::Transform: {INCLUDE}\n{TEMPLATE}", True),
        (f"Transform: [AWS::LanguageExtensions, OurMacro]\n{TEMPLATE}", True),
        (f"Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n{TEMPLATE}", False),
        (f"Transform: [{{Name: AWS::LanguageExtensions}}]\n{TEMPLATE}", False),
        (changed(("  Data:\n", "  Fn::ForEach::Disks: [a, [b], {}]\n  Data:\n")), True),
        (changed(("  Data:\n", f"  Data:\n    Fn::Transform: {INCLUDE}\n")), True),
        (changed(("      Size: 8\n", f"      Fn::Transform: {INCLUDE}\n")), True),
        (changed(("      Size: 8\n", f"      Description: {{Fn::Transform: {INCLUDE}}}\n")), False),
        (
            changed(
                ("  Data:\n", f"  O: {{Type: A::B::C, Properties: {{Fn::Transform: {INCLUDE}}}}}\n  Data:\n")
            ),
            False,
        ),
        (changed(("  Data:\n", f"  O: {{Fn::Transform: {INCLUDE}}}\n  Data:\n")), True),
        (changed(("  Data:\n", "  O: {Type: Own::Disk::Set::MODULE}\n  Data:\n")), True),
        (changed(("  Data:\n", "  O: {Type: Own::Disk::Set::MODULE, Condition: Copied}\n  Data:\n")), False),
    ],
    ids=range(15),
)
def test_macros_and_loops_leave_everything_open(
    check: Check, tmp_path: Path, text: str, *, unknown: bool
) -> None:
    """They make resources that nobody has written; what only gives a value that nothing asks for does not."""
    result = check(yaml_value(tmp_path, text))

    assert {verdict for _, _, verdict, _ in said_of(result)} == ({"INSUFFICIENT_DATA"} if unknown else set())
    assert result.exit_code == (4 if unknown else 0)


@pytest.mark.parametrize(
    ("kind", "properties", "said"),
    [
        ("AWS::RDS::DBInstance", {"DBClusterIdentifier": "c"}, set()),
        ("AWS::RDS::DBInstance", {"Engine": "mysql"}, {"Other"}),
        ("AWS::RDS::DBCluster", {"Engine": "aurora-mysql"}, {"Other"}),
        ("AWS::S3::Bucket", {}, {"Other"}),
        ("AWS::DynamoDB::Table", {"Tags": [{"Key": "backup-tier", "Value": "gold"}]}, {"Main", "Other"}),
        ("AWS::EFS::FileSystem", {"FileSystemTags": [{"Key": "backup-tier", "Value": "gold"}]}, {"Main"}),
        ("AWS::EFS::FileSystem", {"Tags": [{"Key": "backup-tier", "Value": "gold"}]}, {"Other"}),
        ("AWS::SNS::Topic", {}, set()),
    ],
)
def test_the_types_that_aws_backup_can_back_up(
    check: Check, tmp_path: Path, kind: str, properties: dict[str, Any], said: set[str]
) -> None:
    """By their own property of tags; members of a cluster are part of it.

    The vault `Main` has no key of the customer's, which counts for what has the key of its vault; whether a
    table has that is not known.
    """
    document = yaml_value(tmp_path, TEMPLATE)
    document["Resources"]["Other"] = {"Type": kind, "Properties": properties}

    assert {address for _, address, *_ in said_of(check(document))} == said


@pytest.mark.parametrize(
    "odd",
    [
        None,
        3,
        [],
        {"Type": "AWS::EC2::Volume", "Properties": []},
        {"Type": "AWS::EC2::Volume", "Properties": {"Tags": {"Ref": "Nobody"}}},
        {"Type": "AWS::Backup::BackupPlan", "Properties": {"BackupPlan": {"Fn::If": 1}}},
        {"Type": "AWS::Backup::BackupPlan", "Properties": {"BackupPlan": {"BackupPlanRule": [1]}}},
        {"Type": "AWS::Backup::BackupSelection", "Properties": {"BackupSelection": [], "BackupPlanId": {}}},
        {"Type": "AWS::Backup::BackupVault", "Properties": {"BackupVaultName": {"Ref": "Odd"}}},
        {"Type": "AWS::Backup::BackupVault", "Properties": {"LockConfiguration": {"MinRetentionDays": "x"}}},
        {"Type": "AWS::S3::Bucket", "Condition": ["x"]},
    ],
    ids=range(11),
)
def test_values_of_the_wrong_shape_are_no_crash(check: Check, tmp_path: Path, odd: Any) -> None:
    """What is odd is unknown, a finding or nothing; never an error."""
    document = yaml_value(tmp_path, TEMPLATE)
    document["Resources"]["Odd"] = odd

    assert check(document).exit_code in (0, 3, 4)


def bomb() -> Any:
    """A text that doubles with every level."""
    value: Any = "x" * 100
    for _ in range(12):
        value = {"Fn::Sub": ["${a}${a}${a}${a}", {"a": value}]}
    return value


@pytest.mark.parametrize(
    "value",
    [
        bomb(),
        {"Fn::Join": ["x" * 9_000, ["a", "b", "c"]]},
        {"Fn::GetAtt": ["A"]},
        {"Fn::Select": ["99999999999999999999", ["a"]]},
        {"Fn::Select": [3, ["a"]]},
        {"Fn::Sub": {}},
        {"Fn::Sub": []},
        {"Fn::Split": ["", "a"]},
        {"Fn::FindInMap": ["a", "b", "c"]},
        {"Fn::If": ["Round", 1, 2]},
        {"Ref": ["x"]},
        {"Fn::Base64": "x"},
    ],
    ids=range(12),
)
def test_what_cannot_be_worked_out_is_unknown(value: Any) -> None:
    """Within bounds, whatever it asks for."""
    conditions = {"Round": {"Fn::And": [{"Condition": "Round"}, {"Condition": "Round"}]}}
    values = Values({"Conditions": conditions}, Place("1", "r"), lambda name, attribute: name + attribute)

    with pytest.raises(UnknownInTemplate):
        values.of(value)
