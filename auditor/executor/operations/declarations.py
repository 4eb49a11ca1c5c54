"""Create, find, list, change and delete what users declare by name."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from auditor.executor.api.errors import already_exists, limit_exceeded, not_found
from auditor.executor.database.database import new_id
from auditor.executor.database.declarations import declarations
from auditor.executor.operations.checks import check_tags
from auditor.executor.operations.paging import fetch
from auditor.executor.operations.vaults import Params
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService


def _query(scope: AccountRegion, kind: str, parent: str = "") -> Select[Any]:
    return select(declarations).filter_by(
        account_id=scope.account_id, region=scope.region, kind=kind, parent=parent
    )


def find(connection: Connection, scope: AccountRegion, kind: str, name: str, parent: str = "") -> Row[Any]:
    """The row; raises ResourceNotFoundException."""
    row = connection.execute(_query(scope, kind, parent).filter_by(name=name)).one_or_none()
    if row is None:
        raise not_found(f"The {kind.replace('-', ' ')} {name} does not exist.")
    return row


def every(connection: Connection, scope: AccountRegion, kind: str, parent: str = "") -> Sequence[Row[Any]]:
    """Every declaration of a kind, by name."""
    return connection.execute(_query(scope, kind, parent).order_by(declarations.c.name)).all()


def listed(
    service: BackupService, scope: AccountRegion, kind: str, params: Params, parent: str = ""
) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of rows by name."""
    with service.database.read() as connection:
        return fetch(connection, _query(scope, kind, parent), [declarations.c.name], params)


def create(
    service: BackupService,
    connection: Connection,
    scope: AccountRegion,
    kind: str,
    name: str,
    document: Params,
    *,
    most: int,
    token: str | None,
    tags: dict[str, str] | None = None,
    parent: str = "",
) -> Row[Any]:
    """A new declaration; the same token answers the one that it made before.

    Raises AlreadyExistsException when the name is taken, LimitExceededException beyond `most`.
    """
    check_tags(tags or {})
    existing = connection.execute(_query(scope, kind, parent).filter_by(name=name)).one_or_none()
    if existing is not None:
        if token is not None and existing.token == token:
            return existing
        message = f"The {kind.replace('-', ' ')} {name} already exists."
        raise already_exists(message, arn=existing.arn, creator_request_id=existing.token or "")
    count = select(func.count()).select_from(_query(scope, kind, parent).subquery())
    if (connection.scalar(count) or 0) >= most:
        raise limit_exceeded(f"There can be at most {most} of the kind {kind.replace('-', ' ')}.")
    arn = scope.arn(f"{kind}:{name}-{new_id(connection, scope, kind)}")
    connection.execute(
        insert(declarations).values(
            arn=arn,
            account_id=scope.account_id,
            region=scope.region,
            kind=kind,
            parent=parent,
            name=name,
            created=service.now_ms(),
            token=token,
            tags=orjson.dumps(tags or {}),
            document=orjson.dumps(document),
        )
    )
    return find(connection, scope, kind, name, parent)


def change(service: BackupService, connection: Connection, row: Row[Any], document: Params) -> int:
    """Replace the document; gives the time (epoch milliseconds)."""
    now = service.now_ms()
    same = declarations.c.arn == row.arn
    connection.execute(update(declarations).where(same).values(document=orjson.dumps(document), updated=now))
    return now


def remove(connection: Connection, row: Row[Any]) -> None:
    """Delete it."""
    connection.execute(delete(declarations).where(declarations.c.arn == row.arn))
