"""The evidence tables: what was read from AWS, one Arrow schema each.

Every time is UTC in milliseconds. A value that AWS did not return is null. Each table is stored once for each
account and Region (`PARTITIONED`) or once for the run (`ORGANIZATION`).
"""

from typing import Final

import pyarrow as pa

from auditor.evidence.asked_tables import ASKED_TABLES, NEEDED_OF_ASKED
from auditor.evidence.column_types import TAGS, TEXT, TIME, TIMES, table_schema
from auditor.evidence.native_tables import NATIVE_NEEDED, NATIVE_TABLES, NATIVE_WORDS
from auditor.evidence.policy_tables import NEEDED_OF_POLICIES, POLICY_TABLES

#: Stored once for the run.
ORGANIZATION: Final = {
    # ou_path is null where AWS Organizations did not answer; parents are the ids of the root and of the units
    # alone: whether the account is in no organization, as AWS Organizations says; null where it did not
    "accounts": table_schema(
        account_id=TEXT,
        name=TEXT,
        partition=TEXT,
        ou_path=pa.list_(TEXT),
        parents=pa.list_(TEXT),
        status=TEXT,
        regions=pa.list_(TEXT),
        alone=pa.bool_(),
    ),
    "gaps": table_schema(
        gap_id=TEXT,
        account_id=TEXT,
        region=TEXT,
        service=TEXT,
        operation=TEXT,
        error=TEXT,
        message=TEXT,
        provides=pa.list_(TEXT),
    ),
    **POLICY_TABLES,
    # the users and roles: policies has the digests of theirs and of their groups' by name (by ARN where it is
    # managed, after the group's name where a group has it), "" of a document that was not told; boundary is
    # null where there is none, trust (who may take it on) of a user
    "principals": table_schema(account_id=TEXT, arn=TEXT, policies=TAGS, boundary=TEXT, trust=TEXT),
    # the documents of these, each distinct one once: digest is the SHA-256 of the text of JSON
    "principal_policies": table_schema(digest=TEXT, document=TEXT),
    # one row for each API operation, account and Region: how many calls were sent
    "calls": table_schema(account_id=TEXT, region=TEXT, service=TEXT, operation=TEXT, calls=pa.int32()),
    # what Organizations itself lists, whichever accounts are read; no row where it did not say
    "organization_accounts": table_schema(account_id=TEXT, name=TEXT, status=TEXT),
    # one row for each HTTP attempt (of STS: each call, with its attempts), by our clock and the endpoint's;
    # endpoint_at, request_id and status are null where no answer told them, error where there was none
    "requests": table_schema(
        account_id=TEXT,
        region=TEXT,
        service=TEXT,
        operation=TEXT,
        attempts=pa.int32(),
        started_at=TIME,
        ended_at=TIME,
        endpoint_at=TIME,
        request_id=TEXT,
        status=pa.int32(),
        error=TEXT,
    ),
}

#: Stored for each account and Region, which are the partition and not repeated in the file.
PARTITIONED: Final = {
    # the inventory; resource_type is AWS Backup's word (`auditor.model.resource_types`); tags is null when
    # they could not be read (there is a gap then), empty when there are none; created_at is null while a
    # database is being created, and where the list tells none (tables of DynamoDB) and a job or a recovery
    # point names the resource; encrypted and kms_key_arn are null where the list does not tell them; attached
    # has by the ARN of each instance that a volume is attached to since when, null where that is not told;
    # running is whether an EC2 instance runs, null of one between both states and of every other type;
    # file_system_type is FSx's word of a file system, and of the one that a volume is of; null of other types
    "resources": table_schema(
        arn=TEXT,
        resource_type=TEXT,
        name=TEXT,
        created_at=TIME,
        tags=TAGS,
        encrypted=pa.bool_(),
        kms_key_arn=TEXT,
        attached=TIMES,
        running=pa.bool_(),
        file_system_type=TEXT,
    ),
    **NATIVE_TABLES,
    # the images of EC2 instances, by AWS Backup or not, of which it is told which instance CreateImage made
    # them of: the volumes whose snapshots they consist of, and whether all of these were told
    "images": table_schema(arn=TEXT, instance_arn=TEXT, volume_arns=pa.list_(TEXT), whole=pa.bool_()),
    # every version that was in force in the period; valid_until is null for the current one.
    # document is the API's BackupPlan as JSON, null where it was not read (there is a gap then).
    "backup_plans": table_schema(
        plan_id=TEXT, arn=TEXT, name=TEXT, version_id=TEXT, valid_from=TIME, valid_until=TIME, document=TEXT
    ),
    # document is the API's BackupSelection as JSON, null where it was not read (there is a gap then)
    "backup_selections": table_schema(
        plan_id=TEXT, selection_id=TEXT, name=TEXT, created_at=TIME, document=TEXT
    ),
    "backup_vaults": table_schema(
        arn=TEXT,
        name=TEXT,
        vault_type=TEXT,
        created_at=TIME,
        encryption_key_arn=TEXT,
        encryption_key_type=TEXT,
        locked=pa.bool_(),
        min_retention_days=pa.int64(),
        max_retention_days=pa.int64(),
        lock_date=TIME,
    ),
    # document is the access policy as AWS Backup gives it, null where the vault has none; a vault of which it
    # was not read has no row (there is a gap then)
    "vault_policies": table_schema(vault_arn=TEXT, document=TEXT),
    # of plans, vaults and recovery points, where a framework of Audit Manager asks for those with a tag; one
    # whose tags were not told has no row
    "backup_tags": table_schema(arn=TEXT, tags=TAGS),
    # delete_after_days is the retention that the job was asked for: -1 is "for ever" in AWS's words, null is
    # not known
    "backup_jobs": table_schema(
        job_id=TEXT,
        resource_arn=TEXT,
        resource_type=TEXT,
        vault_arn=TEXT,
        recovery_point_arn=TEXT,
        state=TEXT,
        message=TEXT,
        message_category=TEXT,
        created_at=TIME,
        completed_at=TIME,
        start_by=TIME,
        plan_id=TEXT,
        plan_version=TEXT,
        rule_id=TEXT,
        delete_after_days=pa.int64(),
        size_bytes=pa.int64(),
        is_parent=pa.bool_(),
        parent_job_id=TEXT,
    ),
    # created_by_backup_job_id is null for a copy that was started on demand
    "copy_jobs": table_schema(
        job_id=TEXT,
        resource_arn=TEXT,
        resource_type=TEXT,
        source_vault_arn=TEXT,
        source_recovery_point_arn=TEXT,
        destination_vault_arn=TEXT,
        destination_recovery_point_arn=TEXT,
        state=TEXT,
        message=TEXT,
        message_category=TEXT,
        created_at=TIME,
        completed_at=TIME,
        plan_id=TEXT,
        rule_id=TEXT,
        created_by_backup_job_id=TEXT,
    ),
    # resource_arn is what was backed up, null where AWS does not name it; created_resource_arn is what it
    # made; testing_plan_arn is null for a restore that no restore-testing plan started; validation_status is
    # null where nobody validates
    "restore_jobs": table_schema(
        job_id=TEXT,
        resource_arn=TEXT,
        resource_type=TEXT,
        vault_arn=TEXT,
        recovery_point_arn=TEXT,
        point_created_at=TIME,
        status=TEXT,
        message=TEXT,
        created_at=TIME,
        completed_at=TIME,
        created_resource_arn=TEXT,
        testing_plan_arn=TEXT,
        validation_status=TEXT,
        size_bytes=pa.int64(),
        is_parent=pa.bool_(),
        parent_job_id=TEXT,
    ),
    # delete_at and move_to_cold_at are AWS's own calculated dates (CalculatedLifecycle);
    # delete_after_event is DELETE_AFTER_COPY for what is only on its way into an air-gapped vault;
    # scanned_at is when AWS Backup put its latest scans for malware together, null where there was none
    "recovery_points": table_schema(
        arn=TEXT,
        vault_arn=TEXT,
        resource_arn=TEXT,
        resource_type=TEXT,
        status=TEXT,
        created_at=TIME,
        completed_at=TIME,
        delete_after_days=pa.int64(),
        delete_after_event=TEXT,
        delete_at=TIME,
        move_to_cold_at=TIME,
        encrypted=pa.bool_(),
        encryption_key_arn=TEXT,
        encryption_key_type=TEXT,
        source_vault_arn=TEXT,
        plan_id=TEXT,
        rule_id=TEXT,
        size_bytes=pa.int64(),
        is_parent=pa.bool_(),
        parent_arn=TEXT,
        scanned_at=TIME,
        scan_failed=pa.bool_(),
        scan_findings=pa.list_(TEXT),
    ),
    # opted_in and managed per resource type of this Region
    "region_settings": table_schema(resource_type=TEXT, opted_in=pa.bool_(), managed=pa.bool_()),
    # the keys that vaults and recovery points name (not those of AWS); key_manager is its KeyManager: AWS or
    # CUSTOMER, state its KeyState; both are null when KMS does not know the key (any more); deletion_at is
    # when it is deleted, where that is scheduled
    "keys": table_schema(arn=TEXT, key_manager=TEXT, state=TEXT, deletion_at=TIME),
    **ASKED_TABLES,
}

#: Without these a row says nothing: they are never null.
NEEDED: Final = {
    "accounts": ("account_id", "partition"),
    "calls": ("calls",),
    "requests": ("account_id", "region", "service", "operation", "attempts", "started_at", "ended_at"),
    "organization_accounts": ("account_id", "name", "status"),
    "principals": ("account_id", "arn", "policies"),
    "principal_policies": ("digest", "document"),
    "totals": ("source", "about", "note"),
    "gaps": ("gap_id", "account_id", "region", "service", "operation", "error", "message", "provides"),
    "resources": ("arn", "resource_type"),
    "vault_policies": ("vault_arn",),
    "backup_tags": ("arn", "tags"),
    "images": ("arn", "instance_arn", "volume_arns", "whole"),
    **NATIVE_NEEDED,
    **NEEDED_OF_ASKED,
    **NEEDED_OF_POLICIES,
}

#: Beside the evidence of each account and Region, for comparison: no fact comes from it, no gap is about it.
#: What `source` counts of `about` (a day, a vault, a type); count is null where it is not known: see `note`.
TOTALS: Final = "totals"
ASIDE: Final = {TOTALS: table_schema(source=TEXT, about=TEXT, count=pa.int64(), note=TEXT)}

TABLES: Final = ORGANIZATION | PARTITIONED | ASIDE

#: What the images of instances hold.
IMAGES: Final = "images"
#: The tags of plans and vaults.
BACKUP_TAGS: Final = "backup_tags"
#: Those of recovery points that AWS Backup manages fully, in the same table.
POINT_TAGS: Final = f"{BACKUP_TAGS}.recovery_points"
#: Those of the snapshots, images and backups of other services that are recovery points, likewise.
SNAPSHOT_TAGS: Final = f"{BACKUP_TAGS}.snapshots"
#: In a gap's `provides`: the resources are known, but not since when some of them exist.
AGES: Final = "resources.created_at"
#: The same of accounts: all that can be missing of them is where they are in the organization.
OU_PATHS: Final = "accounts"
#: The same of plans and selections: each is known, but not what the document of one says, which is null.
DOCUMENTS: Final = {name: f"{name}.document" for name in ("backup_plans", "backup_selections")}
#: What is read once in each account, where a parameter asks for it: with what its policies say.
PRINCIPALS: Final = "principals"
_BESIDE: Final = (AGES, OU_PATHS, POINT_TAGS, SNAPSHOT_TAGS, *POLICY_TABLES, PRINCIPALS)
#: Whatever a gap can leave unknown.
EVERYTHING: Final = frozenset({*PARTITIONED, *DOCUMENTS.values(), *NATIVE_WORDS, *_BESIDE})


def no_rows(table: str) -> pa.Table:
    """Make `table` without rows (`Schema.empty_table` would import pandas to do so)."""
    return pa.Table.from_batches([], schema=TABLES[table])
