"""The `aws` command line against the served executor: every kind of resource, pages, queries and errors.

Its own program is called in this process, which saves the half second that each start takes; a real process
comes first, to see that both end in the same way.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.clients.conftest import Executor

AWS = Path(sys.executable).with_name("aws")
RULES = [{"RuleName": "night", "TargetBackupVaultName": "nightly", "Lifecycle": {"DeleteAfterDays": 35}}]
PLAN = {"BackupPlanName": "gold", "Rules": RULES}
REPORT = ["--report-setting", json.dumps({"ReportTemplate": "BACKUP_JOB_REPORT"})]
CONTROLS = [{"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED", "ControlInputParameters": []}]
TESTING = {
    "RestoreTestingPlanName": "weekly",
    "ScheduleExpression": "cron(0 1 ? * 1 *)",
    "RecoveryPointSelection": {
        "Algorithm": "LATEST_WITHIN_WINDOW",
        "IncludeVaults": ["*"],
        "RecoveryPointTypes": ["SNAPSHOT"],
    },
}

#: `aws("create-backup-vault", …)`: what it prints, as JSON, or its text where it fails.
Aws = Callable[..., Any]


@pytest.fixture
def variables(live: Executor, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a user exports."""
    exported = {
        "AWS_ENDPOINT_URL_BACKUP": live.endpoint,
        "AWS_ACCESS_KEY_ID": live.key.access_key,
        "AWS_SECRET_ACCESS_KEY": live.key.secret_key,
        "AWS_DEFAULT_REGION": live.region,
        "AWS_DEFAULT_OUTPUT": "json",
    }
    for name, value in exported.items():
        monkeypatch.setenv(name, value)
    return exported


@pytest.fixture
def aws(variables: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Aws:
    """`aws backup …`; ends the test where it fails unless `code` says with what."""
    from awscli.clidriver import create_clidriver  # noqa: PLC0415 -- half a second of imports

    assert variables
    program = create_clidriver()

    def call(*arguments: str, code: int = 0) -> Any:
        ended = program.main(["backup", *arguments])
        printed = capsys.readouterr()
        assert ended == code, printed.err
        if code:
            return printed.err.strip()
        return json.loads(printed.out) if printed.out.strip() else None

    return call


def test_a_process_prints_and_fails_as_it_does_with_aws(variables: dict[str, str], live: Executor) -> None:
    """JSON on stdout and 0; the code and the words on stderr and 255, as version 1 ends with any error."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(AWS), "backup", *arguments]
        return subprocess.run(
            command, env=os.environ | variables, capture_output=True, text=True, check=False
        )

    made = run("create-backup-vault", "--backup-vault-name", "nightly")
    again = run("create-backup-vault", "--backup-vault-name", "nightly", "--creator-request-id", "other")

    assert (made.returncode, made.stderr) == (0, "")
    assert json.loads(made.stdout)["BackupVaultArn"] == (
        f"arn:aws:backup:{live.region}:{live.account}:backup-vault:nightly"
    )
    assert (again.returncode, again.stdout) == (255, "")
    assert again.stderr.strip() == (
        "An error occurred (AlreadyExistsException) when calling the CreateBackupVault operation: "
        "Backup vault with the same name already exists"
    )


def test_vaults(aws: Aws) -> None:
    """A vault with tags, a policy and a lock, from its creation to its end."""
    name = ("--backup-vault-name", "nightly")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"}
        ],
    }
    arn = aws("create-backup-vault", *name, "--backup-vault-tags", "tier=gold")["BackupVaultArn"]
    aws("tag-resource", "--resource-arn", arn, "--tags", "owner=ops,env=prod")
    aws("untag-resource", "--resource-arn", arn, "--tag-key-list", "env")
    aws("put-backup-vault-access-policy", *name, "--policy", json.dumps(policy))
    aws(
        "put-backup-vault-lock-configuration",
        *name,
        "--min-retention-days",
        "7",
        "--max-retention-days",
        "90",
    )

    assert aws("list-tags", "--resource-arn", arn) == {"Tags": {"tier": "gold", "owner": "ops"}}
    assert json.loads(aws("get-backup-vault-access-policy", *name)["Policy"]) == policy
    assert aws("describe-backup-vault", *name, "--query", "[Locked,MinRetentionDays,MaxRetentionDays]") == [
        True,
        7,
        90,
    ]
    aws("delete-backup-vault-lock-configuration", *name)
    aws("delete-backup-vault-access-policy", *name)
    assert aws("describe-backup-vault", *name, "--query", "[Locked,MinRetentionDays]") == [False, None]
    assert "(ResourceNotFoundException)" in aws("get-backup-vault-access-policy", *name, code=255)
    aws("delete-backup-vault", *name)
    assert "(ResourceNotFoundException)" in aws("describe-backup-vault", *name, code=255)
    assert "(InvalidParameterValueException)" in aws(
        "create-backup-vault", "--backup-vault-name", "a!", code=255
    )


def test_plans_and_selections(aws: Aws, live: Executor) -> None:
    """A plan, its update and its selection; the selection goes before the plan."""
    aws("create-backup-vault", "--backup-vault-name", "nightly")
    plan = ("--backup-plan-id", aws("create-backup-plan", "--backup-plan", json.dumps(PLAN))["BackupPlanId"])
    changed = PLAN | {"Rules": [RULES[0] | {"StartWindowMinutes": 120}]}
    selection = {"SelectionName": "all", "IamRoleArn": live.role, "Resources": ["*"]}

    first = aws("get-backup-plan", *plan)
    updated = aws("update-backup-plan", *plan, "--backup-plan", json.dumps(changed))
    second = aws("get-backup-plan", *plan, "--query", "BackupPlan.Rules[0].StartWindowMinutes")
    made = aws("create-backup-selection", *plan, "--backup-selection", json.dumps(selection))
    chosen = (*plan, "--selection-id", made["SelectionId"])

    assert {key: first["BackupPlan"]["Rules"][0][key] for key in RULES[0]} == RULES[0]
    assert updated["VersionId"] != first["VersionId"]
    assert second == 120
    assert len(aws("list-backup-plan-versions", *plan)["BackupPlanVersionsList"]) == 2
    assert aws("get-backup-selection", *chosen)["BackupSelection"] == selection
    assert aws("list-backup-selections", *plan, "--query", "BackupSelectionsList[].SelectionName") == ["all"]
    assert "(InvalidRequestException)" in aws("delete-backup-plan", *plan, code=255)
    aws("delete-backup-selection", *chosen)
    assert aws("delete-backup-plan", *plan)["BackupPlanId"] == plan[1]
    assert aws("list-backup-plans") == {"BackupPlansList": []}
    assert len(aws("list-backup-plans", "--include-deleted")["BackupPlansList"]) == 1


def test_audit_manager(aws: Aws) -> None:
    """A framework and a report plan: create, describe, list, update, delete."""
    framework, report = ("--framework-name", "golden"), ("--report-plan-name", "jobs")
    channel = ["--report-delivery-channel", "S3BucketName=reports,Formats=CSV"]
    aws("create-framework", *framework, "--framework-controls", json.dumps(CONTROLS))
    aws("create-report-plan", *report, *channel, *REPORT)
    aws("update-framework", *framework, "--framework-description", "what must be so")
    aws("update-report-plan", *report, "--report-plan-description", "every day")

    found = aws("describe-framework", *framework)
    assert (found["FrameworkDescription"], found["FrameworkControls"]) == ("what must be so", CONTROLS)
    found = aws("describe-report-plan", *report)["ReportPlan"]
    assert (found["ReportPlanDescription"], found["ReportSetting"]) == (
        "every day",
        {"ReportTemplate": "BACKUP_JOB_REPORT"},
    )
    assert aws("list-frameworks", "--query", "Frameworks[].FrameworkName") == ["golden"]
    assert aws("list-report-plans", "--query", "ReportPlans[].ReportPlanName") == ["jobs"]
    aws("delete-framework", *framework)
    aws("delete-report-plan", *report)
    assert "(ResourceNotFoundException)" in aws("describe-framework", *framework, code=255)
    assert "(ResourceNotFoundException)" in aws("describe-report-plan", *report, code=255)


def test_restore_testing(aws: Aws, live: Executor) -> None:
    """A restore testing plan and a selection of it."""
    name = ("--restore-testing-plan-name", "weekly")
    chosen = (*name, "--restore-testing-selection-name", "volumes")
    selection = {
        "RestoreTestingSelectionName": "volumes",
        "IamRoleArn": live.role,
        "ProtectedResourceType": "EBS",
        "ProtectedResourceArns": ["*"],
    }
    aws("create-restore-testing-plan", "--restore-testing-plan", json.dumps(TESTING))
    aws("create-restore-testing-selection", *name, "--restore-testing-selection", json.dumps(selection))
    aws("update-restore-testing-plan", *name, "--restore-testing-plan", '{"StartWindowHours": 2}')
    change = {"IamRoleArn": live.role, "ValidationWindowHours": 3}
    aws("update-restore-testing-selection", *chosen, "--restore-testing-selection", json.dumps(change))

    assert aws("get-restore-testing-plan", *name)["RestoreTestingPlan"]["StartWindowHours"] == 2
    found = aws("get-restore-testing-selection", *chosen)["RestoreTestingSelection"]
    assert (found["ProtectedResourceArns"], found["ValidationWindowHours"]) == (["*"], 3)
    assert len(aws("list-restore-testing-plans")["RestoreTestingPlans"]) == 1
    assert len(aws("list-restore-testing-selections", *name)["RestoreTestingSelections"]) == 1
    assert "(InvalidRequestException)" in aws("delete-restore-testing-plan", *name, code=255)
    aws("delete-restore-testing-selection", *chosen)
    aws("delete-restore-testing-plan", *name)
    assert "(ResourceNotFoundException)" in aws("get-restore-testing-plan", *name, code=255)


def test_legal_holds_and_settings(aws: Aws) -> None:
    """A hold is cancelled, never deleted; settings change and stay."""
    hold = ("--legal-hold-id", aws("create-legal-hold", "--title", "a", "--description", "b")["LegalHoldId"])
    aws("cancel-legal-hold", *hold, "--cancel-description", "over")
    aws("update-global-settings", "--global-settings", "isCrossAccountBackupEnabled=true")

    assert aws("get-legal-hold", *hold, "--query", "[Title,CancelDescription]") == ["a", "over"]
    assert len(aws("list-legal-holds")["LegalHolds"]) == 1
    assert "(ResourceNotFoundException)" in aws("get-legal-hold", "--legal-hold-id", "none", code=255)
    settings = aws("describe-global-settings")["GlobalSettings"]
    assert settings["isCrossAccountBackupEnabled"] == "true"


def test_pages(aws: Aws, live: Executor) -> None:
    """--page-size, --max-items and --starting-token see every vault once; --no-paginate sees one page."""
    for number in range(5):
        live.backup.create_backup_vault(BackupVaultName=f"vault-{number}")
    names = ["--query", "BackupVaultList[].BackupVaultName"]
    every = [f"vault-{number}" for number in range(5)]

    assert aws("list-backup-vaults", *names) == every
    assert aws("list-backup-vaults", "--page-size", "2", *names) == every
    assert aws("list-backup-vaults", "--page-size", "1", "--max-items", "3", *names) == every[:3]
    begun = aws("list-backup-vaults", "--page-size", "2", "--max-items", "3")
    rest = aws("list-backup-vaults", "--page-size", "2", "--starting-token", begun["NextToken"], *names)
    assert [vault["BackupVaultName"] for vault in begun["BackupVaultList"]] + rest == every
    page = aws("list-backup-vaults", "--no-paginate", "--max-results", "2")
    following = aws("list-backup-vaults", "--no-paginate", "--next-token", page["NextToken"], *names)
    assert [vault["BackupVaultName"] for vault in page["BackupVaultList"]] == every[:2]
    assert following == every[2:]


def test_the_same_change_twice_in_a_second(
    live: Executor, refused: Callable[[Callable[[], Any]], str]
) -> None:
    """boto3 signs both alike; the second is sent again with a new signature, and gets its own answer."""
    live.backup.create_backup_vault(BackupVaultName="twice")
    live.backup.delete_backup_vault(BackupVaultName="twice")

    code = refused(lambda: live.backup.delete_backup_vault(BackupVaultName="twice"))

    assert code == "ResourceNotFoundException"
