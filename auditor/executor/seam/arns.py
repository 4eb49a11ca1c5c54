"""From a resource's ARN to the word that AWS Backup has for its type."""

from auditor.model.arn import Arn
from auditor.model.errors import UsageError


def resource_type_of(text: str) -> str | None:
    """The resource type, None when AWS Backup has no word for such an ARN here."""
    try:
        arn = Arn.parse(text)
    except UsageError:
        return None
    prefixes = {
        ("ec2", "volume/"): "EBS",
        ("ec2", "instance/"): "EC2",
        ("rds", "db:"): "RDS",
        ("rds", "cluster:"): "Aurora",
        ("dynamodb", "table/"): "DynamoDB",
        ("s3", ""): "S3",
        ("cloudformation", "stack/"): "CloudFormation",
        ("redshift", "cluster:"): "Redshift",
        ("fsx", "file-system/"): "FSx",
        ("elasticfilesystem", "file-system/"): "EFS",
    }
    if arn.service == "storagegateway":
        return "Storage Gateway" if "/volume/" in arn.resource else None
    for (service, prefix), kind in prefixes.items():
        if arn.service == service and arn.resource.startswith(prefix):
            return kind
    return None
