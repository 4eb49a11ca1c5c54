"""The types of Terraform's AWS provider: those of AWS Backup, and those that it can back up, one row each.

`kind` is a row of the registry of resource types, which gives the ARN. Source: the provider's documentation
of each resource, "Attribute Reference".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from auditor.model.resource_types import TYPES

PLAN: Final = "aws_backup_plan"
SELECTION: Final = "aws_backup_selection"
VAULT: Final = "aws_backup_vault"
AIR_GAPPED: Final = "aws_backup_logically_air_gapped_backup_vault"
LOCK: Final = "aws_backup_vault_lock_configuration"
GLOBAL_SETTINGS: Final = "aws_backup_global_settings"
RESTORE_TESTING: Final = "aws_backup_restore_testing_plan"
RESTORE_TESTED: Final = "aws_backup_restore_testing_selection"
OPT_IN: Final = "aws_backup_region_settings"
INSTANCE: Final = "aws_instance"
REPLICA: Final = "aws_dynamodb_table_replica"
VAULT_POLICY: Final = "aws_backup_vault_policy"
KEYS: Final = ("aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key")
ALIAS: Final = "aws_kms_alias"
ROLE: Final = "aws_iam_role"
ATTACHMENT: Final = "aws_iam_role_policy_attachment"
INLINE_POLICY: Final = "aws_iam_role_policy"
MANAGED_POLICY: Final = "aws_iam_policy"
#: Others that attach to roles, or keep off them what they do not name.
SHARED_ATTACHMENT: Final = "aws_iam_policy_attachment"
ONLY_ATTACHED: Final = "aws_iam_role_policy_attachments_exclusive"
ONLY_INLINE: Final = "aws_iam_role_policies_exclusive"
ORGANIZATION_POLICY: Final = "aws_organizations_policy"
POLICY_ATTACHMENT: Final = "aws_organizations_policy_attachment"
ORGANIZATION: Final = "aws_organizations_organization"
UNIT: Final = "aws_organizations_organizational_unit"
ACCOUNT: Final = "aws_organizations_account"
#: AWS's own policies are none of backups.
OF_AWS: Final = "p-FullAWSAccess"
#: Of the other provider: that it selects something is known, and not what.
OTHER_SELECTION: Final = "awscc_backup_backup_selection"


@dataclass(frozen=True, slots=True)
class TerraformType:
    """One type: what AWS Backup calls it, and the attribute that gives its id.

    `prefix` is the attribute that a generated name begins with. `form` is the number of the ARN's form in the
    registry's row.
    """

    name: str
    kind: str
    identifier: str = "id"
    prefix: str = ""
    form: int = 0

    def arn_form(self) -> str:
        """The ARN behind the partition, with {region}, {account} and {id}."""
        return TYPES[self.kind].arns[self.form]


_ROWS: Final = (
    TerraformType("aws_ebs_volume", "EBS"),
    TerraformType(INSTANCE, "EC2"),
    TerraformType("aws_eks_cluster", "EKS", "name"),
    TerraformType("aws_db_instance", "RDS", "identifier", prefix="identifier_prefix"),
    TerraformType("aws_rds_cluster", "Aurora", "cluster_identifier", prefix="cluster_identifier_prefix"),
    TerraformType("aws_dynamodb_table", "DynamoDB", "name"),
    TerraformType(
        "aws_docdb_cluster", "DocumentDB", "cluster_identifier", prefix="cluster_identifier_prefix"
    ),
    TerraformType("aws_neptune_cluster", "Neptune", "cluster_identifier", prefix="cluster_identifier_prefix"),
    TerraformType("aws_redshift_cluster", "Redshift", "cluster_identifier"),
    TerraformType("aws_redshiftserverless_namespace", "Redshift Serverless", "namespace_id"),
    TerraformType("aws_timestreamwrite_table", "Timestream", "table_name"),
    TerraformType("aws_dsql_cluster", "DSQL", "identifier"),
    TerraformType("aws_s3_bucket", "S3", "bucket", prefix="bucket_prefix"),
    TerraformType("aws_efs_file_system", "EFS"),
    TerraformType("aws_fsx_lustre_file_system", "FSx"),
    TerraformType("aws_fsx_windows_file_system", "FSx"),
    TerraformType("aws_fsx_ontap_volume", "FSx", form=1),
    TerraformType("aws_fsx_openzfs_file_system", "FSx"),
    TerraformType("aws_cloudformation_stack", "CloudFormation"),
    TerraformType("aws_storagegateway_cached_iscsi_volume", "Storage Gateway", "volume_id"),
    TerraformType("aws_storagegateway_stored_iscsi_volume", "Storage Gateway", "volume_id"),
)
TERRAFORM_TYPES: Final[Mapping[str, TerraformType]] = {row.name: row for row in _ROWS}
#: What no backup is made of, by an attribute and what is in it.
_NEVER: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "aws_fsx_lustre_file_system": (("deployment_type", "SCRATCH"), ("import_path", "s3://")),
    "aws_fsx_ontap_volume": (("ontap_volume_type", "DP"),),
}
#: A cluster of Aurora's engines is Aurora; one of another engine is RDS's, with the second form of its ARN.
_MULTI_AZ: Final = replace(TERRAFORM_TYPES["aws_rds_cluster"], kind="RDS", form=1)


def type_of(name: str, values: Mapping[str, Any]) -> TerraformType | None:
    """The row of a type; None for one that AWS Backup cannot back up (aws-backup.md 1.2)."""
    if any(isinstance(values.get(key), str) and mark in values[key] for key, mark in _NEVER.get(name, ())):
        return None
    if name == "aws_rds_cluster" and not str(values.get("engine") or "aurora").startswith("aurora"):
        return _MULTI_AZ
    return TERRAFORM_TYPES.get(name)
