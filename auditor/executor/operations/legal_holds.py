"""Legal holds: recovery points under a hold cannot be deleted until it is cancelled (aws-backup.md 4.8).

A hold takes in the recovery points that match when it is created. All of the filters that are given must
match; without any it takes in every recovery point of the account and Region. EXPIRED, DELETING and
continuous ones stay out, and a copy is a recovery point of its own: it does not carry its source's hold.
"""

from typing import Any, Final
from zlib import crc32

import orjson
from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, or_, select, update

from auditor.executor.api.errors import ServiceError, invalid, limit_exceeded, not_found
from auditor.executor.api.protocol import Page
from auditor.executor.database.database import new_id
from auditor.executor.database.holds import held_points, legal_holds
from auditor.executor.database.sql_tables import recovery_points
from auditor.executor.engine.points import CONTINUOUS
from auditor.executor.operations.checks import check_resource, check_tags
from auditor.executor.operations.paging import fetch
from auditor.executor.operations.vaults import Params, find_vault
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import DAY_MS, seconds, to_ms

MAX_HOLDS: Final = 50
RETAIN_RECORD_DAYS: Final = 180
MAX_RETAIN_RECORD_DAYS: Final = 36_500
#: What expired under a hold is deleted within a day of its release.
_RELEASE_SPREAD_MS: Final = DAY_MS
#: How many values one statement names: databases have a limit, PostgreSQL 65,535.
_PARAMETERS: Final = 10_000
_LISTED: Final = (
    "Title",
    "Status",
    "Description",
    "LegalHoldId",
    "LegalHoldArn",
    "CreationDate",
    "CancellationDate",
)


def create_legal_hold(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """CreateLegalHold; the same IdempotencyToken answers the hold that it made before."""
    selection, now, token = (
        params.get("RecoveryPointSelection", {}),
        service.now_ms(),
        params.get("IdempotencyToken"),
    )
    check_tags(params.get("Tags", {}))
    _check_text(params)
    _check_selection(service, scope, selection, now)
    with service.database.write() as connection:
        same = select(legal_holds).filter_by(account_id=scope.account_id, region=scope.region, token=token)
        existing = None if token is None else connection.execute(same).one_or_none()
        if existing is not None:
            return _created(orjson.loads(existing.document))
        _check_quota(connection, scope)
        for name in sorted(set(selection.get("VaultNames", ()))):
            _known_vault(connection, scope, name)
        hold_id = new_id(connection, scope, "legal-hold")
        document = {
            "Title": params["Title"],
            "Status": "ACTIVE",
            "Description": params["Description"],
            "LegalHoldId": hold_id,
            "LegalHoldArn": scope.arn(f"legal-hold:{hold_id}"),
            "CreationDate": seconds(now),
            "RecoveryPointSelection": _plain(selection),
        }
        connection.execute(
            insert(legal_holds).values(
                id=hold_id,
                account_id=scope.account_id,
                region=scope.region,
                arn=document["LegalHoldArn"],
                created=now,
                token=token,
                tags=orjson.dumps(params.get("Tags", {})),
                document=orjson.dumps(document),
            )
        )
        taken = [
            {"hold_id": hold_id, "point_id": point_id, "since": now}
            for point_id in _matching(connection, scope, selection)
        ]
        if taken:
            connection.execute(insert(held_points), taken)
        service.database.seal_hold(connection, document["LegalHoldArn"])
    return _created(document)


def _created(document: Params) -> Params:
    """What CreateLegalHold answers."""
    return {
        key: value
        for key, value in document.items()
        if key not in {"CancelDescription", "CancellationDate", "RetainRecordUntil"}
    }


def _check_text(params: Params) -> None:
    for name in ("Title", "Description"):
        if not params[name].strip():
            raise invalid(f"{name} must not be empty.")


def _check_selection(service: BackupService, scope: AccountRegion, selection: Params, now: int) -> None:
    for text in selection.get("ResourceIdentifiers", ()):
        if text not in service.resource_types:
            types = ", ".join(service.resource_types)
            check_resource(scope, text, f"ResourceIdentifiers takes ARNs and the resource types {types}.")
    dates = selection.get("DateRange")
    if dates is None:
        return
    if to_ms(dates["FromDate"]) > to_ms(dates["ToDate"]):
        raise invalid("DateRange: FromDate must not be later than ToDate.")
    if to_ms(dates["ToDate"]) > now:
        raise invalid("DateRange: future dates are not permitted.")


def _check_quota(connection: Connection, scope: AccountRegion) -> None:
    active = select(func.count()).where(
        legal_holds.c.account_id == scope.account_id, legal_holds.c.canceled.is_(None)
    )
    if (connection.scalar(active) or 0) >= MAX_HOLDS:
        raise limit_exceeded(f"An account has at most {MAX_HOLDS} active legal holds.")


def _known_vault(connection: Connection, scope: AccountRegion, name: str) -> None:
    """Check that the vault exists: a misspelt one must not become a hold on nothing."""
    try:
        find_vault(connection, scope, name)
    except ServiceError as error:
        raise invalid(error.message) from None


def _plain(selection: Params) -> Params:
    """The selection with its dates in seconds since 1970."""
    if "DateRange" not in selection:
        return selection
    dates = {name: moment.timestamp() for name, moment in selection["DateRange"].items()}
    return selection | {"DateRange": dates}


def _matching(connection: Connection, scope: AccountRegion, selection: Params) -> list[int]:
    """The ids of the recovery points that a selection takes in."""
    points = recovery_points.c
    query = select(points.id).where(
        points.account_id == scope.account_id,
        points.region == scope.region,
        points.status.not_in(("EXPIRED", "DELETING", *CONTINUOUS)),
    )
    if selection.get("VaultNames"):
        query = query.where(points.vault_name.in_(set(selection["VaultNames"])))
    if "DateRange" in selection:
        dates = selection["DateRange"]
        query = query.where(points.created.between(to_ms(dates["FromDate"]), to_ms(dates["ToDate"])))
    if not selection.get("ResourceIdentifiers"):
        return list(connection.scalars(query))
    named, found = sorted(set(selection["ResourceIdentifiers"])), set()
    for begin in range(0, len(named), _PARAMETERS):
        some = named[begin : begin + _PARAMETERS]
        some_points = or_(points.resource_arn.in_(some), points.resource_type.in_(some))
        found |= set(connection.scalars(query.where(some_points)))
    return sorted(found)


def _living(scope: AccountRegion, now: int) -> Select[Any]:
    """The holds whose records still exist."""
    holds = legal_holds.c
    return select(legal_holds).where(
        holds.account_id == scope.account_id,
        holds.region == scope.region,
        or_(holds.retain_until.is_(None), holds.retain_until > now),
    )


def _find(connection: Connection, scope: AccountRegion, hold_id: str, now: int) -> Row[Any]:
    row = connection.execute(_living(scope, now).where(legal_holds.c.id == hold_id)).one_or_none()
    if row is None:
        raise not_found(f"Legal hold {hold_id} does not exist.")
    return row


def get_legal_hold(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """GetLegalHold."""
    with service.database.read() as connection:
        row = _find(connection, scope, params["LegalHoldId"], service.now_ms())
    hold: Params = orjson.loads(row.document)
    return hold


def list_legal_holds(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListLegalHolds in the order of their creation, cancelled ones for as long as their record is kept."""
    holds = legal_holds.c
    with service.database.read() as connection:
        rows, token = fetch(connection, _living(scope, service.now_ms()), [holds.created, holds.id], params)
    return Page("LegalHolds", [_listed(row.document) for row in rows], token)


def _listed(document: bytes) -> bytes:
    hold = orjson.loads(document)
    return orjson.dumps({name: hold[name] for name in _LISTED if name in hold})


def list_recovery_points_by_legal_hold(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListRecoveryPointsByLegalHold; a cancelled hold holds none."""
    points = recovery_points.c
    with service.database.read() as connection:
        _find(connection, scope, params["LegalHoldId"], service.now_ms())
        query = (
            select(points.id, points.arn, points.resource_arn, points.resource_type, points.vault_name)
            .join(held_points, held_points.c.point_id == points.id)
            .where(held_points.c.hold_id == params["LegalHoldId"])
        )
        rows, token = fetch(connection, query, [points.id], params)
    return Page("RecoveryPoints", [orjson.dumps(_point(row)) for row in rows], token)


def _point(row: Row[Any]) -> Params:
    return {
        "RecoveryPointArn": row.arn,
        "ResourceArn": row.resource_arn,
        "ResourceType": row.resource_type,
        "BackupVaultName": row.vault_name,
    }


def cancel_legal_hold(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """CancelLegalHold: what no other hold has expires normally again, and overdue ones within a day."""
    days, now = params.get("RetainRecordInDays", RETAIN_RECORD_DAYS), service.now_ms()
    if not 0 <= days <= MAX_RETAIN_RECORD_DAYS:
        raise invalid(f"RetainRecordInDays must be between 0 and {MAX_RETAIN_RECORD_DAYS}.")
    with service.database.write() as connection:
        row = _find(connection, scope, params["LegalHoldId"], now)
        if row.canceled is not None:
            raise ServiceError("InvalidResourceStateException", f"Legal hold {row.id} is cancelled already.")
        until = now + days * DAY_MS
        document = orjson.loads(row.document) | {
            "Status": "CANCELED",
            "CancelDescription": params["CancelDescription"],
            "CancellationDate": seconds(now),
            "RetainRecordUntil": seconds(until),
        }
        changed = {"canceled": now, "retain_until": until, "document": orjson.dumps(document)}
        connection.execute(update(legal_holds).where(legal_holds.c.id == row.id).values(changed))
        _release(connection, row.id, now)
        service.database.seal_hold(connection, row.arn)


def _release(connection: Connection, hold_id: str, now: int) -> None:
    points, held = recovery_points.c, held_points.c
    released = connection.execute(
        select(points.id, points.arn, points.cold_at, points.expire_at, held.since)
        .join(held_points, held.point_id == points.id)
        .where(held.hold_id == hold_id)
    ).all()
    others = held_points.alias()
    both = select(held.point_id).join(
        others, and_(others.c.point_id == held.point_id, others.c.hold_id != hold_id)
    )
    still = set(connection.scalars(both.where(held.hold_id == hold_id)))
    connection.execute(delete(held_points).where(held.hold_id == hold_id))
    for row in released:
        if row.id in still:
            continue
        changed = {}
        if row.expire_at is not None and row.expire_at <= now:
            changed["expire_at"] = now + crc32(row.arn.encode()) % _RELEASE_SPREAD_MS
        if row.cold_at is not None and row.since <= row.cold_at <= now:
            changed["cold_at"] = now
        if changed:
            connection.execute(update(recovery_points).where(points.id == row.id).values(changed))
