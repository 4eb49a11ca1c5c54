"""The database's tables.

Times are whole milliseconds since 1970, UTC. `document` columns hold the item as the API lists it, as JSON
bytes: a page is a join of rows, not an encoding of objects. The other columns are what is
searched by.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

METADATA = MetaData()

#: Types of vaults, as the API names them.
STANDARD: Final = "BACKUP_VAULT"
AIR_GAPPED: Final = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"

_ID = BigInteger().with_variant(Integer, "sqlite")


def place() -> tuple[Column[str], Column[str]]:
    """The columns of an account and a Region."""
    return Column("account_id", String(12), nullable=False), Column("region", String(32), nullable=False)


def _job_columns() -> tuple[Column[Any], ...]:
    """What all jobs have in common. `version` counts the changes: who writes says which one was read.

    `parent_job_id` is the job that a nested one belongs to.
    """
    return (
        Column("id", Text, primary_key=True),
        *place(),
        Column("created", BigInteger, nullable=False),
        Column("completed", BigInteger),
        Column("state", Text, nullable=False),
        Column("message_category", Text, nullable=False),
        Column("resource_arn", Text, nullable=False),
        Column("resource_type", Text, nullable=False),
        Column("token", Text),
        Column("next_at", BigInteger),
        Column("work", LargeBinary, nullable=False),
        Column("document", LargeBinary, nullable=False),
        Column("parent_job_id", Text),
        Column("version", Integer, nullable=False, server_default="0"),
    )


def _unfinished(name: str) -> Index:
    """The jobs of a place that wait or run: few, whatever has ended. A comparison of `next_at` finds them."""
    waiting = text("next_at IS NOT NULL")
    return Index(name, "account_id", "region", "next_at", sqlite_where=waiting, postgresql_where=waiting)


#: `own_key_arn` is that of AWS's own key (auditor.executor.database.keys), where the vault has none of the
#: customer's.
vaults = Table(
    "vaults",
    METADATA,
    Column("arn", Text, primary_key=True),
    *place(),
    Column("name", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("creator_request_id", Text),
    Column("encryption_key_arn", Text),
    Column("locked", Boolean, nullable=False),
    Column("min_retention_days", BigInteger),
    Column("max_retention_days", BigInteger),
    Column("lock_date", BigInteger),
    Column("access_policy", Text),
    Column("vault_type", Text, nullable=False, server_default="BACKUP_VAULT"),
    Column("tags", LargeBinary, nullable=False),
    Column("own_key_arn", Text),
    Index("vaults_by_name", "account_id", "region", "name"),
)

plans = Table(
    "plans",
    METADATA,
    Column("id", Text, primary_key=True),
    *place(),
    Column("arn", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("deleted", BigInteger),
    Column("creator_request_id", Text),
    Column("sequence", Integer, nullable=False),
    Column("last_execution", BigInteger),
    Column("tags", LargeBinary, nullable=False),
    Index("plans_by_place", "account_id", "region", "created", "id"),
)

#: `document` is the API's BackupPlan with RuleIds and AWS's defaults.
plan_versions = Table(
    "plan_versions",
    METADATA,
    Column("plan_id", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("version_id", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
)

#: `document` is the API's BackupSelection.
selections = Table(
    "selections",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("plan_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("creator_request_id", Text),
    Column("iam_role_arn", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("selections_by_plan", "plan_id", "created", "id"),
)

#: `work` is what the engine needs to carry a job on (auditor.executor.engine.jobs), `next_at` when.
backup_jobs = Table(
    "backup_jobs",
    METADATA,
    *_job_columns(),
    Column("vault_name", Text, nullable=False),
    Index("backup_jobs_by_place", "account_id", "region", "created", "id"),
    _unfinished("backup_jobs_unfinished"),
    Index("backup_jobs_by_parent", "parent_job_id"),
)

copy_jobs = Table(
    "copy_jobs",
    METADATA,
    *_job_columns(),
    Column("destination_vault_arn", Text, nullable=False),
    Column("source_recovery_point_arn", Text, nullable=False),
    Index("copy_jobs_by_place", "account_id", "region", "created", "id"),
    _unfinished("copy_jobs_unfinished"),
    Index("copy_jobs_by_parent", "parent_job_id"),
)

#: `testing_plan_arn` is that of the restore-testing plan that made the job.
restore_jobs = Table(
    "restore_jobs",
    METADATA,
    *_job_columns(),
    Column("point_created", BigInteger, nullable=False),
    Column("testing_plan_arn", Text),
    Index("restore_jobs_by_place", "account_id", "region", "created", "id"),
    Index("restore_jobs_by_resource", "account_id", "region", "resource_arn", "completed"),
    _unfinished("restore_jobs_unfinished"),
)

#: `result` is what a scan found, "" as long as it has not ended or where it failed.
scan_jobs = Table(
    "scan_jobs",
    METADATA,
    *_job_columns(),
    Column("vault_name", Text, nullable=False),
    Column("recovery_point_arn", Text, nullable=False),
    Column("malware_scanner", Text, nullable=False),
    Column("result", Text, nullable=False),
    Index("scan_jobs_by_place", "account_id", "region", "created", "id"),
    Index("scan_jobs_by_point", "account_id", "region", "recovery_point_arn", "completed"),
    _unfinished("scan_jobs_unfinished"),
)


def _point_columns() -> tuple[Column[Any], ...]:
    """What is known of a recovery point, but its number.

    `expire_at` is when the engine will delete it, within 8 hours after its retention ends (aws-backup.md
    4.3). `parent_arn` is the composite recovery point that a nested one belongs to, `seal` its keyed digest
    (auditor.executor.database.seals). `tier` is COLD when the service has moved it there, WARM when that was
    refused for good.
    """
    return (
        *place(),
        Column("arn", Text, nullable=False),
        Column("vault_name", Text, nullable=False),
        Column("resource_arn", Text, nullable=False),
        Column("resource_type", Text, nullable=False),
        Column("plan_id", Text),
        Column("created", BigInteger, nullable=False),
        Column("cold_at", BigInteger),
        Column("expire_at", BigInteger),
        Column("status", Text, nullable=False),
        Column("tags", LargeBinary, nullable=False),
        Column("document", LargeBinary, nullable=False),
        Column("parent_arn", Text),
        Column("seal", Text),
        Column("tier", Text),
    )


recovery_points = Table(
    "recovery_points",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    *_point_columns(),
    Index("recovery_points_by_arn", "account_id", "region", "arn", unique=True),
    Index("recovery_points_by_vault", "account_id", "region", "vault_name", "created", "id"),
    Index("recovery_points_by_resource", "account_id", "region", "resource_arn", "created", "id"),
    Index(
        "recovery_points_by_vault_and_resource",
        "account_id",
        "region",
        "vault_name",
        "resource_arn",
        "created",
        "id",
    ),
    Index("recovery_points_by_expiry", "account_id", "region", "expire_at"),
    Index("recovery_points_by_status", "account_id", "region", "status", "id"),
    Index("recovery_points_by_parent", "parent_arn"),
)

#: Recovery points whose backups are gone, with the numbers that they had, and when that was `found`. They are
#: in no vault; one whose backup is back goes back to the others.
gone_points = Table(
    "gone_points",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=False),
    *_point_columns(),
    Column("found", BigInteger, nullable=False),
    Index("gone_points_by_arn", "account_id", "region", "arn", unique=True),
)

#: Resources that were backed up at least once, whatever remains (aws-backup.md 1.4).
protected_resources = Table(
    "protected_resources",
    METADATA,
    Column("account_id", String(12), primary_key=True),
    Column("region", String(32), primary_key=True),
    Column("arn", Text, primary_key=True),
    Column("document", LargeBinary, nullable=False),
)

region_settings = Table(
    "region_settings",
    METADATA,
    Column("account_id", String(12), primary_key=True),
    Column("region", String(32), primary_key=True),
    Column("opt_in", LargeBinary, nullable=False),
    Column("management", LargeBinary, nullable=False),
)

global_settings = Table(
    "global_settings",
    METADATA,
    Column("account_id", String(12), primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("updated", BigInteger, nullable=False),
)

#: Up to when the engine has run an account and Region, and when it last looked at what natively exists.
progress = Table(
    "progress",
    METADATA,
    Column("account_id", String(12), primary_key=True),
    Column("region", String(32), primary_key=True),
    Column("partition", Text, nullable=False),
    Column("ran_until", BigInteger, nullable=False),
    Column("reconciled", BigInteger),
)

#: The counter that distinguishes the identifiers of a database that stays from any other's.
SEED: Final = "seed"

#: How many identifiers of each kind were given out, so that the same calls in the same order give the same
#: ids.
counters = Table(
    "counters", METADATA, Column("name", Text, primary_key=True), Column("value", BigInteger, nullable=False)
)

#: The kinds of jobs and their tables.
JOB_KINDS: Final = (
    ("backup", backup_jobs),
    ("copy", copy_jobs),
    ("restore", restore_jobs),
    ("scan", scan_jobs),
)
