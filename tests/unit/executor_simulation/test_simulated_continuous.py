"""What a rule with continuous backups will do."""

from collections.abc import Callable
from typing import Any

Simulated = Callable[..., dict[str, Any]]


def test_one_recovery_point_a_resource(plan: dict[str, Any], simulated: Simulated) -> None:
    """Types with continuous backups have one that each job renews; others have a snapshot a job."""
    plan["Rules"][0] |= {"EnableContinuousBackup": True, "Lifecycle": {"DeleteAfterDays": 3}}
    resources = [{"type": kind, "count": 2} for kind in ("EBS", "RDS", "S3")]
    report = simulated(plan, {"resources": resources})
    counts = {(row["at"][:10], row["resource_type"]): row["count"] for row in report["recovery_points"]}

    assert [(row["state"], row["count"]) for row in report["jobs"]] == [("COMPLETED", 120)]
    assert counts == {
        (f"2026-01-{day}", kind): count
        for day in (10, 15, 20, 25)
        for kind, count in (("EBS", 6), ("RDS", 2), ("S3", 2))
    }
    assert report["failures"] == []
