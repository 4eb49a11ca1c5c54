"""Whose jobs an account may see: its own, and those of all members if it administers the organization.

Administrators are the management account and the accounts that are delegated for AWS Backup (API
ListBackupJobs, ListBackupJobSummaries; aws-backup.md 1.1 rows 26 and 28).
"""

from typing import Final

from auditor.executor.api.errors import invalid
from auditor.executor.engine.members import are_together, is_administrator, members
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService

#: What the listings of jobs, and their summaries, call every account of the organization.
EVERY: Final = frozenset({"*", "ANY", "AGGREGATE_ALL"})


def accounts(service: BackupService, scope: AccountRegion, wanted: str | None) -> list[str]:
    """The accounts that `wanted` names: one, None for the caller's own, or every one of the organization.

    Raises InvalidParameterValueException where the caller may not see them: none is left out in silence.
    """
    if wanted in {None, scope.account_id}:
        return [scope.account_id]
    if not is_administrator(service, scope.account_id):
        raise invalid(
            "Only the organization's management account, and accounts that it has delegated, can ask for "
            "the jobs of other accounts."
        )
    if wanted in EVERY:
        return members(service, scope)
    if wanted is None or not are_together(service, scope.account_id, wanted):
        raise invalid(f"Account {wanted} is not a member of the organization.")
    return [wanted]
