"""What IAM is asked of a job's role, and every shape of its answer; IAM is a stub."""

from typing import Any

import pytest
from botocore.stub import Stubber

from auditor.executor.engine.roles import Roles
from auditor.executor.seam.driver import DriverError
from auditor.executor.seam.permissions import Need
from auditor.executor.service import RoleUse
from tests.contract.executor.role_permissions import (
    ACCOUNT,
    DENIED,
    REGION,
    ROLE,
    SNAPSHOT,
    UNMENTIONED,
    VOLUME,
    backing_up,
    refused,
)
from tests.contract.executor.world import World


def result(
    arns: dict[str, dict[str, Any]], action: str = "ec2:CreateSnapshot", **more: Any
) -> dict[str, Any]:
    """An evaluation of IAM's, with one row a resource; the decision above is the strictest."""
    order = ["allowed", "implicitDeny", "explicitDeny"]
    strictest = max(
        (row["EvalResourceDecision"] for row in arns.values()), key=order.index, default="allowed"
    )
    return {
        "EvalActionName": action,
        "EvalResourceName": "arn:${Partition}:ec2:${Region}:${Account}:volume/${VolumeId}",
        "EvalDecision": strictest,
        "ResourceSpecificResults": [{"EvalResourceName": arn} | row for arn, row in arns.items()],
    } | more


ALLOW = {"EvalResourceDecision": "allowed"}
IMPLICIT = {"EvalResourceDecision": "implicitDeny"}
EXPLICIT = {"EvalResourceDecision": "explicitDeny"}
ANSWERS: dict[str, tuple[list[dict[str, Any]], str | None]] = {
    "allowed": ([result({VOLUME: ALLOW})], None),
    "implicit deny": ([result({VOLUME: IMPLICIT})], UNMENTIONED),
    "explicit deny": ([result({VOLUME: EXPLICIT})], DENIED),
    "missing, and may matter": (
        [result({VOLUME: IMPLICIT | {"MissingContextValues": ["aws:PrincipalOrgID"]}})],
        None,
    ),
    "an explicit deny, and what is missing": (
        [result({VOLUME: EXPLICIT | {"MissingContextValues": ["ec2:Encrypted"]}})],
        DENIED,
    ),
    "missing, of others' calls": (
        [
            result(
                {VOLUME: IMPLICIT | {"MissingContextValues": ["kms:ViaService", "ec2:CreateAction"]}},
                MissingContextValues=["aws:ResourceTag/AmazonFSx"],
            )
        ],
        UNMENTIONED,
    ),
    "a service control policy, for all": (
        [
            result(
                {VOLUME: ALLOW},
                EvalDecision="explicitDeny",
                OrganizationsDecisionDetail={"AllowedByOrganizations": False},
            )
        ],
        "with an explicit deny in a service control policy",
    ),
    "a service control policy that denies where what is missing may matter": (
        [
            result(
                {VOLUME: IMPLICIT | {"MissingContextValues": ["aws:PrincipalOrgID"]}},
                EvalDecision="explicitDeny",
                OrganizationsDecisionDetail={"AllowedByOrganizations": False},
            )
        ],
        "with an explicit deny in a service control policy",
    ),
    "milder than the resource's": ([result({VOLUME: IMPLICIT}, EvalDecision="allowed")], UNMENTIONED),
    "a service control policy without rows": (
        [
            result(
                {},
                EvalDecision="implicitDeny",
                OrganizationsDecisionDetail={"AllowedByOrganizations": False},
            )
        ],
        "because no service control policy allows the {} action",
    ),
    "a boundary": (
        [
            result(
                {
                    VOLUME: IMPLICIT
                    | {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}}
                }
            )
        ],
        "because no permissions boundary allows the {} action",
    ),
    "one result a resource, as before": (
        [
            {
                "EvalActionName": "ec2:CreateSnapshot",
                "EvalResourceName": VOLUME,
                "EvalDecision": "implicitDeny",
            }
        ],
        UNMENTIONED,
    ),
}


def stubbed(world: World, iam: Any, *pages: dict[str, Any]) -> str | None:
    """What the check says when IAM answers with these pages."""
    roles = Roles(lambda *_: iam, world.service.clock)
    roles(RoleUse(ROLE, ACCOUNT, REGION, ()))
    with Stubber(iam) as stub:
        for page in pages:
            stub.add_response("simulate_principal_policy", page)
        found = roles(backing_up())
        stub.assert_no_pending_responses()
    return found


@pytest.mark.parametrize("case", ANSWERS)
def test_answers_of_iam(world: World, iam: Any, case: str) -> None:
    """The shapes of the real service that moto does not give."""
    results, reason = ANSWERS[case]
    expected = None if reason is None else refused("ec2:CreateSnapshot", VOLUME, reason)
    assert stubbed(world, iam, {"EvaluationResults": results, "IsTruncated": False}) == expected


def test_answers_on_several_pages(world: World, iam: Any) -> None:
    """Each page is read."""
    first = {"EvaluationResults": [result({}, "ec2:Other")], "IsTruncated": True, "Marker": "next"}
    second = {"EvaluationResults": [result({VOLUME: IMPLICIT})], "IsTruncated": False}
    assert stubbed(world, iam, first, second) == refused("ec2:CreateSnapshot", VOLUME)


def test_an_answer_that_leaves_something_out(world: World, iam: Any) -> None:
    """Silence is no pass."""
    page = {"EvaluationResults": [result({"arn:aws:s3:::other": ALLOW})], "IsTruncated": False}
    with pytest.raises(DriverError, match="IAM did not say all") as caught:
        stubbed(world, iam, page)
    assert caught.value.transient


def test_what_is_asked(world: World, iam: Any) -> None:
    """The role, its actions, the resource, and the context of AWS Backup's own calls."""
    use = RoleUse(ROLE, ACCOUNT, REGION, (Need(("ec2:DeleteSnapshot",), SNAPSHOT, of_backup=True),))
    roles = Roles(lambda *_: iam, world.service.clock)
    roles(RoleUse(ROLE, ACCOUNT, REGION, ()))
    values = {
        "aws:PrincipalArn": ("string", ROLE),
        "aws:PrincipalAccount": ("string", ACCOUNT),
        "aws:PrincipalType": ("string", "AssumedRole"),
        "aws:ResourceAccount": ("string", ACCOUNT),
        "aws:RequestedRegion": ("string", REGION),
        "aws:TagKeys": ("stringList", "aws:backup:source-resource"),
        "aws:ResourceTag/aws:backup:source-resource": ("string", "backup"),
        "aws:SecureTransport": ("boolean", "true"),
        "aws:ViaAWSService": ("boolean", "false"),
        "aws:PrincipalIsAWSService": ("boolean", "false"),
    }
    expected = {
        "PolicySourceArn": ROLE,
        "ActionNames": ["ec2:DeleteSnapshot"],
        "ResourceArns": [SNAPSHOT],
        "ContextEntries": [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": kind}
            for key, (kind, value) in values.items()
        ],
    }
    page = {"EvaluationResults": [result({SNAPSHOT: ALLOW}, "ec2:DeleteSnapshot")], "IsTruncated": False}
    with Stubber(iam) as stub:
        stub.add_response("simulate_principal_policy", page, expected)
        assert roles(use) is None


@pytest.mark.parametrize(
    ("code", "category", "advice"),
    [
        (
            "AccessDenied",
            "ACCESS_DENIED",
            f"Allow iam:SimulatePrincipalPolicy to the executor's role in account {ACCOUNT}: ",
        ),
        ("Throttling", "FATAL_ERROR", ""),
        ("PolicyEvaluation", "FATAL_ERROR", ""),
    ],
)
def test_iam_that_does_not_say(world: World, iam: Any, code: str, category: str, advice: str) -> None:
    """Neither a pass nor a refusal: the job is begun again later."""
    roles = Roles(lambda *_: iam, world.service.clock)
    roles(RoleUse(ROLE, ACCOUNT, REGION, ()))
    with Stubber(iam) as stub:
        stub.add_client_error("simulate_principal_policy", code)
        with pytest.raises(DriverError) as caught:
            roles(backing_up())
    text = f"{advice}An error occurred ({code}) when calling the SimulatePrincipalPolicy operation: "
    assert (caught.value.message, caught.value.category, caught.value.transient) == (text, category, True)
