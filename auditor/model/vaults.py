"""Vaults and their locks (aws-backup.md 4.7)."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class VaultLock:
    """What DescribeBackupVault says of a lock. `lock_date` (UTC) is set in compliance mode only.

    `locked` is None where AWS does not say it.
    Of one that is only declared, `grace_days` are those in which it can be undone once it is there.
    A logically air-gapped vault is locked in compliance mode from its creation on (aws-backup.md 1.3).
    """

    locked: bool | None
    min_retention_days: int | None = None
    max_retention_days: int | None = None
    lock_date: datetime | None = None
    air_gapped: bool = False
    grace_days: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Vault:
    """A backup vault of one account and Region."""

    arn: str
    name: str
    account_id: str
    region: str
    lock: VaultLock
    encryption_key_arn: str | None = None
