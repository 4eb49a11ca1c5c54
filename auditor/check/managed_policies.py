"""AWS's own managed policies as far as roles for backups have to do with them (aws-backup.md 4.14)."""

from collections.abc import Iterable
from typing import Final

#: How the names of those begin that are for roles of AWS Backup. Their paths differ: that for backups is
#: `service-role/…`, and that for backups of buckets has none.
_OURS: Final = "AWSBackupServiceRolePolicyFor"
_BACKUP, _S3_BACKUP, _ADMINISTRATOR = f"{_OURS}Backup", f"{_OURS}S3Backup", "AdministratorAccess"
#: What a backup of a bucket is, which needs a policy of its own.
S3: Final = "S3"
_DENIES_ALL: Final = "AWSDenyAll"
#: Others that deny something that backups need, or all but something.
_DENY: Final = frozenset(
    {"AWSCompromisedKeyQuarantineV2", "AWSCompromisedKeyQuarantineV3",
     "AWSIAMIdentityCenterAllowListForIdentityContext", "AmazonDataZoneEnvironmentRolePermissionsBoundary",
     "AmazonDataZoneProjectDeploymentPermissionsBoundary", "AmazonDataZoneProjectRolePermissionsBoundary",
     "AmazonDataZoneSageMakerEnvironmentRolePermissionsBoundary", "AmazonSecurityLakePermissionsBoundary",
     "IAMAuditRootUserCredentials", "IAMCreateRootUserPassword", "IAMDeleteRootUserCredentials",
     "S3UnlockBucketPolicy", "SQSUnlockQueuePolicy", "SageMakerStudioProjectUserRolePermissionsBoundary"}
)  # fmt: skip


def of_aws(arn: str) -> str:
    """The name of a policy of AWS's own, "" of another one."""
    owner, _, path = arn.partition(":policy/")
    return path.rpartition("/")[2] if owner.endswith(":iam::aws") else ""


def of_backup_roles(arns: Iterable[str]) -> frozenset[str]:
    """The ARNs of those that are AWS's for roles of AWS Backup: backups, restores and the like."""
    return frozenset(arn for arn in arns if of_aws(arn).startswith(_OURS))


def allows_backups(arn: str, kind: str) -> bool | None:
    """Whether a policy allows backups of a type of resources; None where that is not known here."""
    name = of_aws(arn)
    if name in (_ADMINISTRATOR, _S3_BACKUP if kind == S3 else _BACKUP):
        return True
    return False if name.startswith(_OURS) or name == _DENIES_ALL else None


def denies_backups(arn: str) -> bool | None:
    """Whether a policy denies backups of whatever type; None where that is not known here."""
    name = of_aws(arn)
    if name == _DENIES_ALL:
        return True
    return None if not name or name in _DENY else False
