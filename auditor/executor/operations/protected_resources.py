"""Resources that were backed up at least once, whatever remains of it (aws-backup.md 1.4)."""

import orjson
from sqlalchemy import select

from auditor.executor.api.errors import not_found
from auditor.executor.api.protocol import Page
from auditor.executor.catalog.tables import protected_resources
from auditor.executor.operations.paging import fetch
from auditor.executor.operations.vaults import Params
from auditor.executor.scope import Scope
from auditor.executor.service import BackupService


def list_protected_resources(service: BackupService, scope: Scope, params: Params) -> Page:
    """ListProtectedResources by ARN."""
    columns = protected_resources.c
    query = select(protected_resources).filter_by(account_id=scope.account_id, region=scope.region)
    with service.catalog.read() as connection:
        rows, token = fetch(connection, query, [columns.arn], params)
    return Page("Results", [row.document for row in rows], token)


def describe_protected_resource(service: BackupService, scope: Scope, params: Params) -> Params:
    """DescribeProtectedResource."""
    query = select(protected_resources.c.document).filter_by(
        account_id=scope.account_id, region=scope.region, arn=params["ResourceArn"]
    )
    with service.catalog.read() as connection:
        document = connection.scalar(query)
    if document is None:
        raise not_found(f"Resource {params['ResourceArn']} was never backed up.")
    resource: Params = orjson.loads(document)
    return resource
