"""Whom a key's policy lets take the key away: by statements, principals, conditions and denials."""

from typing import Any

import pytest

from auditor.derive.key_custody import Custodians, custodians
from auditor.model.documents import UnreadableDocument

OWN, OTHER = "111122223333", "444455556666"
ROOT = f"arn:aws-cn:iam::{OWN}:root"
ALICE, GUARDIAN = f"arn:aws:iam::{OWN}:user/alice", f"arn:aws:iam::{OTHER}:role/break-glass"
OTHERS = f"arn:aws:iam::{OTHER}:root"
SESSION = f"arn:aws:sts::{OTHER}:assumed-role/break-glass/anyone"
DEVELOPER = SESSION.replace("break-glass", "dev")
USE = {"Action": ["kms:Decrypt", "kms:CreateGrant"]}


def statement(principal: Any, action: Any = "kms:*", **more: Any) -> dict[str, Any]:
    """One that allows something."""
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def named(*statements: dict[str, Any]) -> Custodians:
    """Those whom a policy of these names; break-glass roles are guardians."""
    return custodians({"Statement": list(statements)}, OWN, ("arn:aws:iam::*:role/break-glass",))


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
        ({"AWS": OTHER}, "KMS:disablekey", f"{OTHER} (kms:DisableKey)"),
        ({"AWS": DEVELOPER}, "kms:*", f"{DEVELOPER} (kms:ScheduleKeyDeletion)"),
        ({"AWS": OTHERS}, "kms:Delete*", f"{OTHERS} (kms:DeleteImportedKeyMaterial)"),
        ("*", "kms:*", "everybody (kms:ScheduleKeyDeletion)"),
        ({"AWS": "*"}, "*", "everybody (kms:ScheduleKeyDeletion)"),
    ],
)  # fmt: skip
def test_whom_it_names_may(principal: Any, action: Any, said: str) -> None:
    """With the first action that takes the key away."""
    assert named(statement(principal, action)) == Custodians((said,), ())


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
    assert named(allowed, denied) == Custodians((), (said,))
    assert named(allowed, {**allowed, "Condition": only}) == Custodians((said,), ())
    assert named(allowed, {**denied, "Action": "kms:Decrypt"}) == Custodians((said,), ())


def test_what_is_no_policy_is_refused() -> None:
    """A text of JSON is read."""
    assert custodians('{"Statement": []}', OWN, ()) == Custodians((), ())
    with pytest.raises(UnreadableDocument):
        custodians("{", OWN, ())
