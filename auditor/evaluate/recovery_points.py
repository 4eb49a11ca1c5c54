"""Facts of the recovery points of one account and Region."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.retention import retained_days
from auditor.evaluate import audit_manager
from auditor.evaluate.arrow import EMPTY, joined, numbers
from auditor.evaluate.columns import coded, coded_rows, flags, integers, milliseconds
from auditor.evaluate.deferred import Deferred
from auditor.evaluate.facts import Column, Frame, Hole, Lazy, encode, encode_array
from auditor.evaluate.holds import held_facts
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.organization import OrganizationSums, gaps_of_home, tier_unknown
from auditor.evaluate.plain import perhaps_owned
from auditor.evaluate.points import continuous, copied, unmade
from auditor.evaluate.remains import expired, lock_for_good, resource_gone
from auditor.evaluate.times import rfc3339
from auditor.model.arn import place_of
from auditor.model.key_managers import AWS, OWNED_BY_AWS

#: ListRecoveryPointsByBackupVault's EncryptionKeyType to KMS's KeyManager. The type has no word for an AWS
#: managed key (aws/backup): that a key is the customer's, KMS alone proves.
_MANAGER_OF_TYPE = {OWNED_BY_AWS: AWS}
_ACCOUNT, _REGION = 0, 1  # parts of a place
_COLUMNS = (
    "arn", "vault_arn", "resource_arn", "resource_type", "status", "created_at", "completed_at",
    "delete_after_days", "delete_after_event", "delete_at", "encrypted", "encryption_key_arn",
    "encryption_key_type", "source_vault_arn", "parent_arn",
)  # fmt: skip


def recovery_point_frame(inventory: Inventory, whole: OrganizationSums) -> Frame:
    """One subject for each recovery point. Those of a resource that no longer exists have no tier.

    One that was still being made at `as_of` is none yet: AWS does not tell how it is encrypted and how long
    it is kept.
    """
    table = inventory.read("recovery_points", _COLUMNS)
    missing = unmade(table, inventory)
    table = table.filter(numbers(~missing)) if missing.any() else table
    size = table.num_rows
    created, delete = milliseconds(table["created_at"]), milliseconds(table["delete_at"])
    days = integers(table["delete_after_days"])
    # of a continuous one how far back one can go, whatever date it is calculated to be deleted (aws-backup.md
    # 4.5); of others what was asked for where AWS has not calculated a date
    asked = (continuous(table) | (delete == ABSENT)) & (days != ABSENT)
    kept = np.where(asked, days.astype(float), retained_days(created, delete))
    endless = (delete == ABSENT) & (days == ABSENT) & flags(pc.is_null(table["delete_after_event"]))
    tier = _tier(inventory, whole, table)
    account, region = (_away(inventory, whole, table, part) for part in (_ACCOUNT, _REGION))
    arns = joined(pc.fill_null(table["arn"], EMPTY))
    types = joined(pc.fill_null(table["resource_type"].cast(pa.string()), EMPTY))
    set_days = np.where(days != ABSENT, days.astype(float), kept)
    return Frame(
        subject="recovery_point",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=arns,
        resource_type=types,
        name=pa.repeat(EMPTY, size),
        facts=Deferred(
            {
                "tier": tier,
                "recovery_point.status": text(table["status"]),
                "recovery_point.is_copy": encode_array(copied(table) | account[0] | region[0]),
                "recovery_point.in_another_account": encode_array(*account),
                "recovery_point.in_another_region": encode_array(*region),
                "recovery_point.delete_after_event": text(table["delete_after_event"]),
                "recovery_point.never_expires": encode_array(endless),
                "recovery_point.retention_days": encode_array(kept, ~np.isnan(kept)),
                "recovery_point.expired": expired(inventory, table),
                "recovery_point.resource_gone": resource_gone(inventory, whole, table, endless),
                "recovery_point.locked_for_good": lock_for_good(inventory, whole, table),
                "recovery_point.encrypted": _encrypted(inventory, table),
                "recovery_point.key_manager": _key_manager(inventory, table, tier),
                "recovery_point.created_at": _moment(created),
                "recovery_point.delete_at": _moment(delete),
                "recovery_point.key_arn": text(table["encryption_key_arn"]),
                "recovery_point.vault_arn": text(table["vault_arn"]),
                "recovery_point.resource_arn": text(table["resource_arn"]),
                "recovery_point.job_id": _job(inventory, table),
                "audit_manager.set_days": encode_array(set_days, ~np.isnan(set_days)),
            }
        )
        | held_facts(inventory, table)
        | audit_manager.of_recovery_point(inventory, arns, types),
        units=inventory.scope.account.ou_path,
    )


def text(column: pa.ChunkedArray) -> Column:
    """A text column of the evidence as a fact."""
    codes, values = coded(column)
    return Column(codes, values)


def tier_values(inventory: Inventory) -> list[Mapping[str, Any]]:
    """The tiers as facts, in the order of their codes."""
    return [{"name": name, **inventory.scope.tiers.tiers[name]} for name in inventory.tier_names]


def _moment(times: NDArray[np.int64]) -> Lazy:
    return Lazy(lambda index: None if times[index] == ABSENT else rfc3339(times[index]), len(times))


def _away(
    inventory: Inventory, whole: OrganizationSums, table: pa.Table, part: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which lie in another account (or Region) than their resource, and of which that is known.

    AWS may not name their source; where the resource is no more, its ARN tells its place, if it names one.
    """
    codes, arns = coded(table["resource_arn"])
    here = (inventory.scope.account.account_id, inventory.scope.region)
    homes = ((whole.homes.get(arn), arn) for arn in arns)
    parts = [((home.account_id, home.region) if home else place_of(arn))[part] for home, arn in homes]
    away = np.array([*(told not in ("", here[part]) for told in parts), False], bool)
    return away[codes], np.array([*map(bool, parts), False], bool)[codes]


def _tier(inventory: Inventory, whole: OrganizationSums, table: pa.Table) -> Column:
    rows, pairs = coded_rows(table["resource_arn"], table["resource_type"])
    homes = [whole.homes.get(arn) for arn, _ in pairs]
    tiers = np.array([ABSENT if home is None else home.tier for home in homes], np.int64)
    known = cache(partial(gaps_of_home, inventory, whole))
    gaps = [
        (*known(arn, kind), *(home.gaps if home else ())) if arn is not None and tier_unknown(home) else ()
        for (arn, kind), home in zip(pairs, homes, strict=True)
    ]
    return Column(tiers[rows], tier_values(inventory), holes_of(gaps, rows))


def _encrypted(inventory: Inventory, table: pa.Table) -> Column:
    doubted = perhaps_owned(table, inventory)
    ids: tuple[str, ...] = ()
    if doubted.any():
        scope = inventory.scope
        said = (
            f"AWS Backup says that recovery points of Aurora of account {scope.account.account_id} in "
            f"{scope.region} are not encrypted; they may be, with a key that AWS owns."
        )
        ids = (scope.unknown("ListRecoveryPointsByBackupVault", "Unknown", "Aurora", said),)
    told = flags(pc.is_valid(table["encrypted"])) & ~doubted
    return encode_array(flags(table["encrypted"]), told, Hole(ids, doubted))


def _key_manager(inventory: Inventory, table: pa.Table, tier: Column) -> Column:
    """Who manages the key of each; that nobody tells is a gap where the tier asks for it.

    KMS did not answer for a key that has no row; one that it does not know has an empty one.
    """
    keys = inventory.read("keys")
    managers = dict(zip(keys["arn"].to_pylist(), keys["key_manager"].to_pylist(), strict=True))
    rows, keyed = coded_rows(table["encryption_key_arn"], table["encryption_key_type"])
    found = encode([managers.get(key) or _MANAGER_OF_TYPE.get(kind) for key, kind in keyed])
    unread = np.array([key is not None and key not in managers for key, _ in keyed], bool)
    failed = Hole(inventory.scope.missing("keys"), (unread & (found.codes == ABSENT))[rows])
    asking = [code for code, one in enumerate(tier.values) if one.get("customer_key")]
    untold = (found.codes[rows] == ABSENT) & np.isin(tier.codes, asking) & flags(table["encrypted"])
    if failed.gaps:
        untold &= ~unread[rows]
    ids = _untold_key(inventory) if untold.any() else ()
    return Column(found.codes[rows], found.values, (failed, Hole(ids, untold)))


def _untold_key(inventory: Inventory) -> tuple[str, ...]:
    scope = inventory.scope
    said = (
        f"Who manages the keys of recovery points of account {scope.account.account_id} in {scope.region} is "
        "not known: AWS Backup names no key, or KMS does not know it any more."
    )
    return (scope.unknown("DescribeKey", "Unknown", "", said),)


def _job(inventory: Inventory, table: pa.Table) -> Lazy:
    """The job that made a recovery point; for a copy, its copy job. Of several, the last one of the table."""

    @cache
    def jobs() -> tuple[NDArray[np.int64], list[pa.ChunkedArray]]:
        """Ids of copy and backup jobs, and each recovery point's place among them: -1 where there is none."""
        arns = joined(table["arn"])
        place = np.full(len(arns), ABSENT, np.int64)
        ids, first = [], 0
        makers = {"copy_jobs": "destination_recovery_point_arn", "backup_jobs": "recovery_point_arn"}
        for name, made in makers.items():
            found = pc.index_in(inventory.read(name, [made])[made], value_set=arns)
            point = integers(found.cast(pa.int64()))
            rows = np.flatnonzero(point != ABSENT)
            place[point[rows]] = first + rows  # of several the last one stays
            first += len(point)
            ids.append(inventory.read(name, ["job_id"])["job_id"])
        same = integers(pc.index_in(arns, value_set=arns).cast(pa.int64()))  # listed twice
        return np.where(same == ABSENT, ABSENT, place[same]), ids

    def of(index: int) -> str | None:
        places, ids = jobs()
        at, copies = int(places[index]), len(ids[0])
        if at == ABSENT:
            return None
        return str((ids[0][at] if at < copies else ids[1][at - copies]).as_py())

    return Lazy(of, table.num_rows)
