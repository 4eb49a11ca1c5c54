"""One program, run against moto's `backup` and against the executor: what works there works here.

Answers are compared member by member; identifiers and times are masked. Where moto is not as AWS Backup is,
the executor follows AWS Backup, and `DIFFERENT` says in what and why.
"""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from auditor.aws.session import Credentials, make_client
from tests.contract.clients.conftest import Executor

Document = dict[str, Any]

KEY = "arn:aws:kms:eu-west-1:123456789012:key/6b0f2e9c-0000-4000-8000-000000000000"
RULE = {"RuleName": "night", "TargetBackupVaultName": "vault-1"}
FULL = RULE | {
    "ScheduleExpression": "cron(0 1 ? * * *)",
    "StartWindowMinutes": 60,
    "CompletionWindowMinutes": 120,
    "Lifecycle": {"DeleteAfterDays": 35},
}
VSS = [{"ResourceType": "EC2", "BackupOptions": {"WindowsVSS": "enabled"}}]
CHANNEL, SETTING = {"S3BucketName": "reports"}, {"ReportTemplate": "BACKUP_JOB_REPORT"}

#: Members that moto does not give and AWS Backup does (API), by operation.
MORE: dict[str, set[str]] = {
    "describe_backup_vault": {"VaultType", "VaultState", "EncryptionKeyType", "NumberOfRecoveryPoints"},
    "list_backup_vaults": {"VaultType", "VaultState", "EncryptionKeyType"},
}

#: Step -> what moto answers, what the executor answers instead, and why.
DIFFERENT: dict[str, tuple[Any, Any, str]] = {
    "vault: the same again, same request id": (
        "AlreadyExistsException",
        {"BackupVaultName": "vault-1", "BackupVaultArn": "<vault>:vault-1", "CreationDate": "<time>"},
        "CreatorRequestId makes a creation idempotent (API CreateBackupVault)",
    ),
    "vaults: a page of two": (
        {"BackupVaultList": ["vault-1", "vault-2", "vault-3"], "NextToken": False},
        {"BackupVaultList": ["vault-1", "vault-2"], "NextToken": True},
        "moto ignores MaxResults",
    ),
    "vaults: of another type": (
        {"BackupVaultList": ["vault-1", "vault-2", "vault-3"], "NextToken": False},
        {"BackupVaultList": [], "NextToken": False},
        "moto ignores ByVaultType",
    ),
    "vault: delete one that is not there": (
        {},
        "ResourceNotFoundException",
        "API DeleteBackupVault declares it",
    ),
    "tags: of nothing": ({"Tags": {}}, "ResourceNotFoundException", "API ListTags declares it"),
    "tags: put on nothing": ({}, "ResourceNotFoundException", "API TagResource declares it"),
    "plan: another document under the same name": (
        "AlreadyExistsException",
        {
            "BackupPlanId": "<id>",
            "BackupPlanArn": "<plan>",
            "CreationDate": "<time>",
            "VersionId": "<version>",
        },
        "AWS Backup refuses the same document, not the same name (API CreateBackupPlan)",
    ),
    "plan: no rules": (
        {
            "BackupPlanId": "<id>",
            "BackupPlanArn": "<plan>",
            "CreationDate": "<time>",
            "VersionId": "<version>",
        },
        "InvalidParameterValueException",
        "a plan needs a rule",
    ),
    "plan: get the deleted one": (
        {
            "BackupPlan": "<document>",
            "BackupPlanId": "<id>",
            "BackupPlanArn": "<plan>",
            "CreationDate": "<time>",
            "CreatorRequestId": "<id>",
            "VersionId": "<version>",
            "DeletionDate": "<time>",
        },
        "ResourceNotFoundException",
        "Terraform's provider knows by it that a plan is gone; by its version it is still found",
    ),
    "plan: delete the deleted one": (
        {
            "BackupPlanId": "<id>",
            "BackupPlanArn": "<plan>",
            "DeletionDate": "<time>",
            "VersionId": "<version>",
        },
        "ResourceNotFoundException",
        "API DeleteBackupPlan declares it",
    ),
    "lock: minimum above 36500 days": (
        {},
        "InvalidParameterValueException",
        "1 to 36500 days (aws-backup.md 4.7)",
    ),
    "report plan: the same again": (
        {"ReportPlanName": "jobs", "ReportPlanArn": "<report>:jobs", "CreationTime": "<time>"},
        "AlreadyExistsException",
        "API CreateReportPlan declares it",
    ),
    "report plan: a template that is none": (
        {"ReportPlanName": "odd", "ReportPlanArn": "<report>:odd", "CreationTime": "<time>"},
        "InvalidParameterValueException",
        "aws-backup.md 2.4 names the templates",
    ),
    "report plan: delete one that is not there": (
        {},
        "ResourceNotFoundException",
        "API DeleteReportPlan declares it",
    ),
}


class Program:
    """Calls with a name each, and what came of them."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.steps: dict[str, tuple[str, Any]] = {}

    def __call__(self, step: str, operation: str, **parameters: Any) -> Document:
        """Make a call and keep its masked answer, or the code of its error."""
        assert step not in self.steps
        try:
            answer = getattr(self.client, operation)(**parameters)
        except ClientError as error:
            self.steps[step] = operation, error.response["Error"]["Code"]
            return {}
        status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
        assert 200 <= status < 300
        kept: Any = masked(answer)
        if operation == "list_backup_vaults" and step != "vaults: all":
            names = [vault["BackupVaultName"] for vault in answer["BackupVaultList"]]
            kept = {"BackupVaultList": names, "NextToken": "NextToken" in answer}
        if "deleted one" in step and "BackupPlan" in kept:
            kept["BackupPlan"] = "<document>"
        self.steps[step] = operation, kept
        found: Document = answer
        return found


_UUID = "[0-9a-f]{8}-[0-9a-f-]{27}"
#: Member -> what is replaced in it, by what.
MASKS = {
    "BackupPlanId": ((".+", "<id>"),),
    "RuleId": ((".+", "<id>"),),
    "VersionId": ((".+", "<version>"),),
    "BackupPlanArn": ((".+", "<plan>"),),
    "CreatorRequestId": ((_UUID, "<id>"),),
    "BackupVaultArn": ((".+:backup-vault", "<vault>"),),
    "ReportPlanArn": ((".+:report-plan", "<report>"), (f"-{_UUID}$", "")),
}


def masked(value: Any, name: str = "") -> Any:
    """`value` without identifiers, times and the ends of report plans' ARNs, which AWS Backup numbers."""
    if isinstance(value, dict):
        return {key: masked(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, datetime):
        return "<time>"
    if not isinstance(value, str):
        return value
    for pattern, shown in MASKS.get(name, ()):
        value = re.sub(pattern, shown, value)
    return value


def vaults(run: Program) -> None:
    """Vaults and their tags."""
    made = run(
        "vault: create",
        "create_backup_vault",
        BackupVaultName="vault-1",
        EncryptionKeyArn=KEY,
        CreatorRequestId="once",
        BackupVaultTags={"a": "1"},
    )
    run("vault: the same again", "create_backup_vault", BackupVaultName="vault-1")
    run(
        "vault: the same again, same request id",
        "create_backup_vault",
        BackupVaultName="vault-1",
        CreatorRequestId="once",
    )
    run("vault: describe", "describe_backup_vault", BackupVaultName="vault-1")
    run("vault: describe one that is not there", "describe_backup_vault", BackupVaultName="none")
    for number in (2, 3):
        run(
            f"vault: create {number}",
            "create_backup_vault",
            BackupVaultName=f"vault-{number}",
            EncryptionKeyArn=KEY,
        )
    run("vaults: all", "list_backup_vaults")
    run("vaults: a page of two", "list_backup_vaults", MaxResults=2)
    run("vaults: of another type", "list_backup_vaults", ByVaultType="LOGICALLY_AIR_GAPPED_BACKUP_VAULT")
    arn = made["BackupVaultArn"]
    run("tags: list", "list_tags", ResourceArn=arn)
    run("tags: add and replace", "tag_resource", ResourceArn=arn, Tags={"a": "2", "b": "ü / %2F"})
    run("tags: remove", "untag_resource", ResourceArn=arn, TagKeyList=["a", "none"])
    run("tags: list again", "list_tags", ResourceArn=arn)
    run("tags: of nothing", "list_tags", ResourceArn=f"{arn}-none")
    run("tags: put on nothing", "tag_resource", ResourceArn=f"{arn}-none", Tags={"a": "1"})


def locks(run: Program) -> None:
    """Locks of both modes, changed and removed within their time of grace."""
    name = {"BackupVaultName": "vault-2"}
    run(
        "lock: governance",
        "put_backup_vault_lock_configuration",
        **name,
        MinRetentionDays=7,
        MaxRetentionDays=90,
    )
    run("lock: governance, described", "describe_backup_vault", **name)
    run(
        "lock: compliance",
        "put_backup_vault_lock_configuration",
        **name,
        MinRetentionDays=1,
        ChangeableForDays=3,
    )
    run("lock: compliance, described", "describe_backup_vault", **name)
    run("lock: remove", "delete_backup_vault_lock_configuration", **name)
    run("lock: removed, described", "describe_backup_vault", **name)
    wrong = {
        "minimum of no days": {"MinRetentionDays": 0},
        "minimum above 36500 days": {"MinRetentionDays": 36_501},
        "maximum above 36500 days": {"MaxRetentionDays": 36_501},
        "minimum above maximum": {"MinRetentionDays": 2, "MaxRetentionDays": 1},
        "two days of grace": {"ChangeableForDays": 2},
    }
    for what, lock in wrong.items():
        run(f"lock: {what}", "put_backup_vault_lock_configuration", **name, **lock)
    missing = {"BackupVaultName": "none"}
    run("lock: of no vault", "put_backup_vault_lock_configuration", **missing, MinRetentionDays=1)
    run("lock: remove from no vault", "delete_backup_vault_lock_configuration", **missing)


def plans(run: Program) -> None:
    """Plans with one rule and with two, their tags, and deleted ones."""
    document = {"BackupPlanName": "plan-1", "Rules": [RULE], "AdvancedBackupSettings": VSS}
    first = run(
        "plan: create",
        "create_backup_plan",
        BackupPlan=document,
        BackupPlanTags={"a": "1"},
        CreatorRequestId="first",
    )
    run("plan: the same again", "create_backup_plan", BackupPlan=document)
    second = run(
        "plan: create another",
        "create_backup_plan",
        BackupPlan={"BackupPlanName": "plan-2", "Rules": [FULL, RULE | {"RuleName": "other"}]},
    )
    named = {"BackupPlanId": second["BackupPlanId"]}
    run("plan: get", "get_backup_plan", BackupPlanId=first["BackupPlanId"])
    run("plan: get two rules", "get_backup_plan", **named)
    run("plan: get by version", "get_backup_plan", **named, VersionId=second["VersionId"])
    run("plan: get by a version that is none", "get_backup_plan", **named, VersionId="none")
    run("plan: get one that is not there", "get_backup_plan", BackupPlanId="none")
    run("plan: tags", "list_tags", ResourceArn=first["BackupPlanArn"])
    run("plans: both", "list_backup_plans")
    run("plan: delete", "delete_backup_plan", **named)
    run("plans: the living", "list_backup_plans")
    run("plans: all", "list_backup_plans", IncludeDeleted=True)
    run("plan: get the deleted one", "get_backup_plan", **named)
    run("plan: get the deleted one by version", "get_backup_plan", **named, VersionId=second["VersionId"])
    run("plan: delete the deleted one", "delete_backup_plan", **named)
    run(
        "plan: another document under the same name",
        "create_backup_plan",
        BackupPlan={"BackupPlanName": "plan-1", "Rules": [FULL]},
    )
    run("plan: no rules", "create_backup_plan", BackupPlan={"BackupPlanName": "plan-0", "Rules": []})
    run("plan: delete one that is not there", "delete_backup_plan", BackupPlanId="none")


def report_plans(run: Program) -> None:
    """Report plans."""
    given = {"ReportDeliveryChannel": CHANNEL, "ReportSetting": SETTING}
    run("report plans: none", "list_report_plans")
    run(
        "report plan: create", "create_report_plan", ReportPlanName="jobs", ReportPlanDescription="d", **given
    )
    run("report plan: describe", "describe_report_plan", ReportPlanName="jobs")
    run("report plans: one", "list_report_plans")
    run("report plan: the same again", "create_report_plan", ReportPlanName="jobs", **given)
    odd = given | {"ReportSetting": {"ReportTemplate": "BOGUS"}}
    run("report plan: a template that is none", "create_report_plan", ReportPlanName="odd", **odd)
    run("report plan: describe one that is not there", "describe_report_plan", ReportPlanName="none")
    run("report plan: delete", "delete_report_plan", ReportPlanName="jobs")
    run("report plan: gone", "describe_report_plan", ReportPlanName="jobs")
    run("report plan: delete one that is not there", "delete_report_plan", ReportPlanName="none")


def ending(run: Program) -> None:
    """Vaults at their end."""
    run("vault: delete", "delete_backup_vault", BackupVaultName="vault-3")
    run("vault: gone", "describe_backup_vault", BackupVaultName="vault-3")
    run("vault: delete one that is not there", "delete_backup_vault", BackupVaultName="none")


@pytest.fixture
def steps(executor: Executor) -> dict[str, tuple[str, Any, Any]]:
    """Step -> the operation, what moto answered and what the executor answered; a second for each call."""
    ran = []
    for client in (
        make_client("backup", executor.region, credentials=Credentials("testing", "testing")),
        executor.backup,
    ):
        client.meta.events.register(
            "before-call", lambda **_: executor.traveller.shift(timedelta(seconds=1)), unique_id="second"
        )
        program = Program(client)
        for part in (vaults, locks, plans, report_plans, ending):
            part(program)
        client.meta.events.unregister("before-call", unique_id="second")
        ran.append(program.steps)
    return {step: (operation, answer, ran[1][step][1]) for step, (operation, answer) in ran[0].items()}


def less(value: Any, operation: str) -> Any:
    """`value` without the members that moto does not give."""
    if isinstance(value, dict):
        return {
            key: less(item, operation) for key, item in value.items() if key not in MORE.get(operation, ())
        }
    if isinstance(value, list):
        return [less(item, operation) for item in value]
    return value


def test_what_works_with_moto_works_here(steps: dict[str, tuple[str, Any, Any]]) -> None:
    """Every step gives the same, or differs as it is said, and no saying is left over."""
    assert {step: answers[1:] for step, answers in steps.items() if step in DIFFERENT} == {
        step: answers[:2] for step, answers in DIFFERENT.items()
    }
    assert {
        step: (theirs, ours)
        for step, (operation, theirs, ours) in steps.items()
        if step not in DIFFERENT and theirs != less(ours, operation)
    } == {}
