"""Clean recovery points that a tier asks for, as the lists of AWS Backup tell of scans."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.standing import AS_OF, VOLUME, World, standing

CLEAN = "BKP-REC-003"
TIER = {"clean_point": {"max_age_hours": 48}}


def scanned(hours: float, **result: Any) -> World:
    """The standing volume, whose newest recovery point that is so old was scanned; `result` is AWS's."""
    world = standing(14)
    made: datetime = AS_OF - timedelta(hours=hours)
    told = {"FailedScan": False, "Findings": [], "LastComputed": made + timedelta(hours=1)}
    world.point(made, AggregatedScanResult={**told, **result})
    return world


@pytest.mark.parametrize(
    ("world", "verdict", "codes"),
    [
        (scanned(48), "COMPLIANT", []),
        (scanned(49), "NON_COMPLIANT", ["clean_too_old"]),
        (scanned(9, Findings=["MALWARE"]), "NON_COMPLIANT", ["none_clean"]),
        (scanned(9, FailedScan=True), "NON_COMPLIANT", ["none_clean"]),
        (standing(14), "NON_COMPLIANT", ["not_scanned"]),
    ],
    ids=["clean", "too old", "malware", "failed", "never"],
)
def test_a_clean_recovery_point_is_demanded(
    tmp_path: Path, world: World, verdict: str, codes: list[str]
) -> None:
    """One that was not scanned is not clean, nor is one whose scan failed."""
    found = audit(world, tmp_path, tier=TIER)

    assert (found.verdict(CLEAN, VOLUME), found.codes(CLEAN, VOLUME)) == (verdict, codes)
