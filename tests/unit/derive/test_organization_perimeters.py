"""Policies that let an organization in, or all others out, as each control that reads them judges them."""

import json
from itertools import product
from typing import Any

import pytest

from auditor.derive.control_policies import AccountPlace, Bounds, ControlPolicy, Guarded, guarded
from auditor.derive.destroyers import IamPrincipal, Permissions
from auditor.derive.destructible import Thing, ThingKind
from auditor.derive.key_custody import Custodians, custodians
from auditor.derive.key_sharing import admits
from auditor.derive.organization_conditions import NOT_KNOWN, Members
from auditor.derive.vault_access import vault_access

OWN, SISTER, OTHER = "111122223333", "222233334444", "999988887777"
ALICE, SERVICE = f"arn:aws:iam::{OWN}:user/alice", "logs.amazonaws.com"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/dev/one"
KEY, KEYS = f"arn:aws:kms:eu-west-1:{OWN}:key/one", "kms:ScheduleKeyDeletion"
DELETE = "backup:DeleteRecoveryPoint"
MEMBERS = Members("o-1", {OWN: "o-1/r-1/ou-1/", SISTER: "o-1/r-1/"}, whole=True)
HOME, ALONE = AccountPlace(OWN, "aws", MEMBERS), AccountPlace(OWN, "aws")
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def perimeter(organization: str = "o-1", operator: str = "StringNotEqualsIfExists") -> dict[str, Any]:
    """What AWS writes into its data perimeters: a denial for whoever is of no account of an organization."""
    condition = {
        operator: {"aws:PrincipalOrgID": organization},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    return {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}


def only(organization: str = "o-1", principal: Any = "*") -> dict[str, Any]:
    """What allows everything to an organization alone."""
    condition = {"StringEquals": {"aws:PrincipalOrgID": organization}}
    return {**FULL, "Principal": principal, "Condition": condition}


def document(*statements: Any) -> str:
    """A policy of these statements."""
    return json.dumps({"Statement": statements})


def policy(*statements: Any) -> ControlPolicy:
    """One of the organization."""
    return ControlPolicy("one", document(*statements), frozenset({"r-1"}))


@pytest.mark.parametrize(
    ("place", "denial", "open_"),
    [
        (HOME, perimeter(), True),
        (HOME, perimeter(operator="StringNotEquals"), True),
        (HOME, perimeter("o-2"), False),
        (HOME, perimeter(operator="StringEquals"), False),
        (HOME, perimeter("o-2", "StringEquals"), True),
        (ALONE, perimeter(), None),
        (ALONE, perimeter("o-2"), None),
    ],
)
def test_a_perimeter_guards_an_account_that_it_shuts_out(
    place: AccountPlace, denial: Any, *, open_: bool | None
) -> None:
    """As a service or a resource control policy; of an account of no known organization that is open."""
    expected = {True: ((KEYS,), ()), False: ((), ()), None: ((), (KEYS,))}[open_]
    for levels, bounding in (([[policy(FULL, denial)]], []), ([], [policy(denial)])):
        found = guarded([KEYS], levels, place, (), bounding)
        assert (found.open_, found.unknown) == expected


def test_what_a_level_allows_to_the_organization_it_allows() -> None:
    """And what it allows to another one it does not allow."""
    assert guarded([KEYS], [[policy(only())]], HOME, ()) == Guarded((KEYS,), ())
    assert guarded([KEYS], [[policy(only())]], ALONE, ()).unknown == (KEYS,)


@pytest.mark.parametrize(
    ("place", "own", "may"),
    [
        (HOME, [FULL, perimeter()], True),
        (HOME, [FULL, perimeter("o-2")], False),
        (HOME, [only()], True),
        (HOME, [only("o-2")], False),
        (ALONE, [FULL, perimeter()], None),
        (ALONE, [only()], None),
    ],
)
def test_a_user_of_a_member_may_what_its_organization_may(
    place: AccountPlace, own: Any, *, may: bool | None
) -> None:
    """By a policy of its own, of the path or of the resources."""
    whole, denials = document(FULL), [one for one in own if one["Effect"] == "Deny"]
    ways: list[tuple[str, list[list[str]], list[str]]] = [(document(*own), [[whole]], [])]
    if denials:
        ways += [(whole, [[document(*own)]], []), (whole, [[whole]], [document(*denials)])]
    for held, levels, bounding in ways:
        permissions = Permissions(place, {"d": held}, levels, of_resources=bounding)
        found = permissions.of(IamPrincipal(ALICE, {"own": "d"}), [KEYS])
        assert (KEYS in found.sure, KEYS in found.perhaps) == (may is True, may is None)


def test_a_service_is_not_answered_for_by_a_role() -> None:
    """A service control policy that denies the role all of it does not count for the service."""
    things = {ThingKind.VAULT: [Thing("v", "r", "v", document({**FULL, "Principal": "*"}))]}
    levels = [[document(FULL, {**FULL, "Effect": "Deny"})]]
    permissions = Permissions(HOME, {}, levels, things)
    names = (f"arn:aws:iam::{OWN}:role/dev", f"Service:{SERVICE}")
    found = [permissions.of(IamPrincipal(one, {}), ["backup:DeleteBackupVault"]) for one in names]
    assert [bool(one.sure) for one in found] == [False, True]


@pytest.mark.parametrize(
    ("place", "statements", "sure", "perhaps"),
    [
        (HOME, [{**FULL, "Principal": {"AWS": ALICE}}, perimeter()], [ALICE], []),
        (HOME, [{**FULL, "Principal": {"AWS": ALICE}}, perimeter("o-2")], [], []),
        (ALONE, [{**FULL, "Principal": {"AWS": ALICE}}, perimeter()], [], [ALICE]),
        (HOME, [{**FULL, "Principal": {"AWS": SESSION}}, perimeter()], [SESSION], []),
        (HOME, [{**FULL, "Principal": {"Service": SERVICE}}, perimeter("o-2")], [SERVICE], []),
        (HOME, [only()], ["everybody"], []),
        (HOME, [only("o-2")], [], []),
        (ALONE, [only()], [], ["everybody"]),
        (HOME, [only(principal={"AWS": ALICE})], [ALICE], []),
        (HOME, [{**FULL, "Principal": "*"}, perimeter()], ["everybody"], []),
        (ALONE, [{**FULL, "Principal": "*"}, perimeter()], [], ["everybody"]),
        (HOME, [{**FULL, "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": OTHER}}}],
         [], []),
    ],
)  # fmt: skip
def test_whom_a_key_s_policy_names_is_of_the_organization_or_not(
    place: AccountPlace, statements: Any, sure: list[str], perhaps: list[str]
) -> None:
    """A denial for whoever is not of it takes nothing back from a member; a service is none."""
    wanted = Custodians(*(tuple(f"{one} ({KEYS})" for one in given) for given in (sure, perhaps)))
    assert custodians(document(*statements), KEY, place, (), Bounds()) == wanted


@pytest.mark.parametrize("bounding", [perimeter(), perimeter(operator="StringNotEquals")])
def test_a_perimeter_of_resources_takes_nothing_back_from_a_member(bounding: Any) -> None:
    """But from all where it is of another organization."""
    named = document({**FULL, "Principal": {"AWS": [ALICE, SESSION]}}, {**FULL, "Principal": "*"})
    wanted = tuple(f"{one} ({KEYS})" for one in (ALICE, SESSION, "everybody"))
    assert custodians(named, KEY, HOME, (), Bounds((), [policy(bounding)])) == Custodians(wanted, ())
    other = Bounds((), [policy(perimeter("o-2"))])
    assert custodians(named, KEY, HOME, (), other) == Custodians((), ())


def to(account: str, **more: Any) -> dict[str, Any]:
    """What allows another account to delete."""
    return {**FULL, "Principal": {"AWS": account}, "Action": DELETE, **more}


INSIDE = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}


@pytest.mark.parametrize(
    ("members", "statements", "accounts", "sure"),
    [
        (MEMBERS, [to(SISTER), perimeter()], (SISTER,), True),
        (MEMBERS, [to(OTHER), perimeter()], (), True),
        (NOT_KNOWN, [to(SISTER), perimeter()], (SISTER,), False),
        (MEMBERS, [to(SISTER, **INSIDE)], (SISTER,), True),
        (MEMBERS, [to(OTHER, **INSIDE)], (), True),
        (NOT_KNOWN, [to(OTHER, **INSIDE)], (OTHER,), False),
        (MEMBERS._replace(whole=False), [to(OTHER, **INSIDE)], (OTHER,), False),
        (MEMBERS, [to(SISTER), perimeter("o-2")], (), True),
        (MEMBERS, [to(SISTER)], (SISTER,), True),
    ],
)
def test_a_vault_is_open_to_another_account_that_is_of_the_organization(
    members: Members, statements: Any, accounts: tuple[str, ...], *, sure: bool
) -> None:
    """Where it is not known whether it is, something may take it back."""
    found = vault_access(document(*statements), OWN, known=True, members=members)
    assert (found.everyone, found.accounts, not found.less) == ((), accounts, sure)


def test_a_vault_that_is_open_to_the_organization_is_open_to_everybody_of_its_account() -> None:
    """Whatever shuts others out."""
    for statements, members in product(([only()], [FULL | {"Principal": "*"}, perimeter()]),
                                       (MEMBERS, NOT_KNOWN)):  # fmt: skip
        found = vault_access(document(*statements), OWN, known=True, members=members)
        assert (DELETE in found.everyone, found.less) == (True, "")


@pytest.mark.parametrize(
    ("account", "statements", "admitted"),
    [
        (SISTER, [only()], True),
        (OTHER, [only()], False),
        (SISTER, [only("o-2")], False),
        (SISTER, [{**FULL, "Principal": "*"}, perimeter()], True),
        (OTHER, [{**FULL, "Principal": "*"}, perimeter()], None),
    ],
)
def test_a_key_admits_the_accounts_of_the_organization(
    account: str, statements: Any, *, admitted: bool | None
) -> None:
    """Where it is not known which these are, a condition decides."""
    assert admits({"Statement": statements}, account, MEMBERS) is admitted
    assert admits({"Statement": statements}, account) is None
