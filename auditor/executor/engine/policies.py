"""Ask IAM what a role may do, with AWS's own evaluator: `iam:SimulatePrincipalPolicy`.

It knows the role's policies, its permissions boundary and the organization's service control policies. Source
of the shapes and of what is aggregated where: IAM API Reference, SimulatePrincipalPolicy, EvaluationResult.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from auditor.executor.seam.driver import DriverError
from auditor.executor.seam.permissions import TABLE, Act, Need
from auditor.executor.service import RoleUse
from auditor.model.arn import Arn, place_of

#: How many resources one question names.
AT_ONCE: Final = 100

_ALLOWED: Final = "allowed"
_DENIED: Final = "explicitDeny"
#: From the mildest to the strictest.
_DECISIONS: Final = (_ALLOWED, "implicitDeny", _DENIED)

#: The actions of deletions. They cannot be undone, so only what IAM allows of them passes; a need does not
#: tell what it is for, so that other acts with one of these actions (continuous backups) are judged alike.
_IRREVERSIBLE: Final = frozenset(
    action for (_, act), (_, *actions) in TABLE.items() if act is Act.DELETE for action in actions
)

#: The tag that AWS Backup gives to what it makes, and that its managed policies ask for.
_SOURCE_TAG: Final = "aws:ResourceTag/aws:backup:source-resource"

#: Keys of AWS's managed policies that are not in the context of any action asked for here: of the call
#: CreateTags, of route tables that FSx manages, and of backups, where they are not given.
_ABSENT: Final = frozenset({"ec2:createaction", "aws:resourcetag/amazonfsx", _SOURCE_TAG.lower()})


def refusals(client: Any, use: RoleUse, need: Need, arns: Sequence[str]) -> dict[str, str | None]:
    """For each of `arns`, None where the role of `use` may do there what `need` says, else IAM's words.

    A statement that denies refuses. Where no statement allows, the reason may be a condition key whose value
    nobody can know here: that refuses a deletion, but no job, as no job fails for a policy that cannot be
    judged. All of `arns` are of one account. Raises botocore's errors, and `DriverError` where the answer
    leaves something out.
    """
    pages = client.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=use.role_arn,
        ActionNames=list(need.actions),
        ResourceArns=list(arns),
        ContextEntries=_context(use, need, arns[0]),
    )
    verdicts = {
        (result["EvalActionName"], arn): message
        for page in pages
        for result in page["EvaluationResults"]
        for arn, message in _judged(result, use.role_arn, arns)
    }
    wanted = [(action, arn) for arn in arns for action in need.actions]
    if any(pair not in verdicts for pair in wanted):
        message = f"IAM did not say all of what {use.role_arn} may do."
        raise DriverError(message, transient=True)
    found: dict[str, str | None] = dict.fromkeys(arns)
    for action, arn in wanted:
        found[arn] = found[arn] or verdicts[action, arn]
    return found


def _context(use: RoleUse, need: Need, arn: str) -> list[dict[str, Any]]:
    """The condition keys of AWS Backup's own calls, as far as they are known.

    Of the source's tag policies test that it is there; its value is not looked at. Where `arn` names no
    account, the resource is of the job's.
    """
    values = {
        "aws:PrincipalArn": use.role_arn,
        "aws:PrincipalAccount": use.account_id,
        "aws:PrincipalType": "AssumedRole",
        "aws:ResourceAccount": place_of(arn)[0] or use.account_id,
        "aws:RequestedRegion": use.region,
        "aws:TagKeys": "aws:backup:source-resource",
    }
    if need.of_backup:
        values[_SOURCE_TAG] = "backup"
    flags = {
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
        "aws:PrincipalIsAWSService": "false",
    }
    lists = {"aws:TagKeys"}
    return [
        {
            "ContextKeyName": key,
            "ContextKeyValues": [value],
            "ContextKeyType": "boolean" if key in flags else "stringList" if key in lists else "string",
        }
        for key, value in (values | flags).items()
    ]


def _judged(
    result: Mapping[str, Any], role_arn: str, arns: Sequence[str]
) -> Iterable[tuple[str, str | None]]:
    """The resources that a result speaks of, each with its refusal.

    Decisions stand by resource; the one above them is the strictest, and alone where something that is not
    about resources, as a service control policy, is stricter than all of them.
    """
    action = result["EvalActionName"]
    rows = [
        (row["EvalResourceName"], row["EvalResourceDecision"], row)
        for row in result.get("ResourceSpecificResults", ())
    ]
    above = _DECISIONS.index(result["EvalDecision"])
    if all(_DECISIONS.index(decision) < above for _, decision, _ in rows):
        rows = []
    for arn, decision, row in rows or [(arn, result["EvalDecision"], result) for arn in arns]:
        missing = [*row.get("MissingContextValues", ()), *result.get("MissingContextValues", ())]
        lenient = decision != _DENIED and action not in _IRREVERSIBLE
        if decision == _ALLOWED or (lenient and any(_may_matter(key, action) for key in missing)):
            yield arn, None
        else:
            yield arn, _message(role_arn, action, arn, _reason(action, decision, row, result))


def _may_matter(key: str, action: str) -> bool:
    """Whether a condition key that was not given may be in the context of the action's call.

    IAM names every key of all policies, whatever their statements are about. Keys of other services are not.
    """
    prefix, name = key.partition(":")[0].lower(), key.lower()
    return prefix in {"aws", action.partition(":")[0]} and name not in _ABSENT


def _reason(action: str, decision: str, row: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Which kind of policy stands against it, in IAM's words."""
    kind = "identity-based policy"
    if result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") is False:
        kind = "service control policy"
    elif _beyond_boundary(row) or _beyond_boundary(result):
        kind = "permissions boundary"
    article = "an" if kind.startswith("i") else "a"
    if decision == _DENIED:
        return f"with an explicit deny in {article} {kind}"
    return f"because no {kind} allows the {action} action"


def _beyond_boundary(row: Mapping[str, Any]) -> bool:
    return row.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary") is False


def _message(role_arn: str, action: str, arn: str, reason: str) -> str:
    """IAM's words, as AWS Backup repeats them in a job's StatusMessage."""
    role = Arn.parse(role_arn)
    name = role.resource.rpartition("/")[2]
    session = f"arn:{role.partition}:sts::{role.account_id}:assumed-role/{name}/AWSBackup-{name}"
    return f"User: {session} is not authorized to perform: {action} on resource: {arn} {reason}"
