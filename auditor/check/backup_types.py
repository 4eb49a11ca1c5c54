"""The types of AWS Backup that Terraform and CloudFormation can declare, and what is judged of each.

Source: the provider's documentation, "AWS Backup"; CloudFormation template reference, AWS::Backup.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class BackupType(NamedTuple):
    """One type: its names, "" where a language has none; what is `judged` of it, or why nothing is."""

    terraform: str
    cloudformation: str
    judged: str = ""
    instead: str = ""


ROWS: Final = (
    BackupType(
        "aws_backup_plan", "AWS::Backup::BackupPlan", "rules, windows, lifecycles, copies; its deletion"
    ),
    BackupType("aws_backup_selection", "AWS::Backup::BackupSelection", "what it selects; its deletion"),
    BackupType("aws_backup_vault", "AWS::Backup::BackupVault", "lock, policy, key; its deletion"),
    BackupType(
        "aws_backup_logically_air_gapped_backup_vault",
        "AWS::Backup::LogicallyAirGappedBackupVault",
        "its range of days, key; its deletion",
    ),
    BackupType("aws_backup_vault_lock_configuration", "", "mode and range; its deletion"),
    BackupType("aws_backup_vault_policy", "", "what it opens, what it denies no more; its deletion"),
    BackupType(
        "aws_backup_region_settings",
        "",
        "which resource types are opted in, and whether AWS Backup manages DynamoDB fully",
    ),
    BackupType("aws_backup_global_settings", "", "whether copies into other accounts are switched off"),
    BackupType(
        "aws_backup_restore_testing_plan",
        "AWS::Backup::RestoreTestingPlan",
        "what it tests more rarely or no more; its deletion",
    ),
    BackupType(
        "aws_backup_restore_testing_selection",
        "AWS::Backup::RestoreTestingSelection",
        "what it selects no more; its deletion",
    ),
    BackupType("aws_backup_framework", "AWS::Backup::Framework", instead="an audit judges by its controls"),
    BackupType("aws_backup_report_plan", "AWS::Backup::ReportPlan", instead="no backup depends on it"),
    BackupType("aws_backup_vault_notifications", "", instead="no backup depends on it"),
    BackupType("", "AWS::Backup::LegalHold", instead="an audit sees which recovery points it holds"),
    BackupType("", "AWS::Backup::TieringConfiguration", instead="it moves backups, and ends none"),
)
#: Why nothing is judged of a type, in a clause, by its name.
INSTEAD: Final[Mapping[str, str]] = {
    name: row.instead for row in ROWS if row.instead for name in row[:2] if name
}
