"""The plans, selections and vaults of one account and Region, read from the evidence.

A document that cannot be understood becomes a plan or a selection with a `fault`: what depends on it is
unknown, and everything else is judged.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

import orjson
import pyarrow as pa

from auditor.evaluate.columns import rows
from auditor.model.documents import UnreadableDocument
from auditor.model.plans import BackupPlan, CopyLifecycle, Rule, Selection
from auditor.model.vaults import Vault, VaultLock

#: The fault of a document that was not read; a gap of the evidence says why.
NOT_READ: Final = "it was not read"
_AIR_GAPPED: Final = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"
_Read = TypeVar("_Read")


def plans_in(
    table: pa.Table, account_id: str, region: str, copy_lifecycle: CopyLifecycle
) -> list[BackupPlan]:
    """Every version of every plan in `backup_plans`."""
    return [_plan(row, account_id, region, copy_lifecycle) for row in rows(table)]


def _plan(row: Mapping[str, Any], account_id: str, region: str, copy_lifecycle: CopyLifecycle) -> BackupPlan:
    def read(document: Any) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
        return BackupPlan.rules_of(document, copy_lifecycle), BackupPlan.image_options_of(document)

    none: tuple[tuple[Rule, ...], tuple[str, ...]] = ((), ())
    (rules, options), fault = _understood(row["document"], read, none)
    return BackupPlan(
        plan_id=row["plan_id"] or "",
        arn=row["arn"] or "",
        name=row["name"] or "",
        account_id=account_id,
        region=region,
        version_id=row["version_id"] or "",
        rules=rules,
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        fault=fault,
        image_options=options,
    )


def selections_in(table: pa.Table) -> list[Selection]:
    """Every selection in `backup_selections`."""
    return [_selection(row) for row in rows(table)]


def _selection(row: Mapping[str, Any]) -> Selection:
    plan_id, selection_id, created = row["plan_id"] or "", row["selection_id"] or "", row["created_at"]

    def read(document: Any) -> Selection:
        return Selection.from_document(
            document, plan_id=plan_id, selection_id=selection_id, created_at=created
        )

    unknown = Selection(selection_id, row["name"] or "", plan_id, "", created_at=created)
    selection, fault = _understood(row["document"], read, unknown)
    return replace(selection, fault=fault)


def vaults_in(table: pa.Table, account_id: str, region: str) -> list[Vault]:
    """The vaults in `backup_vaults`, with their locks."""
    return [
        Vault(
            arn=row["arn"],
            name=row["name"] or "",
            account_id=account_id,
            region=region,
            encryption_key_arn=row["encryption_key_arn"],
            lock=_lock(row),
        )
        for row in rows(table)
        if row["arn"]
    ]


def _lock(row: Mapping[str, Any]) -> VaultLock:
    """What is recorded of a lock: without the flag its date, its range or the vault's type tells one."""
    told = {name: row[name] for name in ("min_retention_days", "max_retention_days", "lock_date")}
    locked, air_gapped = row["locked"], row["vault_type"] == _AIR_GAPPED
    if locked is None and (air_gapped or any(value is not None for value in told.values())):
        locked = True
    return VaultLock(locked=locked, air_gapped=air_gapped, **told)


def _understood(text: str | None, read: Callable[[Any], _Read], otherwise: _Read) -> tuple[_Read, str]:
    """What `read` makes of a recorded document; where that fails, `otherwise` and what is wrong with it."""
    if text is None:
        return otherwise, NOT_READ
    try:
        return read(orjson.loads(text)), ""
    except orjson.JSONDecodeError:
        return otherwise, "it is not JSON"
    except UnreadableDocument as error:
        return otherwise, str(error)
