"""Vaults and their locks (aws-backup.md 4.7)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class VaultLock:
    """What DescribeBackupVault says of a lock. `lock_date` (UTC) is set in compliance mode only."""

    locked: bool
    min_retention_days: int | None = None
    max_retention_days: int | None = None
    lock_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Vault:
    """A backup vault of one account and Region."""

    arn: str
    name: str
    account_id: str
    region: str
    lock: VaultLock
    encryption_key_arn: str | None = None
