"""Backups on demand into the vault `night`, and how they end."""

from typing import Any

from auditor.executor.seam.driver import DriverError
from tests.contract.executor.nightly import ROLE
from tests.contract.executor.world import World


def start(world: World, arn: str, **more: Any) -> str:
    """Start a backup on demand and give its id."""
    request = {"BackupVaultName": "night", "ResourceArn": arn, "IamRoleArn": ROLE}
    return str(world.backup().start_backup_job(**request, **more)["BackupJobId"])


def outcome(world: World, job_id: str) -> tuple[str, str, str]:
    """State, category and message of a backup job."""
    job = world.backup().describe_backup_job(BackupJobId=job_id)
    return job["State"], job["MessageCategory"], job.get("StatusMessage", "")


def refuse(*_: Any, **__: Any) -> None:
    """Be a driver that may not."""
    raise DriverError("The role may not do it.", "ACCESS_DENIED")
