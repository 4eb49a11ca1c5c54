"""What `auditor executor run` is told of file systems and gateways."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from auditor.aws.session import Credentials, make_client
from auditor.executor.database.database import Database
from auditor.executor.operations import plans, selections, vaults
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.simulation.drivers import null_drivers

ACCOUNT, REGION = "123456789012", "eu-west-1"
KEYS = Credentials("testing", "testing")


def database_of(path: Path) -> str:
    """A database with an hourly plan of every file system, as it was left an hour and more ago."""
    now = datetime.now(UTC)
    then, database = now - timedelta(minutes=90), Database.open(f"sqlite:///{path / 'executor.db'}")
    service, scope = (
        BackupService(database, lambda: then, null_drivers({}, {}, "aws")),
        AccountRegion(ACCOUNT, REGION, "aws"),
    )
    vaults.create_backup_vault(service, scope, {"BackupVaultName": "hourly"})
    rule = {
        "RuleName": "hour",
        "TargetBackupVaultName": "hourly",
        "ScheduleExpression": f"cron({(now - timedelta(minutes=15)).minute} * ? * * *)",
        "StartWindowMinutes": 60,
    }
    plan = plans.create_backup_plan(
        service, scope, {"BackupPlan": {"BackupPlanName": "hourly", "Rules": [rule]}}
    )
    selection = {
        "SelectionName": "files",
        "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/backup",
        "Resources": ["arn:aws:elasticfilesystem:*:*:file-system/*"],
    }
    assigned = {"BackupPlanId": plan["BackupPlanId"], "BackupSelection": selection}
    selections.create_backup_selection(service, scope, assigned)
    database.close()
    return str(path / "executor.db")


def run(native: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run `auditor executor run`."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AUDITOR_"))},
        "AWS_ENDPOINT_URL": native,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    command = [sys.executable, "-m", "auditor", "executor", "run", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_mounted_file_systems_are_backed_up(native: str, tmp_path: Path) -> None:
    """Files lie in the store afterwards; a file system of which no path is told fails its job."""
    efs = make_client("efs", REGION, credentials=KEYS, endpoint_url=native)
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=2)):
        made = [efs.create_file_system(CreationToken=name)["FileSystemId"] for name in ("here", "there")]
    (tmp_path / "mnt").mkdir()
    (tmp_path / "mnt" / "file").write_bytes(b"content")

    done = run(native, "--database", database_of(tmp_path), "--mount", f"{made[0]}={tmp_path / 'mnt'}")

    assert done.returncode == 0, done.stderr
    states = {line.rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1]) for line in done.stdout.splitlines()}
    assert (states["backup FAILED"], states["backup RUNNING"]) == (1, 1)
    s3 = make_client("s3", REGION, credentials=KEYS, endpoint_url=native)
    stored = s3.list_objects_v2(Bucket=f"backup-{ACCOUNT}-{REGION}", Prefix="groups/")["Contents"]
    assert [item["Size"] for item in stored if "/content/" in item["Key"]] == [7]
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [
        event["resource_arn"].rsplit("/", 1)[1] for event in events if event["state"] == "FAILED"
    ] == made[1:]


@pytest.mark.parametrize("mount", ["/mnt/data", "fs-1=data", "data=/mnt/data", "fs-1="])
def test_a_mount_is_a_file_system_and_a_path(mount: str, tmp_path: Path) -> None:
    """Anything else is an error of usage."""
    done = run("http://127.0.0.1:9", "--database", str(tmp_path / "executor.db"), "--mount", mount)

    assert done.returncode == 2
    assert (
        f"it must be a file system and an absolute path, as in fs-0123=/mnt/data, not {mount!r}"
        in " ".join(done.stderr.split())
    )
