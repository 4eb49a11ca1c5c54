"""Vaults as DescribeBackupVault answers them: their locks as they are, with the lock date."""

from typing import Any

import pytest

from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import ACCOUNT, REGION, Json, Plan, backup_plan, by_tag, selection, vault
from tests.check.test_locks import lasting

ARN = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:main"
#: The time of the checks is 2026-02-01T00:00:00Z; this is three days before it, in seconds.
BEFORE = 1_769_644_800


def described(**more: Any) -> Json:
    """An answer."""
    return {"BackupVaultName": "main", "BackupVaultArn": ARN, "Locked": True, **more}


@pytest.mark.parametrize(
    ("more", "days", "said"),
    [
        ({"LockDate": "2026-02-10T12:00:00+00:00"}, 10, "from 2026-02-10 on, in 10 days"),
        ({"LockDate": "2026-02-01T06:00:00Z"}, 1, "from 2026-02-01 on, in 1 day"),
        ({"LockDate": "2026-01-31T23:00:00-02:00"}, 1, "from 2026-02-01 on, in 1 day"),
        ({"LockDate": "2026-02-01T00:00:00Z"}, 0, "since 2026-02-01"),
        ({"LockDate": BEFORE}, 0, "since 2026-01-29"),
    ],
)
def test_since_when_nobody_can_undo_a_lock(check: Check, more: Json, days: int, said: str) -> None:
    """By the time of the check."""
    result = check(described(**more))
    assert lasting(result) == [("main", "BackupVault main", days)]
    where = f"BackupVault main, {result.inputs[0]['file']}"
    assert str(result.lasting[0]) == f"nobody can undo the lock of vault main ({where}) {said}"


IMMUTABLE = "BKP-IMM-003"


def planned() -> Json:
    """A plan that backs up into the vault, which no input declares but the answer."""
    plan = backup_plan(Plan(), "gold")
    return selection(plan, "gold", "gold", selection_tag=by_tag("gold")).second()


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({"LockDate": BEFORE}, set()),
        ({}, {"NON_COMPLIANT"}),
        ({"Locked": False}, {"NON_COMPLIANT"}),
        ({"LockDate": True}, {"INSUFFICIENT_DATA"}),
        ({"LockDate": 1e300}, {"INSUFFICIENT_DATA"}),
        ({"LockDate": "soon"}, {"INSUFFICIENT_DATA"}),
    ],
    ids=["compliance", "governance", "none", "a-flag", "too-large", "no-time"],
)
def test_the_lock_that_there_is_is_judged(check: Check, more: Json, verdict: set[str]) -> None:
    """Without a date it can be undone; what is no time is not known."""
    result = check(planned(), described(**more))
    assert {found for control, _, found, _ in said_of(result) if control == IMMUTABLE} == verdict
    assert bool(lasting(result)) is not bool(verdict)
    assert ("LockDate is no time" in messages(result)) is (verdict == {"INSUFFICIENT_DATA"})


def test_what_a_plan_makes_of_the_vault_counts(check: Check) -> None:
    """Whichever comes first; the lock date is said beside it."""
    now, plan = described(LockDate=BEFORE, Locked=True), vault(Plan(), locked=False).second()
    for inputs in ((now, plan), (plan, now)):
        verdicts = {(control, verdict) for control, _, verdict, _ in said_of(check(*inputs))}
        assert verdicts == {(control, verdict) for control, _, verdict, _ in said_of(check(plan))}
        assert lasting(check(*inputs)) == [("main", "BackupVault main", 0)]
