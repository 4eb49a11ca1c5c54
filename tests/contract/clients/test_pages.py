"""Every paginator of boto3, and every listing without one, over a server on loopback."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session

from auditor.executor.operations import OPERATIONS
from tests.contract.clients.conftest import Executor

RULE = {"RuleName": "night", "TargetBackupVaultName": "vault-0"}
LONG = {"DeleteAfterDays": 35}
CONTROL = {"ControlName": "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK"}
TESTING = {
    "ScheduleExpression": "cron(0 1 * * ? *)",
    "RecoveryPointSelection": {
        "Algorithm": "LATEST_WITHIN_WINDOW",
        "IncludeVaults": ["*"],
        "RecoveryPointTypes": ["SNAPSHOT"],
    },
}

#: Operation -> the parameters that are asked for, the items' member and what names an item.
LISTED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "ListBackupJobs": ((), "BackupJobs", "BackupJobId"),
    "ListBackupPlanTemplates": ((), "BackupPlanTemplatesList", "BackupPlanTemplateId"),
    "ListBackupPlanVersions": (("BackupPlanId",), "BackupPlanVersionsList", "VersionId"),
    "ListBackupPlans": ((), "BackupPlansList", "BackupPlanId"),
    "ListBackupSelections": (("BackupPlanId",), "BackupSelectionsList", "SelectionId"),
    "ListBackupVaults": ((), "BackupVaultList", "BackupVaultName"),
    "ListCopyJobs": ((), "CopyJobs", "CopyJobId"),
    "ListFrameworks": ((), "Frameworks", "FrameworkName"),
    "ListLegalHolds": ((), "LegalHolds", "LegalHoldId"),
    "ListProtectedResources": ((), "Results", "ResourceArn"),
    "ListProtectedResourcesByBackupVault": (("BackupVaultName",), "Results", "ResourceArn"),
    "ListRecoveryPointsByBackupVault": (("BackupVaultName",), "RecoveryPoints", "RecoveryPointArn"),
    "ListRecoveryPointsByLegalHold": (("LegalHoldId",), "RecoveryPoints", "RecoveryPointArn"),
    "ListRecoveryPointsByResource": (("ResourceArn",), "RecoveryPoints", "RecoveryPointArn"),
    "ListReportJobs": ((), "ReportJobs", "ReportJobId"),
    "ListReportPlans": ((), "ReportPlans", "ReportPlanName"),
    "ListRestoreJobs": ((), "RestoreJobs", "RestoreJobId"),
    "ListRestoreJobsByProtectedResource": (("ResourceArn",), "RestoreJobs", "RestoreJobId"),
    "ListRestoreTestingPlans": ((), "RestoreTestingPlans", "RestoreTestingPlanName"),
    "ListRestoreTestingSelections": (
        ("RestoreTestingPlanName",),
        "RestoreTestingSelections",
        "RestoreTestingSelectionName",
    ),
    "ListScanJobs": ((), "ScanJobs", "ScanJobId"),
}

#: How many there are; where nothing is said, five.
COUNTS = {
    "ListBackupJobs": 9,
    "ListBackupPlanTemplates": 4,
    "ListProtectedResourcesByBackupVault": 5,
    "ListRecoveryPointsByBackupVault": 9,
    "ListRecoveryPointsByLegalHold": 14,
    "ListRecoveryPointsByResource": 10,
}

#: Listings whose items are not named: counted days and tags; they are tested on their own below.
UNNAMED = {
    *(f"List{kind}JobSummaries" for kind in ("Backup", "Copy", "Restore", "Scan")),
    "ListTags",
}


class Made:
    """Five of everything, and more with `add`."""

    def __init__(self, executor: Executor) -> None:
        self.backup = executor.backup
        self.executor = executor
        self.number = 0
        self.role = executor.role
        for kind in ("vault", "plan", "framework", "report", "testing"):
            for _ in range(5):
                self.add(kind)
        self.given = {
            "BackupPlanId": self.backup.list_backup_plans()["BackupPlansList"][0]["BackupPlanId"],
            "RestoreTestingPlanName": self.backup.list_restore_testing_plans()["RestoreTestingPlans"][0][
                "RestoreTestingPlanName"
            ],
        }
        self._details()
        self._jobs()

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _details(self) -> None:
        """Versions and selections of one plan, selections of one testing plan."""
        for _ in range(4):
            self.backup.update_backup_plan(
                BackupPlanId=self.given["BackupPlanId"],
                BackupPlan={"BackupPlanName": f"plan-{self._next()}", "Rules": [RULE]},
            )
        for _ in range(5):
            self.add("selection")
            self.add("testing_selection")

    def _jobs(self) -> None:
        """Nine backups of five volumes, five copies, restores and scans, and five holds of them all."""
        volumes = self.executor.volumes(5)
        self.given |= {"BackupVaultName": "vault-1", "ResourceArn": volumes[0]}
        points = self.executor.back_up("vault-1", [volumes[0]] * 5 + volumes[1:])
        for point in points[:5]:
            self.backup.start_copy_job(
                RecoveryPointArn=point,
                SourceBackupVaultName="vault-1",
                DestinationBackupVaultArn=f"arn:aws:backup:{self.executor.region}:{self.executor.account}"
                ":backup-vault:vault-3",
                IamRoleArn=self.role,
            )
            self.backup.start_restore_job(
                RecoveryPointArn=point,
                Metadata={"availabilityZone": f"{self.executor.region}a", "encrypted": "false"},
                IamRoleArn=self.role,
            )
            self.backup.start_scan_job(
                RecoveryPointArn=point,
                BackupVaultName="vault-1",
                MalwareScanner="GUARDDUTY",
                ScanMode="FULL_SCAN",
                IamRoleArn=self.role,
                ScannerRoleArn=self.role,
            )
        self.executor.run(timedelta(days=1))
        for _ in range(5):
            self.add("hold")
        self.given["LegalHoldId"] = self.backup.list_legal_holds()["LegalHolds"][0]["LegalHoldId"]

    def parameters(self, operation: str) -> dict[str, str]:
        """What a listing asks for."""
        return {name: self.given[name] for name in LISTED[operation][0]}

    def add(self, kind: str) -> None:
        """One more of a kind."""
        getattr(self, f"_{kind}")(self._next())

    def _vault(self, number: int) -> None:
        self.backup.create_backup_vault(BackupVaultName=f"vault-{number}")

    def _plan(self, number: int) -> None:
        self.backup.create_backup_plan(BackupPlan={"BackupPlanName": f"plan-{number}", "Rules": [RULE]})

    def _selection(self, number: int) -> None:
        selection = {"SelectionName": f"s-{number}", "IamRoleArn": self.role, "Resources": ["*"]}
        self.backup.create_backup_selection(
            BackupPlanId=self.given["BackupPlanId"],
            BackupSelection=selection | {"Resources": ["arn:aws:s3:::x"]},
        )

    def _framework(self, number: int) -> None:
        parameter = {"ParameterName": "requiredRetentionDays", "ParameterValue": str(number)}
        self.backup.create_framework(
            FrameworkName=f"framework_{number}",
            FrameworkControls=[CONTROL | {"ControlInputParameters": [parameter]}],
        )

    def _report(self, number: int) -> None:
        self.backup.create_report_plan(
            ReportPlanName=f"report_{number}",
            ReportDeliveryChannel={"S3BucketName": "reports"},
            ReportSetting={"ReportTemplate": "BACKUP_JOB_REPORT"},
        )

    def _testing(self, number: int) -> None:
        name = f"testing_{number}"
        self.backup.create_restore_testing_plan(RestoreTestingPlan=TESTING | {"RestoreTestingPlanName": name})

    def _testing_selection(self, number: int) -> None:
        selection = {
            "RestoreTestingSelectionName": f"chosen_{number}",
            "IamRoleArn": self.role,
            "ProtectedResourceType": "RDS",
            "ProtectedResourceArns": ["*"],
        }
        self.backup.create_restore_testing_selection(
            RestoreTestingPlanName=self.given["RestoreTestingPlanName"], RestoreTestingSelection=selection
        )

    def _hold(self, number: int) -> None:
        self.backup.create_legal_hold(Title=f"matter {number}", Description="kept")

    def _point(self, _number: int) -> None:
        self.executor.back_up("vault-1", [self.given["ResourceArn"]])


@pytest.fixture(scope="module")
def made(executor: Executor) -> Made:
    """Five of everything."""
    return Made(executor)


def pages(backup: Any, operation: str, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Follow NextToken, as a paginator does."""
    call, asked = getattr(backup, xform_name(operation)), dict(parameters)
    while True:
        page = call(**asked)
        yield page
        if "NextToken" not in page:
            return
        asked["NextToken"] = page["NextToken"]


def test_there_are_no_waiters_and_every_listing_is_here(executor: Executor) -> None:
    """AWS Backup has no waiters in botocore, and each listing that is offered is tested in this module."""
    model = Session().get_service_model("backup")
    paged = {name for name in model.operation_names if executor.backup.can_paginate(xform_name(name))}

    assert executor.backup.waiter_names == []
    empty = {name for name, handler in OPERATIONS.items() if handler.__module__.endswith(".absent")}
    assert {name for name in OPERATIONS if name.startswith("List")} - UNNAMED - empty == set(LISTED)
    assert (paged & set(OPERATIONS)) - UNNAMED - empty <= set(LISTED)


@pytest.mark.long
@pytest.mark.parametrize("operation", LISTED)
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_pages_have_every_item_once(made: Made, operation: str, size: int) -> None:
    """All items, none twice, every page full but the last; the paginator finds what tokens find."""
    _, member, name = LISTED[operation]
    parameters = made.parameters(operation)

    found = list(pages(made.backup, operation, parameters | {"MaxResults": size}))

    items = [item for page in found for item in page[member]]
    assert len(items) == COUNTS.get(operation, 5)
    assert len({item[name] for item in items}) == len(items)
    assert [len(page[member]) for page in found[:-1]] == [size] * (len(found) - 1)
    assert 0 < len(found[-1][member]) <= size
    if made.backup.can_paginate(xform_name(operation)):
        paginator = made.backup.get_paginator(xform_name(operation))
        paged = paginator.paginate(**parameters, PaginationConfig={"PageSize": size})
        assert [item for page in paged for item in page[member]] == items
        first = paginator.paginate(**parameters, PaginationConfig={"PageSize": size, "MaxItems": 3})
        begun = first.build_full_result()
        rest = paginator.paginate(
            **parameters, PaginationConfig={"PageSize": size, "StartingToken": begun["NextToken"]}
        ).build_full_result()
        assert begun[member] + rest[member] == items


#: Operation -> the kind that is added, and the operation that removes one.
CHANGED: dict[str, tuple[str, str]] = {
    "ListBackupPlans": ("plan", "DeleteBackupPlan"),
    "ListBackupSelections": ("selection", "DeleteBackupSelection"),
    "ListBackupVaults": ("vault", "DeleteBackupVault"),
    "ListFrameworks": ("framework", "DeleteFramework"),
    "ListRecoveryPointsByBackupVault": ("point", "DeleteRecoveryPoint"),
    "ListRecoveryPointsByResource": ("point", "DeleteRecoveryPoint"),
    "ListReportPlans": ("report", "DeleteReportPlan"),
    "ListRestoreTestingPlans": ("testing", "DeleteRestoreTestingPlan"),
    "ListRestoreTestingSelections": ("testing_selection", "DeleteRestoreTestingSelection"),
}


@pytest.fixture(scope="module")
def released(made: Made) -> Made:
    """The same, and nothing is held any more."""
    for hold in made.backup.list_legal_holds()["LegalHolds"]:
        made.backup.cancel_legal_hold(LegalHoldId=hold["LegalHoldId"], CancelDescription="done")
    return made


@pytest.mark.long
@pytest.mark.parametrize("operation", CHANGED)
def test_tokens_outlive_what_they_were_given_for(released: Made, operation: str) -> None:
    """Between two pages the last item seen and one unseen go, and one comes: the others are seen once."""
    kind, remove = CHANGED[operation]
    _, member, name = LISTED[operation]
    parameters = released.parameters(operation)
    items = [page[member][0] for page in pages(released.backup, operation, parameters | {"MaxResults": 1})]
    names = [item[name] for item in items]
    following = pages(released.backup, operation, parameters | {"MaxResults": 1})

    seen = [next(following)[member][0][name] for _ in range(2)]
    for gone in (items[1], items[3]):
        place = {key: released.given[key] for key in ("BackupPlanId", "RestoreTestingPlanName")} | gone
        model = released.backup.meta.service_model.operation_model(remove)
        getattr(released.backup, xform_name(remove))(
            **{key: place[key] for key in model.input_shape.required_members}
        )
    released.add(kind)
    rest = [page[member][0][name] for page in following]

    assert seen == names[:2]
    assert len(set(rest)) == len(rest)
    assert [one for one in rest if one in names] == [names[2], *names[4:]]


def test_jobs_that_come_while_paging_change_nothing(released: Made) -> None:
    """The newest come first: who has begun sees what there was."""
    names = [job["BackupJobId"] for job in released.backup.list_backup_jobs()["BackupJobs"]]
    following = pages(released.backup, "ListBackupJobs", {"MaxResults": 2})

    seen = next(following)["BackupJobs"]
    released.add("point")
    seen += [job for page in following for job in page["BackupJobs"]]

    assert [job["BackupJobId"] for job in seen] == names


def test_summaries_and_tags_are_paged(released: Made) -> None:
    """What has no paginator in botocore is paged by hand in the same way."""
    backup = released.backup
    tags = {f"key-{number}": str(number) for number in range(5)}
    released.add("point")
    released.executor.run(timedelta(days=1))
    arn = backup.create_backup_vault(BackupVaultName="tagged", BackupVaultTags=tags)["BackupVaultArn"]

    found = list(pages(backup, "ListTags", {"ResourceArn": arn, "MaxResults": 2}))
    summaries = list(
        pages(backup, "ListBackupJobSummaries", {"AggregationPeriod": "ONE_DAY", "MaxResults": 1})
    )

    assert [len(page["Tags"]) for page in found] == [2, 2, 1]
    assert {key: value for page in found for key, value in page["Tags"].items()} == tags
    assert len(summaries) > 1
    assert [item for page in summaries for item in page["BackupJobSummaries"]] == (
        backup.list_backup_job_summaries(AggregationPeriod="ONE_DAY")["BackupJobSummaries"]
    )


@pytest.mark.parametrize("wrong", [{"MaxResults": 1001}, {"NextToken": "bm8="}, {"NextToken": "WzFd"}])
def test_sizes_and_tokens_that_are_refused(
    made: Made, refused: Callable[..., str], wrong: dict[str, Any]
) -> None:
    """At most 1000 items (boto3 itself refuses 0), and tokens of the listing's own."""
    backup = made.backup

    assert refused(
        lambda: backup.list_recovery_points_by_backup_vault(BackupVaultName="vault-1", **wrong)
    ) == ("InvalidParameterValueException")
