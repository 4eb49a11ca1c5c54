"""What backup and copy jobs have in common: members of their documents, and columns of their rows."""

from collections.abc import Mapping
from typing import Any

import orjson

from auditor.executor.database.sql_tables import STANDARD
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import NativeBackup
from auditor.executor.times import seconds

Document = dict[str, Any]


def vault_type_of(job: Any) -> str:
    """VaultType of the vault that the job goes into, if the job has found it already."""
    return STANDARD if job.vault is None else str(job.vault["type"])


def lock_of(vault: Mapping[str, Any]) -> str:
    """VaultLockState of the vault that a job has found."""
    return "LOCKED" if vault["locked"] else "UNLOCKED"


def resource_key_of(job: Any) -> str:
    """The resource; a composite job leaves it to those below it."""
    arn: str = job.resource["arn"]
    return f"composite:{arn}" if job.is_parent else arn


def common_of(job: Any) -> Document:
    """The members that both kinds of job have."""
    document = {
        "AccountId": job.scope.account_id,
        "ResourceArn": job.resource["arn"],
        "ResourceType": job.resource["type"],
        "ResourceName": job.resource["name"],
        "IamRoleArn": job.iam_role_arn,
        "State": job.state,
        "CreationDate": seconds(job.created),
        "IsParent": job.is_parent,
    }
    optional = {
        "ParentJobId": job.parent_job_id,
        "CreatedBy": job.created_by,
        "CompletionDate": None if job.completed is None else seconds(job.completed),
        "StatusMessage": job.message + job.left_behind or None,
        "MessageCategory": job.category or None,
    }
    return document | {key: value for key, value in optional.items() if value is not None}


def row_of(job: Any) -> Document:
    """The columns that both tables have; `work` holds every field."""
    return {
        "id": job.id,
        "account_id": job.scope.account_id,
        "region": job.scope.region,
        "created": job.created,
        "completed": job.completed,
        "state": job.state,
        "message_category": job.category,
        "resource_arn": job.resource["arn"],
        "resource_type": job.resource["type"],
        "token": job.token,
        "next_at": job.next_at,
        "parent_job_id": job.parent_job_id,
        "work": orjson.dumps(job),
    }


def fields_of(row: Mapping[str, Any]) -> Document:
    """A row's `work` as the fields of its job."""
    work: Document = orjson.loads(row["work"])
    native = work["native"]
    return work | {
        "scope": AccountRegion(**work["scope"]),
        "native": None if native is None else NativeBackup(**native),
    }
