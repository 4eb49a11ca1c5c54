"""The rule 3-2-1-1-0 that a tier demands, digit by digit, and what was not read of it."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import Fault, denied
from tests.loopback.standing import AS_OF, AWAY, SINCE, VOLUME, World, copy_action, standing, vault_arn
from tests.loopback.world import Item

CONTROL, OTHER = "BKP-ISO-005", "444455556666"
FAR = vault_arn("far", AWAY, OTHER)
DAY = timedelta(days=1)
RULE = {"copies": 3, "kinds": 2, "elsewhere": 1, "immutable": 1, "restore_errors": 0}
TIER: dict[str, Any] = {"three_two_one": RULE, "restore_test": {"max_age_days": 20}}
LOCK = {"Locked": True, "LockDate": SINCE}


def kept(lock: Item, *, copied: bool = True, restored: str = "COMPLETED") -> World:
    """The standing volume, with a copy in a vault of another account, and restored yesterday."""
    world = standing(14, CopyActions=[copy_action(FAR)])
    world.account(OTHER, "vaults")
    world.vault("far", AWAY, OTHER, **lock)
    if copied:
        world.copied(AS_OF - DAY, FAR)
    world.restore(AS_OF - 2 * DAY)
    world.restore(AS_OF - DAY, Status=restored)
    return world


@pytest.mark.parametrize(
    ("world", "faults", "verdict", "codes"),
    [
        (kept(LOCK), [], "COMPLIANT", []),
        (kept({"Locked": True}), [], "NON_COMPLIANT", ["too_few_immutable"]),
        pytest.param(kept(LOCK, copied=False), [], "NON_COMPLIANT",
                     ["too_few_copies", "too_few_elsewhere", "too_few_immutable", "too_few_kinds"],
                     marks=pytest.mark.long),
        pytest.param(kept(LOCK, restored="FAILED"), [], "NON_COMPLIANT", ["restore_failed"],
                     marks=pytest.mark.long),
        pytest.param(kept(LOCK, copied=False),
                     [denied("ListRecoveryPointsByBackupVault", account_id=OTHER, region=AWAY)],
                     "INSUFFICIENT_DATA", ["evidence_gap"], marks=pytest.mark.long),
        pytest.param(kept(LOCK), [denied("ListRestoreJobs")], "INSUFFICIENT_DATA", ["evidence_gap"],
                     marks=pytest.mark.long),
    ],
    ids=["kept", "not locked for good", "not copied", "restore failed", "not read", "restores not read"],
)  # fmt: skip
def test_each_digit_is_held_against_what_is_there(
    tmp_path: Path, world: World, faults: Sequence[Fault], verdict: str, codes: list[str]
) -> None:
    """The finding names the digits that are missing; what was not read is none of them."""
    found = audit(world, tmp_path, tier=TIER, faults=faults, accounts="organization")

    assert (found.verdict(CONTROL, VOLUME), sorted(found.codes(CONTROL, VOLUME))) == (verdict, codes)
