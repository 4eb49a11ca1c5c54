"""What an account has in one Region, as push needs to know it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from auditor.aws.items import member, optional
from auditor.aws.organization import understood
from auditor.aws.reader import CallFailed, Reader
from auditor.model.vaults import VaultLock
from auditor.push.changes import OWNER_TAG
from auditor.push.normal import plan_document, selection_document

#: Plans that AWS Organizations made from a backup policy; their API edits are denied (aws-backup.md 3.2).
_ORGANIZATION_PLAN: Final = "orgs/"


@dataclass(frozen=True, slots=True)
class VaultState:
    """A vault that is there."""

    name: str
    key_arn: str
    lock: VaultLock
    owned: bool


@dataclass(frozen=True, slots=True)
class SelectionState:
    """A selection that is there, its document normalised."""

    selection_id: str
    name: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlanState:
    """A plan that is there; `document` (normalised) and `selections` are read of an owned one only."""

    plan_id: str
    name: str
    owned: bool
    document: Mapping[str, Any] | None = None
    selections: tuple[SelectionState, ...] = ()


@dataclass(frozen=True, slots=True)
class RegionState:
    """One account in one Region. `keys` maps an alias to its key's ARN, where it names an enabled key."""

    vaults: Mapping[str, VaultState]
    plans: tuple[PlanState, ...]
    keys: Mapping[str, str]
    opt_in: Mapping[str, bool]
    management: Mapping[str, bool]


def read_state(reader: Reader, *, aliases: Iterable[str], vault_names: Iterable[str]) -> RegionState:
    """Read what is there; every list is read to its last page.

    Raises `CallFailed`, also where an answer does not have the form of the API.

    It has only the vaults in `vault_names`, and the keys of `aliases`.
    """
    settings = reader.ask("backup", "DescribeRegionSettings")
    with understood("DescribeRegionSettings", "backup"):
        opt_in = member(settings, "ResourceTypeOptInPreference", dict)
        management = optional(settings, "ResourceTypeManagementPreference", dict) or {}
    with understood("ListBackupVaults", "backup"):
        vaults = {vault.name: vault for vault in _vaults(reader, frozenset(vault_names))}
    with understood("ListBackupPlans", "backup"):
        plans = tuple(_plans(reader))
    with understood("DescribeKey", "kms"):
        keys = {alias: arn for alias in sorted(set(aliases)) if (arn := _key(reader, alias))}
    return RegionState(vaults=vaults, plans=plans, keys=keys, opt_in=opt_in, management=management)


def _vaults(reader: Reader, names: frozenset[str]) -> Iterator[VaultState]:
    for page in reader.pages("backup", "ListBackupVaults"):
        for vault in page["BackupVaultList"]:
            if vault["BackupVaultName"] in names:
                yield VaultState(
                    name=vault["BackupVaultName"],
                    key_arn=vault.get("EncryptionKeyArn") or "",
                    lock=_lock(vault),
                    owned=_owned(reader, vault["BackupVaultArn"]),
                )


def _lock(vault: Mapping[str, Any]) -> VaultLock:
    date = vault.get("LockDate")
    return VaultLock(
        locked=member(vault, "Locked", bool),
        min_retention_days=vault.get("MinRetentionDays"),
        max_retention_days=vault.get("MaxRetentionDays"),
        lock_date=None if date is None else datetime.fromtimestamp(date, UTC),
    )


def _plans(reader: Reader) -> Iterator[PlanState]:
    for page in reader.pages("backup", "ListBackupPlans"):
        for plan in page["BackupPlansList"]:
            plan_id, name = plan["BackupPlanId"], plan["BackupPlanName"]
            if plan_id.startswith(_ORGANIZATION_PLAN) or not _owned(reader, plan["BackupPlanArn"]):
                yield PlanState(plan_id, name, owned=False)
                continue
            document = reader.ask("backup", "GetBackupPlan", BackupPlanId=plan_id)["BackupPlan"]
            selections = tuple(_selections(reader, plan_id))
            yield PlanState(
                plan_id, name, owned=True, document=plan_document(document), selections=selections
            )


def _selections(reader: Reader, plan_id: str) -> Iterator[SelectionState]:
    for page in reader.pages("backup", "ListBackupSelections", BackupPlanId=plan_id):
        for entry in page["BackupSelectionsList"]:
            selection_id = entry["SelectionId"]
            answer = reader.ask(
                "backup", "GetBackupSelection", BackupPlanId=plan_id, SelectionId=selection_id
            )
            document = selection_document(answer["BackupSelection"])
            yield SelectionState(selection_id, document["SelectionName"], document)


def _owned(reader: Reader, arn: str) -> bool:
    """Whether the vault or plan carries our tag; ListTags has pages and no paginator."""
    key, value = OWNER_TAG
    token: dict[str, str] = {}
    while True:
        page = reader.ask("backup", "ListTags", ResourceArn=arn, **token)
        if (page.get("Tags") or {}).get(key) == value:
            return True
        if not page.get("NextToken"):
            return False
        token = {"NextToken": page["NextToken"]}


def _key(reader: Reader, alias: str) -> str:
    try:
        key = reader.ask("kms", "DescribeKey", KeyId=alias)["KeyMetadata"]
    except CallFailed as error:
        if error.failure.code == "NotFoundException":
            return ""
        raise
    return str(key["Arn"]) if key["KeyState"] == "Enabled" else ""
