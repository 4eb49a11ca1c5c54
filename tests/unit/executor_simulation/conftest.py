"""Scenarios of one account and Region, and their simulation in this process."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.executor.simulation.report import to_document
from auditor.executor.simulation.run import SimulatedPeriod, simulate
from auditor.executor.simulation.scenario import Scenario

Simulated = Callable[..., dict[str, Any]]


@pytest.fixture
def plan() -> dict[str, Any]:
    """A daily rule: kept for 10 days."""
    return {
        "BackupPlanName": "nightly",
        "Rules": [
            {
                "RuleName": "night",
                "TargetBackupVaultName": "vault",
                "ScheduleExpression": "cron(0 1 ? * * *)",
                "StartWindowMinutes": 60,
                "Lifecycle": {"DeleteAfterDays": 10},
            }
        ],
    }


@pytest.fixture
def simulated(tmp_path: Path) -> Simulated:
    """Simulate a plan's document from 2026-01-05, and give the report."""

    def run(
        plan: dict[str, Any], inventory: dict[str, Any], *, days: int = 20, every: int = 5, workers: int = 1
    ) -> dict[str, Any]:
        (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
        (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(inventory))
        scenario = Scenario.load([tmp_path / "plan.yaml"], tmp_path / "inventory.yaml", {})
        period = SimulatedPeriod(datetime(2026, 1, 5, tzinfo=UTC), days, every)
        return to_document(
            scenario, period, simulate(scenario, period, tier_tag="backup-tier", workers=workers)
        )

    return run
