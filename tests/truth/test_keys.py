"""The keys of backups in an audit: a vault's without recovery points, and one that only a snapshot has."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, AWAY, HOME, World, standing

USABLE = "BKP-ENC-002"
OWN, ENDING = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/customer", f"arn:aws:kms:{HOME}:{ACCOUNT}:key/ending"
FAR = f"arn:aws:kms:{AWAY}:{ACCOUNT}:key/customer"


def world() -> World:
    """A vault in use, an empty one whose key is disabled, and a snapshot whose key will be deleted."""
    made = standing()
    made.vault("far", AWAY)
    made.at(AWAY).keys[FAR]["KeyState"] = "Disabled"
    made.at().keys[ENDING] = {
        "KeyId": "ending", "Arn": ENDING, "KeyManager": "CUSTOMER", "Enabled": False,
        "KeyState": "PendingDeletion", "DeletionDate": datetime(2026, 3, 20, tzinfo=UTC),
    }  # fmt: skip
    made.at().recovery_points["main"][0]["EncryptionKeyArn"] = ENDING
    return made


def test_a_key_that_cannot_be_used_is_found(tmp_path: Path) -> None:
    """And each key is asked about once in its account and Region."""
    found = audit(world(), tmp_path)

    verdicts = {arn: verdict for (control, arn), verdict in found.verdicts.items() if control == USABLE}
    assert verdicts == {OWN: "COMPLIANT", FAR: "NON_COMPLIANT", ENDING: "NON_COMPLIANT"}
    assert (found.codes(USABLE, FAR), found.codes(USABLE, ENDING)) == (["disabled"], ["deleted"])
    (cited,) = [one for one in found.document["findings"] if one["subject"]["arn"] == ENDING]
    assert cited["reasons"][0]["evidence"]["key"] == {
        "vaults": [], "recovery_points": 1, "deletion_at": "2026-03-20T00:00:00Z"
    }  # fmt: skip
    asked = [call.parameters["KeyId"] for call in found.calls if call.operation == "DescribeKey"]
    assert sorted(asked) == sorted([OWN, FAR, ENDING])


@pytest.mark.long
def test_a_key_of_which_kms_says_nothing_is_unknown(tmp_path: Path) -> None:
    """Neither usable nor lost."""
    found = audit(world(), tmp_path, faults=[denied("DescribeKey")])
    verdicts = {arn: verdict for (control, arn), verdict in found.verdicts.items() if control == USABLE}
    assert verdicts == dict.fromkeys((OWN, FAR, ENDING), "INSUFFICIENT_DATA")
