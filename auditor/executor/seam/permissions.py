"""What a job's role must be allowed to do, by resource type and kind of task.

AWS Backup acts with the role of the job, and with a recovery point's own role when it deletes it (AWS Backup
Developer Guide, "IAM service roles"). A row has the actions without which AWS's own job fails, and what they
are done on. No action is here that AWS's managed policies do not allow:

    back up, copy, share, delete    AWSBackupServiceRolePolicyForBackup, S3: …ForS3Backup
    restore                         AWSBackupServiceRolePolicyForRestores, S3: …ForS3Restore

Not here: what AWS Backup does with its service-linked role (a copy is drawn into another account by the role
of that account, a restore test's resource deleted by the role of restore tests; EFS, S3 and the other fully
managed types: deletions, and copies within an account); the use of keys, which key policies and grants
decide; single objects of a bucket, which a backup leaves out when it may not read them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from auditor.executor.scope import AccountRegion
from auditor.executor.seam.calls import name_of
from auditor.executor.seam.continuous import is_continuous


class Act(StrEnum):
    """What is done with a role. A copy into another account is shared with it instead of copied."""

    BACK_UP = "back up"
    COPY = "copy"
    SHARE = "share"
    RESTORE = "restore"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Need:
    """Actions, as IAM writes them, that must be allowed on `arn`, which may be a backup of AWS Backup's."""

    actions: tuple[str, ...]
    arn: str
    of_backup: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to be done in `scope`, the account and Region of the job or the recovery point.

    `backup_arn` is the recovery point's ARN, "" before there is one. `continuous` asks for a continuous
    backup. `metadata` are those of a restore, `vaults` the ARNs of a copy's source and destination.
    """

    act: Act
    scope: AccountRegion
    resource_type: str
    resource_arn: str
    managed: bool
    backup_arn: str = ""
    continuous: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    vaults: tuple[str, ...] = ()


#: By type, or kind of backup where a type has several: what the actions are done on, and the actions.
#: Sources: the managed policies above; for the resources of an action, AWS's Service Authorization Reference.
TABLE: Final[Mapping[tuple[str, Act], tuple[str, ...]]] = {
    ("EBS", Act.BACK_UP): ("{resource}", "ec2:CreateSnapshot"),
    ("EBS", Act.COPY): ("{backup}", "ec2:CopySnapshot"),
    ("EBS", Act.SHARE): ("{backup}", "ec2:ModifySnapshotAttribute"),
    ("EBS", Act.RESTORE): ("{backup}", "ec2:CreateVolume"),
    ("EBS", Act.DELETE): ("{backup}", "ec2:DeleteSnapshot"),
    ("EC2", Act.BACK_UP): ("{resource}", "ec2:CreateImage"),
    ("EC2", Act.COPY): ("{backup}", "ec2:CopyImage"),
    ("EC2", Act.SHARE): ("{backup}", "ec2:ModifyImageAttribute"),
    ("EC2", Act.RESTORE): ("{backup}", "ec2:RunInstances"),
    ("EC2", Act.DELETE): ("{backup}", "ec2:DeregisterImage"),
    ("RDS", Act.BACK_UP): ("{resource}", "rds:CreateDBSnapshot"),
    ("RDS", Act.COPY): ("{backup}", "rds:CopyDBSnapshot"),
    ("RDS", Act.SHARE): ("{backup}", "rds:ModifyDBSnapshotAttribute"),
    ("RDS", Act.RESTORE): ("{backup}", "rds:RestoreDBInstanceFromDBSnapshot"),
    ("RDS", Act.DELETE): ("{backup}", "rds:DeleteDBSnapshot"),
    ("RDS, continuous", Act.BACK_UP): ("{resource}", "rds:ModifyDBInstance"),
    ("RDS, continuous", Act.RESTORE): ("{resource}", "rds:RestoreDBInstanceToPointInTime"),
    ("RDS, continuous", Act.DELETE): ("{resource}", "rds:ModifyDBInstance"),
    ("Aurora", Act.BACK_UP): ("{resource}", "rds:CreateDBClusterSnapshot"),
    ("Aurora", Act.COPY): ("{backup}", "rds:CopyDBClusterSnapshot"),
    ("Aurora", Act.SHARE): ("{backup}", "rds:ModifyDBClusterSnapshotAttribute"),
    ("Aurora", Act.RESTORE): ("{backup}", "rds:RestoreDBClusterFromSnapshot"),
    ("Aurora", Act.DELETE): ("{backup}", "rds:DeleteDBClusterSnapshot"),
    ("Aurora, continuous", Act.BACK_UP): ("{resource}", "rds:ModifyDBCluster"),
    ("Aurora, continuous", Act.RESTORE): ("{resource}", "rds:RestoreDBClusterToPointInTime"),
    ("Aurora, continuous", Act.DELETE): ("{resource}", "rds:ModifyDBCluster"),
    ("DynamoDB", Act.BACK_UP): ("{resource}", "dynamodb:CreateBackup"),
    ("DynamoDB", Act.RESTORE): ("{backup}", "dynamodb:RestoreTableFromBackup"),
    ("DynamoDB", Act.DELETE): ("{backup}", "dynamodb:DeleteBackup"),
    ("DynamoDB, managed", Act.BACK_UP): (
        "{resource}",
        "dynamodb:StartAwsBackupJob",
        "dynamodb:ListTagsOfResource",
    ),
    ("DynamoDB, managed", Act.RESTORE): (
        "arn:{partition}:dynamodb:{region}:{account}:table/{targetTableName}",
        "dynamodb:RestoreTableFromAwsBackup",
    ),
    ("S3", Act.BACK_UP): ("{resource}", "s3:GetBucketVersioning", "s3:ListBucketVersions"),
    ("S3", Act.RESTORE): ("arn:{partition}:s3:::{DestinationBucketName}/*", "s3:PutObject"),
    ("CloudFormation", Act.BACK_UP): (
        "{resource}",
        "cloudformation:GetTemplate",
        "cloudformation:ListStackResources",
    ),
    ("CloudFormation", Act.RESTORE): (
        "arn:{partition}:cloudformation:{region}:{account}:stack/{StackName}/*",
        "cloudformation:CreateChangeSet",
    ),
    ("Redshift", Act.BACK_UP): (
        "arn:{partition}:redshift:{region}:{account}:snapshot:{name}/awsbackup:*",
        "redshift:CreateClusterSnapshot",
    ),
    ("Redshift", Act.RESTORE): ("{backup}", "redshift:RestoreFromClusterSnapshot"),
    ("Redshift", Act.DELETE): ("{backup}", "redshift:DeleteClusterSnapshot"),
    ("FSx", Act.BACK_UP): ("{resource}", "fsx:CreateBackup"),
    ("FSx", Act.COPY): ("{backup}", "fsx:CopyBackup"),
    ("FSx", Act.RESTORE): ("{backup}", "fsx:CreateFileSystemFromBackup"),
    ("FSx", Act.DELETE): ("{backup}", "fsx:DeleteBackup"),
    ("Storage Gateway", Act.BACK_UP): ("{resource}", "storagegateway:CreateSnapshot"),
    ("Storage Gateway", Act.COPY): ("{backup}", "ec2:CopySnapshot"),
    ("Storage Gateway", Act.SHARE): ("{backup}", "ec2:ModifySnapshotAttribute"),
    ("Storage Gateway", Act.RESTORE): ("{backup}", "ec2:CreateVolume"),
    ("Storage Gateway", Act.DELETE): ("{backup}", "ec2:DeleteSnapshot"),
    ("EFS", Act.BACK_UP): ("{resource}", "elasticfilesystem:Backup"),
    ("EFS", Act.RESTORE): (
        "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{file-system-id}",
        "elasticfilesystem:Restore",
    ),
}

#: What a copy into another account takes of its source's role, whatever the type (aws-backup.md 4.12).
CROSSING: Final = ("backup:CopyFromBackupVault", "backup:CopyIntoBackupVault")

#: RDS and Redshift reserve the colon of `awsbackup:` to AWS Backup; the executor's snapshots have a hyphen.
#: Policies are written for AWS Backup's names (aws-backup.md 4.11).
_OWN_NAME: Final = re.compile(r"(:(?:cluster-)?snapshot:(?:[^:/]+/)?awsbackup)-")


def needs(task: Task) -> tuple[Need, ...]:
    """What the role of `task` must be allowed, each to be asked of IAM as it stands."""
    found: tuple[Need, ...] = ()
    row = TABLE.get((_kind(task), task.act))
    if row is not None:
        where, *actions = row
        arn = where.format_map(_names(task))
        found = (Need(tuple(actions), arn, of_backup=where == "{backup}"),)
    vaults = zip(CROSSING, task.vaults, strict=True) if task.act is Act.SHARE else ()
    return (*found, *(Need((action,), vault) for action, vault in vaults))


def _kind(task: Task) -> str:
    """The name of the type's rows."""
    kind = task.resource_type
    if kind == "DynamoDB" and task.managed:
        return f"{kind}, managed"
    if kind in {"RDS", "Aurora"} and (task.continuous or is_continuous(task.backup_arn)):
        return f"{kind}, continuous"
    return kind


def _names(task: Task) -> dict[str, str]:
    """What stands for the names in braces. Without a destination a restore goes where the source is."""
    name = name_of(task.resource_arn)
    destination = {
        "DestinationBucketName": name,
        "StackName": name,
        "file-system-id": name,
        "targetTableName": name,
    }
    return {
        **destination,
        **task.metadata,
        "partition": task.scope.partition,
        "region": task.scope.region,
        "account": task.scope.account_id,
        "name": name,
        "resource": task.resource_arn,
        "backup": _OWN_NAME.sub(r"\1:", task.backup_arn),
    }
