"""What the policies of a role come to: what allows for sure, what may deny, and what is not known."""

import json
from typing import Any

import pytest

from auditor.check.role_coverage import NEEDED
from auditor.model.resource_types import TYPES
from tests.check.conftest import Check, messages
from tests.check.terraform import ACCOUNT, REGION, Json, Later, Plan, backup_plan, by_tag, selection, vault
from tests.check.test_roles import (
    ARN,
    BACKUP,
    LACKS,
    OPEN,
    RESTORES,
    ROLE,
    S3,
    TRUST,
    allows,
    attach,
    denies,
    of_type,
    plan,
    said,
    template,
)

AWS = "arn:aws:iam::aws:policy"
CUSTOMERS = f"arn:aws:iam::{ACCOUNT}:policy/elsewhere"
SNAPSHOT = "ec2:CreateSnapshot"


def test_every_type_has_what_its_backups_need() -> None:
    """So that no type passes because nothing is known of it."""
    assert set(NEEDED) == set(TYPES)


@pytest.mark.parametrize(
    ("arns", "expected"),
    [
        ([BACKUP], set()),
        ([BACKUP, RESTORES, f"{AWS}/CloudWatchAgentServerPolicy"], set()),
        ([BACKUP, f"{AWS}/AWSDenyAll"], LACKS),
        ([f"{AWS}/AdministratorAccess", f"{AWS}/AWSDenyAll"], LACKS),
        ([BACKUP, f"{AWS}/AmazonSecurityLakePermissionsBoundary"], OPEN),
        ([BACKUP, CUSTOMERS], OPEN),
        ([RESTORES, CUSTOMERS], OPEN),
        ([CUSTOMERS, f"{AWS}/AWSDenyAll"], LACKS),
    ],
    ids=[
        "backups", "others-of-aws", "denied", "administrator-denied", "perhaps-denied", "customers",
        "only-customers", "customers-denied",
    ],
)  # fmt: skip
def test_what_else_is_attached_may_deny_backups(
    check: Check, arns: list[str], expected: set[tuple[str, str]]
) -> None:
    """Of AWS's own policies a few do; one of somebody's own that no input has may do anything."""
    made, document = attach(plan(), *arns), template(ManagedPolicyArns=arns)
    assert said(check, made.first()) == said(check, document) == expected
    assert (f"{CUSTOMERS} is not among the inputs" in messages(check(document))) is (
        CUSTOMERS in arns and expected == OPEN
    )


def only(**changes: Any) -> str:
    """A policy of one's own that allows backups of volumes, in one way."""
    return json.dumps({"Statement": [{**allows(SNAPSHOT)["Statement"][0], **changes}]})


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (only(), set()),
        (only(Resource=["arn:aws:ec2:*:*:volume/*", "arn:aws:ec2:*::snapshot/*"]), set()),
        (only(Resource="arn:aws:ec2:*:*:*"), set()),
        (only(Resource=f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/*"), set()),
        (only(Resource="arn:aws:ec2:*:*:volume/vol-1"), OPEN),
        (only(Resource="arn:aws:ec2:*:*:vpc/*"), OPEN),
        (only(Resource="arn:aws:s3:::*"), OPEN),
        (only(Resource=f"arn:aws:ec2:us-east-1:{ACCOUNT}:volume/*"), OPEN),
        (only(Resource=f"arn:aws:ec2:{REGION}:444455556666:volume/*"), OPEN),
        (only(Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}), OPEN),
        (only(Action=["ec2:Describe*"], Condition={"Bool": {"aws:SecureTransport": "true"}}), LACKS),
    ],
    ids=[
        "always", "all-of-a-kind", "all-of-ec2", "all-of-a-place", "one-volume", "another-kind",
        "another-service", "another-region", "another-account", "condition", "of-another-action",
    ],
)  # fmt: skip
def test_what_is_allowed_under_a_condition_is_not_known_to_be(
    check: Check, policy: str, expected: set[tuple[str, str]]
) -> None:
    """And neither is what is allowed for some resources."""
    made = plan().add("aws_iam_role_policy.own", name="own", role="backup", policy=policy)
    own = [{"PolicyName": "own", "PolicyDocument": json.loads(policy)}]
    for document in (made.first(), template(Policies=own)):
        assert said(check, document, account=ACCOUNT, region=REGION) == expected
    assert said(check, attach(made, BACKUP).first()) == set()


@pytest.mark.parametrize(("policy", "expected"), [(denies("timestream:*"), LACKS), (denies("s3:*"), set())])
def test_a_denial_counts_for_every_type(check: Check, policy: str, expected: set[tuple[str, str]]) -> None:
    """Of a type that is not in every account, too."""
    made = attach(plan(), BACKUP)
    tags = {"backup-tier": "gold"}
    arn = f"arn:aws:timestream:{REGION}:{ACCOUNT}:database/a/table/b"
    values: Json = {"database_name": "a", "table_name": "b", "tags": tags, "tags_all": tags}
    made.add("aws_timestreamwrite_table.b", arn=arn, id="b:a", **values)
    made.add("aws_iam_role_policy.own", name="own", role="backup", policy=policy)
    assert said(check, made.second()) == expected


@pytest.mark.parametrize(
    ("arns", "expected"),
    [([BACKUP], set()), ([S3], set()), ([RESTORES], OPEN), ([], OPEN), ([CUSTOMERS], OPEN)],
    ids=["backups", "buckets", "restores", "nothing", "customers"],
)
def test_a_role_for_restores_is_no_pass_where_nothing_is_known_of_what_it_backs_up(
    check: Check, arns: list[str], expected: set[tuple[str, str]]
) -> None:
    """It covers no type; so does one of whose policies nothing is known."""
    made = vault(Plan())
    backup_plan(made, "gold")
    of_it = Later(ARN, [f"{ROLE}.arn"])
    selection(made, "gold", "gold", selection_tag=by_tag("gold"), iam_role_arn=of_it)
    made.add(ROLE, assume_role_policy=json.dumps(TRUST), arn=Later(ARN), id=Later("backup"), name="backup")
    assert said(check, attach(made, *arns).first()) == expected


ATTACHMENT, SHARED = "aws_iam_role_policy_attachment.x", "aws_iam_policy_attachment.x"
EXCLUSIVE, NO_INLINE = "aws_iam_role_policy_attachments_exclusive.x", "aws_iam_role_policies_exclusive.x"
SOMEBODY = Later("x", ["var.role"])
HARMLESS, HARMFUL = only(), denies("s3:*")


@pytest.mark.parametrize(
    ("address", "values", "expected"),
    [
        (ATTACHMENT, {"role": SOMEBODY, "policy_arn": RESTORES}, set()),
        (ATTACHMENT, {"role": SOMEBODY, "policy_arn": CUSTOMERS}, OPEN),
        (ATTACHMENT, {"role": "backup", "policy_arn": Later(RESTORES, ["var.arn"])}, OPEN),
        ("aws_iam_role_policy.x", {"role": SOMEBODY, "name": "x", "policy": HARMLESS}, set()),
        ("aws_iam_role_policy.x", {"role": SOMEBODY, "name": "x", "policy": HARMFUL}, OPEN),
        ("aws_iam_role_policy.x", {"role": "backup", "name": "x", "policy": Later("{}", ["var.p"])}, OPEN),
        (SHARED, {"roles": ["other"], "policy_arn": BACKUP}, OPEN),
        (SHARED, {"roles": ["other"], "policy_arn": RESTORES}, set()),
        (SHARED, {"roles": ["other", "backup"], "policy_arn": BACKUP}, set()),
        (EXCLUSIVE, {"role_name": SOMEBODY, "policy_arns": [RESTORES]}, OPEN),
        (EXCLUSIVE, {"role_name": "other", "policy_arns": [RESTORES]}, set()),
        (NO_INLINE, {"role_name": SOMEBODY, "policy_names": []}, OPEN),
    ],
    ids=[
        "of-somebody", "customers-of-somebody", "unknown", "inline-of-somebody", "denial-of-somebody",
        "inline-unknown", "shared-by-others", "another-shared", "shared", "only-of-somebody", "only-of-other",
        "no-inline-of-somebody",
    ],
)  # fmt: skip
def test_what_may_be_attached_or_taken_off_is_no_pass(
    check: Check, address: str, values: Json, expected: set[tuple[str, str]]
) -> None:
    """A denial that may be of this role, and what keeps a policy off roles that it does not name."""
    assert said(check, attach(plan(), BACKUP).add(address, **values).first()) == expected


@pytest.mark.parametrize(
    ("key", "held", "address", "expected"),
    [
        ("managed_policy_arns", [RESTORES], ATTACHMENT, OPEN),
        ("managed_policy_arns", [RESTORES, BACKUP], ATTACHMENT, set()),
        ("inline_policy", [{"name": "another", "policy": only()}], "aws_iam_role_policy.x", OPEN),
        ("inline_policy", [{"name": "own", "policy": only()}], "aws_iam_role_policy.x", set()),
    ],
    ids=["managed-of-another", "managed", "inline-of-another", "inline"],
)
def test_policies_that_a_role_names_are_all_that_it_keeps(
    check: Check, key: str, held: list[Any], address: str, expected: set[tuple[str, str]]
) -> None:
    """What another resource attaches beside them goes with an apply; what only the provider reads stays."""
    beside: Json = {"policy_arn": BACKUP} if address == ATTACHMENT else {"name": "own", "policy": only()}
    role: Json = {key: held}
    named = plan(expressions={key: {}}, **role).add(address, role="backup", **beside)
    assert said(check, named.first()) == expected
    read = plan(**role).add(address, role="backup", **beside)
    assert said(check, read.first()) == set()


@pytest.mark.parametrize(
    ("names", "expected"), [([], OPEN), (["own"], set()), (Later(["own"], ["var.names"]), OPEN)]
)
def test_inline_policies_that_stay_are_named(
    check: Check, names: Any, expected: set[tuple[str, str]]
) -> None:
    """By the type that takes all others off."""
    made = plan().add("aws_iam_role_policy.own", name="own", role="backup", policy=only())
    assert said(check, made.add(NO_INLINE, role_name="backup", policy_names=names).first()) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(json.loads(HARMLESS), set()), (json.loads(HARMFUL), OPEN), ({"Ref": "Arn"}, OPEN)],
    ids=["allows", "denies", "unknown"],
)
def test_a_policy_of_a_template_whose_role_is_not_known(
    check: Check, policy: Json, expected: set[tuple[str, str]]
) -> None:
    """It may be of this one, and deny something."""
    beside = of_type("Policy", PolicyDocument=policy, Roles=[{"Ref": "Arn"}])
    assert said(check, template(beside, ManagedPolicyArns=[BACKUP])) == expected
