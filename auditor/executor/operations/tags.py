"""Tags of vaults, plans and recovery points."""

from typing import Any

import orjson
from sqlalchemy import Connection, Table, select, update

from auditor.executor.api.errors import limit_exceeded, not_found
from auditor.executor.database.declarations import declarations
from auditor.executor.database.holds import legal_holds
from auditor.executor.database.sql_tables import plans, recovery_points, vaults
from auditor.executor.operations.checks import MAX_TAGS, check_tags
from auditor.executor.operations.paging import fetch_sorted
from auditor.executor.operations.vaults import Params, without_none
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService


def list_tags(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """ListTags by key."""
    with service.database.read() as connection:
        tags = _find(connection, scope, params["ResourceArn"])[1]
    page, token = fetch_sorted(sorted(((key,), value) for key, value in tags.items()), params)
    return without_none({"Tags": {key: value for (key,), value in page}, "NextToken": token})


def tag_resource(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """TagResource: tags of the same key are replaced."""
    check_tags(params["Tags"])
    with service.database.write() as connection:
        table, tags = _find(connection, scope, params["ResourceArn"])
        tags |= params["Tags"]
        if len(tags) > MAX_TAGS:
            raise limit_exceeded(f"A resource has at most {MAX_TAGS} tags.")
        _store(connection, table, scope, params["ResourceArn"], tags)


def untag_resource(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """UntagResource: keys that are not there are no error."""
    with service.database.write() as connection:
        table, tags = _find(connection, scope, params["ResourceArn"])
        kept = {key: value for key, value in tags.items() if key not in set(params["TagKeyList"])}
        _store(connection, table, scope, params["ResourceArn"], kept)


def _find(connection: Connection, scope: AccountRegion, arn: str) -> tuple[Table, dict[str, str]]:
    """The table that holds `arn` and its tags; raises ResourceNotFoundException."""
    for table in (vaults, plans, recovery_points, legal_holds, declarations):
        tags = connection.scalar(select(table.c.tags).where(*_at(table, scope, arn)))
        if tags is not None:
            found: dict[str, str] = orjson.loads(tags)
            return table, found
    raise not_found(f"{arn} does not exist.")


def _store(
    connection: Connection, table: Table, scope: AccountRegion, arn: str, tags: dict[str, str]
) -> None:
    connection.execute(update(table).where(*_at(table, scope, arn)).values(tags=orjson.dumps(tags)))


def _at(table: Table, scope: AccountRegion, arn: str) -> list[Any]:
    living = [table.c.deleted.is_(None)] if table is plans else []
    return [
        table.c.account_id == scope.account_id,
        table.c.region == scope.region,
        table.c.arn == arn,
        *living,
    ]
