"""The resource types of CloudFormation that AWS Backup can back up, by the rows of the registry.

Source: CloudFormation's template reference, "Return values" and the properties of each type.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.check.shapes import as_object
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
#: Types of which Ref gives something else than the name or id in the ARN.
PAIRS: Final = ("AWS::RedshiftServerless::Namespace", "AWS::Timestream::Table")
#: Where a table that lies in several Regions says so, each with tags of its own.
GLOBAL_TABLE: Final = "AWS::DynamoDB::GlobalTable"
#: Services whose names are kept in small letters, however a template writes them.
_SMALL: Final = ("AWS::RDS::", "AWS::DocDB::", "AWS::Neptune::", "AWS::Redshift::")
#: What AWS Backup backs up of FSx is a file system, or a volume, which has an ARN of another form.
_VOLUME: Final = "AWS::FSx::Volume"
#: What FSx makes no backup of (aws-backup.md 1.2): the property with the kind, kinds that are none at all,
#: the property that says more of the others, its keys, and what is in them.
_NEVER: Final[Mapping[str, tuple[str, tuple[str, ...], str, Mapping[str, str]]]] = {
    "AWS::FSx::FileSystem": (
        "FileSystemType",
        ("ONTAP",),
        "LustreConfiguration",
        {"DeploymentType": "SCRATCH", "ImportPath": "s3://"},
    ),
    _VOLUME: ("VolumeType", ("OPENZFS",), "OntapConfiguration", {"OntapVolumeType": "DP"}),
}
#: What has volumes of its own.
INSTANCE: Final = "AWS::EC2::Instance"
#: What AWS Backup backs up only with versioning.
BUCKET: Final = "AWS::S3::Bucket"
#: What EFS itself may back up by AWS Backup.
FILE_SYSTEM: Final = "AWS::EFS::FileSystem"
#: The property that has the tags, where it is not `Tags`.
TAGS: Final[Mapping[str, str]] = {FILE_SYSTEM: "FileSystemTags"}


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
    if name in _NEVER and _never(*_NEVER[name], chosen, told):
        return ""
    return next((row.name for row in TYPES.values() if name in row.cloudformation), "")


def _never(
    kind: str,
    kinds: tuple[str, ...],
    about: str,
    marks: Mapping[str, str],
    chosen: Callable[[str], Any],
    told: Callable[[str], Any],
) -> bool:
    if told(kind) in kinds:
        return True
    more = as_object(chosen(about))
    return any(isinstance(more.get(key), str) and mark in more[key] for key, mark in marks.items())


def arn_form(name: str, kind: str) -> str:
    """The form of its ARN behind the partition."""
    if name == _VOLUME:
        return TYPES[kind].arns[1]
    forms = TYPES[kind].arns
    return forms[1] if name == _CLUSTER and kind == "RDS" else forms[0]


def as_kept(name: str, text: str) -> str:
    """The name of a resource of the type `name` as AWS keeps it."""
    return text.lower() if name.startswith(_SMALL) else text
