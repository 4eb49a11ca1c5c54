"""The bare loop: the pages of one account and Region with stock boto3, one after another, nothing kept.

    python -m bench.bare REGION SINCE [--units]        prints how often each operation was sent, as JSON

It asks what `auditor audit` asks, with the same page sizes. SINCE is the start of the period, RFC 3339.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

import boto3
from botocore import xform_name

from auditor.model.resource_types import TAGGED_AS, offered_listings

#: Pages of what is tagged that the audit asks for at most: those of 2,000 resources, and one more.
_TAGGED: Final = 21


class Account:
    """One account and Region: a client for each service, and a count of what was sent."""

    def __init__(self, region: str) -> None:
        self.session = boto3.Session(region_name=region)
        self.sent: Counter[str] = Counter()
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service."""
        if service not in self._clients:
            client: Any = self.session.client(service)  # type: ignore[call-overload]  # any service
            client.meta.events.register("before-send", self._count)
            self._clients[service] = client
        return self._clients[service]

    def items(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
        """The items of every page."""
        for page in self.client(service).get_paginator(operation).paginate(**parameters):
            yield from page[key]

    def _count(self, event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        self.sent[operation] += 1


def inventory(account: Account) -> None:
    """Resources, of which EBS volumes carry their tags; tables and buckets, which have none here, do not."""
    named = account.client("backup").describe_region_settings()["ResourceTypeOptInPreference"]
    region = account.session.region_name
    for one in offered_listings(named):
        given = {name: region if value == "{region}" else value for name, value in one.parameters.items()}
        for _ in account.items(one.service, xform_name(one.operation), one.items, **given):
            pass


def backups(account: Account, since: datetime) -> None:
    """What AWS Backup says: plans, selections, vaults with their policies, recovery points and jobs."""
    backup, size = account.client("backup"), {"MaxResults": 1000}
    after = since - timedelta(seconds=1)
    for plan in account.items("backup", "list_backup_plans", "BackupPlansList", IncludeDeleted=True, **size):
        chosen = {"BackupPlanId": plan["BackupPlanId"]}
        for item in account.items(
            "backup", "list_backup_plan_versions", "BackupPlanVersionsList", **chosen, **size
        ):
            backup.get_backup_plan(**chosen, VersionId=item["VersionId"])
        for item in account.items(
            "backup", "list_backup_selections", "BackupSelectionsList", **chosen, **size
        ):
            backup.get_backup_selection(**chosen, SelectionId=item["SelectionId"])
    keys: set[str] = set()
    for vault in account.items("backup", "list_backup_vaults", "BackupVaultList", **size):
        named = {"BackupVaultName": vault["BackupVaultName"]}
        points = account.items(
            "backup", "list_recovery_points_by_backup_vault", "RecoveryPoints", **named, **size
        )
        keys.update(point["EncryptionKeyArn"] for point in points)
        with suppress(backup.exceptions.ResourceNotFoundException):  # it has none
            backup.get_backup_vault_access_policy(**named)
    for key in keys:
        account.client("kms").describe_key(KeyId=key)
    for operation, name in (("list_backup_jobs", "BackupJobs"), ("list_copy_jobs", "CopyJobs")):
        for _ in account.items("backup", operation, name, ByCreatedAfter=after, **size):
            pass


def units(account: Account) -> None:
    """The organizational units with their accounts, on which tiers hang."""
    waiting = [root["Id"] for root in account.items("organizations", "list_roots", "Roots")]
    while waiting:
        parent = {"ParentId": waiting.pop()}
        for _ in account.items("organizations", "list_accounts_for_parent", "Accounts", **parent):
            pass
        listed = account.items(
            "organizations", "list_organizational_units_for_parent", "OrganizationalUnits", **parent
        )
        waiting += [unit["Id"] for unit in listed]


def totals(account: Account, account_id: str) -> None:
    """What others count of the same: the organization's accounts, its id, the tagging API, the days' jobs."""
    account.client("organizations").describe_organization()
    for _ in account.items("organizations", "list_accounts", "Accounts"):
        pass
    filters = {"ResourceTypeFilters": [*TAGGED_AS], "ResourcesPerPage": 100}
    tagged = account.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(**filters)
    for _ in islice(tagged, _TAGGED):
        pass
    account.client("backup").list_backup_job_summaries(AccountId=account_id, MaxResults=1000)


def main() -> None:
    """Ask for everything once."""
    account = Account(sys.argv[1])
    account_id = account.client("sts").get_caller_identity()["Account"]
    inventory(account)
    backups(account, datetime.fromisoformat(sys.argv[2]))
    if sys.argv[3:] == ["--units"]:
        units(account)
    totals(account, account_id)
    sys.stdout.write(json.dumps(account.sent))


if __name__ == "__main__":
    main()
