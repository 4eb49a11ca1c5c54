"""Logically air-gapped vaults: locked in compliance mode from the first moment on (aws-backup.md 1.3).

Their sharing, with AWS RAM or by multi-party approval, is not offered.
"""

from typing import Final

from auditor.executor.api.errors import invalid
from auditor.executor.database.sql_tables import AIR_GAPPED
from auditor.executor.operations.locks import MAX_DAYS
from auditor.executor.operations.vaults import Params, make_vault
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService

MIN_DAYS: Final = 7


def create_logically_air_gapped_backup_vault(
    service: BackupService, scope: AccountRegion, params: Params
) -> Params:
    """CreateLogicallyAirGappedBackupVault: its lock can never be changed; it is shared with nobody."""
    low, high = params["MinRetentionDays"], params["MaxRetentionDays"]
    if not MIN_DAYS <= low <= MAX_DAYS:
        raise invalid(f"MinRetentionDays must be between {MIN_DAYS} and {MAX_DAYS}.")
    if not low <= high <= MAX_DAYS:
        raise invalid(f"MaxRetentionDays must be between MinRetentionDays and {MAX_DAYS}.")
    lock = {
        "vault_type": AIR_GAPPED,
        "locked": True,
        "min_retention_days": low,
        "max_retention_days": high,
        "lock_date": service.now_ms(),
    }
    return make_vault(service, scope, params, lock) | {"VaultState": "AVAILABLE"}
