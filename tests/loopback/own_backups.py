"""What services answer about the backups of their own, and AWS Backup about tags: something of each kind."""

from datetime import timedelta
from typing import Any

from tests.loopback.standing import ACCOUNT, AS_OF, HOME, SINCE
from tests.loopback.world import Operation

_RDS = f"arn:aws:rds:{HOME}:{ACCOUNT}"
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


def _at_home(**answer: Any) -> Operation:
    """An answer in `HOME`; elsewhere its lists are empty."""
    empty = {name: [] if isinstance(value, list) else value for name, value in answer.items()}
    return lambda place, _given: answer if place.region == HOME else empty


#: By service and operation.
OWN_BACKUPS: dict[tuple[str, str], Operation] = {
    ("backup", "ListTags"): _at_home(Tags={"team": "payments"}),
    ("dlm", "GetLifecyclePolicies"): _at_home(Policies=[{"PolicyId": "policy-1", "State": "ENABLED"}]),
    ("dlm", "GetLifecyclePolicy"): _at_home(Policy=_POLICY),
    ("dynamodb", "DescribeContinuousBackups"): _at_home(
        ContinuousBackupsDescription={
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": _RECOVERY,
        }
    ),
    ("ec2", "DescribeSnapshots"): _at_home(
        Snapshots=[
            {
                "SnapshotId": "snap-own",
                "VolumeId": "vol-1",
                "State": "completed",
                "StartTime": _HOUR_AGO,
                "Description": "before the release",
                "Tags": [{"Key": "team", "Value": "payments"}],
            }
        ]
    ),
    ("ec2", "DescribeLockedSnapshots"): _at_home(
        Snapshots=[
            {
                "SnapshotId": "snap-own",
                "LockState": "compliance",
                "LockExpiresOn": AS_OF + timedelta(days=40),
            }
        ]
    ),
    ("rds", "DescribeDBInstanceAutomatedBackups"): _at_home(
        DBInstanceAutomatedBackups=[
            {
                "DBInstanceArn": f"{_RDS}:db:sql",
                "Status": "active",
                "RestoreWindow": {"EarliestTime": SINCE, "LatestTime": _HOUR_AGO},
            }
        ]
    ),
    ("rds", "DescribeDBSnapshots"): _at_home(
        DBSnapshots=[
            {
                "DBInstanceIdentifier": "sql",
                "DBSnapshotArn": f"{_RDS}:snapshot:s1",
                "Status": "available",
                "SnapshotCreateTime": _HOUR_AGO,
                "OriginalSnapshotCreateTime": _HOUR_AGO,
            }
        ]
    ),
    ("rds", "DescribeDBClusterSnapshots"): _at_home(
        DBClusterSnapshots=[
            {
                "DBClusterIdentifier": "aurora",
                "DBClusterSnapshotArn": f"{_RDS}:cluster-snapshot:c1",
                "Status": "available",
                "SnapshotCreateTime": _HOUR_AGO,
            }
        ]
    ),
    ("s3", "GetBucketVersioning"): _at_home(Status="Enabled"),
    ("s3", "GetBucketLifecycleConfiguration"): _at_home(Rules=[_ENDS]),
    ("s3", "GetBucketNotificationConfiguration"): _at_home(EventBridgeConfiguration={}),
    ("s3", "GetBucketReplication"): _at_home(
        ReplicationConfiguration={"Role": f"arn:aws:iam::{ACCOUNT}:role/replicas", "Rules": [_RULE]}
    ),
    ("s3", "GetObjectLockConfiguration"): _at_home(
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 40}},
        }
    ),
}
