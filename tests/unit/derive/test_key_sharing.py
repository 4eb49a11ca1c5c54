"""Whether the policy of a key lets another account use what is encrypted with it."""

from typing import Any

import pytest

from auditor.derive.key_sharing import admits

ACCOUNT = "444455556666"
OTHERS = "111122223333"


def allow(principal: Any, **changed: Any) -> dict[str, Any]:
    """A statement that allows everything to a principal."""
    return {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*", **changed}


@pytest.mark.parametrize(
    ("statements", "admitted"),
    [
        ([allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})], True),
        ([allow({"AWS": ACCOUNT}, Action=["kms:Decrypt"])], True),
        ([allow("*")], True),
        ([allow({"AWS": f"arn:aws:iam::{OTHERS}:root"})], False),
        ([allow({"AWS": ACCOUNT}, Action="kms:DescribeKey")], False),
        ([allow({"Service": "backup.amazonaws.com"})], False),
        ([], False),
        ([allow({"AWS": ACCOUNT}), allow("*", Effect="Deny")], None),
        (
            [allow("*", Condition={"StringEquals": {"kms:ViaService": "ec2.eu-central-1.amazonaws.com"}})],
            None,
        ),
        ([allow("*", Condition={"StringEquals": {"kms:CallerAccount": OTHERS}})], None),
    ],
)
def test_the_policy_of_a_key_admits_an_account(
    statements: list[dict[str, Any]],
    admitted: bool | None,  # noqa: FBT001 -- a case
) -> None:
    """None where a condition or a denial decides."""
    assert admits({"Statement": statements}, ACCOUNT) is admitted
