"""Accounts and resources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

NO_TAGS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Account:
    """A member of the organization, or an account of none.

    `ou_path` is the names of its organizational units from below the root down, e.g. ("Workloads",
    "Prod"); None where AWS Organizations could not be asked. `status` is as it says it (ACTIVE, SUSPENDED,
    PENDING_CLOSURE …); "" where it was not asked or does not know the account.
    `parents` are the ids of the root and of these units, from the root down; None where they are not known.
    `alone` says that AWS Organizations told it that it is in no organization.
    """

    account_id: str
    name: str
    partition: str
    ou_path: tuple[str, ...] | None = ()
    status: str = "ACTIVE"
    parents: tuple[str, ...] | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that can be backed up.

    `resource_type` is AWS Backup's word (`auditor.model.resource_types`); `created_at` is UTC, None if it is
    not known.
    """

    arn: str
    account_id: str
    region: str
    resource_type: str
    name: str = ""
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=lambda: NO_TAGS)
