"""Whom a key's policy lets take the key away: by statements, principals, conditions and denials."""

import json
from typing import Any

import pytest

from auditor.derive.control_policies import AccountPlace, Bounds, ControlPolicy
from auditor.derive.key_custody import Custodians, custodians
from auditor.model.documents import UnreadableDocument

OWN, OTHER = "111122223333", "444455556666"
ROOT = f"arn:aws-cn:iam::{OWN}:root"
ALICE, GUARDIAN = f"arn:aws:iam::{OWN}:user/alice", f"arn:aws:iam::{OTHER}:role/break-glass"
OTHERS, STRANGER = f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{OTHER}:role/dev"
SESSION = f"arn:aws:sts::{OTHER}:assumed-role/break-glass/anyone"
DEVELOPER = SESSION.replace("break-glass", "dev")
DEPLOY, DEPLOYING = f"arn:aws:iam::{OWN}:role/deploy", f"arn:aws:sts::{OWN}:assumed-role/deploy/one"
KEY, PLACE = f"arn:aws:kms:eu-west-1:{OWN}:key/one", AccountPlace(OWN, "aws")
BOUNDLESS = Bounds()
USE = {"Action": ["kms:Decrypt", "kms:CreateGrant"]}


def statement(principal: Any, action: Any = "kms:*", **more: Any) -> dict[str, Any]:
    """One that allows something."""
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def named(*statements: dict[str, Any], bounds: Bounds = BOUNDLESS) -> Custodians:
    """Those whom a policy of these names; break-glass roles are guardians."""
    document = json.dumps({"Statement": list(statements)})
    return custodians(document, KEY, PLACE, ("arn:aws:iam::*:role/break-glass",), bounds)


@pytest.mark.parametrize(
    "statements",
    [
        [statement({"AWS": ROOT}), statement({"AWS": OWN})],
        [statement({"AWS": [ALICE, OTHER]}, USE["Action"])],
        [statement({"AWS": [GUARDIAN, SESSION]})],
        [{**statement({"AWS": ALICE}), "Effect": "Deny"}],
        [statement({"AWS": ALICE}, "kms:CancelKeyDeletion")],
    ],
)
def test_the_own_root_users_and_guardians_are_not_named(statements: list[dict[str, Any]]) -> None:
    """Nor who is denied it."""
    assert named(*statements) == Custodians((), ())


@pytest.mark.parametrize(
    ("principal", "action", "said"),
    [
        ({"AWS": ALICE}, "kms:*", f"{ALICE} (kms:ScheduleKeyDeletion)"),
        ({"AWS": ALICE}, ["kms:Put*"], f"{ALICE} (kms:PutKeyPolicy)"),
        ({"AWS": ALICE}, "KMS:disablekey", f"{ALICE} (kms:DisableKey)"),
        ({"AWS": DEPLOYING}, "kms:*", f"{DEPLOYING} (kms:ScheduleKeyDeletion)"),
        ({"AWS": [ALICE, OTHERS]}, "kms:Delete*", f"{ALICE} (kms:DeleteImportedKeyMaterial)"),
        ({"AWS": "AIDAEXAMPLE"}, "kms:*", "AIDAEXAMPLE (kms:ScheduleKeyDeletion)"),
        ("*", "kms:*", "everybody (kms:ScheduleKeyDeletion)"),
        ({"AWS": "*"}, "*", "everybody (kms:ScheduleKeyDeletion)"),
    ],
)  # fmt: skip
def test_whom_it_names_may(principal: Any, action: Any, said: str) -> None:
    """With the first action that takes the key away."""
    assert named(statement(principal, action)) == Custodians((said,), ())


@pytest.mark.parametrize("principal", [OTHER, OTHERS, STRANGER, DEVELOPER])
@pytest.mark.parametrize("bounds", [BOUNDLESS, Bounds(None)], ids=["none", "not-known"])
def test_another_account_is_refused(principal: str, bounds: Bounds) -> None:
    """Whatever the policy allows it; KMS lets only the own account take a key away."""
    assert named(statement({"AWS": principal}), bounds=bounds) == Custodians((), ())


def test_all_but_some_are_everybody() -> None:
    """NotPrincipal and NotAction say so of what they leave."""
    but = {"Effect": "Allow", "NotPrincipal": {"AWS": ALICE}, "NotAction": "kms:Decrypt", "Resource": "*"}
    assert named(but) == Custodians(("everybody (kms:ScheduleKeyDeletion)",), ())


def test_a_condition_and_a_denial_may_take_it_back() -> None:
    """Of that action; another statement may give it all the same."""
    only = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    said = f"{ALICE} (kms:DisableKey)"
    allowed = statement({"AWS": ALICE}, "kms:DisableKey")
    denied = {**statement("*", "kms:DisableKey"), "Effect": "Deny"}
    assert named({**allowed, "Condition": only}) == Custodians((), (said,))
    assert named(allowed, denied) == Custodians((), ())
    assert named(allowed, {**denied, "Condition": only}) == Custodians((), (said,))
    assert named(allowed, {**allowed, "Condition": only}) == Custodians((said,), ())
    assert named(allowed, {**denied, "Action": "kms:Decrypt"}) == Custodians((said,), ())


def bounded(*denials: dict[str, Any]) -> Bounds:
    """A resource control policy of the account."""
    return Bounds((), (ControlPolicy("keys", json.dumps({"Statement": list(denials)}), frozenset(OWN)),))


def denial(action: Any = "kms:*", **more: Any) -> dict[str, Any]:
    """One that denies everybody something."""
    return {**statement("*", action, **more), "Effect": "Deny"}


def but(*arns: str, operator: str = "ArnNotLike") -> dict[str, Any]:
    """The condition of a denial that lets these through."""
    return {"Condition": {operator: {"aws:PrincipalArn": list(arns)}}}


BREAK_GLASS = "arn:aws:iam::*:role/break-glass"
LINKED = f"arn:aws:iam::{OWN}:role/aws-service-role/a.aws/A"
VAGUE = {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "dev"}}}
FIRST = "(kms:ScheduleKeyDeletion)"


@pytest.mark.parametrize(
    ("principal", "bounds", "sure", "perhaps"),
    [
        (ALICE, bounded(denial()), "", ""),
        (ALICE, bounded(denial(**but(BREAK_GLASS))), "", ""),
        (ALICE, bounded(denial(**but(BREAK_GLASS, ALICE))), f"{ALICE} {FIRST}", ""),
        (DEPLOY, bounded(denial(**but(BREAK_GLASS, ALICE))), "", ""),
        (ALICE, bounded(denial("kms:ScheduleKeyDeletion")), f"{ALICE} (kms:DisableKey)", ""),
        (ALICE, bounded(denial(**VAGUE)), "", f"{ALICE} {FIRST}"),
        (ALICE, bounded(denial("kms:ScheduleKeyDeletion", **VAGUE)), f"{ALICE} (kms:DisableKey)", ""),
        (ALICE, bounded({**denial(), "Resource": f"{KEY[:-3]}other"}), f"{ALICE} {FIRST}", ""),
        (ALICE, bounded(denial("s3:*")), f"{ALICE} {FIRST}", ""),
        ("*", bounded(denial()), "", ""),
        ("*", bounded(denial(**but(BREAK_GLASS))), "", ""),
        ("*", bounded(denial(**but(BREAK_GLASS, DEPLOY))), f"everybody {FIRST}", ""),
        ("*", bounded(denial(**VAGUE)), f"everybody {FIRST}", ""),
        ("*", bounded({**denial(), "Resource": KEY}), "", f"everybody {FIRST}"),
        (OTHERS, bounded(denial(**but(f"arn:aws:iam::{OTHER}:*"))), "", ""),
        (DEPLOYING, bounded(denial()), "", ""),
        (DEPLOYING, bounded(denial(**but(BREAK_GLASS))), "", f"{DEPLOYING} {FIRST}"),
        (LINKED, bounded(denial()), f"{LINKED} {FIRST}", ""),
        (ALICE, Bounds(None), "", f"{ALICE} {FIRST}"),
        ("*", Bounds(None), "", f"everybody {FIRST}"),
    ],
)
def test_what_control_policies_deny_is_taken_off(
    principal: str, bounds: Bounds, sure: str, perhaps: str
) -> None:
    """Of each action by itself; whom a denial lets through is named, what it leaves open perhaps."""
    wanted = Custodians(*(((one,) if one else ()) for one in (sure, perhaps)))
    assert named(statement("*" if principal == "*" else {"AWS": principal}), bounds=bounds) == wanted


def test_what_policies_that_are_not_known_may_deny_a_service_is_open() -> None:
    """No service control policy counts for it, but a resource control policy does."""
    service = statement({"Service": "logs.amazonaws.com"})
    said = f"logs.amazonaws.com {FIRST}"
    assert named(service) == Custodians((said,), ())
    assert named(service, bounds=Bounds(None)) == Custodians((), (said,))
    assert named(service, bounds=bounded(denial())) == Custodians((), ())


def test_a_service_control_policy_binds_users_of_the_account_alone() -> None:
    """A service is not."""
    full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    text = json.dumps({"Statement": [full, {**full, "Effect": "Deny", "Action": "kms:*"}]})
    bounds = Bounds([[ControlPolicy("keys", text, frozenset(OWN))]])
    service = statement({"Service": "logs.amazonaws.com"})
    said = (f"logs.amazonaws.com {FIRST}",)
    assert named(statement({"AWS": ALICE}), service, statement("*"), bounds=bounds) == Custodians(said, ())


def test_what_is_no_policy_is_refused() -> None:
    """Whatever bounds it."""
    with pytest.raises(UnreadableDocument):
        custodians("{", KEY, PLACE, (), Bounds())
