"""Patterns of selections against ARNs of which parts are not known."""

from typing import Any

import pytest

from auditor.check.patterns import pieces_of, undecided
from tests.check.conftest import Check, said_of
from tests.check.terraform import ACCOUNT, Later, Plan, backup_plan, selection, vault
from tests.check.test_cloudformation import changed, yaml_value

MADE, OPEN = "(made)", "(open)"
VOLUME = f"arn:aws:ec2:eu-west-1:1:volume/{MADE}"
BUCKET = f"arn:aws:s3:::{OPEN}"
TABLE = f"arn:aws:dynamodb:{OPEN}:1:table/a"


@pytest.mark.parametrize(
    ("pattern", "arn", "said"),
    [
        ("arn:aws:ec2:eu-west-1:1:volume/vol-1", VOLUME, False),
        ("arn:aws:ec2:*:*:volume/vol-1", VOLUME, False),
        ("arn:aws:ec2:*:*:volume/*", VOLUME, False),
        ("arn:aws:ec2:*:*:volume/vol-*", VOLUME, True),
        ("arn:aws:ec2*a", VOLUME, True),
        ("arn:aws:ec2:us-*:volume/vol-*", VOLUME, False),
        ("arn:aws:ec2:*:instance/i-*", VOLUME, False),
        ("arn:aws:s3:::data", BUCKET, True),
        ("arn:aws:s3:::data-*", BUCKET, True),
        ("arn:aws:s3:::*", BUCKET, False),
        ("arn:aws:s3:::data", f"arn:aws:s3:::{MADE}", False),
        ("arn:aws:s3:::*-data", f"arn:aws:s3:::{MADE}", True),
        ("arn:aws:s3:::data/x", BUCKET, False),
        ("arn:aws:s3:::", BUCKET, False),
        (BUCKET, BUCKET, False),
        ("arn:aws:dynamodb:eu-west-1:1:table/a", TABLE, True),
        ("arn:aws:dynamodb:eu-west-1:1:table/b", TABLE, False),
        ("arn:aws:dynamodb:*:1:table/a", TABLE, False),
        ("a" * 3_000, TABLE, True),
        ("*" * 2_000 + "b", TABLE, False),
        ("*a" * 21, TABLE, True),
        ("*q" * 20, TABLE, False),
    ],
)
def test_whether_a_pattern_matches_may_depend_on_what_is_not_known(
    pattern: str, arn: str, *, said: bool
) -> None:
    """What AWS makes nobody has written; any other part may be any text."""
    assert undecided(pattern, arn, pieces_of(arn, MADE, [OPEN])) is said


def by_arn(pattern: str) -> tuple[str, str]:
    """The template's selection by an ARN in place of a tag."""
    tag = "{ConditionType: STRINGEQUALS, ConditionKey: backup-tier, ConditionValue: !Ref Tier}"
    return f"        ListOfTags:\n          - {tag}\n", f"        Resources: [{pattern}]\n"


DATA = "  Data:\n    Type: AWS::EC2::Volume\n"
HERE = {"account": "111122223333", "region": "eu-west-1"}
RDS = "arn:aws:rds:eu-west-1:111122223333:db"


@pytest.mark.parametrize(
    ("kind", "properties", "pattern", "where", "said"),
    [
        ("S3::Bucket", "BucketName: data", "arn:aws:s3:::data", {}, set()),
        ("S3::Bucket", "BucketName: other", "arn:aws:s3:::data", {}, {"NON_COMPLIANT"}),
        ("S3::Bucket", "BucketName: !Ref Unsaid", "arn:aws:s3:::data", {}, {"INSUFFICIENT_DATA"}),
        ("S3::Bucket", "BucketName: !Ref Unsaid", "!GetAtt Other.Arn", {}, set()),
        ("S3::Bucket", "AccessControl: Private", "arn:aws:s3:::data", {}, {"NON_COMPLIANT"}),
        ("S3::Bucket", "AccessControl: Private", "arn:aws:s3:::data-*", {}, {"INSUFFICIENT_DATA"}),
        ("S3::Bucket", "BucketName: !Sub 'a-${AWS::AccountId}'", "arn:aws:s3:::b-1", {}, {"NON_COMPLIANT"}),
        (
            "S3::Bucket",
            "BucketName: !Sub 'a-${AWS::AccountId}'",
            "arn:aws:s3:::a-1",
            {},
            {"INSUFFICIENT_DATA"},
        ),
        ("S3::Bucket", "BucketName: !Sub 'a-${AWS::AccountId}'", "arn:aws:s3:::a-1", HERE, {"NON_COMPLIANT"}),
        ("RDS::DBInstance", "DBInstanceIdentifier: Data", f"{RDS}:data", HERE, set()),
        ("RDS::DBInstance", "DBInstanceIdentifier: Data", f"{RDS}:data", {}, {"INSUFFICIENT_DATA"}),
        ("RDS::DBInstance", "DBInstanceIdentifier: Data", f"{RDS}:date", {}, {"NON_COMPLIANT"}),
        (
            "Timestream::Table",
            "DatabaseName: one, TableName: data",
            "arn:aws:timestream:*:*:database/one/table/*",
            {},
            set(),
        ),
        (
            "Timestream::Table",
            "DatabaseName: !Ref Unsaid, TableName: data",
            "arn:aws:timestream:*:*:database/one/table/*",
            {},
            {"INSUFFICIENT_DATA"},
        ),
        ("FSx::Volume", "Name: data", "arn:aws:fsx:*:*:volume/*", {}, set()),
    ],
)
def test_a_template_leaves_parts_of_arns_open(
    check: Check,
    tmp_path: Any,
    kind: str,
    properties: str,
    pattern: str,
    where: dict[str, str],
    said: set[str],
) -> None:
    """Names of expressions, and the account and Region that nobody named; never what is known."""
    other = f"  Other: {{Type: AWS::{kind}, Properties: {{{properties}}}}}\n"
    text = changed(by_arn(pattern), (DATA, other + DATA))

    result = check(yaml_value(tmp_path, text), **where)

    found = {(control, verdict) for control, address, verdict, _ in said_of(result) if address == "Other"}
    assert {verdict for control, verdict in found if control == "BKP-COV-001"} == said


@pytest.mark.parametrize(
    ("opted_out", "said"), [("Gold", {"NON_COMPLIANT"}), ("Copied", {"INSUFFICIENT_DATA"})]
)
def test_what_is_open_and_does_not_matter_is_no_unknown(
    check: Check, tmp_path: Any, opted_out: str, said: set[str]
) -> None:
    """A condition that does not hold decides, whatever the ARN will be."""
    old, new = by_arn("arn:aws:s3:::data")
    conditions = "{StringEquals: [{ConditionKey: 'aws:ResourceTag/on', ConditionValue: 'yes'}]}"
    new += f"        Conditions: !If [{opted_out}, {conditions}, !Ref AWS::NoValue]\n"
    other = "  Other: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Unsaid}}\n"

    result = check(yaml_value(tmp_path, changed((old, new), (DATA, other + DATA))))

    assert {verdict for _, address, verdict, _ in said_of(result) if address == "Other"} == said


@pytest.mark.parametrize(
    ("references", "said"), [(["random_pet.name.id"], {"INSUFFICIENT_DATA"}), ([], {"NON_COMPLIANT"})]
)
def test_a_bucket_of_terraform_may_have_a_name_of_an_expression(
    check: Check, references: list[str], said: set[str]
) -> None:
    """One without any has a name that the provider makes, which no selection names."""
    plan = backup_plan(vault(Plan()), "gold")
    selection(plan, "gold", "gold", resources=["arn:aws:s3:::data"])
    plan.add("aws_s3_bucket.b", tags={}, tags_all={}, bucket=Later("x", references))

    result = check(plan.first())

    assert {verdict for _, address, verdict, _ in said_of(result) if address == "aws_s3_bucket.b"} == said


@pytest.mark.parametrize(
    ("replicas", "said"),
    [
        ("[{Region: eu-west-1, Tags: [{Key: backup-tier, Value: gold}]}]", set()),
        ("[{Region: eu-west-1, Tags: [{Key: backup-tier, Value: Gold}]}]", {("eu-west-1", "NON_COMPLIANT")}),
        ("[{Region: !Ref AWS::Region, Tags: [{Key: backup-tier, Value: gold}]}]", set()),
        (
            "[{Region: eu-west-1}, {Region: us-east-1, Tags: [{Key: backup-tier, Value: gold}]}]",
            {("eu-west-1", "NON_COMPLIANT"), ("us-east-1", "NON_COMPLIANT")},
        ),
        ("[{Region: eu-west-1}, !If [Copied, {Region: us-east-1}, !Ref AWS::NoValue]]", None),
    ],
)
def test_a_global_table_is_a_table_in_each_region(
    check: Check, tmp_path: Any, replicas: str, said: set[tuple[str, str]] | None
) -> None:
    """With the tags of the replica there, to which only the plans there are of use."""
    other = f"  Other: {{Type: AWS::DynamoDB::GlobalTable, Properties: {{Replicas: {replicas}}}}}\n"

    result = check(yaml_value(tmp_path, changed((DATA, other + DATA))), **HERE)

    told = [entry for entry in result.entries if not entry.control_id.startswith("BKP-ENC")]
    found = {(entry.region, str(entry.verdict)) for entry in told}
    assert found == ({("eu-west-1", "NON_COMPLIANT")} if said is None else said)


CLUSTERS = {
    "aws_rds_cluster.aurora_": "aurora-mysql",
    "aws_rds_cluster.several_": "mysql",
    "aws_docdb_cluster.": "docdb",
    "aws_neptune_cluster.": "neptune",
}


@pytest.mark.parametrize(
    ("pattern", "fit"),
    [
        ("arn:aws:rds:*:*:cluster:*", {"given", "begun", "made"}),
        (f"arn:aws:rds:eu-west-1:{ACCOUNT}:cluster:data", {"given"}),
        ("arn:aws:rds:*:*:cluster:data*", {"given", "begun"}),
        ("arn:aws:rds:*:*:cluster:other", set()),
        ("arn:aws:rds:*:*:db:*", set()),
        ("arn:aws:docdb:*:*:cluster:*", set()),
        ("arn:aws:neptune:*:*:cluster:*", set()),
        ("arn:aws:rds:us-east-1:*:cluster:*", set()),
    ],
)
def test_clusters_are_selected_before_they_are_made_as_afterwards(
    check: Check, pattern: str, fit: set[str]
) -> None:
    """By the service and form of their ARNs: with a name, with its beginning, and with one that AWS makes."""
    plan = backup_plan(vault(Plan()), "gold")
    selection(plan, "gold", "gold", resources=[pattern])
    for kind, database in CLUSTERS.items():
        named: dict[str, dict[str, Any]] = {
            "given": {"cluster_identifier": "data"},
            "begun": {"cluster_identifier": Later("data-1"), "cluster_identifier_prefix": "data-"},
            "made": {"cluster_identifier": Later("tf-1")},
        }
        for name, values in named.items():
            told = values["cluster_identifier"]
            real = told.value if isinstance(told, Later) else told
            arn = Later(f"arn:aws:rds:eu-west-1:{ACCOUNT}:cluster:{real}")
            plan.add(f"{kind}{name}", id=Later(real), arn=arn, engine=database, tags_all={}, **values)

    for document in (plan.first(), plan.second()):
        said = {address for control, address, *_ in said_of(check(document)) if control == "BKP-COV-001"}
        assert said == {f"{kind}{name}" for kind in CLUSTERS for name in {*named} - fit}
