"""Timed API calls: what somebody changes while time goes by.

An event's arguments are those of the API; in their strings is filled in:

    ${partition} ${account} ${region} ${other_region}   of the event
    ${key} ${key_id}          ARN and id of the customer managed key there
    ${plan:NAME}              id of the backup plan of that name
    ${selection:PLAN/NAME}    id of the selection of that name in that plan
    ${resource:NAME}          ARN of a sample resource there
    ${newest:VAULT/NAME}      ARN of the newest recovery point of that sample resource in that vault
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import ClientError

from auditor.aws.base import Client
from auditor.model.errors import UsageError
from auditor.sandbox.entrance import Entrance
from auditor.sandbox.organization import Event, SampleOrganization
from auditor.sandbox.seed import Seeded

_PLACEHOLDER: Final = re.compile(r"\$\{([a-z_]+)(?::([^}]+))?\}")


@dataclass(frozen=True, slots=True)
class EventRunner:
    """Makes the calls as the account's own administrator, in process."""

    organization: SampleOrganization
    entrance: Entrance
    partition: str
    seeded: Seeded

    def run(self, event: Event) -> str | None:
        """Make the call; gives an error in words when it is refused or a name does not exist, else None."""
        try:
            account_id = self.seeded.accounts[event.account]
            region = self.organization.region(self.partition, event.place)
            client = self.entrance.client(event.service, account_id, region)
            arguments = fill(event.arguments, lambda name, rest: self._value(event, name, rest))
            getattr(client, xform_name(event.operation))(**arguments)
        except (ClientError, UsageError) as error:
            return str(error)
        return None

    def _value(self, event: Event, name: str, rest: str) -> str:
        account_id = self.seeded.accounts[event.account]
        region = self.organization.region(self.partition, event.place)
        other = "secondary" if event.place == "primary" else "primary"
        plain: Mapping[str, Callable[[], str]] = {
            "partition": lambda: self.partition,
            "account": lambda: account_id,
            "region": lambda: region,
            "other_region": lambda: self.organization.region(self.partition, other),
            "key": lambda: self._key(account_id, region, "Arn"),
            "key_id": lambda: self._key(account_id, region, "KeyId"),
            "plan": lambda: _plan(self.entrance.client("backup", account_id, region), rest),
            "selection": lambda: _selection(self.entrance.client("backup", account_id, region), rest),
            "resource": lambda: self._resource(event, rest),
            "newest": lambda: self._newest(event, self.entrance.client("backup", account_id, region), rest),
        }
        if name not in plain:
            raise UsageError(f"${{{name}}} is not a name; write one of {', '.join(sorted(plain))}.")
        return plain[name]()

    def _key(self, account_id: str, region: str, member: str) -> str:
        kms = self.entrance.client("kms", account_id, region)
        return str(kms.describe_key(KeyId=self.organization.key_alias)["KeyMetadata"][member])

    def _resource(self, event: Event, name: str) -> str:
        arn = self.seeded.resources.get((event.account, event.place, name))
        if arn is None:
            raise UsageError(f"Account {event.account} has no resource {name!r} in its {event.place} Region.")
        return arn

    def _newest(self, event: Event, backup: Client, path: str) -> str:
        vault, _, name = path.partition("/")
        pages = backup.get_paginator("list_recovery_points_by_backup_vault").paginate(
            BackupVaultName=vault, ByResourceArn=self._resource(event, name)
        )
        points = [point for page in pages for point in page["RecoveryPoints"]]
        if not points:
            raise UsageError(f"Backup vault {vault!r} has no recovery point of {name!r}.")
        return str(max(points, key=lambda point: point["CreationDate"])["RecoveryPointArn"])


def fill(value: Any, lookup: Callable[[str, str], str]) -> Any:
    """Fill the placeholders of every string in a document; `lookup(name, rest)` answers ${name:rest}."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: lookup(found[1], found[2] or ""), value)
    if isinstance(value, Mapping):
        return {key: fill(item, lookup) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, lookup) for item in value]
    return value


def _plan(backup: Client, name: str) -> str:
    for page in backup.get_paginator("list_backup_plans").paginate():
        for plan in page["BackupPlansList"]:
            if plan["BackupPlanName"] == name:
                return str(plan["BackupPlanId"])
    raise UsageError(f"There is no backup plan {name!r}; has anything been pushed?")


def _selection(backup: Client, path: str) -> str:
    plan, _, name = path.partition("/")
    pages = backup.get_paginator("list_backup_selections").paginate(BackupPlanId=_plan(backup, plan))
    for page in pages:
        for selection in page["BackupSelectionsList"]:
            if selection["SelectionName"] == name:
                return str(selection["SelectionId"])
    raise UsageError(f"Backup plan {plan!r} has no selection {name!r}.")
