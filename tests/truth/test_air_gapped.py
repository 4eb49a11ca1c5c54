"""Rules with a logically air-gapped vault in a whole audit: what passes through, and what enters which."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.standing import SINCE, nights, standing, vault_arn

KEPT = "BKP-RET-002"
GAPPED = vault_arn("gapped")
AIR_GAPPED = {"VaultType": "LOGICALLY_AIR_GAPPED_BACKUP_VAULT", "Locked": True, "MinRetentionDays": 7,
              "MaxRetentionDays": 90, "LockDate": SINCE}  # fmt: skip


@pytest.mark.parametrize(
    ("lifecycle", "verdict"),
    [
        ({"DeleteAfterEvent": "DELETE_AFTER_COPY"}, "NOT_APPLICABLE"),
        ({"DeleteAfterEvent": "DELETE_AFTER_COPY", "DeleteAfterDays": 1}, "NOT_APPLICABLE"),
        ({"DeleteAfterDays": 1}, "NON_COMPLIANT"),
    ],
)
@pytest.mark.parametrize("dated", [True, False])
def test_what_is_only_on_its_way_into_an_air_gapped_vault_is_no_retention_breach(
    tmp_path: Path, lifecycle: dict[str, Any], verdict: str, *, dated: bool
) -> None:
    """Deleted after its copy, whether or not AWS calculates a date; kept for a day is a finding."""
    if not dated and verdict == "NON_COMPLIANT":
        verdict = "INSUFFICIENT_DATA"  # one day, and no date
    world = standing(14, TargetLogicallyAirGappedBackupVaultArn=GAPPED)
    world.vault("gapped", **AIR_GAPPED)
    until = {"DeleteAt": nights()[-1] + timedelta(days=1)} if dated else {}
    point = world.point(nights()[-1], Lifecycle=lifecycle, CalculatedLifecycle=until)

    assert audit(world, tmp_path).verdict(KEPT, point["RecoveryPointArn"]) == verdict
