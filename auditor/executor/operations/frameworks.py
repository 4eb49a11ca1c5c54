"""Frameworks of AWS Backup Audit Manager: declared here, judged by an auditor (aws-backup.md 2.2, 2.3)."""

from typing import Any, Final

import orjson
from sqlalchemy import Row

from auditor.executor.api.errors import already_exists, invalid, limit_exceeded
from auditor.executor.api.protocol import Page
from auditor.executor.database.declarations import FRAMEWORK
from auditor.executor.operations import declarations
from auditor.executor.operations.vaults import Params
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import seconds
from auditor.model.audit_manager import InvalidFramework, check_controls

MAX_FRAMEWORKS: Final = 15
MAX_CONTROLS: Final = 50
#: FrameworkStatus follows the state of AWS Config's recorder, which is no part of this service.
_STATUS: Final = "UNAVAILABLE"
#: Without a runner of compliance reports nobody ever evaluates what a framework asks for (AWS: FAILED).
_DEPLOYED: Final = {True: "COMPLETED", False: "FAILED"}


def create_framework(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """CreateFramework; two frameworks with the same controls are refused."""
    name = params["FrameworkName"]
    members = ("FrameworkDescription", "FrameworkControls")
    document: Params = {key: params[key] for key in members if key in params}
    _check(document["FrameworkControls"])
    with service.database.write() as connection:
        others = [row for row in declarations.every(connection, scope, FRAMEWORK) if row.name != name]
        _check_others(others, document["FrameworkControls"])
        row = declarations.create(
            service,
            connection,
            scope,
            FRAMEWORK,
            name,
            document,
            most=MAX_FRAMEWORKS,
            token=params.get("IdempotencyToken"),
            tags=params.get("FrameworkTags"),
        )
    return {"FrameworkName": name, "FrameworkArn": row.arn}


def _check(controls: list[Params]) -> None:
    try:
        check_controls(controls)
    except InvalidFramework as error:
        raise invalid(str(error)) from None


def _check_others(others: list[Row[Any]], controls: list[Params]) -> None:
    """50 controls an account and Region, the same in two frameworks counted twice (aws-backup.md 1.5)."""
    written = [orjson.loads(row.document)["FrameworkControls"] for row in others]
    for row, before in zip(others, written, strict=True):
        if before == controls:
            raise already_exists(
                "A framework with the same controls already exists.",
                arn=row.arn,
                creator_request_id=row.token or "",
            )
    if sum(map(len, written)) + len(controls) > MAX_CONTROLS:
        raise limit_exceeded(f"The frameworks of an account and Region have at most {MAX_CONTROLS} controls.")


def describe_framework(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """DescribeFramework."""
    with service.database.read() as connection:
        row = declarations.find(connection, scope, FRAMEWORK, params["FrameworkName"])
    document: Params = orjson.loads(row.document)
    token = {} if row.token is None else {"IdempotencyToken": row.token}
    return document | _common(service, row) | {"FrameworkStatus": _STATUS} | token


def _common(service: BackupService, row: Row[Any]) -> Params:
    return {
        "FrameworkName": row.name,
        "FrameworkArn": row.arn,
        "CreationTime": seconds(row.created),
        "DeploymentStatus": _DEPLOYED[service.compliance is not None],
    }


def list_frameworks(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListFrameworks by name."""
    rows, token = declarations.listed(service, scope, FRAMEWORK, params)
    return Page("Frameworks", [orjson.dumps(_item(service, row)) for row in rows], token)


def _item(service: BackupService, row: Row[Any]) -> Params:
    document = orjson.loads(row.document)
    described = {key: document[key] for key in ("FrameworkDescription",) if key in document}
    return _common(service, row) | described | {"NumberOfControls": len(document["FrameworkControls"])}


def update_framework(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """UpdateFramework: what is given changes."""
    changed = {key: params[key] for key in ("FrameworkDescription", "FrameworkControls") if key in params}
    if "FrameworkControls" in changed:
        _check(changed["FrameworkControls"])
    with service.database.write() as connection:
        row = declarations.find(connection, scope, FRAMEWORK, params["FrameworkName"])
        document = orjson.loads(row.document) | changed
        others = [other for other in declarations.every(connection, scope, FRAMEWORK) if other.arn != row.arn]
        _check_others(others, document["FrameworkControls"])
        declarations.change(service, connection, row, document)
    return {"FrameworkName": row.name, "FrameworkArn": row.arn, "CreationTime": seconds(row.created)}


def delete_framework(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """DeleteFramework."""
    with service.database.write() as connection:
        declarations.remove(
            connection, declarations.find(connection, scope, FRAMEWORK, params["FrameworkName"])
        )
