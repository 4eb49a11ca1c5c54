"""What the policies of vaults and keys give to principals of their account, and what they take from them."""

from typing import Any

import pytest

from auditor.derive.destroyers import IamPrincipal, Permissions, Permitted
from auditor.derive.destructible import Thing, ThingKind
from auditor.derive.guards import named_besides
from tests.unit.derive.test_destroyers import (
    ACCOUNT,
    ALLOW,
    BUT_GUARDIAN,
    DELETE,
    KEY,
    MAY,
    MAY_NOT,
    PERHAPS,
    PLACE,
    ROLE,
    document,
    statement,
)

USER, OTHER = f"arn:aws:iam::{ACCOUNT}:user/alice", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/dev/anyone"
VAULT = f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-vault:main"
KEY_ARN = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1"
GIVEN = Permitted({DELETE: f"the policy of {VAULT}"}, ())
TAGGED = {"StringEquals": {"aws:PrincipalTag/team": "x"}}


def to(*names: str, effect: str = "Allow", action: str = DELETE, **more: Any) -> dict[str, Any]:
    """A statement of a vault's policy for these principals."""
    return statement(effect, action, Principal={"AWS": [*names]}, **more)


def may(
    *guard: Any, own: Any = (), boundary: Any = None, arn: str = ROLE, levels: Any = (), untold: bool = False
) -> Permitted:
    """What a principal may do to a point in a vault that has a policy."""
    point = Thing(f"arn:aws:ec2:eu-central-1::snapshot/{ACCOUNT}", "eu-central-1", VAULT)
    point = point._replace(policy=None if untold else document(*guard))
    documents = {"d": document(*own), "b": document(*boundary or ())}
    permissions = Permissions(
        PLACE, documents, [[document(*one) for one in level] for level in levels], {ThingKind.POINT: [point]}
    )
    return permissions.of(IamPrincipal(arn, {"own": "d"}, None if boundary is None else "b"), [DELETE])


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        ([to(ROLE)], GIVEN), ([to(SESSION)], GIVEN), ([to("*")], GIVEN), ([to(USER)], MAY_NOT),
        ([to(ROOT)], MAY_NOT), ([to(ACCOUNT)], MAY_NOT), ([to(f"arn:aws:iam::{OTHER}:root")], MAY_NOT),
        ([to(SESSION.replace("/dev/", "/ops/"))], MAY_NOT),
        ([to(ROLE, action="backup:DescribeBackupVault")], MAY_NOT),
        ([to(ROLE, Resource="arn:aws:ec2:*::snapshot/*")], GIVEN),
        ([to(ROLE, Resource="arn:aws:rds:*")], MAY_NOT),
        ([to("*", Condition=TAGGED)], PERHAPS), ([to("*", Condition=BUT_GUARDIAN)], GIVEN),
        ([statement(NotPrincipal={"AWS": USER})], PERHAPS),
        ([to(ROLE), to(ROLE, effect="Deny")], MAY_NOT),
        (["nothing"], PERHAPS),
    ],
)  # fmt: skip
def test_a_vaults_policy_gives_without_a_policy_of_iam(guard: Any, expected: Permitted) -> None:
    """To those that it names and to everybody of its account; naming the account gives nobody anything."""
    assert may(*guard) == expected


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        ([], MAY), ([to("*", effect="Deny")], MAY_NOT), ([to(ROOT, effect="Deny")], MAY_NOT),
        ([to(ROLE, effect="Deny")], MAY_NOT), ([to(SESSION, effect="Deny")], MAY),
        ([to(USER, effect="Deny")], MAY), ([to("*", effect="Deny", Condition=BUT_GUARDIAN)], MAY_NOT),
        ([to("*", effect="Deny", Condition={"ArnNotEquals": {"aws:PrincipalArn": ROLE}})], MAY),
        ([to("*", effect="Deny", Condition=TAGGED)], PERHAPS),
        ([to("*", effect="Deny", Resource="arn:aws:rds:*")], MAY),
        ([statement("Deny", NotPrincipal={"AWS": f"arn:aws:iam::{OTHER}:root"})], MAY_NOT),
        ([statement("Deny", NotPrincipal={"AWS": [ROLE, ROOT]})], PERHAPS),
        ([statement("Deny", NotPrincipal="*")], MAY),
        (["nothing"], PERHAPS),
    ],
)  # fmt: skip
def test_a_vaults_policy_takes_from_whom_it_denies(guard: Any, expected: Permitted) -> None:
    """A denial for a session leaves a role its other sessions."""
    assert may(*guard, own=[ALLOW]) == expected


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
def test_one_point_of_a_vault_that_its_policy_tells_from_another_is_enough(numbers: tuple[int, int]) -> None:
    """Whichever comes first: one that it spares, and one that it gives; of a third one it says nothing."""
    first = "arn:aws:ec2:eu-central-1::snapshot/snap-1"

    def some(guard: Any, own: Any, points: Any = numbers) -> Permitted:
        arns = (f"{first[:-1]}{number}" for number in points)
        things = [Thing(arn, "eu-central-1", VAULT, document(guard)) for arn in arns]
        permissions = Permissions(PLACE, {"d": document(*own)}, [], {ThingKind.POINT: things})
        return permissions.of(IamPrincipal(ROLE, {"own": "d"}), [DELETE])

    denied, given = to("*", effect="Deny", Resource=first), to(ROLE, Resource=first)
    assert (some(denied, [ALLOW]), some(given, [])) == (MAY, GIVEN)
    assert (some(denied, [ALLOW], [1]), some(given, [], [2, 3])) == (MAY_NOT, MAY_NOT)


def test_a_policy_that_was_not_told_leaves_all_open() -> None:
    """But not what a policy of the identity denies."""
    assert may(own=[ALLOW], untold=True) == PERHAPS
    assert may(own=[statement("Deny")], untold=True) == MAY_NOT


@pytest.mark.parametrize(
    ("arn", "named", "expected"),
    [(ROLE, ROLE, MAY_NOT), (ROLE, SESSION, GIVEN), (USER, USER, GIVEN), (ROLE, "*", PERHAPS)],
)
def test_a_boundary_limits_what_a_role_is_given_by_name(arn: str, named: str, expected: Permitted) -> None:
    """Not a user, nor a session; what it denies is denied to each."""
    small = [statement(action="s3:*")]
    assert may(to(named), boundary=small, arn=arn) == expected
    assert may(to(named), boundary=[ALLOW], arn=arn) == GIVEN
    assert may(to(named), boundary=[*small, statement("Deny")], arn=arn) == MAY_NOT


def test_who_has_a_boundary_is_not_spared_by_name() -> None:
    """NotPrincipal with Deny always denies who has one."""
    assert (
        may(statement("Deny", NotPrincipal={"AWS": [ROLE, ROOT]}), own=[ALLOW], boundary=[ALLOW]) == MAY_NOT
    )


def test_what_is_given_is_bound_by_service_control_policies() -> None:
    """As what policies of IAM allow."""
    everything = statement(action="*")
    assert may(to(ROLE), levels=[[[everything]]]) == GIVEN
    assert may(to(ROLE), levels=[[[everything], [statement("Deny")]]]) == MAY_NOT


def test_a_service_that_is_named_is_bound_by_none() -> None:
    """And is asked about by the name that the policy has for it."""
    guard = statement(Principal={"Service": "lambda.amazonaws.com"})
    assert may(guard, arn="Service:lambda.amazonaws.com", levels=[[[statement("Deny")]]]) == GIVEN
    assert may(guard, arn="Service:ec2.amazonaws.com") == MAY_NOT


@pytest.mark.parametrize(
    ("condition", "given", "denied"),
    [
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, GIVEN, MAY_NOT),
        ({"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}, MAY_NOT, GIVEN),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, PERHAPS, PERHAPS),
        ({"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}, PERHAPS, PERHAPS),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/guardian"}}, PERHAPS, PERHAPS),
        ({"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}, GIVEN, MAY_NOT),
    ],
)
def test_conditions_hold_for_a_service_as_such(condition: Any, given: Permitted, denied: Permitted) -> None:
    """It is one of AWS; of which account it is, and by which ARN, is not known."""
    service, arn = {"Service": "lambda.amazonaws.com"}, "Service:lambda.amazonaws.com"
    allowed = statement(Principal=service)
    assert may(statement(Principal=service, Condition=condition), arn=arn) == given
    assert may(allowed, to("*", effect="Deny", Condition=condition), arn=arn) == denied


def on_key(*guard: Any, own: Any = (), arn: str = ROLE, **more: Any) -> Permitted:
    """What a principal may do to a key that has a policy."""
    key = Thing(KEY_ARN, "eu-central-1", KEY_ARN, document(*guard))
    permissions = Permissions(PLACE, {"d": document(*own)}, [], {ThingKind.KEY: [key._replace(**more)]})
    return permissions.of(IamPrincipal(arn, {"own": "d"}), [KEY])


def test_policies_of_iam_count_for_a_key_where_its_policy_says_so() -> None:
    """By naming the account, for the action; a name of its own is enough without them."""
    admin, root = [statement(action="*")], to(ROOT, action="kms:*")
    own, given, open_ = Permitted({KEY: "own"}, ()), Permitted({KEY: f"the policy of {KEY_ARN}"}, ()), (KEY,)
    assert on_key(root, own=admin) == own
    assert on_key(root) == MAY_NOT
    assert on_key(to(USER, action="kms:*"), own=admin) == MAY_NOT
    assert on_key(to(ROOT, action="kms:Describe*"), own=admin) == MAY_NOT
    assert on_key(to(ROLE, action="kms:*")) == given
    assert on_key(to(ROOT, action="kms:*", Condition=TAGGED), own=admin) == Permitted({}, open_)
    assert on_key(own=admin, policy=None) == Permitted({}, open_)


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"Service": ["lambda.amazonaws.com", "backup.amazonaws.com"]}, {"Service:lambda.amazonaws.com"}),
        ({"Federated": "arn:aws:iam::1:saml-provider/x"}, {"Federated:arn:aws:iam::1:saml-provider/x"}),
        ({"AWS": ROLE}, set()),
        ("*", set()),
    ],
)
def test_those_beside_users_and_roles_are_named(principal: Any, expected: set[str]) -> None:
    """Not AWS Backup itself; of a policy that cannot be understood nobody is."""
    assert named_besides(document(statement(Principal=principal))) == expected
    assert named_besides(document(statement("Deny", Principal=principal))) == set()
    assert named_besides("{") == set()
