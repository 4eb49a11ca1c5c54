"""The table of permissions against AWS's own managed policies, judged by moto's IAM."""

import json
from datetime import UTC, datetime

import pytest

from auditor.executor.drivers import make_drivers
from auditor.executor.engine.roles import Roles
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.permissions import TABLE, Act, Need, Task, needs
from auditor.executor.service import RoleUse
from auditor.sandbox import services
from auditor.sandbox.entrance import Entrance

ACCOUNT, OTHER = "123456789012", "210987654321"
PLACES = {"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
RESTORES = ("AWSBackupServiceRolePolicyForRestores", "AWSBackupServiceRolePolicyForS3Restore")
BACKUPS = ("AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForS3Backup")

#: By type: the end of a resource's ARN and of a backup's, after the service.
ARNS = {
    "EBS": ("ec2:{place}:volume/vol-1", "ec2:{region}::snapshot/snap-1"),
    "EC2": ("ec2:{place}:instance/i-1", "ec2:{region}::image/ami-1"),
    "RDS": ("rds:{place}:db:orders", "rds:{place}:snapshot:awsbackup-job-1"),
    "Aurora": ("rds:{place}:cluster:orders", "rds:{place}:cluster-snapshot:awsbackup-job-1"),
    "DynamoDB": ("dynamodb:{place}:table/orders", "dynamodb:{place}:table/orders/backup/01"),
    "S3": ("s3:::orders", "backup:{place}:recovery-point:1"),
    "CloudFormation": ("cloudformation:{place}:stack/orders/1", "backup:{place}:recovery-point:1"),
    "Redshift": ("redshift:{place}:cluster:orders", "redshift:{place}:snapshot:orders/awsbackup-job-1"),
    "FSx": ("fsx:{place}:file-system/fs-1", "fsx:{place}:backup/backup-1"),
    "Storage Gateway": ("storagegateway:{place}:gateway/sgw-1/volume/vol-1", "ec2:{region}::snapshot/snap-1"),
    "EFS": ("elasticfilesystem:{place}:file-system/fs-1", "backup:{place}:recovery-point:1"),
}


def task_of(kind: str, act: Act, partition: str = "aws", metadata: dict[str, str] | None = None) -> Task:
    """What a row of the table is for."""
    resource_type, _, special = kind.partition(", ")
    region = PLACES[partition]
    place = f"{region}:{ACCOUNT}"
    resource, backup = (
        f"arn:{partition}:{end.format(region=region, place=place)}" for end in ARNS[resource_type]
    )
    if special == "continuous":
        backup = f"arn:{partition}:backup:{place}:recovery-point:continuous:orders"
    vault = f"arn:{partition}:backup:{region}:{{}}:backup-vault:night"
    return Task(
        act,
        AccountRegion(ACCOUNT, region, partition),
        resource_type,
        resource,
        managed=special == "managed",
        backup_arn="" if act is Act.BACK_UP else backup,
        continuous=special == "continuous",
        metadata=metadata or {},
        vaults=(vault.format(ACCOUNT), vault.format(OTHER)) if act is Act.SHARE else (),
    )


def judged(partition: str, policies: tuple[str, ...]) -> dict[tuple[str, Act], str | None]:
    """What the check says of each row of the table for a role with these of AWS's policies."""
    region = PLACES[partition]
    trust = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = Entrance(services.native_services(), partition, region).client("iam", ACCOUNT, region)
    role = iam.create_role(RoleName="Backup", AssumeRolePolicyDocument=json.dumps({"Statement": trust}))
    arn = role["Role"]["Arn"]
    for policy in services.add_backup_policies(ACCOUNT, partition):
        if policy.rpartition("/")[2] in policies:
            iam.attach_role_policy(RoleName="Backup", PolicyArn=policy)
    roles = Roles(lambda *_: iam, lambda: datetime.now(UTC))
    return {row: roles(RoleUse(arn, ACCOUNT, region, needs(task_of(*row, partition)))) for row in TABLE}


@pytest.mark.long
@pytest.mark.parametrize("partition", PLACES)
def test_aws_s_own_policies_allow_every_row(partition: str) -> None:
    """Who attaches the policies that AWS documents for backups and restores sees no job fail for the role."""
    policies = {True: RESTORES, False: BACKUPS}
    found = {restores: judged(partition, names) for restores, names in policies.items()}
    assert {row: found[row[1] is Act.RESTORE][row] for row in TABLE} == dict.fromkeys(TABLE)


def test_the_other_policies_do_not() -> None:
    """The policies for restores let nothing be backed up, and those for backups nothing be restored.

    Both may delete snapshots and read buckets. IAM names the keys of every statement as missing: none of
    those of AWS's policies is taken for one that may matter.
    """
    found = {restores: judged("aws", names) for restores, names in ((False, RESTORES), (True, BACKUPS))}
    passed = {row for row in TABLE if found[row[1] is Act.RESTORE][row] is None}
    assert passed == {("EBS", Act.DELETE), ("Storage Gateway", Act.DELETE), ("S3", Act.BACK_UP)}


def test_a_role_without_policies() -> None:
    """Each row asks for something."""
    assert None not in judged("aws", ()).values()


def test_every_driver_has_its_rows() -> None:
    """All are backed up and restored with permissions; what services store is copied and deleted so, too."""
    drivers = make_drivers(lambda *_: None, lambda: datetime.now(UTC), gateways=True)
    expected = set()
    for driver in drivers:
        kind = driver.resource_type
        if (kind, driver.fully_managed) == ("DynamoDB", True):
            kind = "DynamoDB, managed"
        expected |= {(kind, Act.BACK_UP), (kind, Act.RESTORE)}
        if not driver.fully_managed:
            expected |= {(kind, Act.DELETE)} | ({(kind, Act.COPY)} if driver.can_copy else set())
    shared = {(kind, act) for kind, act in TABLE if act is Act.SHARE}
    continuous = {(kind, act) for kind, act in TABLE if "continuous" in kind}
    assert set(TABLE) - shared - continuous == expected
    assert {kind for kind, _ in shared} == {"EBS", "EC2", "RDS", "Aurora", "Storage Gateway"}
    acts = (Act.BACK_UP, Act.RESTORE, Act.DELETE)
    assert continuous == {(f"{kind}, continuous", act) for kind in ("RDS", "Aurora") for act in acts}


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (
            task_of("RDS", Act.DELETE),
            [
                (
                    ("rds:DeleteDBSnapshot",),
                    "arn:aws:rds:eu-west-1:123456789012:snapshot:awsbackup:job-1",
                    True,
                )
            ],
        ),
        (
            task_of("Redshift", Act.DELETE, "aws-cn"),
            [
                (
                    ("redshift:DeleteClusterSnapshot",),
                    "arn:aws-cn:redshift:cn-north-1:123456789012:snapshot:orders/awsbackup:job-1",
                    True,
                )
            ],
        ),
        (
            task_of("S3", Act.RESTORE, "aws", {"DestinationBucketName": "again"}),
            [(("s3:PutObject",), "arn:aws:s3:::again/*", False)],
        ),
        (task_of("S3", Act.RESTORE), [(("s3:PutObject",), "arn:aws:s3:::orders/*", False)]),
        (
            task_of("DynamoDB, managed", Act.RESTORE, "aws", {"targetTableName": "again"}),
            [
                (
                    ("dynamodb:RestoreTableFromAwsBackup",),
                    "arn:aws:dynamodb:eu-west-1:123456789012:table/again",
                    False,
                )
            ],
        ),
        (
            task_of("EBS", Act.SHARE),
            [
                (("ec2:ModifySnapshotAttribute",), "arn:aws:ec2:eu-west-1::snapshot/snap-1", True),
                (
                    ("backup:CopyFromBackupVault",),
                    "arn:aws:backup:eu-west-1:123456789012:backup-vault:night",
                    False,
                ),
                (
                    ("backup:CopyIntoBackupVault",),
                    "arn:aws:backup:eu-west-1:210987654321:backup-vault:night",
                    False,
                ),
            ],
        ),
        (task_of("S3", Act.DELETE), []),
    ],
)
def test_what_is_asked_for(task: Task, expected: list[tuple[tuple[str, ...], str, bool]]) -> None:
    """Snapshots by AWS Backup's names; restores where they go; both vaults of a copy to another account."""
    assert list(needs(task)) == [Need(*need) for need in expected]
