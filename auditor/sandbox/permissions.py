"""What moto's IAM lacks: SimulatePrincipalPolicy for roles, as the executor uses it, and AWS's policies.

It judges a role's inline and attached policies and its permissions boundary, with the condition operators of
`executor.engine.access`. It does not judge service control policies, resource policies and the context that
AWS adds by itself. Importing this module adds it to moto. Source of the shapes: IAM API Reference.

Of AWS's managed policies an account has those for the role of backups: moto would take seconds for all.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, Final

import orjson
from moto.core.responses import ActionResult
from moto.iam import responses
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import NotFoundException
from moto.iam.models import AWSManagedPolicy, ManagedPolicy, iam_backends

from auditor.executor.engine import access

#: What AWS documents for the role of backups and restores (AWS Backup Developer Guide, "Managed policies").
POLICIES: Final = (
    "AWSBackupServiceRolePolicyForBackup",
    "AWSBackupServiceRolePolicyForRestores",
    "AWSBackupServiceRolePolicyForS3Backup",
    "AWSBackupServiceRolePolicyForS3Restore",
)

#: From the mildest to the strictest.
_DECISIONS: Final = ("allowed", "implicitDeny", "explicitDeny")


def add_policies(account_id: str, partition: str) -> list[str]:
    """Give an account AWS's managed policies for the role of backups: their ARNs."""
    backend = iam_backends[account_id][partition]
    added = []
    for name, data in _documents(partition).items():
        policy = AWSManagedPolicy.from_data(name, account_id, backend.region_name, data)
        backend.managed_policies[policy.arn] = policy
        added.append(policy.arn)
    return added


@cache
def _documents(partition: str) -> Mapping[str, Any]:
    """The policies as moto has them, with the ARNs of `partition`, as AWS publishes them there."""
    every = orjson.loads(aws_managed_policies_data)
    text = orjson.dumps({name: every[name] for name in POLICIES}).decode()
    found: dict[str, Any] = orjson.loads(re.sub(r'"arn:aws\b', f'"arn:{partition}', text))
    return found


def simulate_principal_policy(response: responses.IamResponse) -> ActionResult:
    """One result an action, with one decision for each resource, on one page."""
    asked = response.params
    entries = asked.get("ContextEntries", [])
    context = {entry["ContextKeyName"].lower(): entry["ContextKeyValues"][0] for entry in entries}
    role = next((one for one in response.backend.get_roles() if one.arn == asked["PolicySourceArn"]), None)
    if role is None:
        raise NotFoundException(f"{asked['PolicySourceArn']} does not exist.")
    documents = [*role.policies.values(), *map(_document, role.managed_policies.values())]
    boundary = response.backend.managed_policies.get(role.permissions_boundary_arn or "")
    missing = sorted({key for text in documents for key in _keys(text) if key.lower() not in context})

    def judged(action: str, arn: str) -> dict[str, Any]:
        decision = _decision(documents, action, arn, context)
        row: dict[str, Any] = {"EvalResourceName": arn, "MissingContextValues": missing}
        if boundary is not None:
            within = _decision([_document(boundary)], action, arn, context)
            row["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within == "allowed"}
            decision = max(decision, within, key=_DECISIONS.index)
        return row | {"EvalResourceDecision": decision}

    results = [
        _result(action, [judged(action, arn) for arn in asked.get("ResourceArns") or ["*"]])
        for action in asked["ActionNames"]
    ]
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _document(policy: ManagedPolicy) -> str:
    """The default version of a managed policy."""
    return next(version.document for version in policy.versions if version.is_default)


def _result(action: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The decisions on one action, and the strictest of them."""
    return {
        "EvalActionName": action,
        "EvalResourceName": "*",
        "EvalDecision": max((row["EvalResourceDecision"] for row in rows), key=_DECISIONS.index),
        "MissingContextValues": rows[0]["MissingContextValues"],
        "ResourceSpecificResults": rows,
    }


def _decision(documents: Iterable[str], action: str, arn: str, context: Mapping[str, str]) -> str:
    """A statement that denies wins over those that allow."""
    effects = {
        row["Effect"]
        for text in documents
        for row in _about(text, action.lower())
        if _is_named(row, "Resource", arn) and access.conditions_met(row, context)
    }
    if "Deny" in effects:
        return "explicitDeny"
    return "allowed" if "Allow" in effects else "implicitDeny"


@lru_cache(maxsize=1024)
def _about(document: str, action: str) -> tuple[Mapping[str, Any], ...]:
    """The statements of a policy that name the action, which is in lower case."""
    statements = access.statements_of(orjson.loads(document))
    return tuple(row for row in statements if _is_named(row, "Action", action, lower=True))


def _is_named(statement: Mapping[str, Any], element: str, value: str, *, lower: bool = False) -> bool:
    """Whether Action or Resource names `value`, or its Not… does not."""
    refused = f"Not{element}" in statement
    patterns = access.listed(statement[f"Not{element}" if refused else element])
    return any(access.wildcard(one.lower() if lower else one, value) for one in patterns) is not refused


@lru_cache(maxsize=1024)
def _keys(document: str) -> frozenset[str]:
    """The condition keys of a policy, whatever its statements are about: so AWS tells what is missing."""
    conditions = (row.get("Condition", {}) for row in access.statements_of(orjson.loads(document)))
    return frozenset(key for condition in conditions for entries in condition.values() for key in entries)


vars(responses)["IamResponse"].simulate_principal_policy = simulate_principal_policy
