"""The resource types of CloudFormation that AWS Backup can back up, by the rows of the registry.

Source: CloudFormation's template reference, "Return values" and the properties of each type.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.model.resource_types import TYPES

_CLUSTER: Final = "AWS::RDS::DBCluster"
_STACK: Final = "AWS::CloudFormation::Stack"
_INSTANCE: Final = "AWS::RDS::DBInstance"
#: What the macro of SAM makes a table of DynamoDB of; no other type of SAM makes anything that is backed up.
SIMPLE_TABLE: Final = "AWS::Serverless::SimpleTable"
#: The property that names a resource, where its ARN has the name; of others AWS makes an id.
NAMES: Final[Mapping[str, str]] = {
    _INSTANCE: "DBInstanceIdentifier",
    _CLUSTER: "DBClusterIdentifier",
    "AWS::DocDB::DBCluster": "DBClusterIdentifier",
    "AWS::Neptune::DBCluster": "DBClusterIdentifier",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    SIMPLE_TABLE: "TableName",
    "AWS::EKS::Cluster": "Name",
    "AWS::Redshift::Cluster": "ClusterIdentifier",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Timestream::Table": "TableName",
}
#: The property that has the tags, where it is not `Tags`.
TAGS: Final[Mapping[str, str]] = {"AWS::EFS::FileSystem": "FileSystemTags"}


def kind_of(name: str, chosen: Callable[[str], Any], told: Callable[[str], Any]) -> str:
    """AWS Backup's word for a type, "" for one that it cannot back up; members of a cluster are none.

    Neither is a nested stack: what it makes is backed up, not the stack itself. `chosen` gives a property,
    None where there is none, and `told` its value; both may raise `UnknownInTemplate`.
    """
    if name == _CLUSTER:
        engine = told("Engine")
        return "Aurora" if not isinstance(engine, str) or engine.startswith("aurora") else "RDS"
    if name == _STACK or (name == _INSTANCE and chosen("DBClusterIdentifier") is not None):
        return ""
    if name == SIMPLE_TABLE:
        return "DynamoDB"
    return next((row.name for row in TYPES.values() if name in row.cloudformation), "")


def arn_form(name: str, kind: str) -> str:
    """The form of its ARN behind the partition."""
    forms = TYPES[kind].arns
    return forms[1] if name == _CLUSTER and kind == "RDS" else forms[0]
