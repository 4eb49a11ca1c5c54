"""The keys of what has to be copied into another account, as AWS Backup and KMS tell them."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.standing import AS_OF, HOME, VOLUME, World, copy_action, standing, vault_arn

KEY, OTHER = "BKP-ENC-004", "444455556666"
TIER = {"account_copy": {"retention_days": 7}}


def encrypted(manager: str) -> World:
    """The standing volume, whose newest recovery point has a key of that manager."""
    world = standing(14)
    world.point(AS_OF - timedelta(hours=9), EncryptionKeyArn=world.key(manager=manager), IsEncrypted=True)
    return world


@pytest.mark.parametrize(
    ("manager", "verdict", "codes"),
    [
        ("AWS", "NON_COMPLIANT", ["key_of_aws"]),
        pytest.param("CUSTOMER", "NOT_APPLICABLE", [], marks=pytest.mark.long),
    ],
)
def test_a_key_that_aws_manages_cannot_be_shared(
    tmp_path: Path, manager: str, verdict: str, codes: list[str]
) -> None:
    """Of a key of the customer nothing is said while no plan copies into another account."""
    found = audit(encrypted(manager), tmp_path, tier=TIER)

    assert (found.verdict(KEY, VOLUME), found.codes(KEY, VOLUME)) == (verdict, codes)


@pytest.mark.long
def test_a_key_that_is_not_shared_is_found(tmp_path: Path) -> None:
    """A plan copies into an account that the key's policy does not name."""
    world = standing(14, CopyActions=[copy_action(vault_arn("far", HOME, OTHER))])
    found = audit(world, tmp_path, tier=TIER)

    (reason,) = found.reasons(KEY, VOLUME)
    assert (found.verdict(KEY, VOLUME), reason.code) == ("NON_COMPLIANT", "not_shared")
    assert OTHER in reason.message


@pytest.mark.long
def test_a_key_of_which_kms_did_not_tell_leaves_it_open(tmp_path: Path) -> None:
    """Neither a pass nor a finding."""
    found = audit(encrypted("AWS"), tmp_path, tier=TIER, faults=[denied("DescribeKey")])

    assert found.verdict(KEY, VOLUME) == "INSUFFICIENT_DATA"
