"""The access policies of vaults in an audit: read once a vault, judged as a check judges them."""

from pathlib import Path

import pytest

from tests.check.test_vault_policies import COPY, document, statement
from tests.loopback.auditing import audit
from tests.loopback.faults import denied, throttled
from tests.loopback.standing import AWAY, MAIN, World, standing, vault_arn

CLOSED = "BKP-IMM-004"
HERE, BARE, FAR = vault_arn(MAIN), vault_arn("bare"), vault_arn("far", AWAY)


def world() -> World:
    """A vault that is open to everybody, one without a policy, and one in another Region that is closed."""
    made = standing()
    made.vault("bare")
    made.vault("far", AWAY)
    made.at().access_policies[MAIN] = document(statement())
    made.at(AWAY).access_policies["far"] = document(statement(COPY))
    return made


def test_a_vault_that_is_open_to_everybody_is_found(tmp_path: Path) -> None:
    """One without a policy is not asked about, and the calls are as many as the vaults."""
    found = audit(world(), tmp_path)

    verdicts = [found.verdict(CLOSED, arn) for arn in (HERE, FAR, BARE)]
    assert verdicts == ["NON_COMPLIANT", "COMPLIANT", ""]
    (reason,) = found.reasons(CLOSED, HERE)
    assert reason.message == "its policy allows everybody backup:DeleteRecoveryPoint"
    asked = [call.region for call in found.calls if call.operation == "GetBackupVaultAccessPolicy"]
    assert sorted(asked) == sorted([AWAY, *[HERE.split(":")[3]] * 2])


@pytest.mark.long
@pytest.mark.parametrize("fault", [denied, throttled])
def test_a_policy_that_was_not_read_is_unknown(tmp_path: Path, fault: object) -> None:
    """Of each vault, also of the one that has none: a denial is no absence."""
    assert callable(fault)
    found = audit(world(), tmp_path, faults=[fault("GetBackupVaultAccessPolicy")])

    assert [found.verdict(CLOSED, arn) for arn in (HERE, FAR, BARE)] == ["INSUFFICIENT_DATA"] * 3
    assert found.codes(CLOSED, BARE) == ["evidence_gap"]
    assert {(gap["operation"], tuple(gap["provides"])) for gap in found.gaps} == {
        ("GetBackupVaultAccessPolicy", ("vault_policies",))
    }
