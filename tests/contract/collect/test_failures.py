"""What fails is a gap with its name, and everything else is still there."""

from collections import Counter
from typing import Any

import pytest

from auditor.aws.session import Sessions
from auditor.collect.accounts import ALL_TABLES
from auditor.collect.run import Collected
from auditor.evidence.asked_tables import BUCKET_SETTINGS
from auditor.evidence.native_tables import NATIVE_ASKED
from auditor.evidence.table_schemas import BACKUP_TAGS, PARTITIONED
from auditor.model.errors import AuditorError, UsageError
from auditor.model.verdicts import Gap
from tests.contract.collect.conftest import Cloud

ACCOUNT = "123456789012"
HERE = (ACCOUNT, "eu-west-1")
THERE = (ACCOUNT, "eu-west-2")
JOB = {"BackupJobId": "j", "ResourceArn": "arn:r", "State": "COMPLETED", "CreationDate": 1767400000.0}


def summaries(collected: Any) -> list[tuple[str, str, str, str, str, tuple[str, ...]]]:
    """The gaps without their ids and messages."""
    return [
        (gap.account_id, gap.region, gap.service, gap.operation, gap.error, gap.provides)
        for gap in collected.gaps
    ]


def test_a_denied_operation_is_one_gap_and_the_rest_is_read(cloud: Cloud) -> None:
    """Copy jobs are denied: their table is a gap, backup jobs are there, and the run is whole."""
    cloud.backup.refuse(HERE, "ListCopyJobs", "AccessDeniedException", status=403, message="no copy for you")
    cloud.backup.answers[*HERE, "ListBackupJobs"] = [JOB]

    collected, evidence = cloud.collect()

    (row,) = evidence.read("gaps").to_pylist()
    assert row | {"gap_id": ""} == {
        "gap_id": "",
        "account_id": ACCOUNT,
        "region": "eu-west-1",
        "service": "backup",
        "operation": "ListCopyJobs",
        "error": "AccessDeniedException",
        "message": "no copy for you",
        "provides": ["copy_jobs"],
    }
    assert (row["gap_id"], evidence.read("backup_jobs", *HERE).num_rows) == (collected.gaps[0].gap_id, 1)


def test_the_pages_before_the_failing_one_are_kept(cloud: Cloud) -> None:
    """The third page of five is denied: two pages of rows and a gap."""
    cloud.backup.answers[*HERE, "ListBackupJobs"] = [
        JOB | {"BackupJobId": str(number)} for number in range(10)
    ]
    cloud.backup.page_size = 2
    cloud.backup.refuse(HERE, "ListBackupJobs", "AccessDeniedException", status=403, after=2)

    collected, evidence = cloud.collect()

    assert evidence.read("backup_jobs", *HERE)["job_id"].to_pylist() == ["0", "1", "2", "3"]
    assert summaries(collected) == [
        (*HERE, "backup", "ListBackupJobs", "AccessDeniedException", ("backup_jobs",))
    ]


def test_without_the_vaults_five_tables_are_incomplete(cloud: Cloud) -> None:
    """What is read by vault, and of its keys: one call denied takes all of it along."""
    cloud.backup.refuse(HERE, "ListBackupVaults", "AccessDeniedException", status=403)
    collected, _ = cloud.collect()
    (gap,) = collected.gaps
    assert gap.provides == ("backup_vaults", "key_policies", "keys", "recovery_points", "vault_policies")


def test_one_call_that_fails_for_each_vault_is_one_gap(cloud: Cloud) -> None:
    """Three vaults whose recovery points are denied are three calls and one gap."""
    cloud.backup.answers[*HERE, "ListBackupVaults"] = [
        {"BackupVaultName": name, "BackupVaultArn": f"arn:aws:backup:eu-west-1:1:backup-vault:{name}"}
        for name in ("a", "b", "c")
    ]
    operation = "ListRecoveryPointsByBackupVault"
    cloud.backup.refuse(HERE, operation, "AccessDeniedException", status=403)
    collected, evidence = cloud.collect()
    assert summaries(collected) == [
        (*HERE, "backup", operation, "AccessDeniedException", ("key_policies", "keys", "recovery_points"))
    ]
    assert evidence.read("backup_vaults", *HERE)["name"].to_pylist() == ["a", "b", "c"]


#: What no list of AWS Backup tells; tags are asked of the plans and vaults that were listed.
NOT_OF_BACKUP = {
    "resources",
    "native_protection",
    "native_backups",
    "images",
    "lifecycle_policies",
    BACKUP_TAGS,
    BUCKET_SETTINGS,
}


def of_aws_backup(collected: Collected) -> list[Gap]:
    """Its own gaps: without its settings, types are asked for whose services moto does not have."""
    return [gap for gap in collected.gaps if gap.service == "backup"]


def test_a_throttled_region_is_given_up_once_and_the_other_is_read(cloud: Cloud) -> None:
    """Everything of AWS Backup is throttled in one Region: the first call uses up the budget of all."""
    cloud.backup.refuse(HERE, "*", "ThrottlingException", message="Rate exceeded")
    cloud.backup.answers[*THERE, "ListBackupJobs"] = [JOB]

    collected, evidence = cloud.collect(regions=("eu-west-1", "eu-west-2"), workers=1)

    gaps = of_aws_backup(collected)
    assert {gap.error for gap in gaps} == {"ThrottlingException"}
    assert {gap.region for gap in collected.gaps} == {"eu-west-1"}
    tables = {table for gap in gaps for table in gap.provides}
    assert tables == set(PARTITIONED) - NOT_OF_BACKUP
    assert evidence.read("backup_jobs", *THERE).num_rows == 1
    _, *others = Counter(call for *where, call in cloud.backup.log if tuple(where) == HERE).values()
    assert set(others) == {1}


def test_a_region_that_throttles_now_and_then_is_read_to_the_end(cloud: Cloud) -> None:
    """The first request of a listing is throttled; the retry is answered and counted."""
    cloud.backup.answers[*HERE, "ListBackupJobs"] = [JOB]
    original = cloud.backup.__class__._refusal
    throttled: list[str] = []

    def once(service: Any, account_id: str, region: str, name: str) -> Any:
        if name == "ListBackupJobs" and not throttled:
            throttled.append(name)
            service.refuse((account_id, region), name, "ThrottlingException")
        else:
            service.refusals.clear()
        return original(service, account_id, region, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloud.backup.__class__, "_refusal", once)
        collected, evidence = cloud.collect(workers=1)

    calls = {row["operation"]: row["calls"] for row in evidence.read("calls").to_pylist()}
    assert (collected.gaps, evidence.read("backup_jobs", *HERE).num_rows, calls["ListBackupJobs"]) == (
        (),
        1,
        2,
    )


def test_an_endpoint_that_does_not_answer_is_a_gap_in_each_table(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS Backup cannot be reached in a Region: it is asked once, and the inventory is read."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_BACKUP", "http://127.0.0.1:1")
    collected, evidence = cloud.collect(workers=1)
    gaps = of_aws_backup(collected)
    assert {gap.error for gap in gaps} == {"EndpointConnectionError"}
    tables = {table for gap in gaps for table in gap.provides}
    assert tables == set(PARTITIONED) - NOT_OF_BACKUP
    calls = [row["calls"] for row in evidence.read("calls").to_pylist() if row["service"] == "backup"]
    assert calls == [3]


def test_an_answer_that_is_no_json_is_a_gap(cloud: Cloud) -> None:
    """A proxy's page where AWS Backup should be is not an empty listing."""
    cloud.backup.answers[*HERE, "ListBackupJobs"] = "<html>"
    cloud.backup.answers[*HERE, "DescribeRegionSettings"] = ["settings"]
    collected, _ = cloud.collect()
    assert summaries(collected) == [(*HERE, "backup", "ListBackupJobs", "Unreadable", ("backup_jobs",))]


def test_an_account_that_denies_the_role_hides_nothing(cloud: Cloud) -> None:
    """The role of one of two accounts cannot be assumed: everything of it is a gap, the other is read."""
    cloud.tokens.denied.add("222222222222")
    cloud.backup.answers["111111111111", "eu-west-1", "ListBackupJobs"] = [JOB]

    collected, evidence = cloud.collect(accounts=("222222222222", "111111111111"))

    aside = (*NATIVE_ASKED.values(), BACKUP_TAGS, BUCKET_SETTINGS)
    asked = tuple(table for table in ALL_TABLES if table not in aside)
    assert summaries(collected) == [("222222222222", "", "sts", "AssumeRole", "AccessDenied", asked)]
    assert evidence.partitions() == [("111111111111", "eu-west-1")]
    assert evidence.read("backup_jobs", "111111111111", "eu-west-1").num_rows == 1
    rows = evidence.read("accounts", columns=["account_id", "regions"]).to_pylist()
    assert rows == [
        {"account_id": "111111111111", "regions": ["eu-west-1"]},
        {"account_id": "222222222222", "regions": []},
    ]


def test_tags_that_were_not_read_are_null_and_not_empty(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tagging API is out of reach: a table's tags are unknown, and that is a gap in the inventory."""
    cloud.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API", "http://127.0.0.1:1")
    collected, evidence = cloud.collect()
    assert [gap.operation for gap in collected.gaps] == ["GetResources"]
    assert evidence.read("resources", *HERE, columns=["name", "tags"]).to_pylist() == [
        {"name": "orders", "tags": None}
    ]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "ExpiredToken",
            "The AWS credentials have expired (ExpiredToken); sign in again and repeat the command.",
        ),
        (
            "InvalidClientTokenId",
            (
                "AWS refuses the credentials (InvalidClientTokenId: not allowed); check the keys, and that "
                "the first of --regions, else AWS_REGION, is a Region of their partition."
            ),
        ),
    ],
)
def test_refused_credentials_end_the_run_at_once(cloud: Cloud, code: str, sentence: str) -> None:
    """Nothing can be read with them: one sentence instead of a gap for everything."""
    cloud.tokens.refusal = code
    with pytest.raises(AuditorError) as caught:
        cloud.collect()
    assert str(caught.value) == sentence
    assert not cloud.out.exists()


@pytest.mark.usefixtures("cloud")
def test_an_unreachable_endpoint_ends_the_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """STS cannot be reached: the sentence names the endpoint."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1/")
    with pytest.raises(
        AuditorError, match=r"^http://127\.0\.0\.1:1/ cannot be reached \(Endpoint.*AWS_ENDPOINT_URL"
    ):
        Sessions.from_environment(role_name="AuditorRead")


@pytest.mark.usefixtures("cloud")
def test_without_credentials_the_sentence_says_where_to_put_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable, no profile, no role."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(
        AuditorError, match=r"^There are no AWS credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID"
    ):
        Sessions.from_environment(role_name="AuditorRead")


def test_a_region_that_does_not_exist_is_named_with_its_neighbour(cloud: Cloud) -> None:
    """A typing error is no empty account."""
    with pytest.raises(UsageError, match="Partition aws has no Region 'eu-wset-1'; did you mean eu-west-1"):
        cloud.collect(regions=("eu-wset-1",))
