"""Access policies of vaults, and their enforcement (aws-backup.md 1.1 row 12)."""

from typing import Any, Final

import orjson
from sqlalchemy import select, update

from auditor.executor.api.errors import ServiceError, invalid, missing, not_found
from auditor.executor.database.sql_tables import recovery_points, vaults
from auditor.executor.engine import access
from auditor.executor.operations.vaults import Params, find_vault, vault_arn
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService

_FORBIDDEN: Final = 403
#: The parameters by which operations name a vault.
_VAULT: Final = ("BackupVaultName", "SourceBackupVaultName")


def authorize(
    service: BackupService, scope: AccountRegion, principal: str, operation: str, params: Params
) -> None:
    """Refuse what the policy of the vault that a request is about denies to `principal` (an ARN).

    Raises AccessDeniedException (403).
    """
    point = params.get("RecoveryPointArn")
    name = next((params[key] for key in _VAULT if key in params), None)
    if name is None and operation != "StartRestoreJob":
        return
    with service.database.read() as connection:
        if name is None:
            same = {"account_id": scope.account_id, "region": scope.region, "arn": point}
            name = connection.scalar(select(recovery_points.c.vault_name).filter_by(**same))
        arn = vault_arn(scope, str(name))
        policy = connection.scalar(select(vaults.c.access_policy).where(vaults.c.arn == arn))
    if policy is None:
        return
    membership = service.membership(scope.account_id)
    resources = [text for text in (arn, point) if text is not None]
    organization = None if membership is None else membership.organization_id
    if access.denied(policy, access.request(f"backup:{operation}", principal, resources, organization)):
        raise ServiceError(
            "AccessDeniedException",
            f"User: {principal} is not authorized to perform: backup:{operation} on resource: "
            f"{resources[-1]} with an explicit deny in a resource-based policy",
            _FORBIDDEN,
        )


def put_backup_vault_access_policy(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """PutBackupVaultAccessPolicy; wildcards in Action are refused."""
    if "Policy" not in params:
        raise missing("Missing required parameter: Policy")
    _check_policy(params["Policy"])
    _set_policy(service, scope, params["BackupVaultName"], params["Policy"])


def _check_policy(text: str) -> None:
    try:
        policy = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise invalid("The policy is not JSON.") from None
    statements = access.statements_of(policy) if isinstance(policy, dict) else []
    if not statements:
        raise invalid("The policy has no Statement.")
    for statement in statements:
        _check_statement(statement)


def _check_statement(statement: Any) -> None:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        raise invalid("Each statement of a vault policy needs an Effect, Allow or Deny.")
    actions = [*access.listed(statement.get("Action", [])), *access.listed(statement.get("NotAction", []))]
    if not actions or not all(isinstance(action, str) for action in actions):
        raise invalid("Each statement of a vault policy needs an Action or a NotAction.")
    if any("*" in action or "?" in action for action in actions):
        raise invalid("Wildcards in a vault policy's Action are not supported.")
    if not isinstance(statement.get("Principal", statement.get("NotPrincipal")), str | dict):
        raise invalid("Each statement of a vault policy needs a Principal.")
    resources = access.listed(statement.get("Resource", statement.get("NotResource", "*")))
    if not all(isinstance(resource, str) for resource in resources):
        raise invalid("A vault policy's Resource is a string or a list of strings.")
    conditions = statement.get("Condition", {})
    if not isinstance(conditions, dict) or not all(isinstance(keys, dict) for keys in conditions.values()):
        raise invalid("A vault policy's Condition has condition keys below operators.")
    for operator in conditions:
        if not access.knows_operator(operator):
            raise invalid(
                f"The condition operator {operator[:60]!r} is not available in this backup service."
            )


def get_backup_vault_access_policy(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """GetBackupVaultAccessPolicy."""
    with service.database.read() as connection:
        row = find_vault(connection, scope, params["BackupVaultName"])
    if row.access_policy is None:
        raise not_found(f"Backup vault {row.name} has no access policy.")
    return {"BackupVaultName": row.name, "BackupVaultArn": row.arn, "Policy": row.access_policy}


def delete_backup_vault_access_policy(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """DeleteBackupVaultAccessPolicy."""
    _set_policy(service, scope, params["BackupVaultName"], None)


def _set_policy(service: BackupService, scope: AccountRegion, name: str, policy: str | None) -> None:
    with service.database.write() as connection:
        row = find_vault(connection, scope, name)
        connection.execute(update(vaults).where(vaults.c.arn == row.arn).values(access_policy=policy))
