"""From ARNs to the words that AWS Backup has for types."""

import pytest

from auditor.executor.seam.arns import resource_type_of


@pytest.mark.parametrize(
    ("service", "resource", "expected"),
    [
        ("ec2", "volume/vol-1", "EBS"),
        ("ec2", "instance/i-1", "EC2"),
        ("ec2", "snapshot/snap-1", None),
        ("rds", "db:data", "RDS"),
        ("rds", "cluster:data", "Aurora"),
        ("rds", "cluster-snapshot:data", None),
        ("dynamodb", "table/data", "DynamoDB"),
        ("s3", "data", "S3"),
        ("cloudformation", "stack/data/1", "CloudFormation"),
        ("redshift", "cluster:data", "Redshift"),
        ("redshift", "snapshot:data/1", None),
        ("fsx", "file-system/fs-1", "FSx"),
        ("fsx", "volume/fs-1/fsvol-1", None),
        ("elasticfilesystem", "file-system/fs-1", "EFS"),
        ("elasticfilesystem", "access-point/fsap-1", None),
        ("storagegateway", "gateway/sgw-1/volume/vol-1", "Storage Gateway"),
        ("storagegateway", "gateway/sgw-1", None),
        ("storagegateway", "share/share-1", None),
    ],
)
def test_types_of_resources(service: str, resource: str, expected: str | None) -> None:
    """In every partition; what AWS Backup does not back up has none."""
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        arn = f"arn:{partition}:{service}:eu-west-1:123456789012:{resource}"
        assert resource_type_of(arn) == expected


def test_what_is_no_arn_has_no_type() -> None:
    """As what is empty."""
    assert [resource_type_of(text) for text in ("", "volume/vol-1", "arn:aws:ec2")] == [None] * 3
