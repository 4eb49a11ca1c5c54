"""What services answer about the backups of their own, and AWS Backup about tags: something of each kind."""

from datetime import timedelta
from typing import Any

from tests.loopback.standing import ACCOUNT, AS_OF, HOME, SINCE
from tests.loopback.world import Operation

_RDS = f"arn:aws:rds:{HOME}:{ACCOUNT}"
_FSX = f"arn:aws:fsx:{HOME}:{ACCOUNT}"
_TAGS = [{"Key": "team", "Value": "payments"}]
_HOUR_AGO = AS_OF - timedelta(hours=1)
_POLICY = {
    "PolicyId": "policy-1",
    "State": "ENABLED",
    "PolicyDetails": {
        "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
        "ResourceTypes": ["VOLUME"],
        "TargetTags": [{"Key": "backup", "Value": "daily"}],
        "Schedules": [{"Name": "nightly", "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS"}}],
    },
}
_RECOVERY = {
    "PointInTimeRecoveryStatus": "ENABLED",
    "RecoveryPeriodInDays": 35,
    "EarliestRestorableDateTime": SINCE,
    "LatestRestorableDateTime": _HOUR_AGO,
}
_RULE = {
    "Status": "Enabled",
    "Priority": 1,
    "Filter": {"Prefix": ""},
    "Destination": {"Bucket": "arn:aws:s3:::copies", "Account": "444455556666"},
    "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
}
_ENDS = {"Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 40}}


def at_home(**answer: Any) -> Operation:
    """An answer in `HOME`; elsewhere its lists are empty."""
    empty = {name: [] if isinstance(value, list) else value for name, value in answer.items()}
    return lambda place, _given: answer if place.region == HOME else empty


def none_of(name: str) -> Operation:
    """The answer of a list that is empty everywhere."""
    return lambda _place, _given: {name: []}


#: What a tier that accepts snapshots asks for, where there are none.
NO_BACKUPS: dict[tuple[str, str], Operation] = {
    ("dynamodb", "ListBackups"): none_of("BackupSummaries"),
    ("ec2", "DescribeImages"): none_of("Images"),
    ("ec2", "DescribeSnapshots"): none_of("Snapshots"),
    ("fsx", "DescribeBackups"): none_of("Backups"),
    ("rds", "DescribeDBClusterSnapshots"): none_of("DBClusterSnapshots"),
    ("rds", "DescribeDBSnapshots"): none_of("DBSnapshots"),
    ("redshift", "DescribeClusterSnapshots"): none_of("Snapshots"),
    ("redshift-serverless", "ListSnapshots"): none_of("snapshots"),
}

#: By service and operation.
OWN_BACKUPS: dict[tuple[str, str], Operation] = {
    ("backup", "ListTags"): at_home(Tags={"team": "payments"}),
    ("dlm", "GetLifecyclePolicies"): at_home(Policies=[{"PolicyId": "policy-1", "State": "ENABLED"}]),
    ("dlm", "GetLifecyclePolicy"): at_home(Policy=_POLICY),
    ("dynamodb", "DescribeContinuousBackups"): at_home(
        ContinuousBackupsDescription={
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": _RECOVERY,
        }
    ),
    ("dynamodb", "ListBackups"): at_home(
        BackupSummaries=[
            {
                "TableArn": f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/orders",
                "BackupArn": f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/orders/backup/01",
                "BackupType": "USER",
                "BackupStatus": "AVAILABLE",
                "BackupCreationDateTime": _HOUR_AGO,
            }
        ]
    ),
    ("fsx", "DescribeBackups"): at_home(
        Backups=[
            {
                "BackupId": "backup-1",
                "ResourceARN": f"{_FSX}:backup/backup-1",
                "Type": "USER_INITIATED",
                "Lifecycle": "AVAILABLE",
                "CreationTime": _HOUR_AGO,
                "FileSystem": {"ResourceARN": f"{_FSX}:file-system/fs-1"},
                "Tags": _TAGS,
            },
            {
                "BackupId": "backup-2",
                "ResourceARN": f"{_FSX}:backup/backup-2",
                "ResourceType": "VOLUME",
                "Type": "AUTOMATIC",
                "Lifecycle": "AVAILABLE",
                "CreationTime": _HOUR_AGO,
                "FileSystem": {"ResourceARN": f"{_FSX}:file-system/fs-2"},
                "Volume": {"ResourceARN": f"{_FSX}:volume/fs-2/fsvol-1"},
            },
        ]
    ),
    ("redshift", "DescribeClusterSnapshots"): at_home(
        Snapshots=[
            {
                "SnapshotIdentifier": "before-release",
                "ClusterIdentifier": "sales",
                "SnapshotCreateTime": _HOUR_AGO,
                "Status": "available",
                "SnapshotType": "manual",
                "OwnerAccount": ACCOUNT,
                "Tags": _TAGS,
            }
        ]
    ),
    ("redshift-serverless", "ListSnapshots"): at_home(
        snapshots=[
            {
                "snapshotName": "before-release",
                "snapshotArn": f"arn:aws:redshift-serverless:{HOME}:{ACCOUNT}:snapshot/1",
                "namespaceArn": f"arn:aws:redshift-serverless:{HOME}:{ACCOUNT}:namespace/1",
                "snapshotCreateTime": _HOUR_AGO,
                "status": "AVAILABLE",
            }
        ]
    ),
    ("ec2", "DescribeSnapshots"): at_home(
        Snapshots=[
            {
                "SnapshotId": "snap-own",
                "VolumeId": "vol-1",
                "State": "completed",
                "StartTime": _HOUR_AGO,
                "Description": "before the release",
                "Tags": _TAGS,
            }
        ]
    ),
    ("ec2", "DescribeImages"): at_home(
        Images=[
            {
                "ImageId": "ami-own",
                "SourceInstanceId": "i-1",
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-own"}}],
                "Tags": _TAGS,
            }
        ]
    ),
    ("ec2", "DescribeLockedSnapshots"): at_home(
        Snapshots=[
            {
                "SnapshotId": "snap-own",
                "LockState": "compliance",
                "LockExpiresOn": AS_OF + timedelta(days=40),
            }
        ]
    ),
    ("rds", "DescribeDBInstanceAutomatedBackups"): at_home(
        DBInstanceAutomatedBackups=[
            {
                "DBInstanceArn": f"{_RDS}:db:sql",
                "Status": "active",
                "RestoreWindow": {"EarliestTime": SINCE, "LatestTime": _HOUR_AGO},
            }
        ]
    ),
    ("rds", "DescribeDBSnapshots"): at_home(
        DBSnapshots=[
            {
                "DBInstanceIdentifier": "sql",
                "DBSnapshotArn": f"{_RDS}:snapshot:s1",
                "Status": "available",
                "SnapshotCreateTime": _HOUR_AGO,
                "OriginalSnapshotCreateTime": _HOUR_AGO,
                "TagList": _TAGS,
            }
        ]
    ),
    ("rds", "DescribeDBClusterSnapshots"): at_home(
        DBClusterSnapshots=[
            {
                "DBClusterIdentifier": "aurora",
                "DBClusterSnapshotArn": f"{_RDS}:cluster-snapshot:c1",
                "Status": "available",
                "SnapshotCreateTime": _HOUR_AGO,
                "TagList": _TAGS,
            }
        ]
    ),
    ("s3", "GetBucketVersioning"): at_home(Status="Enabled"),
    ("s3", "GetBucketLifecycleConfiguration"): at_home(Rules=[_ENDS]),
    ("s3", "GetBucketNotificationConfiguration"): at_home(EventBridgeConfiguration={}),
    ("s3", "GetBucketReplication"): at_home(
        ReplicationConfiguration={"Role": f"arn:aws:iam::{ACCOUNT}:role/replicas", "Rules": [_RULE]}
    ),
    ("s3", "GetObjectLockConfiguration"): at_home(
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 40}},
        }
    ),
}
