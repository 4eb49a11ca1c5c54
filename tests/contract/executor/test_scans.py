"""Scans of recovery points for malware, by what whoever starts the executor hands in (aws-backup.md 1.3)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import select

from auditor.executor.api.errors import ServiceError
from auditor.executor.database.sql_tables import recovery_points
from auditor.executor.engine.report_files import Wanted, rows
from auditor.executor.engine.roles import Roles
from auditor.executor.engine.scheduler import run_all
from auditor.executor.operations import OPERATIONS
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import ScanResult, ScanTarget
from auditor.executor.times import to_datetime, to_ms
from tests.contract.executor import on_demand
from tests.contract.executor.world import ACCOUNT, REGION, ROLE, START, World

HOUR = timedelta(hours=1)
SCANNER = f"arn:aws:iam::{ACCOUNT}:role/scanner"
VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:night"
CLEAN, THREATS, UNKNOWN = ScanResult
NOBODY = "This backup service was started without a scanner: nothing was scanned."


@pytest.fixture
def point(world: World, volume: str) -> str:
    """A recovery point of a volume, made in the first hour; nobody scans."""
    return back_up(world, volume)


def back_up(world: World, arn: str) -> str:
    """Have a resource backed up within the next hour: its recovery point's ARN."""
    job = on_demand.start(world, arn)
    world.run(datetime.now(UTC) + HOUR)
    return str(world.backup().describe_backup_job(BackupJobId=job)["RecoveryPointArn"])


def start(world: World, point: str, **more: Any) -> str:
    """Start a scan: the job's id."""
    request = {"BackupVaultName": "night", "RecoveryPointArn": point, "MalwareScanner": "GUARDDUTY"}
    request |= {"IamRoleArn": ROLE, "ScannerRoleArn": SCANNER, "ScanMode": "FULL_SCAN"} | more
    return str(world.backup().start_scan_job(**request)["ScanJobId"])


def finds(result: ScanResult) -> Callable[[ScanTarget], ScanResult]:
    """A scanner that comes to one result."""
    return lambda _: result


def told(world: World, point: str) -> tuple[Any, ...]:
    """What the lists by vault and by resource and the description tell of a recovery point's scans."""
    backup = world.backup()
    (of_vault,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    by_resource = backup.list_recovery_points_by_resource(ResourceArn=of_vault["ResourceArn"])
    described = backup.describe_recovery_point(BackupVaultName="night", RecoveryPointArn=point)
    listed = [item.get("AggregatedScanResult") for item in (of_vault, by_resource["RecoveryPoints"][0])]
    return (*listed, described.get("ScanResults"))


def test_a_scan_goes_from_created_over_running_to_its_end(world: World, point: str, volume: str) -> None:
    """The job as it is described is the one of the list; the scanner is asked about this recovery point."""
    asked: list[ScanTarget] = []

    def scanner(target: ScanTarget) -> ScanResult:
        asked.append(target)
        return CLEAN

    world.service.scanner = scanner
    before = told(world, point)
    job_id = start(world, point)
    backup, states = world.backup(), []
    for minutes in (0, 1, 30):
        world.run(START + HOUR + timedelta(minutes=minutes))
        states.append(backup.describe_scan_job(ScanJobId=job_id)["State"])
    job = backup.describe_scan_job(ScanJobId=job_id)
    del job["ResponseMetadata"]
    ended = job.pop("CompletionDate")

    assert states == ["CREATED", "RUNNING", "COMPLETED"]
    assert job == {
        "AccountId": ACCOUNT,
        "ScanJobId": job_id,
        "BackupVaultName": "night",
        "BackupVaultArn": VAULT,
        "RecoveryPointArn": point,
        "ResourceArn": volume,
        "ResourceName": "",
        "ResourceType": "EBS",
        "IamRoleArn": ROLE,
        "ScannerRoleArn": SCANNER,
        "MalwareScanner": "GUARDDUTY",
        "ScanMode": "FULL_SCAN",
        "State": "COMPLETED",
        "CreationDate": START + HOUR,
        "ScanResult": {"ScanResultStatus": "NO_THREATS_FOUND"},
    }
    assert backup.list_scan_jobs()["ScanJobs"] == [job | {"CompletionDate": ended}]
    assert asked == [ScanTarget(ACCOUNT, REGION, point, volume, START)]
    aggregated = {"FailedScan": False, "Findings": [], "LastComputed": ended}
    last = {"MalwareScanner": "GUARDDUTY", "ScanJobState": "COMPLETED", "LastScanTimestamp": ended}
    assert before == (None, None, None)
    assert told(world, point) == (aggregated, aggregated, [last | {"Findings": []}])


def fails(_: ScanTarget) -> ScanResult:
    """Be a scanner that may not read it."""
    raise DriverError("The scanner may not read the snapshot.", "ACCESS_DENIED")


@pytest.mark.parametrize(
    ("scanner", "state", "result", "message", "failed", "findings"),
    [
        (finds(THREATS), "COMPLETED", "THREATS_FOUND", None, False, ["MALWARE"]),
        (
            finds(UNKNOWN),
            "COMPLETED_WITH_ISSUES",
            "UNKNOWN",
            "The scanner cannot tell whether there are threats.",
            True,
            [],
        ),
        (fails, "FAILED", None, "The scanner may not read the snapshot.", True, []),
        (None, "FAILED", None, NOBODY, True, []),
    ],
    ids=["threats", "unknown", "failed", "nobody scans"],
)
def test_what_was_not_found_clean_is_never_said_to_be(
    world: World,
    point: str,
    scanner: Any,
    state: str,
    result: str | None,
    message: str | None,
    failed: bool,  # noqa: FBT001 -- a column of the table above
    findings: list[str],
) -> None:
    """Without a scanner, and where it fails or cannot tell, the scan has failed."""
    world.service.scanner = scanner
    start(world, point)
    world.run(START + 2 * HOUR)

    (job,) = world.backup().list_scan_jobs()["ScanJobs"]
    ended = job["CompletionDate"]
    aggregated = {"FailedScan": failed, "Findings": findings, "LastComputed": ended}
    last = {"MalwareScanner": "GUARDDUTY", "ScanJobState": state, "LastScanTimestamp": ended}
    assert (job["State"], job.get("StatusMessage")) == (state, message)
    assert job.get("ScanResult", {}).get("ScanResultStatus") == result
    assert told(world, point) == (aggregated, aggregated, [last | {"Findings": findings}])


def test_the_latest_scan_is_told(world: World, point: str) -> None:
    """Whatever an earlier one came to."""
    found = []
    for result in (THREATS, CLEAN, THREATS):
        world.service.scanner = finds(result)
        start(world, point)
        world.run(datetime.now(UTC) + HOUR)
        aggregated, _, (last,) = told(world, point)
        found.append((aggregated["Findings"], last["Findings"]))

    assert found == [(["MALWARE"], ["MALWARE"]), ([], []), (["MALWARE"], ["MALWARE"])]


def test_what_may_pass_is_tried_again(world: World, point: str) -> None:
    """Until a day is over."""
    answers: list[Any] = [DriverError("Slow down.", transient=True)]

    def scanner(_: ScanTarget) -> ScanResult:
        if answers:
            raise answers.pop()
        return CLEAN

    world.service.scanner = scanner
    start(world, point)
    world.run(START + 2 * HOUR)

    (job,) = world.backup().list_scan_jobs()["ScanJobs"]
    assert (job["State"], job.get("StatusMessage")) == ("COMPLETED", None)


def test_what_is_deleted_meanwhile_was_not_scanned(world: World, point: str) -> None:
    """The job fails; nobody is asked."""
    world.service.scanner = fails
    start(world, point)
    world.run(START + HOUR + timedelta(minutes=1))
    world.backup().delete_recovery_point(BackupVaultName="night", RecoveryPointArn=point)
    world.run(START + 2 * HOUR)

    (job,) = world.backup().list_scan_jobs()["ScanJobs"]
    message = f"Recovery point {point} was deleted during the scan."
    assert (job["State"], job["StatusMessage"]) == ("FAILED", message)


def run_to_end(world: World, point: str, before: timedelta, batch: int) -> None:
    """Start a scan so long before the end of a recovery point, and run until an hour after it."""
    named = {"BackupVaultName": "night", "RecoveryPointArn": point}
    world.backup().update_recovery_point_lifecycle(**named, Lifecycle={"DeleteAfterDays": 1})
    with world.service.database.read() as connection:
        end = to_datetime(connection.execute(select(recovery_points.c.expire_at)).scalar_one())
    world.run(end - before)
    start(world, point)
    run_all(world.service, end + HOUR, set_time=world.traveller.move_to, batch=batch)


@pytest.mark.parametrize("batch", [1, 100])
def test_what_expires_meanwhile_was_not_scanned(world: World, point: str, batch: int) -> None:
    """Also where its end is not written yet."""
    world.service.scanner = fails
    run_to_end(world, point, timedelta(minutes=1), batch)

    (job,) = world.backup().list_scan_jobs()["ScanJobs"]
    message = f"Recovery point {point} was deleted during the scan."
    assert (job["State"], job["StatusMessage"]) == ("FAILED", message)


@pytest.mark.parametrize("batch", [1, 100])
def test_what_cannot_be_deleted_keeps_what_was_found(
    world: World, point: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the scan ended after the run had read that its end comes."""
    monkeypatch.setattr(world.service.driver("EBS", managed=False), "delete", on_demand.refuse)
    world.service.scanner = finds(THREATS)
    run_to_end(world, point, HOUR, batch)

    described = world.backup().describe_recovery_point(BackupVaultName="night", RecoveryPointArn=point)
    aggregated, _, (last,) = told(world, point)
    assert (described["Status"], described["StatusMessage"]) == ("EXPIRED", "The role may not do it.")
    assert (aggregated["Findings"], last["Findings"]) == (["MALWARE"], ["MALWARE"])


def test_a_role_that_cannot_be_assumed_scans_nothing(world: World, point: str, roles: Roles) -> None:
    """As of every other job."""
    world.service.scanner, world.service.check_role = finds(CLEAN), roles
    role = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    start(world, point, IamRoleArn=role)
    world.run(START + 2 * HOUR)

    (job,) = world.backup().list_scan_jobs()["ScanJobs"]
    message = f"The provided role {role} cannot be assumed by AWS Backup."
    assert (job["State"], job["StatusMessage"]) == ("FAILED", message)


def test_jobs_are_listed_by_pages_and_filters(world: World, point: str, volume: str) -> None:
    """The newest first; each filter leaves out what it does not name. The same token starts one job."""
    world.service.scanner = finds(THREATS)
    first = start(world, point, IdempotencyToken="once")
    assert start(world, point, IdempotencyToken="once") == first
    world.run(START + 2 * HOUR)
    second = start(world, point)

    def ids(**filters: Any) -> list[str]:
        pages = (
            world.backup()
            .get_paginator("list_scan_jobs")
            .paginate(**filters, PaginationConfig={"PageSize": 1})
        )
        return [job["ScanJobId"] for page in pages for job in page["ScanJobs"]]

    both, older, none = [second, first], [first], list[str]()
    middle = START + timedelta(hours=1, minutes=59)
    assert ids() == both
    assert ids(ByMalwareScanner="GUARDDUTY", ByResourceType="EBS", ByResourceArn=volume) == both
    assert ids(ByRecoveryPointArn=point, ByBackupVaultName="night", ByAccountId=ACCOUNT) == both
    assert ids(ByState="COMPLETED") == ids(ByScanResultStatus="THREATS_FOUND") == older
    assert (ids(ByCompleteBefore=middle), ids(ByCompleteAfter=middle)) == (older, none)
    assert ids(ByResourceType="S3") == ids(ByBackupVaultName="day") == ids(ByState="FAILED") == none
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*management account"):
        ids(ByAccountId="9" * 12)


def test_an_incremental_scan_begins_at_a_scanned_recovery_point(
    world: World, point: str, volume: str
) -> None:
    """Which is an earlier one of the same resource."""
    world.service.scanner = finds(CLEAN)
    later = back_up(world, volume)
    based = {"ScanMode": "INCREMENTAL_SCAN", "ScanBaseRecoveryPointArn": point}
    with pytest.raises(ClientError, match=r"InvalidRequestException.*was not scanned"):
        start(world, later, **based)
    start(world, point)
    world.run(START + 3 * HOUR)
    with pytest.raises(ClientError, match=r"InvalidRequestException.*earlier recovery point"):
        start(world, point, **based)

    job = world.backup().describe_scan_job(ScanJobId=start(world, later, **based))
    assert (job["ScanMode"], job["ScanBaseRecoveryPointArn"]) == ("INCREMENTAL_SCAN", point)


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"BackupVaultName": "day"}, "ResourceNotFoundException", "day does not exist"),
        ({"point": "arn:aws:ec2:eu-west-1::snapshot/snap-0"}, "ResourceNotFoundException", "snap-0"),
        ({"MalwareScanner": "CLAMAV"}, "InvalidParameterValueException", r"GUARDDUTY"),
        ({"ScanMode": "QUICK"}, "InvalidParameterValueException", "FULL_SCAN, INCREMENTAL_SCAN"),
        ({"IamRoleArn": "backup"}, "InvalidParameterValueException", "IamRoleArn must be"),
        ({"ScannerRoleArn": "scanner"}, "InvalidParameterValueException", "ScannerRoleArn must be"),
        ({"ScanMode": "INCREMENTAL_SCAN"}, "MissingParameterValueException", "ScanBaseRecoveryPointArn"),
        ({"ScanBaseRecoveryPointArn": "arn"}, "InvalidParameterValueException", "is for INCREMENTAL_SCAN"),
        ({"ContinuousScanEndTime": START}, "InvalidParameterValueException", "continuous backups"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_requests_are_refused(
    world: World, point: str, more: dict[str, Any], error: str, said: str
) -> None:
    """As AWS refuses them; nothing is started."""
    with pytest.raises(ClientError) as caught:
        start(world, **{"point": point} | more)
    answer = caught.value.response["Error"]
    assert answer["Code"] == error
    assert said in answer["Message"]
    assert world.backup().list_scan_jobs()["ScanJobs"] == []


def test_other_types_are_not_scanned(world: World, volume: str) -> None:
    """A table has no scans."""
    del volume
    table = world.moto_client("dynamodb", REGION).create_table(
        TableName="t",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    point = back_up(world, table["TableDescription"]["TableArn"])
    with pytest.raises(ClientError, match=r"DynamoDB are not scanned: EBS, EC2, S3 are"):
        start(world, point)


def test_china_has_no_scans(world: World) -> None:
    """AWS Backup does not offer them there."""
    scope = AccountRegion(ACCOUNT, "cn-north-1", "aws-cn")
    with pytest.raises(ServiceError) as caught:
        OPERATIONS["StartScanJob"](world.service, scope, {})
    said = "Recovery points are not scanned for malware in the partition aws-cn."
    assert (caught.value.code, caught.value.message) == ("InvalidRequestException", said)


def test_scans_are_summed_up(world: World, point: str) -> None:
    """By whole days, with what they came to."""
    world.service.scanner = finds(THREATS)
    start(world, point)
    start(world, point)
    world.run(START + timedelta(days=1))

    def summary(**params: Any) -> Any:
        return world.backup().list_scan_job_summaries(**params)["ScanJobSummaries"]

    item = {
        "Region": REGION,
        "AccountId": ACCOUNT,
        "State": "COMPLETED",
        "ResourceType": "EBS",
        "MalwareScanner": "GUARDDUTY",
        "ScanResultStatus": "THREATS_FOUND",
        "Count": 2,
        "StartTime": START,
        "EndTime": START + timedelta(days=1),
    }
    assert summary() == summary(MalwareScanner="GUARDDUTY", ScanResultStatus="THREATS_FOUND") == [item]
    assert summary(State="AGGREGATE_ALL") == [item | {"State": "AGGREGATE_ALL"}]
    assert summary(ScanResultStatus="NO_THREATS_FOUND") == []


def test_a_report_has_the_scans(world: World, point: str, volume: str) -> None:
    """In AWS's columns; what the job does not say is empty."""
    world.service.scanner = finds(THREATS)
    job_id = start(world, point)
    world.run(START + 2 * HOUR)
    (document,) = world.backup().list_scan_jobs()["ScanJobs"]

    wanted = Wanted("SCAN_JOB_REPORT", (ACCOUNT,), (REGION,), (), to_ms(START), to_ms(START + 2 * HOUR))
    (row,) = rows(world.service, AccountRegion(ACCOUNT, REGION, "aws"), wanted)
    assert row == {
        "reportTimePeriodStart": "2026-01-05T00:00:00Z",
        "reportTimePeriodEnd": "2026-01-05T02:00:00Z",
        "accountId": ACCOUNT,
        "region": REGION,
        "scanJobId": job_id,
        "scanId": None,
        "malwareScanner": "GUARDDUTY",
        "jobStatus": "COMPLETED",
        "scanResultStatus": "THREATS_FOUND",
        "statusMessage": None,
        "resourceType": "EBS",
        "resourceArn": volume,
        "backupPlanArn": None,
        "creationDate": "2026-01-05T01:00:00Z",
        "recoveryPointArn": point,
        "backupVaultName": "night",
        "backupVaultArn": document["BackupVaultArn"],
        "iamRoleArn": ROLE,
        "scannerRoleArn": SCANNER,
    }
