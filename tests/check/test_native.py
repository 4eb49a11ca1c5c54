"""What protects resources apart from AWS Backup, where a tier accepts it: in plans and in templates."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.catalogue.load import Catalogue
from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from auditor.check.run import CheckOptions, judge_inputs
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from tests.check.conftest import AS_OF, messages, said_of
from tests.check.terraform import ACCOUNT, REGION, Later, Plan, backup_plan, by_tag, selection, vault

COVERED = "BKP-COV-001"
TIERS = """\
tiers:
  own:
    required: true
    rpo_hours: 26
    retention_days: 14
    customer_key: false
    lock: none
    native:
      coverage: [automated_backups, point_in_time_recovery, lifecycle_policy]
  strict: {required: true, rpo_hours: 26, retention_days: 14, customer_key: false, lock: none}
assignment:
  - {tags: {tier: strict}, tier: strict}
default: own
"""
LATER = Later(None, ["var.days"])

#: Whether something is on and for how many days it keeps; None where it is not known.
Kept = tuple[bool, int | None] | None
#: What BKP-COV-001 says by address where it does not pass, what each resource has, and every sentence.
Judged = Callable[[Any], tuple[dict[str, str], dict[str, Kept], str]]


@pytest.fixture(scope="module")
def accepting(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The shipped policies with a tier that accepts what services make, and one that does not."""
    tiers = tmp_path_factory.mktemp("native") / "tiers.yaml"
    tiers.write_text(TIERS, encoding="utf-8")
    return Catalogue.load(tiers=tiers)


@pytest.fixture
def judged(accepting: Catalogue, engine: Engine, tmp_path: Path) -> Judged:
    """Check a document."""

    def run(document: Any) -> tuple[dict[str, str], dict[str, Kept], str]:
        file = tmp_path / "input.json"
        file.write_bytes(orjson.dumps(document))
        options = CheckOptions(account=ACCOUNT, region=REGION, unit="")
        inputs = read_inputs((file,), Assumed(ACCOUNT, REGION))
        result = judge_inputs(inputs, engine, accepting, Settings(as_of=AS_OF), options)
        found = {
            address: "unknown" if verdict == "INSUFFICIENT_DATA" else code
            for control, address, verdict, code in said_of(result)
            if control == COVERED
        }
        kept: dict[str, Kept] = {
            one.declaration.address: None if own.fault else (own.enabled, own.days)
            for reading in inputs.readings
            for one in reading.resources
            for own in one.native
        }
        return found, kept, messages(result)

    return run


def other_plan() -> Plan:
    """A backup plan that selects nothing of what is tested."""
    plan = backup_plan(vault(Plan()), "gold")
    return selection(plan, "gold", "gold", selection_tag=by_tag("gold"))


def template(**resources: Any) -> Any:
    """A template of some resources, with a backup plan that does not select them."""
    gold = {
        "BackupPlanName": "gold",
        "BackupPlanRule": [
            {"RuleName": "r", "TargetBackupVault": "main", "ScheduleExpression": "cron(0 5 ? * * *)"}
        ],
    }
    chosen = {
        "SelectionName": "gold",
        "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/backup",
        "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "t", "ConditionValue": "gold"}],
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"Days": {"Type": "Number"}},
        "Resources": {
            "Plan": {"Type": "AWS::Backup::BackupPlan", "Properties": {"BackupPlan": gold}},
            "Selection": {
                "Type": "AWS::Backup::BackupSelection",
                "Properties": {"BackupPlanId": {"Ref": "Plan"}, "BackupSelection": chosen},
            },
            **resources,
        },
    }


OFF, ON = (False, 0), {"enabled": True}
PITR, PITR_CFN = "point_in_time_recovery", "PointInTimeRecoverySpecification"
REF = {"Ref": "Days"}
DAYS, FSX = "backup_retention_period", "automatic_backup_retention_days"
#: What each says, `Later` being what is known only after the apply: without an expression it is left out.
IN_PLANS: list[tuple[str, dict[str, Any], Kept]] = [
    ("aws_db_instance", {DAYS: 14}, (True, 14)),
    ("aws_db_instance", {DAYS: 0}, OFF),
    ("aws_db_instance", {DAYS: Later(0)}, OFF),  # the provider says 0
    ("aws_db_instance", {DAYS: Later(7), "snapshot_identifier": "s"}, None),
    # what is not written the provider tells later; a block may be a `dynamic` one
    ("aws_db_instance", {DAYS: Later(0), "snapshot_identifier": Later("")}, OFF),
    ("aws_db_instance", {DAYS: Later(7), "restore_to_point_in_time": Later([])}, None),
    ("aws_db_instance", {DAYS: LATER}, None),
    ("aws_db_instance", {}, None),
    ("aws_rds_cluster", {"engine": "aurora-mysql", DAYS: 35}, (True, 35)),
    ("aws_rds_cluster", {"engine": "mysql", DAYS: Later(1)}, (True, 1)),
    ("aws_docdb_cluster", {DAYS: 5}, (True, 5)),
    ("aws_neptune_cluster", {DAYS: 1}, (True, 1)),
    ("aws_redshift_cluster", {"automated_snapshot_retention_period": 14}, (True, 14)),
    ("aws_redshift_cluster", {"automated_snapshot_retention_period": 0}, OFF),
    ("aws_fsx_windows_file_system", {FSX: 90}, (True, 90)),
    ("aws_fsx_lustre_file_system", {FSX: Later(0)}, OFF),
    ("aws_fsx_openzfs_file_system", {FSX: Later(0)}, None),
    ("aws_dynamodb_table", {PITR: [{"enabled": True, "recovery_period_in_days": 0}]}, (True, 35)),
    ("aws_dynamodb_table", {PITR: [{"enabled": True, "recovery_period_in_days": 7}]}, (True, 7)),
    ("aws_dynamodb_table", {PITR: [{"enabled": False}]}, (False, None)),
    ("aws_dynamodb_table", {PITR: []}, (False, None)),
    ("aws_dynamodb_table", {PITR: Later([])}, None),  # left out, or a `dynamic` block
    ("aws_dynamodb_table", {PITR: LATER}, None),
]


def covered(kept: dict[str, Kept]) -> dict[str, str]:
    """What BKP-COV-001 says of resources that no plan selects and whose tier accepts what they have."""
    said = {address: "unknown" if one is None else "not_selected" for address, one in kept.items()}
    return {address: text for address, text in said.items() if not (kept[address] or OFF)[0]}


def test_what_a_plan_says_of_own_backups_counts(judged: Judged) -> None:
    """On, off, or not known: then the gap names the first attribute."""
    plan, wanted = other_plan(), dict[str, Kept]()
    for number, (kind, values, kept) in enumerate(IN_PLANS):
        plan.add(f"{kind}.it{number}", id=Later("id"), arn=Later("arn"), tags_all={}, **values)
        wanted[f"{kind}.it{number}"] = kept

    said, found, sentences = judged(plan.first())

    assert (said, found) == (covered(wanted), wanted)
    assert "aws_db_instance.it3: aws_db_instance backup_retention_period is not known" in sentences
    assert "and of 4 more" in sentences


@pytest.mark.parametrize(
    ("written", "days"), [([{"enabled": {}}], 35), ([{"enabled": {}, "recovery_period_in_days": {}}], None)]
)
def test_days_of_a_block_that_is_not_dynamic_may_be_left_out(
    judged: Judged, written: list[Any], days: int | None
) -> None:
    """Then they are the service's; those of a `dynamic` block may be written there."""
    plan = other_plan()
    values: dict[str, Any] = {PITR: [ON], "tags_all": {}}
    for name, given in (("it", {PITR: written}), ("dynamic", {})):
        plan.add(f"aws_dynamodb_table.{name}", id=Later("i"), arn=Later("a"), expressions=given, **values)
        plan.changes[-1]["change"]["after_unknown"][PITR] = [{"recovery_period_in_days": True}]

    found = judged(plan.first())[1]

    assert found == {"aws_dynamodb_table.it": (True, days), "aws_dynamodb_table.dynamic": (True, None)}


@pytest.mark.parametrize(
    ("written", "unknown", "said"),
    [
        ([{"resource_types": {}, "target_tags": {}, "schedule": [{}]}], "resource_locations", ""),
        ([{"resource_types": {}, "target_tags": {}}], "schedule", "unknown"),
        ([{"resource_types": {}, "target_tags": {}}], "exclusions", "unknown"),
        ([], "target_tags", "unknown"),
    ],
)
def test_blocks_of_a_policy_that_are_not_known_are_not_left_out(
    judged: Judged, written: list[Any], unknown: str, said: str
) -> None:
    """A `dynamic` block is not in the configuration, and an attribute that is not there has no value."""
    plan = lifecycle_policy(other_plan(), expressions={"policy_details": written})
    plan.changes[-1]["change"]["after_unknown"]["policy_details"] = [{unknown: True}]
    tags = {"dlm": "yes"}
    plan.add("aws_ebs_volume.it", tags=tags, tags_all=tags, id=Later("v"), arn=Later("a"))

    assert judged(plan.first())[0] == ({"aws_ebs_volume.it": said} if said else {})


def test_a_tier_that_accepts_none_has_a_finding_that_names_it(judged: Judged) -> None:
    """As an audit has."""
    values: dict[str, Any] = {"tags_all": {"tier": "strict"}, DAYS: 7}
    plan = other_plan().add("aws_db_instance.it", id=Later("id"), arn=Later("a"), **values)

    said, _, sentences = judged(plan.first())

    assert said == {"aws_db_instance.it": "only_native"}
    assert "tier strict does not accept automated backups (7 days) as coverage" in sentences


IN_TEMPLATES: list[tuple[str, dict[str, Any], Kept]] = [
    ("AWS::RDS::DBInstance", {"BackupRetentionPeriod": "14"}, (True, 14)),
    ("AWS::RDS::DBInstance", {"BackupRetentionPeriod": 0}, OFF),
    ("AWS::RDS::DBInstance", {}, (True, 1)),  # RDS keeps them for a day
    ("AWS::RDS::DBInstance", {"DBSnapshotIdentifier": "s"}, None),
    ("AWS::RDS::DBInstance", {"BackupRetentionPeriod": REF}, None),
    ("AWS::RDS::DBCluster", {"Engine": "aurora-mysql", "BackupRetentionPeriod": 14}, (True, 14)),
    ("AWS::DocDB::DBCluster", {}, (True, 1)),
    ("AWS::Neptune::DBCluster", {"BackupRetentionPeriod": 35}, (True, 35)),
    ("AWS::Redshift::Cluster", {"AutomatedSnapshotRetentionPeriod": 0}, OFF),
    ("AWS::FSx::FileSystem", {"FileSystemType": "WINDOWS", "WindowsConfiguration": {}}, (True, 30)),
    ("AWS::FSx::FileSystem", {"FileSystemType": "LUSTRE"}, OFF),
    ("AWS::FSx::FileSystem", {"FileSystemType": "OPENZFS"}, None),
    ("AWS::DynamoDB::Table", {PITR_CFN: {"PointInTimeRecoveryEnabled": True}}, (True, 35)),
    (
        "AWS::DynamoDB::Table",
        {PITR_CFN: {"PointInTimeRecoveryEnabled": "true", "RecoveryPeriodInDays": 2}},
        (True, 2),
    ),
    ("AWS::DynamoDB::Table", {}, (False, None)),
    ("AWS::DynamoDB::Table", {PITR_CFN: {"PointInTimeRecoveryEnabled": REF}}, None),
]


def test_what_a_template_says_of_own_backups_counts(judged: Judged) -> None:
    """As a plan does."""
    cases = {f"It{number}": case for number, case in enumerate(IN_TEMPLATES)}
    wanted = {name: kept for name, (_, _, kept) in cases.items()}
    resources = {name: {"Type": kind, "Properties": given} for name, (kind, given, _) in cases.items()}

    said, found, sentences = judged(template(**resources))

    assert (said, found) == (covered(wanted), wanted)
    assert "It3: AWS::RDS::DBInstance BackupRetentionPeriod is not known (it is left out)" in sentences


def lifecycle_policy(plan: Plan, state: str = "ENABLED", expressions: Any = None, **details: Any) -> Plan:
    """A policy of Data Lifecycle Manager, of volumes with a tag."""
    block = {"resource_types": ["VOLUME"], "target_tags": {"dlm": "yes"}, "schedule": [{"name": "a"}]}
    made = [{**block, **details}]
    return plan.add("aws_dlm_lifecycle_policy.it", expressions=expressions, state=state, policy_details=made)


@pytest.mark.parametrize(
    ("policy", "tags", "said"),
    [
        ({}, {"dlm": "yes"}, ""),
        ({}, {"dlm": "Yes"}, "not_selected"),
        ({"state": "DISABLED"}, {"dlm": "yes"}, "not_selected"),
        ({"schedule": []}, {"dlm": "yes"}, "not_selected"),
        ({}, Later({}, ["var.tags"]), "unknown"),
        (None, {"dlm": "yes"}, "unknown"),
    ],
)
def test_policies_of_data_lifecycle_manager_among_the_inputs_count(
    judged: Judged, policy: dict[str, Any] | None, tags: Any, said: str
) -> None:
    """They back up what has their tags; without any among the inputs it is not known what does."""
    plan = other_plan() if policy is None else lifecycle_policy(other_plan(), **policy)
    plan.add("aws_ebs_volume.it", tags=tags, tags_all=tags, id=Later("v"), arn=Later("a"))

    found, _, sentences = judged(plan.first())

    assert found == ({"aws_ebs_volume.it": said} if said else {})
    assert policy is not None or "no policy of Data Lifecycle Manager is among the inputs" in sentences


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, {}),
        ({"State": REF}, {"It": "unknown"}),
        ({"State": "DISABLED"}, {"It": "not_selected"}),
        ({"DefaultPolicy": "VOLUME", "PolicyDetails": {"PolicyLanguage": "SIMPLIFIED"}}, {}),
        (
            {"DefaultPolicy": "INSTANCE", "PolicyDetails": {"PolicyLanguage": "SIMPLIFIED"}},
            {"It": "not_selected"},
        ),
        (
            {"PolicyDetails": {"TargetTags": "x", "ResourceTypes": 1, "Schedules": [None]}},
            {"It": "not_selected"},
        ),
    ],
)
def test_those_of_a_template_count_too(judged: Judged, changed: dict[str, Any], said: dict[str, str]) -> None:
    """Custom ones and default ones, whatever stands in them."""
    target = [{"Key": "dlm", "Value": "yes"}]
    details = {"ResourceTypes": ["VOLUME"], "TargetTags": target, "Schedules": [{}]}
    properties = {"State": "ENABLED", "PolicyDetails": details, **changed}
    policy = {"Type": "AWS::DLM::LifecyclePolicy", "Properties": properties}
    volume = {"Type": "AWS::EC2::Volume", "Properties": {"Tags": target}}

    assert judged(template(Policy=policy, It=volume))[0] == said
