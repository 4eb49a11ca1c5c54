"""Databases."""

from dataclasses import replace
from typing import Final

from auditor.model.resource_types.row import (
    ALL_COPIES,
    COPIES,
    EVERYWHERE,
    CreatingCall,
    ListingCall,
    ResourceType,
)

#: Members of a cluster are left out: the cluster is what is backed up.
_INSTANCES: Final = ListingCall(
    "rds",
    "DescribeDBInstances",
    "DBInstances",
    ("rds:DescribeDBInstances",),
    {"MaxRecords": 100},
    arn="DBInstanceArn",
    name="DBInstanceIdentifier",
    created="InstanceCreateTime",
    state="DBInstanceStatus",
    part_of="DBClusterIdentifier",
    tags="TagList",
    encrypted="StorageEncrypted",
    key="KmsKeyId",
)
#: AWS Backup calls Multi-AZ DB clusters "RDS". The RDS API lists DocumentDB and Neptune too.
_CLUSTERS: Final = replace(
    _INSTANCES,
    operation="DescribeDBClusters",
    items="DBClusters",
    actions=("rds:DescribeDBClusters",),
    arn="DBClusterArn",
    name="DBClusterIdentifier",
    created="ClusterCreateTime",
    state="Status",
    part_of="",
    kinds=(
        "Engine",
        {"aurora*": "Aurora", "mysql": "RDS", "postgres": "RDS", "docdb": "DocumentDB", "neptune": "Neptune"},
    ),
)
_OWNER: Final = {"MasterUsername": "owner", "MasterUserPassword": "{password}"}
_ENCRYPTED: Final = {"StorageEncrypted": True, "KmsKeyId": "{key}"}

DATABASES: Final = (
    ResourceType(
        "RDS",
        ("rds:{region}:{account}:db:{id}", "rds:{region}:{account}:cluster:{id}"),
        ("AWS::RDS::DBInstance", "AWS::RDS::DBCluster"),
        (_INSTANCES, _CLUSTERS),
        CreatingCall(
            "rds",
            "CreateDBInstance",
            {
                "DBInstanceIdentifier": "{name}",
                "DBInstanceClass": "db.t3.medium",
                "Engine": "postgres",
                "AllocatedStorage": 20,
                "BackupRetentionPeriod": 0,
                "Tags": "{tags}",
                **_OWNER,
            },
            encrypted=_ENCRYPTED,
            answer="DBInstance",
        ),
        reusable_arn=True,
        continuous=True,
        lag_minutes=5,
        never_continuous=":cluster:",
        copies=COPIES,
        common_words=(
            "db",
            "cluster",
            "snapshot",
            "cluster-snapshot",
            "awsbackup",
            "job-",
            "copyjob-",
            "auto-backup",
            "ab-",
        ),
        note="Multi-AZ DB clusters have no continuous backups; AWS's documents disagree on their copies.",
    ),
    ResourceType(
        "Aurora",
        ("rds:{region}:{account}:cluster:{id}",),
        ("AWS::RDS::DBCluster",),
        (_CLUSTERS,),
        CreatingCall(
            "rds",
            "CreateDBCluster",
            {"DBClusterIdentifier": "{name}", "Engine": "aurora-postgresql", "Tags": "{tags}", **_OWNER},
            encrypted=_ENCRYPTED,
            answer="DBCluster",
        ),
        reusable_arn=True,
        continuous=True,
        lag_minutes=5,
        copies=ALL_COPIES,
    ),
    ResourceType(
        "DynamoDB",
        ("dynamodb:{region}:{account}:table/{id}",),
        ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"),
        (
            ListingCall(
                "dynamodb",
                "ListTables",
                "TableNames",
                ("dynamodb:ListTables", "dynamodb:DescribeTable"),
                {"Limit": 100},
                tag_filter="dynamodb:table",
                code="dynamodb",
            ),
        ),
        creation="asked",
        reusable_arn=True,
        management="choice",
        cold=EVERYWHERE,
        copies=ALL_COPIES,
        common_words=("table", "backup"),
    ),
    ResourceType(
        "DocumentDB",
        ("rds:{region}:{account}:cluster:{id}",),
        ("AWS::DocDB::DBCluster",),
        copies=ALL_COPIES,
        note="No copies in Regions that an account must opt in to.",
    ),
    ResourceType(
        "Neptune",
        ("rds:{region}:{account}:cluster:{id}",),
        ("AWS::Neptune::DBCluster",),
        copies=ALL_COPIES,
        note="No copies into other accounts in Regions that an account must opt in to.",
    ),
    ResourceType(
        "Redshift",
        ("redshift:{region}:{account}:cluster:{id}",),
        ("AWS::Redshift::Cluster",),
        common_words=("cluster", "snapshot", "awsbackup"),
    ),
    ResourceType(
        "Redshift Serverless",
        ("redshift-serverless:{region}:{account}:namespace/{id}",),
        ("AWS::RedshiftServerless::Namespace",),
    ),
    ResourceType(
        "Timestream",
        ("timestream:{region}:{account}:database/{database}/table/{id}",),
        ("AWS::Timestream::Table",),
        management="always",
        cold=EVERYWHERE,
        copies=ALL_COPIES,
        note="No copies into other accounts in Regions that an account must opt in to.",
    ),
    ResourceType(
        "Aurora DSQL",
        ("dsql:{region}:{account}:cluster/{id}",),
        ("AWS::DSQL::Cluster",),
        management="always",
        cold=EVERYWHERE,
        copies=ALL_COPIES,
    ),
)
