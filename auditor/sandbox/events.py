"""Timed API calls: what somebody changes while time goes by.

An event's arguments are those of the API; in their strings is filled in:

    ${partition} ${account} ${region} ${other_region}   of the event
    ${number}                 1, 2 … of a call that is made several times
    ${account:NAME}           id of the account of that name
    ${root} ${unit:NAME} ${policy:NAME}   ids of the root, of a unit below it, and of a policy
    ${key} ${key_id}          ARN and id of the customer managed key there
    ${plan:NAME}              id of the backup plan of that name
    ${selection:PLAN/NAME}    id of the selection of that name in that plan
    ${resource:NAME}          ARN of a sample resource there
    ${id:NAME}                its id, which is the end of its ARN
    ${restored:NAME}          id of what the newest restore of that sample resource has made
    ${newest:VAULT/NAME}      ARN of the newest recovery point of that sample resource in that vault
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import ClientError

from auditor.aws.base import Client
from auditor.executor.seam.calls import name_of
from auditor.model.errors import UsageError
from auditor.sandbox.entrance import Entrance
from auditor.sandbox.organization import Event, SampleOrganization
from auditor.sandbox.seed import Seeded

_POLICIES: Final = ("SERVICE_CONTROL_POLICY", "BACKUP_POLICY")
_PLACEHOLDER: Final = re.compile(r"\$\{([a-z_]+)(?::([^}]+))?\}")


@dataclass(frozen=True, slots=True)
class EventRunner:
    """Makes the calls as the account's own administrator, in process."""

    organization: SampleOrganization
    entrance: Entrance
    partition: str
    seeded: Seeded

    def run(self, event: Event) -> str | None:
        """Make the calls; gives an error in words when one is refused or a name does not exist, else None."""
        try:
            account_id = self.seeded.accounts[event.account]
            region = self.organization.region(self.partition, event.place)
            client = self.entrance.client(event.service, account_id, region)
            for number in range(1, event.count + 1):
                arguments = fill(event.arguments, partial(self._value, event, number))
                getattr(client, xform_name(event.operation))(**arguments)
        except (ClientError, UsageError) as error:
            return str(error)
        return None

    def _value(self, event: Event, number: int, name: str, rest: str) -> str:
        account_id = self.seeded.accounts[event.account]
        region = self.organization.region(self.partition, event.place)
        other = "secondary" if event.place == "primary" else "primary"
        plain: Mapping[str, Callable[[], str]] = {
            "partition": lambda: self.partition,
            "account": lambda: self._account(rest) if rest else account_id,
            "region": lambda: region,
            "number": lambda: str(number),
            "other_region": lambda: self.organization.region(self.partition, other),
            "key": lambda: self._key(account_id, region, "Arn"),
            "key_id": lambda: self._key(account_id, region, "KeyId"),
            "root": self._root,
            "unit": lambda: self._unit(rest),
            "policy": lambda: self._policy(rest),
            "plan": lambda: _plan(self.entrance.client("backup", account_id, region), rest),
            "selection": lambda: _selection(self.entrance.client("backup", account_id, region), rest),
            "resource": lambda: self._resource(event, rest),
            "id": lambda: name_of(self._resource(event, rest)),
            "restored": lambda: self._restored(
                event, self.entrance.client("backup", account_id, region), rest
            ),
            "newest": lambda: self._newest(event, self.entrance.client("backup", account_id, region), rest),
        }
        if name not in plain:
            raise UsageError(f"${{{name}}} is not a name; write one of {', '.join(sorted(plain))}.")
        return plain[name]()

    def _root(self) -> str:
        return str(self.entrance.management("organizations").list_roots()["Roots"][0]["Id"])

    def _unit(self, name: str) -> str:
        pages = self.entrance.management("organizations").get_paginator(
            "list_organizational_units_for_parent"
        )
        pages = pages.paginate(ParentId=self._root())
        return _named([unit for page in pages for unit in page["OrganizationalUnits"]], name)

    def _policy(self, name: str) -> str:
        pages = self.entrance.management("organizations").get_paginator("list_policies")
        found = chain.from_iterable(pages.paginate(Filter=kind) for kind in _POLICIES)
        return _named([policy for page in found for policy in page["Policies"]], name)

    def _key(self, account_id: str, region: str, member: str) -> str:
        kms = self.entrance.client("kms", account_id, region)
        return str(kms.describe_key(KeyId=self.organization.key_alias)["KeyMetadata"][member])

    def _resource(self, event: Event, name: str) -> str:
        arn = self.seeded.resources.get((event.account, event.place, name))
        if arn is None:
            raise UsageError(f"Account {event.account} has no resource {name!r} in its {event.place} Region.")
        return arn

    def _account(self, name: str) -> str:
        if name not in self.seeded.accounts:
            raise UsageError(f"There is no account {name!r}; write one of {', '.join(self.seeded.accounts)}.")
        return self.seeded.accounts[name]

    def _restored(self, event: Event, backup: Client, name: str) -> str:
        wanted = self._resource(event, name)
        pages = backup.get_paginator("list_restore_jobs").paginate(ByStatus="COMPLETED")
        jobs = [job for page in pages for job in page["RestoreJobs"] if job["SourceResourceArn"] == wanted]
        if not jobs:
            raise UsageError(f"No restore of {name!r} has completed.")
        return name_of(max(jobs, key=lambda job: job["CreationDate"])["CreatedResourceArn"])

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


def _named(rows: Iterable[Mapping[str, str]], name: str) -> str:
    for row in rows:
        if row["Name"] == name:
            return row["Id"]
    raise UsageError(f"The organization has no {name!r}.")


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
